#include "ws/close.h"

bool kt_ws_close_code_valid(uint16_t code) {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

uint16_t kt_ws_close_read(kt_bytes payload, uint16_t *code, kt_bytes *reason) {
  *code = KT_WS_CLOSE_NONE;
  *reason = kt_bytes_make(NULL, 0);
  if (payload.n == 0) return 0;
  if (payload.n == 1) return KT_WS_CLOSE_PROTOCOL;
  uint16_t sent = (uint16_t)(payload.p[0] << 8 | payload.p[1]);
  if (!kt_ws_close_code_valid(sent)) return KT_WS_CLOSE_PROTOCOL;
  if (!kt_utf8_valid(payload.p + 2, payload.n - 2)) return KT_WS_CLOSE_DATA;
  *code = sent;
  *reason = kt_bytes_make(payload.p + 2, payload.n - 2);
  return 0;
}

size_t kt_ws_close_write(uint8_t out[KT_WS_CONTROL_SIZE_MAX], uint16_t code, kt_bytes reason) {
  if (code == KT_WS_CLOSE_NONE) return 0;
  out[0] = (uint8_t)(code >> 8);
  out[1] = (uint8_t)code;
  if (reason.n) memcpy(out + 2, reason.p, reason.n);
  return 2 + reason.n;
}
