#include "base/scan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

const uint8_t kt_byte_class[256] = {
     0,  0,  0,  0,  0,  0,  0,  0,  0,  2,  0,  0,  0,  0,  0,  0,
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     2, 39,  6,  7, 39,  7, 39, 39, 38, 38, 39, 39,  6, 39, 39,  6,
    63, 63, 63, 63, 63, 63, 63, 63, 63, 63,  6, 38,  6, 38,  6,  6,
     6, 47, 47, 47, 47, 47, 47, 39, 39, 39, 39, 39, 39, 39, 39, 39,
    39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39,  6,  6,  6,  7, 39,
     7, 47, 47, 47, 47, 47, 47, 39, 39, 39, 39, 39, 39, 39, 39, 39,
    39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39,  6,  7,  6, 39,  0,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
};

static const uint8_t *scalar(const uint8_t *p, const uint8_t *end, uint8_t wanted) {
  while (p < end && (kt_byte_class[*p] & wanted)) p++;
  return p;
}

const uint8_t *kt_scan_token(const uint8_t *p, const uint8_t *end) { return scalar(p, end, KT_BYTE_TOKEN); }

static const uint8_t *value_scalar(const uint8_t *p, const uint8_t *end) { return scalar(p, end, KT_BYTE_VALUE); }
static const uint8_t *target_scalar(const uint8_t *p, const uint8_t *end) { return scalar(p, end, KT_BYTE_TARGET); }
static bool always(void) { return true; }

#if defined(__x86_64__)

/* Bytes below 0x20 other than HTAB, and 0x7f, stop a value. Unsigned "below" is min(v, bound) == v. */
static const uint8_t *value_sse2(const uint8_t *p, const uint8_t *end) {
  const __m128i bound = _mm_set1_epi8(0x1f), tab = _mm_set1_epi8(0x09), del = _mm_set1_epi8(0x7f);
  for (; end - p >= 16; p += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)p);
    __m128i low = _mm_andnot_si128(_mm_cmpeq_epi8(v, tab), _mm_cmpeq_epi8(_mm_min_epu8(v, bound), v));
    int stop = _mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(v, del)));
    if (stop) return p + __builtin_ctz((unsigned)stop);
  }
  return value_scalar(p, end);
}

/* 0x21 to 0x7e as signed bytes: greater than 0x20 and less than 0x7f; what is above 0x7f is negative. */
static const uint8_t *target_sse2(const uint8_t *p, const uint8_t *end) {
  const __m128i low = _mm_set1_epi8(0x20), high = _mm_set1_epi8(0x7f);
  for (; end - p >= 16; p += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)p);
    __m128i good = _mm_and_si128(_mm_cmpgt_epi8(v, low), _mm_cmplt_epi8(v, high));
    int stop = _mm_movemask_epi8(good) ^ 0xffff;
    if (stop) return p + __builtin_ctz((unsigned)stop);
  }
  return target_scalar(p, end);
}

__attribute__((target("avx2"))) static const uint8_t *value_avx2(const uint8_t *p, const uint8_t *end) {
  const __m256i bound = _mm256_set1_epi8(0x1f), tab = _mm256_set1_epi8(0x09), del = _mm256_set1_epi8(0x7f);
  for (; end - p >= 32; p += 32) {
    __m256i v = _mm256_loadu_si256((const __m256i *)p);
    __m256i low = _mm256_andnot_si256(_mm256_cmpeq_epi8(v, tab), _mm256_cmpeq_epi8(_mm256_min_epu8(v, bound), v));
    unsigned stop = (unsigned)_mm256_movemask_epi8(_mm256_or_si256(low, _mm256_cmpeq_epi8(v, del)));
    if (stop) return p + __builtin_ctz(stop);
  }
  return value_sse2(p, end);
}

__attribute__((target("avx2"))) static const uint8_t *target_avx2(const uint8_t *p, const uint8_t *end) {
  const __m256i low = _mm256_set1_epi8(0x20), high = _mm256_set1_epi8(0x7f);
  for (; end - p >= 32; p += 32) {
    __m256i v = _mm256_loadu_si256((const __m256i *)p);
    __m256i good = _mm256_and_si256(_mm256_cmpgt_epi8(v, low), _mm256_cmpgt_epi8(high, v));
    unsigned stop = ~(unsigned)_mm256_movemask_epi8(good);
    if (stop) return p + __builtin_ctz(stop);
  }
  return target_sse2(p, end);
}

static bool has_avx2(void) { return __builtin_cpu_supports("avx2"); }

const kt_scan_variant kt_scan_variants[] = {
    {"avx2", has_avx2, value_avx2, target_avx2},
    {"sse2", always, value_sse2, target_sse2},
    {"scalar", always, value_scalar, target_scalar},
    {0},
};
#else
const kt_scan_variant kt_scan_variants[] = {{"scalar", always, value_scalar, target_scalar}, {0}};
#endif

static const kt_scan_variant *chosen = kt_scan_variants;

/* Before main, so that no thread can see a half-made choice. */
__attribute__((constructor)) static void choose(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  while (!chosen->usable()) chosen++;
}

const uint8_t *kt_scan_value(const uint8_t *p, const uint8_t *end) { return chosen->value(p, end); }
const uint8_t *kt_scan_target(const uint8_t *p, const uint8_t *end) { return chosen->target(p, end); }

/* Eight bytes at once. A byte is an upper-case letter when it is ASCII and adding 0x80 - 'A' carries into its high bit
 * while adding 0x7f - 'Z' does not. */
static uint64_t lower_word(uint64_t word) {
  const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
  uint64_t low = word & ~high;
  uint64_t upper = (low + (0x80 - 'A') * ones) & ~(low + (0x7f - 'Z') * ones) & ~word & high;
  return word | upper >> 2;
}

static uint64_t load(const uint8_t *p, size_t n) {
  uint64_t word = 0;
  memcpy(&word, p, n);
  return word;
}

bool kt_ci_equal(const uint8_t *a, const uint8_t *b, size_t n) {
  for (; n >= 8; a += 8, b += 8, n -= 8)
    if (lower_word(load(a, 8)) != lower_word(load(b, 8))) return false;
  if (n >= 4) { /* two loads that overlap */
    if (lower_word(load(a, 4)) != lower_word(load(b, 4))) return false;
    return lower_word(load(a + n - 4, 4)) == lower_word(load(b + n - 4, 4));
  }
  for (size_t i = 0; i < n; i++)
    if (kt_lower(a[i]) != kt_lower(b[i])) return false;
  return true;
}
