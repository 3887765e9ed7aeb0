/* application/x-www-form-urlencoded (WHATWG URL §5.1). */
#include "check.h"
#include "random.h"
#include "katana/form.h"

/* "name=value|" of each pair, "name|" without '=', and "!status" at a fault. */
static void gives_with(const char *body, size_t n, const kt_urlencoded_limits *limits, const char *want) {
  char got[1000] = "";
  uint8_t *piece = memcpy(malloc(n + 1), body, n), *room = malloc(n + 1);
  kt_urlencoded u;
  kt_bytes name, value;
  kt_urlencoded_init(&u, kt_bytes_make(piece, n), room, limits);
  while (kt_urlencoded_next(&u, &name, &value)) {
    sprintf(got + strlen(got), "%.*s", (int)name.n, (const char *)name.p);
    if (value.p) sprintf(got + strlen(got), "=%.*s", (int)value.n, (const char *)value.p);
    strcat(got, "|");
  }
  CHECK((u.status != 0) == (u.reason != NULL));
  if (u.status) sprintf(got + strlen(got), "!%u", u.status);
  CHECK(!kt_urlencoded_next(&u, &name, &value));
  CHECK(u.out - room <= (ptrdiff_t)n);
  free(piece);
  free(room);
  if (strcmp(got, want) != 0) KT_FAIL("%.*s gives %s, not %s", (int)n, body, got, want);
}

static void gives(const char *body, const char *want) { gives_with(body, strlen(body), NULL, want); }

TEST("pairs are decoded, plus is a space") {
  gives("", "");
  gives("a=b&c=d", "a=b|c=d|");
  gives("na+me=red+shoes+%26+k%C3%B6ln%2b", "na me=red shoes & k\xc3\xb6ln+|");
  gives("a=%3d=&%26=b", "a===|&=b|");
  gives("a=\xc3\xb6", "a=\xc3\xb6|");
}

TEST("empty pairs are skipped, empty names and values are not") {
  gives("&&a=&&=b&c&", "a=|=b|c|");
}

TEST("bad escapes and bad UTF-8 end the walk") {
  static const char *const bad[] = {"%", "%4", "%zz", "%ff", "%c3", "\xff", "%ed%a0%80", "%c0%80", "a%"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char body[40];
    snprintf(body, sizeof body, "x=1&a=%s&b=2", bad[i]);
    gives(body, "x=1|!400");
    snprintf(body, sizeof body, "x=1&%s=a&b=2", bad[i]);
    gives(body, "x=1|!400");
  }
}

TEST("each limit holds for what is as long and not for more") {
  kt_urlencoded_limits l = {.pair_count_max = 2, .name_size_max = 3, .value_size_max = 4};
  gives_with("abc=1234&b", 10, &l, "abc=1234|b|");
  gives_with("a&b&c", 5, &l, "a|b|!413");
  gives_with("a=1&abcd=1", 10, &l, "a=1|!413");
  gives_with("a=1&b=12345", 11, &l, "a=1|!413");
  gives_with("a=1&b=12%34", 11, &l, "a=1|!413"); /* bytes as sent count */
}

TEST("without limits the constants hold") {
  kt_urlencoded u;
  kt_urlencoded_init(&u, KT_BYTES(""), NULL, NULL);
  CHECK_EQ(u.limits.pair_count_max, KT_URLENCODED_PAIR_COUNT_MAX);
  CHECK_EQ(u.limits.name_size_max, KT_URLENCODED_NAME_SIZE_MAX);
  CHECK_EQ(u.limits.value_size_max, KT_URLENCODED_VALUE_SIZE_MAX);
}

TEST("what needs no decoding borrows from the body") {
  kt_bytes body = KT_BYTES("name=value"), name, value;
  kt_urlencoded u;
  kt_urlencoded_init(&u, body, NULL, NULL);
  CHECK(kt_urlencoded_next(&u, &name, &value) && name.p == body.p && value.p == body.p + 5);
}

static size_t encode(const uint8_t *p, size_t n, char *out) {
  size_t at = 0;
  for (size_t i = 0; i < n; i++) at += (size_t)sprintf(out + at, random_below(2) && p[i] > ' ' && !strchr("%+&=", p[i])
                                                                     ? "%c" : p[i] == ' ' ? "+" : "%%%02x", p[i]);
  return at;
}

TEST("random pairs come back as they were encoded") {
  for (int k = 0; k < 20000; k++) {
    uint8_t names[8][8], values[8][24], room[2000];
    size_t name_n[8], value_n[8], count = random_below(9), n = 0;
    char body[2000];
    for (size_t i = 0; i < count; i++) {
      name_n[i] = 1 + random_below(8);
      value_n[i] = random_below(25);
      for (size_t j = 0; j < name_n[i]; j++) names[i][j] = (uint8_t)random_below(128);
      for (size_t j = 0; j < value_n[i]; j++) values[i][j] = (uint8_t)random_below(128);
      if (i) body[n++] = '&';
      n += encode(names[i], name_n[i], body + n);
      body[n++] = '=';
      n += encode(values[i], value_n[i], body + n);
    }
    kt_urlencoded u;
    kt_bytes name, value;
    kt_urlencoded_init(&u, kt_bytes_make(body, n), room, NULL);
    for (size_t i = 0; i < count; i++) {
      CHECK(kt_urlencoded_next(&u, &name, &value));
      CHECK(kt_bytes_equal(name, kt_bytes_make(names[i], name_n[i])));
      CHECK(kt_bytes_equal(value, kt_bytes_make(values[i], value_n[i])));
    }
    CHECK(!kt_urlencoded_next(&u, &name, &value) && u.status == 0);
  }
}
