#include "http/media.h"

#include "base/scan.h"

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
