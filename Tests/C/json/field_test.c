/* Behaviour of kt_json_fields_read: what it reads it reads right, and it looks at nothing behind the body. Every body
 * is copied to a block of its exact size, so that a read past its end is found by the sanitizer. */
#include "json/json.h"

#include <stddef.h>
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

typedef struct value {
  int64_t id, large;
  uint8_t large_some;
  double ratio;
  int32_t small;
  uint8_t small_some;
  bool on;
  _Alignas(8) uint8_t name[16];
  uint8_t word[16];
} value;

enum { ID, LARGE, RATIO, SMALL, ON, NAME, WORD, OTHER, FIELDS };

#define FIELD(name, member) .text = (const uint8_t *)"," name + 1, .text_n = sizeof name - 1, .offset = member

static const kt_json_field fields[FIELDS] = {
    [ID] = {FIELD("\"id\":\0_______________", offsetof(value, id)), 0, 100, KT_JSON_FIELD_INT64, -1},
    [LARGE] = {FIELD("\"large\":\0____________", offsetof(value, large)), INT64_MIN, INT64_MAX, KT_JSON_FIELD_INT64, 8},
    [RATIO] = {FIELD("\"ratio\":\0____________", offsetof(value, ratio)), 0, 0, KT_JSON_FIELD_DOUBLE, -1},
    [SMALL] = {FIELD("\"small\":\0____________", offsetof(value, small)), -9, 9, KT_JSON_FIELD_INT32, 4},
    [ON] = {FIELD("\"on\":\0_______________", offsetof(value, on)), 0, 0, KT_JSON_FIELD_BOOLEAN, -1},
    [NAME] = {FIELD("\"name\":\0_____________", offsetof(value, name)), 0, INT64_MAX, KT_JSON_FIELD_STRING, -1},
    [WORD] = {FIELD("\"word\":\0_____________", offsetof(value, word)), 1, 3, KT_JSON_FIELD_STRING, -1},
    [OTHER] = {FIELD("\"other\":\0____________", 0), 0, 0, KT_JSON_FIELD_OTHER, -1},
};

typedef struct run {
  uint8_t *body;
  kt_json c;
  value value;
  uint64_t seen;
  int32_t member;
  kt_json_text text;
  bool next;
} run;

/* The names' sizes are those of their texts, behind which they are padded. */
static kt_json_field exact[FIELDS];

static run read_object(const char *text, size_t n, int32_t member, uint64_t seen) {
  run r = {.body = malloc(n == 0 ? 1 : n), .member = member, .seen = seen};
  memcpy(r.body, text, n);
  memset(&r.value, 0xEE, sizeof r.value);
  kt_json_init(&r.c, (kt_bytes){r.body, n});
  if (kt_json_peek(&r.c) == KT_JSON_OBJECT) (void)kt_json_enter(&r.c);
  r.next = kt_json_fields_read(&r.c, exact, FIELDS, &r.value, &r.seen, &r.member, &r.text);
  return r;
}

static const char sample[] =
    "{\"id\":7,\"large\":-123456789012345,\"ratio\":12.5, \"small\": -9 ,\"on\":true,\"name\":\"K\xC3\xB6ln\","
    "\"word\":\"abc\",\"other\":[1,2,3,\"and more behind it, so that the end is not near to anything of interest\"]}";

static void members_are_read_to_where_they_lie(void) {
  run r = read_object(sample, sizeof sample - 1, -1, 0);
  /* The value of the last is the caller's to read. A space behind a number is no comma, so `on` is looked up. */
  CHECK(!r.next && r.member == SMALL && r.seen == 0xF, "member %d, seen %lx", r.member, (unsigned long)r.seen);
  CHECK(r.value.id == 7 && r.value.large == -123456789012345 && r.value.large_some == 0, "integers");
  CHECK(r.value.ratio == 12.5 && r.value.small == -9 && r.value.small_some == 0, "numbers");
  CHECK(kt_json_element(&r.c) || r.c.error == KT_JSON_OK, "goes on at the comma");
  free(r.body);
  static const char later[] =
      "{\"on\":false,\"name\":\"K\xC3\xB6ln\",\"word\":\"abc\",\"other\":[1,2,3,\"and more behind it, quite far\"],"
      "\"id\":100,\"end\":\"far away from everything that is of any interest here\"}";
  r = read_object(later, sizeof later - 1, SMALL, 0xF);
  CHECK(r.next && r.member == OTHER && r.seen == 0xFF, "member %d, seen %lx", r.member, (unsigned long)r.seen);
  CHECK(*r.c.p == '[' && r.text.p == NULL, "the value is next");
  CHECK(!r.value.on && memcmp(r.value.name, "K\xC3\xB6ln\0\0\0\0\0\0\0\0\0\0\xA5", 16) == 0, "name");
  CHECK(memcmp(r.value.word, "abc\0\0\0\0\0\0\0\0\0\0\0\0\xE3", 16) == 0, "word");
  free(r.body);
}

static void what_is_not_plain_is_the_callers(void) {
  static const char rest[] =
      ",\"and\":\"a member that is far behind it, so that the end is not near to anything here\"}";
  static const struct {
    const char *text;
    int32_t after, member; /* -1: a name is next */
    bool is_text;
  } cases[] = {
      {"{\"id\":-1", -1, ID, false},       {"{\"id\":101", -1, ID, false},      {"{\"id\":1.5", -1, ID, false},
      {"{\"id\":\"1\"", -1, ID, false},    {"{\"id\":12345678901234567", -1, ID, false},
      {"{\"ratio\":1e3", LARGE, RATIO, false}, {"{\"small\":10", RATIO, SMALL, false},
      {"{\"small\":null", RATIO, SMALL, false}, {"{\"on\":truth", SMALL, ON, false},
      {"{\"on\":falsy", SMALL, ON, false},
      {"{\"name\":\"a\\n\"", ON, NAME, false}, {"{\"name\":\"a\nb\"", ON, NAME, false},
      {"{\"name\":\"sixteen bytes, b\"", ON, NAME, true}, {"{\"word\":\"\"", NAME, WORD, false},
      {"{\"word\":\"abcd\"", NAME, WORD, false}, {"{\"large\":1", -1, -1, false}, {"{\"ID\":1", -1, -1, false},
      {"{}", -1, -1, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char body[256];
    size_t n = (size_t)snprintf(body, sizeof body, "%s%s", cases[i].text, rest);
    run r = read_object(body, n, cases[i].after, 0);
    CHECK(r.next == (cases[i].member >= 0), "%s", cases[i].text);
    CHECK(r.member == (r.next ? cases[i].member : cases[i].after), "%s: %d", cases[i].text, r.member);
    CHECK((r.text.p != NULL) == cases[i].is_text, "%s", cases[i].text);
    if (r.text.p != NULL) CHECK(r.text.n == 16 && *r.c.p == ',', "%s", cases[i].text);
    free(r.body);
  }
  run r = read_object(sample, sizeof sample - 1, -1, 1 << RATIO);
  CHECK(!r.next && r.member == LARGE && r.seen == 7, "what was seen is not read again");
  free(r.body);
}

static void nothing_is_read_behind_the_body(void) {
  for (int32_t member = -1; member < FIELDS; member++)
    for (size_t begin = 1; begin < sizeof sample - 1; begin++) {
      if (begin > 1 && sample[begin] != '"') continue;
      char body[sizeof sample + 1] = "{";
      memcpy(body + 1, sample + begin, sizeof sample - 1 - begin);
      for (size_t n = 0; n <= sizeof sample - begin; n++) {
        run r = read_object(body, n, member, 0);
        CHECK(r.c.p >= r.body && r.c.p <= r.c.end, "cut at %zu", n);
        free(r.body);
      }
    }
}

int main(void) {
  for (int i = 0; i < FIELDS; i++) {
    exact[i] = fields[i];
    exact[i].text_n = (uint32_t)strlen((const char *)fields[i].text);
  }
  members_are_read_to_where_they_lie();
  what_is_not_plain_is_the_callers();
  nothing_is_read_behind_the_body();
  if (failures == 0) puts("fields: all passed");
  return failures == 0 ? 0 : 1;
}
