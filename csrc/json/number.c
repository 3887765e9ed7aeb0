/* Numbers (RFC 8259 §6).
 *
 * Doubles: up to 19 significant digits are gathered in a word. When they make an integer of at most 2^53 and the power
 * of ten is at most 10^22, both are exact doubles, so one multiplication or division rounds correctly (Clinger 1990).
 * That is every price and measure. The rest goes to strtod in the C locale, on a bounded copy: 768 digits decide any
 * double, what follows them only matters by being zero or not (767 is the longest exact halfway point). */
#ifndef _GNU_SOURCE
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strtod_l, newlocale */
#endif
#endif
#include "json/json.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const uint8_t *kt__json_number_end(const uint8_t *p, const uint8_t *end, const uint8_t **at) {
  if (p < end && *p == '-') p++;
  const uint8_t *digits = p;
  while (p < end && kt__json_digit(*p)) p++;
  if (p == digits || (*digits == '0' && p - digits > 1)) {
    *at = p == digits ? p : digits + 1;
    return NULL;
  }
  if (p < end && *p == '.') {
    const uint8_t *fraction = ++p;
    while (p < end && kt__json_digit(*p)) p++;
    *at = p;
    if (p == fraction) return NULL;
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    p++;
    if (p < end && (*p == '+' || *p == '-')) p++;
    const uint8_t *exponent = p;
    while (p < end && kt__json_digit(*p)) p++;
    *at = p;
    if (p == exponent) return NULL;
  }
  return p;
}

/* A number as sign, significant digits without leading or trailing zeros, and the power of ten of the last of them.
 * `digits` spans the source and may hold one '.', which readers step over. */
typedef struct decimal {
  const uint8_t *digits, *digits_end;
  size_t count;
  int64_t power;
  bool negative;
} decimal;

/* Far beyond any power that matters and far from overflow, however long a body is. */
#define POWER_LIMIT ((int64_t)1 << 50)

static decimal decimal_read(const uint8_t *p, const uint8_t *end) {
  decimal d = {.negative = *p == '-'};
  p += d.negative;
  const uint8_t *first = NULL, *last = NULL;
  int64_t whole = 0, fraction = 0, last_whole = 0, last_fraction = 0; /* digits before and behind the point */
  size_t count = 0;
  bool point = false;
  for (; p < end && *p != 'e' && *p != 'E'; p++) {
    if (*p == '.') {
      point = true;
      continue;
    }
    if (point) fraction++; else whole++;
    if (first == NULL && *p == '0') continue;
    if (first == NULL) first = p;
    count++;
    if (*p == '0') continue;
    last = p;
    d.count = count;
    last_whole = whole;
    last_fraction = fraction;
  }
  if (last == NULL) return d; /* zero */
  int64_t exponent = 0;
  if (p < end) {
    p++;
    bool negative = *p == '-';
    p += *p == '-' || *p == '+';
    for (; p < end; p++)
      if (exponent < POWER_LIMIT) exponent = exponent * 10 + (*p - '0');
    if (negative) exponent = -exponent;
  }
  d.digits = first;
  d.digits_end = last + 1;
  d.power = exponent + (whole - last_whole) - last_fraction;
  return d;
}

/* The token at the cursor; fails the cursor when it is malformed. */
static const uint8_t *number_take(kt_json *c) {
  const uint8_t *at = c->p, *begin = c->p;
  const uint8_t *end = kt__json_number_end(begin, c->end, &at);
  if (end == NULL) {
    kt_json_fail(c, at == c->end ? KT_JSON_TRUNCATED : KT_JSON_NUMBER, at);
    return NULL;
  }
  c->p = end;
  return begin;
}

/* The magnitude when it is an integer below 2^64. */
static kt_json_fit decimal_uint64(const decimal *d, uint64_t *out) {
  *out = 0;
  if (d->count == 0) return KT_JSON_FITS;
  if (d->power < 0) return KT_JSON_FRACTION;
  if (d->count + (uint64_t)d->power > 20) return KT_JSON_RANGE;
  uint64_t value = 0;
  for (const uint8_t *p = d->digits; p < d->digits_end; p++)
    if (*p != '.' && (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *p - '0', &value)))
      return KT_JSON_RANGE;
  for (int64_t i = 0; i < d->power; i++)
    if (__builtin_mul_overflow(value, 10, &value)) return KT_JSON_RANGE;
  *out = value;
  return KT_JSON_FITS;
}

const uint8_t *kt__json_negative(const uint8_t *p, const uint8_t *end, int64_t *out) {
  p = kt__json_magnitude(p + 1, end, out);
  if (p != NULL) *out = -*out;
  return p;
}

kt_json_fit kt__json_int64_slow(kt_json *c, int64_t *out) {
  const uint8_t *begin = number_take(c);
  if (begin == NULL) return KT_JSON_BROKEN;
  decimal d = decimal_read(begin, c->p);
  uint64_t magnitude;
  kt_json_fit fit = decimal_uint64(&d, &magnitude);
  if (fit != KT_JSON_FITS) return fit;
  if (magnitude > (uint64_t)INT64_MAX + d.negative) return KT_JSON_RANGE;
  *out = (int64_t)(d.negative ? 0 - magnitude : magnitude);
  return KT_JSON_FITS;
}

kt_json_fit kt_json_uint64(kt_json *c, uint64_t *out) {
  const uint8_t *begin = number_take(c);
  if (begin == NULL) return KT_JSON_BROKEN;
  decimal d = decimal_read(begin, c->p);
  kt_json_fit fit = decimal_uint64(&d, out);
  return fit == KT_JSON_FITS && d.negative && *out != 0 ? KT_JSON_RANGE : fit;
}

static locale_t c_locale(void) {
  static locale_t shared; /* glibc hands out its one static C locale, so a race stores the same value twice */
  locale_t l = __atomic_load_n(&shared, __ATOMIC_ACQUIRE);
  if (l == (locale_t)0) {
    l = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    __atomic_store_n(&shared, l, __ATOMIC_RELEASE);
  }
  return l;
}

#define DIGITS_KEPT 768

static double decimal_strtod(const decimal *d) {
  char copy[DIGITS_KEPT + 1 + 32];
  size_t n = 0, seen = 0;
  for (const uint8_t *p = d->digits; p < d->digits_end && seen < DIGITS_KEPT; p++)
    if (*p != '.') copy[n++] = (char)*p, seen++;
  int64_t power = d->power + (int64_t)(d->count - seen);
  if (seen < d->count) { /* the last significant digit is not zero, so what was dropped is more than nothing */
    copy[n++] = '1';
    power--;
  }
  if (power > 100000) power = 100000;
  if (power < -100000) power = -100000;
  snprintf(copy + n, sizeof copy - n, "e%d", (int)power);
  return strtod_l(copy, NULL, c_locale());
}

static double decimal_double(const decimal *d) {
  if (d->count == 0) return 0;
  if (d->count <= 19 && d->power >= -22 && d->power <= 22) {
    uint64_t value = 0;
    for (const uint8_t *p = d->digits; p < d->digits_end; p++)
      if (*p != '.') value = value * 10 + (uint64_t)(*p - '0');
    if (value <= (uint64_t)1 << 53) {
      return d->power < 0 ? (double)value / kt__json_powers[-d->power] : (double)value * kt__json_powers[d->power];
    }
  }
  return decimal_strtod(d);
}

kt_json_fit kt_json_double(kt_json *c, double *out) {
  bool negative = c->p < c->end && *c->p == '-';
  const uint8_t *behind = kt__json_plain_decimal(c->p + negative, c->end, out);
  if (behind != NULL) {
    if (negative) *out = -*out;
    c->p = behind;
    return KT_JSON_FITS;
  }
  const uint8_t *begin = number_take(c);
  if (begin == NULL) return KT_JSON_BROKEN;
  decimal d = decimal_read(begin, c->p);
  double magnitude = decimal_double(&d);
  if (isinf(magnitude)) return KT_JSON_RANGE;
  *out = d.negative ? -magnitude : magnitude;
  return KT_JSON_FITS;
}
