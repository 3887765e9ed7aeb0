#include "base/crc32c.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

/* Bit 31 - k of a state is the coefficient of x^k; one step right multiplies by x. */
#define POLYNOMIAL 0x82F63B78u

static uint64_t load(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

/* ---- tables: entry b of table k is the state that byte b leaves behind when k zero bytes follow it ---- */

static uint32_t tables[8][256];

static void fill_tables(void) {
  for (uint32_t b = 0; b < 256; b++) {
    uint32_t state = b;
    for (int bit = 0; bit < 8; bit++) state = state >> 1 ^ (state & 1 ? POLYNOMIAL : 0);
    tables[0][b] = state;
  }
  for (int k = 1; k < 8; k++)
    for (uint32_t b = 0; b < 256; b++) {
      uint32_t state = tables[k - 1][b];
      tables[k][b] = state >> 8 ^ tables[0][state & 0xff];
    }
}

static uint32_t update_tables(uint32_t state, const uint8_t *p, size_t n) {
  for (; n >= 8; p += 8, n -= 8) {
    uint64_t word = load(p) ^ state;
    state = 0;
    for (int k = 0; k < 8; k++) state ^= tables[7 - k][word >> 8 * k & 0xff];
  }
  for (; n > 0; p++, n--) state = state >> 8 ^ tables[0][(state ^ *p) & 0xff];
  return state;
}

static bool always(void) { return true; }

/* ---- processors with an instruction ---- */

#if defined(__x86_64__)

#define HARDWARE __attribute__((target("sse4.2,pclmul")))

HARDWARE static inline uint32_t step(uint32_t state, uint64_t word) { return (uint32_t)_mm_crc32_u64(state, word); }
HARDWARE static inline uint32_t step_byte(uint32_t state, uint8_t byte) { return _mm_crc32_u8(state, byte); }

/* Bytes of each of the three. 1 KiB is three rounds of them and 16 bytes. */
#define STRETCH 112

/* x^(8 n - 33) modulo the polynomial, for n bytes that follow. The product of two states is a factor x short of its
 * place in a word of 64 bits, and the instruction that reduces it multiplies by x^32. */
#define AFTER_ONE 0x47db8317u /* n = STRETCH */
#define AFTER_TWO 0x83348832u /* n = 2 * STRETCH */

HARDWARE static inline __m128i moved(uint32_t state, uint32_t power) {
  return _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)state), _mm_cvtsi32_si128((int)power), 0);
}

HARDWARE static uint32_t three_stretches(uint32_t first, const uint8_t *p) {
  uint32_t second = 0, third = 0;
  for (size_t i = 0; i < STRETCH; i += 8) {
    first = step(first, load(p + i));
    second = step(second, load(p + STRETCH + i));
    third = step(third, load(p + 2 * STRETCH + i));
  }
  __m128i both = _mm_xor_si128(moved(first, AFTER_TWO), moved(second, AFTER_ONE));
  return step(0, (uint64_t)_mm_cvtsi128_si64(both)) ^ third;
}

HARDWARE static uint32_t update_hardware(uint32_t state, const uint8_t *p, size_t n) {
  for (; n >= 3 * STRETCH; p += 3 * STRETCH, n -= 3 * STRETCH) state = three_stretches(state, p);
  for (; n >= 8; p += 8, n -= 8) state = step(state, load(p));
  for (; n > 0; p++, n--) state = step_byte(state, *p);
  return state;
}

static bool has_hardware(void) { return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"); }

#define HARDWARE_VARIANT {"sse4.2", has_hardware, update_hardware},

#elif defined(__aarch64__)

#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif

__attribute__((target("+crc"))) static uint32_t update_hardware(uint32_t state, const uint8_t *p, size_t n) {
  for (; n >= 8; p += 8, n -= 8) state = __crc32cd(state, load(p));
  for (; n > 0; p++, n--) state = __crc32cb(state, *p);
  return state;
}

static bool has_hardware(void) { return getauxval(AT_HWCAP) & HWCAP_CRC32; }

#define HARDWARE_VARIANT {"armv8", has_hardware, update_hardware},

#else
#define HARDWARE_VARIANT
#endif

const kt_crc32c_variant kt_crc32c_variants[] = {HARDWARE_VARIANT{"tables", always, update_tables}, {0}};

static const kt_crc32c_variant *chosen = kt_crc32c_variants;

/* Before main, so that no thread can see a half-made choice or table. */
__attribute__((constructor)) static void choose(void) {
  fill_tables();
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  while (!chosen->usable()) chosen++;
}

uint32_t kt_crc32c(uint32_t crc, const void *p, size_t n) { return ~chosen->update(~crc, p, n); }
