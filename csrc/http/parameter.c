#include "http/parameter.h"

#include "base/scan.h"

static bool is_escape(const uint8_t *p, const uint8_t *end) {
  return *p == '\\' && p + 1 < end && (p[1] == '"' || p[1] == '\\');
}

static const uint8_t *skip_blanks(const uint8_t *p, const uint8_t *end) {
  while (p < end && (*p == ' ' || *p == '\t')) p++;
  return p;
}

/* The byte behind the closing quote; NULL when there is none. */
static const uint8_t *skip_quoted(const uint8_t *p, const uint8_t *end) {
  for (p++; p < end && *p != '"'; p++) {
    if (!(kt_byte_class[*p] & KT_BYTE_VALUE)) return NULL;
    if (is_escape(p, end)) p++;
  }
  return p < end ? p + 1 : NULL;
}

static const uint8_t *skip_value(const uint8_t *p, const uint8_t *end) {
  if (p < end && *p == '"') return skip_quoted(p, end);
  const uint8_t *after = kt_scan_token(p, end);
  return after > p ? after : NULL;
}

kt_parameter_result kt_parameter_next(kt_bytes *rest, kt_bytes *name, kt_bytes *value) {
  const uint8_t *p = rest->p, *end = rest->p + rest->n, *begin = p;
  if (rest->n == 0) return KT_PARAMETER_END;
  for (p = skip_blanks(p, end); p < end && *p == ';'; p = skip_blanks(p, end)) p++;
  *rest = kt_bytes_make(p, (size_t)(end - p));
  if (p == end) return KT_PARAMETER_END;
  if (p == begin || !memchr(begin, ';', (size_t)(p - begin))) return KT_PARAMETER_MALFORMED;
  const uint8_t *equals = kt_scan_token(p, end);
  if (equals == p || equals == end || *equals != '=') return KT_PARAMETER_MALFORMED;
  const uint8_t *after = skip_value(equals + 1, end);
  if (!after) return KT_PARAMETER_MALFORMED;
  *name = kt_bytes_make(p, (size_t)(equals - p));
  *value = kt_bytes_make(equals + 1, (size_t)(after - equals - 1));
  *rest = kt_bytes_make(after, (size_t)(end - after));
  return KT_PARAMETER_FOUND;
}

size_t kt_parameter_unquote(kt_bytes value, uint8_t *out) {
  if (value.n == 0 || value.p[0] != '"') {
    if (value.n) memmove(out, value.p, value.n);
    return value.n;
  }
  const uint8_t *end = value.p + value.n - 1;
  uint8_t *o = out;
  for (const uint8_t *p = value.p + 1; p < end; p++) {
    if (is_escape(p, end)) p++;
    *o++ = *p;
  }
  return (size_t)(o - out);
}
