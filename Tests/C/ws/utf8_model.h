/* utf8_model.h: UTF-8 by the definition of its code points, slowly. */
#ifndef KT_TEST_UTF8_MODEL_H
#define KT_TEST_UTF8_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads one code point by its definition (RFC 3629 §3). 0: no; else its length; `begun`: it is only cut short. */
static size_t utf8_decode(const uint8_t *p, size_t n, bool *begun) {
  static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
  size_t length = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
  *begun = false;
  if (length == 0) return 0;
  uint32_t low = length == 1 ? p[0] : p[0] & (0x7f >> length), high = low;
  for (size_t i = 1; i < length; i++) { /* what is missing may be anything */
    if (i < n && p[i] >> 6 != 2) return 0;
    low = low << 6 | (i < n ? p[i] & 0x3f : 0);
    high = high << 6 | (i < n ? p[i] & 0x3f : 0x3f);
  }
  if (high < least[length] || low > 0x10ffff || (low >= 0xd800 && high <= 0xdfff)) return 0;
  *begun = n < length;
  return length;
}

/* 1: text, 0: text that is cut short, -1: none. */
static int utf8_model(const uint8_t *p, size_t n) {
  bool begun = false;
  for (size_t i = 0, k; i < n; i += k) {
    k = utf8_decode(p + i, n - i, &begun);
    if (k == 0) return -1;
    if (begun) return 0;
  }
  return 1;
}

#endif
