/* Paths, queries, cookies, authorities, media types and dates on any bytes: what is accepted is in normal form, and
 * normalising it again changes nothing. */
#include "http/http.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* kt_uri_path is for the bytes that a request target may have. */
static bool is_visible_ascii(kt_bytes text) {
  for (size_t i = 0; i < text.n; i++)
    if (text.p[i] <= 0x20 || text.p[i] >= 0x7f) return false;
  return true;
}

static void path(kt_bytes raw) {
  uint8_t *out = malloc(raw.n + 1), *again_out = malloc(3 * raw.n + 1), *escaped = malloc(3 * raw.n + 1);
  kt_bytes p, again;
  if (kt_uri_path(raw, out, &p) == NULL) {
    assert(p.n > 0 && p.n <= raw.n && p.p[0] == '/');
    size_t n = 0;
    for (size_t i = 0; i < p.n; i++) {
      assert(p.p[i] >= 0x20 && p.p[i] != 0x7f);
      assert(p.p[i] != '\\' && (i == 0 || p.p[i - 1] != '/' || p.p[i] != '/'));
      n += p.p[i] == '/' ? (escaped[n] = '/', 1) : (size_t)sprintf((char *)escaped + n, "%%%02X", p.p[i]);
    }
    assert(!memmem(p.p, p.n, "/../", 4) && !memmem(p.p, p.n, "/./", 3));
    const char *why = kt_uri_path(kt_bytes_make(escaped, n), again_out, &again);
    assert(why == NULL && again.n == p.n && memcmp(again.p, p.p, p.n) == 0);
  }
  free(out);
  free(again_out);
  free(escaped);
}

static void walk(kt_bytes text, bool (*next)(kt_bytes *, kt_bytes *, kt_bytes *)) {
  kt_bytes rest = text, name, value;
  uint8_t *out = malloc(text.n + 1);
  size_t before = rest.n;
  while (next(&rest, &name, &value)) {
    assert(rest.n < before);
    before = rest.n;
    assert(name.p >= text.p && name.p + name.n <= text.p + text.n && !memchr(name.p, '=', name.n));
    if (!value.p) continue;
    assert(value.p > name.p && value.p + value.n <= text.p + text.n);
    assert(kt_percent_decode(value, out, true) <= (int64_t)value.n);
  }
  assert(rest.n == 0);
  free(out);
}

static void date(kt_bytes text) {
  int64_t t, again;
  char written[KT_DATE_SIZE];
  if (!kt_date_parse(text, 1790000000, &t)) return;
  kt_date_format(t, written);
  assert(kt_date_parse(kt_bytes_make(written, sizeof written), 1790000000, &again) && again == t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  kt_bytes text = {data, n};
  if (is_visible_ascii(text)) path(text);
  walk(text, kt_query_next);
  walk(text, kt_cookie_next);
  if (kt_uri_connect_valid(text)) assert(kt_uri_authority_valid(text) && memchr(data, ':', n));
  if (kt_media_type_matches(text, KT_BYTES("application/json, text/*"))) assert(memchr(data, '/', n));
  kt_media_type_matches(KT_BYTES("application/json"), text);
  date(text);
  return 0;
}
