/* write.h: response heads (RFC 9112 §4). */
#ifndef KT_HTTP1_WRITE_H
#define KT_HTTP1_WRITE_H

#include "katana/http.h"

/* Bytes that a head needs besides its Content-Type and added fields. */
#define KT_H1_HEAD_SIZE_MAX 256

typedef struct kt_h1_response {
  uint16_t status;
  bool chunked;
  bool close;         /* Connection: close */
  bool keep_alive_10; /* Connection: keep-alive, which a 1.0 client needs to hear */
  int64_t content_length; /* -1: none */
  const char *date;       /* KT_DATE_SIZE bytes */
  kt_bytes content_type;  /* may be empty */
} kt_h1_response;

/* Writes status line and fields with the final empty line. Returns the length; `out` has room for
 * KT_H1_HEAD_SIZE_MAX + content_type.n bytes. 204 gets no Content-Length and no Transfer-Encoding (RFC 9110 §8.6,
 * RFC 9112 §6.1); a 304's length would be that of the 200, which we do not know, so it gets none either. */
size_t kt_h1_write_head(uint8_t *out, const kt_h1_response *r);

/* Inserts a field before the final empty line of the n bytes at `out`; returns the new length. */
size_t kt_h1_add_field(uint8_t *out, size_t n, kt_bytes name, kt_bytes value);

/* Token and field-value grammar (RFC 9110 §5.1, §5.5): what may be passed to kt_h1_add_field. */
bool kt_h1_field_valid(kt_bytes name, kt_bytes value);

#endif
