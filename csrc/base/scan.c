#include "base/scan_variants.h"

_Alignas(64) const uint8_t kt_byte_class[256] = {
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
static size_t utf8(const uint8_t *p, size_t n) { return kt__utf8_scalar(p, n, 0); }
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

/* ---- comparison without case: sixteen bytes at a time, inline, on every processor ---- */

typedef uint8_t lanes __attribute__((vector_size(16)));
typedef int8_t lanes_signed __attribute__((vector_size(16)));
typedef uint64_t lanes_words __attribute__((vector_size(16)));

/* Zeros where a and b are equal without case: they may differ in bit 0x20 where a is a letter. A letter is what is
 * greatest among signed bytes when 'z' is moved to 0x7f. */
static inline lanes different(lanes a, lanes b) {
  lanes letter = (lanes)((lanes_signed)((a | 0x20) + (0x7f - 'z')) > 0x7f - 26);
  return (a ^ b) & ~(letter & 0x20);
}

static inline bool equal(lanes a, lanes b) {
  lanes_words w = (lanes_words)different(a, b);
  return (w[0] | w[1]) == 0;
}

static inline lanes load16(const uint8_t *p) {
  lanes v;
  memcpy(&v, p, 16);
  return v;
}

/* All of the n bytes at p, 1 <= n <= 15, some of them twice. */
static inline lanes load_short(const uint8_t *p, size_t n) {
  lanes_words w = {0, 0};
  if (n >= 8) {
    uint64_t first, last;
    memcpy(&first, p, 8);
    memcpy(&last, p + n - 8, 8);
    w = (lanes_words){first, last};
  } else if (n >= 4) {
    uint32_t first, last;
    memcpy(&first, p, 4);
    memcpy(&last, p + n - 4, 4);
    w[0] = first | (uint64_t)last << 32;
  } else {
    w[0] = (uint64_t)p[0] | (uint64_t)p[n / 2] << 8 | (uint64_t)p[n - 1] << 16;
  }
  return (lanes)w;
}

bool kt_ci_equal(const uint8_t *a, const uint8_t *b, size_t n) {
  if (n < 16) return n == 0 || equal(load_short(a, n), load_short(b, n));
  for (size_t i = 0; n - i > 16; i += 16)
    if (!equal(load16(a + i), load16(b + i))) return false;
  return equal(load16(a + n - 16), load16(b + n - 16)); /* overlaps what was equal */
}
