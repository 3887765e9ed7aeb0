/* What runs at the end of a turn and of a reactor, descriptors of libraries, and the count of queries. */
#include "harness.h"

#include <fcntl.h>
#include <stdatomic.h>

static unsigned handled, at_turn_end[8], ends;
static kt_hook turn_hook, end_hook, unhooked;
static kt_reactor *reactor;
static atomic_uint at_end;

static void count_turn(void *context) {
  (void)context;
  if (ends < 8) at_turn_end[ends++] = handled;
}
static void count_end(void *context) {
  (void)context;
  if (kt_reactor_current() == reactor) atomic_fetch_add(&at_end, 1);
}
static void never(void *context) {
  (void)context;
  abort();
}

static void schedule(void *context, kt_exchange *x) {
  (void)context;
  reactor = kt_exchange_reactor(x);
  handled++;
  turn_hook.run = count_turn;
  end_hook.run = count_end;
  unhooked.run = never;
  kt_reactor_at_turn_end(reactor, &unhooked);
  kt_reactor_at_turn_end(reactor, &turn_hook);
  kt_reactor_at_turn_end(reactor, &turn_hook);
  kt_reactor_at_end(reactor, &end_hook);
  kt_reactor_unhook(&unhooked);
  hello(NULL, x);
}

static int ends_of_pipe[2];
static kt_foreign *watch;
static kt_exchange *waiting;

static void arrived(void *context, unsigned events) {
  (void)context;
  char byte = 0;
  if (!(events & KT_WATCH_READ) || read(ends_of_pipe[0], &byte, 1) != 1) return;
  kt_reactor_unwatch(kt_reactor_current(), watch);
  close(ends_of_pipe[0]);
  kt_response_send(waiting, 200, KT_BYTES("text/plain"), &byte, 1);
  kt_exchange_leave(waiting);
}

static void wait_for_byte(void *context, kt_exchange *x) {
  (void)context;
  kt_exchange_suspend(x);
  waiting = x;
  watch = kt_reactor_watch(kt_exchange_reactor(x), ends_of_pipe[0], KT_WATCH_READ, arrived, NULL);
}

static void count(void *context, kt_exchange *x) {
  (void)context;
  char text[2] = {(char)('0' + kt_exchange_query_count(x))};
  kt_exchange_count_query(x);
  kt_exchange_count_query(x);
  text[1] = (char)('0' + kt_exchange_query_count(x));
  kt_response_send(x, 200, KT_BYTES("text/plain"), text, 2);
}

static const kt_route_spec specs[] = {
    ROUTE(KT_GET, "/", schedule), ROUTE(KT_GET, "/byte", wait_for_byte), ROUTE(KT_GET, "/count", count)};

TEST("a hook runs once behind the turn's handlers, and one at the reactor's end") {
  kt_config c = test_config();
  harness h = serve(&c, specs, 3);
  int fd = dial(&h);
  say(fd, GET_HELLO GET_HELLO "GET /count HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(has(hear_until(fd, "02"), "hello"));
  close(fd);
  stop(&h);
  CHECK_EQ(handled, 2);
  CHECK_EQ(ends, 1);
  CHECK_EQ(at_turn_end[0], 2);
  CHECK_EQ(atomic_load(&at_end), 1);
}

TEST("a reactor tells when a library's descriptor is readable") {
  CHECK(pipe2(ends_of_pipe, O_NONBLOCK | O_CLOEXEC) == 0);
  kt_config c = test_config();
  harness h = serve(&c, specs, 3);
  int fd = dial(&h);
  say(fd, "GET /byte HTTP/1.1\r\nHost: a\r\n\r\n");
  usleep(20000);
  CHECK(write(ends_of_pipe[1], "!", 1) == 1);
  CHECK(has(hear_until(fd, "!"), "200"));
  close(fd);
  close(ends_of_pipe[1]);
  stop(&h);
}

TEST("each request counts its own queries") {
  kt_config c = test_config();
  harness h = serve(&c, specs, 3);
  int fd = dial(&h);
  for (int i = 0; i < 2; i++) {
    say(fd, "GET /count HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(has(hear_until(fd, "\r\n\r\n02"), "02"));
  }
  close(fd);
  stop(&h);
}
