#include "base/scan_variants.h"

#if defined(KT__SCAN_X86)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,bmi,bmi2")))
#define AVX512_INLINE AVX512 KT__INLINE

/* One bit for each byte that stops. */
typedef uint64_t (*stops64)(__m512i v);

AVX512_INLINE __m512i load64(const uint8_t *p) { return _mm512_loadu_si512(p); }

/* Bytes that are not of a class, as far as their low seven bits tell: for those above 0x7f it answers for another. */
AVX512_INLINE uint64_t lacking(__m512i v, char class) {
  __m512i classes = _mm512_permutex2var_epi8(load64(kt_byte_class), v, load64(kt_byte_class + 64));
  return _mm512_testn_epi8_mask(classes, _mm512_set1_epi8(class));
}

AVX512_INLINE uint64_t token64(__m512i v) { return lacking(v, KT_BYTE_TOKEN) | _mm512_movepi8_mask(v); }
AVX512_INLINE uint64_t value64(__m512i v) { return lacking(v, KT_BYTE_VALUE) & ~_mm512_movepi8_mask(v); }

AVX512_INLINE uint64_t target64(__m512i v) {
  return _mm512_cmplt_epi8_mask(_mm512_add_epi8(v, _mm512_set1_epi8(1)), _mm512_set1_epi8(0x22));
}

/* XOR with 2 swaps the quote with 0x20, so that it is at the end of what is below. */
AVX512_INLINE uint64_t unescaped64(__m512i v) {
  return _mm512_cmple_epu8_mask(_mm512_xor_si512(v, _mm512_set1_epi8(2)), _mm512_set1_epi8(0x20)) |
         _mm512_cmpeq_epu8_mask(v, _mm512_set1_epi8('\\'));
}

AVX512_INLINE const uint8_t *scan64(const uint8_t *p, const uint8_t *end, stops64 stops) {
  for (; end - p >= 64; p += 64) {
    uint64_t found = stops(load64(p));
    if (found) return p + __builtin_ctzll(found);
  }
  uint64_t there = _bzhi_u64(~UINT64_C(0), (unsigned)(end - p));
  return p + __builtin_ctzll(stops(_mm512_maskz_loadu_epi8(there, p))); /* at a zero at the latest */
}

AVX512 static const uint8_t *token(const uint8_t *p, const uint8_t *end) { return scan64(p, end, token64); }
AVX512 static const uint8_t *target(const uint8_t *p, const uint8_t *end) { return scan64(p, end, target64); }
AVX512 static const uint8_t *unescaped(const uint8_t *p, const uint8_t *end) { return scan64(p, end, unescaped64); }

/* Neither 0x7f nor one below 0x20, as in scan_avx2.c. */
AVX512_INLINE bool quiet256(const uint8_t *p) {
  __m512i least = load64(p), most = least;
  for (size_t i = 64; i < 256; i += 64) {
    least = _mm512_min_epu8(least, load64(p + i));
    most = _mm512_max_epi8(most, load64(p + i));
  }
  return (_mm512_cmplt_epu8_mask(least, _mm512_set1_epi8(0x20)) |
          _mm512_cmpeq_epu8_mask(most, _mm512_set1_epi8(0x7f))) == 0;
}

/* In two steps, as in scan_avx2.c. */
AVX512 static const uint8_t *value(const uint8_t *p, const uint8_t *end) {
  if (end - p >= 512) {
    for (int i = 0; i < 2; i++, p += 64) {
      uint64_t found = value64(load64(p));
      if (found) return p + __builtin_ctzll(found);
    }
    p -= (uintptr_t)p & 63;
    while (end - p >= 256 && quiet256(p)) p += 256;
  }
  return scan64(p, end, value64);
}

/* ---- UTF-8 ---- */

AVX512_INLINE __m512i table64(const uint8_t *table) {
  return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)table));
}

/* A look-up takes six bits of an index, and the tables stand four times: no nibble needs a mask. */
AVX512_INLINE __m512i look_up(const uint8_t *table, __m512i index) {
  return _mm512_permutexvar_epi8(index, table64(table));
}

AVX512_INLINE bool utf8_bad(__m512i v, __m512i before) {
  __m512i lanes_before = _mm512_alignr_epi64(v, before, 6);
  __m512i first = _mm512_alignr_epi8(v, lanes_before, 15);
  __m512i by_high = look_up(kt__utf8_wrong.first_high, _mm512_srli_epi16(first, 4));
  __m512i by_low = look_up(kt__utf8_wrong.first_low, first);
  __m512i by_second = look_up(kt__utf8_wrong.second_high, _mm512_srli_epi16(v, 4));
  __m512i third = _mm512_subs_epu8(_mm512_alignr_epi8(v, lanes_before, 14), _mm512_set1_epi8(0xe0 - 0x80));
  __m512i fourth = _mm512_subs_epu8(_mm512_alignr_epi8(v, lanes_before, 13), _mm512_set1_epi8(0xf0 - 0x80));
  __m512i wrong = _mm512_ternarylogic_epi64(by_high, by_low, by_second, 0x80); /* a & b & c */
  __m512i two = _mm512_or_si512(third, fourth);
  wrong = _mm512_ternarylogic_epi64(wrong, two, _mm512_set1_epi8((char)KT__U8_TWO), 0x78); /* a ^ (b & c) */
  return _mm512_test_epi8_mask(wrong, wrong) != 0;
}

AVX512_INLINE bool is_ascii(__m512i v) { return _mm512_movepi8_mask(v) == 0; }

/* Whether a sequence goes on behind these bytes. */
AVX512_INLINE bool utf8_open(__m512i v) {
  __m128i last = _mm512_extracti32x4_epi32(v, 3);
  return _mm_cmpgt_epu8_mask(last, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, (char)0xef,
                                                 (char)0xdf, (char)0xbf)) != 0;
}

AVX512_INLINE bool utf8_wrong(__m512i v, __m512i before) {
  return is_ascii(v) ? utf8_open(before) : utf8_bad(v, before);
}

AVX512 static size_t utf8(const uint8_t *p, size_t n) {
  __m512i before = _mm512_setzero_si512();
  size_t at = 0;
  while (n - at >= 64) {
    __m512i v = load64(p + at);
    if (is_ascii(v)) {
      if (utf8_open(before)) return kt__utf8_exact(p, n, at);
      before = v;
      at += 64;
      while (n - at >= 256 && is_ascii(_mm512_or_si512(_mm512_or_si512(load64(p + at), load64(p + at + 64)),
                                             _mm512_or_si512(load64(p + at + 128), load64(p + at + 192)))))
        at += 256;
      continue;
    }
    if (utf8_bad(v, before)) return kt__utf8_exact(p, n, at);
    before = v;
    at += 64;
  }
  /* Zeros behind the last byte end every sequence. */
  __m512i v = _mm512_maskz_loadu_epi8(_bzhi_u64(~UINT64_C(0), (unsigned)(n - at)), p + at);
  return utf8_wrong(v, before) ? kt__utf8_exact(p, n, at) : n;
}

/* VBMI came with Ice Lake and Zen 4. Older processors of Intel have the rest, but lower their clock for it. */
static bool usable(void) {
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("bmi2");
}

const kt_scan_variant kt__scan_avx512 = {"avx512", usable, token, value, target, unescaped, utf8};
#endif
