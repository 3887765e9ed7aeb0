/* The head of an HTTP/2 request: what the fields of a stream become. */
#include "check.h"

#include "http2/request.h"

#define FIELDS_MAX 8
#define TARGET_MAX 40

static const kt_h2_head_limits limits = {.head_size_max = 600, .target_size_max = TARGET_MAX, .field_count_max = 6};

static kt_arena_pool pool;
static kt_arena arena;
static kt_field fields[FIELDS_MAX];
static kt_request request;
static kt_h2_head head;
static uint8_t scratch[TARGET_MAX];

static kt_bytes text(const char *s) { return kt_bytes_make(s, strlen(s)); }

/* A head from names and values in turn, NULL at the end, in memory that ends where they end. */
static void give(bool ended, const char **pairs) {
  kt_arena_deinit(&arena);
  kt_arena_pool_deinit(&pool);
  kt_arena_pool_init(&pool);
  kt_arena_init(&arena, &pool);
  request = (kt_request){.fields = fields, .field_max = FIELDS_MAX};
  kt_h2_head_init(&head, &request, &arena);
  for (; *pairs; pairs += 2) {
    char *name = strdup(pairs[0]), *value = strdup(pairs[1]);
    CHECK(kt_h2_head_add(&head, &limits, text(name), text(value)));
    free(name);
    free(value);
  }
  CHECK(kt_h2_head_finish(&head, ended, scratch));
}

#define GIVE(ended, ...) give(ended, (const char *[]){__VA_ARGS__, NULL})
#define PSEUDO_OF(method, path) ":method", method, ":scheme", "http", ":authority", "a.example", ":path", path
#define PSEUDO PSEUDO_OF("GET", "/p")

static const char *letters(size_t n) {
  static char s[1000];
  memset(s, 'x', n);
  s[n] = 0;
  return s;
}

TEST("pseudo-fields become method, target, path, query and authority") {
  GIVE(true, PSEUDO_OF("PUT", "/a/b?c=d?e"), "accept", "x/y");
  CHECK_EQ(head.status, 0);
  CHECK_EQ(request.method, KT_PUT);
  CHECK_BYTES(request.method_text, "PUT");
  CHECK_BYTES(request.target, "/a/b?c=d?e");
  CHECK_BYTES(request.path, "/a/b");
  CHECK_BYTES(request.query, "c=d?e");
  CHECK_BYTES(request.authority, "a.example");
  CHECK_EQ(request.field_count, 1);
  CHECK_BYTES(kt_request_field(&request, KT_FIELD_ACCEPT), "x/y");
  CHECK(request.keep_alive && request.version_minor == 1);
}

TEST("a method that is not known is kept as text") {
  GIVE(true, PSEUDO_OF("BREW", "/p"));
  CHECK_EQ(request.method, KT_METHOD_UNKNOWN);
  CHECK_BYTES(request.method_text, "BREW");
}

TEST("a path is decoded and put into its normal form") {
  GIVE(true, PSEUDO_OF("GET", "/a/./b/../%63//d"));
  CHECK_BYTES(request.path, "/a/c/d");
  CHECK_BYTES(request.target, "/a/./b/../%63//d");
}

TEST("paths that are none are 400") {
  static const char *bad[] = {"/%",  "/%zz", "/%2f",   "/%00",    "/..",    "/a\\b",
                              "/a#", "/a b", "/\x80", "/a?\x80", "/?a\x7f", "a",    "*"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    GIVE(true, PSEUDO_OF("GET", bad[i]));
    if (head.status != 400 || !head.reason) KT_FAIL("%s gives %u", bad[i], head.status);
  }
}

TEST("OPTIONS has the target *") {
  GIVE(true, PSEUDO_OF("OPTIONS", "*"));
  CHECK_EQ(head.status, 0);
  CHECK_BYTES(request.path, "*");
}

TEST("CONNECT has an authority and no path") {
  GIVE(false, ":method", "CONNECT", ":authority", "a:1");
  CHECK_EQ(head.status, 0);
  CHECK_EQ(request.method, KT_CONNECT);
  CHECK_EQ(request.path.n, 0);
  GIVE(false, ":method", "CONNECT", ":protocol", "websocket", ":scheme", "http", ":path", "/chat", ":authority", "a");
  CHECK(head.extended);
  CHECK_BYTES(head.protocol, "websocket");
  CHECK_BYTES(request.path, "/chat");
}

TEST("Host stands in for the authority, may repeat it, and may not contradict it") {
  GIVE(true, ":method", "GET", ":scheme", "http", ":path", "/", "host", "b:80");
  CHECK_EQ(head.status, 0);
  CHECK_BYTES(request.authority, "b:80");
  GIVE(true, PSEUDO, "host", "A.Example");
  CHECK_EQ(head.status, 0);
  GIVE(true, PSEUDO, "host", "a.example:80");
  CHECK_EQ(head.status, 400);
  GIVE(true, PSEUDO, "host", "a.exampl");
  CHECK_EQ(head.status, 400);
}

TEST("an authority with user information, or none at all, is 400") {
  GIVE(true, ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "user@a");
  CHECK_EQ(head.status, 400);
  GIVE(true, ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "");
  CHECK_EQ(head.status, 400);
  GIVE(true, ":method", "GET", ":scheme", "http", ":path", "/");
  CHECK_EQ(head.status, 400);
}

TEST("crumbs of Cookie become one field where the first stood, and the others keep their order") {
  GIVE(true, PSEUDO, "accept", "1", "cookie", "a=1", "x", "2", "cookie", "", "cookie", "b=2; c=3", "range", "3");
  CHECK_EQ(head.status, 0);
  CHECK_EQ(request.field_count, 4);
  CHECK_BYTES(kt_request_field(&request, KT_FIELD_COOKIE), "a=1; ; b=2; c=3");
  CHECK_BYTES(kt_request_field(&request, KT_FIELD_ACCEPT), "1");
  CHECK_BYTES(kt_request_field(&request, KT_FIELD_RANGE), "3");
  CHECK_EQ(request.known[KT_FIELD_RANGE], 4);
  CHECK_BYTES(kt_request_find(&request, text("x")), "2");
}

TEST("empty crumbs first do not hide that one is the first") {
  GIVE(true, PSEUDO, "cookie", "", "cookie", "", "cookie", "a=1", "accept", "1");
  CHECK_EQ(request.field_count, 2);
  CHECK_BYTES(kt_request_field(&request, KT_FIELD_COOKIE), "; ; a=1");
  CHECK_BYTES(kt_request_field(&request, KT_FIELD_ACCEPT), "1");
}

TEST("of fields with one name the first is the known one") {
  GIVE(true, PSEUDO, "accept", "1", "accept", "2");
  CHECK_BYTES(kt_request_field(&request, KT_FIELD_ACCEPT), "1");
  CHECK_EQ(request.field_count, 2);
}

TEST("a target at its limit is taken, one byte more is 414") {
  char path[TARGET_MAX + 2] = "/";
  memcpy(path + 1, letters(TARGET_MAX - 1), TARGET_MAX);
  GIVE(true, PSEUDO_OF("GET", path));
  CHECK_EQ(head.status, 0);
  CHECK_EQ(request.path.n, TARGET_MAX);
  memcpy(path + 1, letters(TARGET_MAX), TARGET_MAX + 1);
  GIVE(true, PSEUDO_OF("GET", path));
  CHECK_EQ(head.status, 414);
}

TEST("fields up to their number are taken, one more is 431") {
  GIVE(true, PSEUDO, "a", "", "b", "", "c", "", "d", "", "e", "", "f", "");
  CHECK_EQ(head.status, 0);
  CHECK_EQ(request.field_count, 6);
  GIVE(true, PSEUDO, "a", "", "b", "", "c", "", "d", "", "e", "", "f", "", "g", "");
  CHECK_EQ(head.status, 431);
}

TEST("a head at its limit is taken, one byte more is 431, and nothing more is kept") {
  size_t pseudo = 7 + 3 + 10 + 9 + 5 + 2 + 7 + 4 + 4 * 32;
  GIVE(true, PSEUDO, "x", letters(600 - pseudo - 33));
  CHECK_EQ(head.status, 0);
  GIVE(true, PSEUDO, "x", letters(600 - pseudo - 32), "y", "");
  CHECK_EQ(head.status, 431);
  CHECK_EQ(request.field_count, 0);
}

TEST("the content is that of content-length, of unknown length, or none") {
  GIVE(false, PSEUDO, "content-length", "0042");
  CHECK_EQ(request.body_kind, KT_BODY_LENGTH);
  CHECK_EQ(request.content_length, 42);
  GIVE(false, PSEUDO);
  CHECK_EQ(request.body_kind, KT_BODY_CHUNKED);
  GIVE(true, PSEUDO);
  CHECK_EQ(request.body_kind, KT_BODY_NONE);
  GIVE(true, PSEUDO, "content-length", "0");
  CHECK_EQ(request.body_kind, KT_BODY_NONE);
}

TEST("who waits for 100 is told so only when content is to come") {
  GIVE(false, PSEUDO, "expect", "100-Continue");
  CHECK(request.expect_continue && !request.expect_other);
  GIVE(true, PSEUDO, "expect", "100-continue");
  CHECK(!request.expect_continue);
  GIVE(false, PSEUDO, "expect", "100-continue, x");
  CHECK(request.expect_other);
}

TEST("when memory runs out at any point the head fails or is whole") {
  for (uint64_t n = 1;; n++) {
    kt_arena_deinit(&arena);
    kt_arena_pool_deinit(&pool);
    kt_arena_pool_init(&pool);
    kt_arena_init(&arena, &pool);
    request = (kt_request){.fields = fields, .field_max = FIELDS_MAX};
    kt_h2_head_init(&head, &request, &arena);
    kt_h2_head_limits wide = {.head_size_max = 1 << 20, .target_size_max = TARGET_MAX, .field_count_max = 6};
    kt_fail_allocation(n);
    bool ok = kt_h2_head_add(&head, &wide, text(":method"), text("GET")) &&
              kt_h2_head_add(&head, &wide, text(":path"), text("/%61")) &&
              kt_h2_head_add(&head, &wide, text("host"), text("a"));
    for (int i = 0; ok && i < 4; i++) {
      static char crumb[40000];
      memset(crumb, 'c', sizeof crumb);
      ok = kt_h2_head_add(&head, &wide, text("cookie"), kt_bytes_make(crumb, sizeof crumb));
    }
    ok = ok && kt_h2_head_finish(&head, true, scratch);
    kt_fail_allocation(0);
    if (ok) {
      CHECK_EQ(kt_request_field(&request, KT_FIELD_COOKIE).n, 4 * 40000 + 3 * 2);
      CHECK(n > 3);
      break;
    }
  }
  kt_arena_deinit(&arena);
  kt_arena_pool_deinit(&pool);
}
