/* files.h: a folder of files, served by a handler.
 *
 * Two or three routes with GET make a folder reachable; HEAD comes with them:
 *
 *   {.path = "/static", ...}  {.path = "/static/", ...}  {.path = "/static/{path*}", ...}
 *
 * each with kt_folder_serve as its handler and the folder as its context. Answers have ETag, Last-Modified and
 * Content-Type, and take preconditions and ranges (RFC 9110 §13, §14). Nothing outside the folder is opened: links that
 * lead out of it are as good as absent. Nothing of the disk is waited for on a reactor unless the server has no
 * workers. */
#ifndef KATANA_FILES_H
#define KATANA_FILES_H

#include "katana/exchange.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kt_folder kt_folder;

typedef struct kt_folder_options {
  const char *_Nullable index;         /* stands for its directory: "index.html". NULL: directories are 403 */
  const char *_Nullable cache_control; /* Cache-Control of 200, 206 and 304. NULL: none */
  bool hidden;                         /* names that begin with a dot are served; /.well-known/ is in any case */
  bool precompressed;        /* "a.css.br", ".zst" and ".gz" beside "a.css" are sent to clients that take them */
  uint32_t descriptors_max;  /* open files that each reactor keeps between requests; at least 4 */
} kt_folder_options;

/* index.html, no Cache-Control, nothing hidden, precompressed files, 256 descriptors. */
kt_folder_options kt_folder_options_default(void);

/* Opens the folder; it stays the one served even when it is renamed. NULL and one line in `error` when there is none at
 * `path`, the kernel has no openat2(2), or memory is out. Texts of the options are copied. */
kt_folder *_Nullable kt_folder_create(const char *_Nonnull path, const kt_folder_options *_Nonnull options,
                                      char *_Nonnull error, size_t error_n);
/* Once no route table that names it is left, see kt_routes_create. Any thread. */
void kt_folder_drop(kt_folder *_Nullable folder);

/* The handler; `folder` is a kt_folder. The file's path is the last parameter of the route, or nothing for a route
 * without parameters, which stands for the folder itself. */
void kt_folder_serve(void *_Null_unspecified folder, kt_exchange *_Nonnull x);

#ifdef __cplusplus
}
#endif

#endif
