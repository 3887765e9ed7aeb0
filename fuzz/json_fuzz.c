/* The JSON cursor, writer and pointers on any bytes: no read past the end, no hang, and three ways to read the same
 * body agree: skipping it, pulling every value, and rewriting it and skipping the copy. */
#include "json/json.h"

#include <assert.h>
#include <stdlib.h>

typedef struct output {
  uint8_t *p;
  size_t n, cap;
} output;

static uint8_t *room(output *o, size_t n) {
  if (o->cap - o->n < n) {
    o->cap = 2 * o->cap + n;
    o->p = realloc(o->p, o->cap);
  }
  return o->p + o->n;
}

static void put(output *o, const void *p, size_t n) {
  memcpy(room(o, n), p, n);
  o->n += n;
}

static void put_text(output *o, const kt_json_text *text) {
  uint8_t *decoded = malloc(text->decoded_n + 1);
  kt_json_unescape(text, decoded);
  assert(kt_utf8_prefix(decoded, text->decoded_n) == text->decoded_n);
  put(o, "\"", 1);
  size_t size = kt_json_escaped_size(decoded, text->decoded_n);
  uint8_t *end = kt_json_escape(room(o, size), decoded, text->decoded_n);
  assert((size_t)(end - o->p) == o->n + size);
  o->n += size;
  put(o, "\"", 1);
  free(decoded);
}

/* Recursion is bounded by KT_JSON_DEPTH_MAX. */
static void copy(kt_json *c, output *o) {
  kt_json_text text;
  kt_json_key key;
  bool flag, first = true;
  switch (kt_json_peek(c)) {
    case KT_JSON_NONE: return;
    case KT_JSON_NULL:
      if (kt_json_null(c)) put(o, "null", 4);
      return;
    case KT_JSON_BOOLEAN:
      if (kt_json_boolean(c, &flag)) put(o, flag ? "true" : "false", flag ? 4 : 5);
      return;
    case KT_JSON_NUMBER_VALUE: {
      kt_json integer = *c, real = *c;
      int64_t i;
      uint64_t u;
      double d;
      kt_json_fit fit = kt_json_int64(&integer, &i), real_fit = kt_json_double(&real, &d);
      kt_json unsigned_cursor = *c;
      kt_json_fit unsigned_fit = kt_json_uint64(&unsigned_cursor, &u);
      assert((fit == KT_JSON_BROKEN) == (real_fit == KT_JSON_BROKEN));
      assert((fit == KT_JSON_BROKEN) == (unsigned_fit == KT_JSON_BROKEN));
      if (fit == KT_JSON_FITS && i >= 0) assert(unsigned_fit == KT_JSON_FITS && u == (uint64_t)i);
      if (fit != KT_JSON_BROKEN) {
        assert(integer.p == real.p);
        put(o, c->p, (size_t)(real.p - c->p));
      }
      if (real_fit == KT_JSON_FITS) {
        uint8_t out[KT_JSON_DOUBLE_MAX], *end = kt_json_write_short_double(out, d);
        double back;
        kt_json again;
        if (end != NULL) {
          kt_json_init(&again, (kt_bytes){out, (size_t)(end - out)});
          assert(kt_json_double(&again, &back) == KT_JSON_FITS && memcmp(&back, &d, 8) == 0);
        }
      }
      *c = real;
      return;
    }
    case KT_JSON_STRING:
      if (kt_json_string(c, &text)) put_text(o, &text);
      return;
    case KT_JSON_ARRAY:
      if (!kt_json_enter(c)) return;
      put(o, "[", 1);
      for (; kt_json_element(c); first = false) {
        if (!first) put(o, ",", 1);
        copy(c, o);
      }
      put(o, "]", 1);
      return;
    case KT_JSON_OBJECT:
      if (!kt_json_enter(c)) return;
      put(o, "{", 1);
      for (; kt_json_member(c, &key); first = false) {
        if (!first) put(o, ",", 1);
        put_text(o, &key.text);
        put(o, ":", 1);
        copy(c, o);
      }
      put(o, "}", 1);
  }
}

static bool skip(const uint8_t *p, size_t n, kt_json *c) {
  kt_json_init(c, (kt_bytes){p, n});
  size_t valid = kt_utf8_prefix(p, n);
  if (valid != n) kt_json_fail(c, KT_JSON_UTF8, p + valid);
  return kt_json_skip(c) && kt_json_finish(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  kt_json c;
  bool whole = skip(data, n, &c);
  assert(whole == (c.error == KT_JSON_OK));
  kt_json_error error = c.error;
  const uint8_t *fault = c.fault;
  kt_json_path path, fresh;
  kt_json_path_init(&path, (kt_bytes){data, n});
  for (size_t i = 0; i < n; i += 1 + n / 16) {
    kt_json_path_to(&path, i);
    size_t size = kt_json_path_write(&path, NULL);
    uint8_t *pointer = malloc(size + 1);
    assert(kt_json_path_write(&path, pointer) == size);
    if (whole) {
      kt_json_path_init(&fresh, (kt_bytes){data, n});
      kt_json_path_to(&fresh, i);
      uint8_t *again = malloc(size + 1);
      assert(kt_json_path_write(&fresh, NULL) == size);
      kt_json_path_write(&fresh, again);
      assert(memcmp(pointer, again, size) == 0);
      free(again);
    }
    free(pointer);
  }
  if (error == KT_JSON_UTF8) return 0;
  output o = {0};
  kt_json_init(&c, (kt_bytes){data, n});
  copy(&c, &o);
  if (c.error == KT_JSON_OK) kt_json_finish(&c);
  assert(c.error == error && c.fault == fault);
  if (whole) assert(skip(o.p, o.n, &c));
  free(o.p);
  return 0;
}
