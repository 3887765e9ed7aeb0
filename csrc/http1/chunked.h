/* chunked.h: chunked transfer coding (RFC 9112 §7.1). */
#ifndef KT_HTTP1_CHUNKED_H
#define KT_HTTP1_CHUNKED_H

#include "http/trailer.h"
#include "http1/parse.h"

#define KT_H1_CHUNK_DIGITS_MAX 16          /* hexadecimal digits of a size: 64 bits */
#define KT_H1_CHUNK_EXTENSION_SIZE_MAX 256 /* per chunk; CVE-2023-39326 */
#define KT_H1_CHUNK_EXTENSIONS_SIZE_MAX 4096 /* per message; CVE-2024-22019 */
#define KT_H1_CHUNK_HEAD_SIZE_MAX 18

typedef struct kt_h1_chunked {
  uint64_t left;          /* bytes of the current chunk still to come */
  uint32_t extension_n;   /* of this chunk */
  uint32_t extensions_n;  /* of the message */
  uint32_t trailer_n;     /* bytes of the trailer section, with the empty line at its end */
  uint16_t trailer_count; /* lines of it that have begun */
  uint8_t state;
  uint8_t digits;
  uint16_t status;        /* ERROR: 400 or 431 */
  const char *reason;
} kt_h1_chunked;

void kt_h1_chunked_init(kt_h1_chunked *c);

/* Takes bytes up to and including one run of content, which `payload` then names inside `data`. KT_H1_DONE: the
 * message ended with the last byte consumed, trailers included. With KT_H1_MORE and an empty payload all of `data` was
 * consumed. Never resynchronises after an error.
 *
 * Trailer fields (§7.1.2) are checked; to keep them is the caller's. Their bytes are the last that a call consumes, as
 * many as trailer_n grows by. */
kt_h1_result kt_h1_chunked_feed(kt_h1_chunked *c, const uint8_t *data, size_t n, size_t *consumed, kt_bytes *payload);

/* Walks a trailer section that was checked, as it was sent. Cuts the next line off *section and gives its name and its
 * value without whitespace; false at the end. */
bool kt_h1_next_trailer(kt_bytes *section, kt_bytes *name, kt_bytes *value);

/* Writes the line before a chunk of n bytes (n > 0). Returns its length. CRLF follows the chunk; the last chunk is
 * "0" CRLF CRLF. */
size_t kt_h1_chunk_head(uint8_t out[KT_H1_CHUNK_HEAD_SIZE_MAX], uint64_t n);

#endif
