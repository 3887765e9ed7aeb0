#include "form/delimiter.h"

#include "base/scan.h"
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

static uint8_t hash(const uint8_t *p) { return (uint8_t)(p[-1] << 3 ^ p[0]); }

/* Pairs with the same hash share the smaller step. */
static void fill_steps(kt_delimiter *d) {
  uint8_t last = (uint8_t)(d->n - 1), end = hash(d->text + last);
  memset(d->step, last, sizeof d->step);
  for (uint8_t i = 1; i < last; i++) d->step[hash(d->text + i)] = (uint8_t)(last - i);
  d->last_step = d->step[end];
  d->step[end] = 0;
}

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
  fill_steps(d);
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

/* Looks for the whole delimiter. Gives its place, or the first place that the bytes are too few to decide about. */
static size_t find_whole(const kt_delimiter *d, const uint8_t *p, size_t n) {
  size_t last = d->n - 1u, end = last; /* end: of the window */
  while (end < n) {
    size_t step = d->step[hash(p + end)];
    if (step == last) { /* the usual case, apart: the next load need not wait for this one */
      end += last;
      continue;
    }
    if (step == 0) {
      if (memcmp(p + end - last, d->text, d->n) == 0) break;
      step = d->last_step;
    }
    end += step;
  }
  return end - last;
}

static bool stands_at(const kt_delimiter *d, const uint8_t *p, size_t left) {
  return memcmp(p, d->text, left < d->n ? left : d->n) == 0;
}

const uint8_t *kt_delimiter_find(const kt_delimiter *d, const uint8_t *p, const uint8_t *end) {
  p += find_whole(d, p, (size_t)(end - p));
  for (; p < end && (p = memchr(p, '\r', (size_t)(end - p))); p++)
    if (stands_at(d, p, (size_t)(end - p))) return p;
  return end;
}
