#include "http/conditional.h"

#include "http/date.h"

typedef enum match {
  MATCH_NONE,    /* no tag of the list */
  MATCH_FOUND,   /* a tag of the list, or "*" */
  MATCH_UNCLEAR, /* no tag before the list became malformed */
} match;

typedef bool (*compare_fn)(kt_etag a, kt_etag b);

static match match_line(kt_bytes list, const kt_validators *v, compare_fn equal) {
  kt_etag tag;
  while (kt_etag_next(&list, &tag))
    if (v->exists && equal(tag, v->etag)) return MATCH_FOUND;
  return list.n ? MATCH_UNCLEAR : MATCH_NONE;
}

static bool is_star(kt_bytes value) { return value.n == 1 && value.p[0] == '*'; }

/* The next field line with this id from *at on; NULL at the end. */
static const kt_field *next_line(const kt_request *r, uint16_t id, uint16_t *at) {
  while (*at < r->field_count)
    if (r->fields[(*at)++].id == id) return &r->fields[*at - 1];
  return NULL;
}

/* A list may be cut into several lines (§5.3). "*" stands alone; beside other lines it is malformed. */
static match match_lines(const kt_request *r, kt_field_id id, const kt_validators *v, compare_fn equal) {
  uint16_t at = (uint16_t)(r->known[id] - 1), lines = 0;
  match result = MATCH_NONE;
  bool star = false;
  for (const kt_field *f; (f = next_line(r, id, &at)); lines++) {
    kt_bytes value = kt_bytes_make(f->value, f->value_n);
    star |= is_star(value);
    if (result == MATCH_NONE) result = match_line(value, v, equal);
  }
  if (!star) return result;
  if (lines > 1) return MATCH_UNCLEAR;
  return v->exists ? MATCH_FOUND : MATCH_NONE;
}

static bool has(const kt_request *r, kt_field_id id) { return r->known[id] != 0; }

/* The value of a field that may stand once; NULL when it is absent or stands twice. */
static kt_bytes single(const kt_request *r, kt_field_id id) {
  uint16_t at = r->known[id];
  if (at && next_line(r, id, &at)) return (kt_bytes){0, 0};
  return kt_request_field(r, id);
}

static bool date_of(const kt_request *r, kt_field_id id, int64_t now, int64_t *t) {
  kt_bytes value = single(r, id);
  return value.p && kt_date_parse(value, now, t);
}

static bool is_read(const kt_request *r) { return r->method == KT_GET || r->method == KT_HEAD; }

/* §13.1.1; §13.1.4 where it is absent. */
static bool is_still_that(const kt_request *r, const kt_validators *v, int64_t now) {
  int64_t date;
  if (has(r, KT_FIELD_IF_MATCH)) return match_lines(r, KT_FIELD_IF_MATCH, v, kt_etag_same) == MATCH_FOUND;
  if (!v->exists || v->last_modified == KT_DATE_NONE) return true;
  return !date_of(r, KT_FIELD_IF_UNMODIFIED_SINCE, now, &date) || v->last_modified <= date;
}

/* §13.1.2; §13.1.3 where it is absent. */
static bool is_news(const kt_request *r, const kt_validators *v, int64_t now) {
  int64_t date;
  if (has(r, KT_FIELD_IF_NONE_MATCH)) {
    match m = match_lines(r, KT_FIELD_IF_NONE_MATCH, v, kt_etag_alike);
    return m == MATCH_NONE || (m == MATCH_UNCLEAR && is_read(r));
  }
  if (!is_read(r) || !v->exists || v->last_modified == KT_DATE_NONE) return true;
  return !date_of(r, KT_FIELD_IF_MODIFIED_SINCE, now, &date) || v->last_modified > date;
}

kt_condition kt_condition_judge(const kt_request *r, const kt_validators *v, int64_t now) {
  if (r->method == KT_CONNECT || r->method == KT_OPTIONS || r->method == KT_TRACE) return KT_CONDITION_PROCEED;
  if (!is_still_that(r, v, now)) return KT_CONDITION_FAILED;
  if (is_news(r, v, now)) return KT_CONDITION_PROCEED;
  return is_read(r) ? KT_CONDITION_NOT_MODIFIED : KT_CONDITION_FAILED;
}

bool kt_condition_if_range(const kt_request *r, const kt_validators *v, int64_t now) {
  if (!has(r, KT_FIELD_IF_RANGE)) return true;
  kt_bytes value = single(r, KT_FIELD_IF_RANGE);
  kt_etag tag;
  int64_t date;
  if (!value.p || !v->exists) return false;
  if (kt_etag_parse(value, &tag)) return kt_etag_same(tag, v->etag);
  return kt_date_parse(value, now, &date) && date == v->last_modified && date < now;
}
