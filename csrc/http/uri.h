/* uri.h: request targets (RFC 9112 §3.2, RFC 3986). */
#ifndef KT_HTTP_URI_H
#define KT_HTTP_URI_H

#include "http/lanes.h"
#include "katana/http.h"

/* Decodes and normalises an absolute path of visible ASCII, the bytes a request target may have: escapes are decoded,
 * dot segments removed, runs of slashes merged. Nothing is copied when nothing changes: *path borrows from `raw` then,
 * else from `out`, which has room for raw.n bytes. NULL when the path is good, else why it is refused: a malformed
 * escape, an escaped slash, NUL or other control, a backslash, text that is not UTF-8, or ".." above the root. One
 * decoded view serves routing and handlers, so that no two readers of a path can differ. */
const char *kt_uri_path(kt_bytes raw, uint8_t *out, kt_bytes *path);
#ifdef KT__LANES
/* Bytes that a path in its normal form has not, each with the byte before it: see is_plain_pair in uri.c. */
static inline kt__lanes kt__uri_not_plain(kt__lanes before, kt__lanes c) {
  return (kt__lanes)((c == '%') | (c == '\\') | ((before == '/') & ((c == '/') | (c == '.'))));
}
#endif

/* uri-host [":" port] of RFC 9110 §4.2.1, without userinfo. Empty hosts are refused. */
bool kt_uri_authority_valid(kt_bytes authority);
/* host ":" port with a port that is there, as CONNECT demands (RFC 9110 §9.3.6). */
bool kt_uri_connect_valid(kt_bytes authority);

#endif
