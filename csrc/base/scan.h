/* scan.h: byte classes of HTTP, comparison without case.
 *
 * Workload: names of 4 to 20 bytes, values of 1 to 120, targets of 1 to 100. Sixteen bytes at a time with SSE2, which
 * every x86-64 has, is where the gain is for such lengths; AVX2 serves the long ones and is chosen once at start-up.
 * No function reads outside [p, end). */
#ifndef KT_BASE_SCAN_H
#define KT_BASE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of kt_byte_class. */
enum {
  KT_BYTE_TOKEN = 1,  /* tchar, RFC 9110 §5.6.2 */
  KT_BYTE_VALUE = 2,  /* may stand in a field value: HTAB, SP, VCHAR, obs-text (§5.5) */
  KT_BYTE_TARGET = 4, /* VCHAR: may stand in a request target */
  KT_BYTE_HEX = 8,
  KT_BYTE_DIGIT = 16,
  KT_BYTE_HOST = 32, /* unreserved and sub-delims but the comma, RFC 3986 §3.2.2: a list is no host */
};
extern const uint8_t kt_byte_class[256];

/* The first byte in [p, end) that is not of the class, or end. */
const uint8_t *kt_scan_token(const uint8_t *p, const uint8_t *end);
const uint8_t *kt_scan_value(const uint8_t *p, const uint8_t *end);
const uint8_t *kt_scan_target(const uint8_t *p, const uint8_t *end);

/* ASCII without case. */
bool kt_ci_equal(const uint8_t *a, const uint8_t *b, size_t n);
static inline uint8_t kt_lower(uint8_t c) { return (uint8_t)(c - 'A') < 26 ? c | 0x20 : c; }

/* The variants behind kt_scan_value and kt_scan_target, for tests: name, and NULL at the end. */
typedef struct kt_scan_variant {
  const char *name;
  bool (*usable)(void);
  const uint8_t *(*value)(const uint8_t *p, const uint8_t *end);
  const uint8_t *(*target)(const uint8_t *p, const uint8_t *end);
} kt_scan_variant;
extern const kt_scan_variant kt_scan_variants[];

#endif
