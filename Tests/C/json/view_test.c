/* Behaviour of records (katana/json_view.h). What the caller of the reader does is here a reader of single values that
 * skips what it does not know. Every body is copied to a block of its exact size, so that a read past its end is found
 * by the sanitizer. */
#include "json/json.h"

#include "base/memory.h"
#include "katana/json_view.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned failures;

#define CHECK(condition, ...)                                         \
  do {                                                                \
    if (!(condition)) {                                               \
      failures++;                                                     \
      fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
      fprintf(stderr, __VA_ARGS__);                                   \
      fputc('\n', stderr);                                            \
    }                                                                 \
  } while (0)

/* What the calls of a reading heard. */
static unsigned others, refused, twice, unknown, missing, counted;

static void on_other(kt_json_reading *r, const kt_json_view *view, kt_json_slot *slot) {
  others++;
  kt_json *c = r->cursor;
  kt_json_text text;
  int64_t value;
  double number;
  if (view->kind == KT_JSON_VIEW_TEXT && kt_json_peek(c) == KT_JSON_STRING) {
    if (!kt_json_string(c, &text)) return;
    uint8_t *decoded = kt_json_reading_alloc(r, text.decoded_n + 1);
    if (decoded == NULL) return;
    kt_json_unescape(&text, decoded);
    *slot = (kt_json_slot){(uintptr_t)decoded, text.decoded_n | KT_JSON_SLOT_THERE};
  } else if (view->kind == KT_JSON_VIEW_INT64 && kt_json_peek(c) == KT_JSON_NUMBER_VALUE) {
    if (kt_json_int64(c, &value) == KT_JSON_FITS) *slot = (kt_json_slot){(uint64_t)value, KT_JSON_SLOT_THERE};
  } else if (view->kind == KT_JSON_VIEW_DOUBLE && kt_json_peek(c) == KT_JSON_NUMBER_VALUE) {
    if (kt_json_double(c, &number) == KT_JSON_FITS) {
      memcpy(&slot->a, &number, sizeof number);
      slot->b = KT_JSON_SLOT_THERE;
    }
  } else {
    refused++;
    (void)kt_json_skip(c);
  }
}

static void on_refuse(kt_json_reading *r, kt_json_type type) {
  (void)type;
  refused++;
  (void)kt_json_skip(r->cursor);
}

static void on_check(kt_json_reading *r, const kt_json_record *record) { (void)r, (void)record; }

static void on_twice(kt_json_reading *r) {
  twice++;
  (void)kt_json_skip(r->cursor);
}

static void on_unknown(kt_json_reading *r) {
  unknown++;
  (void)kt_json_skip(r->cursor);
}

static void on_missing(kt_json_reading *r, const kt_json_record *record, uint64_t members, size_t offset) {
  (void)record;
  CHECK(r->cursor->start[offset] == '{', "offset %zu", offset);
  missing += (unsigned)__builtin_popcountll(members);
}

static void on_counted(kt_json_reading *r, const kt_json_view *view, size_t count, size_t offset) {
  CHECK(r->cursor->start[offset] == '[', "offset %zu", offset);
  CHECK((int64_t)count < view->low || (int64_t)count > view->high, "%zu items", count);
  counted++;
}

/* --- A struct that contains itself in an array. --- */

enum { ID, NAME, RATIO, ON, TAGS, A_NAME_OF_SOME_LENGTH, PARTS, MEMBERS };

static const char *const member_names[MEMBERS] = {"id",   "name",                  "ratio", "on",
                                                  "tags", "a_name_of_some_length", "parts"};
static const kt_json_view text = {.kind = KT_JSON_VIEW_TEXT, .high = INT64_MAX};
static kt_json_member_view members[MEMBERS];
static kt_json_slot blank[MEMBERS];
static kt_json_record record = {.members = members, .blank = blank, .count = MEMBERS, .closed = true, .required = 3};
static kt_json_view item = {.kind = KT_JSON_VIEW_OBJECT}, root = {.kind = KT_JSON_VIEW_OBJECT};

static const kt_json_record *on_find(const kt_json_view *view) {
  (void)view;
  return &record;
}

static void make_record(void) {
  kt_bytes names[MEMBERS];
  for (int i = 0; i < MEMBERS; i++) names[i] = kt_bytes_make(member_names[i], strlen(member_names[i]));
  record.names = kt_json_names_create(names, MEMBERS);
  const kt_json_view values[MEMBERS] = {
      {.kind = KT_JSON_VIEW_INT64, .low = INT64_MIN, .high = INT64_MAX},
      {.kind = KT_JSON_VIEW_TEXT, .null = true, .high = INT64_MAX},
      {.kind = KT_JSON_VIEW_DOUBLE},
      {.kind = KT_JSON_VIEW_BOOLEAN},
      {.kind = KT_JSON_VIEW_ARRAY, .item = &text, .high = 3},
      {.kind = KT_JSON_VIEW_INT32, .low = -9, .high = 9},
      {.kind = KT_JSON_VIEW_ARRAY, .item = &item, .high = INT64_MAX},
  };
  for (int i = 0; i < MEMBERS; i++) {
    const kt_json_name *name = record.names->names + i;
    members[i] = (kt_json_member_view){values[i], name->text, name->text_n};
  }
}

static const char sample[] =
    "{\"id\":12345678901234,\"name\":\"a text that is longer than any vector of sixteen bytes, K\xC3\xB6ln\","
    "\"ratio\":12.5,\"on\":true,\"tags\":[\"a\",\"\",\"b\\u00e9\\n\"],\"a_name_of_some_length\":-9,\"parts\":["
    "{\"id\":-1,\"name\":null},{ \"name\" : \"x\" , \"id\" : 2 , \"tags\" : [ ] },"
    " {\"id\":3,\"name\":\"a\\nline in front of what is long\",\"parts\":[]},"
    "{\"name\":\"Ada\",\"id\":1e2,\"on\":false,\"ratio\":-1e-3},{\"id\":5,\"name\":\"short\"}]}";

typedef struct reading {
  uint8_t *body;
  void *blocks;
  kt_json c;
  kt_json_slot slot;
  bool good, short_of_memory;
} reading;

static reading read_body(const void *bytes, size_t n) {
  reading it = {.body = malloc(n == 0 ? 1 : n)};
  memcpy(it.body, bytes, n);
  others = refused = twice = unknown = missing = counted = 0;
  kt_json_init(&it.c, (kt_bytes){it.body, n});
  kt_json_reading r = {.cursor = &it.c, .memory = kt_json_memory_of(n, kt_json_blocks_take, &it.blocks),
                       .other = on_other, .refuse = on_refuse, .check = on_check, .twice = on_twice,
                       .unknown = on_unknown, .missing = on_missing, .counted = on_counted, .find = on_find};
  kt_json_view_read(&r, &root, &it.slot);
  it.good = kt_json_finish(&it.c) && refused + twice + unknown + missing + counted == 0;
  it.short_of_memory = r.short_of_memory;
  return it;
}

static void done(reading *it) {
  kt_json_blocks_free(&it->blocks);
  free(it->body);
}

static bool is_text(kt_json_slot slot, const char *wanted) {
  size_t n = slot.b & KT_JSON_SLOT_COUNT;
  return n == strlen(wanted) && memcmp((const void *)(uintptr_t)slot.a, wanted, n) == 0;
}

static void check_sample(const reading *it) {
  const kt_json_slot *slots = (const kt_json_slot *)(uintptr_t)it->slot.a;
  double ratio;
  memcpy(&ratio, &slots[RATIO].a, sizeof ratio);
  int32_t small;
  memcpy(&small, &slots[A_NAME_OF_SOME_LENGTH].a, sizeof small);
  bool on;
  memcpy(&on, &slots[ON].a, sizeof on);
  CHECK(slots[ID].a == 12345678901234 && ratio == 12.5 && on && small == -9, "numbers");
  CHECK(is_text(slots[NAME], "a text that is longer than any vector of sixteen bytes, K\xC3\xB6ln"), "name");
  CHECK((slots[NAME].b & KT_JSON_SLOT_ASCII) == 0, "name is not ASCII");
  CHECK((const uint8_t *)(uintptr_t)slots[NAME].a - it->body < (ptrdiff_t)sizeof sample, "name lies in the body");
  const kt_json_slot *tags = (const kt_json_slot *)(uintptr_t)slots[TAGS].a;
  CHECK((slots[TAGS].b & KT_JSON_SLOT_COUNT) == 3, "tags");
  CHECK(is_text(tags[0], "a") && is_text(tags[1], "") && is_text(tags[2], "b\xC3\xA9\n"), "tags");
  CHECK((tags[0].b & KT_JSON_SLOT_ASCII) != 0, "a is ASCII");
  const kt_json_slot *parts = (const kt_json_slot *)(uintptr_t)slots[PARTS].a;
  CHECK((slots[PARTS].b & KT_JSON_SLOT_COUNT) == 5, "parts");
  const int64_t ids[] = {-1, 2, 3, 100, 5};
  const char *names[] = {NULL, "x", "a\nline in front of what is long", "Ada", "short"};
  for (int i = 0; i < 5; i++) {
    const kt_json_slot *part = (const kt_json_slot *)(uintptr_t)parts[i].a;
    CHECK((int64_t)part[ID].a == ids[i], "part %d", i);
    CHECK(names[i] == NULL ? part[NAME].b == 0 : is_text(part[NAME], names[i]), "part %d", i);
    CHECK((part[ON].b != 0) == (i == 3) && (part[PARTS].b != 0) == (i == 2), "part %d", i);
    const uint8_t *begin = (const uint8_t *)(uintptr_t)part[-1].a;
    CHECK(*begin == '{' && begin[(part[-1].b & KT_JSON_SLOT_COUNT) - 1] == '}', "part %d", i);
  }
}

static void a_record_holds_what_the_body_says(void) {
  reading it = read_body(sample, sizeof sample - 1);
  CHECK(it.good, "error %d at %zu", it.c.error, (size_t)(it.c.fault - it.c.start));
  if (it.good) check_sample(&it);
  done(&it);
}

static void a_body_cut_anywhere_is_refused_and_nothing_is_read_behind_it(void) {
  for (size_t n = 0; n < sizeof sample - 1; n++) {
    reading it = read_body(sample, n);
    CHECK(!it.good && it.c.error != KT_JSON_OK, "cut at %zu", n);
    done(&it);
  }
}

/* Whatever stands behind it: near a body's end values are read another way. */
static void a_body_is_read_alike_wherever_it_ends(void) {
  char spaced[sizeof sample + 200];
  memcpy(spaced, sample, sizeof sample - 1);
  memset(spaced + sizeof sample - 1, ' ', 200);
  for (size_t n = 0; n < 200; n++) {
    reading it = read_body(spaced, sizeof sample - 1 + n);
    CHECK(it.good, "%zu spaces", n);
    if (it.good) check_sample(&it);
    done(&it);
  }
}

static void what_breaks_the_contract_is_told(void) {
  static const struct {
    const char *body;
    unsigned *count;
    unsigned times;
  } cases[] = {
      {"{\"id\":1}", &missing, 1}, {"{}", &missing, 2}, {"{\"id\":1,\"name\":\"\",\"id\":2}", &twice, 1},
      {"{\"name\":\"\",\"id\":1,\"name\":\"\",\"on\":true}", &twice, 1},
      {"{\"id\":1,\"name\":\"\",\"other\":[{}],\"on\":true}", &unknown, 1}, {"[]", &refused, 1},
      {"{\"id\":1,\"name\":\"\",\"tags\":[\"1\",\"2\",\"3\",\"4\"]}", &counted, 1},
      {"{\"id\":1,\"name\":\"\",\"tags\":{}}", &refused, 1}, {"{\"id\":\"\",\"name\":\"\"}", &refused, 1},
      {"{\"id\":1,\"name\":\"\",\"a_name_of_some_length\":10}", &refused, 1},
      {"{\"id\":1,\"name\":\"\",\"parts\":[1,{},[]]}", &refused, 2},
      {"{\"id\":1,\"name\":\"\",\"parts\":[{\"id\":null,\"name\":1}]}", &refused, 2},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char padded[256]; /* near the end of the body and far from it */
    for (int pad = 0; pad < 2; pad++) {
      int n = snprintf(padded, sizeof padded, "%s%*s", cases[i].body, pad * 100, "");
      reading it = read_body(padded, (size_t)n);
      CHECK(it.c.error == KT_JSON_OK && *cases[i].count == cases[i].times, "%s: %u", cases[i].body, *cases[i].count);
      done(&it);
    }
  }
}

static void depth_is_bounded(void) {
  for (int depth = KT_JSON_DEPTH_MAX / 2 - 1; depth <= KT_JSON_DEPTH_MAX / 2 + 1; depth++) {
    char body[64 * 40];
    size_t n = 0;
    for (int i = 0; i < depth; i++) n += (size_t)sprintf(body + n, "{\"id\":1,\"name\":\"\",\"parts\":[");
    for (int i = 0; i < depth; i++) n += (size_t)sprintf(body + n, "]}");
    reading it = read_body(body, n);
    CHECK(it.good == (2 * depth <= KT_JSON_DEPTH_MAX), "%d levels: error %d", depth, it.c.error);
    CHECK(it.good || it.c.error == KT_JSON_DEPTH, "%d levels: error %d", depth, it.c.error);
    done(&it);
  }
}

static void without_memory_the_body_is_not_read(void) {
  char body[40000];
  size_t n = (size_t)sprintf(body, "{\"id\":1,\"name\":\"\",\"parts\":[");
  for (int i = 0; i < 1000; i++) n += (size_t)sprintf(body + n, "{\"id\":%d,\"name\":\"\\n\"},", i);
  n += (size_t)sprintf(body + n - 1, "]}") - 1;
  uint64_t before = kt_allocations();
  reading it = read_body(body, n);
  uint64_t made = kt_allocations() - before;
  CHECK(it.good && made > 2, "%u allocations", (unsigned)made);
  done(&it);
  for (uint64_t i = 1; i <= made; i++) {
    kt_fail_allocation(i);
    it = read_body(body, n);
    CHECK(!it.good && it.short_of_memory, "allocation %u", (unsigned)i);
    done(&it);
  }
  kt_fail_allocation(0);
}

int main(void) {
  make_record();
  a_record_holds_what_the_body_says();
  a_body_cut_anywhere_is_refused_and_nothing_is_read_behind_it();
  a_body_is_read_alike_wherever_it_ends();
  what_breaks_the_contract_is_told();
  depth_is_bounded();
  without_memory_the_body_is_not_read();
  free((void *)(uintptr_t)record.names);
  if (failures == 0) puts("views: all passed");
  return failures == 0 ? 0 : 1;
}
