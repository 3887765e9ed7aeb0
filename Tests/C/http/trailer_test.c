/* Trailer fields: which may be one, how many are kept, who wants them. */
#include "check.h"

#include "base/base.h"
#include "http/http.h"

static kt_bytes text(const char *s) { return kt_bytes_make(s, strlen(s)); }

TEST("what frames, routes, authenticates or describes a message is no trailer field") {
  static const char *const no[] = {
      "Content-Length", "transfer-encoding", "Trailer", "TE", "Connection", "Keep-Alive", "Proxy-Connection", "Upgrade",
      "HTTP2-Settings", "Host", "Forwarded", "Via", "X-Forwarded-For", "x-forwarded-proto", "Authorization", "Cookie",
      "set-cookie", "WWW-Authenticate", "Proxy-Authenticate", "Proxy-Authorization", "Cache-Control", "Expect",
      "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Max-Forwards", "Pragma",
      "Range", "Age", "Date", "Expires", "Location", "Retry-After", "Vary", "Warning", "Content-Type",
      "CONTENT-ENCODING", "Content-Language", "Content-Location", "Content-Range", "Content-Disposition", "Content-Security-Policy",
  };
  static const char *const yes[] = {
      "X-Sum", "Content-Digest", "content-digest", "Repr-Digest", "Server-Timing", "ETag", "grpc-status", "Content",
      "X-Forward", "Set-Cookies", "Authentication-Info", "A",
  };
  for (size_t i = 0; i < sizeof no / sizeof *no; i++)
    if (kt_trailer_permitted(text(no[i]))) KT_FAIL("%s is permitted", no[i]);
  for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
    if (!kt_trailer_permitted(text(yes[i]))) KT_FAIL("%s is forbidden", yes[i]);
}

static kt_arena_pool pool;
static kt_arena arena;

static void begin(void) {
  kt_arena_deinit(&arena);
  kt_arena_pool_deinit(&pool);
  kt_arena_pool_init(&pool);
  kt_arena_init(&arena, &pool);
}

static kt_trailers told(const kt_trailer_list *list) { return (kt_trailers){list->fields, list->count}; }

TEST("fields are kept in order and found without case; those that are forbidden are dropped") {
  begin();
  kt_trailer_list list = {0};
  static const char *const lines[] = {"X-One", "1", "Host", "evil", "ETag", "\"a\"", "x-one", "2", "X-Empty", ""};
  for (size_t i = 0; i < 10; i += 2)
    CHECK(kt_trailer_list_add(&list, &arena, text(lines[i]), text(lines[i + 1])) == KT_OK);
  kt_trailers t = told(&list);
  CHECK_EQ(t.count, 4);
  CHECK_EQ(t.fields[1].id, KT_FIELD_ETAG);
  CHECK_BYTES(kt_bytes_make(t.fields[2].name, t.fields[2].name_n), "x-one");
  CHECK_BYTES(kt_trailers_find(&t, text("X-ONE")), "1");
  CHECK_BYTES(kt_trailers_find(&t, text("etag")), "\"a\"");
  CHECK(kt_trailers_find(&t, text("x-empty")).p);
  CHECK(!kt_trailers_find(&t, text("host")).p && !kt_trailers_find(&t, text("x-on")).p);
}

TEST("lines count and weigh whether they are kept or not") {
  begin();
  for (int kept = 0; kept < 2; kept++) {
    const char *name = kept ? "Xost" : "Host";
    kt_trailer_list list = {0};
    for (int i = 0; i < KT_TRAILERS_COUNT_MAX; i++)
      CHECK(kt_trailer_list_add(&list, &arena, text(name), text("a")) == KT_OK);
    CHECK_EQ(list.count, kept ? KT_TRAILERS_COUNT_MAX : 0);
    CHECK(kt_trailer_list_add(&list, &arena, text(name), text("a")) == KT_EFULL);
    static char value[KT_TRAILERS_SIZE_MAX];
    list = (kt_trailer_list){0};
    CHECK(kt_trailer_list_add(&list, &arena, text(name), kt_bytes_make(value, KT_TRAILERS_SIZE_MAX - 7)) == KT_OK);
    list = (kt_trailer_list){0};
    CHECK(kt_trailer_list_add(&list, &arena, text(name), kt_bytes_make(value, KT_TRAILERS_SIZE_MAX - 6)) == KT_EFULL);
  }
}

TEST("when memory runs out a line is not added and the others stay") {
  unsigned failures = 0;
  for (uint64_t n = 1; n < 8; n++) {
    begin();
    kt_trailer_list list = {0};
    unsigned added = 0;
    kt_fail_allocation(n);
    for (int i = 0; i < KT_TRAILERS_COUNT_MAX; i++) {
      kt_status st = kt_trailer_list_add(&list, &arena, text("name"), text("value"));
      CHECK(st == KT_OK || st == KT_ENOMEM);
      if (st == KT_OK) added++;
      else failures++;
      while (arena.end > arena.at) kt_arena_alloc(&arena, 16); /* so that the next to grow the list allocates */
    }
    kt_fail_allocation(0);
    CHECK_EQ(list.count, added);
    for (unsigned i = 0; i < added; i++) CHECK_BYTES(kt_bytes_make(list.fields[i].name, list.fields[i].name_n), "name");
  }
  CHECK_EQ(failures, 6); /* the list grows from 4 to 128 */
}

TEST("a list of names has tokens that may be trailer fields, and nothing else") {
  CHECK(kt_trailer_names_check(text("X-Sum")) == KT_OK);
  CHECK(kt_trailer_names_check(text("X-Sum, Server-Timing ,\tContent-Digest")) == KT_OK);
  static const char *const malformed[] = {"",      " ",     ",",     "X-Sum,",
                                          ",X-Sum", "X Sum", "X-Sum:", "X-Sum\r\nSet-Cookie: a"};
  for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
    if (kt_trailer_names_check(text(malformed[i])) != KT_EINVAL) KT_FAIL("\"%s\" is a list", malformed[i]);
  CHECK(kt_trailer_names_check(text("X-Sum, Content-Length")) == KT_EFORBIDDEN);
}

static bool keeps(const char *te, const char *connection, const char *second) {
  kt_field fields[3];
  kt_request r = {.fields = fields};
  const char *values[] = {te, connection, second};
  for (int i = 0; i < 3; i++) {
    if (!values[i]) continue;
    uint16_t id = i == 0 ? KT_FIELD_TE : KT_FIELD_CONNECTION;
    kt_bytes value = text(values[i]);
    fields[r.field_count++] = (kt_field){(const uint8_t *)"x", value.p, (uint32_t)value.n, 1, id};
    if (!r.known[id]) r.known[id] = r.field_count;
  }
  return kt_trailers_asked_for(&r);
}

TEST("a client keeps trailers when TE says so and Connection says that TE is the client's") {
  CHECK(keeps("trailers", "TE", NULL));
  CHECK(keeps("gzip;q=0.5 , Trailers", "keep-alive, te", NULL));
  CHECK(keeps("trailers", "keep-alive", "TE"));
  CHECK(!keeps("trailers", NULL, NULL));
  CHECK(!keeps("trailers", "keep-alive", NULL));
  CHECK(!keeps(NULL, "TE", NULL));
  CHECK(!keeps("gzip, trailersx", "TE", NULL));
  CHECK(!keeps("trailers;q=0", "TE", NULL));
  CHECK(!keeps("", "TE", NULL));
}
