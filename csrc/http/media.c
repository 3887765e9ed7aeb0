#include "http/media.h"

#include "base/scan.h"
#include "http/parameter.h"

typedef struct media {
  kt_bytes type, subtype;
} media;

static kt_bytes trim(kt_bytes s) {
  while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) s.p++, s.n--;
  while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) s.n--;
  return s;
}

static bool is_token(kt_bytes s) { return s.n > 0 && kt_scan_token(s.p, s.p + s.n) == s.p + s.n; }

/* type "/" subtype, up to the first parameter. */
static bool parse(kt_bytes s, media *out) {
  if (s.n == 0) return false;
  const uint8_t *semicolon = memchr(s.p, ';', s.n);
  if (semicolon) s.n = (size_t)(semicolon - s.p);
  s = trim(s);
  const uint8_t *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
  if (!slash) return false;
  out->type = kt_bytes_make(s.p, (size_t)(slash - s.p));
  out->subtype = kt_bytes_make(slash + 1, s.n - out->type.n - 1);
  return is_token(out->type) && is_token(out->subtype);
}

static bool part_matches(kt_bytes have, kt_bytes want) {
  if (want.n == 1 && want.p[0] == '*') return true;
  return have.n == want.n && kt_ci_equal(have.p, want.p, have.n);
}

bool kt_media_type_matches(kt_bytes content_type, kt_bytes list) {
  media have, want;
  if (!parse(content_type, &have)) return false;
  while (list.n) {
    const uint8_t *comma = memchr(list.p, ',', list.n);
    size_t n = comma ? (size_t)(comma - list.p) : list.n;
    if (parse(kt_bytes_make(list.p, n), &want) && part_matches(have.type, want.type) &&
        part_matches(have.subtype, want.subtype))
      return true;
    if (!comma) return false;
    list = kt_bytes_make(comma + 1, list.n - n - 1);
  }
  return false;
}

static bool ci_is(kt_bytes s, kt_bytes word) { return s.n == word.n && kt_ci_equal(s.p, word.p, s.n); }

static bool ends_with(kt_bytes s, kt_bytes word) {
  return s.n > word.n && kt_ci_equal(s.p + s.n - word.n, word.p, word.n);
}

static bool is_textual(media m) {
  if (ci_is(m.type, KT_BYTES("text"))) return true;
  if (!ci_is(m.type, KT_BYTES("application"))) return false;
  return ci_is(m.subtype, KT_BYTES("json")) || ci_is(m.subtype, KT_BYTES("xml")) ||
         ci_is(m.subtype, KT_BYTES("x-www-form-urlencoded")) || ends_with(m.subtype, KT_BYTES("+json")) ||
         ends_with(m.subtype, KT_BYTES("+xml"));
}

bool kt_media_charset_is_utf8(kt_bytes content_type) {
  const uint8_t *semicolon = content_type.n ? memchr(content_type.p, ';', content_type.n) : NULL;
  media m;
  if (!semicolon || !parse(content_type, &m) || !is_textual(m)) return true;
  kt_bytes rest = kt_bytes_make(semicolon, content_type.n - (size_t)(semicolon - content_type.p)), name, value;
  kt_parameter_result got;
  while ((got = kt_parameter_next(&rest, &name, &value)) == KT_PARAMETER_FOUND) {
    if (!ci_is(name, KT_BYTES("charset"))) continue;
    if (value.n >= 2 && value.p[0] == '"') value = kt_bytes_make(value.p + 1, value.n - 2);
    if (!ci_is(value, KT_BYTES("utf-8")) && !ci_is(value, KT_BYTES("us-ascii"))) return false;
  }
  return got == KT_PARAMETER_END;
}
