/* scan.h: where does this run of bytes end?
 *
 * A request head is 100 to 1500 bytes in 5 to 25 slices. Methods and names have 3 to 20 bytes, most
 * values under 32, targets 1 to 100, cookies and tokens now and then 2000. So the first bytes are
 * looked at in line and only long runs pay for a call into the vector code, whose width is chosen
 * once, before main, from what the processor has.
 *
 * No scan reads a byte outside [p, end). */
#ifndef KT_BASE_SCAN_H
#define KT_BASE_SCAN_H

#include "base/assert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef const uint8_t *(*kt__scan_fn)(const uint8_t *p, const uint8_t *end);

/* One way to do all scans. They agree on every input; tests hold each against the first. */
typedef struct kt__scan_set {
  const char *name; /* "scalar", "sse4.2", "avx2" */
  kt__scan_fn token, value, target;
} kt__scan_set;

/* The sets that this processor can run, the scalar one first, the best one last. */
size_t kt__scan_sets(const kt__scan_set *sets[3]);

/* Written before main, read-only after. Not an ifunc: those resolve before a sanitizer's runtime
 * is up, and a call through a pointer costs the same as one through the PLT. */
extern kt__scan_set kt__scan;

/* RFC 9110 §5.6.2 tchar. */
extern const uint8_t kt_token_char[256];
static inline bool kt_is_token_char(uint8_t byte) { return kt_token_char[byte] != 0; }

/* Bytes looked at in line. */
#define KT__SCAN_NEAR 16

static inline const uint8_t *kt__scan_near(const uint8_t *p, const uint8_t *end) {
  return end - p < KT__SCAN_NEAR ? end : p + KT__SCAN_NEAR;
}

/* The first byte that is not a tchar, or end. */
static inline const uint8_t *kt_scan_token(const uint8_t *p, const uint8_t *end) {
  const uint8_t *near = kt__scan_near(p, end);
  while (p < near && kt_token_char[*p]) p++;
  return p < near || p == end ? p : kt__scan.token(p, end);
}

/* The first byte that cannot stand in a field value: a control other than HTAB, or DEL; or end.
 * obs-text (0x80 and up) passes (RFC 9110 §5.5). */
const uint8_t *kt_scan_value(const uint8_t *p, const uint8_t *end);

/* The first byte outside '!'...'~', or end: the end of a request target (RFC 9112 §3.2). */
const uint8_t *kt_scan_target(const uint8_t *p, const uint8_t *end);

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool kt_utf8_valid(const uint8_t *p, size_t n);

/* Equal when 'A'...'Z' count as 'a'...'z'; other bytes as they are. */
bool kt_ci_equal(const uint8_t *a, const uint8_t *b, size_t n);

#endif
