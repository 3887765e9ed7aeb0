#include "http1/framing.h"

#include "base/scan.h"
#include "http/field.h"
#include "http/uri.h"

static bool is(kt_bytes s, const char *word) {
  return s.n == strlen(word) && kt_ci_equal(s.p, (const uint8_t *)word, s.n);
}

/* RFC 9112 §6.3(5), RFC 9110 §8.6: 1*DIGIT, once. Nineteen digits always fit. */
static kt_h1_result content_length(kt_h1_parser *p, kt_request *r, kt_bytes value) {
  if (p->seen & KT_H1_SEEN_LENGTH) return kt__h1_fail(p, 400, "Content-Length is repeated");
  p->seen |= KT_H1_SEEN_LENGTH;
  if (value.n == 0 || value.n > 19) return kt__h1_fail(p, 400, "Content-Length is not a number in range");
  uint64_t length = 0;
  for (size_t i = 0; i < value.n; i++) {
    if ((uint8_t)(value.p[i] - '0') >= 10) return kt__h1_fail(p, 400, "Content-Length is not a number in range");
    length = length * 10 + (uint64_t)(value.p[i] - '0');
  }
  if (length > INT64_MAX) return kt__h1_fail(p, 400, "Content-Length is not a number in range");
  r->content_length = length;
  return KT_H1_DONE;
}

/* Cuts the next list element, without its whitespace; false at the end (RFC 9110 §5.6.1). */
static bool next_element(kt_bytes *rest, bool *more, kt_bytes *element) {
  if (!*more) return false;
  const uint8_t *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
  kt_bytes e = kt_bytes_make(rest->p, comma ? (size_t)(comma - rest->p) : rest->n);
  *more = comma != NULL;
  if (comma) *rest = kt_bytes_make(comma + 1, rest->n - e.n - 1);
  while (e.n && (e.p[0] == ' ' || e.p[0] == '\t')) e.p++, e.n--;
  while (e.n && (e.p[e.n - 1] == ' ' || e.p[e.n - 1] == '\t')) e.n--;
  *element = e;
  return true;
}

/* RFC 9112 §6.1, §6.3(4): chunked, once and last. Empty list elements are refused although RFC 9110 §5.6.1 would let
 * them pass, because other implementations read them differently. */
static kt_h1_result transfer_encoding(kt_h1_parser *p, kt_request *r, kt_bytes value) {
  if (p->seen & KT_H1_SEEN_CODING) return kt__h1_fail(p, 400, "Transfer-Encoding is repeated");
  p->seen |= KT_H1_SEEN_CODING;
  bool more = true, last_chunked = false, others = false;
  kt_bytes coding;
  while (next_element(&value, &more, &coding)) {
    if (coding.n == 0 || kt_scan_token(coding.p, coding.p + coding.n) != coding.p + coding.n)
      return kt__h1_fail(p, 400, "Transfer-Encoding is malformed");
    if (last_chunked) return kt__h1_fail(p, 400, "chunked is not the last transfer coding");
    last_chunked = is(coding, "chunked");
    others |= !last_chunked;
  }
  if (!last_chunked) return kt__h1_fail(p, 400, "chunked is not the last transfer coding");
  if (others) return kt__h1_fail(p, 501, "chunked is the only transfer coding known here");
  r->body_kind = KT_BODY_CHUNKED;
  return KT_H1_DONE;
}

/* Fields that Connection must not take away from anybody (RFC 9110 §7.6.1). */
static bool is_end_to_end(kt_bytes name) {
  switch (kt_field_lookup(name.p, name.n)) {
  case KT_FIELD_HOST:
  case KT_FIELD_CONTENT_LENGTH:
  case KT_FIELD_TRANSFER_ENCODING:
  case KT_FIELD_CONTENT_TYPE:
  case KT_FIELD_AUTHORIZATION:
  case KT_FIELD_COOKIE:
  case KT_FIELD_CACHE_CONTROL:
  case KT_FIELD_FORWARDED:
  case KT_FIELD_X_FORWARDED_FOR: return true;
  default: return false;
  }
}

static kt_h1_result connection(kt_h1_parser *p, kt_bytes value) {
  if (is(value, "keep-alive")) { /* nearly always */
    p->seen |= KT_H1_SEEN_KEEP_ALIVE;
    return KT_H1_DONE;
  }
  bool more = true;
  kt_bytes option;
  while (next_element(&value, &more, &option)) {
    if (is(option, "close")) p->seen |= KT_H1_SEEN_CLOSE;
    if (is(option, "keep-alive")) p->seen |= KT_H1_SEEN_KEEP_ALIVE;
    if (is(option, "upgrade")) p->seen |= KT_H1_SEEN_UPGRADE;
    if (is_end_to_end(option)) return kt__h1_fail(p, 400, "Connection names a field that is not hop-by-hop");
  }
  return KT_H1_DONE;
}

kt_h1_result kt__h1_host(kt_h1_parser *p, kt_bytes value) {
  if (p->seen & KT_H1_SEEN_HOST) return kt__h1_fail(p, 400, "Host is repeated");
  p->seen |= KT_H1_SEEN_HOST;
  return kt_uri_authority_valid(value) ? KT_H1_DONE : kt__h1_fail(p, 400, "Host is malformed");
}

kt_h1_result kt__h1_framing_field(kt_h1_parser *p, kt_request *r, uint16_t id, kt_bytes value) {
  switch (id) {
  case KT_FIELD_CONTENT_LENGTH: return content_length(p, r, value);
  case KT_FIELD_TRANSFER_ENCODING: return transfer_encoding(p, r, value);
  case KT_FIELD_CONNECTION: return connection(p, value);
  case KT_FIELD_EXPECT:
    if (is(value, "100-continue"))
      r->expect_continue = true;
    else
      r->expect_other = true;
    return KT_H1_DONE;
  default: return KT_H1_DONE;
  }
}

static kt_h1_result decide_body(kt_h1_parser *p, kt_request *r) {
  bool length = p->seen & KT_H1_SEEN_LENGTH, coding = p->seen & KT_H1_SEEN_CODING;
  if (coding && length) return kt__h1_fail(p, 400, "both Content-Length and Transfer-Encoding");
  if (coding && r->version_minor == 0) return kt__h1_fail(p, 400, "Transfer-Encoding in an HTTP/1.0 request");
  if (length) r->body_kind = r->content_length ? KT_BODY_LENGTH : KT_BODY_NONE;
  return KT_H1_DONE;
}

static kt_h1_result decide_host(kt_h1_parser *p, kt_request *r) {
  if (!(p->seen & KT_H1_SEEN_HOST))
    return r->version_minor == 0 ? KT_H1_DONE : kt__h1_fail(p, 400, "Host is missing");
  kt_bytes field = kt_request_field(r, KT_FIELD_HOST);
  if (r->authority.n == 0) {
    r->authority = field;
    return KT_H1_DONE;
  }
  /* RFC 9112 §3.2.2 lets the target win; two names for one server are an attack more often than a mistake. */
  if (field.n != r->authority.n || !kt_ci_equal(field.p, r->authority.p, field.n))
    return kt__h1_fail(p, 400, "Host differs from the request target's authority");
  return KT_H1_DONE;
}

static __attribute__((noinline)) kt_h1_result decide(kt_h1_parser *p, kt_request *r) {
  kt_h1_result result = decide_host(p, r);
  if (result == KT_H1_DONE) result = decide_body(p, r);
  if (result != KT_H1_DONE) return result;
  bool close = p->seen & KT_H1_SEEN_CLOSE;
  r->keep_alive = !close && (r->version_minor == 1 || (p->seen & KT_H1_SEEN_KEEP_ALIVE));
  r->upgrade = r->version_minor == 1 && (p->seen & KT_H1_SEEN_UPGRADE) && r->known[KT_FIELD_UPGRADE];
  /* RFC 9110 §10.1.1: a 1.0 client is never sent 100, and its expectations are ignored. */
  if (r->version_minor == 0) r->expect_continue = r->expect_other = false;
  if (r->body_kind == KT_BODY_NONE) r->expect_continue = false;
  return KT_H1_DONE;
}

/* Most requests of 1.1 say nothing but their Host. */
kt_h1_result kt__h1_framing_end(kt_h1_parser *p, kt_request *r) {
  if (p->seen != KT_H1_SEEN_HOST || r->version_minor == 0 || r->authority.n > 0) return decide(p, r);
  r->authority = kt_request_field(r, KT_FIELD_HOST);
  r->keep_alive = true;
  r->expect_continue = false; /* without content */
  return KT_H1_DONE;
}
