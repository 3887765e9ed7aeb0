#include "ws/frame.h"

enum { FIN = 0x80, RSV1 = 0x40, RSV2_3 = 0x30, OPCODE = 0x0f, CONTROL = 0x08, MASK = 0x80, LENGTH = 0x7f };
enum { LENGTH_16 = 126, LENGTH_64 = 127 };

void kt_ws_head_init(kt_ws_head *h) { *h = (kt_ws_head){.size = 1}; }

static kt_ws_result fail(kt_ws_head *h, const char *reason) {
  h->reason = reason;
  return KT_WS_ERROR;
}

static bool is_known(uint8_t opcode) {
  return opcode <= KT_WS_BINARY || (opcode >= KT_WS_CLOSE && opcode <= KT_WS_PONG);
}

/* RSV1 stands on the first frame of a message only (RFC 7692 §6). */
static kt_ws_result first_byte(kt_ws_head *h, bool deflate) {
  uint8_t b = h->bytes[0];
  h->fin = b & FIN;
  h->compressed = b & RSV1;
  h->opcode = b & OPCODE;
  if (!is_known(h->opcode)) return fail(h, "an opcode is not known");
  if (b & RSV2_3 || (h->compressed && !deflate)) return fail(h, "a reserved bit is set");
  if (h->compressed && h->opcode != KT_WS_TEXT && h->opcode != KT_WS_BINARY)
    return fail(h, "a frame that begins no message is marked as compressed");
  if (h->opcode & CONTROL && !h->fin) return fail(h, "a control frame is fragmented");
  h->size = 2;
  return KT_WS_MORE;
}

static kt_ws_result finish(kt_ws_head *h);

static kt_ws_result second_byte(kt_ws_head *h, kt_ws_role role) {
  uint8_t length = h->bytes[1] & LENGTH;
  h->masked = h->bytes[1] & MASK;
  if (role == KT_WS_SERVER && !h->masked) return fail(h, "a client's frame is not masked");
  if (role == KT_WS_CLIENT && h->masked) return fail(h, "a server's frame is masked");
  if (h->opcode & CONTROL && length > KT_WS_CONTROL_SIZE_MAX) return fail(h, "a control frame is too long");
  h->size = (uint8_t)(2 + (length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0) + (h->masked ? 4 : 0));
  return h->size == 2 ? finish(h) : KT_WS_MORE;
}

static uint64_t big_endian(const uint8_t *p, unsigned n) {
  uint64_t value = 0;
  for (unsigned i = 0; i < n; i++) value = value << 8 | p[i];
  return value;
}

static kt_ws_result finish(kt_ws_head *h) {
  uint8_t length = h->bytes[1] & LENGTH;
  h->payload_n = length;
  if (length == LENGTH_16) h->payload_n = big_endian(h->bytes + 2, 2);
  if (length == LENGTH_64) h->payload_n = big_endian(h->bytes + 2, 8);
  if (h->masked) memcpy(h->key, h->bytes + h->size - 4, 4);
  return KT_WS_DONE;
}

/* §5.2: the minimal number of bytes, and the most significant bit is 0. Known before the key has come. */
static kt_ws_result check_length(kt_ws_head *h) {
  uint8_t length = h->bytes[1] & LENGTH;
  if (length == LENGTH_16 && h->have == 4 && big_endian(h->bytes + 2, 2) < LENGTH_16)
    return fail(h, "a length is not written in the fewest bytes");
  if (length == LENGTH_64 && h->have == 3 && h->bytes[2] & 0x80) return fail(h, "a length is out of range");
  if (length == LENGTH_64 && h->have == 10 && big_endian(h->bytes + 2, 8) <= UINT16_MAX)
    return fail(h, "a length is not written in the fewest bytes");
  return h->have == h->size ? finish(h) : KT_WS_MORE;
}

kt_ws_result kt_ws_head_feed(kt_ws_head *h, kt_ws_role role, bool deflate, const uint8_t *data, size_t n,
                             size_t *consumed) {
  kt_ws_result result = KT_WS_MORE;
  size_t at = 0;
  while (result == KT_WS_MORE && at < n) {
    h->bytes[h->have++] = data[at++];
    result = h->have == 1 ? first_byte(h, deflate) : h->have == 2 ? second_byte(h, role) : check_length(h);
  }
  *consumed = at;
  return result;
}

static size_t write_length(uint8_t *out, uint64_t n) {
  if (n < LENGTH_16) {
    out[0] = (uint8_t)n;
    return 1;
  }
  unsigned bytes = n <= UINT16_MAX ? 2 : 8;
  out[0] = bytes == 2 ? LENGTH_16 : LENGTH_64;
  for (unsigned i = 0; i < bytes; i++) out[1 + i] = (uint8_t)(n >> 8 * (bytes - 1 - i));
  return 1 + bytes;
}

size_t kt_ws_head_write(uint8_t out[KT_WS_HEAD_SIZE_MAX], const kt_ws_frame *frame) {
  out[0] = (uint8_t)((frame->fin ? FIN : 0) | (frame->compressed ? RSV1 : 0) | frame->opcode);
  size_t n = 1 + write_length(out + 1, frame->payload_n);
  if (!frame->key) return n;
  out[1] |= MASK;
  memcpy(out + n, frame->key, 4);
  return n + 4;
}
