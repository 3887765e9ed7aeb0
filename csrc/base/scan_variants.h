/* scan_variants.h: what the files of variants share. Each of them gives one row of kt_scan_variants.
 *
 * Three ways to the last bytes without reading beyond them: a load that overlaps the one before it, whose bytes were
 * already found good; for less than one load two words that overlap, put together; with AVX-512 a load under a mask,
 * which does not fault for what the mask leaves out. The latter two have zeros behind the last byte, and a zero stops
 * every scan and ends every sequence of UTF-8. */
#ifndef KT_BASE_SCAN_VARIANTS_H
#define KT_BASE_SCAN_VARIANTS_H

#include "base/scan.h"

#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#if defined(__x86_64__)
#define KT__SCAN_X86 1
extern const kt_scan_variant kt__scan_avx512, kt__scan_avx2, kt__scan_sse42;
#elif defined(__aarch64__)
#define KT__SCAN_NEON 1
extern const kt_scan_variant kt__scan_neon;
#endif
#endif
extern const kt_scan_variant kt__scan_scalar;

#define KT__INLINE static inline __attribute__((always_inline))

/* kt_utf8_prefix, a byte at a time, for n bytes of which those before `at` hold no error but may end within a sequence:
 * it starts at the lead byte of that sequence. */
size_t kt__utf8_scalar(const uint8_t *p, size_t n, size_t at);
/* The same for variants that found a bad block at `at` and want to know the place. */
size_t kt__utf8_exact(const uint8_t *p, size_t n, size_t at);

/* What is wrong with a pair of bytes, for the variants' tables (J. Keiser, D. Lemire, "Validating UTF-8 in less than
 * one instruction per byte", 2021): a pair is ill-formed when a bit is set in all three, by the first byte's high
 * nibble, by its low nibble and by the second byte's high nibble. KT__U8_TWO alone is no error but a question: two
 * continuation bytes must stand exactly where a lead byte for three or four came two or three bytes before. */
enum {
  KT__U8_SHORT = 1,      /* a lead byte and no continuation */
  KT__U8_LONG = 2,       /* ASCII and a continuation */
  KT__U8_OVER3 = 4,      /* E0 and less than A0 */
  KT__U8_LARGE = 8,      /* F4 or more and 90 or more */
  KT__U8_SURROGATE = 16, /* ED and A0 or more */
  KT__U8_OVER2 = 32,     /* C0 or C1 */
  KT__U8_OVER4 = 64,     /* F0 and less than 90; F5 or more and less than 90 */
  KT__U8_TWO = 128,
};
typedef struct kt__utf8_tables {
  uint8_t first_high[16], first_low[16], second_high[16];
} kt__utf8_tables;
extern const kt__utf8_tables kt__utf8_wrong;

/* What is a token, by nibbles: a bit for each high nibble, by low nibble; and the bit of a high nibble, none for those
 * above 7. */
extern const uint8_t kt__scan_token_highs[16], kt__scan_high_bit[16];

/* Indices that move the last r of sixteen bytes to the front and fill with zeros: load at + 16 - r. */
extern const uint8_t kt__scan_to_front[32];

/* The n bytes at p, n < 16, and zeros behind them. */
KT__INLINE void kt__scan_short(const uint8_t *p, size_t n, uint64_t words[2]) {
  words[1] = 0;
  if (n >= 8) {
    memcpy(&words[0], p, 8);
    memcpy(&words[1], p + n - 8, 8);
    words[1] = words[1] >> 8 * (15 - n) >> 8; /* for n of 8 the whole word goes, which one shift cannot do */
  } else if (n >= 4) {
    uint32_t first, last;
    memcpy(&first, p, 4);
    memcpy(&last, p + n - 4, 4);
    words[0] = first | (uint64_t)last << 8 * (n - 4);
  } else {
    words[0] = n == 0 ? 0 : (uint64_t)p[0] | (uint64_t)p[n / 2] << 8 * (n / 2) | (uint64_t)p[n - 1] << 8 * (n - 1);
  }
}

#endif
