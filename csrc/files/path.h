/* path.h: which paths of a request may become paths of files. */
#ifndef KT_FILES_PATH_H
#define KT_FILES_PATH_H

#include "katana/bytes.h"

#define KT_FILES_COMPONENT_SIZE_MAX 255 /* NAME_MAX of Linux */
#define KT_FILES_PATH_SIZE_MAX 4095     /* PATH_MAX without its NUL */

/* Judges a path that was decoded and is relative to the folder that is served: "" for the folder itself,
 * "css/site.css", "docs/". NULL when it may be opened, else why not; to be answered with 404, which tells nothing about
 * what is there. Refused are an absolute path, empty and dot segments, NUL and other controls, backslashes, what is too
 * long for the system, and names that begin with a dot unless `hidden` allows them; /.well-known/ is for the world
 * (RFC 8615).
 *
 * That a link leads out of the folder is not to be seen in a path: the open must forbid that. */
const char *kt_files_path_refused(kt_bytes path, bool hidden);

#endif
