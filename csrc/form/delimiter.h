/* delimiter.h: the boundary of a multipart body (RFC 2046 §5.1.1), and the search for it. */
#ifndef KT_FORM_DELIMITER_H
#define KT_FORM_DELIMITER_H

#include "katana/form.h"

#define KT_DELIMITER_SIZE_MAX (4 + KT_MULTIPART_BOUNDARY_SIZE_MAX)

/* CRLF "--" boundary. A CR stands at its start and nowhere else in it: bytes that begin like it and go on otherwise
 * hold no second start, so that no byte has to be taken twice.
 *
 * The search is R. Horspool's (1980) with pairs of bytes for single ones: the pair at the end of a window tells how far
 * the window may move. Browsers' boundaries have 32 to 60 bytes, and most pairs stand nowhere in them, so most bytes of
 * a file are never looked at. */
typedef struct kt_delimiter {
  uint8_t n; /* 5 to KT_DELIMITER_SIZE_MAX */
  uint8_t text[KT_DELIMITER_SIZE_MAX];
  uint8_t last_step; /* from a window that ends like the delimiter and is not it */
  uint8_t step[256]; /* by hash of the pair, from 1 to n - 1; 0 for the pair at the delimiter's end */
} kt_delimiter;

/* Why a body is refused; status 0 when it is not. */
typedef struct kt_form_fault {
  uint16_t status;
  const char *reason;
} kt_form_fault;

/* Reads the boundary of a multipart/form-data Content-Type. */
kt_form_fault kt_delimiter_init(kt_delimiter *d, kt_bytes content_type);

/* The first place in [p, end) where the delimiter stands, whole or cut off by `end`; `end` when there is none. */
const uint8_t *kt_delimiter_find(const kt_delimiter *d, const uint8_t *p, const uint8_t *end);

#endif
