/* Authorisation before content, principals, ids and collected content, over real sockets. */
#include "harness.h"

#include "base/memory.h"

#include <stdatomic.h>

static atomic_int released;
static const char *const account = "account";

static void release(void *principal) {
  if (principal == account) atomic_fetch_add(&released, 1);
}

/* By X-Key: "good" passes, "none" forgets to answer, anything else is refused. */
static bool authorise(void *context, kt_exchange *x) {
  CHECK(strcmp(context, "security") == 0 && kt_response_status(x) == 0);
  kt_exchange_set_principal(x, (void *)account, release);
  kt_bytes key = kt_request_find(kt_exchange_request(x), KT_BYTES("X-Key"));
  if (kt_bytes_equal(key, KT_BYTES("good"))) return true;
  if (!kt_bytes_equal(key, KT_BYTES("none"))) kt_response_send(x, 401, KT_BYTES("text/plain"), "who?", 4);
  return false;
}

static void echo(void *context, kt_exchange *x) {
  (void)context;
  kt_bytes body = kt_exchange_body(x);
  CHECK(kt_exchange_principal(x) == account);
  kt_response_send(x, 200, KT_BYTES("text/plain"), body.p, body.n);
}

static void tell_id(void *context, kt_exchange *x) {
  (void)context;
  kt_bytes id = kt_exchange_request_id(x), again = kt_exchange_request_id(x);
  CHECK(id.p == again.p && id.n == again.n);
  uint64_t now = kt_reactor_now_ns(kt_exchange_reactor(x));
  CHECK(kt_exchange_deadline_ns(x) > now && kt_exchange_deadline_ns(x) <= now + 2000000000u);
  kt_response_send(x, 200, KT_BYTES("text/plain"), id.p, id.n);
  CHECK(kt_response_status(x) == 200);
}

/* Collects what is streamed, answers with it twice: as it lies and as it is read. */
static void go_on(void *context) {
  kt_exchange *x = context;
  kt_bytes piece;
  kt_status st;
  while ((st = kt_exchange_read(x, &piece)) == KT_OK)
    if (kt_exchange_collect(x, piece) != KT_OK) return kt_exchange_leave(x);
  if (st == KT_AGAIN) return kt_exchange_wait(x, go_on, x);
  if (st == KT_END) {
    CHECK(kt_exchange_collect(x, (kt_bytes){0, 0}) == KT_OK);
    kt_bytes whole = kt_exchange_body(x), read = {0, 0};
    st = kt_exchange_read(x, &read);
    CHECK(st == (whole.n ? KT_OK : KT_END) && read.p == whole.p && read.n == whole.n);
    CHECK(kt_exchange_read(x, &read) == KT_END);
    kt_response_send(x, 200, KT_BYTES("text/plain"), whole.p, whole.n);
  }
  kt_exchange_leave(x);
}

static void collect(void *context, kt_exchange *x) {
  (void)context;
  kt_exchange_suspend(x);
  go_on(x);
}

static const kt_route_spec routes[] = {
    {.method = KT_POST, .path = KT_BYTES("/"), .handler = echo, .authorise = authorise,
     .authorise_context = "security", .media_types = KT_BYTES("text/plain"), .body_size_max = 8},
    {.method = KT_GET, .path = KT_BYTES("/id"), .handler = tell_id, .deadline_ms = 2000},
    {.method = KT_POST, .path = KT_BYTES("/collect"), .handler = collect, .body_mode = KT_BODY_STREAM},
};
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define GOOD "X-Key: good\r\n"
#define TEXT "Content-Type: text/plain\r\n"
#define IMAGE "Content-Type: image/png\r\n"
#define ROUTES routes, sizeof routes / sizeof *routes

static const char *ask(const harness *h, const char *request) {
  int fd = dial(h);
  say(fd, request);
  shutdown(fd, SHUT_WR);
  hear_all(fd);
  close(fd);
  return heard;
}

TEST("who is refused is told so before the type and size of content are looked at, and none is asked for") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  atomic_store(&released, 0);
  int fd = dial(&h);
  say(fd, POST IMAGE "Expect: 100-continue\r\nContent-Length: 99\r\n\r\n");
  CHECK(begins(hear_until(fd, "who?"), "HTTP/1.1 401"));
  close(fd);
  CHECK(begins(ask(&h, POST GOOD IMAGE "Content-Length: 1\r\n\r\nx"),
               "HTTP/1.1 415"));
  CHECK(begins(ask(&h, POST GOOD TEXT "Content-Length: 9\r\n\r\n123456789"),
               "HTTP/1.1 413"));
  CHECK(begins(ask(&h, POST "X-Key: none\r\nContent-Length: 1\r\n\r\nx"), "HTTP/1.1 500"));
  CHECK(has(ask(&h, POST GOOD TEXT "Content-Length: 3\r\n\r\nabc"),
            "\r\n\r\nabc"));
  stop(&h);
  CHECK(atomic_load(&released) == 5);
}

TEST("a connection goes on behind a refusal, request by request") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  int fd = dial(&h);
  for (int i = 0; i < 20; i++) {
    say(fd, "POST / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(begins(hear_until(fd, "who?"), "HTTP/1.1 401"));
    say(fd, POST GOOD TEXT "Content-Length: 3\r\n\r\nabc");
    CHECK(begins(hear_until(fd, "abc"), "HTTP/1.1 200"));
  }
  close(fd);
  stop(&h);
}

TEST("a request has its own id or the one that it came with") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  CHECK(has(ask(&h, "GET /id HTTP/1.1\r\nHost: a\r\nX-Request-Id: a-1.B_~+/=:\r\n\r\n"), "\r\n\r\na-1.B_~+/=:"));
  char first[33], second[33];
  memcpy(first, strstr(ask(&h, "GET /id HTTP/1.1\r\nHost: a\r\n\r\n"), "\r\n\r\n") + 4, 33);
  memcpy(second, strstr(ask(&h, "GET /id HTTP/1.1\r\nHost: a\r\nX-Request-Id: a b\r\n\r\n"), "\r\n\r\n") + 4, 33);
  CHECK(strlen(first) == 32 && strlen(second) == 32 && strcmp(first, second) != 0);
  CHECK(strspn(first, "0123456789abcdef") == 32 && memcmp(first, second, 16) == 0);
  stop(&h);
}

TEST("collected content is whole for who reads it then") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  CHECK(has(ask(&h, "POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde"), "\r\n\r\nabcde"));
  CHECK(has(ask(&h, "POST /collect HTTP/1.1\r\nHost: a\r\n\r\n"), "Content-Length: 0"));
  int fd = dial(&h);
  say(fd, "POST /collect HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 300003\r\n\r\n");
  static char big[300000];
  memset(big, 'x', sizeof big);
  say_bytes(fd, big, sizeof big);
  say(fd, "end");
  CHECK(has(hear_all(fd), "xxxend"));
  close(fd);
  stop(&h);
}

TEST("secrets are equal when all of their bytes are") {
  const uint8_t *a = (const uint8_t *)"secret", *b = (const uint8_t *)"secreT";
  CHECK(kt_equal_secret(a, 6, (const uint8_t *)"secret", 6) && kt_equal_secret(NULL, 0, NULL, 0));
  CHECK(!kt_equal_secret(a, 6, b, 6) && !kt_equal_secret(a, 5, b, 6) && !kt_equal_secret(a, 6, b, 5));
  CHECK(!kt_equal_secret(a, 0, b, 6) && !kt_equal_secret(a, 6, NULL, 0));
}
