/* HTTP/2 connections of a server: what time does to their streams. */
#include "harness.h"

#include "base/memory.h"

/* A session that could not queue a frame is not freed (http2/session.c). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libnghttp2\n"; }

static void large(void *context, kt_exchange *x) {
  (void)context;
  static char body[1000];
  kt_response_send(x, 200, KT_BYTES("text/plain"), body, sizeof body);
}

static kt_exchange *waiting;

static void on_content(void *context) {
  (void)context;
  kt_bytes piece;
  kt_status st = kt_exchange_read(waiting, &piece);
  if (st == KT_AGAIN)
    kt_exchange_wait(waiting, on_content, NULL);
  else
    kt_exchange_leave(waiting);
}

/* Starts its response, then wants content. */
static void streams(void *context, kt_exchange *x) {
  (void)context;
  waiting = x;
  kt_exchange_suspend(x);
  kt_response_start(x, 200, KT_BYTES("text/plain"), -1);
  on_content(NULL);
}

/* Lets the n-th allocation from now on fail; not the answer's own, for it is sent when the turn ends. */
static void fails_next(void *context, kt_exchange *x) {
  (void)context;
  kt_bytes n = kt_exchange_request(x)->params[0];
  hello(NULL, x);
  kt_fail_allocation((uint64_t)(n.p[0] - '0') * 10 + (uint64_t)(n.p[1] - '0'));
}

static const kt_route_spec routes[] = {
    ROUTE(KT_GET, "/large", large),
    ROUTE(KT_GET, "/fail/{n}", fails_next),
    {.method = KT_POST, .path = KT_BYTES("/small"), .handler = hello, .body_size_max = 8},
    {.method = KT_POST, .path = KT_BYTES("/stream"), .handler = streams, .body_mode = KT_BODY_STREAM},
};

static harness serve_h2(uint32_t write_timeout_ms, uint32_t body_timeout_ms) {
  kt_config c = test_config();
  c.h2c = true;
  c.write_timeout_ms = write_timeout_ms;
  c.body_timeout_ms = body_timeout_ms;
  return serve(&c, routes, sizeof routes / sizeof *routes);
}

/* A request: literals without indexing. */
static void ask_on(int fd, uint8_t stream, const char *method, const char *path, bool end) {
  char block[200];
  int n = snprintf(block, sizeof block, "%c%c:method%c%s%c%c:scheme%c%s%c%c:authority%c%s%c%c:path%c%s", 0, 7,
                   (int)strlen(method), method, 0, 7, 4, "http", 0, 10, 1, "a", 0, 5, (int)strlen(path), path);
  char head[] = {0, 0, (char)n, 1, end ? 5 : 4, 0, 0, 0, (char)stream};
  say_bytes(fd, head, sizeof head);
  say_bytes(fd, block, (size_t)n);
}

/* With SETTINGS of no window, and one request. */
static int ask(const harness *h, const char *method, const char *path, bool end) {
  int fd = dial(h);
  say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  say_bytes(fd, "\0\0\6\4\0\0\0\0\0\0\4\0\0\0\0", 15);
  ask_on(fd, 1, method, path, end);
  return fd;
}

static bool take(int fd, uint8_t *to, size_t n) { return n == 0 || peer_recv(fd, to, n, MSG_WAITALL) == (ssize_t)n; }

/* The error code of the stream's RST_STREAM; -1 when the connection ends before. */
static int reset_of(int fd) {
  uint8_t head[9], payload[1 << 14];
  while (take(fd, head, 9)) {
    size_t n = (size_t)head[1] << 8 | head[2];
    if (!take(fd, payload, n)) break;
    if (head[3] == 3) return payload[3];
  }
  return -1;
}

TEST("a stream whose window stays shut is reset, and the connection goes on") {
  harness h = serve_h2(150, 10000);
  int fd = ask(&h, "GET", "/large", true);
  CHECK_EQ(reset_of(fd), 8); /* CANCEL */
  say_bytes(fd, "\0\0\10\6\0\0\0\0\0pingping", 17);
  uint8_t answer[17];
  CHECK(take(fd, answer, 17) && answer[3] == 6);
  close(fd);
  stop(&h);
}

TEST("an upload that stands still after its response began is broken off") {
  harness h = serve_h2(10000, 150);
  int fd = ask(&h, "POST", "/stream", false);
  CHECK_EQ(reset_of(fd), 2); /* INTERNAL_ERROR: the response is broken off */
  close(fd);
  stop(&h);
}

/* What ended the stream: the type of its last frame; 0 when the connection ended. */
static uint8_t end_of(int fd, uint8_t stream) {
  uint8_t head[9], payload[1 << 14];
  while (take(fd, head, 9)) {
    size_t n = (size_t)head[1] << 8 | head[2];
    if (!take(fd, payload, n)) return 0;
    bool ends = head[3] == 3 || (head[3] <= 1 && head[4] & 1);
    if (head[8] == stream && ends) return head[3] ? head[3] : 1;
  }
  return 0;
}

TEST("content that is refused while memory runs out ends its stream and nothing else") {
  enum { HEADERS = 1, RST_STREAM = 3 };
  unsigned resets = 0;
  for (int n = 1; n < 12; n++) {
    kt_config c = test_config();
    c.h2c = true;
    c.request_timeout_ms = 20;
    harness h = serve(&c, routes, sizeof routes / sizeof *routes);
    int fd = dial(&h);
    say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    say_bytes(fd, "\0\0\0\4\0\0\0\0\0", 9);
    ask_on(fd, 1, "POST", "/small", false);
    char path[20];
    snprintf(path, sizeof path, "/fail/%02d", n);
    ask_on(fd, 3, "GET", path, true);
    say_bytes(fd, "\0\0\12\0\1\0\0\0\1" "0123456789", 19);
    resets += end_of(fd, 1) == RST_STREAM;
    close(fd);
    usleep(40000); /* a deadline that nobody disarmed would have passed */
    uint8_t ended = 0;
    for (int tries = 0; tries < 2; tries++) { /* the failure may still wait for its allocation */
      fd = ask(&h, "HEAD", "/large", true);
      ended = end_of(fd, 1);
      close(fd);
    }
    CHECK_EQ(ended, HEADERS);
    stop(&h);
  }
  CHECK(resets > 0);
}
