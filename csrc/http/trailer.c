#include "http/trailer.h"

#include "base/scan.h"
#include "http/field.h"

/* ---- which may be one ---- */

/* Names without an id. */
static const char *const forbidden[] = {
    "Age",         "Expires",    "HTTP2-Settings",   "Max-Forwards", "Proxy-Authenticate", "Proxy-Authorization",
    "Retry-After", "Set-Cookie", "WWW-Authenticate", "Warning",
};

static bool is(kt_bytes name, const char *other) {
  return name.n == strlen(other) && kt_ci_equal(name.p, (const uint8_t *)other, name.n);
}

static bool begins(kt_bytes name, const char *other) {
  size_t n = strlen(other);
  return name.n >= n && kt_ci_equal(name.p, (const uint8_t *)other, n);
}

static bool other_permitted(kt_bytes name) {
  if (begins(name, "Content-")) return is(name, "Content-Digest");
  if (begins(name, "X-Forwarded-")) return false;
  for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
    if (is(name, forbidden[i])) return false;
  return true;
}

bool kt_trailer_permitted(kt_bytes name) {
  switch (kt_field_lookup(name.p, name.n)) {
  case KT_FIELD_OTHER: return other_permitted(name);
  case KT_FIELD_CONTENT_LENGTH: /* framing, and what belongs to the connection */
  case KT_FIELD_TRANSFER_ENCODING:
  case KT_FIELD_TRAILER:
  case KT_FIELD_TE:
  case KT_FIELD_CONNECTION:
  case KT_FIELD_KEEP_ALIVE:
  case KT_FIELD_PROXY_CONNECTION:
  case KT_FIELD_UPGRADE:
  case KT_FIELD_HOST: /* routing */
  case KT_FIELD_FORWARDED:
  case KT_FIELD_VIA:
  case KT_FIELD_X_FORWARDED_FOR:
  case KT_FIELD_AUTHORIZATION: /* authentication */
  case KT_FIELD_COOKIE:
  case KT_FIELD_CACHE_CONTROL: /* what is asked, and how to answer */
  case KT_FIELD_EXPECT:
  case KT_FIELD_IF_MATCH:
  case KT_FIELD_IF_MODIFIED_SINCE:
  case KT_FIELD_IF_NONE_MATCH:
  case KT_FIELD_IF_RANGE:
  case KT_FIELD_IF_UNMODIFIED_SINCE:
  case KT_FIELD_PRAGMA:
  case KT_FIELD_RANGE:
  case KT_FIELD_DATE: /* what becomes of a response */
  case KT_FIELD_LOCATION:
  case KT_FIELD_VARY:
  case KT_FIELD_CONTENT_TYPE: /* how content is read */
  case KT_FIELD_CONTENT_ENCODING:
  case KT_FIELD_CONTENT_LANGUAGE:
  case KT_FIELD_CONTENT_LOCATION:
  case KT_FIELD_CONTENT_RANGE: return false;
  default: return true;
  }
}

/* ---- those of a request ---- */

static bool grow(kt_trailer_list *list, kt_arena *arena) {
  uint16_t cap = list->cap ? (uint16_t)(2 * list->cap) : 4;
  kt_field *fields = kt_arena_alloc(arena, cap * sizeof *fields);
  if (!fields) return false;
  if (list->count) memcpy(fields, list->fields, list->count * sizeof *fields);
  list->fields = fields;
  list->cap = cap;
  return true;
}

kt_status kt_trailer_list_add(kt_trailer_list *list, kt_arena *arena, kt_bytes name, kt_bytes value) {
  list->size += (uint32_t)(name.n + value.n + 3); /* a colon and the line's end */
  if (++list->seen > KT_TRAILERS_COUNT_MAX || list->size > KT_TRAILERS_SIZE_MAX) return KT_EFULL;
  if (!kt_trailer_permitted(name)) return KT_OK;
  if (list->count == list->cap && !grow(list, arena)) return KT_ENOMEM;
  list->fields[list->count++] =
      (kt_field){name.p, value.p, (uint32_t)value.n, (uint16_t)name.n, kt_field_lookup(name.p, name.n)};
  return KT_OK;
}

kt_bytes kt_trailers_find(const kt_trailers *t, kt_bytes name) {
  for (uint16_t i = 0; i < t->count; i++) {
    const kt_field *f = &t->fields[i];
    if (f->name_n == name.n && kt_ci_equal(f->name, name.p, name.n)) return kt_bytes_make(f->value, f->value_n);
  }
  return (kt_bytes){0, 0};
}

/* ---- lists of names ---- */

/* Cuts the next element off, without its whitespace; it may be empty. */
static bool next_element(kt_bytes *rest, kt_bytes *element) {
  if (!rest->p) return false;
  const uint8_t *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
  kt_bytes e = kt_bytes_make(rest->p, comma ? (size_t)(comma - rest->p) : rest->n);
  *rest = comma ? kt_bytes_make(comma + 1, rest->n - e.n - 1) : (kt_bytes){0, 0};
  while (e.n && (e.p[0] == ' ' || e.p[0] == '\t')) e.p++, e.n--;
  while (e.n && (e.p[e.n - 1] == ' ' || e.p[e.n - 1] == '\t')) e.n--;
  *element = e;
  return true;
}

kt_status kt_trailer_names_check(kt_bytes names) {
  kt_bytes name;
  if (!names.p) return KT_EINVAL;
  while (next_element(&names, &name)) {
    if (name.n == 0 || kt_scan_token(name.p, name.p + name.n) != name.p + name.n) return KT_EINVAL;
    if (!kt_trailer_permitted(name)) return KT_EFORBIDDEN;
  }
  return KT_OK;
}

static bool names(const kt_request *r, kt_field_id id, const char *wanted) {
  if (r->known[id] == 0) return false;
  for (uint16_t i = r->known[id] - 1; i < r->field_count; i++) {
    if (r->fields[i].id != id) continue;
    kt_bytes list = kt_bytes_make(r->fields[i].value, r->fields[i].value_n), element;
    while (next_element(&list, &element))
      if (is(element, wanted)) return true;
  }
  return false;
}

bool kt_trailers_asked_for(const kt_request *r) {
  return names(r, KT_FIELD_TE, "trailers") && names(r, KT_FIELD_CONNECTION, "TE");
}
