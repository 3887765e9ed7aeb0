/* scan_sse.h: sixteen bytes at a time, inlined into the variants of SSE4.2 and of AVX2, which has another encoding. */
#ifndef KT_BASE_SCAN_SSE_H
#define KT_BASE_SCAN_SSE_H

#include "base/scan_variants.h"

#include <immintrin.h>

#define KT__SSE __attribute__((target("sse4.2")))
#define KT__SSE_INLINE KT__SSE KT__INLINE

KT__SSE_INLINE __m128i kt__load16(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)p); }

/* ---- bytes that stop a scan: bit i for byte i ---- */

typedef unsigned (*kt__stops16)(__m128i v);

/* Below 0x20 other than HTAB, and 0x7f. Unsigned "below" is min(v, bound) == v. */
KT__SSE_INLINE unsigned kt__value16(__m128i v) {
  __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
  low = _mm_andnot_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\t')), low);
  return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f))));
}

/* Outside 0x21 to 0x7e, in two instructions: one more than 0x7f is the least signed byte. */
KT__SSE_INLINE unsigned kt__target16(__m128i v) {
  __m128i next = _mm_add_epi8(v, _mm_set1_epi8(1));
  return (unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(_mm_set1_epi8(0x22), next));
}

/* XOR with 2 swaps the quote with 0x20, so that it is at the end of what is below. */
KT__SSE_INLINE unsigned kt__unescaped16(__m128i v) {
  __m128i swapped = _mm_xor_si128(v, _mm_set1_epi8(2));
  __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(swapped, _mm_set1_epi8(0x20)), swapped);
  return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
}

/* The shuffle gives zero for bytes above 0x7f. */
KT__SSE_INLINE unsigned kt__token16(__m128i v) {
  __m128i high = _mm_and_si128(_mm_srli_epi16(v, 4), _mm_set1_epi8(0x0f));
  high = _mm_shuffle_epi8(kt__load16(kt__scan_high_bit), high);
  __m128i good = _mm_and_si128(_mm_shuffle_epi8(kt__load16(kt__scan_token_highs), v), high);
  return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(good, _mm_setzero_si128()));
}

KT__SSE_INLINE __m128i kt__short16(const uint8_t *p, size_t n) {
  uint64_t words[2];
  kt__scan_short(p, n, words);
  return _mm_set_epi64x((long long)words[1], (long long)words[0]);
}

KT__SSE_INLINE const uint8_t *kt__scan16(const uint8_t *p, const uint8_t *end, kt__stops16 stops) {
  if (end - p < 16) return p + __builtin_ctz(stops(kt__short16(p, (size_t)(end - p)))); /* at a zero at the latest */
  const uint8_t *last = end - 16;
  for (; p <= last; p += 16) {
    unsigned found = stops(kt__load16(p));
    if (found) return p + __builtin_ctz(found);
  }
  return last + __builtin_ctz(stops(kt__load16(last)) | 1u << 16); /* what overlaps does not stop */
}

/* ---- UTF-8 ---- */

/* Nonzero where a byte and those before it cannot follow each other. `before` is the sixteen bytes before `v`. */
KT__SSE_INLINE __m128i kt__utf8_errors16(__m128i v, __m128i before) {
  const __m128i nibble = _mm_set1_epi8(0x0f);
  __m128i first = _mm_alignr_epi8(v, before, 15);
  __m128i first_high = _mm_and_si128(_mm_srli_epi16(first, 4), nibble);
  __m128i second_high = _mm_and_si128(_mm_srli_epi16(v, 4), nibble);
  __m128i wrong = _mm_shuffle_epi8(kt__load16(kt__utf8_wrong.first_high), first_high);
  wrong = _mm_and_si128(wrong, _mm_shuffle_epi8(kt__load16(kt__utf8_wrong.first_low), _mm_and_si128(first, nibble)));
  wrong = _mm_and_si128(wrong, _mm_shuffle_epi8(kt__load16(kt__utf8_wrong.second_high), second_high));
  __m128i third = _mm_subs_epu8(_mm_alignr_epi8(v, before, 14), _mm_set1_epi8(0xe0 - 0x80));
  __m128i fourth = _mm_subs_epu8(_mm_alignr_epi8(v, before, 13), _mm_set1_epi8(0xf0 - 0x80));
  __m128i two = _mm_and_si128(_mm_or_si128(third, fourth), _mm_set1_epi8((char)KT__U8_TWO));
  return _mm_xor_si128(wrong, two);
}

/* Whether a sequence goes on behind these sixteen bytes. */
KT__SSE_INLINE bool kt__utf8_open16(__m128i v) {
  const __m128i most = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, (char)0xef, (char)0xdf,
                                     (char)0xbf);
  __m128i above = _mm_subs_epu8(v, most);
  return !_mm_testz_si128(above, above);
}

KT__SSE_INLINE bool kt__utf8_bad16(__m128i v, __m128i before) {
  if (_mm_movemask_epi8(v) == 0) return kt__utf8_open16(before);
  __m128i errors = kt__utf8_errors16(v, before);
  return !_mm_testz_si128(errors, errors);
}

/* From `at` on; `before` is the sixteen bytes before it, zeros where there are none. */
KT__SSE_INLINE size_t kt__utf8_rest16(const uint8_t *p, size_t n, size_t at, __m128i before) {
  for (; n - at >= 16; at += 16) {
    __m128i v = kt__load16(p + at);
    if (kt__utf8_bad16(v, before)) return kt__utf8_exact(p, n, at);
    before = v;
  }
  __m128i last = n < 16 ? kt__short16(p, n)
                        : _mm_shuffle_epi8(kt__load16(p + n - 16), kt__load16(kt__scan_to_front + (16 - (n - at))));
  return kt__utf8_bad16(last, before) ? kt__utf8_exact(p, n, at) : n;
}

#endif
