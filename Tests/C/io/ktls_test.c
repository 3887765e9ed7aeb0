/* Streams that ask the kernel to seal. What it does where it can is tested in a virtual machine, Tests/VM. */
#include "check.h"
#include "driver.h"

#include "io/io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A filter whose wire bytes are clear bytes xor 0x55. */
typedef struct mask {
  kt_filter filter;
  size_t info_n; /* that it gives */
  unsigned asked, destroyed;
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

static const kt_filter_ops mask_ops = {
    .open = mask_open, .seal = mask_seal, .end = mask_end, .seals = mask_seals, .destroy = mask_destroy};
static const kt_filter_ops mask_keeps_ops = {
    .open = mask_open, .seal = mask_seal, .end = mask_end, .destroy = mask_destroy};

static kt_loop loop;
static kt_stream stream;
static bool closed;
static int peer;

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
  close(peer);
}

/* Sends through the stream; all is with the kernel when it returns. */
static void say(const char *text) {
  CHECK(kt_stream_append(&stream, text, strlen(text)) == KT_OK);
  for (int i = 0; i < 1000 && kt_stream_flush(&stream) != KT_OK; i++) kt_loop_turn(&loop, false);
  CHECK(!kt_stream_unsent(&stream));
}

static void peer_hears(const char *text) {
  char got[100] = "";
  ssize_t n = recv(peer, got, strlen(text), MSG_WAITALL);
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
  m = (mask){0};
  begin(&m, &mask_keeps_ops);
  CHECK(!kt_stream_takes_files(&stream));
  CHECK_EQ(kt_stream_seal_below(&stream), KT_EINVAL);
  finish(&m);
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
}

TEST("the probe says why, and says the same again") {
  const char *why_not = kt_ktls_why_not();
  CHECK(why_not == kt_ktls_why_not());
  CHECK(!why_not || strlen(why_not) > 10);
}
