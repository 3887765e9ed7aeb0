/* operations.h: what rows time and budgets count, so that both speak of the same work. Each takes its input as context
 * and does `count` operations; a wrong answer ends the program. */
#ifndef KT_BENCH_OPERATIONS_H
#define KT_BENCH_OPERATIONS_H

#include "http/http.h"
#include "http1/http1.h"
#include "inputs.h"
#include "json/json.h"
#include "micro.h"
#include "route/route.h"

/* ---- request heads: context is the head's kt_bytes ---- */

#define FIELDS_MAX 100

static kt_field op_fields[FIELDS_MAX];

static inline void op_parse_once(kt_bytes head, const size_t *ends, size_t pieces) {
  static const kt_h1_limits limits = {.head_size_max = 16384, .target_size_max = 8192, .field_count_max = FIELDS_MAX};
  static uint8_t scratch[8192];
  static kt_request request;
  kt_h1_parser parser;
  kt_h1_parser_init(&parser);
  request.fields = op_fields;
  request.field_max = FIELDS_MAX;
  kt_h1_result result = KT_H1_MORE;
  for (size_t i = 0; i < pieces; i++) result = kt_h1_parse(&parser, &limits, head.p, ends[i], scratch, &request);
  if (result != KT_H1_DONE || parser.head_n != head.n) abort();
  MICRO_USE(&request);
}

static inline void op_parse(void *context, uint64_t count) {
  kt_bytes head = *(kt_bytes *)context;
  while (count--) op_parse_once(head, &head.n, 1);
}

/* ---- chunked coding: context is what op_chunked made ---- */

/* 16 KB of content in chunks of 1 KB. */
static inline kt_bytes op_chunked(void) {
  static uint8_t chunked[17 * 1024];
  size_t n = 0;
  for (int i = 0; i < 16; i++) {
    n += kt_h1_chunk_head(chunked + n, 1024);
    memset(chunked + n, 'x', 1024);
    n += 1024;
    memcpy(chunked + n, "\r\n", 2);
    n += 2;
  }
  memcpy(chunked + n, "0\r\n\r\n", 5);
  return kt_bytes_make(chunked, n + 5);
}

static inline void op_decode_chunked(void *context, uint64_t count) {
  kt_bytes in = *(kt_bytes *)context;
  while (count--) {
    kt_h1_chunked c;
    kt_h1_chunked_init(&c);
    size_t at = 0, content = 0;
    kt_h1_result result;
    do {
      size_t consumed;
      kt_bytes payload;
      result = kt_h1_chunked_feed(&c, in.p + at, in.n - at, &consumed, &payload);
      at += consumed;
      content += payload.n;
    } while (result == KT_H1_MORE && at < in.n);
    if (result != KT_H1_DONE || content != 16384) abort();
  }
}

/* ---- response heads: context is a kt_h1_response ---- */

static const kt_h1_response op_response = {.status = 200, .content_length = 1234,
                                           .date = "Sun, 06 Nov 1994 08:49:37 GMT",
                                           .content_type = {(const uint8_t *)"application/json", 16}};

static inline void op_write_head(void *context, uint64_t count) {
  uint8_t out[KT_H1_HEAD_SIZE_MAX + 64];
  while (count--) {
    size_t n = kt_h1_write_head(out, context);
    MICRO_USE(n);
    MICRO_USE(out);
  }
}

/* ---- routes: context is an op_table ----
 *
 * A table is that of an API with a third as many collections: "/api/v1/<collection>", ".../{id}" and
 * ".../{id}/reviews/{review}", GET on all three. Look-ups ask for the last form with 1024 paths that differ, so that
 * neither the branch predictor nor the first-level cache knows the answer beforehand. A "hit" is what a request costs:
 * its raw path decoded (one value has an escape) and looked up. */

#define OP_PATHS 1024 /* a power of two */
#define OP_PATH_SIZE_MAX 96

typedef struct op_table {
  size_t route_n;
  kt_route_tree *tree;
  kt_bytes raw[OP_PATHS], decoded[OP_PATHS], unknown[OP_PATHS];
} op_table;

static inline uint32_t op_pick(uint32_t n) {
  static uint32_t seed = 1;
  seed = seed * 1664525 + 1013904223;
  return (uint32_t)((uint64_t)seed * n >> 32);
}

static inline kt_bytes op_text(const char *format, const char *noun, size_t k) {
  char *out = malloc(OP_PATH_SIZE_MAX);
  int n = snprintf(out, OP_PATH_SIZE_MAX, format, noun, k, 1000 + op_pick(9000), 10 + op_pick(90));
  return kt_bytes_make(out, (size_t)n);
}

/* Collections have names of usual lengths; beyond the first nouns they are numbered. */
static inline const char *op_noun(size_t k) {
  static const char *const nouns[] = {"products", "orders", "customers", "carts", "shipments", "invoices", "users",
                                      "payments", "returns", "stock"};
  return nouns[k % (sizeof nouns / sizeof *nouns)];
}

static inline void op_fill(op_table *t, size_t route_n) {
  static const char *const forms[] = {"/api/v1/%s%zu", "/api/v1/%s%zu/{id}", "/api/v1/%s%zu/{id}/reviews/{review}"};
  t->route_n = route_n;
  kt_route_def *defs = calloc(route_n, sizeof *defs);
  for (size_t i = 0; i < route_n; i++)
    defs[i] = (kt_route_def){op_text(forms[i % 3], op_noun(i / 3), i / 3), KT_GET, (uint32_t)i};
  char error[256];
  t->tree = kt_route_compile(defs, route_n, error, sizeof error);
  if (!t->tree) abort();
  free(defs);
  for (size_t i = 0; i < OP_PATHS; i++) {
    size_t k = op_pick((uint32_t)(route_n / 3));
    t->raw[i] = op_text("/api/v1/%s%zu/red%%20%u/reviews/%u", op_noun(k), k);
    t->unknown[i] = op_text("/api/v1/%s%zu/%u/prices/%u", op_noun(k), k);
    uint8_t *out = malloc(OP_PATH_SIZE_MAX);
    if (kt_uri_path(t->raw[i], out, &t->decoded[i])) abort();
  }
}

static inline void op_look_up(const op_table *t, kt_bytes path, uint8_t method, kt_route_result wanted) {
  kt_bytes params[KT_PARAMS_MAX];
  kt_route_match match;
  if (kt_route_find(t->tree, path, method, params, &match) != wanted) abort();
  MICRO_USE(params);
}

static inline void op_hit(void *context, uint64_t count) {
  op_table *t = context;
  uint8_t out[OP_PATH_SIZE_MAX];
  for (uint64_t i = 0; i < count; i++) {
    kt_bytes path;
    if (kt_uri_path(t->raw[i % OP_PATHS], out, &path)) abort();
    op_look_up(t, path, KT_GET, KT_ROUTE_FOUND);
  }
}

/* ---- JSON: context is the body ---- */

static inline void op_validate(void *context, uint64_t count) {
  kt_bytes body = *(kt_bytes *)context;
  while (count--) {
    kt_json c;
    kt_json_init(&c, body);
    if (!kt_utf8_valid(body.p, body.n) || !kt_json_skip(&c) || !kt_json_finish(&c)) abort();
  }
}

#endif
