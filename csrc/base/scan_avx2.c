#include "base/scan_variants.h"

#if defined(KT__SCAN_X86)
#include "base/scan_sse.h"

#define AVX2 __attribute__((target("avx2,bmi,bmi2")))
#define AVX2_INLINE AVX2 KT__INLINE

/* 0xff where a byte stops a scan; how is said in scan_sse.h. */
typedef __m256i (*stops32)(__m256i v);

AVX2_INLINE __m256i value32(__m256i v) {
  __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v);
  low = _mm256_andnot_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\t')), low);
  return _mm256_or_si256(low, _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7f)));
}

AVX2_INLINE __m256i target32(__m256i v) {
  return _mm256_cmpgt_epi8(_mm256_set1_epi8(0x22), _mm256_add_epi8(v, _mm256_set1_epi8(1)));
}

AVX2_INLINE __m256i unescaped32(__m256i v) {
  __m256i swapped = _mm256_xor_si256(v, _mm256_set1_epi8(2));
  __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(swapped, _mm256_set1_epi8(0x20)), swapped);
  return _mm256_or_si256(low, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
}

AVX2_INLINE __m256i load32(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
AVX2_INLINE unsigned bits32(__m256i v) { return (unsigned)_mm256_movemask_epi8(v); }

/* Four loads a turn as long as nothing stops; then one a turn, and at the end one that overlaps. */
AVX2_INLINE const uint8_t *scan32(const uint8_t *p, const uint8_t *end, stops32 stops, kt__stops16 stops_short) {
  if (end - p < 32) return kt__scan16(p, end, stops_short);
  const uint8_t *last = end - 32;
  for (; end - p >= 128; p += 128) {
    __m256i a = stops(load32(p)), b = stops(load32(p + 32)), c = stops(load32(p + 64)), d = stops(load32(p + 96));
    if (bits32(_mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d))) == 0) continue;
    uint64_t low = bits32(a) | (uint64_t)bits32(b) << 32, high = bits32(c) | (uint64_t)bits32(d) << 32;
    return low ? p + __builtin_ctzll(low) : p + 64 + __builtin_ctzll(high);
  }
  for (; p <= last; p += 32) {
    unsigned found = bits32(stops(load32(p)));
    if (found) return p + __builtin_ctz(found);
  }
  return last + __builtin_ctzll(bits32(stops(load32(last))) | UINT64_C(1) << 32);
}

AVX2 static const uint8_t *token(const uint8_t *p, const uint8_t *end) { return kt__scan16(p, end, kt__token16); }

/* As signed bytes 0x7f is the greatest: two instructions a load tell that there is neither it nor one below 0x20. HTAB
 * is below, too. */
AVX2_INLINE bool quiet256(const uint8_t *p) {
  __m256i least = load32(p), most = least;
  for (size_t i = 32; i < 256; i += 32) {
    least = _mm256_min_epu8(least, load32(p + i));
    most = _mm256_max_epi8(most, load32(p + i));
  }
  __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(least, _mm256_set1_epi8(0x1f)), least);
  return bits32(_mm256_or_si256(low, _mm256_cmpeq_epi8(most, _mm256_set1_epi8(0x7f)))) == 0;
}

/* Long ones are read from where no load crosses cache lines. Only 128 good bytes make a long one, because `end` is
 * often that of all input and a stop within the next 256 is searched twice. */
AVX2 static const uint8_t *value(const uint8_t *p, const uint8_t *end) {
  if (end - p >= 512) {
    for (int i = 0; i < 4; i++, p += 32) {
      unsigned found = bits32(value32(load32(p)));
      if (found) return p + __builtin_ctz(found);
    }
    p -= (uintptr_t)p & 31;
    while (end - p >= 256 && quiet256(p)) p += 256;
  }
  return scan32(p, end, value32, kt__value16);
}

AVX2 static const uint8_t *target(const uint8_t *p, const uint8_t *end) {
  return scan32(p, end, target32, kt__target16);
}
AVX2 static const uint8_t *unescaped(const uint8_t *p, const uint8_t *end) {
  return scan32(p, end, unescaped32, kt__unescaped16);
}

/* ---- UTF-8 ---- */

AVX2_INLINE __m256i table32(const uint8_t *table) {
  return _mm256_broadcastsi128_si256(kt__load16(table));
}

AVX2_INLINE __m256i utf8_errors(__m256i v, __m256i before) {
  const __m256i nibble = _mm256_set1_epi8(0x0f);
  __m256i lanes_before = _mm256_permute2x128_si256(before, v, 0x21);
  __m256i first = _mm256_alignr_epi8(v, lanes_before, 15);
  __m256i first_high = _mm256_and_si256(_mm256_srli_epi16(first, 4), nibble);
  __m256i second_high = _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble);
  __m256i wrong = _mm256_shuffle_epi8(table32(kt__utf8_wrong.first_high), first_high);
  wrong = _mm256_and_si256(
      wrong, _mm256_shuffle_epi8(table32(kt__utf8_wrong.first_low), _mm256_and_si256(first, nibble)));
  wrong = _mm256_and_si256(wrong, _mm256_shuffle_epi8(table32(kt__utf8_wrong.second_high), second_high));
  __m256i third = _mm256_subs_epu8(_mm256_alignr_epi8(v, lanes_before, 14), _mm256_set1_epi8(0xe0 - 0x80));
  __m256i fourth = _mm256_subs_epu8(_mm256_alignr_epi8(v, lanes_before, 13), _mm256_set1_epi8(0xf0 - 0x80));
  __m256i two = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)KT__U8_TWO));
  return _mm256_xor_si256(wrong, two);
}

AVX2_INLINE bool ascii128(const uint8_t *p) {
  __m256i low = _mm256_or_si256(load32(p), load32(p + 32)), high = _mm256_or_si256(load32(p + 64), load32(p + 96));
  return bits32(_mm256_or_si256(low, high)) == 0;
}

AVX2 static size_t utf8(const uint8_t *p, size_t n) {
  __m256i before = _mm256_setzero_si256();
  size_t at = 0;
  while (n - at >= 32) {
    __m256i v = load32(p + at);
    if (bits32(v) == 0) {
      if (kt__utf8_open16(_mm256_extracti128_si256(before, 1))) return kt__utf8_exact(p, n, at);
      before = v;
      at += 32;
      while (n - at >= 128 && ascii128(p + at)) at += 128;
      continue;
    }
    __m256i errors = utf8_errors(v, before);
    if (!_mm256_testz_si256(errors, errors)) return kt__utf8_exact(p, n, at);
    before = v;
    at += 32;
  }
  return kt__utf8_rest16(p, n, at, _mm256_extracti128_si256(before, 1));
}

static bool usable(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

const kt_scan_variant kt__scan_avx2 = {"avx2", usable, token, value, target, unescaped, utf8};
#endif
