#include "ws/session.h"

#include "base/memory.h"
#include "ws/mask.h"
#include "ws/output.h"

const kt_ws_config kt_ws_config_default = {
    .frame_size_max = KT_WS_FRAME_SIZE_MAX,
    .message_size_max = KT_WS_MESSAGE_SIZE_MAX,
    .fragments_max = KT_WS_FRAGMENTS_MAX,
    .ping_interval_ms = KT_WS_PING_INTERVAL_MS,
    .pong_timeout_ms = KT_WS_PONG_TIMEOUT_MS,
    .close_timeout_ms = KT_WS_CLOSE_TIMEOUT_MS,
    .deflate_size_min = KT_WS_DEFLATE_SIZE_MIN,
    .deflate_level = KT_WS_DEFLATE_LEVEL,
    .deflate_memory_level = KT_WS_DEFLATE_MEMORY_LEVEL,
};

_Static_assert(sizeof(kt_ws_session) <= 256, "an idle session is small");

static void check_config(const kt_ws_config *c) {
  KT_ASSERT(c->messages_per_second == 0 || c->messages_burst > 0);
  KT_ASSERT(c->bytes_per_second == 0 || c->bytes_burst > 0);
  KT_ASSERT(c->deflate_level <= 9 && c->deflate_memory_level <= 9);
}

static void check_session(const kt_ws_session *s) {
  KT_ASSERT(s->message.n <= s->message.cap && s->message.cap <= s->config->message_size_max);
  if (s->state == KT_WS_CLOSED) return;
  KT_ASSERT(!s->in_payload || s->frame_at < s->head.payload_n);
  KT_ASSERT(s->in_payload || s->head.have < s->head.size);
}

void kt_ws_session_init(kt_ws_session *s, const kt_ws_config *config, kt_ws_role role, kt_ws_deflate_params deflate,
                        kt_ws_sink sink, uint64_t now_ms) {
  *s = (kt_ws_session){.config = config, .sink = sink, .role = (uint8_t)role, .heard_ms = now_ms};
  KT_ASSERT(role == KT_WS_SERVER || sink.mask_key);
  check_config(config);
  kt_ws_deflate_init(&s->deflate, role, deflate);
  kt_ws_head_init(&s->head);
  kt_ws_rate_init(&s->messages, config->messages_burst, now_ms);
  kt_ws_rate_init(&s->bytes, config->bytes_burst, now_ms);
}

static void free_control(kt_ws_session *s) {
  kt_free(s->control);
  s->control = NULL;
}

void kt_ws_session_deinit(kt_ws_session *s) {
  kt_ws_deflate_deinit(&s->deflate);
  kt_ws_message_clear(&s->message);
  free_control(s);
}

/* ---- how a session ends ---- */

static void end(kt_ws_session *s, kt_ws_event *e, kt_ws_event_kind kind, uint16_t code) {
  s->state = KT_WS_CLOSED;
  e->kind = (uint8_t)kind;
  e->code = code;
}

/* §7.1.7. False, so that it can end a step. */
static bool fail(kt_ws_session *s, kt_ws_event *e, uint16_t code, const char *reason) {
  kt_bytes text = kt_bytes_make(reason, strlen(reason));
  if (s->state == KT_WS_OPEN && kt__ws_put_close(s, code, text) != KT_OK) code = KT_WS_CLOSE_ABNORMAL;
  end(s, e, KT_WS_EVENT_ERROR, code);
  e->reason = reason;
  e->payload = kt_bytes_make(NULL, 0);
  return false;
}

static bool out_of_memory(kt_ws_session *s, kt_ws_event *e) {
  return fail(s, e, KT_WS_CLOSE_INTERNAL, "memory is out");
}

static bool too_big(kt_ws_session *s, kt_ws_event *e) {
  return fail(s, e, KT_WS_CLOSE_TOO_BIG, "a message is too long");
}

/* ---- control frames ---- */

static bool on_ping(kt_ws_session *s, kt_bytes payload, kt_ws_event *e) {
  e->kind = KT_WS_EVENT_PING;
  e->payload = payload;
  if (s->state != KT_WS_OPEN || kt__ws_put_control(s, KT_WS_PONG, payload) == KT_OK) return true;
  return fail(s, e, KT_WS_CLOSE_ABNORMAL, "the output took no more");
}

/* §5.5.1: the answer carries the same code. */
static bool on_close(kt_ws_session *s, kt_bytes payload, kt_ws_event *e) {
  uint16_t code;
  uint16_t fault = kt_ws_close_read(payload, &code, &e->payload);
  if (fault) return fail(s, e, fault, "a Close frame is malformed");
  if (s->state == KT_WS_OPEN && kt__ws_put_close(s, code, kt_bytes_make(NULL, 0)) != KT_OK)
    return fail(s, e, KT_WS_CLOSE_ABNORMAL, "the output took no more");
  end(s, e, KT_WS_EVENT_CLOSE, code);
  return true;
}

static bool on_control(kt_ws_session *s, kt_bytes payload, kt_ws_event *e) {
  if (s->head.opcode == KT_WS_PING) return on_ping(s, payload, e);
  if (s->head.opcode == KT_WS_CLOSE) return on_close(s, payload, e);
  e->kind = KT_WS_EVENT_PONG;
  e->payload = payload;
  return true;
}

static bool control_piece(kt_ws_session *s, kt_bytes piece, bool last, kt_ws_event *e) {
  if (last && !s->control) return on_control(s, piece, e);
  if (!s->control && !(s->control = kt_malloc(KT_WS_CONTROL_SIZE_MAX))) return out_of_memory(s, e);
  if (piece.n) memcpy(s->control + s->frame_at - piece.n, piece.p, piece.n);
  return !last || on_control(s, kt_bytes_make(s->control, s->head.payload_n), e);
}

/* ---- messages ---- */

static bool check_text(kt_ws_session *s, const uint8_t *p, size_t n, kt_ws_event *e) {
  if (!s->text || n == 0 || kt_ws_utf8_feed(&s->utf8, p, n)) return true;
  return fail(s, e, KT_WS_CLOSE_DATA, "a text is not UTF-8");
}

/* What came out before a fault is looked at first, so that the verdict does not depend on how the bytes were cut. */
static bool inflate_piece(kt_ws_session *s, kt_bytes piece, bool last, kt_ws_event *e) {
  uint32_t before = s->message.n;
  kt_ws_inflated result = kt_ws_deflate_in(&s->deflate, piece, last, s->config->message_size_max, &s->message);
  if (!check_text(s, s->message.p + before, s->message.n - before, e)) return false;
  switch (result) {
  case KT_WS_INFLATED: return true;
  case KT_WS_INFLATE_TOO_BIG: return too_big(s, e);
  case KT_WS_INFLATE_ENOMEM: return out_of_memory(s, e);
  default: return fail(s, e, KT_WS_CLOSE_DATA, "a compressed message is corrupt");
  }
}

/* The memory is kept until the event has been seen: release gives it back. */
static bool end_message(kt_ws_session *s, kt_bytes payload, kt_ws_event *e) {
  s->in_message = false;
  if (s->text && !kt_ws_utf8_complete(&s->utf8)) return fail(s, e, KT_WS_CLOSE_DATA, "a text is not UTF-8");
  e->kind = KT_WS_EVENT_MESSAGE;
  e->text = s->text;
  e->payload = payload;
  return true;
}

/* `last`: the frame ends with this piece. */
static bool data_piece(kt_ws_session *s, kt_bytes piece, bool last, kt_ws_event *e) {
  bool ends = last && s->head.fin;
  if (s->compressed) {
    if (!inflate_piece(s, piece, ends, e)) return false;
    return !ends || end_message(s, kt_bytes_make(s->message.p, s->message.n), e);
  }
  if (!check_text(s, piece.p, piece.n, e)) return false;
  if (ends && s->message.n == 0) return end_message(s, piece, e);
  if (!kt_ws_message_append(&s->message, piece.p, piece.n, s->config->message_size_max)) return out_of_memory(s, e);
  return !ends || end_message(s, kt_bytes_make(s->message.p, s->message.n), e);
}

static void begin_message(kt_ws_session *s) {
  s->in_message = true;
  s->text = s->head.opcode == KT_WS_TEXT;
  s->compressed = s->head.compressed;
  s->fragments = 0;
}

/* ---- frames ---- */

static bool is_control(const kt_ws_session *s) { return s->head.opcode >= KT_WS_CLOSE; }

static bool check_rate(kt_ws_session *s, uint64_t now_ms, kt_ws_event *e) {
  const kt_ws_config *c = s->config;
  if (s->head.opcode == KT_WS_CONTINUATION) return true;
  if (kt_ws_rate_take(&s->messages, c->messages_per_second, c->messages_burst, 1, now_ms)) return true;
  return fail(s, e, KT_WS_CLOSE_POLICY, "too many messages");
}

/* §5.4, and the sizes that the head alone gives away. */
static bool begin_data_frame(kt_ws_session *s, kt_ws_event *e) {
  const kt_ws_config *c = s->config;
  if (s->in_message != (s->head.opcode == KT_WS_CONTINUATION))
    return fail(s, e, KT_WS_CLOSE_PROTOCOL, "a fragment is out of order");
  if (!s->in_message) begin_message(s);
  if (++s->fragments > c->fragments_max) return fail(s, e, KT_WS_CLOSE_POLICY, "a message has too many fragments");
  if (s->head.payload_n > c->frame_size_max) return fail(s, e, KT_WS_CLOSE_TOO_BIG, "a frame is too long");
  if (!s->compressed && s->head.payload_n > c->message_size_max - s->message.n) return too_big(s, e);
  return true;
}

static bool begin_frame(kt_ws_session *s, uint64_t now_ms, kt_ws_event *e) {
  s->in_payload = true;
  s->frame_at = 0;
  if (!check_rate(s, now_ms, e)) return false;
  return is_control(s) || begin_data_frame(s, e);
}

/* Takes what there is of the frame's payload; a payload of 0 bytes is taken whole. */
static size_t take_payload(kt_ws_session *s, uint8_t *p, size_t n, kt_ws_event *e) {
  uint64_t left = s->head.payload_n - s->frame_at;
  if (n == 0 && left > 0) return 0;
  if (n > left) n = (size_t)left;
  if (s->head.masked && n) kt_ws_mask(p, n, s->head.key, s->frame_at);
  s->frame_at += n;
  bool last = n == left;
  kt_bytes piece = kt_bytes_make(p, n);
  if (last) s->in_payload = false;
  if (is_control(s)) control_piece(s, piece, last, e);
  else data_piece(s, piece, last, e);
  if (last) kt_ws_head_init(&s->head);
  return n;
}

/* Takes bytes of a head; true when it is whole and good. */
static bool take_head(kt_ws_session *s, const uint8_t *p, size_t n, uint64_t now_ms, size_t *used, kt_ws_event *e) {
  kt_ws_result result = kt_ws_head_feed(&s->head, (kt_ws_role)s->role, s->deflate.params.on, p, n, used);
  if (result == KT_WS_ERROR) return fail(s, e, KT_WS_CLOSE_PROTOCOL, s->head.reason);
  return result == KT_WS_DONE && begin_frame(s, now_ms, e);
}

/* One event, or all n bytes. */
static size_t take(kt_ws_session *s, uint8_t *data, size_t n, uint64_t now_ms, kt_ws_event *e) {
  size_t at = 0, used;
  while (at < n && e->kind == KT_WS_EVENT_NONE) {
    if (!s->in_payload) {
      bool whole = take_head(s, data + at, n - at, now_ms, &used, e);
      at += used;
      if (!whole) break;
    }
    at += take_payload(s, data + at, n - at, e);
  }
  return at;
}

/* Memory of what the last event named; all of it, when there will be no more events. */
static void release(kt_ws_session *s) {
  bool closed = s->state == KT_WS_CLOSED;
  if (s->message.p && (closed || !s->in_message)) kt_ws_message_clear(&s->message);
  if (s->control && (closed || !s->in_payload || !is_control(s))) free_control(s);
  if (closed) kt_ws_deflate_deinit(&s->deflate);
}

size_t kt_ws_session_feed(kt_ws_session *s, uint8_t *data, size_t n, uint64_t now_ms, kt_ws_event *event) {
  *event = (kt_ws_event){0};
  release(s);
  if (n == 0 || s->state == KT_WS_CLOSED) return n;
  s->heard_ms = now_ms;
  s->pinged = false;
  size_t used = take(s, data, n, now_ms, event);
  const kt_ws_config *c = s->config;
  if (s->state != KT_WS_CLOSED && !kt_ws_rate_take(&s->bytes, c->bytes_per_second, c->bytes_burst, used, now_ms))
    fail(s, event, KT_WS_CLOSE_POLICY, "too many bytes");
  check_session(s);
  return used;
}
