#include "json/json.h"

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657"
    "58596061626364656667686970717273747576777879808182838485868788899091929394959697989900";

static unsigned digit_count(uint64_t value) {
  unsigned n = 1;
  for (uint64_t power = 10; n < 20 && value >= power; power *= 10) n++;
  return n;
}

uint8_t *kt_json_write_uint64(uint8_t *out, uint64_t value) {
  uint8_t *end = out + digit_count(value), *p = end;
  while (value >= 100) {
    p -= 2;
    memcpy(p, pairs + 2 * (value % 100), 2);
    value /= 100;
  }
  if (value >= 10) {
    p -= 2;
    memcpy(p, pairs + 2 * value, 2);
  } else {
    *--p = (uint8_t)('0' + value);
  }
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
    uint64_t unit = (uint64_t)powers[k], whole = i / unit, fraction = i - whole * unit;
    out = kt_json_write_uint64(out, whole);
    if (k == 0) return out;
    *out++ = '.';
    for (unsigned place = k; place-- > 0; fraction /= 10) out[place] = (uint8_t)('0' + fraction % 10);
    return out + k;
  }
  return NULL;
}
