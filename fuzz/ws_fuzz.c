/* A WebSocket session on any bytes: the same events and the same output however the bytes are cut, in both roles, with
 * and without permessage-deflate. The first byte says which, the second how the bytes are cut. An input without masks
 * reaches a server, too: its frames get the key 0 when the first byte asks for it. */
#include "ws/ws.h"

#include <assert.h>
#include <stdlib.h>

enum { CLIENT = 1, DEFLATE = 2, FORGETFUL = 4, ADD_MASKS = 8, TIGHT = 16, CLOSE_FIRST = 32 };

/* Events and output as one string of bytes. */
typedef struct record {
  uint8_t *p;
  size_t n, cap;
} record;

static void put(record *r, const void *p, size_t n) {
  if (r->n + n > r->cap) r->p = realloc(r->p, r->cap = 2 * (r->n + n));
  if (n) memcpy(r->p + r->n, p, n);
  r->n += n;
}

static kt_status take_output(void *context, kt_bytes bytes) {
  put(context, "o", 1);
  put(context, bytes.p, bytes.n);
  return KT_OK;
}

static void take_key(void *context, uint8_t key[4]) { memcpy(key, "key!", 4); }

static void put_event(record *r, const kt_ws_event *e) {
  put(r, &e->kind, 1);
  put(r, &e->code, sizeof e->code);
  put(r, &e->text, 1);
  put(r, e->payload.p, e->payload.n);
  if (e->text) assert(kt_utf8_valid(e->payload.p, e->payload.n));
}

static void feed(kt_ws_session *s, const uint8_t *data, size_t n, record *r) {
  uint8_t *copy = memcpy(malloc(n + 1), data, n), *at = copy;
  kt_ws_event e;
  do {
    bool was_closed = s->state == KT_WS_CLOSED;
    size_t used = kt_ws_session_feed(s, at, n, 0, &e);
    assert(used <= n && (e.kind != KT_WS_EVENT_NONE || used == n));
    assert(!was_closed || e.kind == KT_WS_EVENT_NONE);
    assert((e.kind >= KT_WS_EVENT_CLOSE) == (!was_closed && s->state == KT_WS_CLOSED));
    at += used, n -= used;
    if (e.kind != KT_WS_EVENT_NONE) put_event(r, &e);
  } while (e.kind != KT_WS_EVENT_NONE);
  assert(s->message.n <= s->config->message_size_max && s->message.cap <= s->config->message_size_max);
  assert(s->in_message || !s->message.p);
  free(copy);
}

static record run(uint8_t kind, const uint8_t *data, size_t n, size_t first, size_t step) {
  kt_ws_config config = kt_ws_config_default;
  if (kind & TIGHT) config.frame_size_max = 60, config.message_size_max = 100, config.fragments_max = 5;
  kt_ws_deflate_params params = {kind & DEFLATE, kind & FORGETFUL, kind & FORGETFUL, 10, 11};
  record r = {0};
  kt_ws_session s;
  kt_ws_session_init(&s, &config, kind & CLIENT ? KT_WS_CLIENT : KT_WS_SERVER, params,
                     (kt_ws_sink){take_output, take_key, &r}, 0);
  if (kind & CLOSE_FIRST) kt_ws_session_close(&s, 1000, KT_BYTES(""), 0);
  size_t piece = first;
  for (size_t at = 0; at < n; at += piece, piece = step) {
    if (piece > n - at) piece = n - at;
    feed(&s, data + at, piece, &r);
  }
  kt_ws_session_deinit(&s);
  return r;
}

/* Frames as a server writes them become those of a client, as far as they can be read. */
static size_t add_masks(const uint8_t *data, size_t n, uint8_t *out) {
  size_t at = 0, out_n = 0;
  while (at < n) {
    kt_ws_head h;
    size_t used;
    kt_ws_head_init(&h);
    bool whole = kt_ws_head_feed(&h, KT_WS_CLIENT, true, data + at, n - at, &used) == KT_WS_DONE;
    memcpy(out + out_n, data + at, used);
    if (whole) out[out_n + 1] |= 0x80;
    out_n += used, at += used;
    if (!whole) continue;
    memset(out + out_n, 0, 4);
    size_t payload_n = h.payload_n < n - at ? (size_t)h.payload_n : n - at;
    memcpy(out + out_n + 4, data + at, payload_n);
    out_n += 4 + payload_n, at += payload_n;
  }
  return out_n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  if (n < 2) return 0;
  uint8_t kind = data[0], cut = data[1];
  data += 2, n -= 2;
  uint8_t *masked = NULL;
  if (kind & ADD_MASKS && !(kind & CLIENT)) {
    masked = malloc(3 * n + 4);
    n = add_masks(data, n, masked);
    data = masked;
  }
  record whole = run(kind, data, n, n, n), pieces = run(kind, data, n, 1 + cut / 8, 1 + cut % 8);
  assert(whole.n == pieces.n && (whole.n == 0 || memcmp(whole.p, pieces.p, whole.n) == 0));
  free(whole.p);
  free(pieces.p);
  free(masked);
  return 0;
}
