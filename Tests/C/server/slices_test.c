/* Content codings of large content: a slice at a time, with others served between. */
#include "harness.h"

#include "base/memory.h"
#include "coding/coding.h"
#include "server/reactor.h"

#include <fcntl.h>
#include <stdatomic.h>

#define TEXT_MAX (8u << 20)
#define SLICE 1024

static uint8_t text[TEXT_MAX]; /* shrinks, but not to nothing */

__attribute__((constructor)) static void make_text(void) {
  unsigned seed = 7;
  for (size_t i = 0; i < TEXT_MAX; i++) {
    seed = seed * 1103515245 + 12345;
    text[i] = (uint8_t)("etaoin shrdlucmf"[seed >> 28]);
  }
}

/* ---- handlers ---- */

static size_t size_of(kt_exchange *x) {
  kt_bytes query = kt_exchange_request(x)->query;
  size_t n = 0;
  for (size_t i = 0; i < query.n; i++) n = n * 10 + (size_t)(query.p[i] - '0');
  return n;
}

/* The arena's bytes go out without a copy. */
static void arena(void *context, kt_exchange *x) {
  (void)context;
  size_t n = size_of(x);
  void *p = kt_exchange_alloc(x, n);
  if (!p) {
    kt_response_problem(x, 503, KT_BYTES("memory is out"));
    return;
  }
  memcpy(p, text, n);
  kt_response_send(x, 200, KT_BYTES("text/plain"), p, n);
}

static void copied(void *context, kt_exchange *x) {
  (void)context;
  size_t n = size_of(x);
  void *p = malloc(n);
  memcpy(p, text, n);
  kt_response_send(x, 200, KT_BYTES("text/plain"), p, n);
  memset(p, '!', n);
  free(p);
}

static void leave(void *context) { kt_exchange_leave(context); }

/* Leaves at once, or some time after it has answered. */
static void later(void *context, kt_exchange *x) {
  kt_exchange_suspend(x);
  arena(NULL, x);
  CHECK(kt_response_write(x, "more", 4) < 0 && kt_response_end(x) < 0);
  if (!context || kt_exchange_sleep(x, 30, leave, x) != KT_OK) kt_exchange_leave(x);
}

/* A stream that is written as fast as it is told to. */
typedef struct piecewise {
  kt_exchange *x;
  size_t at, size;
} piecewise;

static void write_on(void *context) {
  piecewise *p = context;
  while (p->at < p->size && !kt_exchange_cancelled(p->x)) {
    size_t n = p->size - p->at < 1000 ? p->size - p->at : 1000;
    kt_status st = kt_response_write(p->x, text + p->at, n);
    p->at += n;
    if (st == KT_AGAIN && kt_response_wait(p->x, write_on, p) == KT_AGAIN) return;
  }
  kt_exchange *x = p->x;
  if (!kt_exchange_cancelled(x)) kt_response_end(x);
  kt_exchange_leave(x);
}

static void pieces(void *context, kt_exchange *x) {
  (void)context;
  piecewise *p = kt_exchange_alloc(x, sizeof *p);
  if (!p) {
    kt_response_problem(x, 503, KT_BYTES("memory is out"));
    return;
  }
  *p = (piecewise){x, 0, size_of(x)};
  kt_exchange_suspend(x);
  kt_response_start(x, 200, KT_BYTES("text/plain"), (int64_t)p->size);
  write_on(p);
}

/* Where the others are: encoders and decoders in use, buffers taken. */
static void others(void *context, kt_exchange *x) {
  (void)context;
  const kt_reactor *r = kt_exchange_reactor(x);
  char line[80];
  int n = snprintf(line, sizeof line, "<%u %u %u>", r->encoders.live, r->decoders, r->loop.bufs.live);
  kt_response_send(x, 200, KT_BYTES("text/plain"), line, (size_t)n);
}

static uint32_t sum_of(uint32_t sum, const uint8_t *p, size_t n) {
  while (n--) sum = sum * 31 + *p++;
  return sum;
}

static void answer_sum(kt_exchange *x, size_t n, uint32_t sum) {
  char line[64];
  int size = snprintf(line, sizeof line, "%zu bytes, sum %u.", n, sum);
  kt_response_send(x, 200, KT_BYTES("text/plain"), line, (size_t)size);
}

static void whole(void *context, kt_exchange *x) {
  (void)context;
  kt_bytes body = kt_exchange_body(x);
  answer_sum(x, body.n, sum_of(0, body.p, body.n));
}

typedef struct pulled {
  kt_exchange *x;
  size_t n;
  uint32_t sum;
} pulled;

static void pull_on(void *context) {
  pulled *p = context;
  kt_bytes chunk;
  kt_status st;
  while ((st = kt_exchange_read(p->x, &chunk)) == KT_OK) {
    p->n += chunk.n;
    p->sum = sum_of(p->sum, chunk.p, chunk.n);
  }
  if (st == KT_AGAIN) {
    kt_exchange_wait(p->x, pull_on, p);
    return;
  }
  if (st == KT_END) answer_sum(p->x, p->n, p->sum);
  kt_exchange_leave(p->x);
}

static void pulls(void *context, kt_exchange *x) {
  (void)context;
  pulled *p = kt_exchange_alloc(x, sizeof *p);
  *p = (pulled){.x = x};
  kt_exchange_suspend(x);
  pull_on(p);
}

static void fails_next(void *context, kt_exchange *x) {
  (void)context;
  size_t n = size_of(x);
  kt_response_send(x, 204, (kt_bytes){0, 0}, NULL, 0);
  kt_fail_allocation(n);
}

static const kt_route_spec routes[] = {
    ROUTE(KT_GET, "/arena", arena),
    ROUTE(KT_HEAD, "/arena", arena),
    ROUTE(KT_GET, "/copied", copied),
    ROUTE(KT_GET, "/leaves", later),
    {.method = KT_GET, .path = KT_BYTES("/stays"), .handler = later, .context = ""},
    ROUTE(KT_GET, "/pieces", pieces),
    ROUTE(KT_GET, "/others", others),
    ROUTE(KT_GET, "/fail", fails_next),
    ROUTE(KT_POST, "/whole", whole),
    {.method = KT_POST, .path = KT_BYTES("/pulls"), .handler = pulls, .body_mode = KT_BODY_STREAM},
};

static harness begin(kt_config *c) {
  c->encode_slice_size = c->decode_slice_size = SLICE;
  c->h2c = true;
  return serve(c, routes, sizeof routes / sizeof *routes);
}

static const struct {
  kt_coding coding;
  const char *name;
} codings[] = {{KT_CODING_GZIP, "gzip"}, {KT_CODING_BR, "br"}, {KT_CODING_ZSTD, "zstd"}};

/* ---- a client of HTTP/1.1 ---- */

static uint8_t got[TEXT_MAX + (1 << 20)]; /* head and content as they came; then content, without chunks */
static size_t got_n;

static bool takes_more(int fd, int flags) {
  ssize_t n = peer_recv(fd, got + got_n, sizeof got - 1 - got_n, flags);
  if (n > 0) got_n += (size_t)n;
  got[got_n] = 0;
  return n > 0;
}

static int ask(const harness *h, const char *method, const char *target, const char *coding, const char *fields) {
  int fd = dial(h);
  char request[512];
  snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: a\r\nAccept-Encoding: %s\r\n%s\r\n", method, target,
           coding, fields);
  say(fd, request);
  return fd;
}
#define CLOSE "Connection: close\r\n"

/* Leaves the head, with its end, in `heard`, and the content of the first response in `got`; *rest follows it. */
static bool cut(char **rest) {
  char *end = strstr((char *)got, "\r\n\r\n");
  if (!end || (size_t)(end - (char *)got) > 4000) return false;
  size_t head_n = (size_t)(end - (char *)got) + 4, content_n = 0;
  memcpy(heard, got, head_n);
  heard[head_n] = 0;
  char *p = end + 4, *stop_at = (char *)got + got_n;
  const char *length = strstr(heard, "Content-Length: ");
  if (length) content_n = strtoull(length + 16, NULL, 10);
  if (length && content_n > (size_t)(stop_at - p)) return false;
  if (!length && !has(heard, "chunked")) content_n = (size_t)(stop_at - p);
  if (!has(heard, "chunked")) {
    memmove(got, p, content_n);
    p += content_n;
  }
  for (size_t n = 1; has(heard, "chunked") && n > 0; p += n + 4) {
    char *digits = p;
    if (p >= stop_at) return false;
    n = strtoull(digits, &p, 16);
    if (p + n + 4 > stop_at) return false;
    memmove(got + content_n, p + 2, n);
    content_n += n;
  }
  got_n = content_n;
  *rest = p;
  return true;
}

static bool decodes_to(const char *coding, size_t n) {
  static uint8_t out[TEXT_MAX + 1];
  kt_decoder d;
  kt_decoder_init(&d, sizeof out);
  CHECK(kt_decoder_codings(&d, kt_bytes_make(coding, strlen(coding))) == 0);
  kt_coding_step step = {got, got_n, out, n + 1};
  bool done = kt_decoder_feed(&d, &step, true) == KT_DECODE_DONE;
  kt_decoder_deinit(&d);
  return done && step.out_n == 1 && memcmp(out, text, n) == 0;
}

static bool hear_response(int fd) {
  char *rest;
  got_n = 0;
  while (takes_more(fd, 0)) {}
  close(fd);
  return cut(&rest);
}

static void others_are(const harness *h, unsigned *encoders, unsigned *decoders, unsigned *buffers) {
  int fd = dial(h);
  say(fd, "GET /others HTTP/1.1\r\nHost: a\r\n\r\n");
  const char *line = strchr(hear_until(fd, ">"), '<');
  CHECK(line && sscanf(line, "<%u %u %u>", encoders, decoders, buffers) == 3);
  close(fd);
}

/* ---- responses ---- */

TEST("large content arrives whole in each coding, and no turn encodes more than a slice of it") {
  kt_config c = test_config();
  harness h = begin(&c);
  static const char *const targets[] = {"/arena?1000001", "/copied?1000001", "/leaves?1000001", "/stays?1000001",
                                        "/pieces?1000001"};
  for (size_t i = 0; i < 3 * 5; i++) {
    CHECK(hear_response(ask(&h, "GET", targets[i % 5], codings[i / 5].name, CLOSE)));
    CHECK(has(heard, codings[i / 5].name) && has(heard, "chunked") && got_n < 800000);
    if (!decodes_to(codings[i / 5].name, 1000001)) KT_FAIL("%s %s", codings[i / 5].name, targets[i % 5]);
  }
  uint64_t most = kt_server_counters(h.server).encoded_most;
  CHECK(most >= SLICE && most <= 2 * (SLICE + 1000)); /* /pieces: in its handler and in its turn, the last one beyond */
  stop(&h);
  h = begin(&c);
  CHECK(hear_response(ask(&h, "GET", "/arena?1000001", "br", CLOSE)));
  CHECK(hear_response(ask(&h, "GET", "/copied?1000001", "br", CLOSE)));
  CHECK_EQ(kt_server_counters(h.server).encoded_most, SLICE);
  stop(&h);
}

TEST("content up to the limit for whole content has its length, one byte more has not") {
  kt_config c = test_config();
  harness h = begin(&c);
  CHECK(hear_response(ask(&h, "GET", "/arena?32768", "gzip", CLOSE)) && decodes_to("gzip", 32768));
  CHECK(has(heard, "Content-Length: "));
  CHECK(hear_response(ask(&h, "GET", "/arena?32769", "gzip", CLOSE)) && decodes_to("gzip", 32769));
  CHECK(!has(heard, "Content-Length: ") && has(heard, "Content-Encoding: gzip\r\n"));
  CHECK(hear_response(ask(&h, "GET", "/arena?1000000", "identity", CLOSE)));
  CHECK(has(heard, "Content-Length: 1000000\r\n") && memcmp(got, text, 1000000) == 0);
  CHECK(hear_response(ask(&h, "HEAD", "/arena?1000000", "gzip", CLOSE)) == false); /* no chunk follows */
  CHECK(has(heard, "Content-Encoding: gzip\r\n") && !has(heard, "Content-Length") && got_n < 400);
  stop(&h);
}

TEST("others are answered between the slices") {
  kt_config c = test_config();
  harness h = begin(&c);
  int fd = ask(&h, "GET", "/arena?8000000", "gzip", CLOSE), answered = 0;
  got_n = 0;
  do {
    unsigned encoders, decoders, buffers;
    others_are(&h, &encoders, &decoders, &buffers);
    answered += encoders == 1;
  } while (takes_more(fd, 0));
  char *rest;
  CHECK(cut(&rest) && decodes_to("gzip", 8000000));
  if (answered < 2) KT_FAIL("%d were answered meanwhile", answered);
  close(fd);
  stop(&h);
}

TEST("requests that follow on the connection are answered behind the last slice") {
  kt_config c = test_config();
  harness h = begin(&c);
  int fd = ask(&h, "GET", "/copied?300000", "zstd", "");
  say(fd, "GET /arena?100 HTTP/1.1\r\nHost: a\r\n\r\nGET /arena?200000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: zstd\r\n"
          CLOSE "\r\n");
  got_n = 0;
  while (takes_more(fd, 0)) {}
  close(fd);
  size_t all = got_n;
  char *rest;
  CHECK(cut(&rest) && decodes_to("zstd", 300000));
  all -= (size_t)(rest - (char *)got);
  memmove(got, rest, all);
  got[got_n = all] = 0;
  CHECK(cut(&rest) && got_n == 100 && memcmp(got, text, 100) == 0);
  all -= (size_t)(rest - (char *)got);
  memmove(got, rest, all);
  got[got_n = all] = 0;
  CHECK(cut(&rest) && decodes_to("zstd", 200000));
  stop(&h);
}

TEST("for HTTP/1.0 the connection ends large content") {
  kt_config c = test_config();
  harness h = begin(&c);
  int fd = dial(&h);
  say(fd, "GET /arena?500000 HTTP/1.0\r\nConnection: keep-alive\r\nAccept-Encoding: br\r\n\r\n");
  CHECK(hear_response(fd) && !has(heard, "chunked") && has(heard, "Connection: close") && decodes_to("br", 500000));
  stop(&h);
}

static int dial_slowly(const harness *h) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 4096;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(kt_server_port(h->server)),
                           .sin_addr = {htonl(INADDR_LOOPBACK)}};
  CHECK(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
  return fd;
}

TEST("a reader that stands still stops the encoder, which keeps no more than the queue holds") {
  kt_config c = test_config();
  c.write_high_size = 64 * 1024;
  c.write_low_size = 16 * 1024;
  harness h = begin(&c);
  int fd = dial_slowly(&h);
  say(fd, "GET /arena?8000000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n" CLOSE "\r\n");
  kt_counters before, now = {0};
  do {
    before = now;
    usleep(100000);
    now = kt_server_counters(h.server);
  } while (now.bytes_out != before.bytes_out || now.turns > before.turns + 20);
  unsigned encoders, decoders, buffers;
  others_are(&h, &encoders, &decoders, &buffers);
  CHECK_EQ(encoders, 1);
  if (buffers > 10) KT_FAIL("%u buffers are taken", buffers);
  CHECK(hear_response(fd) && decodes_to("gzip", 8000000));
  stop(&h);
}

TEST("large content whose client leaves is given up, at whatever slice") {
  kt_config c = test_config();
  harness h = begin(&c);
  static const char *const targets[] = {"/arena?3000000", "/copied?3000000", "/leaves?3000000", "/stays?3000000",
                                        "/pieces?3000000"};
  for (int i = 0; i < 60; i++) {
    int fd = ask(&h, "GET", targets[i % 5], codings[i % 3].name, "");
    got_n = 0;
    for (int n = 0; n < i / 5; n++) takes_more(fd, 0);
    if (i % 2) { /* with a reset */
      struct linger at_once = {1, 0};
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    close(fd);
  }
  unsigned encoders, decoders, buffers;
  for (int i = 0; i < 500; i++) {
    others_are(&h, &encoders, &decoders, &buffers);
    if (encoders == 0) break;
    usleep(10000);
  }
  CHECK_EQ(encoders, 0);
  stop(&h); /* the pools' asserts look now */
}

TEST("a server that drains ends large content first, and breaks it off when the deadline passes") {
  kt_config c = test_config();
  harness h = begin(&c);
  int fd = ask(&h, "GET", "/copied?4000000", "gzip", "");
  got_n = 0;
  CHECK(takes_more(fd, 0));
  kt_server_drain(h.server, 20000);
  while (takes_more(fd, 0)) {}
  char *rest;
  CHECK(cut(&rest) && decodes_to("gzip", 4000000));
  kt_server_join(h.server);
  kt_server_destroy(h.server);
  close(fd);
  h = begin(&c);
  fd = ask(&h, "GET", "/copied?8000000", "gzip", "");
  got_n = 0;
  CHECK(takes_more(fd, 0));
  kt_server_drain(h.server, 50);
  kt_server_join(h.server);
  kt_server_destroy(h.server);
  close(fd);
}

TEST("when memory runs out at any point large content fails or goes plain, and the server goes on") {
  unsigned plain = 0, broken = 0, coded = 0;
  for (int n = 1; n < 60; n++) {
    kt_config c = test_config();
    harness h = begin(&c);
    char target[32];
    snprintf(target, sizeof target, "/fail?%d", n / 2);
    hear_response(ask(&h, "GET", target, "identity", CLOSE));
    bool came = hear_response(ask(&h, "GET", n % 2 ? "/copied?100000" : "/pieces?100000", codings[n % 3].name, CLOSE));
    came = came && begins(heard, "HTTP/1.1 200");
    bool is_coded = came && has(heard, "Content-Encoding");
    if (came && (is_coded ? !decodes_to(codings[n % 3].name, 100000) : memcmp(got, text, 100000) != 0))
      KT_FAIL("at allocation %d: wrong content", n / 2);
    coded += is_coded;
    plain += came && !is_coded;
    broken += !came;
    for (int i = 0; i < 2; i++) hear_response(ask(&h, "GET", "/fail?0", "identity", CLOSE)); /* it may still wait */
    CHECK(hear_response(ask(&h, "GET", "/copied?50000", "gzip", CLOSE)) && decodes_to("gzip", 50000));
    stop(&h);
  }
  if (plain < 3 || broken < 3 || coded < 3) KT_FAIL("%u plain, %u broken, %u coded", plain, broken, coded);
}

/* ---- HTTP/2 ---- */

static size_t add_field(uint8_t *to, const char *name, const char *value) {
  size_t name_n = strlen(name), value_n = strlen(value), n = 0;
  to[n++] = 0; /* a literal without indexing */
  to[n++] = (uint8_t)name_n;
  memcpy(to + n, name, name_n);
  n += name_n;
  to[n++] = (uint8_t)value_n;
  memcpy(to + n, value, value_n);
  return n + value_n;
}

static void say_frame(int fd, size_t n, int type, int flags, int stream, const void *payload) {
  uint8_t head[9] = {(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, (uint8_t)type, (uint8_t)flags, 0, 0, 0,
                     (uint8_t)stream};
  say_bytes(fd, head, sizeof head);
  say_bytes(fd, payload, n);
}

static void cork(int fd, int on) { setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on); }

/* Windows of 16 MB. */
static int dial_h2(const harness *h) {
  int fd = dial(h);
  say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  say_frame(fd, 6, 4, 0, 0, "\0\4\1\0\0\0");
  say_frame(fd, 4, 8, 0, 0, "\1\0\0\0");
  return fd;
}

static void ask_h2(int fd, int stream, const char *method, const char *path, const char *field, const char *value) {
  uint8_t block[300];
  size_t n = add_field(block, ":method", method);
  n += add_field(block + n, ":scheme", "http");
  n += add_field(block + n, ":authority", "a");
  n += add_field(block + n, ":path", path);
  n += add_field(block + n, field, value);
  say_frame(fd, n, 1, *method == 'G' ? 5 : 4, stream, block);
}

/* The content of one stream into `got`; frames of others are counted. False when it is reset or the connection ends. */
static bool hear_stream(int fd, int stream, unsigned *of_others) {
  static uint8_t payload[1 << 14];
  uint8_t head[9];
  got_n = 0;
  while (peer_recv(fd, head, 9, MSG_WAITALL) == 9) {
    size_t n = (size_t)head[1] << 8 | head[2];
    if (n > 0 && peer_recv(fd, payload, n, MSG_WAITALL) != (ssize_t)n) return false;
    if (head[8] != stream) {
      *of_others += head[3] == 0 || head[3] == 1;
      continue;
    }
    if (head[3] == 3) return false;
    if (head[3] == 0) memcpy(got + got_n, payload, n), got_n += n;
    if (head[3] <= 1 && head[4] & 1) return true;
  }
  return false;
}

TEST("large content on an HTTP/2 stream arrives whole, slice by slice, with other streams between") {
  kt_config c = test_config();
  harness h = begin(&c);
  for (size_t i = 0; i < 3; i++) {
    int fd = dial_h2(&h);
    unsigned between = 0;
    cork(fd, 1); /* both requests in one packet */
    ask_h2(fd, 1, "GET", i % 2 ? "/copied?2000000" : "/arena?2000000", "accept-encoding", codings[i].name);
    ask_h2(fd, 3, "GET", "/arena?300", "accept-encoding", "gzip");
    cork(fd, 0);
    CHECK(hear_stream(fd, 1, &between) && decodes_to(codings[i].name, 2000000));
    CHECK(between > 0);
    ask_h2(fd, 5, "GET", "/copied?500000", "accept-encoding", codings[i].name);
    CHECK(hear_stream(fd, 5, &between) && decodes_to(codings[i].name, 500000));
    close(fd);
  }
  CHECK_EQ(kt_server_counters(h.server).encoded_most, SLICE);
  stop(&h);
}

TEST("an HTTP/2 stream whose window is shut stops its encoder, and one that is reset gives it back") {
  kt_config c = test_config();
  harness h = begin(&c);
  int fd = dial(&h);
  say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  say_frame(fd, 0, 4, 0, 0, "");
  ask_h2(fd, 1, "GET", "/arena?8000000", "accept-encoding", "gzip");
  ask_h2(fd, 3, "GET", "/copied?1000000", "accept-encoding", "br");
  kt_counters before, now = {0};
  do {
    before = now;
    usleep(100000);
    now = kt_server_counters(h.server);
  } while (now.bytes_out != before.bytes_out || now.turns > before.turns + 20);
  unsigned encoders, decoders, buffers;
  others_are(&h, &encoders, &decoders, &buffers);
  CHECK_EQ(encoders, 2);
  if (buffers > 70) KT_FAIL("%u buffers are taken", buffers); /* a million bytes were copied */
  say_frame(fd, 4, 3, 0, 1, "\0\0\0\10");
  say_frame(fd, 4, 8, 0, 0, "\1\0\0\0");
  say_frame(fd, 4, 8, 0, 3, "\1\0\0\0");
  unsigned of_others = 0;
  CHECK(hear_stream(fd, 3, &of_others) && decodes_to("br", 1000000));
  others_are(&h, &encoders, &decoders, &buffers);
  CHECK_EQ(encoders, 0);
  close(fd);
  stop(&h);
}

/* ---- requests ---- */

static uint8_t packed[TEXT_MAX];
static size_t packed_n;

static void pack(kt_coding coding, const void *p, size_t n) {
  kt_encoder_pool pool;
  kt_encoder_pool_init(&pool);
  kt_encoder *e = kt_encoder_get(&pool, coding, KT_LEVEL_DEFAULT, n);
  kt_coding_step step = {p, n, packed, sizeof packed};
  CHECK(kt_encoder_feed(e, &step, KT_FLUSH_END) == KT_ENCODE_DONE);
  packed_n = sizeof packed - step.out_n;
  kt_encoder_put(&pool, e);
  kt_encoder_pool_deinit(&pool);
}

/* Expands sixtyfold. */
static const uint8_t *thin(size_t n) {
  static uint8_t bytes[TEXT_MAX];
  memset(bytes, 'x', n);
  for (size_t i = 0; i < n; i += 200) bytes[i] = text[i];
  return bytes;
}

static int post(const harness *h, const char *target, const char *coding, size_t n) {
  int fd = dial(h);
  char head[256];
  snprintf(head, sizeof head,
           "POST %s HTTP/1.1\r\nHost: a\r\nContent-Encoding: %s\r\nContent-Length: %zu\r\n\r\n", target, coding,
           packed_n);
  say(fd, head);
  say_bytes(fd, packed, n);
  return fd;
}

static const char *sum_line(const uint8_t *p, size_t n) {
  static char line[64];
  snprintf(line, sizeof line, "%zu bytes, sum %u.", n, sum_of(0, p, n));
  return line;
}

/* A turn takes a slice for its events and one for those that queued, each with what one read brought. */
#define DECODED_MOST (2 * (SLICE + 24 * 1024))

TEST("coded content that expands is decoded a slice at a time, for handlers of both kinds and both versions") {
  kt_config c = test_config();
  harness h = begin(&c);
  static const char *const targets[] = {"/whole", "/pulls"};
  static const size_t sizes[] = {5000, SLICE, 3000000};
  for (size_t i = 0; i < 3 * 2 * 3; i++) {
    const uint8_t *body = i % 3 ? thin(sizes[i % 3]) : text;
    pack(codings[i / 6].coding, body, sizes[i % 3]);
    const char *target = targets[i / 3 % 2], *wanted = sum_line(body, sizes[i % 3]);
    int fd = post(&h, target, codings[i / 6].name, packed_n);
    if (!has(hear_until(fd, wanted), wanted))
      KT_FAIL("%s %s %zu: %s", target, codings[i / 6].name, sizes[i % 3], heard);
    say(fd, "GET /arena?3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(has(hear_all(fd), "200 OK"));
    close(fd);
    fd = dial_h2(&h);
    ask_h2(fd, 1, "POST", target, "content-encoding", codings[i / 6].name);
    for (size_t at = 0; at < packed_n; at += 10000) {
      size_t n = packed_n - at < 10000 ? packed_n - at : 10000;
      say_frame(fd, n, 0, at + n == packed_n, 1, packed + at);
    }
    unsigned of_others = 0;
    if (!hear_stream(fd, 1, &of_others) || got_n != strlen(wanted) || memcmp(got, wanted, got_n) != 0)
      KT_FAIL("%s %s %zu over HTTP/2", target, codings[i / 6].name, sizes[i % 3]);
    close(fd);
  }
  uint64_t most = kt_server_counters(h.server).decoded_most;
  if (most < SLICE || most > DECODED_MOST) KT_FAIL("%llu bytes in one turn", (unsigned long long)most);
  stop(&h);
}

TEST("others are answered while coded content is decoded") {
  kt_config c = test_config();
  harness h = begin(&c);
  static const char *const targets[] = {"/whole", "/pulls"};
  pack(KT_CODING_GZIP, text, TEXT_MAX); /* more than ten thousand turns */
  for (size_t i = 0; i < 2; i++) {
    int fd = post(&h, targets[i], "gzip", packed_n), answered = 0;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    do {
      unsigned encoders, decoders, buffers;
      others_are(&h, &encoders, &decoders, &buffers);
      answered += decoders == 1;
    } while (poll(&ready, 1, 0) == 0);
    const char *wanted = sum_line(text, TEXT_MAX);
    CHECK(has(hear_until(fd, wanted), wanted));
    if (answered < 2) KT_FAIL("%s: %d were answered meanwhile", targets[i], answered);
    close(fd);
  }
  stop(&h);
}

TEST("many that send coded content at once are all answered") {
  enum { CLIENTS = 40 };
  kt_config c = test_config();
  harness h = begin(&c);
  pack(KT_CODING_ZSTD, text, 100000);
  int fds[CLIENTS];
  for (size_t i = 0; i < CLIENTS; i++) fds[i] = post(&h, i % 2 ? "/whole" : "/pulls", "zstd", packed_n);
  const char *wanted = sum_line(text, 100000);
  for (size_t i = 0; i < CLIENTS; i++) {
    CHECK(has(hear_until(fds[i], wanted), wanted));
    close(fds[i]);
  }
  stop(&h);
}

TEST("a client that leaves while its content waits to be decoded takes nothing along") {
  kt_config c = test_config();
  harness h = begin(&c);
  pack(KT_CODING_GZIP, thin(3000000), 3000000);
  for (int i = 0; i < 40; i++) {
    int fd = post(&h, i % 2 ? "/whole" : "/pulls", "gzip", packed_n * (size_t)(i % 8 + 1) / 8);
    usleep((useconds_t)(i * 50));
    struct linger at_once = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
  }
  unsigned encoders, decoders, buffers;
  for (int i = 0; i < 500; i++) {
    others_are(&h, &encoders, &decoders, &buffers);
    if (decoders == 0) break;
    usleep(10000);
  }
  CHECK_EQ(decoders, 0);
  stop(&h);
}

TEST("content that turns out malformed or too large in a later slice is refused, over both versions") {
  kt_config c = test_config();
  harness h = begin(&c);
  pack(KT_CODING_GZIP, thin(1000000), 1000000); /* less than the stream's window */
  packed[packed_n - 3] ^= 1;                    /* the size at its end */
  int fd = post(&h, "/whole", "gzip", packed_n);
  CHECK(begins(hear_until(fd, "}"), "HTTP/1.1 400"));
  close(fd);
  fd = dial_h2(&h);
  ask_h2(fd, 1, "POST", "/whole", "content-encoding", "gzip");
  for (size_t at = 0; at < packed_n; at += 16000)
    say_frame(fd, packed_n - at < 16000 ? packed_n - at : 16000, 0, at + 16000 >= packed_n, 1, packed + at);
  unsigned of_others = 0;
  CHECK(hear_stream(fd, 1, &of_others) && has((char *)got, "400"));
  close(fd);
  stop(&h);
  c.body_size_max = 900000;
  h = begin(&c);
  pack(KT_CODING_GZIP, thin(1000000), 1000000);
  fd = post(&h, "/whole", "gzip", packed_n);
  CHECK(begins(hear_until(fd, "}"), "HTTP/1.1 413"));
  close(fd);
  stop(&h);
}

TEST("when memory runs out while content is decoded its request is refused, and the server goes on") {
  const uint8_t *body = thin(100000);
  pack(KT_CODING_GZIP, body, 100000);
  const char *wanted = sum_line(body, 100000);
  unsigned read = 0, refused = 0;
  for (int n = 1; n < 60; n++) {
    kt_config c = test_config();
    harness h = begin(&c);
    char target[32];
    snprintf(target, sizeof target, "/fail?%d", n / 2);
    hear_response(ask(&h, "GET", target, "identity", CLOSE));
    int fd = n % 2 ? dial_h2(&h) : post(&h, "/whole", "gzip", packed_n);
    unsigned of_others = 0;
    bool came = true;
    if (n % 2) {
      ask_h2(fd, 1, "POST", "/whole", "content-encoding", "gzip");
      say_frame(fd, packed_n, 0, 1, 1, packed);
      came = hear_stream(fd, 1, &of_others);
      got[got_n] = 0;
    } else {
      shutdown(fd, SHUT_WR); /* so that the server ends it behind its answer */
    }
    bool right = came && has(n % 2 ? (char *)got : hear_until(fd, wanted), wanted);
    read += right;
    refused += !right;
    close(fd);
    for (int i = 0; i < 2; i++) hear_response(ask(&h, "GET", "/fail?0", "identity", CLOSE)); /* it may still wait */
    fd = post(&h, "/whole", "gzip", packed_n);
    CHECK(has(hear_until(fd, wanted), wanted));
    close(fd);
    stop(&h);
  }
  if (read < 5 || refused < 5) KT_FAIL("%u read, %u refused", read, refused);
}
