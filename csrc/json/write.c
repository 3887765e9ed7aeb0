#include "json/json.h"

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657"
    "58596061626364656667686970717273747576777879808182838485868788899091929394959697989900";

static const uint64_t tens[] = {0,
                                10u,
                                100u,
                                1000u,
                                10000u,
                                100000u,
                                1000000u,
                                10000000u,
                                100000000u,
                                1000000000u,
                                10000000000u,
                                100000000000u,
                                1000000000000u,
                                10000000000000u,
                                100000000000000u,
                                1000000000000000u,
                                10000000000000000u,
                                100000000000000000u,
                                1000000000000000000u,
                                10000000000000000000u};

/* A number of b bits has b·log10(2) digits or one less; 1233 / 4096 is log10(2) exactly enough for 64 bits. */
static inline unsigned digit_count(uint64_t value) {
  unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1), guess = bits * 1233 >> 12;
  return guess + (value >= tens[guess]);
}

static inline void put_pair(uint8_t *out, uint32_t value) { memcpy(out, pairs + 2 * value, 2); }

uint8_t *kt_json_write_uint64(uint8_t *out, uint64_t value) {
  unsigned n = digit_count(value);
  uint8_t *end = out + n, *p = end;
  while (value > UINT32_MAX) {
    uint32_t last = (uint32_t)(value % 10000);
    value /= 10000;
    p -= 4;
    put_pair(p, last / 100);
    put_pair(p + 2, last % 100);
  }
  uint32_t rest = (uint32_t)value; /* 32-bit divisions are multiplications of one word */
  while (rest >= 100) {
    p -= 2;
    put_pair(p, rest % 100);
    rest /= 100;
  }
  if (rest >= 10) put_pair(p - 2, rest);
  else p[-1] = (uint8_t)('0' + rest);
  return end;
}

uint8_t *kt_json_write_int64(uint8_t *out, int64_t value) {
  uint64_t magnitude = (uint64_t)value;
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  return kt_json_write_uint64(out, magnitude);
}

/* Looks for the smallest k with value = i / 10^k, i an integer below 10^15. i and 10^k are exact doubles, so i / 10^k
 * is the correctly rounded reading of the decimal "i·10^-k" (Clinger 1990); when it equals `value`, that decimal reads
 * back as `value`. Decimals of at most 15 digits are further apart than doubles, so no other of that length does, and
 * the smallest k is the shortest. */
uint8_t *kt_json_write_short_double(uint8_t *out, double value) {
  static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
  if (value == 0) { /* keeps the sign of -0.0, which is a JSON number */
    if (__builtin_signbit(value)) *out++ = '-';
    *out++ = '0';
    return out;
  }
  double magnitude = value < 0 ? -value : value;
  if (!(magnitude >= 1e-5 && magnitude < 1e15)) return NULL;
  for (unsigned k = 0; k < sizeof powers / sizeof powers[0]; k++) {
    double scaled = magnitude * powers[k];
    if (scaled >= 1e15) return NULL;
    uint64_t i = (uint64_t)(scaled + 0.5);
    double off = scaled - (double)i;
    /* Two roundings lie between i and `scaled` where the decimal is right; this spares most divisions. */
    if ((off < 0 ? -off : off) > scaled * 0x1p-51 || (double)i / powers[k] != magnitude) continue;
    if (value < 0) *out++ = '-';
    uint64_t unit = (uint64_t)powers[k], whole = k == 2 ? i / 100 : i / unit, fraction = i - whole * unit;
    out = kt_json_write_uint64(out, whole);
    if (k == 0) return out;
    *out++ = '.';
    unsigned place = k;
    uint32_t rest = (uint32_t)fraction; /* below 10^8 */
    for (; place >= 2; place -= 2, rest /= 100) put_pair(out + place - 2, rest % 100);
    if (place == 1) out[0] = (uint8_t)('0' + rest);
    return out + k;
  }
  return NULL;
}
