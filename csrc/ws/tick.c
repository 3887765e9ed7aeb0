/* tick.c: what time alone makes a session do. */
#include "ws/output.h"

#define NEVER UINT64_MAX

static kt_ws_tick drop(kt_ws_session *s) {
  s->state = KT_WS_CLOSED;
  return (kt_ws_tick){.drop = true, .next_ms = NEVER};
}

static kt_ws_tick wait_until(uint64_t next_ms) { return (kt_ws_tick){.next_ms = next_ms}; }

static kt_ws_tick drop_at(kt_ws_session *s, uint64_t deadline_ms, uint64_t now_ms) {
  return now_ms >= deadline_ms ? drop(s) : wait_until(deadline_ms);
}

/* A peer that has been silent for so long is idle: the compressors that need no context can go. Not so in the middle of
 * a message, whose rest may still come. */
static kt_ws_tick ping(kt_ws_session *s, uint64_t now_ms) {
  if (!s->in_message) kt_ws_deflate_trim(&s->deflate);
  if (kt__ws_put_control(s, KT_WS_PING, kt_bytes_make(NULL, 0)) != KT_OK) return drop(s);
  s->pinged = true;
  s->since_ms = now_ms;
  return wait_until(now_ms + s->config->pong_timeout_ms);
}

kt_ws_tick kt_ws_session_tick(kt_ws_session *s, uint64_t now_ms) {
  const kt_ws_config *c = s->config;
  if (s->state == KT_WS_CLOSED) return wait_until(NEVER);
  if (s->state == KT_WS_CLOSING) return drop_at(s, s->since_ms + c->close_timeout_ms, now_ms);
  if (c->ping_interval_ms == 0) return wait_until(NEVER);
  if (s->pinged) return drop_at(s, s->since_ms + c->pong_timeout_ms, now_ms);
  uint64_t due_ms = s->heard_ms + c->ping_interval_ms;
  return now_ms >= due_ms ? ping(s, now_ms) : wait_until(due_ms);
}
