/* Streams that ask the kernel to seal. What it does where it can is tested in a virtual machine, Tests/VM. */
#include "check.h"
#include "driver.h"

#include "io/io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* A filter whose wire bytes are clear bytes xor 0x55. */
typedef struct mask {
  kt_filter filter;
  size_t info_n; /* that it gives */
  unsigned asked, alerts, destroyed;
} mask;

static kt_status mask_open(kt_filter *f, const uint8_t **wire, const uint8_t *end, void *to, size_t room, size_t *n) {
  for (*n = 0; *n < room && *wire < end; ++*n) ((uint8_t *)to)[*n] = *(*wire)++ ^ 0x55;
  return *n ? KT_OK : KT_AGAIN;
}

static kt_status mask_seal(kt_filter *f, const void *p, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint8_t byte = ((const uint8_t *)p)[i] ^ 0x55;
    if (!f->write(f->context, &byte, 1)) return KT_EIO;
  }
  return KT_OK;
}

static void mask_end(kt_filter *f) { mask_seal(f, "!", 1); }
static void mask_destroy(kt_filter *f) { ((mask *)f)->destroyed++; }

/* No kernel knows version 0. */
static size_t mask_seals(kt_filter *f, void *info, size_t room) {
  mask *m = (mask *)f;
  m->asked++;
  CHECK(m->info_n <= room);
  memset(info, 0, m->info_n);
  return m->info_n;
}

static bool mask_last_alert(kt_filter *f, uint8_t alert[2]) {
  ((mask *)f)->alerts++;
  alert[0] = '<';
  alert[1] = '>';
  return true;
}

static const kt_filter_ops mask_ops = {.open = mask_open,
                                       .seal = mask_seal,
                                       .end = mask_end,
                                       .seals = mask_seals,
                                       .last_alert = mask_last_alert,
                                       .destroy = mask_destroy};
static const kt_filter_ops mask_keeps_ops = {
    .open = mask_open, .seal = mask_seal, .end = mask_end, .destroy = mask_destroy};

static kt_loop loop;
static kt_stream stream;
static bool closed;
static int peer, peer_of_last; /* the second: of a stream that is closed */

static void on_event(kt_stream *s) { (void)s; }
static void on_flush(kt_stream *s) { kt_stream_flush(s); }
static void on_closed(kt_stream *s) { (void)s, closed = true; }
static const kt_stream_events events = {
    .readable = on_event, .drained = on_flush, .refused = on_flush, .broken = on_event, .closed = on_closed};

static void begin(mask *m, const kt_filter_ops *ops) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t n = sizeof at;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(bind(listener, (struct sockaddr *)&at, n) == 0 && listen(listener, 1) == 0);
  CHECK(getsockname(listener, (struct sockaddr *)&at, &n) == 0);
  peer = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(peer, (struct sockaddr *)&at, n) == 0);
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  close(listener);
  struct timeval wait = {.tv_sec = 5}; /* for what does not come */
  setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  CHECK(kt_loop_init(&loop, test_driver(), 4096, 16) == KT_OK);
  CHECK(kt_stream_open(&stream, &loop, fd, &events) == KT_OK);
  m->filter.ops = ops;
  kt_stream_set_filter(&stream, &m->filter);
  closed = false;
}

static void finish(const mask *m) {
  kt_stream_close(&stream);
  for (int i = 0; !closed && i < 1000; i++) kt_loop_turn(&loop, false);
  CHECK(closed);
  CHECK_EQ(m->destroyed, 1);
  CHECK_EQ(loop.bufs.live, 0);
  kt_loop_deinit(&loop);
  peer_of_last = peer;
}

/* Sends through the stream; all is with the kernel when it returns. */
static void say(const char *text) {
  CHECK(kt_stream_append(&stream, text, strlen(text)) == KT_OK);
  for (int i = 0; i < 1000 && kt_stream_flush(&stream) != KT_OK; i++) kt_loop_turn(&loop, false);
  CHECK(!kt_stream_unsent(&stream));
}

static void peer_hears(const char *text) {
  char got[100] = "";
  ssize_t n = peer_recv(peer, got, strlen(text), MSG_WAITALL);
  for (ssize_t i = 0; i < n; i++) got[i] ^= 0x55;
  if (strcmp(got, text) != 0) KT_FAIL("'%s' is not '%s'", got, text);
}

TEST("a kernel that refuses to seal is asked once, and the filter goes on") {
  mask m = {.info_n = KT_KTLS_INFO_MAX};
  begin(&m, &mask_ops);
  kt_stream_be_exact(&stream);
  say("before");
  CHECK(kt_stream_takes_files(&stream));
  CHECK_EQ(kt_stream_seal_below(&stream), KT_EIO);
  CHECK(errno == ENOENT || errno == EINVAL || errno == ENOPROTOOPT);
  CHECK(!kt_stream_takes_files(&stream));
  CHECK_EQ(kt_stream_seal_below(&stream), KT_EINVAL);
  CHECK_EQ(m.asked, 1);
  say("after");
  peer_hears("beforeafter");
  kt_stream_be_last(&stream);
  say("end");
  peer_hears("end!");
  finish(&m);
  close(peer_of_last);
}

TEST("a filter that cannot let go now is asked again, and one that never can is not asked") {
  mask m = {.info_n = 0};
  begin(&m, &mask_ops);
  for (unsigned i = 1; i < 4; i++) {
    CHECK(kt_stream_takes_files(&stream));
    CHECK_EQ(kt_stream_seal_below(&stream), KT_EINVAL);
    CHECK_EQ(m.asked, i);
  }
  finish(&m);
  close(peer_of_last);
  m = (mask){0};
  begin(&m, &mask_keeps_ops);
  CHECK(!kt_stream_takes_files(&stream));
  CHECK_EQ(kt_stream_seal_below(&stream), KT_EINVAL);
  finish(&m);
  close(peer_of_last);
}

TEST("an exact flush is not the last: only that one has the filter's end behind it") {
  mask m = {0};
  begin(&m, &mask_ops);
  kt_stream_be_exact(&stream);
  say("one");
  say("two");
  kt_stream_be_last(&stream);
  say("three");
  say("");
  peer_hears("onetwothree!");
  finish(&m);
  close(peer_of_last);
}

/* The socket of these is not sealed: TCP takes records of all types for bytes. */
static void begin_sealed(mask *m) {
  m->filter.handed_over = true; /* on another loop */
  begin(m, &mask_ops);
}

TEST("a stream that another loop handed over to the kernel sends clear bytes, and the alert behind the last of them") {
  static uint8_t bytes[100000], got[sizeof bytes];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 7 + (i >> 8));
  for (int count = 1; count < 200; count *= 6) {
    mask m = {0};
    begin_sealed(&m);
    for (int i = 0; i < count; i++) CHECK(kt_stream_append(&stream, bytes, sizeof bytes) == KT_OK);
    kt_stream_be_last(&stream);
    kt_status st = kt_stream_flush(&stream);
    unsigned idle = 0;
    for (size_t read = 0; read < count * sizeof bytes;) {
      kt_loop_turn(&loop, false);
      size_t part = sizeof bytes - read % sizeof bytes;
      ssize_t n = recv(peer, got, part, MSG_DONTWAIT);
      if (n < 0) {
        CHECK(idle++ < 100000); /* ten seconds */
        usleep(100);
        continue;
      }
      CHECK(n > 0 && memcmp(got, bytes + read % sizeof bytes, (size_t)n) == 0);
      read += (size_t)n;
      idle = 0;
    }
    for (int i = 0; i < 1000 && (st = kt_stream_flush(&stream)) != KT_OK; i++) kt_loop_turn(&loop, false);
    CHECK_EQ(st, KT_OK);
    CHECK_EQ(kt_stream_flush(&stream), KT_OK);
    CHECK_EQ(peer_recv(peer, got, 2, MSG_WAITALL), 2);
    CHECK(memcmp(got, "<>", 2) == 0);
    finish(&m);
    CHECK_EQ(peer_recv(peer_of_last, got, 1, 0), 0);
    close(peer_of_last);
  }
}

TEST("an alert is told as well where a stream is closed with all sent, and not where something is unsent") {
  for (int unsent = 0; unsent < 2; unsent++) {
    mask m = {0};
    begin_sealed(&m);
    say("sent");
    if (unsent) CHECK(kt_stream_append(&stream, "unsent", 6) == KT_OK);
    finish(&m);
    CHECK_EQ(m.alerts, 1 - unsent);
    char got[20];
    CHECK_EQ(peer_recv(peer_of_last, got, sizeof got, MSG_WAITALL), unsent ? 4 : 6);
    CHECK(memcmp(got, "sent<>", unsent ? 4 : 6) == 0);
    close(peer_of_last);
  }
}

TEST("the probe says why, and says the same again") {
  const char *why_not = kt_ktls_why_not();
  CHECK(why_not == kt_ktls_why_not());
  CHECK(!why_not || strlen(why_not) > 10);
}
