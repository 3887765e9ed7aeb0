/* Every limit of a request head at its last good value and one beyond (row 28), in all ways of arrival. */
#include "head.h"

static char text[70000];

static void give(const kt_h1_limits *limits, size_t n, unsigned status) {
  const head *h = parse_every_way(limits, text, n);
  if (h->status != status || (status == 0 && h->result != KT_H1_DONE))
    KT_FAIL("result %d, status %u instead of %u at %zu bytes", h->result, h->status, status, n);
}

static size_t head_with_target(size_t target_n) {
  char *p = text + sprintf(text, "GET /");
  memset(p, 'a', target_n - 1);
  p += target_n - 1;
  return (size_t)(p + sprintf(p, " HTTP/1.1\r\nHost: a\r\n\r\n") - text);
}

TEST("a target may be as long as its limit and no longer") {
  give(&usual_limits, head_with_target(7999), 0);
  give(&usual_limits, head_with_target(8000), 0);
  give(&usual_limits, head_with_target(8001), 414);
  give(&usual_limits, head_with_target(16000), 414);
  kt_h1_limits small = {.head_size_max = 1000, .target_size_max = 1, .field_count_max = 10};
  give(&small, head_with_target(1), 0);
  give(&small, head_with_target(2), 414);
}

TEST("a target that is too long is told at its first byte too many") {
  size_t n = head_with_target(8001);
  (void)n;
  give(&usual_limits, 4 + 8001, 414);
  CHECK(parse_every_way(&usual_limits, text, 4 + 8000)->result == KT_H1_MORE);
}

TEST("a decoded target of the limit's length fits its scratch") {
  char *p = text + sprintf(text, "GET /");
  for (int i = 0; i < 2666; i++) p += sprintf(p, "%%61");
  p += sprintf(p, "b HTTP/1.1\r\nHost: a\r\n\r\n"); /* 8000 bytes */
  give(&usual_limits, (size_t)(p - text), 0);
  p = text + sprintf(text, "GET //");
  memset(p, 'a', 7998); /* one slash goes, the rest is copied */
  p += 7998;
  p += sprintf(p, " HTTP/1.1\r\nHost: a\r\n\r\n");
  give(&usual_limits, (size_t)(p - text), 0);
}

static size_t head_with_method(size_t method_n) {
  memset(text, 'M', method_n);
  return method_n + (size_t)sprintf(text + method_n, " / HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST("a method may have 32 bytes, longer ones are 501") {
  give(&usual_limits, head_with_method(31), 0);
  give(&usual_limits, head_with_method(32), 0);
  give(&usual_limits, head_with_method(33), 501);
  give(&usual_limits, head_with_method(9000), 501);
}

static size_t head_with_fields(unsigned count) {
  char *p = text + sprintf(text, "GET / HTTP/1.1\r\nHost: a\r\n");
  for (unsigned i = 1; i < count; i++) p += sprintf(p, "X-%u: y\r\n", i);
  return (size_t)(p + sprintf(p, "\r\n") - text);
}

TEST("as many fields as the limit are taken, one more is 431") {
  give(&usual_limits, head_with_fields(99), 0);
  give(&usual_limits, head_with_fields(100), 0);
  give(&usual_limits, head_with_fields(101), 431);
  give(&usual_limits, head_with_fields(1000), 431);
  kt_h1_limits one = usual_limits;
  one.field_count_max = 1;
  give(&one, head_with_fields(1), 0);
  give(&one, head_with_fields(2), 431);
}

TEST("the room for fields bounds them when the limit is larger") {
  kt_h1_limits wide = usual_limits;
  wide.field_count_max = 60000;
  give(&wide, head_with_fields(FIELD_MAX), 0);
  give(&wide, head_with_fields(FIELD_MAX + 1), 431);
}

static size_t head_of_size(size_t n) {
  char *p = text + sprintf(text, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
  size_t value = n - (size_t)(p - text) - 4;
  memset(p, 'x', value);
  return (size_t)(p + value + sprintf(p + value, "\r\n\r\n") - text);
}

TEST("a head may be as long as its limit and no longer") {
  give(&usual_limits, head_of_size(16383), 0);
  give(&usual_limits, head_of_size(16384), 0);
  give(&usual_limits, head_of_size(16385), 431);
  give(&usual_limits, head_of_size(60000), 431);
  kt_h1_limits tiny = {.head_size_max = 100, .target_size_max = 50, .field_count_max = 10};
  for (size_t n = 90; n < 130; n++) give(&tiny, head_of_size(n), n <= 100 ? 0 : 431);
}

TEST("what follows a head within its limit does not count") {
  size_t n = head_of_size(16384);
  memset(text + n, 'G', 1000);
  give(&usual_limits, n + 1000, 0);
  CHECK_EQ(parse_every_way(&usual_limits, text, n + 1000)->head_n, 16384);
}

TEST("a head that never ends is 431 wherever it hangs") {
  kt_h1_limits limits = {.head_size_max = 64, .target_size_max = 100, .field_count_max = 10};
  static const char *const starts[] = {"GET /", "GET / HTTP/1.1\r\nX", "GET / HTTP/1.1\r\nX:",
                                       "GET / HTTP/1.1\r\nX: y\r\nZ",
                                       "\r\nGET /"};
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
    memset(text, 'a', 200);
    memcpy(text, starts[i], strlen(starts[i]));
    give(&limits, 64, 431);
    give(&limits, 200, 431);
    CHECK(parse_every_way(&limits, text, 63)->result == KT_H1_MORE);
  }
  memset(text, ' ', 200);
  memcpy(text, "GET / HTTP/1.1\r\nX:", 18);
  give(&limits, 200, 431);
}

TEST("an error before the limit wins over the limit") {
  kt_h1_limits limits = {.head_size_max = 64, .target_size_max = 30, .field_count_max = 10};
  memset(text, 'a', 200);
  memcpy(text, "GET / HTTP/1.1\r\nHost : ", 23);
  give(&limits, 200, 400);
  memset(text, 'a', 200);
  memcpy(text, "GET /", 5);
  give(&limits, 200, 414);
}

TEST("a long name is a name") {
  char *p = text + sprintf(text, "GET / HTTP/1.1\r\nHost: a\r\n");
  memset(p, 'n', 65535);
  memcpy(p + 65535, ": v\r\n\r\n", 7);
  kt_h1_limits wide = {.head_size_max = 1 << 20, .target_size_max = 8000, .field_count_max = 100};
  size_t n = (size_t)(p + 65535 + 7 - text);
  give(&wide, n, 0);
  memset(p, 'n', 65536);
  memcpy(p + 65536, ": v\r\n\r\n", 7);
  give(&wide, n + 1, 431);
}
