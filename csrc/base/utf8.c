#include "base/memory.h"
#include "base/scan_variants.h"

static bool continuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }

/* The length of the well-formed sequence at `p` (Unicode 15, table 3-7), or 0. */
static size_t sequence(const uint8_t *p, size_t n) {
  uint8_t b0 = p[0];
  if (b0 < 0x80) return 1;
  if (b0 < 0xC2 || n < 2 || !continuation(p[1])) return 0;
  if (b0 < 0xE0) return 2;
  if (n < 3 || !continuation(p[2])) return 0;
  if (b0 < 0xF0) {
    if (b0 == 0xE0 && p[1] < 0xA0) return 0; /* overlong */
    if (b0 == 0xED && p[1] > 0x9F) return 0; /* surrogates */
    return 3;
  }
  if (b0 > 0xF4 || n < 4 || !continuation(p[3])) return 0;
  if (b0 == 0xF0 && p[1] < 0x90) return 0; /* overlong */
  if (b0 == 0xF4 && p[1] > 0x8F) return 0; /* beyond U+10FFFF */
  return 4;
}

#define HIGH_BITS 0x8080808080808080u

/* The lead byte of a sequence that goes on at `at`, or `at`. */
static size_t sequence_start(const uint8_t *p, size_t at) {
  for (size_t back = 1; back <= 3 && back <= at; back++) {
    if (p[at - back] >= 0xC0) return at - back;
    if (p[at - back] < 0x80) break;
  }
  return at;
}

size_t kt__utf8_scalar(const uint8_t *p, size_t n, size_t at) {
  size_t i = sequence_start(p, at);
  while (i < n) {
    while (n - i >= 32) { /* bodies are ASCII for most of their length */
      uint64_t w[4];
      memcpy(w, p + i, 32);
      if (((w[0] | w[1] | w[2] | w[3]) & HIGH_BITS) != 0) break;
      i += 32;
    }
    size_t stop = n - i < 32 ? n : i + 32;
    while (i < stop) {
      size_t k = sequence(p + i, n - i);
      if (k == 0) return i;
      i += k;
    }
  }
  return n;
}

/* A variant that takes good text for bad would only be slow, and no result would show it. */
size_t kt__utf8_exact(const uint8_t *p, size_t n, size_t at) {
  size_t i = kt__utf8_scalar(p, n, at);
  KT_ASSERT(i < n);
  return i;
}

#define CARRY (KT__U8_SHORT | KT__U8_LONG | KT__U8_TWO)
#define CONTINUATION (KT__U8_LONG | KT__U8_OVER2 | KT__U8_TWO)
#define BEYOND (CARRY | KT__U8_LARGE | KT__U8_OVER4)

const kt__utf8_tables kt__utf8_wrong = {
    .first_high = {KT__U8_LONG, KT__U8_LONG, KT__U8_LONG, KT__U8_LONG, KT__U8_LONG, KT__U8_LONG, KT__U8_LONG,
                   KT__U8_LONG, KT__U8_TWO, KT__U8_TWO, KT__U8_TWO, KT__U8_TWO, KT__U8_SHORT | KT__U8_OVER2,
                   KT__U8_SHORT, KT__U8_SHORT | KT__U8_OVER3 | KT__U8_SURROGATE,
                   KT__U8_SHORT | KT__U8_LARGE | KT__U8_OVER4},
    .first_low = {CARRY | KT__U8_OVER2 | KT__U8_OVER3 | KT__U8_OVER4, CARRY | KT__U8_OVER2, CARRY, CARRY,
                  CARRY | KT__U8_LARGE, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND,
                  BEYOND | KT__U8_SURROGATE, BEYOND, BEYOND},
    .second_high = {KT__U8_SHORT, KT__U8_SHORT, KT__U8_SHORT, KT__U8_SHORT, KT__U8_SHORT, KT__U8_SHORT, KT__U8_SHORT,
                    KT__U8_SHORT, CONTINUATION | KT__U8_OVER3 | KT__U8_OVER4,
                    CONTINUATION | KT__U8_OVER3 | KT__U8_LARGE, CONTINUATION | KT__U8_SURROGATE | KT__U8_LARGE,
                    CONTINUATION | KT__U8_SURROGATE | KT__U8_LARGE, KT__U8_SHORT, KT__U8_SHORT, KT__U8_SHORT,
                    KT__U8_SHORT},
};

size_t kt_utf8_count(const uint8_t *p, size_t n) {
  size_t count = 0, i = 0;
  for (; n - i >= 8; i += 8) {
    uint64_t w;
    memcpy(&w, p + i, 8);
    uint64_t follow = (w >> 7 & ~w >> 6) & 0x0101010101010101u; /* one bit for each 10xxxxxx */
    count += 8 - (size_t)__builtin_popcountll(follow);
  }
  for (; i < n; i++) count += !continuation(p[i]);
  return count;
}
