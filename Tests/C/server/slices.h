/* slices.h: a server whose codings take a slice at a time, and clients of both versions for it. */
#ifndef KT_TEST_SLICES_H
#define KT_TEST_SLICES_H

#define TEXT_MAX (8u << 20)
#define PACKED_MAX TEXT_MAX
#include "coded_content.h"

#include "base/memory.h"
#include "server/reactor.h"

#include <fcntl.h>
#include <stdatomic.h>

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

/* ---- a client of HTTP/2 ---- */

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

#endif
