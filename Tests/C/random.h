/* random.h: the same random numbers in every run; xorshift64 (G. Marsaglia, 2003). A test sets `seed` to begin anew. */
#ifndef KT_TEST_RANDOM_H
#define KT_TEST_RANDOM_H

#include <stddef.h>
#include <stdint.h>

static uint64_t seed = 88172645463325252u;

static uint64_t random_number(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  return seed ^= seed << 17;
}

static size_t random_below(size_t n) { return (size_t)(random_number() % n); }

#endif
