/* request.c: reading parts of a request: fields by name, query pairs, cookies. */
#include "base/scan.h"
#include "http/field.h"

kt_bytes kt_request_find(const kt_request *r, kt_bytes name) {
  uint16_t id = kt_field_lookup(name.p, name.n);
  if (id != KT_FIELD_OTHER) return kt_request_field(r, (kt_field_id)id);
  for (uint16_t i = 0; i < r->field_count; i++) {
    const kt_field *f = &r->fields[i];
    if (f->id == KT_FIELD_OTHER && f->name_n == name.n && kt_ci_equal(f->name, name.p, name.n))
      return kt_bytes_make(f->value, f->value_n);
  }
  return (kt_bytes){0, 0};
}

/* Cuts the next piece up to `separator` off *rest. */
static bool next_piece(kt_bytes *rest, uint8_t separator, kt_bytes *piece) {
  while (rest->n) {
    const uint8_t *end = memchr(rest->p, separator, rest->n);
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    *piece = kt_bytes_make(rest->p, n);
    *rest = end ? kt_bytes_make(end + 1, rest->n - n - 1) : (kt_bytes){rest->p + n, 0};
    if (n) return true;
  }
  return false;
}

static void split_pair(kt_bytes piece, kt_bytes *name, kt_bytes *value) {
  const uint8_t *equals = memchr(piece.p, '=', piece.n);
  *name = kt_bytes_make(piece.p, equals ? (size_t)(equals - piece.p) : piece.n);
  *value = equals ? kt_bytes_make(equals + 1, piece.n - name->n - 1) : (kt_bytes){0, 0};
}

bool kt_query_next(kt_bytes *rest, kt_bytes *name, kt_bytes *value) {
  kt_bytes piece;
  if (!next_piece(rest, '&', &piece)) return false;
  split_pair(piece, name, value);
  return true;
}

bool kt_cookie_next(kt_bytes *rest, kt_bytes *name, kt_bytes *value) {
  kt_bytes piece;
  while (next_piece(rest, ';', &piece)) {
    while (piece.n && (piece.p[0] == ' ' || piece.p[0] == '\t')) piece.p++, piece.n--;
    while (piece.n && (piece.p[piece.n - 1] == ' ' || piece.p[piece.n - 1] == '\t')) piece.n--;
    if (piece.n == 0) continue;
    split_pair(piece, name, value);
    return true;
  }
  return false;
}
