#include "form/part.h"

#include "base/memory.h"
#include "base/scan.h"
#include "http/field.h"
#include "http/parameter.h"

void kt_part_head_init(kt_part_head *h, uint8_t *text, uint16_t text_max, kt_field *fields, uint16_t field_max) {
  *h = (kt_part_head){.text = text, .text_max = text_max, .fields = fields, .field_max = field_max};
}

void kt_part_head_begin(kt_part_head *h) { kt_part_head_init(h, h->text, h->text_max, h->fields, h->field_max); }

static kt_part_result fail(kt_form_fault *fault, uint16_t status, const char *reason) {
  *fault = (kt_form_fault){status, reason};
  return KT_PART_ERROR;
}

static bool is(kt_bytes have, kt_bytes want) { return have.n == want.n && kt_ci_equal(have.p, want.p, have.n); }

static kt_bytes trim(kt_bytes s) {
  while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) s.p++, s.n--;
  while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) s.n--;
  return s;
}

/* In place: what is decoded is never longer. The text is ours, though slices of it are read-only elsewhere. */
static uint8_t *writable(kt_part_head *h, kt_bytes slice) { return h->text + (slice.p - h->text); }

static bool has_control(kt_bytes s) {
  for (size_t i = 0; i < s.n; i++)
    if (s.p[i] < 0x20 || s.p[i] == 0x7f) return true;
  return false;
}

static kt_part_result plain_value(kt_part_head *h, kt_bytes value, kt_bytes *out, kt_form_fault *fault) {
  if (out->p) return fail(fault, 400, "Content-Disposition names something twice");
  uint8_t *text = writable(h, value);
  *out = kt_bytes_make(text, kt_parameter_unquote(value, text));
  if (!kt_utf8_valid(out->p, out->n)) return fail(fault, 400, "a name in Content-Disposition is not UTF-8");
  if (has_control(*out)) return fail(fault, 400, "a name in Content-Disposition has a control character");
  return KT_PART_MORE;
}

/* charset "'" [language] "'" value-chars (RFC 8187 §3.2). Another charset than UTF-8 is as good as no parameter. */
static kt_part_result extended_value(kt_part_head *h, kt_bytes value, kt_bytes *out, kt_form_fault *fault) {
  static const char malformed[] = "filename* is malformed";
  if (out->p) return fail(fault, 400, "Content-Disposition names something twice");
  const uint8_t *end = value.p + value.n, *first = memchr(value.p, '\'', value.n);
  const uint8_t *second = first ? memchr(first + 1, '\'', (size_t)(end - first - 1)) : NULL;
  if (!second || value.p[0] == '"') return fail(fault, 400, malformed);
  kt_bytes coded = kt_bytes_make(second + 1, (size_t)(end - second - 1));
  if (coded.n && (memchr(coded.p, '\'', coded.n) || memchr(coded.p, '*', coded.n))) return fail(fault, 400, malformed);
  if (!is(kt_bytes_make(value.p, (size_t)(first - value.p)), KT_BYTES("utf-8"))) return KT_PART_MORE;
  uint8_t *text = writable(h, coded);
  int64_t n = kt_percent_decode(coded, text, false);
  if (n < 0) return fail(fault, 400, malformed);
  *out = kt_bytes_make(text, (size_t)n);
  return has_control(*out) ? fail(fault, 400, "filename* has a control character") : KT_PART_MORE;
}

/* RFC 7578 §4.2. filename* is forbidden there and sent all the same; it wins over filename (RFC 6266 §4.3). */
static kt_part_result read_disposition(kt_part_head *h, kt_form_fault *fault) {
  kt_bytes rest = h->disposition, name, value, extended = {0, 0};
  const uint8_t *semicolon = rest.n ? memchr(rest.p, ';', rest.n) : NULL;
  size_t type_n = semicolon ? (size_t)(semicolon - rest.p) : rest.n;
  if (!is(trim(kt_bytes_make(rest.p, type_n)), KT_BYTES("form-data")))
    return fail(fault, 400, "a part is not form-data");
  rest = kt_bytes_make(rest.p + type_n, rest.n - type_n);
  kt_part_result result = KT_PART_MORE;
  kt_parameter_result found;
  while (result == KT_PART_MORE && (found = kt_parameter_next(&rest, &name, &value)) != KT_PARAMETER_END) {
    if (found == KT_PARAMETER_MALFORMED) return fail(fault, 400, "Content-Disposition is malformed");
    if (is(name, KT_BYTES("name"))) result = plain_value(h, value, &h->part.name, fault);
    else if (is(name, KT_BYTES("filename"))) result = plain_value(h, value, &h->part.filename, fault);
    else if (is(name, KT_BYTES("filename*"))) result = extended_value(h, value, &extended, fault);
  }
  if (extended.p) h->part.filename = extended;
  if (result == KT_PART_MORE && !h->part.name.p) return fail(fault, 400, "a part has no name");
  return result;
}

/* RFC 7578 §4.7: only what changes nothing. */
static bool changes_content(kt_bytes encoding) {
  return encoding.p && !is(encoding, KT_BYTES("binary")) && !is(encoding, KT_BYTES("8bit")) &&
         !is(encoding, KT_BYTES("7bit"));
}

static kt_part_result finish(kt_part_head *h, kt_form_fault *fault) {
  if (!h->disposition.p) return fail(fault, 400, "a part has no Content-Disposition");
  if (changes_content(h->encoding)) return fail(fault, 415, "a part has a Content-Transfer-Encoding");
  h->part.fields = h->fields;
  kt_part_result result = read_disposition(h, fault);
  return result == KT_PART_MORE ? KT_PART_DONE : result;
}

/* Keeps a value that may stand once. */
static kt_part_result keep(kt_bytes *place, kt_bytes value, kt_form_fault *fault) {
  if (place->p) return fail(fault, 400, "a part's head has a field twice");
  *place = value;
  return KT_PART_MORE;
}

static kt_part_result take_field(kt_part_head *h, kt_bytes name, kt_bytes value, kt_form_fault *fault) {
  if (is(name, KT_BYTES("content-disposition"))) return keep(&h->disposition, value, fault);
  uint16_t id = kt_field_lookup(name.p, name.n);
  h->fields[h->part.field_count++] = (kt_field){name.p, value.p, (uint32_t)value.n, (uint16_t)name.n, id};
  if (id == KT_FIELD_CONTENT_TYPE) return keep(&h->part.content_type, value, fault);
  if (is(name, KT_BYTES("content-transfer-encoding"))) return keep(&h->encoding, value, fault);
  return KT_PART_MORE;
}

/* A line without its CRLF. */
static kt_part_result read_line(kt_part_head *h, const uint8_t *p, const uint8_t *end, kt_form_fault *fault) {
  if (p == end) return finish(h, fault);
  if (++h->line_count > h->field_max) return fail(fault, 413, "a part's head has too many fields");
  const uint8_t *colon = kt_scan_token(p, end);
  if (colon == p || colon == end || *colon != ':') return fail(fault, 400, "a field in a part's head is malformed");
  if (kt_scan_value(colon + 1, end) != end) return fail(fault, 400, "a field in a part's head has a control character");
  kt_bytes value = trim(kt_bytes_make(colon + 1, (size_t)(end - colon - 1)));
  return take_field(h, kt_bytes_make(p, (size_t)(colon - p)), value, fault);
}

/* The line is whole, and `text` holds it. */
static kt_part_result end_line(kt_part_head *h, kt_form_fault *fault) {
  const uint8_t *begin = h->text + h->line, *end = h->text + h->text_n - 1;
  if (end == begin || end[-1] != '\r') return fail(fault, 400, "a line in a part's head does not end with CRLF");
  h->line = h->text_n;
  return read_line(h, begin, end - 1, fault);
}

kt_part_result kt_part_head_feed(kt_part_head *h, const uint8_t *data, size_t n, size_t *consumed,
                                 kt_form_fault *fault) {
  kt_part_result result = KT_PART_MORE;
  size_t i = 0;
  while (i < n && result == KT_PART_MORE) {
    const uint8_t *lf = memchr(data + i, '\n', n - i);
    size_t line_n = lf ? (size_t)(lf + 1 - data) - i : n - i;
    if (line_n > (size_t)(h->text_max - h->text_n)) {
      result = fail(fault, 413, "a part's head is too long");
      break;
    }
    memcpy(h->text + h->text_n, data + i, line_n);
    h->text_n = (uint16_t)(h->text_n + line_n);
    i += line_n;
    if (lf) result = end_line(h, fault);
  }
  KT_ASSERT(h->line <= h->text_n && h->text_n <= h->text_max);
  *consumed = i;
  return result;
}
