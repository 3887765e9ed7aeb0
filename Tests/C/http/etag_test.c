/* Entity tags (RFC 9110 §8.8.3). */
#include "check.h"
#include "http/etag.h"

static kt_bytes text(const char *s) { return kt_bytes_make(s, strlen(s)); }

static kt_etag tag(const char *s) {
  kt_etag t;
  if (!kt_etag_parse(text(s), &t)) KT_FAIL("%s was not read", s);
  return t;
}

TEST("the comparisons of RFC 9110 §8.8.3.2 come out as its table says") {
  static const struct {
    const char *a, *b;
    bool same, alike;
  } rows[] = {
      {"W/\"1\"", "W/\"1\"", false, true},
      {"W/\"1\"", "W/\"2\"", false, false},
      {"W/\"1\"", "\"1\"", false, true},
      {"\"1\"", "\"1\"", true, true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    CHECK_EQ(kt_etag_same(tag(rows[i].a), tag(rows[i].b)), rows[i].same);
    CHECK_EQ(kt_etag_same(tag(rows[i].b), tag(rows[i].a)), rows[i].same);
    CHECK_EQ(kt_etag_alike(tag(rows[i].a), tag(rows[i].b)), rows[i].alike);
  }
  kt_etag none = {0};
  CHECK(!kt_etag_alike(none, none) && !kt_etag_same(none, none) && !kt_etag_alike(none, tag("\"\"")));
}

TEST("a tag is quotes around visible bytes without quotes, W/ before it at most") {
  static const char *const good[] = {"\"\"", "\"xyzzy\"", "W/\"\"", "\"a,b\"", "\"\\\"", "\"\xc3\xa4\"", "\"!#~\""};
  static const char *const bad[] = {"",      "x",        "\"",       "\"x",     "x\"",     "w/\"x\"", "W\"x\"", "W/x",
                                    "W/",    "\"a b\"",  "\"a\"b\"", "\"a\" ",  " \"a\"",  "\"\x7f\"", "\"\t\"", "*",
                                    "W/ \"a\"", "\"a\",\"b\""};
  kt_etag t;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    char *piece = memcpy(malloc(strlen(good[i])), good[i], strlen(good[i]));
    if (!kt_etag_parse(kt_bytes_make(piece, strlen(good[i])), &t)) KT_FAIL("%s was refused", good[i]);
    CHECK(t.weak == (good[i][0] == 'W') && t.opaque.n == strlen(good[i]) - 2 * t.weak);
    free(piece);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *piece = memcpy(malloc(strlen(bad[i]) + 1), bad[i], strlen(bad[i]));
    if (kt_etag_parse(kt_bytes_make(piece, strlen(bad[i])), &t)) KT_FAIL("%s was read", bad[i]);
    free(piece);
  }
}

/* The tags of a list, a "|" behind each, and a "!" where it is malformed. */
static void lists(const char *list, const char *want) {
  char got[200] = "";
  kt_bytes rest = text(list);
  kt_etag t;
  while (kt_etag_next(&rest, &t))
    sprintf(got + strlen(got), "%s%.*s|", t.weak ? "W/" : "", (int)t.opaque.n, (const char *)t.opaque.p);
  if (rest.n) strcat(got, "!");
  if (strcmp(got, want) != 0) KT_FAIL("%s gives %s", list, got);
}

TEST("a list may have blanks and empty elements, and ends at what is no tag") {
  lists("", "");
  lists("\"a\"", "\"a\"|");
  lists("\"xyzzy\", W/\"r2d2xxxx\",\t\"c3piozzzz\"", "\"xyzzy\"|W/\"r2d2xxxx\"|\"c3piozzzz\"|");
  lists(", ,\"a\" , ,W/\"b\",,", "\"a\"|W/\"b\"|");
  lists("\"a,b\",\"c\"", "\"a,b\"|\"c\"|");
  lists("\"a\", b, \"c\"", "\"a\"|!");
  lists("\"a\" \"b\"", "!");
  lists("\"a\"\"b\"", "!");
  lists("abc", "!");
  lists("\"a\",\"b", "\"a\"|!");
}

static kt_etag written(char *out, bool weak, uint64_t size, int64_t mtime, uint64_t inode, const char *suffix) {
  size_t n = kt_etag_write(out, weak, size, mtime, inode, text(suffix));
  CHECK(n <= KT_ETAG_SIZE_MAX);
  kt_etag t;
  CHECK(kt_etag_parse(kt_bytes_make(out, n), &t) && t.weak == weak);
  return t;
}

TEST("a file's tag changes with its size, its time, its inode and its coding") {
  char a[KT_ETAG_SIZE_MAX], b[KT_ETAG_SIZE_MAX];
  kt_etag one = written(a, false, 1234, 1700000000123456789, 42, "");
  CHECK(kt_etag_same(one, written(b, false, 1234, 1700000000123456789, 42, "")));
  CHECK(kt_etag_alike(one, written(b, true, 1234, 1700000000123456789, 42, "")));
  CHECK(!kt_etag_same(one, written(b, true, 1234, 1700000000123456789, 42, "")));
  CHECK(!kt_etag_alike(one, written(b, false, 1235, 1700000000123456789, 42, "")));
  CHECK(!kt_etag_alike(one, written(b, false, 1234, 1700000000123456790, 42, "")));
  CHECK(!kt_etag_alike(one, written(b, false, 1234, 1700000000123456789, 43, "")));
  CHECK(!kt_etag_alike(one, written(b, false, 1234, 1700000000123456789, 42, "gz")));
  written(a, true, UINT64_MAX, INT64_MIN, UINT64_MAX, "12345678");
  written(a, false, 0, 0, 0, "");
}
