/* json: cursor, numbers, strings, writer (RFC 8259).
 *
 * The public face is katana/json.h, whose inline half lives there so that Swift can inline it, and katana/json_view.h.
 * This room holds the rest: cursor.c (errors, escapes, literals, skipping), names.c (members of a struct), plain.h,
 * field.c and view.c (structs and records as a whole), number.c, path.c (where a value stands), escape.c (text written),
 * write.c (numbers written).
 * Bytes in, values out: no allocation but for the names of a struct, no I/O, no locale, no state between calls. */
#ifndef KATANA_CSRC_JSON_H
#define KATANA_CSRC_JSON_H

#include "katana/json.h"

static inline bool kt__json_digit(uint8_t byte) { return (uint8_t)(byte - '0') < 10; }

static const double kt__json_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                         1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The number at `p`, without a sign, of up to 15 digits, of which up to 8 behind a point: nothing else is looked at.
 * Gives what is behind it, or NULL. */
KT__JSON_INLINE const uint8_t *kt__json_plain_decimal(const uint8_t *p, const uint8_t *end, double *out) {
  const uint8_t *digits = p;
  uint64_t value, more;
  size_t n = kt__json_digits(p, end, &value), fraction = 0;
  if (n == 8) {
    size_t more_n = kt__json_digits(p + 8, end, &more);
    value = value * kt__json_ten_to[more_n] + more;
    n += more_n;
  }
  if (n == 0 || n > 15 || (*digits == '0' && n > 1)) return NULL;
  p += n;
  if (p < end && *p == '.') {
    fraction = kt__json_digits(++p, end, &more);
    if (fraction == 0 || n + fraction > 15) return NULL;
    value = value * kt__json_ten_to[fraction] + more;
    p += fraction;
  }
  if (p < end && (kt__json_digit(*p) || *p == '.' || (*p | 0x20) == 'e')) return NULL;
  *out = (double)value / kt__json_powers[fraction];
  return p;
}

/* Finds the end of the number that begins at `p` by its grammar (§6); NULL and *at when it is malformed. */
const uint8_t *kt__json_number_end(const uint8_t *p, const uint8_t *end, const uint8_t **at);

#endif
