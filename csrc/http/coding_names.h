/* coding_names.h: content codings (RFC 9110 §8.4.1, RFC 7932, RFC 8878) and their names. */
#ifndef KT_HTTP_CODING_NAMES_H
#define KT_HTTP_CODING_NAMES_H

#include "katana/bytes.h"

/* Bits, so that a set of codings is a number. */
typedef enum kt_coding {
  KT_CODING_IDENTITY = 0, /* no coding at all */
  KT_CODING_GZIP = 1,
  KT_CODING_BR = 2,
  KT_CODING_ZSTD = 4,
  KT_CODING_DEFLATE = 8,  /* zlib's format (RFC 1950); read, never written: half of its senders leave the wrapper out */
  KT_CODING_UNKNOWN = 16,
} kt_coding;

/* Without case; x-gzip is gzip (§8.4.1.3). Any other name is KT_CODING_UNKNOWN. */
kt_coding kt_coding_find(kt_bytes name);
/* "" for KT_CODING_UNKNOWN. */
kt_bytes kt_coding_name(kt_coding coding);

#endif
