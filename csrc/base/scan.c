#include "base/scan_variants.h"

const uint8_t kt_byte_class[256] = {
      0,   0,   0,   0,   0,   0,   0,   0,   0,   2,   0,   0,   0,   0,   0,   0,
      0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
     66, 103,   6,  71, 103,  71, 103, 103, 102, 102, 103, 103,  70, 103, 103,  70,
    127, 127, 127, 127, 127, 127, 127, 127, 127, 127,  70, 102,  70, 102,  70,  70,
     70, 111, 111, 111, 111, 111, 111, 103, 103, 103, 103, 103, 103, 103, 103, 103,
    103, 103, 103, 103, 103, 103, 103, 103, 103, 103, 103,  70,   6,  70,  71, 103,
     71, 111, 111, 111, 111, 111, 111, 103, 103, 103, 103, 103, 103, 103, 103, 103,
    103, 103, 103, 103, 103, 103, 103, 103, 103, 103, 103,  70,  71,  70, 103,  64,
     66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,
     66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,
     66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,
     66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,
     66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,
     66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,
     66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,
     66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,  66,
};

const uint8_t kt__scan_token_highs[16] = {0xe8, 0xfc, 0xf8, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc,
                                          0xf8, 0xf8, 0xf4, 0x54, 0xd0, 0x54, 0xf4, 0x70};
const uint8_t kt__scan_high_bit[16] = {1, 2, 4, 8, 16, 32, 64, 128};
const uint8_t kt__scan_to_front[32] = {0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,
                                       11,   12,   13,   14,   15,   0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static const uint8_t *scalar(const uint8_t *p, const uint8_t *end, uint8_t wanted) {
  while (p < end && (kt_byte_class[*p] & wanted)) p++;
  return p;
}

static const uint8_t *token(const uint8_t *p, const uint8_t *end) { return scalar(p, end, KT_BYTE_TOKEN); }
static const uint8_t *value(const uint8_t *p, const uint8_t *end) { return scalar(p, end, KT_BYTE_VALUE); }
static const uint8_t *target(const uint8_t *p, const uint8_t *end) { return scalar(p, end, KT_BYTE_TARGET); }
static const uint8_t *unescaped(const uint8_t *p, const uint8_t *end) { return scalar(p, end, KT_BYTE_UNESCAPED); }
static size_t utf8(const uint8_t *p, size_t n) { return kt__utf8_exact(p, n, 0); }
static bool always(void) { return true; }

const kt_scan_variant kt__scan_scalar = {"scalar", always, token, value, target, unescaped, utf8};

const kt_scan_variant *const kt_scan_variants[] = {
#if defined(KT__SCAN_X86)
    &kt__scan_avx512, &kt__scan_avx2, &kt__scan_sse42,
#elif defined(KT__SCAN_NEON)
    &kt__scan_neon,
#endif
    &kt__scan_scalar, NULL,
};

/* A copy, which saves a load in every call. */
static kt_scan_variant chosen = {"scalar", always, token, value, target, unescaped, utf8};

/* Before main, so that no thread can see a half-made choice; whoever calls earlier gets the scalar one. */
__attribute__((constructor)) static void choose(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  const kt_scan_variant *const *v = kt_scan_variants;
  while (!(*v)->usable()) v++;
  chosen = **v;
}

const uint8_t *kt_scan_token(const uint8_t *p, const uint8_t *end) { return chosen.token(p, end); }
const uint8_t *kt_scan_value(const uint8_t *p, const uint8_t *end) { return chosen.value(p, end); }
const uint8_t *kt_scan_target(const uint8_t *p, const uint8_t *end) { return chosen.target(p, end); }
const uint8_t *kt_scan_unescaped(const uint8_t *p, const uint8_t *end) { return chosen.unescaped(p, end); }
size_t kt_utf8_prefix(const uint8_t *p, size_t n) { return n == 0 ? 0 : chosen.utf8(p, n); } /* p may be NULL */

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
