#include "katana/form.h"

void kt_urlencoded_init(kt_urlencoded *u, kt_bytes body, uint8_t *room, const kt_urlencoded_limits *limits) {
  static const kt_urlencoded_limits defaults = {
      .pair_count_max = KT_URLENCODED_PAIR_COUNT_MAX,
      .name_size_max = KT_URLENCODED_NAME_SIZE_MAX,
      .value_size_max = KT_URLENCODED_VALUE_SIZE_MAX,
  };
  *u = (kt_urlencoded){.rest = body, .out = room, .limits = limits ? *limits : defaults};
}

static bool fail(kt_urlencoded *u, uint16_t status, const char *reason) {
  u->status = status;
  u->reason = reason;
  u->rest.n = 0;
  return false;
}

static bool decode(kt_urlencoded *u, kt_bytes *text) {
  static const char malformed[] = "the form has a malformed escape or is not UTF-8";
  if (text->n == 0) return true;
  if (!memchr(text->p, '%', text->n) && !memchr(text->p, '+', text->n))
    return kt_utf8_valid(text->p, text->n) || fail(u, 400, malformed);
  int64_t n = kt_percent_decode(*text, u->out, true);
  if (n < 0) return fail(u, 400, malformed);
  *text = kt_bytes_make(u->out, (size_t)n);
  u->out += n;
  return true;
}

bool kt_urlencoded_next(kt_urlencoded *u, kt_bytes *name, kt_bytes *value) {
  if (!kt_query_next(&u->rest, name, value)) return false;
  if (u->limits.pair_count_max-- == 0) return fail(u, 413, "the form has too many pairs");
  if (name->n > u->limits.name_size_max) return fail(u, 413, "a name in the form is too long");
  if (value->n > u->limits.value_size_max) return fail(u, 413, "a value in the form is too long");
  return decode(u, name) && decode(u, value);
}
