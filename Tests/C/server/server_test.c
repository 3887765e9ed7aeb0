/* Life of connections and requests, over real sockets. */
#include "harness.h"

#include "base/memory.h"
#include "server/patience.h"
#include "server/reactor.h"

#include <pthread.h>
#include <stdatomic.h>

static void whole(void *context, kt_exchange *x) {
  (void)context;
  kt_bytes body = kt_exchange_body(x);
  kt_response_send(x, 200, KT_BYTES("text/plain"), body.p, body.n);
}

static void forgets(void *context, kt_exchange *x) {
  (void)context;
  (void)x;
}

static const kt_route_spec basic[] = {
    ROUTE(KT_GET, "/", hello),
    ROUTE(KT_POST, "/whole", whole),
    ROUTE(KT_GET, "/forgets", forgets),
    {.method = KT_POST, .path = KT_BYTES("/small"), .handler = whole, .body_size_max = 8},
    {.method = KT_POST, .path = KT_BYTES("/json"), .handler = whole, .media_types = KT_BYTES("application/json"),
     .body_required = true},
};
#define BASIC basic, sizeof basic / sizeof *basic

static const char *ask(const harness *h, const char *request) {
  int fd = dial(h);
  say(fd, request);
  shutdown(fd, SHUT_WR);
  hear_all(fd);
  close(fd);
  return heard;
}

TEST("content that a route buffers arrives whole, by length and in chunks") {
  kt_config c = test_config();
  harness h = serve(&c, BASIC);
  CHECK(has(ask(&h, "POST /whole HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde"), "\r\n\r\nabcde"));
  CHECK(has(ask(&h, "POST /whole HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n\r\n"),
            "\r\n\r\nabcde"));
  stop(&h);
}

TEST("content of any size up to the limit is collected, one byte more is 413") {
  kt_config c = test_config();
  harness h = serve(&c, BASIC);
  CHECK(begins(ask(&h, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n12345678"), "HTTP/1.1 200"));
  CHECK(begins(ask(&h, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123456789"), "HTTP/1.1 413"));
  CHECK(begins(ask(&h, "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "8\r\n12345678\r\n0\r\n\r\n"),
               "HTTP/1.1 200"));
  CHECK(begins(ask(&h, "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "8\r\n12345678\r\n1\r\n9\r\n0\r\n\r\n"),
               "HTTP/1.1 413"));
  static char big[600000];
  memset(big, 'x', sizeof big);
  int fd = dial(&h);
  say(fd, "POST /whole HTTP/1.1\r\nHost: a\r\nContent-Length: 600000\r\nConnection: close\r\n\r\n");
  say_bytes(fd, big, sizeof big);
  const char *answer = strstr(hear_all(fd), "\r\n\r\n");
  CHECK(answer && strlen(answer + 4) == sizeof big);
  close(fd);
  stop(&h);
}

TEST("a media type that the route does not read is 415, missing content is 400") {
  kt_config c = test_config();
  harness h = serve(&c, BASIC);
  CHECK(begins(ask(&h, "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json; charset=utf-8\r\n"
                       "Content-Length: 2\r\n\r\n{}"), "HTTP/1.1 200"));
  CHECK(begins(ask(&h, "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"),
               "HTTP/1.1 415"));
  CHECK(begins(ask(&h, "POST /json HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"), "HTTP/1.1 415"));
  CHECK(begins(ask(&h, "POST /json HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 400"));
  CHECK(begins(ask(&h, "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "HTTP/1.1 400"));
  stop(&h);
}

TEST("a handler that answers nothing is 500") {
  kt_config c = test_config();
  harness h = serve(&c, BASIC);
  CHECK(begins(ask(&h, "GET /forgets HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 500"));
  stop(&h);
}

TEST("a head that does not arrive in time is 408, an idle connection is closed") {
  kt_config c = test_config();
  c.head_timeout_ms = 50;
  harness h = serve(&c, BASIC);
  int fd = dial(&h);
  say(fd, "GET / HTTP/1.1\r\nHo");
  CHECK(begins(hear_all(fd), "HTTP/1.1 408"));
  close(fd);
  stop(&h);
  c = test_config();
  c.idle_timeout_ms = 500; /* counts before the first request, too */
  h = serve(&c, BASIC);
  fd = dial(&h);
  say(fd, GET_HELLO);
  CHECK(begins(hear_all(fd), "HTTP/1.1 200"));
  close(fd);
  stop(&h);
}

TEST("content that stops arriving is 408") {
  kt_config c = test_config();
  c.body_timeout_ms = 50;
  harness h = serve(&c, BASIC);
  int fd = dial(&h);
  say(fd, "POST /whole HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  CHECK(begins(hear_all(fd), "HTTP/1.1 408"));
  close(fd);
  stop(&h);
}

/* Sends `piece` bytes of content every 10 ms, `total` at most; what the server said when it said something. */
static const char *upload_slowly(const harness *h, const char *path, size_t piece, size_t total) {
  int fd = dial(h);
  char text[200];
  snprintf(text, sizeof text, "POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", path,
           total);
  say(fd, text);
  struct pollfd p = {.fd = fd, .events = POLLIN};
  memset(text, 'x', sizeof text);
  for (size_t sent = 0; sent < total && poll(&p, 1, 10) == 0; sent += piece) say_bytes(fd, text, piece);
  const char *answer = hear_all(fd);
  close(fd);
  return answer;
}

TEST("content that trickles is 408 although each wait is short, content at the rate is taken") {
  kt_config c = test_config();
  c.body_timeout_ms = 100;
  c.body_rate_min = 4000;
  harness h = serve(&c, BASIC);
  CHECK(begins(upload_slowly(&h, "/whole", 1, 1000), "HTTP/1.1 408"));
  stop(&h);
  c.body_timeout_ms = 10000;
  h = serve(&c, BASIC);
  CHECK(begins(upload_slowly(&h, "/whole", 200, 4000), "HTTP/1.1 200"));
  stop(&h);
}

/* How long a client is waited for that sends `piece` bytes every 10 ms; at most a minute. */
static uint64_t patience_with(size_t piece) {
  kt_config c = test_config();
  c.body_timeout_ms = 100;
  c.body_rate_min = 4000;
  kt__patience p;
  kt__patience_init(&p, &c);
  uint64_t began_ms = 1000, now_ms = began_ms;
  while (now_ms < began_ms + 60000 && kt__patience_wait(&p, now_ms) >= 10) {
    now_ms += 10;
    kt__patience_came(&p, &c, now_ms, piece);
  }
  return now_ms - began_ms;
}

TEST("patience lasts for content at the rate, runs out for less, and bytes that came early do not stretch it") {
  CHECK_EQ(patience_with(40), 60000);
  CHECK_EQ(patience_with(4000), 60000);
  CHECK(patience_with(1) >= 100 && patience_with(1) <= 110);
  CHECK(patience_with(20) >= 180 && patience_with(20) <= 200);
  kt_config c = test_config();
  c.body_timeout_ms = 100;
  c.body_rate_min = 4000;
  kt__patience p;
  kt__patience_init(&p, &c);
  kt__patience_wait(&p, 1000);
  kt__patience_came(&p, &c, 1001, 1000000);
  CHECK_EQ(kt__patience_wait(&p, 1001), 100);
}

TEST("more heads at a time than idle exchanges are kept may all be refused") {
  enum { MANY = 300 };
  kt_config c = test_config();
  harness h = serve(&c, BASIC);
  static int fds[MANY];
  for (int i = 0; i < MANY; i++) {
    fds[i] = dial(&h);
    say(fds[i], "GET /nowhere HTTP/1.1\r\nHost: a\r\n");
  }
  CHECK(begins(ask(&h, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 200"));
  for (int i = 0; i < MANY; i++) say(fds[i], "\r\n");
  for (int i = 0; i < MANY; i++) {
    CHECK(has(hear_until(fds[i], "\r\n\r\n"), "HTTP/1.1 404"));
    close(fds[i]);
  }
  stop(&h);
}

enum { TAIL_SIZE = 16 << 20 };
static void long_tail(void *context, kt_exchange *x) {
  (void)context;
  static char body[TAIL_SIZE];
  kt_response_send(x, 200, KT_BYTES("application/octet-stream"), body, sizeof body);
}

TEST("a client that pauses gets the whole of the last response; one that stays away is closed") {
  static const kt_route_spec tail[] = {ROUTE(KT_GET, "/", long_tail)};
  for (int stays_away = 0; stays_away < 2; stays_away++) {
    kt_config c = test_config();
    if (stays_away) c.write_timeout_ms = 300;
    harness h = serve(&c, tail, 1);
    int fd = dial(&h);
    say(fd, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    usleep(2500000); /* more than a connection lingers */
    size_t got = 0;
    ssize_t n;
    while ((n = peer_recv(fd, heard, sizeof heard, 0)) > 0) got += (size_t)n;
    CHECK(stays_away ? got < TAIL_SIZE : n == 0 && got > TAIL_SIZE);
    close(fd);
    stop(&h);
  }
}

/* Holds the reactor while `n` bytes are sent, and gives the turns until all were read and so many requests answered. */
static void hold(void *held, void *unused) {
  (void)unused;
  atomic_int *state = held;
  atomic_store(state, 1);
  while (atomic_load(state) == 1) usleep(100);
}

static uint64_t turns_for(const harness *h, int fd, const char *bytes, size_t n, uint64_t requests) {
  uint16_t count;
  atomic_int held = 0;
  kt_reactor_post(kt__server_reactors(h->server, &count)[0], hold, &held, NULL);
  while (!atomic_load(&held)) usleep(100);
  CHECK(send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n);
  kt_counters first = kt_server_counters(h->server), now;
  atomic_store(&held, 2);
  EVENTUALLY((now = kt_server_counters(h->server)).bytes_in - first.bytes_in >= n &&
             now.requests - first.requests >= requests);
  return now.turns - first.turns;
}

/* A completion driver has it already, in as many buffers as there are. */
TEST("what a refused client sends on is read a little in each turn") {
  if (strcmp(test_driver_name(), "epoll") != 0) return;
  enum { SIZE = 200000, READS_MAX = 16, BUFFER_SIZE = 1024 + 4096 };
  kt_config c = test_config();
  c.head_size_max = 1024;
  c.target_size_max = 256;
  harness h = serve(&c, BASIC);
  int fd = dial(&h);
  static char rest[SIZE];
  memset(rest, 'x', sizeof rest);
  say(fd, "GET / HTTP/1.1\r\nX: ");
  say_bytes(fd, rest, 1500);
  CHECK(has(hear_until(fd, "Content-Type"), " 431 "));
  CHECK(turns_for(&h, fd, rest, SIZE, 0) >= SIZE / (READS_MAX * BUFFER_SIZE));
  close(fd);
  stop(&h);
}

TEST("a connection has no more requests answered in a turn than its share") {
  enum { REQUESTS = 400, SHARE = 10 };
  kt_config c = test_config();
  c.pipeline_max = SHARE;
  harness h = serve(&c, BASIC);
  int fd = dial(&h);
  static char text[REQUESTS * sizeof GET_HELLO];
  for (int i = 0; i < REQUESTS; i++) strcat(text, GET_HELLO);
  /* Once more in a turn, if more of them come. */
  CHECK(turns_for(&h, fd, text, strlen(text), REQUESTS) >= REQUESTS / (2 * (SHARE + 1)));
  CHECK_EQ(kt_server_counters(h.server).requests, REQUESTS);
  close(fd);
  stop(&h);
}

TEST("connections beyond the limit get 503 and others are served on") {
  kt_config c = test_config();
  c.connections_max = 2;
  harness h = serve(&c, BASIC);
  int first = dial(&h), second = dial(&h);
  say(first, GET_HELLO);
  CHECK(has(hear_until(first, "hello"), "200"));
  say(second, GET_HELLO);
  CHECK(has(hear_until(second, "hello"), "200"));
  int third = dial(&h);
  CHECK(begins(hear_all(third), "HTTP/1.1 503"));
  say(first, GET_HELLO);
  CHECK(has(hear_until(first, "hello"), "200"));
  close(first), close(second), close(third);
  stop(&h);
}

TEST("a kept connection serves requests without one heap allocation") {
  kt_config c = test_config();
  harness h = serve(&c, BASIC);
  int fd = dial(&h);
  static uint64_t before, after;
  for (int i = 0; i < 1100; i++) {
    if (i == 100) before = kt_server_counters(h.server).allocations;
    say(fd, GET_HELLO);
    CHECK(has(hear_until(fd, "hello"), "200"));
  }
  after = kt_server_counters(h.server).allocations;
  CHECK(before > 0);
  CHECK_EQ(after, before);
  close(fd);
  stop(&h);
}

/* ---- asynchronous handlers ---- */

typedef struct deferred {
  kt_exchange *x;
  kt_reactor *reactor;
  atomic_int cancelled, naps;
} deferred;

static deferred parked;

static void on_cancelled(void *context) { atomic_store(&((deferred *)context)->cancelled, 1); }

static void parks(void *context, kt_exchange *x) {
  deferred *d = context;
  kt_exchange_suspend(x);
  kt_exchange_on_cancel(x, on_cancelled, d);
  d->reactor = kt_exchange_reactor(x);
  __atomic_store_n(&d->x, x, __ATOMIC_RELEASE);
}

static void answer_parked(void *context, void *argument) {
  (void)argument;
  deferred *d = context;
  kt_exchange *x = d->x;
  __atomic_store_n(&d->x, NULL, __ATOMIC_RELEASE);
  kt_response_send(x, 200, KT_BYTES("text/plain"), "later", 5);
  kt_exchange_leave(x);
}

static void leave_parked(void *context, void *argument) {
  (void)argument;
  deferred *d = context;
  kt_exchange *x = d->x;
  __atomic_store_n(&d->x, NULL, __ATOMIC_RELEASE);
  kt_exchange_leave(x);
}

static void await_parked(void) {
  EVENTUALLY(__atomic_load_n(&parked.x, __ATOMIC_ACQUIRE));
}

/* The task takes x out of `parked` first. */
static void post_to_parked(kt_task_fn fn) {
  kt_reactor_post(parked.reactor, fn, &parked, NULL);
  EVENTUALLY(!__atomic_load_n(&parked.x, __ATOMIC_ACQUIRE));
}

static const kt_route_spec async_routes[] = {
    {.method = KT_GET, .path = KT_BYTES("/park"), .handler = parks, .context = &parked},
    {.method = KT_GET, .path = KT_BYTES("/brief"), .handler = parks, .context = &parked, .deadline_ms = 40},
    ROUTE(KT_GET, "/", hello),
};

TEST("a suspended request is answered from another thread's task, and pipelined ones wait for it") {
  kt_config c = test_config();
  harness h = serve(&c, async_routes, 3);
  parked = (deferred){0};
  int fd = dial(&h);
  say(fd, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n" GET_HELLO GET_HELLO);
  await_parked();
  post_to_parked(answer_parked);
  const char *answers = hear_until(fd, "hello");
  CHECK(strstr(answers, "later") && strstr(answers, "later") < strstr(answers, "hello"));
  close(fd);
  stop(&h);
}

enum { NAPS = 20 };

static void nap(void *context) {
  deferred *d = context;
  if (atomic_fetch_add(&d->naps, 1) < NAPS) {
    kt_exchange_sleep(d->x, 0, nap, d);
    return;
  }
  kt_response_send(d->x, 200, KT_BYTES("text/plain"), "later", 5);
  kt_exchange_leave(d->x);
}

static void naps(void *context, kt_exchange *x) {
  deferred *d = context;
  kt_exchange_suspend(x);
  d->x = x;
  nap(d);
}

TEST("sleeps of nothing end in the turn that they began in") {
  static deferred napping;
  kt_route_spec routes[] = {{.method = KT_GET, .path = KT_BYTES("/"), .handler = naps, .context = &napping}};
  kt_config c = test_config();
  harness h = serve(&c, routes, 1);
  int fd = dial(&h);
  uint64_t before = kt_server_counters(h.server).turns;
  say(fd, GET_HELLO);
  CHECK(has(hear_until(fd, "later"), "200"));
  CHECK(atomic_load(&napping.naps) > NAPS);
  CHECK(kt_server_counters(h.server).turns - before < NAPS);
  close(fd);
  stop(&h);
}

TEST("a suspended request outlives its connection") {
  kt_config c = test_config();
  harness h = serve(&c, async_routes, 3);
  parked = (deferred){0};
  int fd = dial(&h);
  say(fd, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  await_parked();
  struct linger reset = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(fd);
  EVENTUALLY(atomic_load(&parked.cancelled));
  CHECK_BYTES(kt_exchange_request(parked.x)->path, "/park");
  post_to_parked(answer_parked);
  fd = dial(&h);
  say(fd, GET_HELLO);
  CHECK(has(hear_until(fd, "hello"), "200"));
  close(fd);
  stop(&h);
}

TEST("a deadline answers 504, cancels, and what the handler does later is dropped") {
  kt_config c = test_config();
  harness h = serve(&c, async_routes, 3);
  for (int round = 0; round < 2; round++) {
    parked = (deferred){0};
    int fd = dial(&h);
    say(fd, "GET /brief HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(begins(hear_all(fd), "HTTP/1.1 504"));
    CHECK(atomic_load(&parked.cancelled));
    post_to_parked(round ? answer_parked : leave_parked);
    close(fd);
  }
  stop(&h);
}

TEST("a handler that leaves without a response is 500") {
  kt_config c = test_config();
  harness h = serve(&c, async_routes, 3);
  parked = (deferred){0};
  int fd = dial(&h);
  say(fd, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  await_parked();
  post_to_parked(leave_parked);
  CHECK(has(hear_until(fd, "}"), "HTTP/1.1 500"));
  close(fd);
  stop(&h);
}

/* ---- route tables ---- */

static atomic_int released;
static void on_release(void *context) {
  (void)context;
  atomic_fetch_add(&released, 1);
}

static void other(void *context, kt_exchange *x) {
  (void)context;
  kt_response_send(x, 200, KT_BYTES("text/plain"), "other", 5);
}

TEST("a request keeps the table that it began with; a table is released after its last request") {
  kt_config c = test_config();
  char error[256];
  atomic_store(&released, 0);
  kt_routes *first = kt_routes_create(async_routes, 3, on_release, error, sizeof error);
  kt_server *server = kt_server_create(&c, first, error, sizeof error);
  CHECK(server && kt_server_start(server) == KT_OK);
  harness h = {server};
  parked = (deferred){0};
  int fd = dial(&h), second = dial(&h);
  say(fd, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  await_parked();
  static const kt_route_spec next[] = {ROUTE(KT_GET, "/", other)};
  kt_server_publish(server, kt_routes_create(next, 1, NULL, error, sizeof error));
  do { /* the table is picked up in the reactor's next turn */
    say(second, GET_HELLO);
    hear_until(second, "\r\n\r\n");
    if (!has(heard, "hello") && !has(heard, "other")) peer_recv(second, heard, 5, 0);
  } while (has(heard, "hello"));
  CHECK_EQ(atomic_load(&released), 0);
  post_to_parked(answer_parked);
  CHECK(has(hear_until(fd, "later"), "200"));
  EVENTUALLY(atomic_load(&released) == 3);
  close(fd), close(second);
  stop(&h);
}

TEST("a server that cannot be created says why and leaves the table to its caller") {
  kt_config c = test_config();
  char error[256];
  kt_routes *routes = compile_routes(BASIC);
  c.host = "nowhere";
  CHECK(kt_server_create(&c, routes, error, sizeof error) == NULL);
  CHECK(has(error, "'nowhere' is not a numeric"));
  c.host = "192.0.2.1"; /* of documents (RFC 5737) */
  CHECK(kt_server_create(&c, routes, error, sizeof error) == NULL);
  CHECK(has(error, "no interface of this machine has the address"));
  uint32_t *timeouts[] = {&c.handshake_timeout_ms, &c.head_timeout_ms, &c.body_timeout_ms, &c.write_timeout_ms,
                          &c.request_timeout_ms};
  for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
    uint32_t before = *timeouts[i];
    *timeouts[i] = 0;
    CHECK(kt_server_create(&c, routes, error, sizeof error) == NULL);
    CHECK(has(error, "_timeout_ms is 0; it must be at least 1"));
    *timeouts[i] = before;
  }
  for (uint64_t n = 1;; n++) { /* memory runs out at each allocation in turn */
    c.host = NULL;
    kt_fail_allocation(n);
    kt_server *server = kt_server_create(&c, routes, error, sizeof error);
    kt_fail_allocation(0);
    if (server) {
      kt_server_destroy(server);
      break;
    }
    CHECK(n < 1000);
  }
}

static void fails_next(void *context, kt_exchange *x) {
  (void)context;
  kt_bytes n = kt_exchange_request(x)->params[0];
  uint64_t count = 0;
  for (size_t i = 0; i < n.n; i++) count = count * 10 + (uint64_t)(n.p[i] - '0');
  kt_response_send(x, 204, (kt_bytes){0, 0}, NULL, 0);
  kt_fail_allocation(count);
}

static void adds_field(void *context, kt_exchange *x) {
  (void)context;
  kt_bytes body = kt_exchange_body(x);
  if (kt_response_field(x, KT_BYTES("X-Size"), KT_BYTES("many")) != KT_OK)
    kt_response_problem(x, 503, (kt_bytes){0, 0});
  else
    kt_response_send(x, 200, KT_BYTES("text/plain"), body.p, body.n);
}

TEST("when memory runs out at any point a request fails and the server goes on") {
  static const kt_route_spec routes[] = {ROUTE(KT_GET, "/fail/{n}", fails_next), ROUTE(KT_GET, "/", hello),
                                         ROUTE(KT_POST, "/field", adds_field)};
  static char body[100000];
  memset(body, 'x', sizeof body);
  unsigned failures = 0;
  for (int n = 1; n < 40; n++) {
    kt_config c = test_config();
    harness h = serve(&c, routes, 3);
    char request[100];
    snprintf(request, sizeof request, "GET /fail/%d HTTP/1.1\r\nHost: a\r\n\r\n", n);
    int fd = dial(&h);
    say(fd, request);
    hear_until(fd, "\r\n\r\n");
    int other_fd = dial(&h);
    say(other_fd, "POST /field HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n");
    say_bytes(other_fd, body, sizeof body);
    hear_all(other_fd);
    if (!begins(heard, "HTTP/1.1 200")) failures++;
    close(other_fd);
    close(fd);
    for (int tries = 0; tries < 2; tries++) { /* the failure may still wait for its allocation */
      fd = dial(&h);
      say(fd, GET_HELLO);
      hear_until(fd, "hello");
      close(fd);
    }
    fd = dial(&h);
    say(fd, GET_HELLO);
    CHECK(has(hear_until(fd, "hello"), "200"));
    close(fd);
    stop(&h);
  }
  CHECK(failures >= 5);
}

/* Begins to answer, then wants the content. */
static void answer_early_on(void *context) {
  kt_exchange *x = context;
  kt_bytes chunk;
  kt_status st;
  while ((st = kt_exchange_read(x, &chunk)) == KT_OK) {}
  if (st == KT_AGAIN) {
    kt_exchange_wait(x, answer_early_on, x);
    return;
  }
  if (st == KT_END) kt_response_end(x);
  kt_exchange_leave(x);
}

static void answer_early(void *context, kt_exchange *x) {
  (void)context;
  kt_exchange_suspend(x);
  kt_response_start(x, 200, KT_BYTES("text/plain"), -1);
  answer_early_on(x);
}

TEST("an upload that stops after its response has begun ends its connection") {
  kt_config c = test_config();
  c.body_timeout_ms = 50;
  const kt_route_spec routes[] = {
      {.method = KT_POST, .path = KT_BYTES("/early"), .handler = answer_early, .body_mode = KT_BODY_STREAM}};
  harness h = serve(&c, routes, 1);
  int fd = dial(&h);
  say(fd, "POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  const char *answer = hear_all(fd);
  CHECK(begins(answer, "HTTP/1.1 200") && !strstr(answer, "\r\n0\r\n"));
  CHECK_EQ(kt_server_counters(h.server).timeouts, 1);
  close(fd);
  stop(&h);
}

TEST("a preface of HTTP/2 is one only at the beginning of its connection") {
  kt_config c = test_config();
  c.h2c = true;
  harness h = serve(&c, BASIC);
  int fd = dial(&h);
  say(fd, GET_HELLO);
  CHECK(begins(hear_until(fd, "hello"), "HTTP/1.1 200"));
  say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  CHECK(begins(hear_all(fd), "HTTP/1.1 400"));
  close(fd);
  stop(&h);
}
