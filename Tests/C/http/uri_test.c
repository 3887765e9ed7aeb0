/* Paths against a slow reading of RFC 3986 §5.2.4, percent-decoding, queries, cookies, media types. Request targets as
 * wholes are tested in http1/target_test.c. */
#include "check.h"
#include "random.h"
#include "http/http.h"

static unsigned pick(unsigned n) { return (unsigned)random_below(n); }

/* Splits at slashes, drops "" and ".", pops at ".."; a path that ended in a dropped segment keeps its slash. */
static bool slow_normal(const char *path, char *out) {
  char segments[64][48];
  int count = 0;
  bool slash = false;
  for (const char *p = path; *p == '/';) {
    const char *end = strchrnul(++p, '/');
    size_t n = (size_t)(end - p);
    slash = n == 0 || (n == 1 && *p == '.') || (n == 2 && p[0] == '.' && p[1] == '.');
    if (n == 2 && slash) {
      if (count-- == 0) return false;
    } else if (!slash) {
      memcpy(segments[count], p, n);
      segments[count++][n] = 0;
    }
    p = end;
  }
  *out = 0;
  for (int i = 0; i < count; i++) out += sprintf(out, "/%s", segments[i]);
  if (slash || count == 0) sprintf(out, "/");
  return true;
}

TEST("random paths are normalised as a slow model does it") {
  static const char *const pieces[] = {"/", "/", "/", ".", "..", "a", "bc", "...", "%2e", "%61"};
  for (int i = 0; i < 200000; i++) {
    char raw[64] = "/", decoded[64] = "/", want[80] = "", out[64];
    for (unsigned k = pick(12); k > 0; k--) {
      const char *piece = pieces[pick(sizeof pieces / sizeof *pieces)];
      strcat(raw, piece);
      strcat(decoded, strcmp(piece, "%2e") == 0 ? "." : strcmp(piece, "%61") == 0 ? "a" : piece);
    }
    uint8_t *input = malloc(strlen(raw));
    memcpy(input, raw, strlen(raw));
    kt_bytes path;
    bool good = kt_uri_path(kt_bytes_make(input, strlen(raw)), (uint8_t *)out, &path) == NULL;
    if (good != slow_normal(decoded, want)) KT_FAIL("%s: %d", raw, good);
    if (good && (path.n != strlen(want) || memcmp(path.p, want, path.n) != 0))
      KT_FAIL("%s became %.*s, not %s", raw, (int)path.n, (const char *)path.p, want);
    free(input);
  }
}

TEST("a path that is normal already is not copied") {
  kt_bytes raw = KT_BYTES("/a/b.c/~d;e=f"), path;
  uint8_t out[32];
  CHECK(kt_uri_path(raw, out, &path) == NULL);
  CHECK(path.p == raw.p && path.n == raw.n);
}

TEST("percent-decoding refuses what is broken") {
  uint8_t out[32];
  CHECK_EQ(kt_percent_decode(KT_BYTES("a%20b+c"), out, false), 5);
  CHECK(memcmp(out, "a b+c", 5) == 0);
  CHECK_EQ(kt_percent_decode(KT_BYTES("a%20b+c"), out, true), 5);
  CHECK(memcmp(out, "a b c", 5) == 0);
  CHECK_EQ(kt_percent_decode(KT_BYTES("%00"), out, false), 1);
  CHECK_EQ(kt_percent_decode(KT_BYTES(""), out, false), 0);
  static const char *const bad[] = {"%", "%a", "a%", "%g0", "%0g", "%%20", "%ff", "%c3", "%ed%a0%80", "\xff", "%c3a"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (kt_percent_decode(kt_bytes_make(bad[i], strlen(bad[i])), out, true) != -1) KT_FAIL("%s was decoded", bad[i]);
}

/* "a=1;b" for pairs (a, 1) and (b, absent). */
static void pairs(const char *text, const char *want, bool (*next)(kt_bytes *, kt_bytes *, kt_bytes *)) {
  char got[200] = "", *p = got;
  kt_bytes rest = kt_bytes_make(text, strlen(text)), name, value;
  while (next(&rest, &name, &value)) {
    p += sprintf(p, "[%.*s", (int)name.n, (const char *)name.p);
    if (value.p) p += sprintf(p, "=%.*s", (int)value.n, (const char *)value.p);
    p += sprintf(p, "]");
  }
  if (strcmp(got, want) != 0) KT_FAIL("%s gave %s, not %s", text, got, want);
  CHECK_EQ(rest.n, 0);
}

TEST("a query is walked pair by pair") {
  pairs("", "", kt_query_next);
  pairs("a", "[a]", kt_query_next);
  pairs("a=", "[a=]", kt_query_next);
  pairs("=a", "[=a]", kt_query_next);
  pairs("a=1&b=2&a=3", "[a=1][b=2][a=3]", kt_query_next);
  pairs("&&a=1&&&b&", "[a=1][b]", kt_query_next);
  pairs("a=b=c", "[a=b=c]", kt_query_next);
  pairs("a;b=c", "[a;b=c]", kt_query_next); /* only & separates (WHATWG URL §5.1) */
}

TEST("a Cookie field is walked pair by pair") {
  pairs("a=1; b=2", "[a=1][b=2]", kt_cookie_next);
  pairs("a=1;b=2;", "[a=1][b=2]", kt_cookie_next);
  pairs(" ; a=\"x y\" ;; b", "[a=\"x y\"][b]", kt_cookie_next);
  pairs("a=b=c", "[a=b=c]", kt_cookie_next);
  pairs("; ; ;", "", kt_cookie_next);
}

static bool matches(const char *type, const char *list) {
  return kt_media_type_matches(kt_bytes_make(type, strlen(type)), kt_bytes_make(list, strlen(list)));
}

static bool is_utf8(const char *type) { return kt_media_charset_is_utf8(kt_bytes_make(type, strlen(type))); }

TEST("text in another charset than UTF-8 is told apart; parameters of other types mean other things") {
  CHECK(is_utf8("application/json") && is_utf8("application/json;") && is_utf8(""));
  CHECK(is_utf8("text/plain; charset=utf-8") && is_utf8("text/plain; format=flowed; Charset=\"UTF-8\""));
  CHECK(is_utf8("text/csv;charset=us-ascii") && is_utf8("application/octet-stream; charset=latin1"));
  CHECK(!is_utf8("text/plain; charset=iso-8859-1") && !is_utf8("application/json; charset=utf-16"));
  CHECK(!is_utf8("application/vnd.a+json; v=1; charset=\"latin1\""));
  CHECK(!is_utf8("text/plain; charset=\""));
  CHECK(!is_utf8("application/x-www-form-urlencoded; charset") && !is_utf8("application/xml; charset=\"utf-8"));
}

TEST("media types match without case, without parameters, with wildcards") {
  CHECK(matches("application/json", "application/json"));
  CHECK(matches("APPLICATION/Json; charset=utf-8", "text/plain, application/json"));
  CHECK(matches("text/html", "text/*"));
  CHECK(matches("text/html", "*/*"));
  CHECK(matches(" application/json ;x", "application/json"));
  CHECK(!matches("application/jsonx", "application/json"));
  CHECK(!matches("application/json", "application/jsonx, text/*"));
  CHECK(!matches("application/json", ""));
  static const char *const bad[] = {"", "json", "/", "a/", "/b", "a b/c", "a/b c", ";a/b", "*",
                                    "application/json, text/html"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (matches(bad[i], "*/*")) KT_FAIL("\"%s\" matched", bad[i]);
}

/* Host of names and addresses, as one reads RFC 3986 §3.2.2 and §3.2.3 byte by byte; ports end at 65535. */
static bool slow_authority(const char *text) {
  const char *colon = strchr(text, ':');
  size_t host_n = colon ? (size_t)(colon - text) : strlen(text);
  if (host_n == 0) return false;
  for (size_t i = 0; i < host_n; i++)
    if (!strchr("abcXYZ0123456789.-_~!", text[i])) return false;
  if (!colon) return true;
  if (strspn(colon + 1, "0123456789") != strlen(colon + 1)) return false;
  return strtoul(colon + 1, NULL, 10) <= 65535;
}

TEST("a host with or without a port is valid where a slow reading says so") {
  static const char bytes[] = "abcXYZ019.-_~!:::5566 ";
  unsigned valid = 0;
  for (int round = 0; round < 300000; round++) {
    char text[48];
    size_t n = pick(round % 8 ? 12 : 40);
    for (size_t i = 0; i < n; i++) text[i] = pick(3) ? "012345656:"[pick(10)] : bytes[pick(sizeof bytes - 1)];
    text[n] = 0;
    bool wanted = slow_authority(text);
    valid += wanted;
    if (kt_uri_authority_valid(kt_bytes_make(text, n)) != wanted) KT_FAIL("'%s' is wrong", text);
  }
  CHECK(valid > 10000);
}
