#include "coding/policy.h"

#include "base/scan.h"
#include "http/mime.h"

static kt_bytes trim(kt_bytes s) {
  while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) s.p++, s.n--;
  while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) s.n--;
  return s;
}

static bool is(kt_bytes s, kt_bytes lower) { return s.n == lower.n && kt_ci_equal(s.p, lower.p, s.n); }

/* The end of an element of a list, where a comma in a quoted string is none (RFC 9110 §5.6.4). */
static size_t element_size(kt_bytes s) {
  bool quoted = false;
  for (size_t i = 0; i < s.n; i++) {
    if (s.p[i] == '"') quoted = !quoted;
    else if (quoted && s.p[i] == '\\') i++;
    else if (!quoted && s.p[i] == ',') return i;
  }
  return s.n;
}

static bool list_has(kt_bytes list, kt_bytes token) {
  while (list.n) {
    size_t n = element_size(list);
    if (is(trim(kt_bytes_make(list.p, n)), token)) return true;
    if (n == list.n) return false;
    list = kt_bytes_make(list.p + n + 1, list.n - n - 1);
  }
  return false;
}

/* Schemes whose credentials a browser repeats by itself. A token that a script adds is no such, whatever it is called;
 * but an unknown scheme is taken for one that is. */
static bool is_repeated_by_browsers(kt_bytes authorization) {
  kt_bytes scheme = {authorization.p, 0};
  while (scheme.n < authorization.n && authorization.p[scheme.n] != ' ') scheme.n++;
  return !is(scheme, KT_BYTES("bearer")) && !is(scheme, KT_BYTES("dpop"));
}

/* Fetch Metadata: a name that no script can set. Only these values mean that no other site had a hand in it. */
static bool is_vouched_for(const kt_request *r) {
  kt_bytes site = kt_request_find(r, KT_BYTES("Sec-Fetch-Site"));
  return is(site, KT_BYTES("same-origin")) || is(site, KT_BYTES("none"));
}

bool kt_request_has_credentials(const kt_request *r) {
  kt_bytes authorization = kt_request_field(r, KT_FIELD_AUTHORIZATION);
  bool any = kt_request_field(r, KT_FIELD_COOKIE).p || (authorization.p && is_repeated_by_browsers(authorization));
  return any && !is_vouched_for(r);
}

/* Has it content, whole and of the kind that coding is for? 206 and 416 speak of ranges of what is stored. */
static bool has_content(const kt_coded_response *r) {
  return r->status >= 200 && r->status != 204 && r->status != 205 && r->status != 206 && r->status != 304 &&
         r->status != 416 && !r->has_content_range;
}

static bool is_coded_already(const kt_coded_response *r) {
  return r->content_encoding.n && !is(trim(r->content_encoding), KT_BYTES("identity"));
}

/* What does not depend on the request: such responses differ by Accept-Encoding. */
static bool could_be_coded(const kt_coded_response *r) {
  return r->route != KT_CODED_NEVER && has_content(r) && !is_coded_already(r) && r->size >= KT_CODED_SIZE_MIN &&
         !list_has(r->cache_control, KT_BYTES("no-transform")) && kt_mime_compressible(r->content_type);
}

static bool may_leak(const kt_coded_response *r) {
  return r->route != KT_CODED_ALWAYS && (r->credentials || r->sets_cookie);
}

static bool names_accept_encoding(kt_bytes vary) {
  return list_has(vary, KT_BYTES("accept-encoding")) || list_has(vary, KT_BYTES("*"));
}

static bool is_strong(kt_bytes etag) { return etag.n && etag.p[0] == '"'; }

/* 304 has the fields that 200 would have had (RFC 9110 §15.4.5), and whether that was coded cannot be seen any more. A
 * weak tag is right for both: If-None-Match compares weakly. */
static kt_coding_plan decide_not_modified(const kt_coded_response *r, kt_coding coding) {
  if (r->route == KT_CODED_NEVER) return (kt_coding_plan){0};
  return (kt_coding_plan){.add_vary = !names_accept_encoding(r->vary),
                          .weaken_etag = coding != KT_CODING_IDENTITY && is_strong(r->etag)};
}

kt_coding_plan kt_coding_decide(const kt_coded_response *r, const kt_accept_encoding *accept, unsigned offered) {
  kt_coding_plan plan = {0};
  kt_coding coding = kt_negotiate(accept, offered).coding;
  if (r->status == 304) return decide_not_modified(r, coding);
  if (!could_be_coded(r) || offered == 0) return plan;
  plan.add_vary = !names_accept_encoding(r->vary);
  if (coding == KT_CODING_IDENTITY || may_leak(r)) return plan;
  plan.coding = (uint8_t)coding;
  plan.encode = !r->is_head;
  plan.drop_length = true;
  plan.flush = plan.encode && r->size == KT_CODED_SIZE_UNKNOWN;
  plan.weaken_etag = is_strong(r->etag);
  return plan;
}
