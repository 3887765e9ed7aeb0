/* peer.h: a session with everything it says written down, and frames to feed it.
 *
 * A transcript has a line for each event and each frame that went out:
 *   text 5 "Hello"     binary 3 "abc"     ping 0 ""     pong 0 ""     close 1000 3 "bye"     error 1002
 *   > text 5 "Hello"   > pong 2 "hi"      > close 1002
 * A compressed frame or a fragment going out is written as its head says: "> text+ 90 ..." */
#ifndef KT_TEST_WS_PEER_H
#define KT_TEST_WS_PEER_H

#include "base/memory.h"
#include "check.h"
#include "ws/mask.h"
#include "ws/ws.h"

#include <stdarg.h>

typedef struct transcript {
  char text[16384];
  size_t n;
} transcript;

static void note(transcript *t, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(t->text + t->n, sizeof t->text - t->n, format, arguments);
  va_end(arguments);
  if (n < 0 || (size_t)n >= sizeof t->text - t->n) abort();
  t->n += (size_t)n;
}

/* Short payloads in full, the others by a sum (Fletcher's, modulo 2^32). */
static void note_payload(transcript *t, kt_bytes p) {
  uint32_t a = 1, b = 0;
  note(t, " %zu ", p.n);
  for (size_t i = 0; i < p.n; i++) b += a += p.p[i];
  if (p.n > 60) note(t, "sum %08x%08x", b, a);
  else note(t, "\"");
  for (size_t i = 0; p.n <= 60 && i < p.n; i++)
    note(t, p.p[i] >= ' ' && p.p[i] < 0x7f ? "%c" : "\\%02x", p.p[i]);
  note(t, p.n > 60 ? "\n" : "\"\n");
}

typedef struct peer {
  kt_ws_session s;
  transcript t;
  uint8_t *out; /* wire bytes */
  size_t out_n, out_cap;
  size_t read_n;      /* of them noted */
  size_t out_max;     /* the sink is full beyond */
  bool ended;         /* CLOSE or ERROR was seen */
} peer;

static kt_status take_output(void *context, kt_bytes bytes) {
  peer *p = context;
  if (bytes.n > p->out_max - p->out_n) return KT_EFULL;
  if (p->out_n + bytes.n > p->out_cap) {
    p->out_cap = 2 * (p->out_n + bytes.n);
    p->out = realloc(p->out, p->out_cap);
  }
  if (bytes.n) memcpy(p->out + p->out_n, bytes.p, bytes.n);
  p->out_n += bytes.n;
  return KT_OK;
}

static void take_key(void *context, uint8_t key[4]) {
  static uint32_t number = 0x9e3779b9;
  number = number * 1664525 + 1013904223;
  memcpy(key, &number, 4);
}

static const kt_ws_deflate_params no_deflate = {0};
static const kt_ws_deflate_params usual_deflate = {true, false, false, 15, 15};

static void peer_init(peer *p, const kt_ws_config *config, kt_ws_role role, kt_ws_deflate_params deflate) {
  memset(p, 0, sizeof *p);
  p->out_max = SIZE_MAX;
  kt_ws_session_init(&p->s, config, role, deflate, (kt_ws_sink){take_output, take_key, p}, 0);
}

static void peer_deinit(peer *p) {
  kt_ws_session_deinit(&p->s);
  free(p->out);
  p->out = NULL;
}

/* Notes the frames that went out since the last time. Masks are taken off in place. */
static void note_output(peer *p) {
  static const char *const names[16] = {[KT_WS_CONTINUATION] = "more", [KT_WS_TEXT] = "text", [KT_WS_BINARY] = "binary",
                                       [KT_WS_CLOSE] = "close", [KT_WS_PING] = "ping", [KT_WS_PONG] = "pong"};
  kt_ws_role reader = p->s.role == KT_WS_SERVER ? KT_WS_CLIENT : KT_WS_SERVER;
  while (p->read_n < p->out_n) {
    kt_ws_head h;
    size_t used;
    kt_ws_head_init(&h);
    CHECK_EQ(kt_ws_head_feed(&h, reader, true, p->out + p->read_n, p->out_n - p->read_n, &used), KT_WS_DONE);
    uint8_t *payload = p->out + p->read_n + used;
    p->read_n += used + h.payload_n;
    CHECK(p->read_n <= p->out_n);
    if (h.masked) kt_ws_mask(payload, h.payload_n, h.key, 0);
    note(&p->t, "> %s%s%s", names[h.opcode], h.compressed ? "*" : "", h.fin ? "" : "+");
    if (h.opcode != KT_WS_CLOSE) note_payload(&p->t, kt_bytes_make(payload, h.payload_n));
    else note(&p->t, h.payload_n ? " %u\n" : "\n", h.payload_n ? payload[0] << 8 | payload[1] : 0);
  }
}

static void note_event(peer *p, const kt_ws_event *e) {
  switch (e->kind) {
  case KT_WS_EVENT_NONE: return;
  case KT_WS_EVENT_MESSAGE:
    note(&p->t, e->text ? "text" : "binary");
    if (e->text) CHECK(kt_utf8_valid(e->payload.p, e->payload.n));
    break;
  case KT_WS_EVENT_PING: note(&p->t, "ping"); break;
  case KT_WS_EVENT_PONG: note(&p->t, "pong"); break;
  case KT_WS_EVENT_CLOSE: note(&p->t, "close %u", e->code); break;
  case KT_WS_EVENT_ERROR:
    CHECK(e->reason && *e->reason && e->payload.n == 0);
    note(&p->t, "error %u\n", e->code);
  }
  if (e->kind != KT_WS_EVENT_ERROR) note_payload(&p->t, e->payload);
  p->ended |= e->kind >= KT_WS_EVENT_CLOSE;
  CHECK(p->ended == (p->s.state == KT_WS_CLOSED));
}

/* One read: a copy of its own size, so that a sanitizer sees a step past it. */
static void peer_read(peer *p, const void *data, size_t n, uint64_t now_ms) {
  uint8_t *copy = malloc(n + 1), *at = memcpy(copy, data, n);
  kt_ws_event e;
  do {
    size_t used = kt_ws_session_feed(&p->s, at, n, now_ms, &e);
    CHECK(used <= n);
    if (e.kind == KT_WS_EVENT_NONE) CHECK_EQ(used, n);
    at += used, n -= used;
    if (p->ended) CHECK(e.kind == KT_WS_EVENT_NONE); /* nothing comes after the end */
    note_event(p, &e);
    note_output(p);
  } while (e.kind != KT_WS_EVENT_NONE);
  free(copy);
  if (!p->s.in_message || p->ended) CHECK(!p->s.message.p);
  if (!p->s.in_payload || p->ended) CHECK(!p->s.control);
}

static void peer_read_in(peer *p, const void *data, size_t n, size_t first, size_t step) {
  size_t piece = first;
  for (size_t at = 0; at < n; at += piece, piece = step) {
    if (piece > n - at) piece = n - at;
    peer_read(p, (const uint8_t *)data + at, piece, 0);
  }
}

/* ---- frames to feed ---- */

typedef struct wire {
  uint8_t bytes[1 << 18];
  size_t n;
  kt_ws_role reader; /* a server reads masked frames */
} wire;

static void put_frame(wire *w, uint8_t opcode, bool fin, bool compressed, const void *p, size_t n) {
  static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};
  kt_ws_frame f = {opcode, fin, compressed, w->reader == KT_WS_SERVER ? key : NULL, n};
  if (w->n + KT_WS_HEAD_SIZE_MAX + n > sizeof w->bytes) abort();
  w->n += kt_ws_head_write(w->bytes + w->n, &f);
  if (n) memcpy(w->bytes + w->n, p, n);
  if (f.key) kt_ws_mask(w->bytes + w->n, n, key, 0);
  w->n += n;
}
#define PUT(w, opcode, fin, literal) put_frame(w, opcode, fin, false, literal, sizeof(literal) - 1)

/* Whole, byte by byte, and cut in two at every byte: one transcript, which is given. */
static const char *read_every_way(const kt_ws_config *config, kt_ws_deflate_params deflate, const wire *w) {
  static peer whole, cut;
  peer_init(&whole, config, w->reader, deflate);
  peer_read_in(&whole, w->bytes, w->n, w->n, w->n);
  peer_deinit(&whole);
  for (size_t first = 1; first <= w->n; first++) {
    peer_init(&cut, config, w->reader, deflate);
    peer_read_in(&cut, w->bytes, w->n, first, first == 1 ? 1 : w->n);
    peer_deinit(&cut);
    if (strcmp(whole.t.text, cut.t.text) != 0)
      KT_FAIL("cut after %zu:\n%sinstead of\n%s", first, cut.t.text, whole.t.text);
  }
  return whole.t.text;
}

static void check_transcript(const char *got, const char *want) {
  if (strcmp(got, want) != 0) KT_FAIL("\n%sinstead of\n%s", got, want);
}

#endif
