/* part.h: the head of a part of multipart/form-data (RFC 7578 §4, RFC 2046 §5.1). */
#ifndef KT_FORM_PART_H
#define KT_FORM_PART_H

#include "form/delimiter.h"

/* The text of a head is copied together here, so that what is read from it outlives the pieces that it came in.
 * Invariant: line <= text_n <= text_max. */
typedef struct kt_part_head {
  uint8_t *text;
  kt_field *fields;
  uint16_t text_n, text_max;
  uint16_t line; /* where the line begins that is read now */
  uint16_t line_count, field_max;
  kt_bytes disposition, encoding; /* p is NULL: not there */
  kt_multipart_part part;
} kt_part_head;

/* `text` has room for text_max bytes, `fields` for field_max. */
void kt_part_head_init(kt_part_head *h, uint8_t *text, uint16_t text_max, kt_field *fields, uint16_t field_max);
/* Forgets the last head. */
void kt_part_head_begin(kt_part_head *h);

typedef enum kt_part_result {
  KT_PART_MORE = 0,
  KT_PART_DONE = 1, /* `part` is filled; its content begins behind what was consumed */
  KT_PART_ERROR = 2,
} kt_part_result;

/* Takes bytes up to and including the empty line. Lines end with CRLF and are not folded. */
kt_part_result kt_part_head_feed(kt_part_head *h, const uint8_t *data, size_t n, size_t *consumed,
                                 kt_form_fault *fault);

#endif
