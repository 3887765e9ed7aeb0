#include "form/delimiter.h"

#include "base/scan.h"
#include "http/lanes.h"
#include "http/media.h"
#include "http/parameter.h"

/* bchars; a space may not be the last. */
static bool is_boundary(const uint8_t *p, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint8_t c = p[i] | 0x20;
    bool plain = (uint8_t)(c - 'a') < 26 || (uint8_t)(p[i] - '0') < 10;
    if (!plain && (p[i] == 0 || !strchr("'()+_,-./:=? ", p[i]))) return false;
  }
  return n > 0 && p[n - 1] != ' ';
}

static kt_bytes parameters_of(kt_bytes content_type) {
  const uint8_t *semicolon = memchr(content_type.p, ';', content_type.n);
  return semicolon ? kt_bytes_make(semicolon, content_type.n - (size_t)(semicolon - content_type.p)) : (kt_bytes){0, 0};
}

static kt_form_fault bad(const char *reason) { return (kt_form_fault){400, reason}; }

static kt_form_fault take(kt_delimiter *d, kt_bytes value) {
  uint8_t text[2 * KT_MULTIPART_BOUNDARY_SIZE_MAX + 2]; /* all of them escaped, and quotes */
  if (d->n) return bad("Content-Type has two boundaries");
  if (value.n > sizeof text) return bad("the boundary is too long");
  size_t n = kt_parameter_unquote(value, text);
  if (n > KT_MULTIPART_BOUNDARY_SIZE_MAX) return bad("the boundary is too long");
  if (!is_boundary(text, n)) return bad("the boundary has a byte that may not stand there");
  memcpy(d->text, "\r\n--", 4);
  memcpy(d->text + 4, text, n);
  d->n = (uint8_t)(4 + n);
  return (kt_form_fault){0, NULL};
}

kt_form_fault kt_delimiter_init(kt_delimiter *d, kt_bytes content_type) {
  kt_form_fault fault = {0, NULL};
  kt_bytes name, value;
  kt_parameter_result result;
  d->n = 0;
  if (!kt_media_type_matches(content_type, KT_BYTES("multipart/form-data")))
    return (kt_form_fault){415, "the body is not multipart/form-data"};
  kt_bytes rest = parameters_of(content_type);
  while (!fault.status && (result = kt_parameter_next(&rest, &name, &value)) != KT_PARAMETER_END) {
    if (result == KT_PARAMETER_MALFORMED) return bad("Content-Type has a malformed parameter");
    if (name.n == 8 && kt_ci_equal(name.p, (const uint8_t *)"boundary", 8)) fault = take(d, value);
  }
  return fault.status || d->n ? fault : bad("Content-Type has no boundary");
}

static bool stands_at(const kt_delimiter *d, const uint8_t *p, const uint8_t *end) {
  size_t left = (size_t)(end - p);
  return memcmp(p, d->text, left < d->n ? left : d->n) == 0;
}

/* Sixteen places at once are asked for a CR with a dash three bytes on. Lines of text have many a CR but hardly ever
 * that; random bytes have it once in 64 KiB. */
const uint8_t *kt_delimiter_find(const kt_delimiter *d, const uint8_t *p, const uint8_t *end) {
#ifdef KT__LANES
  for (; end - p >= KT__LANES + 3; p += KT__LANES) {
    unsigned hits = kt__lanes_bits((kt__lanes_load(p) == '\r') & (kt__lanes_load(p + 3) == '-'));
    for (; hits; hits &= hits - 1) {
      const uint8_t *at = p + __builtin_ctz(hits);
      if (stands_at(d, at, end)) return at;
    }
  }
#endif
  for (; p < end && (p = memchr(p, '\r', (size_t)(end - p))); p++)
    if (stands_at(d, p, end)) return p;
  return end;
}
