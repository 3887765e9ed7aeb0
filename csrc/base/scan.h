/* scan.h: byte classes of HTTP and of JSON strings, comparison without case; the variants behind them and UTF-8.
 *
 * Workload: names of 4 to 20 bytes, values of 1 to 120, targets of 1 to 100, strings of 5 to 45; bodies of UTF-8 up to
 * megabytes. Less than one load is as frequent as many, so every variant reads it in few instructions without a loop.
 * The best variants that the processor has are chosen once at start-up. No function reads outside [p, end), but for
 * AVX-512's loads under a mask, which touch nothing there.
 *
 * Measured on an AMD EPYC (Zen 4), ns for the best variant and a byte at a time: token of 4 / 12 / 20 bytes 2.4 / 2.4 /
 * 2.4 and 3.5 / 5.4 / 7.6; value of 20 / 100 / 1536 bytes 2.7 / 3.0 / 12.4 and 7.3 / 30 / 426.
 * Tried and left out: the comparison with AVX-512's masks (4.9 ns for names of 4 to 40 bytes, against 4.3 for sixteen
 * bytes without a choice at start-up, and 10.5 for eight), and SSE2 without SSSE3's shuffle, for processors of 2006. */
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
  KT_BYTE_UNESCAPED = 64, /* stands in a JSON string as it is, RFC 8259 §7 */
};
extern const uint8_t kt_byte_class[256];

/* The first byte in [p, end) that is not of the class, or end. */
const uint8_t *kt_scan_token(const uint8_t *p, const uint8_t *end);
const uint8_t *kt_scan_value(const uint8_t *p, const uint8_t *end);
const uint8_t *kt_scan_target(const uint8_t *p, const uint8_t *end);
const uint8_t *kt_scan_unescaped(const uint8_t *p, const uint8_t *end);

/* ASCII without case. */
bool kt_ci_equal(const uint8_t *a, const uint8_t *b, size_t n);
static inline uint8_t kt_lower(uint8_t c) { return (uint8_t)(c - 'A') < 26 ? c | 0x20 : c; }

/* What the functions above and kt_utf8_prefix are made of on some processors. */
typedef struct kt_scan_variant {
  const char *name;
  bool (*usable)(void);
  const uint8_t *(*token)(const uint8_t *p, const uint8_t *end);
  const uint8_t *(*value)(const uint8_t *p, const uint8_t *end);
  const uint8_t *(*target)(const uint8_t *p, const uint8_t *end);
  const uint8_t *(*unescaped)(const uint8_t *p, const uint8_t *end);
  size_t (*utf8)(const uint8_t *p, size_t n);
} kt_scan_variant;

/* Best first, NULL at the end; the first that is usable was chosen before main. For tests. */
extern const kt_scan_variant *const kt_scan_variants[];

#endif
