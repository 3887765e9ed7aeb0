#include "base/scan_variants.h"

#if defined(KT__SCAN_X86)
#include "base/scan_sse.h"

KT__SSE static const uint8_t *token(const uint8_t *p, const uint8_t *end) { return kt__scan16(p, end, kt__token16); }
KT__SSE static const uint8_t *value(const uint8_t *p, const uint8_t *end) { return kt__scan16(p, end, kt__value16); }
KT__SSE static const uint8_t *target(const uint8_t *p, const uint8_t *end) { return kt__scan16(p, end, kt__target16); }
KT__SSE static const uint8_t *unescaped(const uint8_t *p, const uint8_t *end) {
  return kt__scan16(p, end, kt__unescaped16);
}
KT__SSE static size_t utf8(const uint8_t *p, size_t n) { return kt__utf8_rest16(p, n, 0, _mm_setzero_si128()); }

static bool usable(void) { return __builtin_cpu_supports("sse4.2"); }

const kt_scan_variant kt__scan_sse42 = {"sse4.2", usable, token, value, target, unescaped, utf8};
#endif
