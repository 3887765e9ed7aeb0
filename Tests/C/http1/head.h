/* head.h: a request head parsed in every way in which bytes can arrive, each time beside a page that must not be
 * read. */
#ifndef KT_TEST_HEAD_H
#define KT_TEST_HEAD_H

#include "check.h"
#include "http1/http1.h"

#include <sys/mman.h>

#define FIELD_MAX 128
#define AREA_SIZE (1 << 17)

static const kt_h1_limits usual_limits = {.head_size_max = 16384, .target_size_max = 8000, .field_count_max = 100};

typedef struct head {
  kt_h1_result result;
  uint16_t status; /* of an error */
  uint32_t head_n;
  char line[20000];   /* what the request says, see write_line */
  char fields[70000]; /* "name=value\n" for each field */
} head;

/* The n bytes that end where a forbidden page begins. */
static uint8_t *area_before_guard(int which, size_t n) {
  static uint8_t *areas[2];
  if (!areas[which]) {
    uint8_t *p = mmap(NULL, AREA_SIZE + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p + AREA_SIZE, 4096, PROT_NONE) != 0 || n > AREA_SIZE) abort();
    areas[which] = p;
  }
  return areas[which] + AREA_SIZE - n;
}

/* "GET 1.1 path=/a query=b authority=c body=none keep-alive", and what else is true at the end. */
static void write_line(head *h, const kt_request *r) {
  static const char *const bodies[] = {"none", "length", "chunked"};
  char *p = h->line, *end = p + sizeof h->line;
  p += snprintf(p, (size_t)(end - p), "%.*s 1.%u path=%.*s", (int)r->method_text.n, (const char *)r->method_text.p,
                r->version_minor, (int)r->path.n, (const char *)r->path.p);
  if (r->query.p) p += snprintf(p, (size_t)(end - p), " query=%.*s", (int)r->query.n, (const char *)r->query.p);
  if (r->authority.n)
    p += snprintf(p, (size_t)(end - p), " authority=%.*s", (int)r->authority.n, (const char *)r->authority.p);
  p += snprintf(p, (size_t)(end - p), " body=%s", bodies[r->body_kind]);
  if (r->body_kind == KT_BODY_LENGTH)
    p += snprintf(p, (size_t)(end - p), ":%llu", (unsigned long long)r->content_length);
  snprintf(p, (size_t)(end - p), "%s%s%s%s", r->keep_alive ? " keep-alive" : "",
           r->expect_continue ? " continue" : "", r->expect_other ? " expectation" : "", r->upgrade ? " upgrade" : "");
}

static void write_fields(head *h, const kt_request *r) {
  char *p = h->fields, *end = p + sizeof h->fields;
  *p = 0;
  for (unsigned i = 0; i < r->field_count; i++)
    p += snprintf(p, (size_t)(end - p), "%.*s=%.*s\n", r->fields[i].name_n, (const char *)r->fields[i].name,
                  (int)r->fields[i].value_n, (const char *)r->fields[i].value);
}

static bool inside(const void *p, size_t n, const uint8_t *from, size_t size) {
  return (const uint8_t *)p >= from && (const uint8_t *)p + n <= from + size;
}

static void check_borrowed(const kt_request *r, const uint8_t *data, size_t head_n, const uint8_t *scratch,
                           size_t scratch_n) {
  for (unsigned i = 0; i < r->field_count; i++) {
    CHECK(inside(r->fields[i].name, r->fields[i].name_n, data, head_n));
    CHECK(inside(r->fields[i].value, r->fields[i].value_n, data, head_n));
  }
  CHECK(inside(r->target.p, r->target.n, data, head_n));
  CHECK(r->path.n == 1 || inside(r->path.p, r->path.n, data, head_n) ||
        inside(r->path.p, r->path.n, scratch, scratch_n));
}

/* Parses what lies at `data` as it would arrive: first `first` bytes, then `step` more at a time. */
static void parse_in_steps(head *h, const kt_h1_limits *limits, const uint8_t *data, size_t n, size_t first,
                           size_t step) {
  static kt_field fields[FIELD_MAX];
  kt_request r = {.fields = fields, .field_max = FIELD_MAX};
  uint8_t *scratch = area_before_guard(1, limits->target_size_max);
  kt_h1_parser p;
  kt_h1_parser_init(&p);
  *h = (head){.result = KT_H1_MORE};
  for (size_t have = first; h->result == KT_H1_MORE; have = have + step < n ? have + step : n) {
    h->result = kt_h1_parse(&p, limits, data, have, scratch, &r);
    if (have == n) break;
  }
  if (h->result == KT_H1_ERROR) {
    CHECK(p.reason && *p.reason);
    h->status = p.status;
  }
  if (h->result != KT_H1_DONE) return;
  h->head_n = p.head_n;
  CHECK(p.head_n <= n);
  check_borrowed(&r, data, p.head_n, scratch, limits->target_size_max);
  write_line(h, &r);
  write_fields(h, &r);
}

static void check_same(const head *a, const head *b) {
  CHECK_EQ(a->result, b->result);
  CHECK_EQ(a->status, b->status);
  CHECK_EQ(a->head_n, b->head_n);
  CHECK(strcmp(a->line, b->line) == 0);
  CHECK(strcmp(a->fields, b->fields) == 0);
}

/* Whole, byte by byte, cut in two at every byte (at some bytes when the input is long), and every prefix alone. */
static const head *parse_every_way(const kt_h1_limits *limits, const void *input, size_t n) {
  static head whole, other;
  uint8_t *data = memcpy(area_before_guard(0, n), input, n);
  size_t step = n < 1500 ? 1 : n / 300;
  parse_in_steps(&whole, limits, data, n, n, n);
  parse_in_steps(&other, limits, data, n, n > 0, step);
  check_same(&whole, &other);
  for (size_t cut = 0; cut < n; cut += step) {
    parse_in_steps(&other, limits, data, n, cut, n);
    check_same(&whole, &other);
  }
  for (size_t prefix = 0; prefix < n; prefix += step) {
    parse_in_steps(&other, limits, memcpy(area_before_guard(0, prefix), input, prefix), prefix, prefix, prefix);
    if (other.result != KT_H1_MORE) check_same(&whole, &other);
  }
  return &whole;
}

/* `input` gives `status`; 0: it is accepted. */
static void check_status(const char *input, size_t n, unsigned status) {
  const head *h = parse_every_way(&usual_limits, input, n);
  if (h->status != status || (status == 0 && h->result != KT_H1_DONE))
    KT_FAIL("result %d with status %u instead of %u for: %.*s", h->result, h->status, status, (int)n, input);
}
#define REJECTS(status, literal) check_status("" literal, sizeof(literal) - 1, status)

static void check_line(const char *input, size_t n, const char *line) {
  const head *h = parse_every_way(&usual_limits, input, n);
  if (h->result != KT_H1_DONE) KT_FAIL("result %d with status %u for: %s", h->result, h->status, input);
  if (strcmp(h->line, line) != 0) KT_FAIL("\"%s\" instead of \"%s\"", h->line, line);
}
#define ACCEPTS(literal, line) check_line("" literal, sizeof(literal) - 1, line)

#endif
