/* plan.h: the answer to a request for a static file: RFC 9110 §9.3.1 (GET), §12.5.3 (codings), §13 (preconditions), §14
 * (ranges), §15.
 *
 * Workload: most requests are GETs for a small file that are answered with 200 or 304; players and downloads ask for
 * one range. A plan is made once per request, and allocates once from the request's arena. */
#ifndef KT_FILES_PLAN_H
#define KT_FILES_PLAN_H

#include "base/arena.h"
#include "http/coding_names.h"
#include "http/range.h"
#include "katana/http.h"

#define KT_FILES_CODINGS 3    /* gzip, br, zstd, in the order of their bits in kt_coding */
#define KT_FILES_FIELDS_MAX 8 /* in one plan */

typedef struct kt_files_config {
  kt_bytes index_name;     /* of the file that stands for a directory: "index.html" */
  kt_bytes cache_control;  /* sent with 200, 206 and 304; empty: none */
  unsigned on_the_fly;     /* codings (kt_coding bits) that the server computes where no coded file lies */
  uint64_t on_the_fly_size_min; /* bytes; below it coding gains nothing */
} kt_files_config;

/* What the file system says of a path. */
typedef struct kt_files_entry {
  bool exists;
  bool is_directory;
  uint64_t size;    /* bytes */
  int64_t mtime_ns; /* since 1970 */
  uint64_t inode;
} kt_files_entry;

typedef struct kt_files_question {
  const kt_request *request;
  kt_bytes path;        /* relative; kt_files_path_refused found nothing */
  kt_files_entry entry; /* what lies there */
  kt_files_entry index; /* where that is a directory: its index file */
  kt_files_entry coded[KT_FILES_CODINGS]; /* beside the file, or the index file: name.gz, name.br, name.zst */
  unsigned acceptable;  /* codings that Accept-Encoding takes (kt_coding bits) */
  int64_t now;          /* seconds since 1970 */
  uint64_t random[2];   /* fresh, for the boundary of several ranges */
} kt_files_question;

typedef struct kt_files_field {
  kt_bytes name, value;
} kt_files_field;

/* What to send. Slices live as long as the arena and the configuration; `parts` points into the plan, which must not
 * move.
 *
 *   200, 206   the fields; to GET also the pieces: bytes of the file, or of its coded sibling where `coding` names one
 *              and `code_now` is false. With parts.set, each has kt_byteranges_head before it, and kt_byteranges_end
 *              follows the last
 *   304        the fields and nothing else
 *   others     the fields and whatever content explains an error */
typedef struct kt_files_plan {
  uint16_t status;         /* 200, 206, 301, 304, 403, 404, 405, 412, 416 */
  uint8_t coding;          /* kt_coding: the sibling to open, or the coding to compute */
  bool code_now;           /* the content is coded while it is sent; its length is not known */
  bool is_index;           /* the file is the directory's index file */
  uint8_t field_count;
  kt_files_field fields[KT_FILES_FIELDS_MAX]; /* all but Date and Content-Length */
  uint64_t content_length; /* for 200 and 206 unless `code_now`; also to HEAD */
  kt_range_set pieces;     /* empty when there is nothing to send: HEAD, an empty file, other statuses */
  kt_byteranges parts;     /* `set` is NULL unless there are several pieces */
} kt_files_plan;

/* KT_OK, or KT_ENOMEM. Rules beyond the RFC's:
 * - Of the acceptable siblings that are smaller than the file the smallest is sent, without regard to its age.
 * - A range is never served from what is coded on the fly: with Range in the request, nothing is.
 * - Several ranges that would take more bytes than the file are answered with the file (§14.2 allows it).
 * - Entity tags are strong and differ between codings; on the fly they are weak, for two encoders may differ.
 * - Last-Modified is never later than now (§8.8.2.1). */
kt_status kt_files_plan_make(const kt_files_config *config, const kt_files_question *q, kt_arena *arena,
                             kt_files_plan *plan);

#endif
