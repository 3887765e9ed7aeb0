/* parameter.h: parameters of field values, as in Content-Type and Content-Disposition (RFC 9110 §5.6.6). */
#ifndef KT_HTTP_PARAMETER_H
#define KT_HTTP_PARAMETER_H

#include "katana/bytes.h"

typedef enum kt_parameter_result {
  KT_PARAMETER_END = 0,
  KT_PARAMETER_FOUND = 1,
  KT_PARAMETER_MALFORMED = 2,
} kt_parameter_result;

/* Walks `*( OWS ";" OWS [ token "=" ( token / quoted-string ) ] )`. Advances *rest past one parameter and gives its
 * name and its value; a quoted value keeps its quotes. Empty parameters are passed over. Inside quotes a backslash
 * escapes a quote or a backslash and is itself elsewhere, because browsers of old sent paths of Windows there. */
kt_parameter_result kt_parameter_next(kt_bytes *rest, kt_bytes *name, kt_bytes *value);

/* Writes a value without its quotes and escapes to `out`, which has room for value.n bytes and may be where the value
 * stands. Returns the length. A value without quotes is copied. */
size_t kt_parameter_unquote(kt_bytes value, uint8_t *out);

#endif
