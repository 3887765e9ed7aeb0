/* Trailer fields of requests and responses, over real sockets and both versions. */
#include "harness.h"

#include "base/memory.h"

#include <nghttp2/nghttp2.h>
#include <stdatomic.h>

/* A session that ran out of memory while it sent is not given back whole, see kt_h2_session_destroy. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libnghttp2\n"; }

/* ---- handlers ---- */

typedef struct text {
  char p[16384];
  size_t n;
} text;

static void put_field(text *t, kt_bytes name, kt_bytes value) {
  t->n += (size_t)snprintf(t->p + t->n, sizeof t->p - t->n, "%.*s=%.*s;", (int)name.n, (const char *)name.p,
                           (int)value.n, (const char *)value.p);
}

/* "[name=value;...]", and what the head says of Host and Authorization. */
static void put_trailers(text *t, kt_exchange *x) {
  kt_trailers trailers = kt_exchange_trailers(x);
  t->p[t->n++] = '[';
  for (uint16_t i = 0; i < trailers.count; i++) {
    const kt_field *f = &trailers.fields[i];
    put_field(t, kt_bytes_make(f->name, f->name_n), kt_bytes_make(f->value, f->value_n));
  }
  t->p[t->n++] = ']';
  if (kt_request_field(kt_exchange_request(x), KT_FIELD_AUTHORIZATION).p) t->p[t->n++] = '!';
}

static void whole(void *context, kt_exchange *x) {
  (void)context;
  text t = {.n = 0};
  kt_bytes body = kt_exchange_body(x);
  if (body.n) memcpy(t.p, body.p, body.n);
  t.n = body.n;
  put_trailers(&t, x);
  kt_response_send(x, 200, KT_BYTES("text/plain"), t.p, t.n);
}

/* Pulls the content; before its end there is no trailer field. */
static void pull(void *context) {
  kt_exchange *x = context;
  kt_bytes chunk;
  kt_status st;
  if (kt_exchange_trailers(x).count) abort();
  while ((st = kt_exchange_read(x, &chunk)) == KT_OK)
    if (kt_exchange_trailers(x).count) abort();
  if (st == KT_AGAIN) {
    if (kt_exchange_trailers(x).count) abort();
    kt_exchange_wait(x, pull, x);
    return;
  }
  if (st == KT_END) {
    text t = {.n = 0};
    put_trailers(&t, x);
    kt_response_send(x, 200, KT_BYTES("text/plain"), t.p, t.n);
  }
  kt_exchange_leave(x);
}

static void streamed(void *context, kt_exchange *x) {
  (void)context;
  kt_exchange_suspend(x);
  pull(x);
}

/* Reads when all has long been there. */
static void reads_late(void *context, kt_exchange *x) {
  (void)context;
  kt_exchange_suspend(x);
  kt_exchange_sleep(x, 50, pull, x);
}

/* The query chooses: 'n' names them in the head, 'o' lets them be lost, 'l' declares a length, 'e' has no content, 'w'
 * sends all at once. */
static bool chosen(kt_exchange *x, char letter) {
  kt_bytes query = kt_exchange_request(x)->query;
  return query.n && memchr(query.p, letter, query.n);
}

static void answers(void *context, kt_exchange *x) {
  (void)context;
  bool empty = chosen(x, 'e');
  kt_bytes names = chosen(x, 'n') ? KT_BYTES("X-Sum, X-Time") : (kt_bytes){0, 0};
  if ((names.n || chosen(x, 'o')) && kt_response_announce(x, names, chosen(x, 'o')) != KT_OK) return;
  if (kt_response_trailer(x, KT_BYTES("X-Sum"), KT_BYTES("early")) != KT_EINVAL) abort();
  if (chosen(x, 'w')) {
    kt_response_send(x, 200, KT_BYTES("text/plain"), "hello", 5);
    return;
  }
  if (kt_response_start(x, 200, KT_BYTES("text/plain"), chosen(x, 'l') ? 5 : -1) != KT_OK) return;
  if (!empty && kt_response_write(x, "hello", 5) < 0) return;
  bool sends = kt_response_sends_trailers(x);
  kt_status st = kt_response_trailer(x, KT_BYTES("X-Sum"), KT_BYTES("7"));
  if (st == KT_OK) st = kt_response_trailer(x, KT_BYTES("X-Time"), sends ? KT_BYTES("1 ms") : KT_BYTES("never"));
  if (st == KT_OK) kt_response_end(x);
}

/* Content beyond any queue or window, without waiting for room. */
#define LARGE_SIZE 3000000
static void large(void *context, kt_exchange *x) {
  (void)context;
  static char piece[LARGE_SIZE / 100];
  kt_response_start(x, 200, KT_BYTES("text/plain"), -1);
  for (int i = 0; i < 100; i++) kt_response_write(x, piece, sizeof piece);
  kt_response_trailer(x, KT_BYTES("X-Sum"), KT_BYTES("7"));
  kt_response_end(x);
}

static atomic_int verdicts[16];
static void errs(void *context, kt_exchange *x) {
  (void)context;
  atomic_int *v = verdicts;
  *v++ = kt_response_announce(x, KT_BYTES("X-Sum, Content-Type"), true);
  *v++ = kt_response_announce(x, KT_BYTES("X-Sum\r\nSet-Cookie: a=b"), true);
  *v++ = kt_response_field(x, KT_BYTES("Trailer"), KT_BYTES("X-Sum"));
  kt_response_announce(x, (kt_bytes){0, 0}, true);
  kt_response_start(x, 200, KT_BYTES("text/plain"), -1);
  *v++ = kt_response_announce(x, KT_BYTES("X-Sum"), true);
  *v++ = kt_response_trailer(x, KT_BYTES("Content-Length"), KT_BYTES("5"));
  *v++ = kt_response_trailer(x, KT_BYTES("set-cookie"), KT_BYTES("a=b"));
  *v++ = kt_response_trailer(x, KT_BYTES("X-Sum"), KT_BYTES("7\r\nX-Evil: 1"));
  *v++ = kt_response_trailer(x, KT_BYTES("X-Sum: 7\r\nX"), KT_BYTES("1"));
  *v++ = kt_response_trailer(x, KT_BYTES(""), KT_BYTES("1"));
  static uint8_t letters[8192];
  memset(letters, 'x', sizeof letters);
  *v++ = kt_response_trailer(x, KT_BYTES("X-Long"), kt_bytes_make(letters, 8192 - 9));
  *v++ = kt_response_trailer(x, KT_BYTES("X-Sum"), KT_BYTES("7"));
  kt_response_end(x);
  *v++ = kt_response_trailer(x, KT_BYTES("X-Sum"), KT_BYTES("8"));
}

static void fails_next(void *context, kt_exchange *x) {
  (void)context;
  kt_bytes n = kt_exchange_request(x)->params[0];
  uint64_t count = 0;
  for (size_t i = 0; i < n.n; i++) count = count * 10 + (uint64_t)(n.p[i] - '0');
  kt_response_send(x, 204, (kt_bytes){0, 0}, NULL, 0);
  kt_fail_allocation(count);
}

static const kt_route_spec routes[] = {
    ROUTE(KT_POST, "/whole", whole),
    {.method = KT_POST, .path = KT_BYTES("/streamed"), .handler = streamed, .body_mode = KT_BODY_STREAM},
    {.method = KT_POST, .path = KT_BYTES("/late"), .handler = reads_late, .body_mode = KT_BODY_STREAM},
    ROUTE(KT_GET, "/answers", answers),
    ROUTE(KT_GET, "/errs", errs),
    ROUTE(KT_GET, "/large", large),
    ROUTE(KT_GET, "/fail/{n}", fails_next),
    ROUTE(KT_GET, "/", hello),
};
#define ROUTES routes, sizeof routes / sizeof *routes

static harness serve_both_with(bool compress) {
  kt_config c = test_config();
  c.h2c = true;
  c.compress = compress;
  return serve(&c, ROUTES);
}

static harness serve_both(void) { return serve_both_with(true); }

/* ---- HTTP/1.1 ---- */

#define CHUNKED(path, rest) "POST " path " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" rest
#define FIELDS "X-Sum: 7\r\nX-Empty:\r\nx-sum:  8 \t\r\n\r\n"
#define TOLD "[X-Sum=7;X-Empty=;x-sum=8;]"

static const char *ask(const harness *h, const char *request) {
  int fd = dial(h);
  say(fd, request);
  shutdown(fd, SHUT_WR);
  hear_all(fd);
  close(fd);
  return heard;
}

TEST("trailer fields of a request are told when its content has been read, buffered or streamed") {
  harness h = serve_both();
  CHECK(has(ask(&h, CHUNKED("/whole", "5\r\nhello\r\n0\r\n" FIELDS)), "\r\n\r\nhello" TOLD));
  CHECK(has(ask(&h, CHUNKED("/streamed", "5\r\nhello\r\n0\r\n" FIELDS)), "\r\n\r\n" TOLD));
  CHECK(has(ask(&h, CHUNKED("/whole", "0\r\n" FIELDS)), "\r\n\r\n" TOLD));
  CHECK(has(ask(&h, CHUNKED("/streamed", "0\r\n" FIELDS)), "\r\n\r\n" TOLD));
  CHECK(has(ask(&h, CHUNKED("/whole", "5\r\nhello\r\n0\r\n\r\n")), "\r\n\r\nhello[]"));
  CHECK(has(ask(&h, CHUNKED("/streamed", "5\r\nhello\r\n0\r\n\r\n")), "\r\n\r\n[]"));
  stop(&h);
}

TEST("a trailer section may come in pieces, cut at every byte, and the next request has none of it") {
  harness h = serve_both();
  static const char *const requests[] = {CHUNKED("/whole", "5\r\nhello\r\n0\r\n" FIELDS),
                                         CHUNKED("/streamed", "5\r\nhello\r\n0\r\n" FIELDS)};
  for (int i = 0; i < 2; i++) {
    size_t n = strlen(requests[i]);
    int fd = dial(&h);
    for (size_t cut = n - sizeof FIELDS - 3; cut < n; cut++) {
      say_bytes(fd, requests[i], cut);
      usleep(1000);
      say(fd, requests[i] + cut);
      CHECK(has(hear_until(fd, "]"), TOLD));
      if (cut % 8 == 0) {
        say(fd, CHUNKED("/whole", "1\r\nx\r\n0\r\n\r\n"));
        CHECK(has(hear_until(fd, "]"), "\r\n\r\nx[]"));
      }
    }
    for (size_t at = 0; at < n; at++) {
      say_bytes(fd, requests[i] + at, 1);
      usleep(300);
    }
    CHECK(has(hear_until(fd, "]"), TOLD));
    close(fd);
  }
  stop(&h);
}

TEST("what may not be a trailer field is dropped and never becomes a field of the head") {
  harness h = serve_both();
  const char *evil = "Authorization: Basic eDp5\r\nContent-Length: 9\r\nHost: evil\r\nTransfer-Encoding: gzip\r\n"
                     "Content-Encoding: gzip\r\nX-Sum: 7\r\nCookie: a=b\r\nConnection: close\r\n\r\n";
  static const char *const paths[] = {"/whole", "/streamed"};
  for (int i = 0; i < 2; i++) {
    char request[600];
    snprintf(request, sizeof request, CHUNKED("%s", "0\r\n%s") GET_HELLO, paths[i], evil);
    const char *answer = ask(&h, request);
    CHECK(has(answer, "\r\n\r\n[X-Sum=7;]HTTP/1.1 200"));
    CHECK(has(answer, "hello"));
  }
  stop(&h);
}

TEST("more trailer fields than the limits allow are 431, and the handler sees none of them") {
  harness h = serve_both();
  static char request[20000];
  static const char *const paths[] = {"/whole", "/streamed"};
  for (int i = 0; i < 2; i++)
    for (int many = 0; many < 2; many++) {
      int n = snprintf(request, sizeof request, CHUNKED("%s", "0\r\n"), paths[i]);
      if (many)
        for (int f = 0; f < 101; f++) n += sprintf(request + n, "X: 1\r\n");
      else
        n += sprintf(request + n, "X: %08200d\r\n", 0);
      sprintf(request + n, "\r\n" GET_HELLO);
      const char *answer = ask(&h, request);
      CHECK(begins(answer, "HTTP/1.1 431") && has(answer, "Connection: close") && !has(answer, "hello"));
    }
  stop(&h);
}

#define GET_ANSWER(query, fields) "GET /answers?" query " HTTP/1.1\r\nHost: a\r\nConnection: close" fields "\r\n\r\n"
#define CHUNKS "\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\nX-Time: 1 ms\r\n\r\n"
#define PLAIN "\r\n\r\n5\r\nhello\r\n0\r\n\r\n"

TEST("trailer fields of a response follow its chunks where the client asked for them") {
  harness h = serve_both();
  const char *answer = ask(&h, GET_ANSWER("", ", TE\r\nTE: trailers"));
  CHECK(has(answer, CHUNKS) && !has(answer, "Trailer:"));
  answer = ask(&h, GET_ANSWER("n", "\r\nConnection: te\r\nTE: gzip, trailers"));
  CHECK(has(answer, CHUNKS) && has(answer, "\r\nTrailer: X-Sum, X-Time\r\n"));
  answer = ask(&h, GET_ANSWER("ne", ", TE\r\nTE: trailers"));
  CHECK(has(answer, "\r\n\r\n0\r\nX-Sum: 7\r\nX-Time: 1 ms\r\n\r\n"));
  stop(&h);
}

TEST("trailer fields stay away from clients of HTTP/1.1 that did not ask, unless they may be lost") {
  harness h = serve_both();
  CHECK(has(ask(&h, GET_ANSWER("n", "")), PLAIN));
  CHECK(!has(heard, "Trailer:"));
  CHECK(has(ask(&h, GET_ANSWER("n", "\r\nTE: trailers")), PLAIN)); /* whose TE it is, is not known */
  CHECK(has(ask(&h, GET_ANSWER("n", ", TE\r\nTE: gzip")), PLAIN));
  CHECK(has(ask(&h, GET_ANSWER("no", "")), CHUNKS));
  CHECK(has(heard, "\r\nTrailer: X-Sum, X-Time\r\n"));
  CHECK(has(ask(&h, GET_ANSWER("o", "")), CHUNKS));
  stop(&h);
}

TEST("trailer fields are dropped where there are no chunks: 1.0, a declared length, HEAD") {
  harness h = serve_both();
  const char *answer = ask(&h, "GET /answers?no HTTP/1.0\r\nHost: a\r\nConnection: TE\r\nTE: trailers\r\n\r\n");
  size_t n = strlen(answer);
  CHECK(n > 9 && strcmp(answer + n - 9, "\r\n\r\nhello") == 0 && !has(answer, "Trailer"));
  answer = ask(&h, GET_ANSWER("nol", ", TE\r\nTE: trailers"));
  n = strlen(answer);
  CHECK(n > 9 && strcmp(answer + n - 9, "\r\n\r\nhello") == 0 && !has(answer, "Trailer"));
  CHECK(has(answer, "Content-Length: 5"));
  answer = ask(&h, "HEAD /answers?no HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: trailers\r\n\r\n" GET_HELLO);
  CHECK(!has(answer, "X-Sum: 7") && !has(answer, "Trailer"));
  CHECK(has(answer, "\r\n\r\nHTTP/1.1 200") && has(answer, "hello"));
  stop(&h);
}

TEST("a trailer field that is forbidden or malformed is refused, and nothing of it reaches the wire") {
  harness h = serve_both();
  const char *answer = ask(&h, "GET /errs HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(has(answer, "\r\n\r\n0\r\nX-Sum: 7\r\n\r\n"));
  CHECK(!has(answer, "Set-Cookie") && !has(answer, "Evil") && !has(answer, "Trailer"));
  static const kt_status wanted[] = {KT_EFORBIDDEN, KT_EINVAL, KT_EINVAL, KT_EINVAL, KT_EFORBIDDEN, KT_EFORBIDDEN,
                                     KT_EINVAL,     KT_EINVAL, KT_EINVAL, KT_EFULL,  KT_OK,         KT_EINVAL};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (verdicts[i] != wanted[i]) KT_FAIL("verdict %zu is %d, not %d", i, verdicts[i], wanted[i]);
  stop(&h);
}

/* ---- HTTP/2 ---- */

typedef struct frames {
  char p[16384];
  size_t n;
} frames;

static void put(frames *f, const void *p, size_t n) {
  memcpy(f->p + f->n, p, n);
  f->n += n;
}

static void put_frame(frames *f, uint8_t type, uint8_t flags, const void *payload, size_t n) {
  const uint8_t head[] = {0, (uint8_t)(n >> 8), (uint8_t)n, type, flags, 0, 0, 0, 1};
  put(f, head, 9);
  put(f, payload, n);
}

/* Literals without indexing; NULL ends the list. Values of 127 bytes and more have a longer length. */
static void put_headers(frames *f, uint8_t flags, const char **pairs) {
  frames block = {.n = 0};
  for (; *pairs; pairs += 2) {
    uint8_t name_n[] = {0, (uint8_t)strlen(pairs[0])};
    put(&block, name_n, 2);
    put(&block, pairs[0], name_n[1]);
    size_t n = strlen(pairs[1]), rest = n < 127 ? 0 : n - 127;
    uint8_t length[3] = {n < 127 ? (uint8_t)n : 127, (uint8_t)(rest & 127) | 128, (uint8_t)(rest >> 7)};
    put(&block, length, n < 127 ? 1 : 3);
    put(&block, pairs[1], n);
  }
  put_frame(f, 1, flags | 4, block.p, block.n);
}
#define HEADERS(f, flags, ...) put_headers(f, flags, (const char *[]){__VA_ARGS__, NULL})
#define END 1

static frames request(const char *method, const char *path, bool end) {
  frames f = {.n = 0};
  put(&f, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  HEADERS(&f, end ? END : 0, ":method", method, ":scheme", "http", ":authority", "a", ":path", path);
  return f;
}

/* The response as "name=value;..|content|name=value;.." with "." where END_STREAM was; "reset N" or "ended". */
static const char *outcome(int fd) {
  static text t;
  static uint8_t payload[1 << 14];
  uint8_t head[9];
  nghttp2_hd_inflater *inflater;
  if (nghttp2_hd_inflate_new(&inflater) != 0) abort();
  t.n = 0;
  bool over = false;
  while (!over && peer_recv(fd, head, 9, MSG_WAITALL) == 9) {
    size_t n = (size_t)head[1] << 8 | head[2], at = 0;
    if (n && peer_recv(fd, payload, n, MSG_WAITALL) != (ssize_t)n) break;
    if (head[3] == 3) t.n += (size_t)sprintf(t.p + t.n, "reset %d", payload[3]);
    if (head[3] == 0) t.n += (size_t)sprintf(t.p + t.n, "|%.*s|", (int)n, (char *)payload);
    while (head[3] == 1 && at < n) {
      nghttp2_nv nv;
      int flags = 0;
      ssize_t used = nghttp2_hd_inflate_hd2(inflater, &nv, &flags, payload + at, n - at, 1);
      if (used < 0) abort();
      at += (size_t)used;
      if (flags & NGHTTP2_HD_INFLATE_EMIT && !(nv.namelen == 4 && memcmp(nv.name, "date", 4) == 0))
        put_field(&t, kt_bytes_make(nv.name, nv.namelen), kt_bytes_make(nv.value, nv.valuelen));
      if (flags & NGHTTP2_HD_INFLATE_FINAL) nghttp2_hd_inflate_end_headers(inflater);
    }
    over = head[3] == 3 || (head[3] <= 1 && head[4] & END);
    if (over && head[3] != 3) t.p[t.n++] = '.';
  }
  t.p[t.n] = 0;
  nghttp2_hd_inflate_del(inflater);
  return over ? t.p : "ended";
}

static const char *ask_h2(const harness *h, const frames *f) {
  int fd = dial(h);
  say_bytes(fd, f->p, f->n);
  const char *answer = outcome(fd);
  close(fd);
  return answer;
}

TEST("over HTTP/2 trailer fields of a request are told as over HTTP/1.1, cut at every byte") {
  harness h = serve_both();
  static const char *const paths[] = {"/whole", "/streamed"};
  for (int i = 0; i < 2; i++) {
    frames f = request("POST", paths[i], false);
    put_frame(&f, 0, 0, "hello", 5);
    size_t before = f.n;
    HEADERS(&f, END, "x-sum", "7", "host", "evil", "authorization", "Basic eDp5", "x-empty", "", "content-type", "a/b",
            "x-sum", "8");
    for (size_t cut = before - 7; cut <= f.n; cut++) {
      int fd = dial(&h);
      say_bytes(fd, f.p, cut);
      usleep(500);
      say_bytes(fd, f.p + cut, f.n - cut);
      CHECK(has(outcome(fd), i ? "|[x-sum=7;x-empty=;x-sum=8;]|." : "|hello[x-sum=7;x-empty=;x-sum=8;]|."));
      close(fd);
    }
    f = request("POST", paths[i], false);
    HEADERS(&f, END, "x-sum", "7");
    CHECK(has(ask_h2(&h, &f), "|[x-sum=7;]|."));
  }
  stop(&h);
}

TEST("trailer fields that came before the content was read are not to be seen until it was") {
  harness h = serve_both();
  frames f = request("POST", "/late", false);
  put_frame(&f, 0, 0, "hello", 5);
  HEADERS(&f, END, "x-sum", "7");
  CHECK(has(ask_h2(&h, &f), "|[x-sum=7;]|."));
  CHECK(has(ask(&h, CHUNKED("/late", "5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n")), "[X-Sum=7;]"));
  stop(&h);
}

TEST("over HTTP/2 more trailer fields than the limits allow are 431") {
  harness h = serve_both();
  static const char *const paths[] = {"/whole", "/streamed"};
  static char value[8300];
  memset(value, 'x', 8200);
  for (int i = 0; i < 2; i++) {
    frames f = request("POST", paths[i], false);
    HEADERS(&f, END, "x-sum", value);
    CHECK(begins(ask_h2(&h, &f), ":status=431;"));
    f = request("POST", paths[i], false);
    put_frame(&f, 0, 0, "hello", 5);
    const char *many[203];
    for (int n = 0; n < 202; n += 2) many[n] = "x", many[n + 1] = "1";
    many[202] = NULL;
    put_headers(&f, END, many);
    CHECK(begins(ask_h2(&h, &f), ":status=431;"));
    many[200] = NULL;
    f = request("POST", paths[i], false);
    put_headers(&f, END, many);
    CHECK(begins(ask_h2(&h, &f), ":status=200;"));
  }
  stop(&h);
}

TEST("over HTTP/2 a response ends with its trailer fields, whatever the client said") {
  harness h = serve_both();
#define BEGINS_H2 ":status=200;content-type=text/plain;"
#define MAY_BE_CODED "vary=Accept-Encoding;"
#define ENDS_H2 "|hello|x-sum=7;x-time=1 ms;."
  frames f = request("GET", "/answers", true);
  CHECK(strcmp(ask_h2(&h, &f), BEGINS_H2 MAY_BE_CODED ENDS_H2) == 0);
  f = request("GET", "/answers?n", true);
  CHECK(strcmp(ask_h2(&h, &f), BEGINS_H2 "trailer=X-Sum, X-Time;" MAY_BE_CODED ENDS_H2) == 0);
  f = request("GET", "/answers?nl", true);
  CHECK(strcmp(ask_h2(&h, &f), BEGINS_H2 "content-length=5;trailer=X-Sum, X-Time;" ENDS_H2) == 0);
  f = request("GET", "/answers?e", true);
  CHECK(strcmp(ask_h2(&h, &f), BEGINS_H2 MAY_BE_CODED "x-sum=7;x-time=1 ms;.") == 0);
  f = request("GET", "/answers?nw", true);
  CHECK(strcmp(ask_h2(&h, &f), BEGINS_H2 "content-length=5;|hello|.") == 0);
  f = request("HEAD", "/answers?n", true);
  CHECK(strcmp(ask_h2(&h, &f), BEGINS_H2 MAY_BE_CODED ".") == 0);
  f = request("GET", "/errs", true);
  CHECK(strcmp(ask_h2(&h, &f), BEGINS_H2 MAY_BE_CODED "x-sum=7;.") == 0);
  stop(&h);
}

/* Opens the windows a little at a time; the size of the content, where a frame of trailer fields ended it. */
static size_t outcome_slowly(int fd) {
  static uint8_t payload[1 << 14];
  uint8_t head[9];
  size_t content = 0;
  while (peer_recv(fd, head, 9, MSG_WAITALL) == 9) {
    size_t n = (size_t)head[1] << 8 | head[2];
    if (n && peer_recv(fd, payload, n, MSG_WAITALL) != (ssize_t)n) break;
    if (head[3] == 1 && head[4] & END) return content;
    if (head[3] != 0) continue;
    if (head[4] & END) break;
    content += n;
    uint8_t updates[] = {0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n,
                         0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 0, (uint8_t)(n >> 8), (uint8_t)n};
    say_bytes(fd, updates, sizeof updates);
  }
  return 0;
}

TEST("trailer fields follow content that is larger than queues and windows") {
  harness h = serve_both();
  frames f = request("GET", "/large", true);
  int fd = dial(&h);
  say_bytes(fd, f.p, f.n);
  CHECK_EQ(outcome_slowly(fd), LARGE_SIZE);
  close(fd);
  fd = dial(&h);
  say(fd, "GET /large HTTP/1.1\r\nHost: a\r\nConnection: TE, close\r\nTE: trailers\r\n\r\n");
  size_t n = 0;
  char end[64] = "";
  for (ssize_t got; (got = peer_recv(fd, heard, 4096, 0)) > 0; n += (size_t)got) {
    size_t part = (size_t)got < 20 ? (size_t)got : 20;
    memmove(end, end + part, 20 - part);
    memcpy(end + 20 - part, heard + got - part, part);
  }
  CHECK(n > LARGE_SIZE);
  CHECK_BYTES(kt_bytes_make(end + 3, 17), "\r\n0\r\nX-Sum: 7\r\n\r\n");
  close(fd);
  stop(&h);
}

/* ---- memory ---- */

/* Lets the n-th allocation after this request fail, in the one reactor that there is. */
static void fail_nth(const harness *h, int n) {
  char text_of[100];
  snprintf(text_of, sizeof text_of, "GET /fail/%d HTTP/1.1\r\nHost: a\r\n\r\n", n);
  int fd = dial(h);
  say(fd, text_of);
  hear_until(fd, "\r\n\r\n");
  close(fd);
}

/* A response is whole with all of its trailer fields, or it is not whole. */
static bool ask_every_way(const harness *h, int way) {
  static char section[9000];
  int n = sprintf(section, CHUNKED("%s", "0\r\n"),
                  way == 0 ? "/whole" : "/streamed");
  for (int i = 0; i < 60; i++) n += sprintf(section + n, "X-%02d: %0100d\r\n", i, i);
  sprintf(section + n, "\r\n");
  frames f;
  const char *answer;
  switch (way) {
  case 0:
  case 1:
    answer = ask(h, section);
    CHECK(!begins(answer, "HTTP/1.1 200") || (has(answer, "[X-00=") && has(answer, "59;]")));
    return begins(answer, "HTTP/1.1 200");
  case 2:
    answer = ask(h, GET_ANSWER("", ", TE\r\nTE: trailers"));
    bool whole_1 = has(answer, "\r\n0\r\n") && strcmp(answer + strlen(answer) - 4, "\r\n\r\n") == 0;
    CHECK(!whole_1 || has(answer, CHUNKS));
    return whole_1;
  case 3:
  case 4: {
    f = request("POST", way == 3 ? "/whole" : "/streamed", false);
    const char *many[121];
    for (int i = 0; i < 120; i += 2) many[i] = "x-field", many[i + 1] = "a value that is not too short";
    many[120] = NULL;
    put_headers(&f, END, many);
    answer = ask_h2(h, &f);
    CHECK(!begins(answer, ":status=200") || has(answer, "[x-field="));
    unsigned fields = 0;
    for (const char *p = answer; (p = strstr(p, "x-field=")); p++) fields++;
    CHECK(!begins(answer, ":status=200") || fields == 60);
    return begins(answer, ":status=200") && has(answer, "|.");
  }
  default:
    f = request("GET", "/answers", true);
    answer = ask_h2(h, &f);
    bool whole_2 = answer[strlen(answer) - 1] == '.';
    CHECK(!whole_2 || has(answer, ENDS_H2));
    return whole_2;
  }
}

/* Without codings: Vary may be lost without harm, and would take the allocation that the trailer fields need. */
TEST("when memory runs out at any point no part passes for the whole, and the server goes on") {
  for (int way = 0; way < 6; way++) {
    unsigned failures = 0;
    for (int n = 1; n < 40; n++) {
      harness h = serve_both_with(false);
      fail_nth(&h, n);
      if (!ask_every_way(&h, way)) failures++;
      bool served = false;
      for (int tries = 0; tries < 3; tries++) { /* the failure may still wait for its allocation */
        int fd = dial(&h);
        say(fd, GET_HELLO);
        served = has(hear_until(fd, "hello"), "200");
        close(fd);
      }
      CHECK(served);
      stop(&h);
    }
    if (failures == 0) KT_FAIL("way %d never failed", way);
  }
}
