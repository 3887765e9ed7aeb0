/* Behaviour of the JSON room. Build and run alone:
 *   clang -std=gnu17 -g -O1 -fsanitize=address,undefined -Iinclude -Icsrc Tests/C/json/json_test.c csrc/json/[a-z]*.c \
 *     csrc/base/scan*.c csrc/base/utf8.c csrc/base/memory.c -lm
 * Every body is copied to a block of its exact size, so that a read past the end is found by the sanitizer. */
#include "json/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned failures;

#define CHECK(condition, ...)                                    \
  do {                                                           \
    if (!(condition)) {                                          \
      failures++;                                                \
      fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
      fprintf(stderr, __VA_ARGS__);                              \
      fputc('\n', stderr);                                       \
    }                                                            \
  } while (0)

typedef struct body {
  uint8_t *p;
  kt_json c;
} body;

static body body_of(const void *text, size_t n) {
  body b = {.p = malloc(n == 0 ? 1 : n)};
  memcpy(b.p, text, n);
  kt_json_init(&b.c, (kt_bytes){b.p, n});
  return b;
}

static kt_json_error check_document(const void *text, size_t n, size_t *offset) {
  body b = body_of(text, n);
  size_t valid = kt_utf8_prefix(b.p, n);
  if (valid != n) kt_json_fail(&b.c, KT_JSON_UTF8, b.p + valid);
  if (kt_json_skip(&b.c)) kt_json_finish(&b.c);
  if (offset != NULL) *offset = b.c.fault == NULL ? n : (size_t)(b.c.fault - b.c.start);
  assert(b.c.p <= b.c.end);
  kt_json_error error = b.c.error;
  free(b.p);
  return error;
}

static const char sample[] =
    "{\"sku\":\"AB-1\",\"name\":\"Stra\xC3\x9F" "e \\ud83d\\ude00 \\\"x\\\"\","
    "\"price\":12.50,\"stock\":-3,\"tags\":[\"a\",\"bc\",[]],"
    "\"nested\":{\"a\":null,\"b\":[true,false,1e10,{}]}, \"long_property_name_here\" : 0.1E-2 }";

static void a_document_cut_at_any_byte_is_truncated(void) {
  size_t n = sizeof sample - 1;
  CHECK(check_document(sample, n, NULL) == KT_JSON_OK, "sample");
  for (size_t cut = 0; cut < n; cut++) {
    size_t at;
    kt_json_error error = check_document(sample, cut, &at);
    CHECK(error != KT_JSON_OK, "cut %zu", cut);
    CHECK(error == KT_JSON_TRUNCATED || error == KT_JSON_ESCAPE || error == KT_JSON_SURROGATE || error == KT_JSON_UTF8,
          "cut %zu gives %d", cut, error);
    CHECK(at <= cut, "cut %zu fault %zu", cut, at);
  }
}

static void malformed_documents_are_rejected_where_they_break(void) {
  static const struct {
    const char *text;
    kt_json_error error;
    size_t offset;
  } cases[] = {
      {"", KT_JSON_TRUNCATED, 0},          {" ", KT_JSON_TRUNCATED, 1},        {"{,}", KT_JSON_SYNTAX, 1},
      {"[,]", KT_JSON_SYNTAX, 1},          {"[1,]", KT_JSON_SYNTAX, 3},        {"{\"a\":1,}", KT_JSON_SYNTAX, 7},
      {"{\"a\" 1}", KT_JSON_SYNTAX, 5},    {"{a:1}", KT_JSON_SYNTAX, 1},       {"[1 2]", KT_JSON_SYNTAX, 3},
      {"01", KT_JSON_NUMBER, 1},           {"-", KT_JSON_TRUNCATED, 1},        {"-x", KT_JSON_NUMBER, 1},
      {"1.", KT_JSON_TRUNCATED, 2},        {"1.x", KT_JSON_NUMBER, 2},         {"1e+ ", KT_JSON_NUMBER, 3},
      {".5", KT_JSON_SYNTAX, 0},           {"+1", KT_JSON_SYNTAX, 0},          {"nul", KT_JSON_TRUNCATED, 3},
      {"nulx", KT_JSON_SYNTAX, 3},         {"truE", KT_JSON_SYNTAX, 3},        {"NaN", KT_JSON_SYNTAX, 0},
      {"\"\\x\"", KT_JSON_ESCAPE, 1},      {"\"\\u12g4\"", KT_JSON_ESCAPE, 1}, {"\"\n\"", KT_JSON_CONTROL, 1},
      {"\"\\ud800\"", KT_JSON_SURROGATE, 1},                                   {"\"\\udc00\"", KT_JSON_SURROGATE, 1},
      {"\"\\ud800\\u0041\"", KT_JSON_SURROGATE, 1},
      {"\"\\ud800\\ud800\"", KT_JSON_SURROGATE, 1},
      {"1 2", KT_JSON_TRAILING, 2},        {"{}}", KT_JSON_TRAILING, 2},       {"[}", KT_JSON_SYNTAX, 1},
      {"\"\xFF\"", KT_JSON_UTF8, 1},       {"\"\xC0\x80\"", KT_JSON_UTF8, 1},  {"\"\xED\xA0\x80\"", KT_JSON_UTF8, 1},
      {"\"\xF4\x90\x80\x80\"", KT_JSON_UTF8, 1},                               {"\"\xE2\x82\"", KT_JSON_UTF8, 1},
      {"\xEF\xBB\xBF{}", KT_JSON_SYNTAX, 0},                                   {"'a'", KT_JSON_SYNTAX, 0},
      {"\"a long string of more than sixteen bytes \t\"", KT_JSON_CONTROL, 42},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    size_t at;
    kt_json_error error = check_document(cases[i].text, strlen(cases[i].text), &at);
    CHECK(error == cases[i].error && at == cases[i].offset, "%s: error %d at %zu", cases[i].text, error, at);
  }
}

static void depth_is_bounded_exactly(void) {
  char text[2 * KT_JSON_DEPTH_MAX + 4];
  for (unsigned depth = KT_JSON_DEPTH_MAX - 1; depth <= KT_JSON_DEPTH_MAX + 1; depth++) {
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    kt_json_error want = depth <= KT_JSON_DEPTH_MAX ? KT_JSON_OK : KT_JSON_DEPTH;
    kt_json_error got = check_document(text, 2 * depth, NULL);
    CHECK(got == want, "depth %u", depth);
  }
  size_t bomb_n = 1 << 20;
  char *bomb = malloc(bomb_n);
  memset(bomb, '[', bomb_n);
  CHECK(check_document(bomb, bomb_n, NULL) == KT_JSON_DEPTH, "bomb");
  free(bomb);
}

static void members_come_with_their_words(void) {
  body b = body_of("{\"id\":1,\"description\":2,\"12345678\":3,\"\":4}", 42);
  kt_json_key key;
  int64_t value;
  CHECK(kt_json_peek(&b.c) == KT_JSON_OBJECT && kt_json_enter(&b.c), "enter");
  CHECK(kt_json_member(&b.c, &key) && key.text.n == 2 && key.head == 0x6469 && key.tail == 0, "id");
  kt_json_peek(&b.c), kt_json_int64(&b.c, &value);
  CHECK(kt_json_member(&b.c, &key) && key.text.n == 11 && memcmp(&key.head, "descript", 8) == 0, "head");
  CHECK(memcmp(&key.tail, "cription", 8) == 0, "tail");
  kt_json_peek(&b.c), kt_json_int64(&b.c, &value);
  CHECK(kt_json_member(&b.c, &key) && memcmp(&key.head, "12345678", 8) == 0 && key.tail == 0, "eight");
  kt_json_peek(&b.c), kt_json_int64(&b.c, &value);
  CHECK(kt_json_member(&b.c, &key) && key.text.n == 0 && key.head == 0, "empty");
  kt_json_peek(&b.c), kt_json_int64(&b.c, &value);
  CHECK(value == 4 && !kt_json_member(&b.c, &key) && kt_json_finish(&b.c), "end");
  free(b.p);
  for (size_t n = 0; n <= 8; n++) { /* the overlapping loads agree with the plain definition */
    uint64_t want = 0;
    memcpy(&want, "abcdefgh", n);
    uint8_t *exact = malloc(n == 0 ? 1 : n);
    memcpy(exact, "abcdefgh", n);
    CHECK(kt_json_head(exact, n) == want, "head of %zu", n);
    free(exact);
  }
}

static void strings_are_decoded(void) {
  static const struct { const char *text, *decoded; size_t n; } cases[] = {
      {"\"\"", "", 0}, {"\"abc\"", "abc", 3}, {"\"\\u0041\\n\\t\\\\\\/\\\"\\b\\f\\r\"", "A\n\t\\/\"\b\f\r", 9},
      {"\"\\u00e9\\u20ac\\ud83d\\ude00\"", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 9}, {"\"\\u0000\"", "\0", 1},
      {"\"sixteen bytes ok\\u0041 and more of them\"", "sixteen bytes okA and more of them", 34},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    body b = body_of(cases[i].text, strlen(cases[i].text));
    kt_json_text text;
    uint8_t out[64];
    CHECK(kt_json_peek(&b.c) == KT_JSON_STRING && kt_json_string(&b.c, &text), "%s", cases[i].text);
    CHECK(text.decoded_n == cases[i].n, "%s: %zu", cases[i].text, text.decoded_n);
    kt_json_unescape(&text, out);
    CHECK(memcmp(out, cases[i].decoded, cases[i].n) == 0, "%s", cases[i].text);
    free(b.p);
  }
  CHECK(kt_utf8_count((const uint8_t *)"a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 12345", 16) == 10, "count");
}

static void integers_are_exact_or_refused(void) {
  static const struct { const char *text; kt_json_fit fit; int64_t value; } cases[] = {
      {"0", KT_JSON_FITS, 0}, {"-0", KT_JSON_FITS, 0}, {"7", KT_JSON_FITS, 7}, {"-12", KT_JSON_FITS, -12},
      {"999999999999999999", KT_JSON_FITS, 999999999999999999}, {"9223372036854775807", KT_JSON_FITS, INT64_MAX},
      {"9223372036854775808", KT_JSON_RANGE, 0}, {"-9223372036854775808", KT_JSON_FITS, INT64_MIN},
      {"-9223372036854775809", KT_JSON_RANGE, 0}, {"99999999999999999999", KT_JSON_RANGE, 0},
      {"1.0", KT_JSON_FITS, 1}, {"1e2", KT_JSON_FITS, 100}, {"120e-1", KT_JSON_FITS, 12}, {"1.5", KT_JSON_FRACTION, 0},
      {"1.50e1", KT_JSON_FITS, 15}, {"1e-1", KT_JSON_FRACTION, 0}, {"1e400000000000000000000", KT_JSON_RANGE, 0},
      {"0e999", KT_JSON_FITS, 0}, {"0.000", KT_JSON_FITS, 0}, {"922337203685477580.7e1", KT_JSON_FITS, INT64_MAX},
      {"100000000000000000000e-19", KT_JSON_FITS, 10}, {"01", KT_JSON_BROKEN, 0}, {"1.", KT_JSON_BROKEN, 0},
      {"1e", KT_JSON_BROKEN, 0}, {"-", KT_JSON_BROKEN, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    body b = body_of(cases[i].text, strlen(cases[i].text));
    int64_t value = 0;
    kt_json_fit fit = kt_json_int64(&b.c, &value);
    CHECK(fit == cases[i].fit && (fit != KT_JSON_FITS || value == cases[i].value), "%s: %d %lld", cases[i].text, fit,
          (long long)value);
    free(b.p);
  }
  body b = body_of("18446744073709551615", 20);
  uint64_t big;
  CHECK(kt_json_uint64(&b.c, &big) == KT_JSON_FITS && big == UINT64_MAX, "uint64");
  free(b.p);
}

static uint64_t state = 0x9E3779B97F4A7C15u;
static uint64_t random_word(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}

static void check_double(const char *text) {
  body b = body_of(text, strlen(text));
  double value = 0, want = strtod(text, NULL);
  kt_json_fit fit = kt_json_double(&b.c, &value);
  if (isinf(want)) CHECK(fit == KT_JSON_RANGE, "%s", text);
  else CHECK(fit == KT_JSON_FITS && memcmp(&value, &want, 8) == 0, "%s: %.17g", text, value);
  free(b.p);
}

static void doubles_agree_with_strtod(unsigned rounds) {
  char text[2048];
  static const char *const hard[] = {
      "0", "-0", "-0.0", "1.7976931348623157e308", "1.7976931348623159e308", "4.9e-324", "2.4703282292062327e-324",
      "2.2250738585072011e-308", "9007199254740993", "9007199254740992.99999999999999999999", "1e22", "1e23", "8.5e-15",
      "0.1", "123456789012345", "1234567890123456789012345678901234567890", "0.00000000000000000000000000000000001e30",
      "1e-400", "1e99999999999999999999", "0e99999999999999999999", "6.02214076e23", "179769313486231580793e289"};
  for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++) check_double(hard[i]);
  for (unsigned i = 0; i < rounds; i++) {
    uint64_t bits = random_word();
    double value;
    memcpy(&value, &bits, 8);
    if (!isfinite(value)) continue;
    snprintf(text, sizeof text, "%.*g", (int)(random_word() % 20) + 1, value);
    if (text[0] == '+') continue;
    check_double(text);
    snprintf(text, sizeof text, "%.*f", (int)(random_word() % 12), (double)(int64_t)random_word() / 1e9);
    check_double(text);
  }
  /* The exact halfway point between two doubles needs every digit; one more digit anywhere behind decides. */
  for (unsigned i = 0; i < 200; i++) {
    uint64_t bits = random_word() & 0x001FFFFFFFFFFFFFu;
    double low, high;
    memcpy(&low, &bits, 8);
    bits++;
    memcpy(&high, &bits, 8);
    long double half = ((long double)low + (long double)high) / 2;
    int n = snprintf(text, sizeof text, "%.1100Lf", half);
    check_double(text);
    text[n - 1] = '1';
    check_double(text);
  }
}

static void short_doubles_read_back(unsigned rounds) {
  for (unsigned i = 0; i < rounds; i++) {
    double value = (double)(int64_t)(random_word() % 200000000000u) / (double[]){1, 10, 100, 1000, 1e6, 1e9}[i % 6];
    if (i % 2) value = -value;
    uint8_t out[KT_JSON_DOUBLE_MAX + 1], *end = kt_json_write_short_double(out, value);
    if (end == NULL) continue;
    assert(end <= out + KT_JSON_DOUBLE_MAX);
    *end = 0;
    double back = strtod((char *)out, NULL);
    CHECK(memcmp(&back, &value, 8) == 0, "%s for %.17g", out, value);
    char shortest[40];
    for (int digits = 1; digits <= 17; digits++) {
      snprintf(shortest, sizeof shortest, "%.*g", digits, value);
      if (strtod(shortest, NULL) != value) continue;
      size_t significant = 0;
      bool leading = true;
      for (uint8_t *p = out; p < end; p++) {
        if (*p >= '1' && *p <= '9') leading = false;
        significant += *p >= '0' && *p <= '9' && !leading;
      }
      bool whole = memchr(out, '.', (size_t)(end - out)) == NULL;
      CHECK(whole || value == 0 || significant == (size_t)digits, "%s is not shortest, %s is", out, shortest);
      break;
    }
  }
  static const struct { double value; const char *text; } cases[] = {
      {0, "0"}, {-0.0, "-0"}, {12.5, "12.5"}, {0.1, "0.1"}, {-3, "-3"}, {1e14, "100000000000000"}, {19.99, "19.99"},
      {1e15, NULL}, {1e-6, NULL}, {0.1 + 0.2, NULL}, {1.0 / 3, NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint8_t out[KT_JSON_DOUBLE_MAX + 1], *end = kt_json_write_short_double(out, cases[i].value);
    if (end != NULL) *end = 0;
    CHECK(cases[i].text == NULL ? end == NULL : end != NULL && strcmp((char *)out, cases[i].text) == 0, "%g",
          cases[i].value);
  }
}

static unsigned guessed;

/* The index of each member of `text` among `names`, in order; a digit each, '-' for an unknown one. */
static void check_indices(const kt_json_names *names, const char *text, const char *want, bool guess) {
  body b = body_of(text, strlen(text));
  char got[64] = "";
  int32_t index = -1;
  size_t n = 0;
  CHECK(kt_json_peek(&b.c) == KT_JSON_OBJECT && kt_json_enter(&b.c), "%s", text);
  for (;;) {
    bool expected = guess && kt_json_member_expected(&b.c, names, &index);
    guessed += expected;
    if (n == sizeof got - 1 || !(expected || kt_json_member_of(&b.c, names, &index))) break;
    got[n++] = index < 0 ? '-' : (char)('0' + index);
    kt_json_skip(&b.c);
  }
  if (!kt_json_finish(&b.c)) got[n++] = '!';
  got[n] = 0;
  CHECK(strcmp(got, want) == 0, "%s: %s, want %s", text, got, want);
  free(b.p);
}

static void members_are_found_in_and_out_of_order(void) {
  static const char *const texts[] = {
      "id", "name", "a_name_of_more_than_sixteen_bytes", "qu\"ote", "", "Stra\303\237e",
      "a_name_of_more_than_sixteen_bytez"};
  kt_bytes names[sizeof texts / sizeof texts[0]];
  size_t count = sizeof texts / sizeof texts[0];
  for (size_t i = 0; i < count; i++) names[i] = (kt_bytes){(const uint8_t *)texts[i], strlen(texts[i])};
  const kt_json_names *table = kt_json_names_create(names, count);
  CHECK(table != NULL, "table");
  static const struct { const char *text, *want; } cases[] = {
      {"{}", ""},
      {"{\"id\":1,\"name\":2,\"a_name_of_more_than_sixteen_bytes\":3,\"qu\\\"ote\":4,\"\":5,\"Stra\303\237e\":6}",
       "012345"},
      {" { \"id\" : 1 , \"name\" :\n2 } ", "01"},
      {"{\"name\":1,\"id\":2,\"name\":3}", "101"},
      {"{\"i\\u0064\":1,\"Stra\\u00dfe\":2}", "05"},
      {"{\"x\":1,\"id\":2,\"y\":3,\"name\":4,\"z\":5}", "-0-1-"},
      {"{\"id\":1,\"names\":2,\"nam\":3}", "0--"},
      {"{\"a_name_of_more_than_sixteen_bytez\":1,\"a_name_of_more_than_sixteen_byte\":2}", "6-"},
      {"{\"a_name_of_more_THAN_sixteen_bytes\":1}", "-"},
      {"{\"id\"}", "!"},
      {"{\"id\":1,}", "0!"},
      {"{\"id\":1 \"name\":2}", "0!"},
      {"{\"id\":1,\"name", "0!"},
      {"{\"id\":1,\"name\"", "0!"},
      {"{,\"id\":1}", "!"},
  };
  for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++)
    check_indices(table, cases[i / 2].text, cases[i / 2].want, i % 2);
#if defined(__SSE2__)
  CHECK(guessed == 6, "%u names were the expected ones", guessed);
#endif
  free((void *)table);
  kt_bytes many[KT_JSON_NAMES_MAX + 1] = {{0}};
  CHECK(kt_json_names_create(many, KT_JSON_NAMES_MAX + 1) == NULL, "too many");
  many[0] = (kt_bytes){(const uint8_t *)texts, KT_JSON_NAME_SIZE_MAX + 1};
  CHECK(kt_json_names_create(many, 1) == NULL, "too long");
  table = kt_json_names_create(many, 0);
  CHECK(table != NULL, "none");
  check_indices(table, "{\"\":1}", "-", true);
  free((void *)table);
}

static void short_text_is_quoted_as_any_text_is(unsigned rounds) {
  for (unsigned i = 0; i < rounds; i++) {
    uint8_t text[16] = {0}, out[18], want[2 + 6 * 15];
    size_t n = random_word() % 16;
    for (size_t k = 0; k < n; k++) text[k] = (uint8_t)(i % 8 == 0 ? random_word() : 0x20 + random_word() % 0x60);
    uint64_t head, tail;
    memcpy(&head, text, 8);
    memcpy(&tail, text + 8, 8);
    want[0] = '"';
    uint8_t *want_end = kt_json_escape(want + 1, text, n), *end = kt_json_quote_short(out, head, tail, n);
    *want_end++ = '"';
    bool clean = (size_t)(want_end - want) == n + 2;
    CHECK((end != NULL) == clean, "%zu bytes", n);
    if (end != NULL) CHECK((size_t)(end - out) == n + 2 && memcmp(out, want, n + 2) == 0, "%zu bytes", n);
  }
}

static void integers_are_written_in_full(unsigned rounds) {
  for (unsigned i = 0; i < rounds; i++) {
    uint64_t value = random_word() >> random_word() % 64;
    if (i < 40) value = i % 2 == 0 ? 0 : 1;
    for (unsigned k = 0; k < i / 2 && i < 40; k++) value *= 10; /* 10^k, and what is before it below */
    if (i % 2 == 0 && i < 40) value = i / 2 == 0 ? 9 : (uint64_t)pow(10, i / 2) - 1;
    char want[32];
    uint8_t out[KT_JSON_INT_MAX];
    int n = snprintf(want, sizeof want, "%llu", (unsigned long long)value);
    uint8_t *end = kt_json_write_uint64(out, value);
    CHECK(end - out == n && memcmp(out, want, (size_t)n) == 0, "%s", want);
  }
}

static void written_text_reads_back(unsigned rounds) {
  for (unsigned i = 0; i < rounds; i++) {
    uint8_t text[64], decoded[64];
    size_t n = random_word() % sizeof text;
    for (size_t k = 0; k < n; k++) text[k] = (uint8_t)(random_word() % (i % 3 == 0 ? 0x30 : 0x80));
    size_t size = kt_json_escaped_size(text, n);
    uint8_t *out = malloc(size + 2);
    out[0] = '"';
    uint8_t *end = kt_json_escape(out + 1, text, n);
    CHECK((size_t)(end - out) == size + 1, "size");
    *end = '"';
    kt_json c;
    kt_json_text back;
    kt_json_init(&c, (kt_bytes){out, size + 2});
    CHECK(kt_json_string(&c, &back) && kt_json_finish(&c) && back.decoded_n == n, "read back");
    kt_json_unescape(&back, decoded);
    CHECK(memcmp(decoded, text, n) == 0, "bytes");
    free(out);
  }
  static const int64_t numbers[] = {0, 9, 10, 99, 100, -1, 12345, INT64_MAX, INT64_MIN, 1000000};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    char want[32];
    uint8_t out[KT_JSON_INT_MAX + 1];
    int n = snprintf(want, sizeof want, "%lld", (long long)numbers[i]);
    uint8_t *end = kt_json_write_int64(out, numbers[i]);
    CHECK(end - out == n && memcmp(out, want, (size_t)n) == 0, "%s", want);
  }
}

/* §7 a byte at a time. */
static size_t model_escape(char *out, const uint8_t *p, size_t n) {
  static const char letters[] = "btn\0fr";
  size_t size = 0;
  for (size_t i = 0; i < n; i++) {
    if (p[i] == '"' || p[i] == '\\') size += (size_t)sprintf(out + size, "\\%c", p[i]);
    else if (p[i] >= 0x20) out[size++] = (char)p[i];
    else if (p[i] >= 8 && p[i] <= 13 && p[i] != 11) size += (size_t)sprintf(out + size, "\\%c", letters[p[i] - 8]);
    else size += (size_t)sprintf(out + size, "\\u%04x", p[i]);
  }
  return size;
}

static void check_escape(const uint8_t *p, size_t n) {
  enum { BEHIND = 32 };
  char want[6 * 512 + 1];
  uint8_t *text = malloc(n == 0 ? 1 : n), untouched[BEHIND];
  memcpy(text, p, n);
  memset(untouched, 0xEE, BEHIND);
  size_t want_n = model_escape(want, p, n), size = kt_json_escaped_size(text, n);
  CHECK(size == want_n, "%zu bytes measured %zu, not %zu", n, size, want_n);
  uint8_t *out = malloc(want_n + BEHIND);
  memset(out + want_n, 0xEE, BEHIND);
  uint8_t *end = kt_json_escape(out, text, n);
  CHECK((size_t)(end - out) == want_n && memcmp(out, want, want_n) == 0, "%zu bytes written", n);
  CHECK(memcmp(out + want_n, untouched, BEHIND) == 0, "written behind %zu", want_n);
  free(out);
  free(text);
}

static void text_is_escaped_as_the_model_does_and_nothing_is_touched_behind_it(unsigned rounds) {
  uint8_t text[512];
  for (size_t n = 0; n <= 80; n++)
    for (size_t at = 0; at < (n == 0 ? 1 : n); at++)
      for (unsigned byte = at % 5; byte < 256; byte += byte < 0x24 || byte == 0x5B ? 1 : 5) {
        memset(text, 'a', n);
        if (n != 0) text[at] = (uint8_t)byte;
        if (n != 0 && at % 3 == 0) text[n - 1] = '"';
        check_escape(text, n);
      }
  for (unsigned i = 0; i < rounds; i++) {
    size_t n = random_word() % sizeof text, rare = (size_t[]){1, 3, 20, 400}[i % 4];
    for (size_t k = 0; k < n; k++) text[k] = (uint8_t)(random_word() % rare ? 'a' + k % 26 : random_word() % 0x60);
    check_escape(text, n);
  }
  memset(text, 1, sizeof text); /* the most that sizes can add up to */
  for (size_t n = 0; n <= sizeof text; n++) check_escape(text, n);
}

static void a_pointer_names_the_value_at_an_offset(void) {
  static const char text[] = "{\"a\":[1,{\"b/c~\":\"x\"},\"\\u0064\\ud83d\\ude00\"],\"e\":{},\"f\":[[],[2]],\"g\":3}";
  static const struct { const char *at, *pointer; } cases[] = {
      {"{\"a\"", ""}, {"[1,", "/a"}, {"1,{", "/a/0"}, {"{\"b", "/a/1"}, {"\"x\"", "/a/1/b~1c~0"}, {"\"\\u0064", "/a/2"},
      {"{},\"f", "/e"}, {"[[]", "/f"}, {"[],[2", "/f/0"}, {"2]]", "/f/1/0"}, {"3}", "/g"}};
  body b = body_of(text, sizeof text - 1);
  kt_json_path once, *each = &(kt_json_path){0};
  kt_json_path_init(&once, (kt_bytes){b.p, sizeof text - 1});
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    size_t offset = (size_t)(strstr(text, cases[i].at) - text);
    kt_json_path_init(each, (kt_bytes){b.p, sizeof text - 1});
    kt_json_path *walks[] = {&once, each};
    for (unsigned k = 0; k < 2; k++) {
      uint8_t out[64] = {0};
      kt_json_path_to(walks[k], offset);
      size_t n = kt_json_path_write(walks[k], NULL);
      CHECK(n == kt_json_path_write(walks[k], out) && strcmp((char *)out, cases[i].pointer) == 0, "%zu: %s, want %s",
            offset, out, cases[i].pointer);
    }
  }
  free(b.p);
}

/* The quick ways agree with the ways for every value, or leave it to them. */
static void plain_values_are_read_as_any_are(unsigned rounds) {
  static const char *const values[] = {"true", "false", "true ", "false]", "truf,", "falsy", "fals",
                                       "falsx", "null", "t", "1"};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    body b = body_of(values[i], strlen(values[i]));
    const uint8_t *before = b.c.p;
    bool value = false;
    if (kt_json_plain_boolean(&b.c, &value)) {
      const uint8_t *after = b.c.p;
      bool other = false;
      b.c.p = before;
      CHECK(kt_json_boolean(&b.c, &other) && other == value && b.c.p == after, "%s", values[i]);
    } else {
      CHECK(b.c.p == before, "%s", values[i]);
      CHECK(strlen(values[i]) < 5 || strncmp(values[i], "true ", 5) != 0, "%s is plain", values[i]);
    }
    free(b.p);
  }
  static const char *const parts[] = {"a", "b ", "\"", "\\n", "\\", "\001", "\303\244", "xyz", "\"", "{", "0123456789"};
  unsigned short_n = 0;
  for (unsigned round = 0; round < rounds; round++) {
    char text[128] = "\"";
    for (unsigned rest = (round * 2654435761u >> 7) % 9, bits = round; rest > 0; rest--) {
      bits = bits * 1103515245u + 12345;
      strcat(text, parts[(bits >> 16) % (sizeof parts / sizeof parts[0])]);
    }
    strcat(text, round % 3 ? "\",\"next\":123456789" : "\"");
    body b = body_of(text, strlen(text));
    const uint8_t *before = b.c.p;
    uint64_t head, tail;
    uint32_t n;
    bool ascii;
    if (kt_json_short_string(&b.c, &head, &tail, &n, &ascii)) {
      const uint8_t *after = b.c.p;
      kt_json_text any;
      b.c.p = before;
      bool is_text = kt_json_string(&b.c, &any);
      CHECK(is_text && !any.escaped && any.n == n && any.ascii == ascii && b.c.p == after && n <= 15, "%s", text);
      uint8_t words[16], want[16] = {0};
      memcpy(words, &head, 8);
      memcpy(words + 8, &tail, 8);
      memcpy(want, any.p, n);
      CHECK(memcmp(words, want, 16) == 0, "%s", text);
      short_n++;
    } else {
      CHECK(b.c.p == before && b.c.error == KT_JSON_OK, "%s", text);
    }
    free(b.p);
  }
#if defined(__SSE2__)
  CHECK(short_n > rounds / 10, "%u of %u are short", short_n, rounds);
#endif
}

int main(int argc, char **argv) {
  unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 100000;
  a_document_cut_at_any_byte_is_truncated();
  malformed_documents_are_rejected_where_they_break();
  depth_is_bounded_exactly();
  members_come_with_their_words();
  strings_are_decoded();
  integers_are_exact_or_refused();
  doubles_agree_with_strtod(rounds);
  short_doubles_read_back(rounds);
  text_is_escaped_as_the_model_does_and_nothing_is_touched_behind_it(20000);
  written_text_reads_back(rounds);
  members_are_found_in_and_out_of_order();
  short_text_is_quoted_as_any_text_is(rounds);
  plain_values_are_read_as_any_are(rounds);
  integers_are_written_in_full(rounds);
  a_pointer_names_the_value_at_an_offset();
  if (failures == 0) puts("json: all passed");
  return failures == 0 ? 0 : 1;
}
