/* Connections that move between reactors, at moments that nobody chose well. */
#include "harness.h"

#include "server/balance.h"
#include "server/reactor.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

TEST("only a busy reactor gives, only to one that is less so, and half of the difference") {
  CHECK_EQ(kt__balance_share(849, 0, 100), 0);
  CHECK_EQ(kt__balance_share(900, 601, 100), 0);
  CHECK_EQ(kt__balance_share(1000, 0, 40), 20);
  CHECK_EQ(kt__balance_share(900, 600, 60), 10);
  CHECK_EQ(kt__balance_share(1000, 0, 1), 0); /* it would be as busy there */
  CHECK_EQ(kt__balance_share(1000, 0, 3), 1);
  CHECK_EQ(kt__balance_share(1000, 0, 100000), KT_BALANCE_MOVES);
}

/* Answers with the number it was asked for and the reactor that it ran on. */
static void tell(void *context, kt_exchange *x) {
  (void)context;
  kt_bytes n = kt_request_param(kt_exchange_request(x), 0);
  char text[64];
  int length = snprintf(text, sizeof text, "<%.*s on %u>", (int)n.n, (const char *)n.p,
                        kt_reactor_index(kt_reactor_current()));
  kt_response_send(x, 200, KT_BYTES("text/plain"), text, (size_t)length);
}

static void wakes(void *context) {
  tell(NULL, context);
  kt_exchange_leave(context);
}

static void tell_later(void *context, kt_exchange *x) {
  (void)context;
  kt_exchange_suspend(x);
  CHECK(kt_exchange_sleep(x, 1, wakes, x) == KT_OK);
}

static void burn(void *context, kt_exchange *x) {
  struct timespec t;
  uint64_t now, end = 0;
  do {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    if (end == 0) end = now + 1000000;
  } while (now < end);
  tell(context, x);
}

static const kt_route_spec routes[] = {
    ROUTE(KT_GET, "/tell/{n}", tell),
    ROUTE(KT_GET, "/late/{n}", tell_later),
    ROUTE(KT_GET, "/burn/{n}", burn),
};
#define ROUTES routes, sizeof routes / sizeof *routes

typedef struct client {
  pthread_t thread;
  const harness *h;
  unsigned index;
  bool may_end; /* the server drains meanwhile */
  bool wrong;   /* an answer, or the end */
  atomic_uint *answers;
} client;

/* The next answer on the connection; false when the server ended it between two answers. */
static bool hear_one(int fd, char *text, size_t size) {
  size_t n = 0;
  ssize_t got;
  do {
    got = peer_recv(fd, text + n, 1, 0);
    if (got > 0) n++;
    text[n] = 0;
  } while (got > 0 && text[n - 1] != '>' && n < size - 1);
  return got > 0;
}

static void *ask_on(void *argument) {
  client *me = argument;
  int fd = dial(me->h);
  unsigned sent = 0, heard_n = 0, state = me->index * 2654435761u + 1;
  while (heard_n < 3000) {
    char text[2048];
    size_t n = 0;
    state = state * 1664525u + 1013904223u;
    for (unsigned burst = 1 + (state >> 16) % 4; burst > 0; burst--)
      n += (size_t)snprintf(text + n, sizeof text - n, "GET /tell/%u-%u HTTP/1.1\r\nHost: a\r\n\r\n", me->index,
                            sent++);
    size_t cut = state % n; /* the rest comes in a packet of its own */
    say_bytes(fd, text, cut);
    say_bytes(fd, text + cut, n - cut);
    for (; heard_n < sent; heard_n++) {
      char answer[512], wanted[32];
      snprintf(wanted, sizeof wanted, "<%u-%u on ", me->index, heard_n);
      if (!hear_one(fd, answer, sizeof answer)) {
        me->wrong = !me->may_end;
        close(fd);
        return NULL;
      }
      if (!has(answer, wanted)) {
        printf("wanted %s, heard %s\n", wanted, answer);
        me->wrong = true;
      }
      atomic_fetch_add(me->answers, 1);
    }
  }
  close(fd);
  return NULL;
}

/* ---- the same over HTTP/2 ---- */

/* A request without content; literals without indexing. */
static size_t add_request(uint8_t *to, unsigned stream, const char *path) {
  size_t path_n = strlen(path), n = 9;
  static const char fixed[] = "\0\7:method\3GET\0\7:scheme\4http\0\12:authority\1a\0\5:path";
  memcpy(to + n, fixed, sizeof fixed - 1);
  n += sizeof fixed - 1;
  to[n++] = (uint8_t)path_n;
  memcpy(to + n, path, path_n);
  n += path_n;
  const uint8_t head[9] = {0, 0, (uint8_t)(n - 9), 1, 5, 0, 0, (uint8_t)(stream >> 8), (uint8_t)stream};
  memcpy(to, head, 9);
  return n;
}

/* The stream that ended and its content; 0 when the connection ended. */
static unsigned hear_stream(int fd, char *content, size_t size) {
  uint8_t head[9];
  while (peer_recv(fd, head, 9, MSG_WAITALL) == 9) {
    size_t n = (size_t)head[1] << 8 | head[2];
    if (n >= size || (n > 0 && peer_recv(fd, content, n, MSG_WAITALL) != (ssize_t)n)) return 0;
    content[n] = 0;
    if (head[3] == 0 && head[4] & 1) return (unsigned)head[7] << 8 | head[8];
  }
  return 0;
}

static void *ask_on_h2(void *argument) {
  client *me = argument;
  int fd = dial(me->h);
  unsigned sent = 0, heard_n = 0, state = me->index * 2654435761u + 1;
  say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  say_bytes(fd, "\0\0\0\4\0\0\0\0\0", 9);
  say_bytes(fd, "\0\0\4\10\0\0\0\0\0\1\0\0\0", 13);
  while (heard_n < 3000) {
    uint8_t text[1024];
    size_t n = 0;
    state = state * 1664525u + 1013904223u;
    for (unsigned burst = 1 + (state >> 16) % 4; burst > 0; burst--) {
      char path[40];
      snprintf(path, sizeof path, "/%s/%u-%u", sent % 16 ? "tell" : "late", me->index, sent);
      n += add_request(text + n, 2 * sent++ + 1, path);
    }
    size_t cut = state % n; /* the rest comes in a packet of its own */
    say_bytes(fd, text, cut);
    say_bytes(fd, text + cut, n - cut);
    for (; heard_n < sent; heard_n++) {
      char answer[512], wanted[32];
      unsigned stream = hear_stream(fd, answer, sizeof answer);
      if (stream == 0) {
        me->wrong = !me->may_end;
        close(fd);
        return NULL;
      }
      snprintf(wanted, sizeof wanted, "<%u-%u on ", me->index, stream / 2);
      me->wrong |= !has(answer, wanted);
      atomic_fetch_add(me->answers, 1);
    }
  }
  close(fd);
  return NULL;
}

/* ---- what is asked of both ---- */

static void give_task(void *reactor, void *to) {
  kt_reactor *r = reactor;
  if (!r->draining) kt__balance_give(r, to, 4);
}

static void give_all(const harness *h) {
  uint16_t n;
  kt_reactor *const *all = kt__server_reactors(h->server, &n);
  for (uint16_t i = 0; i < n; i++) kt_reactor_post(all[i], give_task, all[i], all[(i + 1) % n]);
}

enum { CLIENTS = 12, REACTORS = 3 };

/* How many connections moved. */
static uint64_t run_clients(void *(*ask)(void *client), bool drain) {
  kt_config c = test_config();
  c.h2c = true;
  c.write_timeout_ms = 1000; /* how often streams are looked at */
  c.reactors = REACTORS;
  harness h = serve(&c, ROUTES);
  client clients[CLIENTS];
  atomic_uint answers = 0;
  for (unsigned i = 0; i < CLIENTS; i++) {
    clients[i] = (client){.h = &h, .index = i, .may_end = drain, .answers = &answers};
    CHECK(pthread_create(&clients[i].thread, NULL, ask, &clients[i]) == 0);
  }
  unsigned goal = drain ? 1000 : 3000 * CLIENTS;
  for (int i = 0; i < 100000 && atomic_load(&answers) < goal; i++) {
    give_all(&h);
    usleep(200);
  }
  if (drain) {
    give_all(&h);
    kt_server_drain(h.server, 5000);
    for (int i = 0; i < 20; i++) give_all(&h);
  }
  for (unsigned i = 0; i < CLIENTS; i++) {
    pthread_join(clients[i].thread, NULL);
    CHECK(!clients[i].wrong);
  }
  if (!drain) kt_server_drain(h.server, 1000);
  kt_server_join(h.server);
  kt_counters counters = kt_server_counters(h.server);
  CHECK_EQ(counters.accepted, CLIENTS);
  CHECK_EQ(counters.closed, CLIENTS);
  CHECK_EQ(counters.parse_errors, 0);
  kt_server_destroy(h.server);
  return counters.moved;
}

static void drain_often(void *(*ask)(void *client)) {
  uint64_t moved = 0;
  for (int i = 0; i < 20; i++) moved += run_clients(ask, true);
  CHECK(moved > 20);
}

TEST("a connection that moves while its client asks gets every answer, in order") {
  CHECK(run_clients(ask_on, false) > 100);
}

TEST("connections that move while the server drains end between two answers") { drain_often(ask_on); }

TEST("an HTTP/2 connection that moves while its client asks gets every answer") {
  CHECK(run_clients(ask_on_h2, false) > 100);
}

TEST("HTTP/2 connections that move while the server drains end without a wrong answer") { drain_often(ask_on_h2); }

/* Behind the turn's tasks, so that the task that a parcel posts is left for after the end. */
static void end_with_a_parcel(void *reactor) {
  kt_reactor *r = reactor;
  kt__reactor_drain(r, 0);
  const kt__parcel parcel = {.fd = dup(0)};
  CHECK(kt__balance_send(r, &parcel));
}

static void want_jobs(void *reactor, void *unused) {
  (void)unused;
  kt_reactor_set_jobs(reactor, end_with_a_parcel, reactor);
  kt_reactor_want_jobs(reactor);
}

TEST("a reactor that has ended takes no connection") {
  kt_config c = test_config();
  c.reactors = 2;
  harness h = serve(&c, ROUTES);
  uint16_t n;
  kt_reactor *ended = kt__server_reactors(h.server, &n)[1];
  kt_reactor_post(ended, want_jobs, ended, NULL);
  pthread_join(ended->thread, NULL);
  CHECK_EQ(kt_server_counters(h.server).closed, 1);
  CHECK(!kt__balance_send(ended, &(kt__parcel){.fd = -1}));
  CHECK(pthread_create(&ended->thread, NULL, kt__reactor_main, ended) == 0); /* for who joins all */
  stop(&h);
}

TEST("busy connections that met on one reactor do not stay there") {
  enum { BUSY = 6 };
  kt_config c = test_config();
  c.reactors = 2;
  harness h = serve(&c, ROUTES);
  struct pollfd fds[BUSY];
  char answer[512];
  for (unsigned n = 0; n < BUSY;) {
    int fd = dial(&h);
    say(fd, "GET /tell/0 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(hear_one(fd, answer, sizeof answer));
    if (has(answer, "on 0>"))
      fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
    else
      close(fd);
  }
  bool moved = false;
  for (unsigned i = 0; i < BUSY; i++) say(fds[i].fd, "GET /burn/0 HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int asked = 0; asked < 30000 && !moved; asked++) {
    CHECK(poll(fds, BUSY, PATIENCE_MS) > 0);
    for (unsigned i = 0; i < BUSY; i++) {
      if (!fds[i].revents) continue;
      CHECK(hear_one(fds[i].fd, answer, sizeof answer));
      moved |= has(answer, "on 1>");
      say(fds[i].fd, "GET /burn/0 HTTP/1.1\r\nHost: a\r\n\r\n");
    }
  }
  CHECK(moved);
  for (unsigned i = 0; i < BUSY; i++) close(fds[i].fd);
  stop(&h);
}
