/* Request heads on any bytes: the same result however the bytes are cut, slices that lie in the input or the scratch
 * space, and, for what is accepted, the framing rules that request smuggling breaks, read a second time from the raw
 * text. Where picohttpparser is installed, it must read the same method, target and fields in what we accept. The first
 * two bytes of the input are limits and the cut. */
#include "../bench/micro/picohttpparser.h"
#include "http1/http1.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#define FIELD_MAX 64

typedef struct outcome {
  kt_h1_result result;
  kt_h1_parser parser;
  kt_request request;
  kt_field fields[FIELD_MAX];
} outcome;

static void parse(outcome *o, const kt_h1_limits *limits, const uint8_t *data, size_t n, size_t step, uint8_t *scratch) {
  kt_h1_parser_init(&o->parser);
  memset(&o->request, 0, sizeof o->request);
  o->request.fields = o->fields;
  o->request.field_max = FIELD_MAX;
  size_t have = step < n ? step : n;
  for (;;) {
    o->result = kt_h1_parse(&o->parser, limits, data, have, scratch, &o->request);
    if (o->result != KT_H1_MORE || have == n) return;
    have = n - have > step ? have + step : n;
  }
}

static bool same_bytes(kt_bytes a, kt_bytes b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }

static void assert_same(const outcome *a, const outcome *b) {
  assert(a->result == b->result);
  if (a->result == KT_H1_ERROR) assert(a->parser.status == b->parser.status);
  if (a->result != KT_H1_DONE) return;
  const kt_request *x = &a->request, *y = &b->request;
  assert(a->parser.head_n == b->parser.head_n && x->method == y->method && x->version_minor == y->version_minor);
  assert(x->body_kind == y->body_kind && x->content_length == y->content_length && x->keep_alive == y->keep_alive);
  assert(x->expect_continue == y->expect_continue && x->expect_other == y->expect_other && x->upgrade == y->upgrade);
  assert(same_bytes(x->path, y->path) && same_bytes(x->query, y->query) && same_bytes(x->authority, y->authority));
  assert(x->field_count == y->field_count && memcmp(x->known, y->known, sizeof x->known) == 0);
}

static bool lies_in(const void *p, size_t n, const void *from, size_t size) {
  return (const uint8_t *)p >= (const uint8_t *)from && (const uint8_t *)p + n <= (const uint8_t *)from + size;
}

/* The raw lines once more, read the slow way: how often a field of this name stands there. */
static unsigned count_lines(const uint8_t *data, size_t n, const char *name) {
  unsigned count = 0;
  size_t name_n = strlen(name);
  for (size_t i = 0; i + 1 < n; i++)
    if (data[i] == '\n' && n - i - 1 > name_n && strncasecmp((const char *)data + i + 1, name, name_n) == 0 &&
        data[i + 1 + name_n] == ':')
      count++;
  return count;
}

static void assert_sound(const outcome *o, const uint8_t *data, size_t n, const uint8_t *scratch, size_t scratch_n) {
  const kt_request *r = &o->request;
  size_t head_n = o->parser.head_n;
  assert(head_n <= n && head_n >= 4 && memcmp(data + head_n - 4, "\r\n\r\n", 4) == 0);
  for (size_t i = 0; i < head_n; i++) {
    assert(data[i] != 0);
    if (data[i] == '\n') assert(i > 0 && data[i - 1] == '\r');
    if (data[i] == '\r') assert(data[i + 1] == '\n');
  }
  for (unsigned i = 0; i < r->field_count; i++) {
    const kt_field *f = &r->fields[i];
    assert(f->name_n > 0 && lies_in(f->name, f->name_n, data, head_n) && f->name[f->name_n] == ':');
    assert(lies_in(f->value, f->value_n, data, head_n));
    if (f->value_n) assert(!strchr(" \t", f->value[0]) && !strchr(" \t", f->value[f->value_n - 1]));
  }
  unsigned lengths = count_lines(data, head_n, "content-length");
  unsigned codings = count_lines(data, head_n, "transfer-encoding");
  assert(lengths + codings <= 1 && count_lines(data, head_n, "host") <= 1);
  assert((r->body_kind == KT_BODY_CHUNKED) == (codings == 1));
  if (r->version_minor == 0) assert(codings == 0);
  else assert(count_lines(data, head_n, "host") == 1);
  if (r->body_kind == KT_BODY_LENGTH) assert(lengths == 1 && r->content_length > 0 && r->content_length <= INT64_MAX);
  assert(lies_in(r->target.p, r->target.n, data, head_n));
  bool copied = lies_in(r->path.p, r->path.n, scratch, scratch_n);
  assert(copied || lies_in(r->path.p, r->path.n, data, head_n) || (r->path.n == 1 && *r->path.p == '/'));
  if (r->method == KT_CONNECT || (r->path.n == 1 && r->path.p[0] == '*')) return;
  assert(r->path.n > 0 && r->path.p[0] == '/');
  assert(!memmem(r->path.p, r->path.n, "//", 2) && !memmem(r->path.p, r->path.n, "/../", 4));
}

static void assert_second_opinion(const outcome *o, const uint8_t *data) {
  static phr_parse_request_fn phr_parse_request;
  static bool looked;
  if (!looked) phr_parse_request = phr_open();
  looked = true;
  if (!phr_parse_request) return;
  const kt_request *r = &o->request;
  size_t n = o->parser.head_n, count = FIELD_MAX, method_n, target_n;
  for (; n >= 2 && data[0] == '\r' && data[1] == '\n'; n -= 2) data += 2; /* it skips one empty line, we two */
  const char *method, *target;
  int minor;
  phr_header headers[FIELD_MAX];
  int used = phr_parse_request((const char *)data, n, &method, &method_n, &target, &target_n, &minor, headers, &count, 0);
  if (used == -1 && r->version_minor == 1 && memmem(data, n, "HTTP/1.1\r\n", 10) == NULL) return; /* HTTP/1.2 to 1.9 */
  assert(used == (int)n);
  assert(method_n == r->method_text.n && memcmp(method, r->method_text.p, method_n) == 0);
  assert(target_n == r->target.n && memcmp(target, r->target.p, target_n) == 0);
  assert(count == r->field_count);
  for (size_t i = 0; i < count; i++) {
    const kt_field *f = &r->fields[i];
    assert(headers[i].name_len == f->name_n && memcmp(headers[i].name, f->name, f->name_n) == 0);
    while (headers[i].value_len && strchr(" \t", headers[i].value[headers[i].value_len - 1])) headers[i].value_len--;
    assert(headers[i].value_len == f->value_n && memcmp(headers[i].value, f->value, f->value_n) == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  static outcome whole, pieces;
  if (n < 2 || n > 100000) return 0;
  kt_h1_limits limits = {.head_size_max = data[0] & 1 ? 16384 : 200,
                         .target_size_max = data[0] & 2 ? 8000 : 40,
                         .field_count_max = data[0] & 4 ? FIELD_MAX : 3};
  size_t step = 1 + data[1] % 64;
  data += 2;
  n -= 2;
  uint8_t *scratch = malloc(limits.target_size_max), *scratch_of_pieces = malloc(limits.target_size_max);
  parse(&whole, &limits, data, n, n + 1, scratch);
  parse(&pieces, &limits, data, n, step, scratch_of_pieces);
  assert_same(&whole, &pieces);
  if (whole.result == KT_H1_DONE) {
    assert_sound(&whole, data, n, scratch, limits.target_size_max);
    assert_second_opinion(&whole, data);
  }
  if (whole.result == KT_H1_ERROR) {
    unsigned status = whole.parser.status;
    assert(whole.parser.reason && (status == 400 || status == 414 || status == 431 || status == 501 || status == 505));
  }
  free(scratch);
  free(scratch_of_pieces);
  return 0;
}
