/* plain.h: values that are written without ado, read with the place in a register (view.c, field.c).
 *
 * Each function begins at `p`, looks at no more than NEAR_END bytes without asking where the body ends, and gives what
 * is behind the value, or NULL for everything that is not plain: the caller then takes the cursor's way. */
#ifndef KATANA_CSRC_JSON_PLAIN_H
#define KATANA_CSRC_JSON_PLAIN_H

#include "json/json.h"

#define NEAR_END 32 /* no nearer to the body's end; a longer read than any of them */

#if defined(__SSE2__)
KT__JSON_INLINE unsigned mask(kt__i8x16 v) { return (unsigned)__builtin_ia32_pmovmskb128(v); }
KT__JSON_INLINE kt__i8x16 quotes_in(kt__u8x16 v) { return (kt__i8x16)(v == '"'); }
KT__JSON_INLINE kt__i8x16 others_in(kt__u8x16 v) { return (kt__i8x16)((v == '\\') | (v < 0x20)); }

/* Steps over vectors that hold nothing which ends a text; NULL near the body's end. Adds their bytes' high bits. */
KT__JSON_INLINE const uint8_t *behind_plain(const uint8_t *p, const uint8_t *end, unsigned *high) {
  kt__u8x16 a, b, all = {0};
  for (;; p += 32) {
    if (end - p < 48) return NULL;
    memcpy(&a, p, 16);
    memcpy(&b, p + 16, 16);
    if (mask(quotes_in(a) | others_in(a) | quotes_in(b) | others_in(b)) != 0) break;
    all |= a | b;
  }
  if (mask(quotes_in(a) | others_in(a)) == 0) {
    all |= a;
    p += 16;
  }
  *high |= mask((kt__i8x16)all);
  return p;
}

/* A text without escapes and its size. Its end waits for the quotes alone; what else would end it, for nothing. */
KT__JSON_INLINE const uint8_t *plain_text(const uint8_t *p, const uint8_t *end, uint64_t *size, bool *ascii) {
  if (*p != '"') return NULL;
  const uint8_t *begin = ++p;
  kt__u8x16 v;
  memcpy(&v, p, 16);
  unsigned quotes = mask(quotes_in(v)), others = mask(others_in(v)), high = mask((kt__i8x16)v), before = 0;
  if (quotes == 0) {
    if (others != 0) return NULL;
    before = high;
    p = behind_plain(p + 16, end, &before);
    if (p == NULL) return NULL;
    memcpy(&v, p, 16);
    quotes = mask(quotes_in(v));
    others = mask(others_in(v));
    high = mask((kt__i8x16)v);
    if (quotes == 0) return NULL;
  }
  p += __builtin_ctz(quotes);
  unsigned own = quotes ^ (quotes - 1); /* up to the quote, which is ASCII */
  if ((others & own) != 0) return NULL;
  *ascii = (before | (high & own)) == 0;
  *size = (uint64_t)(p - begin);
  return p + 1;
}
#else
KT__JSON_INLINE const uint8_t *plain_text(const uint8_t *p, const uint8_t *end, uint64_t *size, bool *ascii) {
  kt_json c = {.p = p, .end = end};
  kt_json_text text;
  if (*p != '"' || !kt_json_string(&c, &text) || text.escaped) return NULL;
  *ascii = text.ascii;
  *size = text.n;
  return c.p;
}
#endif

/* Whether a text of `n` bytes has from `low` to `high` code points, each of which has one to four bytes; also false
 * where they are to be counted. */
KT__JSON_INLINE bool is_in_bounds(uint64_t n, bool ascii, int64_t low, int64_t high) {
  return n <= (uint64_t)high && (low == 0 || (ascii ? n : n / 4) >= (uint64_t)low);
}

KT__JSON_INLINE const uint8_t *plain_boolean(const uint8_t *p, bool *out) {
  bool truth = memcmp(p, "true", 4) == 0; /* without a branch for which it is: that is anyone's guess */
  if (!(truth | (memcmp(p, "fals", 4) == 0 && p[4] == 'e'))) return NULL;
  *out = truth;
  return p + 5 - truth;
}

/* Behind whitespace, but not nearer than NEAR_END to the end. */
KT__JSON_INLINE const uint8_t *behind_space(const uint8_t *p, const uint8_t *end) {
  while (end - p > NEAR_END && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
  return p;
}

/* Whether a member's name, its quotes and colon are at `p`. */
KT__JSON_INLINE bool is_name(const uint8_t *p, const uint8_t *text, uint32_t n) {
#if defined(__SSE2__)
  if (n <= 16) {
    kt__u8x16 a, b;
    memcpy(&a, p, 16);
    memcpy(&b, text, 16);
    return (~(unsigned)__builtin_ia32_pmovmskb128((kt__i8x16)(a == b)) & ((1u << n) - 1)) == 0;
  }
#endif
  return n <= NEAR_END && memcmp(p, text, n) == 0;
}

#endif
