/* Streams over TCP, against peers that read and write as badly as they may. Bytes count up, so that what is
 * lost, doubled or out of order shows. */
#include "check.h"
#include "driver.h"
#include "holder.h"
#include "random.h"

#include "io/io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct end {
  kt_stream stream;
  int peer;            /* the other end, a plain non-blocking socket */
  bool reads;          /* the stream's owner reads */
  bool answers;        /* and sends something for what it read */
  uint64_t read, sent; /* by the stream's owner */
  bool ended, broken, closed;
  int left_fd;         /* after it left its loop */
  unsigned stays, gone;
} end;

static kt_loop loop;
static unsigned pick(unsigned n) { return (unsigned)random_below(n); }

static uint8_t byte_at(uint64_t position) { return (uint8_t)(position * 31 + (position >> 8)); }

static void write_bytes(uint8_t *to, uint64_t position, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] = byte_at(position + i);
}

static void check_bytes(const uint8_t *p, uint64_t position, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (p[i] != byte_at(position + i)) KT_FAIL("byte %llu is wrong", (unsigned long long)(position + i));
}

static void read_all(end *e) {
  uint8_t bytes[3000];
  size_t n;
  kt_status st;
  while ((st = kt_stream_read(&e->stream, bytes, 1 + pick(sizeof bytes), &n)) == KT_OK) {
    check_bytes(bytes, e->read, n);
    e->read += n;
  }
  if (st == KT_END) e->ended = true;
}

static void append(end *e, size_t n);

static void on_readable(kt_stream *s) {
  end *e = (end *)s;
  if (e->reads) read_all(e);
  if (!e->answers || s->queued > 20000) return;
  append(e, 1 + pick(500));
  kt_stream_flush(s);
}
static void on_drained(kt_stream *s) { kt_stream_flush(s); }
static void on_refused(kt_stream *s) { CHECK(s->queued > 0 && kt_stream_flush(s) == KT_AGAIN); }
static void on_broken(kt_stream *s) {
  ((end *)s)->broken = true;
  kt_stream_close(s);
}
static void on_closed(kt_stream *s) { ((end *)s)->closed = true; }
static void on_connected(kt_stream *s, int error) { KT_FAIL("%p connected: %d", (void *)s, error); }
static void on_left(kt_stream *s) {
  end *e = (end *)s;
  read_all(e);
  if (pick(4) == 0) {
    e->stays++;
    CHECK(kt_stream_stay(s) == KT_OK);
    return;
  }
  e->gone++;
  e->left_fd = kt_stream_detach(s);
}
static const kt_stream_events events = {on_readable, on_drained, on_refused, on_connected,
                                        on_broken, on_left, on_closed};

/* Turns the loop until the condition holds; the kernel may take its time (delayed acknowledgements), ours is 20 s. */
#define UNTIL(condition, ...)                                                                                          \
  for (int tries_ = 0; !(condition) && tries_ < 200000; tries_++) {                                                    \
    __VA_ARGS__;                                                                                                       \
    kt_loop_turn(&loop, false);                                                                                        \
    if (tries_ > 100) usleep(100);                                                                                     \
  }

static void begin(void) { CHECK(kt_loop_init(&loop, test_driver(), 4096, 16) == KT_OK); }

static void finish(void) {
  CHECK_EQ(loop.bufs.live, 0);
  kt_loop_deinit(&loop);
}

static void tcp_pair(int fds[2]) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t n = sizeof to;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(bind(listener, (struct sockaddr *)&to, n) == 0 && listen(listener, 1) == 0);
  CHECK(getsockname(listener, (struct sockaddr *)&to, &n) == 0);
  fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(connect(fds[1], (struct sockaddr *)&to, n) == 0);
  fds[0] = accept(listener, NULL, NULL);
  CHECK(fds[0] >= 0);
  close(listener);
  for (int i = 0; i < 2; i++) {
    int one = 1;
    setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    CHECK(fcntl(fds[i], F_SETFL, O_NONBLOCK) == 0);
  }
}

static bool unix_domain; /* instead of TCP */

static void open_end(end *e, int buffer) {
  int fds[2];
  if (unix_domain)
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
  else
    tcp_pair(fds);
  setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  *e = (end){.peer = fds[1], .reads = true};
  CHECK(kt_stream_open(&e->stream, &loop, fds[0], &events) == KT_OK);
}

static void close_end(end *e) {
  kt_stream_close(&e->stream);
  UNTIL(e->closed);
  CHECK(e->closed);
  close(e->peer);
}

static void append(end *e, size_t n) {
  static uint8_t bytes[20000];
  write_bytes(bytes, e->sent, n);
  CHECK(kt_stream_append(&e->stream, bytes, n) == KT_OK);
  e->sent += n;
}

static void peer_reads(end *e, uint64_t *got, size_t at_most) {
  static uint8_t bytes[20000];
  ssize_t n = peer_recv(e->peer, bytes, at_most < sizeof bytes ? at_most : sizeof bytes, 0);
  if (n <= 0) return;
  check_bytes(bytes, *got, (size_t)n);
  *got += (uint64_t)n;
}

TEST("what a stream sends arrives once and in order, however the peer reads") {
  begin();
  for (int round = 0; round < 20; round++) {
    end e;
    open_end(&e, 2048);
    uint64_t got = 0;
    for (int i = 0; i < 1500; i++) {
      if (kt_stream_unsent(&e.stream) ? pick(3) == 0 : pick(2) == 0) append(&e, 1 + pick(pick(8) ? 900 : 12000));
      if (pick(2)) kt_stream_flush(&e.stream);
      if (pick(3) == 0) peer_reads(&e, &got, 1 + pick(pick(2) ? 300 : 9000));
      kt_loop_turn(&loop, false);
    }
    UNTIL(got == e.sent, kt_stream_flush(&e.stream), peer_reads(&e, &got, 20000));
    CHECK_EQ(got, e.sent);
    close_end(&e);
  }
  finish();
}

TEST("an exact flush answers KT_OK only when the kernel has everything") {
  begin();
  for (size_t more = 0; more <= 50; more += 50) {
    end e;
    open_end(&e, 100000);
    append(&e, 100);
    kt_stream_flush(&e.stream);
    kt_stream_be_exact(&e.stream);
    if (more) {
      kt_loop_turn(&loop, false);
      append(&e, more);
    }
    UNTIL(kt_stream_flush(&e.stream) == KT_OK);
    CHECK(!kt_stream_unsent(&e.stream));
    kt_stream_shutdown(&e.stream);
    uint64_t got = 0;
    UNTIL(got == 100 + more, peer_reads(&e, &got, 200));
    CHECK_EQ(got, 100 + more);
    char byte;
    ssize_t end_of_input = -1;
    UNTIL(end_of_input == 0, end_of_input = peer_recv(e.peer, &byte, 1, 0));
    CHECK_EQ(end_of_input, 0);
    close_end(&e);
  }
  finish();
}

static void peer_writes(end *e, uint64_t *written, size_t n) {
  static uint8_t bytes[20000];
  write_bytes(bytes, *written, n);
  ssize_t sent = send(e->peer, bytes, n, MSG_NOSIGNAL);
  if (sent > 0) *written += (uint64_t)sent;
}

static void read_late(void) {
  begin();
  end slow, other;
  open_end(&slow, 100000);
  open_end(&other, 100000);
  slow.reads = false;
  uint64_t to_slow = 0, to_other = 0;
  for (int i = 0; i < 3000; i++) {
    peer_writes(&slow, &to_slow, 10000);
    peer_writes(&other, &to_other, 100);
    kt_loop_turn(&loop, false);
    CHECK(loop.bufs.live <= 100);
  }
  CHECK(to_slow < 5 * 1000 * 1000); /* the sockets hold 200 KB, the stash what had arrived in one turn */
  UNTIL(other.read == to_other);
  CHECK_EQ(other.read, to_other);
  CHECK_EQ(slow.read, 0);
  CHECK(kt_stream_readable(&slow.stream));
  slow.reads = true;
  read_all(&slow);
  shutdown(slow.peer, SHUT_WR);
  UNTIL(slow.ended, if (kt_stream_readable(&slow.stream)) read_all(&slow));
  CHECK_EQ(slow.read, to_slow);
  CHECK(slow.ended);
  close_end(&slow);
  close_end(&other);
  finish();
}

TEST("a stream whose owner does not read keeps little, loses nothing and does not stop others") {
  read_late();
  unix_domain = true;
  read_late();
  unix_domain = false;
}

TEST("a stream may be closed at any moment, with output under way and input unread") {
  begin();
  for (int round = 0; round < 400; round++) {
    end e;
    open_end(&e, 4096);
    e.reads = pick(2);
    uint64_t written = 0, got = 0;
    for (unsigned i = pick(12); i > 0 && !e.broken; i--) {
      switch (pick(5)) {
      case 0: append(&e, 1 + pick(10000)); break;
      case 1: kt_stream_flush(&e.stream); break;
      case 2: peer_writes(&e, &written, 1 + pick(9000)); break;
      case 3: peer_reads(&e, &got, 1 + pick(9000)); break;
      default: kt_loop_turn(&loop, false);
      }
    }
    if (pick(4) == 0) shutdown(e.peer, SHUT_RDWR);
    close_end(&e);
  }
  finish();
}

TEST("a stream that was closed is not heard of again while a process that was forked holds its socket") {
  begin();
  end *e = malloc(sizeof *e);
  CHECK(e);
  open_end(e, 4096);
  kt_loop_turn(&loop, false);
  pid_t child = forked_holder();
  kt_stream_close(&e->stream);
  UNTIL(e->closed);
  CHECK(e->closed);
  int peer = e->peer;
  free(e);
  CHECK(send(peer, "x", 1, MSG_NOSIGNAL) == 1);
  for (int i = 0; i < 4; i++) kt_loop_turn(&loop, false);
  end_holder(child);
  close(peer);
  finish();
}

static void end_after_bytes(unsigned turns, size_t n) {
  begin();
  end e;
  open_end(&e, 100000);
  uint64_t written = 0;
  for (unsigned i = 0; i < turns; i++) {
    kt_loop_turn(&loop, false);
    if (i > 0) peer_writes(&e, &written, 1 + pick(300));
  }
  peer_writes(&e, &written, n);
  shutdown(e.peer, SHUT_WR);
  UNTIL(e.ended);
  CHECK(e.ended);
  CHECK_EQ(e.read, written);
  append(&e, 10); /* our side is still open */
  kt_stream_flush(&e.stream);
  uint64_t got = 0;
  UNTIL(got == 10, peer_reads(&e, &got, 100));
  CHECK_EQ(got, 10);
  close_end(&e);
  finish();
}

TEST("bytes that came before the peer's end are read before it") {
  for (unsigned i = 0; i < 100; i++) end_after_bytes(i % 4, 1 + pick(9999));
}

TEST("bytes that came before the end of a Unix-domain stream are read before it") {
  unix_domain = true;
  for (unsigned i = 0; i < 100; i++) end_after_bytes(i % 4, 1 + pick(9999));
  unix_domain = false;
}

static void open_again(end *e) {
  int fd = e->left_fd;
  e->closed = false;
  e->left_fd = -1;
  CHECK(kt_stream_open(&e->stream, &loop, fd, &events) == KT_OK);
}

static void leave_and_return(void) {
  begin();
  end e;
  open_end(&e, 100000);
  e.left_fd = -1;
  uint64_t written = 0, got = 0;
  for (int i = 0; i < 20000; i++) {
    switch (pick(6)) {
    case 0: peer_writes(&e, &written, 1 + pick(pick(8) ? 500 : 9000)); break;
    case 1: append(&e, 1 + pick(500)); break;
    case 2: kt_stream_flush(&e.stream); break;
    case 3: peer_reads(&e, &got, 20000); break;
    case 4:
      if (!kt_stream_unsent(&e.stream) && !(e.stream.flags & KT_STREAM_LEAVING)) kt_stream_leave(&e.stream);
      break;
    default: kt_loop_turn(&loop, false);
    }
    UNTIL(!(e.stream.flags & KT_STREAM_LEAVING) || e.closed);
    if (e.closed) open_again(&e);
  }
  CHECK(e.gone > 100 && e.stays > 30);
  UNTIL(got == e.sent, kt_stream_flush(&e.stream), peer_reads(&e, &got, 20000));
  UNTIL(e.read == written);
  CHECK_EQ(e.read, written);
  shutdown(e.peer, SHUT_WR);
  UNTIL(e.ended);
  CHECK(e.ended);
  close_end(&e);
  finish();
}

TEST("a stream that leaves its loop and is opened again loses nothing and doubles nothing") {
  leave_and_return();
  unix_domain = true;
  leave_and_return();
  unix_domain = false;
}

TEST("a stream whose peer ends while it leaves tells its end") {
  begin();
  for (int bytes = 0; bytes < 200; bytes += 100) {
    end e;
    open_end(&e, 100000);
    e.left_fd = -1;
    kt_loop_turn(&loop, false);
    uint64_t written = 0;
    if (bytes) peer_writes(&e, &written, (size_t)bytes);
    shutdown(e.peer, SHUT_WR);
    kt_stream_leave(&e.stream);
    for (int i = 0; i < 200000 && !e.ended; i++) {
      kt_loop_turn(&loop, false);
      if (e.closed) open_again(&e);
    }
    CHECK(e.ended);
    CHECK_EQ(e.read, written);
    close_end(&e);
  }
  finish();
}

TEST("a stream may be closed while it leaves") {
  begin();
  end e;
  open_end(&e, 100000);
  kt_loop_turn(&loop, false);
  kt_stream_leave(&e.stream);
  if (e.gone == 0)
    close_end(&e);
  else
    close(e.left_fd), close(e.peer);
  finish();
}

/* What does not fit a ring is submitted early, before the loop's first turn as well. */
TEST("many streams at once, more than any ring holds, each get their own bytes") {
  begin();
  enum { STREAMS = 120 };
  static end ends[STREAMS];
  static uint64_t written[STREAMS], got[STREAMS];
  memset(written, 0, sizeof written);
  memset(got, 0, sizeof got);
  for (int i = 0; i < STREAMS; i++) {
    open_end(&ends[i], i % 3 ? 100000 : 2048);
    ends[i].answers = true;
  }
  for (int round = 0; round < 300; round++) {
    for (int i = 0; i < STREAMS; i++) {
      if (pick(2)) peer_writes(&ends[i], &written[i], 1 + pick(2000));
      if (ends[i].stream.queued < 20000) append(&ends[i], 1 + pick(2000));
      kt_stream_flush(&ends[i].stream);
      if (pick(3)) peer_reads(&ends[i], &got[i], 1 + pick(4000));
    }
    kt_loop_turn(&loop, false);
  }
  for (int i = 0; i < STREAMS; i++) {
    UNTIL(ends[i].read == written[i]);
    ends[i].answers = false;
    UNTIL(got[i] == ends[i].sent, kt_stream_flush(&ends[i].stream), peer_reads(&ends[i], &got[i], 20000));
    CHECK_EQ(got[i], ends[i].sent);
    CHECK_EQ(ends[i].read, written[i]);
    close_end(&ends[i]);
  }
  finish();
}
