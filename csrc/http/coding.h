/* coding.h: content codings (RFC 9110 §8.4.1) by number. */
#ifndef KT_HTTP_CODING_H
#define KT_HTTP_CODING_H

/* Bits of a set of codings. Identity is in every set. */
typedef enum kt_coding {
  KT_CODING_IDENTITY = 0,
  KT_CODING_GZIP = 1, /* RFC 1952 */
  KT_CODING_BR = 2,   /* RFC 7932 */
  KT_CODING_ZSTD = 4, /* RFC 8878 */
} kt_coding;

#endif
