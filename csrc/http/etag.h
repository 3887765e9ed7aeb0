/* etag.h: entity tags (RFC 9110 §8.8.3). */
#ifndef KT_HTTP_ETAG_H
#define KT_HTTP_ETAG_H

#include "katana/bytes.h"

#define KT_ETAG_SIZE_MAX 64 /* of those that kt_etag_write makes */

/* A tag as it stands in a field. There is none when `opaque.p` is NULL. */
typedef struct kt_etag {
  kt_bytes opaque; /* with its quotes */
  bool weak;
} kt_etag;

/* A whole value, as in ETag and If-Range. False when it is none. */
bool kt_etag_parse(kt_bytes value, kt_etag *tag);

/* Walks a list of tags, as in If-Match and If-None-Match: cuts one off *rest and passes over empty elements
 * (§5.6.1.2). False at the end, with rest->n 0, and at what is no tag, with rest->n left as it is. */
bool kt_etag_next(kt_bytes *rest, kt_etag *tag);

/* Strong comparison (§8.8.3.2): both are strong and the same. */
bool kt_etag_same(kt_etag a, kt_etag b);
/* Weak comparison: the same but for W/. */
bool kt_etag_alike(kt_etag a, kt_etag b);

/* The tag of a file's content. Two versions differ in one of the three numbers: a file written again in its time, one
 * put in its place in its inode. `suffix` (letters and digits, at most 8) tells the codings of one file apart. The
 * inode and the time go through a hash, because neither is for the world (CVE-2003-1418). Returns the length. */
size_t kt_etag_write(char out[KT_ETAG_SIZE_MAX], bool weak, uint64_t size, int64_t mtime_ns, uint64_t inode,
                     kt_bytes suffix);

#endif
