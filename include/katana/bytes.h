/* bytes.h: byte slices and status codes, the two types that every room shares. */
#ifndef KATANA_BYTES_H
#define KATANA_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Swift reads these; compilers without nullability pass them over. */
#ifndef __clang__
#ifndef _Nullable
#define _Nullable
#define _Nonnull
#define _Null_unspecified
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A borrowed slice. `p` may be NULL only when `n` is 0. Never NUL-terminated by promise. */
typedef struct kt_bytes {
  const uint8_t *_Null_unspecified p;
  size_t n;
} kt_bytes;

#define KT_BYTES(literal) ((kt_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static inline kt_bytes kt_bytes_make(const void *_Null_unspecified p, size_t n) {
  kt_bytes b = {(const uint8_t *)p, n};
  return b;
}

static inline bool kt_bytes_equal(kt_bytes a, kt_bytes b) {
  return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* The offset of the first byte that is not well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates), or n. */
size_t kt_utf8_prefix(const uint8_t *_Null_unspecified p, size_t n);
static inline bool kt_utf8_valid(const uint8_t *_Null_unspecified p, size_t n) { return kt_utf8_prefix(p, n) == n; }
/* Unicode scalar values in valid UTF-8. */
size_t kt_utf8_count(const uint8_t *_Null_unspecified p, size_t n);

/* Results of calls that can fail for a reason outside the program. Negative means failure; what the peer sent is
 * never reported through these but through the protocol rooms' own statuses. */
typedef enum kt_status {
  KT_OK = 0,
  KT_AGAIN = 1,      /* nothing to do now; the loop calls back */
  KT_END = 2,        /* the peer ended its side in order */
  KT_ENOMEM = -1,    /* memory or a pool is exhausted: shed the connection */
  KT_EIO = -2,       /* the system call failed; errno holds the reason */
  KT_EINVAL = -3,    /* an argument from the configuration is out of range */
  KT_EFULL = -4,     /* a bounded queue is full */
  KT_ECANCELED = -5, /* the peer went away, a deadline passed or the server drains */
  KT_EFORBIDDEN = -6, /* well-formed, but the protocol does not let it stand there */
} kt_status;

/* Whether a secret that was given is the one that is expected, in a time that depends on given_n only. */
static inline bool kt_equal_secret(const uint8_t *_Nullable given, size_t given_n, const uint8_t *_Nullable expected,
                                   size_t expected_n) {
  volatile uint8_t difference = given_n != expected_n;
  for (size_t i = 0; i < given_n; i++) difference |= (uint8_t)(given[i] ^ (i < expected_n ? expected[i] : 0));
  return difference == 0;
}

#ifdef __cplusplus
}
#endif

#endif
