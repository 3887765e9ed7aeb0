#include "base/scan_variants.h"

#if defined(KT__SCAN_NEON)
#include <arm_neon.h>

/* 0xff where a byte stops. */
typedef uint8x16_t (*stops16)(uint8x16_t v);

KT__INLINE uint8x16_t value16(uint8x16_t v) {
  uint8x16_t low = vbicq_u8(vcltq_u8(v, vdupq_n_u8(0x20)), vceqq_u8(v, vdupq_n_u8('\t')));
  return vorrq_u8(low, vceqq_u8(v, vdupq_n_u8(0x7f)));
}

KT__INLINE uint8x16_t target16(uint8x16_t v) {
  return vcgeq_u8(vsubq_u8(v, vdupq_n_u8(0x21)), vdupq_n_u8(0x7f - 0x21));
}

KT__INLINE uint8x16_t unescaped16(uint8x16_t v) {
  uint8x16_t marks = vorrq_u8(vceqq_u8(v, vdupq_n_u8('"')), vceqq_u8(v, vdupq_n_u8('\\')));
  return vorrq_u8(vcltq_u8(v, vdupq_n_u8(0x20)), marks);
}

/* An index above 15 looks up zero, which is what bytes above 0x7f have to give. */
KT__INLINE uint8x16_t token16(uint8x16_t v) {
  uint8x16_t high = vqtbl1q_u8(vld1q_u8(kt__scan_high_bit), vshrq_n_u8(v, 4));
  uint8x16_t highs = vqtbl1q_u8(vld1q_u8(kt__scan_token_highs), vandq_u8(v, vdupq_n_u8(0x0f)));
  return vceqzq_u8(vandq_u8(high, highs));
}

/* Four bits for each byte. */
KT__INLINE uint64_t bits(uint8x16_t v) {
  return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(v), 4)), 0);
}
KT__INLINE const uint8_t *at_first(const uint8_t *p, uint64_t found) { return p + __builtin_ctzll(found) / 4; }

KT__INLINE uint8x16_t short16(const uint8_t *p, size_t n) {
  uint64_t words[2];
  kt__scan_short(p, n, words);
  return vreinterpretq_u8_u64(vld1q_u64(words));
}

KT__INLINE const uint8_t *scan(const uint8_t *p, const uint8_t *end, stops16 stops) {
  size_t n = (size_t)(end - p);
  if (n < 16) return at_first(p, bits(stops(short16(p, n)))); /* at a zero at the latest */
  for (; end - p >= 64; p += 64) {
    uint8x16_t a = stops(vld1q_u8(p)), b = stops(vld1q_u8(p + 16));
    uint8x16_t c = stops(vld1q_u8(p + 32)), d = stops(vld1q_u8(p + 48));
    if (bits(vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d)))) break;
  }
  for (; end - p >= 16; p += 16) {
    uint64_t found = bits(stops(vld1q_u8(p)));
    if (found) return at_first(p, found);
  }
  uint64_t found = bits(stops(vld1q_u8(end - 16))); /* what overlaps does not stop */
  return found ? at_first(end - 16, found) : end;
}

static const uint8_t *token(const uint8_t *p, const uint8_t *end) { return scan(p, end, token16); }
static const uint8_t *value(const uint8_t *p, const uint8_t *end) { return scan(p, end, value16); }
static const uint8_t *target(const uint8_t *p, const uint8_t *end) { return scan(p, end, target16); }
static const uint8_t *unescaped(const uint8_t *p, const uint8_t *end) { return scan(p, end, unescaped16); }

/* ---- UTF-8: as in scan_sse.h ---- */

KT__INLINE uint8x16_t utf8_errors(uint8x16_t v, uint8x16_t before) {
  uint8x16_t first = vextq_u8(before, v, 15);
  uint8x16_t by_high = vqtbl1q_u8(vld1q_u8(kt__utf8_wrong.first_high), vshrq_n_u8(first, 4));
  uint8x16_t by_low = vqtbl1q_u8(vld1q_u8(kt__utf8_wrong.first_low), vandq_u8(first, vdupq_n_u8(0x0f)));
  uint8x16_t by_second = vqtbl1q_u8(vld1q_u8(kt__utf8_wrong.second_high), vshrq_n_u8(v, 4));
  uint8x16_t third = vqsubq_u8(vextq_u8(before, v, 14), vdupq_n_u8(0xe0 - 0x80));
  uint8x16_t fourth = vqsubq_u8(vextq_u8(before, v, 13), vdupq_n_u8(0xf0 - 0x80));
  uint8x16_t two = vandq_u8(vorrq_u8(third, fourth), vdupq_n_u8(KT__U8_TWO));
  return veorq_u8(vandq_u8(vandq_u8(by_high, by_low), by_second), two);
}

KT__INLINE bool is_ascii(uint8x16_t v) { return vmaxvq_u8(v) < 0x80; }

KT__INLINE bool utf8_open(uint8x16_t v) {
  static const uint8_t most[16] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0xef, 0xdf, 0xbf};
  return vmaxvq_u8(vqsubq_u8(v, vld1q_u8(most))) != 0;
}

KT__INLINE bool utf8_bad(uint8x16_t v, uint8x16_t before) {
  return is_ascii(v) ? utf8_open(before) : vmaxvq_u8(utf8_errors(v, before)) != 0;
}

KT__INLINE bool ascii64(const uint8_t *p) {
  uint8x16_t low = vorrq_u8(vld1q_u8(p), vld1q_u8(p + 16)), high = vorrq_u8(vld1q_u8(p + 32), vld1q_u8(p + 48));
  return is_ascii(vorrq_u8(low, high));
}

static size_t utf8(const uint8_t *p, size_t n) {
  uint8x16_t before = vdupq_n_u8(0);
  size_t at = 0;
  while (n - at >= 16) {
    uint8x16_t v = vld1q_u8(p + at);
    if (utf8_bad(v, before)) return kt__utf8_exact(p, n, at);
    before = v;
    at += 16;
    while (n - at >= 64 && is_ascii(before) && ascii64(p + at)) at += 64;
  }
  uint8x16_t last = n < 16 ? short16(p, n)
                           : vqtbl1q_u8(vld1q_u8(p + n - 16), vld1q_u8(kt__scan_to_front + (16 - (n - at))));
  return utf8_bad(last, before) ? kt__utf8_exact(p, n, at) : n;
}

static bool usable(void) { return true; } /* part of the architecture */

const kt_scan_variant kt__scan_neon = {"neon", usable, token, value, target, unescaped, utf8};
#endif
