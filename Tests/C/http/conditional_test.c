/* Preconditions (RFC 9110 §13): every combination of fields against the steps of §13.2.2 written down one by one. */
#include "check.h"
#include "http/conditional.h"

#define NOW 1790000000
#define MODIFIED 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define EQUAL "Sunday, 06-Nov-94 08:49:37 GMT"
#define AFTER "Sun Nov  6 08:49:38 1994"

typedef struct ask {
  kt_request r;
  kt_field fields[8];
} ask;

static void begin(ask *a, uint8_t method) {
  memset(a, 0, sizeof *a);
  a->r.method = method;
  a->r.fields = a->fields;
}

static void with(ask *a, kt_field_id id, const char *value) {
  if (!value) return;
  uint16_t at = a->r.field_count++;
  a->fields[at] = (kt_field){.value = (const uint8_t *)value, .value_n = (uint32_t)strlen(value), .id = id};
  if (!a->r.known[id]) a->r.known[id] = (uint16_t)(at + 1);
}

static kt_etag tag(const char *s) {
  kt_etag t = {0};
  if (s) CHECK(kt_etag_parse(kt_bytes_make(s, strlen(s)), &t));
  return t;
}

/* What a list says about the current tag, by strong and by weak comparison. */
typedef struct list {
  const char *value; /* NULL: the field is absent */
  bool star, strong, weak, malformed;
} list;

static const list tag_lists[] = {
    {.value = NULL},
    {.value = "*", .star = true},
    {.value = "\"now\"", .strong = true, .weak = true},
    {.value = "\"a\" , W/\"now\"", .weak = true},
    {.value = "\"a\", \"b\""},
    {.value = "now", .malformed = true},
    {.value = ""},
};

typedef struct when {
  const char *value; /* NULL: absent */
  int order;         /* of the date against the modification; 2: malformed */
} when;

static const when dates[] = {{NULL, 2}, {BEFORE, -1}, {EQUAL, 0}, {AFTER, 1}, {"yesterday", 2}};

typedef struct current {
  bool exists, dated;
  const char *etag;
} current;

static const current currents[] = {
    {true, true, "\"now\""}, {true, true, "W/\"now\""}, {true, true, NULL},
    {true, false, "\"now\""}, {true, false, NULL},      {false, false, NULL},
};

static bool is_read(uint8_t method) { return method == KT_GET || method == KT_HEAD; }

static kt_condition step_3(uint8_t method, const current *c, const list *none_match, const when *since) {
  kt_condition no = is_read(method) ? KT_CONDITION_NOT_MODIFIED : KT_CONDITION_FAILED;
  if (none_match->value) {
    if (none_match->star) return c->exists ? no : KT_CONDITION_PROCEED;
    if (c->exists && c->etag && none_match->weak) return no;
    return none_match->malformed && !is_read(method) ? KT_CONDITION_FAILED : KT_CONDITION_PROCEED;
  }
  if (is_read(method) && c->dated && since->order != 2 && since->order >= 0) return KT_CONDITION_NOT_MODIFIED;
  return KT_CONDITION_PROCEED;
}

static kt_condition model(uint8_t method, const current *c, const list *match, const list *none_match,
                          const when *unmodified, const when *since) {
  if (match->value) { /* step 1 */
    bool holds = match->star ? c->exists : c->exists && c->etag && c->etag[0] == '"' && match->strong;
    if (!holds) return KT_CONDITION_FAILED;
  } else if (unmodified->order != 2 && c->dated) { /* step 2 */
    if (unmodified->order < 0) return KT_CONDITION_FAILED;
  }
  return step_3(method, c, none_match, since);
}

#define EACH(item, array) (size_t item = 0; item < sizeof(array) / sizeof *(array); item++)

TEST("all combinations of preconditions are judged as the steps of RFC 9110 §13.2.2 say") {
  static const uint8_t methods[] = {KT_GET, KT_HEAD, KT_PUT, KT_DELETE};
  for EACH (m, methods)
    for EACH (c, currents)
      for EACH (i, tag_lists)
        for EACH (n, tag_lists)
          for EACH (u, dates)
            for EACH (s, dates) {
              ask a;
              begin(&a, methods[m]);
              with(&a, KT_FIELD_IF_MODIFIED_SINCE, dates[s].value);
              with(&a, KT_FIELD_IF_UNMODIFIED_SINCE, dates[u].value);
              with(&a, KT_FIELD_IF_NONE_MATCH, tag_lists[n].value);
              with(&a, KT_FIELD_IF_MATCH, tag_lists[i].value);
              int64_t modified = currents[c].dated ? MODIFIED : KT_DATE_NONE;
              kt_validators v = {currents[c].exists, tag(currents[c].etag), modified};
              kt_condition want = model(methods[m], &currents[c], &tag_lists[i], &tag_lists[n], &dates[u], &dates[s]);
              kt_condition got = kt_condition_judge(&a.r, &v, NOW);
              if (got != want)
                KT_FAIL("%d instead of %d: method %d, current %zu, match %s, none-match %s, unmodified %s, modified %s",
                        got, want, methods[m], c, tag_lists[i].value, tag_lists[n].value, dates[u].value,
                        dates[s].value);
            }
}

static kt_validators now_v(const char *etag) { return (kt_validators){true, tag(etag), MODIFIED}; }

TEST("a list in several lines is one list") {
  ask a;
  kt_validators v = now_v("\"now\"");
  begin(&a, KT_GET);
  with(&a, KT_FIELD_IF_NONE_MATCH, "\"a\"");
  with(&a, KT_FIELD_HOST, "h");
  with(&a, KT_FIELD_IF_NONE_MATCH, "\"now\"");
  CHECK_EQ(kt_condition_judge(&a.r, &v, NOW), KT_CONDITION_NOT_MODIFIED);
  with(&a, KT_FIELD_IF_NONE_MATCH, "\"b\"");
  CHECK_EQ(kt_condition_judge(&a.r, &v, NOW), KT_CONDITION_NOT_MODIFIED);
  begin(&a, KT_PUT);
  with(&a, KT_FIELD_IF_MATCH, "\"a\"");
  with(&a, KT_FIELD_IF_MATCH, "\"now\"");
  CHECK_EQ(kt_condition_judge(&a.r, &v, NOW), KT_CONDITION_PROCEED);
}

TEST("a star beside tags is malformed and saves nothing") {
  ask a;
  kt_validators v = now_v("\"now\"");
  begin(&a, KT_PUT);
  with(&a, KT_FIELD_IF_MATCH, "*");
  with(&a, KT_FIELD_IF_MATCH, "\"a\"");
  CHECK_EQ(kt_condition_judge(&a.r, &v, NOW), KT_CONDITION_FAILED);
  begin(&a, KT_PUT);
  with(&a, KT_FIELD_IF_MATCH, "\"a\", *");
  CHECK_EQ(kt_condition_judge(&a.r, &v, NOW), KT_CONDITION_FAILED);
}

TEST("a date that stands twice is ignored") {
  ask a;
  kt_validators v = now_v("\"now\"");
  begin(&a, KT_GET);
  with(&a, KT_FIELD_IF_MODIFIED_SINCE, AFTER);
  CHECK_EQ(kt_condition_judge(&a.r, &v, NOW), KT_CONDITION_NOT_MODIFIED);
  with(&a, KT_FIELD_IF_MODIFIED_SINCE, AFTER);
  CHECK_EQ(kt_condition_judge(&a.r, &v, NOW), KT_CONDITION_PROCEED);
}

TEST("methods that select no representation have no preconditions") {
  static const uint8_t methods[] = {KT_CONNECT, KT_OPTIONS, KT_TRACE};
  kt_validators v = now_v("\"now\"");
  for EACH (m, methods) {
    ask a;
    begin(&a, methods[m]);
    with(&a, KT_FIELD_IF_MATCH, "\"a\"");
    with(&a, KT_FIELD_IF_NONE_MATCH, "*");
    CHECK_EQ(kt_condition_judge(&a.r, &v, NOW), KT_CONDITION_PROCEED);
  }
}

static bool if_range(const char *value, const char *etag, int64_t now) {
  ask a;
  kt_validators v = now_v(etag);
  begin(&a, KT_GET);
  with(&a, KT_FIELD_IF_RANGE, value);
  return kt_condition_if_range(&a.r, &v, now);
}

TEST("If-Range lets a range through for the same strong tag or the same date, and else not") {
  CHECK(if_range(NULL, "\"now\"", NOW));
  CHECK(if_range("\"now\"", "\"now\"", NOW));
  CHECK(!if_range("\"old\"", "\"now\"", NOW));
  CHECK(!if_range("W/\"now\"", "\"now\"", NOW));
  CHECK(!if_range("W/\"now\"", "W/\"now\"", NOW));
  CHECK(!if_range("\"now\"", "W/\"now\"", NOW));
  CHECK(!if_range("\"now\"", NULL, NOW));
  CHECK(!if_range("\"now\", \"old\"", "\"now\"", NOW));
  CHECK(!if_range("*", "\"now\"", NOW));
  CHECK(if_range(EQUAL, "\"now\"", NOW));
  CHECK(!if_range(BEFORE, "\"now\"", NOW));
  CHECK(!if_range(AFTER, "\"now\"", NOW));
  CHECK(!if_range("", "\"now\"", NOW));
}

TEST("a date in If-Range counts when its second is over") {
  CHECK(!if_range(EQUAL, NULL, MODIFIED));
  CHECK(if_range(EQUAL, NULL, MODIFIED + 1));
}

TEST("If-Range that stands twice, or for what does not exist, lets no range through") {
  ask a;
  kt_validators v = now_v("\"now\"");
  begin(&a, KT_GET);
  with(&a, KT_FIELD_IF_RANGE, "\"now\"");
  with(&a, KT_FIELD_IF_RANGE, "\"now\"");
  CHECK(!kt_condition_if_range(&a.r, &v, NOW));
  begin(&a, KT_GET);
  with(&a, KT_FIELD_IF_RANGE, "\"now\"");
  v.exists = false;
  CHECK(!kt_condition_if_range(&a.r, &v, NOW));
}
