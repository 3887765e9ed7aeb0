#include "http1/target.h"

#include "base/scan.h"
#include "http/uri.h"

/* path [ "?" query ]; an empty path is "/" (RFC 9110 §4.2.3). */
static kt_h1_result path_and_query(kt_h1_parser *p, kt_request *r, kt_bytes rest, uint8_t *scratch) {
  const uint8_t *mark = rest.n ? memchr(rest.p, '?', rest.n) : NULL;
  kt_bytes raw = kt_bytes_make(rest.p, mark ? (size_t)(mark - rest.p) : rest.n);
  if (mark) r->query = kt_bytes_make(mark + 1, rest.n - raw.n - 1);
  if (raw.n == 0) {
    r->path = KT_BYTES("/");
    return KT_H1_DONE;
  }
  const char *why = kt_uri_path(raw, scratch, &r->path);
  return why ? kt__h1_fail(p, 400, why) : KT_H1_DONE;
}

static size_t scheme_size(kt_bytes target) {
  static const kt_bytes schemes[] = {{(const uint8_t *)"http://", 7}, {(const uint8_t *)"https://", 8}};
  for (size_t i = 0; i < 2; i++)
    if (target.n > schemes[i].n && kt_ci_equal(target.p, schemes[i].p, schemes[i].n)) return schemes[i].n;
  return 0;
}

/* §3.2.2: what a proxy is sent, and what a server MUST accept, too. */
static kt_h1_result absolute_form(kt_h1_parser *p, kt_request *r, uint8_t *scratch) {
  size_t at = scheme_size(r->target);
  if (at == 0) return kt__h1_fail(p, 400, "the request target is in none of the four forms");
  size_t end = at;
  while (end < r->target.n && r->target.p[end] != '/' && r->target.p[end] != '?') end++;
  r->authority = kt_bytes_make(r->target.p + at, end - at);
  if (!kt_uri_authority_valid(r->authority)) return kt__h1_fail(p, 400, "the request target's authority is malformed");
  if (end == r->target.n && r->method == KT_OPTIONS) {
    r->path = KT_BYTES("*"); /* RFC 9110 §9.3.7 */
    return KT_H1_DONE;
  }
  return path_and_query(p, r, kt_bytes_make(r->target.p + end, r->target.n - end), scratch);
}

kt_h1_result kt__h1_target(kt_h1_parser *p, kt_request *r, uint8_t *scratch) {
  kt_bytes t = r->target;
  r->query = r->authority = (kt_bytes){0, 0};
  r->path = t;
  if (memchr(t.p, '#', t.n)) return kt__h1_fail(p, 400, "the request target has a fragment");
  if (r->method == KT_CONNECT) { /* §3.2.3 */
    r->authority = t;
    return kt_uri_connect_valid(t) ? KT_H1_DONE : kt__h1_fail(p, 400, "CONNECT needs a host and a port");
  }
  if (t.p[0] == '/') return path_and_query(p, r, t, scratch);
  if (t.n == 1 && t.p[0] == '*') /* §3.2.4 */
    return r->method == KT_OPTIONS ? KT_H1_DONE : kt__h1_fail(p, 400, "only OPTIONS has the target *");
  return absolute_form(p, r, scratch);
}
