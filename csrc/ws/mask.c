#include "ws/mask.h"

#include <string.h>

typedef uint32_t lanes __attribute__((vector_size(16)));

static inline void mask_lanes(uint8_t *p, lanes key) {
  lanes v;
  memcpy(&v, p, sizeof v);
  v ^= key;
  memcpy(p, &v, sizeof v);
}

static inline void mask_word(uint8_t *p, uint32_t key) {
  uint32_t v;
  memcpy(&v, p, sizeof v);
  v ^= key;
  memcpy(p, &v, sizeof v);
}

/* Every step is a multiple of four, so the key turned once for the first byte stays right to the end. */
void kt_ws_mask(uint8_t *p, size_t n, const uint8_t key[4], uint64_t offset) {
  uint8_t turned[4];
  for (unsigned i = 0; i < 4; i++) turned[i] = key[(offset + i) & 3];
  uint32_t word;
  memcpy(&word, turned, sizeof word);
  const lanes wide = {word, word, word, word};
  for (; n >= 64; p += 64, n -= 64) {
    mask_lanes(p, wide);
    mask_lanes(p + 16, wide);
    mask_lanes(p + 32, wide);
    mask_lanes(p + 48, wide);
  }
  for (; n >= 16; p += 16, n -= 16) mask_lanes(p, wide);
  for (; n >= 4; p += 4, n -= 4) mask_word(p, word);
  for (size_t i = 0; i < n; i++) p[i] ^= turned[i];
}
