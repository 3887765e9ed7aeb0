/* Descriptors that somebody else reads and writes. */
#include "check.h"
#include "driver.h"
#include "holder.h"

#include "io/io.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static kt_loop loop;

typedef struct watched {
  kt_foreign *watch;
  int fd, peer;
  unsigned calls, reads, writes;
  bool keeps; /* does not read what came */
  bool unwatches;
  struct watched *other; /* is unwatched by this one */
} watched;

static void on_ready(void *context, unsigned events) {
  watched *w = context;
  char bytes[64];
  w->calls++;
  if (events & KT__WATCH_READ) {
    w->reads++;
    if (!w->keeps && read(w->fd, bytes, sizeof bytes) < 0) CHECK(false);
  }
  if (events & KT__WATCH_WRITE) w->writes++;
  if (w->other) {
    kt_foreign_unwatch(w->other->watch);
    w->other->watch = NULL;
    close(w->other->fd);
    w->other = NULL;
  }
  if (w->unwatches) {
    kt_foreign_unwatch(w->watch);
    w->watch = NULL;
  }
}

static void begin(watched *w, unsigned events) {
  CHECK(kt_loop_init(&loop, test_driver(), 4096, 16) == KT_OK);
  int fds[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
  *w = (watched){.fd = fds[0], .peer = fds[1]};
  CHECK(w->watch = kt_foreign_watch(&loop, w->fd, events, on_ready, w));
}

static void turns(int n) {
  while (n-- > 0) kt_loop_turn(&loop, false);
}

static void end(watched *w) {
  if (w->watch) kt_foreign_unwatch(w->watch);
  turns(2);
  kt_loop_deinit(&loop);
  close(w->fd);
  close(w->peer);
}

static void say(int fd, const char *text) { CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text)); }

TEST("a descriptor is reported when bytes arrive, each time, and not without") {
  watched w;
  begin(&w, KT__WATCH_READ);
  turns(3);
  CHECK_EQ(w.calls, 0);
  for (unsigned i = 1; i <= 3; i++) {
    say(w.peer, "x");
    turns(3);
    CHECK_EQ(w.reads, i);
    CHECK_EQ(w.writes, 0);
  }
  end(&w);
}

TEST("what is not read is reported again") {
  watched w;
  begin(&w, KT__WATCH_READ);
  w.keeps = true;
  say(w.peer, "x");
  turns(6);
  CHECK(w.reads >= 3);
  end(&w);
}

TEST("room to write is reported only while it is wanted and there") {
  watched w;
  begin(&w, KT__WATCH_READ);
  static char bytes[1 << 16];
  while (write(w.fd, bytes, sizeof bytes) > 0) {}
  CHECK(kt_foreign_want(w.watch, KT__WATCH_READ | KT__WATCH_WRITE) == KT_OK);
  turns(4);
  CHECK_EQ(w.calls, 0);
  while (read(w.peer, bytes, sizeof bytes) > 0) {}
  turns(4);
  CHECK(w.writes > 0 && w.reads == 0);
  CHECK(kt_foreign_want(w.watch, KT__WATCH_READ) == KT_OK);
  turns(2);
  unsigned before = w.writes;
  turns(4);
  CHECK_EQ(w.writes, before);
  say(w.peer, "x");
  turns(4);
  CHECK_EQ(w.reads, 1);
  end(&w);
}

TEST("a pause reports nothing, not even the peer's end, and after it everything is there") {
  watched w;
  begin(&w, KT__WATCH_READ);
  turns(1);
  CHECK(kt_foreign_want(w.watch, 0) == KT_OK);
  say(w.peer, "x");
  shutdown(w.peer, SHUT_RDWR);
  turns(2);
  unsigned before = w.calls; /* a poll that was under way ends untold */
  turns(4);
  CHECK_EQ(before, 0);
  CHECK_EQ(w.calls, 0);
  CHECK(kt_foreign_want(w.watch, KT__WATCH_READ) == KT_OK);
  turns(4);
  CHECK(w.reads >= 2);
  end(&w);
}

TEST("a callback may end its own watch and another one that is ready, too") {
  watched first, second;
  begin(&first, KT__WATCH_READ);
  int fds[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
  second = (watched){.fd = fds[0], .peer = fds[1]};
  CHECK(second.watch = kt_foreign_watch(&loop, second.fd, KT__WATCH_READ, on_ready, &second));
  first.other = &second;
  second.other = &first;
  first.unwatches = second.unwatches = true;
  turns(2);
  say(first.peer, "x");
  say(second.peer, "x");
  turns(4);
  CHECK_EQ(first.calls + second.calls, 1);
  CHECK(!first.watch && !second.watch);
  kt_loop_deinit(&loop);
  close(first.peer);
  close(second.peer);
}

TEST("a library may close its descriptor before the watch ends, also while a process that was forked holds it") {
  watched w;
  begin(&w, KT__WATCH_READ);
  turns(2);
  pid_t child = forked_holder();
  close(w.fd);
  kt_foreign_unwatch(w.watch);
  turns(2); /* the watch is freed */
  say(w.peer, "x");
  turns(4);
  CHECK_EQ(w.calls, 0);
  end_holder(child);
  kt_loop_deinit(&loop);
  close(w.peer);
}

TEST("a watch that is left is freed with its loop") {
  watched w;
  begin(&w, KT__WATCH_READ);
  w.watch = NULL;
  end(&w);
}
