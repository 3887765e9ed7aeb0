#include "ws/output.h"

#include "base/memory.h"
#include "ws/mask.h"

static kt_status write_bytes(kt_ws_session *s, const uint8_t *p, size_t n) {
  kt_status status = s->sink.write(s->sink.context, kt_bytes_make(p, n));
  if (status != KT_OK) s->state = KT_WS_CLOSED;
  return status;
}

/* The payload is the application's, so it is masked in a copy, a piece at a time. */
static kt_status write_masked(kt_ws_session *s, kt_bytes payload, const uint8_t key[4]) {
  uint8_t piece[4096];
  for (size_t at = 0; at < payload.n; at += sizeof piece) {
    size_t n = payload.n - at < sizeof piece ? payload.n - at : sizeof piece;
    memcpy(piece, payload.p + at, n);
    kt_ws_mask(piece, n, key, at);
    kt_status status = write_bytes(s, piece, n);
    if (status != KT_OK) return status;
  }
  return KT_OK;
}

kt_status kt__ws_put(kt_ws_session *s, const kt_ws_frame *frame, kt_bytes payload) {
  uint8_t out[KT_WS_HEAD_SIZE_MAX], key[4];
  kt_ws_frame f = *frame;
  f.payload_n = payload.n;
  f.key = NULL;
  if (s->role == KT_WS_CLIENT) {
    s->sink.mask_key(s->sink.context, key);
    f.key = key;
  }
  kt_status status = write_bytes(s, out, kt_ws_head_write(out, &f));
  if (status != KT_OK || payload.n == 0) return status;
  return f.key ? write_masked(s, payload, key) : write_bytes(s, payload.p, payload.n);
}

kt_status kt__ws_put_control(kt_ws_session *s, kt_ws_opcode opcode, kt_bytes payload) {
  return kt__ws_put(s, &(kt_ws_frame){.opcode = (uint8_t)opcode, .fin = true}, payload);
}

kt_status kt__ws_put_close(kt_ws_session *s, uint16_t code, kt_bytes reason) {
  uint8_t payload[KT_WS_CONTROL_SIZE_MAX];
  size_t n = kt_ws_close_write(payload, code, reason);
  return kt__ws_put_control(s, KT_WS_CLOSE, kt_bytes_make(payload, n));
}

/* ---- compressed messages: a frame for each part ---- */

typedef struct parts {
  kt_ws_session *session;
  kt_ws_frame frame; /* of the next part */
} parts;

static kt_status put_part(void *context, kt_bytes part, bool last) {
  parts *p = context;
  p->frame.fin = last;
  kt_status status = kt__ws_put(p->session, &p->frame, part);
  p->frame.opcode = KT_WS_CONTINUATION;
  p->frame.compressed = false;
  return status;
}

static kt_status send_compressed(kt_ws_session *s, uint8_t opcode, kt_bytes message) {
  const kt_ws_config *c = s->config;
  parts p = {s, {.opcode = opcode, .compressed = true}};
  kt_status status = kt_ws_deflate_out(&s->deflate, message, c->deflate_level, c->deflate_memory_level, put_part, &p);
  if (status != KT_OK) s->state = KT_WS_CLOSED;
  return status;
}

static bool pays(const kt_ws_session *s, size_t n) {
  return s->deflate.params.on && n > 0 && n >= s->config->deflate_size_min && n <= UINT32_MAX;
}

kt_status kt_ws_session_send(kt_ws_session *s, bool text, kt_bytes message) {
  if (s->state != KT_WS_OPEN) return KT_ECANCELED;
  uint8_t opcode = text ? KT_WS_TEXT : KT_WS_BINARY;
  if (pays(s, message.n)) return send_compressed(s, opcode, message);
  return kt__ws_put(s, &(kt_ws_frame){.opcode = opcode, .fin = true}, message);
}

kt_status kt_ws_session_ping(kt_ws_session *s, kt_bytes payload) {
  if (payload.n > KT_WS_CONTROL_SIZE_MAX) return KT_EINVAL;
  return s->state == KT_WS_OPEN ? kt__ws_put_control(s, KT_WS_PING, payload) : KT_ECANCELED;
}

kt_status kt_ws_session_close(kt_ws_session *s, uint16_t code, kt_bytes reason, uint64_t now_ms) {
  if (code == KT_WS_CLOSE_NONE ? reason.n > 0 : !kt_ws_close_code_valid(code)) return KT_EINVAL;
  if (reason.n > KT_WS_REASON_SIZE_MAX || !kt_utf8_valid(reason.p, reason.n)) return KT_EINVAL;
  if (s->state != KT_WS_OPEN) return KT_ECANCELED;
  s->state = KT_WS_CLOSING;
  s->since_ms = now_ms;
  return kt__ws_put_close(s, code, reason);
}
