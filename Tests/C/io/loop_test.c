/* The loop: tasks from other threads, timers, streams accepted and dialled. */
#include "check.h"
#include "driver.h"

#include "io/io.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct peer {
  kt_stream stream;
  bool echoes;
  size_t got, want;
  bool connected, closed;
  int error;
} peer;

static kt_loop loop;

static void drain_input(peer *p) {
  char bytes[4096];
  size_t n;
  kt_status st;
  while ((st = kt_stream_read(&p->stream, bytes, sizeof bytes, &n)) == KT_OK) {
    p->got += n;
    if (p->echoes) kt_stream_append(&p->stream, bytes, n);
  }
  if (p->echoes) kt_stream_flush(&p->stream);
  if (st == KT_END || p->got == p->want) kt_stream_close(&p->stream);
}
static void on_readable(kt_stream *s) { drain_input((peer *)s); }
static void on_drained(kt_stream *s) { kt_stream_flush(s); }
static void on_broken(kt_stream *s) { kt_stream_close(s); }
static void on_closed(kt_stream *s) {
  peer *p = (peer *)s;
  p->closed = true;
  if (!p->echoes) kt_loop_stop(&loop);
}
static void on_connected(kt_stream *s, int error) {
  peer *p = (peer *)s;
  p->connected = true;
  p->error = error;
  if (error) {
    kt_stream_close(s);
    return;
  }
  for (size_t i = 0; i < p->want; i += 1000) {
    char bytes[1000];
    memset(bytes, 'x', sizeof bytes);
    CHECK(kt_stream_append(s, bytes, sizeof bytes) == KT_OK);
  }
  kt_stream_flush(s);
}
static const kt_stream_events events = {on_readable, on_drained, on_drained, on_connected,
                                        on_broken, NULL, on_closed};

static peer accepted;
static void on_accepted(kt_listener *l, int fd) {
  (void)l;
  accepted = (peer){.echoes = true};
  CHECK(kt_stream_open(&accepted.stream, &loop, fd, &events) == KT_OK);
}
static void on_starved(kt_listener *l, int error) {
  (void)l;
  (void)error;
}

static struct sockaddr_in loopback(uint16_t port) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static void begin(void) { CHECK(kt_loop_init(&loop, test_driver(), 4096, 16) == KT_OK); }

TEST("a dialled stream talks to an accepted one, with more bytes than the sockets hold") {
  begin();
  int fd;
  CHECK(kt_listener_bind(&fd, "127.0.0.1", 0, 16) == KT_OK);
  kt_listener listener = {.accepted = on_accepted, .starved = on_starved};
  CHECK(kt_listener_start(&listener, &loop, fd) == KT_OK);
  struct sockaddr_in to = loopback(kt_listener_port(fd));
  peer client = {.want = 20 * 1000 * 1000};
  size_t want = client.want;
  CHECK(kt_stream_dial(&client.stream, &loop, (struct sockaddr *)&to, sizeof to, &events) == KT_OK);
  CHECK(!client.connected);
  kt_loop_run(&loop);
  CHECK(client.connected && client.error == 0);
  CHECK_EQ(client.got, want);
  loop.stopped = false;
  while (!accepted.closed) kt_loop_turn(&loop, true);
  kt_listener_stop(&listener);
  CHECK_EQ(loop.bufs.live, 0);
  kt_loop_deinit(&loop);
}

TEST("dialling a port where nobody listens tells so") {
  begin();
  int fd;
  CHECK(kt_listener_bind(&fd, "127.0.0.1", 0, 16) == KT_OK);
  struct sockaddr_in to = loopback(kt_listener_port(fd));
  close(fd);
  peer client = {.want = 1000};
  if (kt_stream_dial(&client.stream, &loop, (struct sockaddr *)&to, sizeof to, &events) == KT_OK) {
    kt_loop_run(&loop);
    CHECK(client.error != 0);
  }
  kt_loop_deinit(&loop);
}

TEST("a port with a listener is refused to the next process, which SO_REUSEPORT alone would let in") {
  int fd;
  CHECK(kt_listener_bind(&fd, "127.0.0.1", 0, 16) == KT_OK);
  CHECK(kt_listener_probe("127.0.0.1", kt_listener_port(fd)) == KT_EIO);
  CHECK(kt_listener_probe("here", 1) == KT_EINVAL);
  close(fd);
}

/* ---- tasks ---- */

#define POSTERS 4
#define POSTS 20000

static uint64_t last[POSTERS], run_count;
static bool in_order = true;

static void count_task(void *poster, void *number) {
  uint64_t *mine = poster;
  if ((uint64_t)(uintptr_t)number != *mine + 1) in_order = false;
  *mine = (uint64_t)(uintptr_t)number;
  if (++run_count == POSTERS * POSTS) kt_loop_stop(&loop);
}

static void *post_all(void *poster) {
  for (uintptr_t i = 1; i <= POSTS; i++) kt_loop_post(&loop, (kt_task){count_task, poster, (void *)i});
  return NULL;
}

TEST("tasks of every thread run once and in its order, also when the ring spills") {
  begin();
  pthread_t threads[POSTERS];
  for (int i = 0; i < POSTERS; i++) pthread_create(&threads[i], NULL, post_all, &last[i]);
  usleep(20000); /* the ring fills: it holds 4096 */
  kt_loop_run(&loop);
  for (int i = 0; i < POSTERS; i++) pthread_join(threads[i], NULL);
  CHECK(in_order);
  CHECK_EQ(run_count, POSTERS * POSTS);
  kt_loop_deinit(&loop);
}

static void stop_loop(void *context, void *argument) {
  (void)context;
  (void)argument;
  kt_loop_stop(&loop);
}

static void *post_when_it_sleeps(void *context) {
  while (!atomic_load(&loop.sleeping)) usleep(100);
  kt_loop_post(&loop, (kt_task){stop_loop, NULL, NULL});
  return context;
}

TEST("a task wakes a loop that sleeps") {
  uint64_t wakeups = 0;
  for (int tries = 0; tries < 20 && !wakeups; tries++) { /* it may wake by itself just before the task comes */
    begin();
    pthread_t thread;
    pthread_create(&thread, NULL, post_when_it_sleeps, NULL);
    uint64_t before = loop.counters.turns;
    kt_loop_run(&loop);
    CHECK(loop.counters.turns - before < 10);
    wakeups = loop.counters.wakeups;
    pthread_join(thread, NULL);
    kt_loop_deinit(&loop);
  }
  CHECK_EQ(wakeups, 1);
}

static unsigned fired;
static void on_fire(kt_timer *t) {
  (void)t;
  fired++;
  kt_loop_stop(&loop);
}

TEST("a timer ends the loop's sleep, not before its time") {
  begin();
  kt_timer t;
  kt_timer_init(&t, on_fire);
  uint64_t begin_ms = loop.now_ms;
  kt_wheel_arm(&loop.wheel, &t, begin_ms + 40);
  kt_loop_run(&loop);
  CHECK_EQ(fired, 1);
  CHECK(loop.now_ms - begin_ms >= 40);
  kt_loop_deinit(&loop);
}
