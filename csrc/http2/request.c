#include "http2/request.h"

#include "base/scan.h"
#include "http/field.h"
#include "http/method.h"
#include "http/uri.h"

#define FIELD_OVERHEAD 32 /* RFC 9113 §6.5.2 */

static void refuse(kt_h2_head *h, uint16_t status, const char *reason) {
  if (h->status) return;
  h->status = status;
  h->reason = reason;
}

void kt_h2_head_init(kt_h2_head *h, kt_request *r, kt_arena *arena) {
  *h = (kt_h2_head){.request = r, .arena = arena};
  kt_field *fields = r->fields;
  uint16_t max = r->field_max;
  *r = (kt_request){.version_minor = 1, .keep_alive = true, .fields = fields, .field_max = max};
}

static bool copy(kt_h2_head *h, kt_bytes from, kt_bytes *to) {
  uint8_t *p = kt_arena_alloc(h->arena, from.n + 1);
  if (!p) return false;
  if (from.n) memcpy(p, from.p, from.n);
  *to = kt_bytes_make(p, from.n);
  return true;
}

static bool add_pseudo(kt_h2_head *h, const kt_h2_head_limits *limits, kt_bytes name, kt_bytes value) {
  kt_request *r = h->request;
  if (kt_bytes_equal(name, KT_BYTES(":method"))) {
    r->method = kt_method_lookup(value.p, value.n);
    return copy(h, value, &r->method_text);
  }
  if (kt_bytes_equal(name, KT_BYTES(":path"))) {
    if (value.n > limits->target_size_max) refuse(h, 414, "the request target is too long");
    return h->status || copy(h, value, &r->target);
  }
  if (kt_bytes_equal(name, KT_BYTES(":authority"))) return copy(h, value, &r->authority);
  if (kt_bytes_equal(name, KT_BYTES(":protocol"))) {
    h->extended = true;
    return copy(h, value, &h->protocol);
  }
  return true; /* :scheme */
}

/* 1*DIGIT that fits; nghttp2 has refused what is no number. */
static void content_length(kt_h2_head *h, kt_bytes value) {
  uint64_t length = 0;
  for (size_t i = 0; i < value.n; i++) length = length * 10 + (uint64_t)(value.p[i] - '0');
  h->request->content_length = length;
  h->request->body_kind = KT_BODY_LENGTH;
}

static void expect(kt_h2_head *h, kt_bytes value) {
  if (value.n == 12 && kt_ci_equal(value.p, (const uint8_t *)"100-continue", 12))
    h->request->expect_continue = true;
  else
    h->request->expect_other = true;
}

static bool add_field(kt_h2_head *h, const kt_h2_head_limits *limits, kt_bytes name, kt_bytes value) {
  kt_request *r = h->request;
  if (r->field_count >= limits->field_count_max || r->field_count >= r->field_max || name.n > UINT16_MAX) {
    refuse(h, 431, "too many fields");
    return true;
  }
  kt_bytes n, v;
  if (!copy(h, name, &n) || !copy(h, value, &v)) return false;
  uint16_t id = kt_field_lookup(n.p, n.n);
  r->fields[r->field_count++] = (kt_field){n.p, v.p, (uint32_t)v.n, (uint16_t)n.n, id};
  if (id == KT_FIELD_OTHER) return true;
  if (r->known[id] == 0) r->known[id] = r->field_count;
  switch (id) {
  case KT_FIELD_COOKIE: h->crumbs++; break;
  case KT_FIELD_CONTENT_LENGTH: content_length(h, v); break;
  case KT_FIELD_EXPECT: expect(h, v); break;
  default: break;
  }
  return true;
}

bool kt_h2_head_add(kt_h2_head *h, const kt_h2_head_limits *limits, kt_bytes name, kt_bytes value) {
  h->size += name.n + value.n + FIELD_OVERHEAD;
  if (h->size > limits->head_size_max) refuse(h, 431, "the request's head is too long");
  if (h->status) return true;
  return name.n && name.p[0] == ':' ? add_pseudo(h, limits, name, value) : add_field(h, limits, name, value);
}

/* §8.2.3: crumbs become one field again, joined by "; ". */
static bool join_crumbs(kt_h2_head *h) {
  kt_request *r = h->request;
  size_t n = 0;
  for (uint16_t i = 0; i < r->field_count; i++)
    if (r->fields[i].id == KT_FIELD_COOKIE) n += r->fields[i].value_n + 2;
  uint8_t *all = kt_arena_alloc(h->arena, n);
  if (!all) return false;
  uint16_t kept = 0;
  size_t at = 0;
  bool begun = false;
  for (uint16_t i = 0; i < r->field_count; i++) {
    kt_field f = r->fields[i];
    bool crumb = f.id == KT_FIELD_COOKIE, first = crumb && !begun;
    if (crumb) {
      if (!first) at += (size_t)(memcpy(all + at, "; ", 2), 2);
      if (f.value_n) memcpy(all + at, f.value, f.value_n);
      at += f.value_n;
      begun = true;
    }
    if (crumb && !first) continue;
    if (r->known[f.id] == i + 1) r->known[f.id] = (uint16_t)(kept + 1);
    r->fields[kept++] = f;
  }
  r->field_count = kept;
  kt_field *joined = &r->fields[r->known[KT_FIELD_COOKIE] - 1];
  joined->value = all;
  joined->value_n = (uint32_t)at;
  return true;
}

/* §8.3.1: :path is "/..." or, for OPTIONS, "*". */
static void find_path(kt_h2_head *h, uint8_t *scratch) {
  kt_request *r = h->request;
  kt_bytes t = r->target;
  r->path = t;
  if (r->method == KT_CONNECT && !h->extended) return;
  if (t.n == 1 && t.p[0] == '*') {
    if (r->method != KT_OPTIONS) refuse(h, 400, "only OPTIONS has the target *");
    return;
  }
  if (kt_scan_target(t.p, t.p + t.n) != t.p + t.n) {
    refuse(h, 400, "the request target has a byte that may not stand there");
    return;
  }
  if (memchr(t.p, '#', t.n)) {
    refuse(h, 400, "the request target has a fragment");
    return;
  }
  const uint8_t *mark = memchr(t.p, '?', t.n);
  kt_bytes raw = kt_bytes_make(t.p, mark ? (size_t)(mark - t.p) : t.n);
  if (mark) r->query = kt_bytes_make(mark + 1, t.n - raw.n - 1);
  const char *why = kt_uri_path(raw, scratch, &r->path);
  if (why) refuse(h, 400, why);
}

/* §8.3.1: Host may stand in for :authority, and may not contradict it. */
static void find_authority(kt_h2_head *h) {
  kt_request *r = h->request;
  kt_bytes host = kt_request_field(r, KT_FIELD_HOST);
  if (!r->authority.p) r->authority = host;
  if (!kt_uri_authority_valid(r->authority)) refuse(h, 400, "the authority is malformed");
  if (host.p && (host.n != r->authority.n || !kt_ci_equal(host.p, r->authority.p, host.n)))
    refuse(h, 400, "Host differs from :authority");
}

bool kt_h2_head_finish(kt_h2_head *h, bool ended, uint8_t *scratch) {
  kt_request *r = h->request;
  if (h->crumbs > 1 && !h->status && !join_crumbs(h)) return false;
  if (!h->status) find_path(h, scratch);
  if (!h->status) find_authority(h);
  if (ended)
    r->body_kind = KT_BODY_NONE;
  else if (r->body_kind == KT_BODY_NONE)
    r->body_kind = KT_BODY_CHUNKED;
  if (r->body_kind == KT_BODY_NONE) r->expect_continue = false;
  return true;
}
