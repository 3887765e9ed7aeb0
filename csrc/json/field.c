/* Members of structs that lie as Swift lays them out (kt_json_fields_read). */
#include "json/plain.h"

#define STRING_BYTES_MAX 15 /* that a String holds without memory of its own; its last byte counts them */

/* A String of at most STRING_BYTES_MAX bytes, or a longer one to *text. */
KT__JSON_INLINE const uint8_t *read_string(const uint8_t *p, const uint8_t *end, int64_t low, int64_t high,
                                           uint8_t *place, kt_json_text *text) {
  const uint8_t *begin = p + 1;
  uint64_t n;
  bool ascii;
  p = plain_text(p, end, &n, &ascii);
  if (p == NULL || !is_in_bounds(n, ascii, low, high)) return NULL;
  if (n > STRING_BYTES_MAX) {
    *text = (kt_json_text){.p = begin, .n = n, .decoded_n = n, .ascii = ascii};
    return p;
  }
#if defined(__SSE2__)
  kt__u8x16 v, keep;
  memcpy(&v, begin, 16);
  memcpy(&keep, kt__json_keep + 16 - n, 16);
  v &= keep;
  memcpy(place, &v, 16);
#else
  memset(place, 0, 16);
  memcpy(place, begin, n);
#endif
  place[15] = (uint8_t)((ascii ? 0xE0 : 0xA0) | n);
  return p;
}

bool kt_json_fields_read(kt_json *c, const kt_json_field *fields, uint32_t count, void *memory, uint64_t *seen,
                         int32_t *member, kt_json_text *text) {
  const uint8_t *p = c->p, *end = c->end;
  int32_t at = *member + 1; /* behind one that is unknown it is no guess */
  text->p = NULL;
  if (at < 0 || (uint32_t)at >= count) return false;
  bool fresh = c->fresh, next = false;
  uint64_t rest = *seen >> at;
  int32_t first = at, stop = rest == 0 ? (int32_t)count : at + __builtin_ctzll(rest);
  for (; at < stop; at++) {
    const kt_json_field *field = fields + at;
    size_t comma = !fresh;
    if (end - p <= 2 * NEAR_END || (!fresh && *p != ',') || field->text_n - 1 >= NEAR_END) break;
    const uint8_t *q = p + (field->text_n + comma); /* one addition, to wait for as little as possible */
    if (p[comma] <= ' ') q = behind_space(p + comma, end) + field->text_n;
    if (end - q <= NEAR_END || !is_name(q - field->text_n, field->text, field->text_n)) break;
    if (*q <= ' ') q = behind_space(q, end);
    fresh = false;
    uint8_t *place = (uint8_t *)memory + field->offset;
    int64_t value;
    double number;
    bool truth;
    p = NULL;
    if (end - q > NEAR_END) {
      switch (field->kind) {
        case KT_JSON_FIELD_STRING: p = read_string(q, end, field->low, field->high, place, text); break;
        case KT_JSON_FIELD_INT64:
        case KT_JSON_FIELD_INT32:
          p = kt__json_plain_integer(q, end, &value);
          if (p == NULL) break;
          if (value < field->low || value > field->high) p = NULL;
          else if (field->kind == KT_JSON_FIELD_INT64) memcpy(place, &value, 8);
          else memcpy(place, &(int32_t){(int32_t)value}, 4);
          break;
        case KT_JSON_FIELD_DOUBLE:
          p = kt__json_plain_decimal(q, end, &number);
          if (p != NULL) memcpy(place, &number, 8);
          break;
        case KT_JSON_FIELD_BOOLEAN:
          p = plain_boolean(q, &truth);
          if (p != NULL) memcpy(place, &truth, 1);
          break;
        default: break;
      }
    }
    if (p == NULL || text->p != NULL) { /* the caller's turn */
      if (p == NULL) p = q;
      next = true;
      at++;
      break;
    }
    if (field->some >= 0) place[field->some] = 0;
  }
  c->p = p;
  c->fresh = fresh;
  if (at == first) return false;
  *seen |= ~(uint64_t)0 >> (64 - (at - first)) << first;
  *member = at - 1;
  return next;
}
