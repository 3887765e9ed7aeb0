#include "ws/utf8.h"

static bool expect(kt_ws_utf8 *u, uint8_t need, uint8_t low, uint8_t high) {
  *u = (kt_ws_utf8){need, low, high};
  return true;
}

/* Unicode 15, table 3-7: what may follow a first byte. */
static bool first(kt_ws_utf8 *u, uint8_t b) {
  if (b < 0x80) return true;
  if (b < 0xC2) return false;
  if (b < 0xE0) return expect(u, 1, 0x80, 0xBF);
  if (b < 0xF0) return expect(u, 2, b == 0xE0 ? 0xA0 : 0x80, b == 0xED ? 0x9F : 0xBF);
  if (b <= 0xF4) return expect(u, 3, b == 0xF0 ? 0x90 : 0x80, b == 0xF4 ? 0x8F : 0xBF);
  return false;
}

static bool step(kt_ws_utf8 *u, uint8_t b) {
  if (u->need == 0) return first(u, b);
  if (b < u->low || b > u->high) return false;
  return expect(u, u->need - 1, 0x80, 0xBF);
}

/* What kt_utf8_prefix leaves over is an error, found within four steps, or a sequence cut by the piece's end. */
bool kt_ws_utf8_feed(kt_ws_utf8 *u, const uint8_t *p, size_t n) {
  size_t i = 0;
  for (; i < n && u->need; i++)
    if (!step(u, p[i])) return false;
  if (i < n) i += kt_utf8_prefix(p + i, n - i);
  for (; i < n; i++)
    if (!step(u, p[i])) return false;
  return true;
}
