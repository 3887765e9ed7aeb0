/* lanes.h: sixteen bytes asked at once, inline, for texts so short that a call would cost more than the answer.
 *
 * A question is an expression over lanes, as in `(v == '%') | (v == '\\')`; bits() makes a number of the answers, the
 * first byte's in bit 0. SSE2 is part of x86-64, so nothing is chosen at run time. Where it is missing KT__LANES is not
 * defined, and the byte loops that every user has anyway do all the work. base/scan.h serves long texts. */
#ifndef KT_HTTP_LANES_H
#define KT_HTTP_LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#define KT__LANES 16

typedef uint8_t kt__lanes __attribute__((vector_size(KT__LANES)));
typedef signed char kt__lanes_signed __attribute__((vector_size(KT__LANES)));
typedef char kt__lane_answers __attribute__((vector_size(KT__LANES)));

static inline kt__lanes kt__lanes_load(const uint8_t *p) {
  kt__lanes v;
  memcpy(&v, p, sizeof v);
  return v;
}

#define kt__lanes_bits(answers) ((unsigned)__builtin_ia32_pmovmskb128((kt__lane_answers)(answers)))

/* Bytes outside [low, 0x7e], for low < 0x7f, in two instructions: one more than 0x7f is the least signed byte, and what
 * is above is negative before and at most zero after. */
static inline unsigned kt__lanes_outside_ascii(kt__lanes v, int8_t low) {
  return kt__lanes_bits((kt__lanes_signed)(v + 1) <= low);
}

/* All of the n bytes at p, 1 <= n <= 16, and none outside; some of them twice. Enough for "is there a byte that". */
static inline kt__lanes kt__lanes_short(const uint8_t *p, size_t n) {
  uint64_t words[2];
  if (n >= 8) {
    memcpy(&words[0], p, 8);
    memcpy(&words[1], p + n - 8, 8);
  } else if (n >= 4) {
    uint32_t halves[2];
    memcpy(&halves[0], p, 4);
    memcpy(&halves[1], p + n - 4, 4);
    words[0] = words[1] = halves[0] | (uint64_t)halves[1] << 32;
  } else {
    words[0] = words[1] = (uint64_t)(p[0] | p[n / 2] << 8 | p[n - 1] << 16) * 0x1000001000001;
  }
  kt__lanes v;
  memcpy(&v, words, sizeof v);
  return v;
}

/* Bits of an answer over kt__lanes_short, put where the bytes stand. */
static inline unsigned kt__lanes_unfold(unsigned bits, size_t n) {
  if (n >= 8) return (bits & 0xff) | (bits >> 8) << (n - 8);
  if (n >= 4) return (bits & 0xf) | (bits >> 4 & 0xf) << (n - 4);
  return (bits & 1) | (bits >> 1 & 1) << n / 2 | (bits >> 2 & 1) << (n - 1);
}

#endif
#endif
