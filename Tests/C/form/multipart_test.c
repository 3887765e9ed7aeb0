/* multipart/form-data (RFC 7578), every body cut at every byte, against a model that looks at the whole. */
#include "check.h"
#include "random.h"
#include "base/memory.h"
#include "curl_bodies.h"
#include "katana/form.h"

#define TYPE "multipart/form-data; boundary=AaB03x"
#define HEAD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"

/* What a machine told, as text: runs of content joined. */
typedef struct story {
  char text[100000];
  size_t n;
  bool in_data;
} story;

static void add(story *s, const void *p, size_t n) {
  if (s->n + n > sizeof s->text) KT_FAIL("the story is too long");
  if (n) memcpy(s->text + s->n, p, n);
  s->n += n;
}

static void add_text(story *s, const char *text) { add(s, text, strlen(text)); }

static void add_slice(story *s, const char *name, kt_bytes slice) {
  if (!slice.p) return;
  add_text(s, name);
  add(s, slice.p, slice.n);
  add_text(s, "|");
}

static void tell_part(story *s, const kt_multipart_part *p) {
  add_text(s, "<");
  add_slice(s, "name=", p->name);
  add_slice(s, "filename=", p->filename);
  add_slice(s, "type=", p->content_type);
  for (uint16_t i = 0; i < p->field_count; i++) {
    add_slice(s, "", kt_bytes_make(p->fields[i].name, p->fields[i].name_n));
    add_slice(s, "", kt_bytes_make(p->fields[i].value, p->fields[i].value_n));
  }
}

static void tell(story *s, const kt_multipart *m, kt_multipart_event event, kt_bytes payload) {
  bool joins = event == KT_MULTIPART_PART_DATA && s->in_data;
  if (event != KT_MULTIPART_MORE) s->in_data = event == KT_MULTIPART_PART_DATA;
  switch (event) {
  case KT_MULTIPART_PART_BEGIN: tell_part(s, kt_multipart_current(m)); break;
  case KT_MULTIPART_PART_DATA:
    if (!joins) add_text(s, ":");
    add(s, payload.p, payload.n);
    break;
  case KT_MULTIPART_PART_END: add_text(s, ">"); break;
  case KT_MULTIPART_END: add_text(s, "."); break;
  default: break;
  }
}

static bool lies_in(kt_bytes slice, const uint8_t *p, size_t n) {
  return slice.p >= p && slice.p + slice.n <= p + n;
}

/* Feeds one piece, a copy of its own size, so that a sanitizer sees a read past it. */
static kt_multipart_event feed(story *s, kt_multipart *m, const char *data, size_t n) {
  uint8_t *piece = memcpy(malloc(n + 1), data, n);
  kt_multipart_event event;
  size_t at = 0;
  do {
    size_t used;
    kt_bytes payload;
    event = kt_multipart_feed(m, piece + at, n - at, &used, &payload);
    CHECK((payload.n > 0) == (event == KT_MULTIPART_PART_DATA));
    CHECK(lies_in(payload, piece + at, used) || payload.n <= KT_MULTIPART_BOUNDARY_SIZE_MAX + 4);
    at += used;
    tell(s, m, event, payload);
  } while (event != KT_MULTIPART_MORE && event != KT_MULTIPART_ERROR);
  CHECK(event == KT_MULTIPART_ERROR || at == n);
  free(piece);
  return event;
}

static void run(story *s, const char *type, const kt_multipart_limits *limits, const char *body, size_t n, size_t first,
                size_t step) {
  kt_multipart *m = kt_multipart_create(kt_bytes_make(type, strlen(type)), limits);
  kt_multipart_event event = KT_MULTIPART_MORE;
  s->n = 0;
  s->in_data = false;
  size_t piece = first;
  for (size_t at = 0; event == KT_MULTIPART_MORE && at < n; at += piece, piece = step) {
    if (piece > n - at) piece = n - at;
    event = feed(s, m, body + at, piece);
    if (piece == n - at) break;
  }
  event = kt_multipart_finish(m);
  CHECK(event == KT_MULTIPART_END || event == KT_MULTIPART_ERROR);
  if (event == KT_MULTIPART_ERROR) {
    char line[200];
    CHECK(kt_multipart_reason(m) && *kt_multipart_reason(m));
    snprintf(line, sizeof line, "!%u %s", kt_multipart_status(m), kt_multipart_reason(m));
    add_text(s, line);
  }
  kt_multipart_destroy(m);
}

static void check_same(const story *a, const story *b, size_t cut) {
  if (a->n != b->n || memcmp(a->text, b->text, a->n) != 0)
    KT_FAIL("cut at %zu: %.*s\ninstead of %.*s", cut, (int)b->n, b->text, (int)a->n, a->text);
}

static story *run_every_way(const char *type, const kt_multipart_limits *limits, const char *body, size_t n) {
  static story whole, other;
  run(&whole, type, limits, body, n, n, n);
  for (size_t step = 1; step < 4; step++) {
    run(&other, type, limits, body, n, step, step);
    check_same(&whole, &other, 0);
  }
  for (size_t cut = 1; cut < n; cut++) {
    run(&other, type, limits, body, n, cut, n);
    check_same(&whole, &other, cut);
  }
  return &whole;
}

static void gives_with(const char *type, const kt_multipart_limits *limits, const char *body, size_t n,
                       const char *want) {
  story *s = run_every_way(type, limits, body, n);
  if (s->n != strlen(want) || memcmp(s->text, want, s->n) != 0)
    KT_FAIL("%.*s gives %.*s, not %s", (int)n, body, (int)s->n, s->text, want);
}
#define GIVES(body, want) gives_with(TYPE, NULL, body, sizeof(body) - 1, want)

/* One part named a with this head. */
static void head_gives(const char *head, const char *want) {
  char body[9000];
  int n = snprintf(body, sizeof body, "--AaB03x\r\n%s\r\n\r\nx\r\n--AaB03x--\r\n", head);
  gives_with(TYPE, NULL, body, (size_t)n, want);
}

TEST("parts come with their names and contents, preamble and epilogue without a word") {
  GIVES("--AaB03x\r\n" HEAD("a") "1\r\n--AaB03x--\r\n", "<name=a|:1>.");
  GIVES("preamble\r\n--AaB03\r\n--AaB03x\r\n" HEAD("a") "1\r\n--AaB03x\r\n" HEAD("b")
        "2\r\n--AaB03x--epilogue\r\n--AaB03x", "<name=a|:1><name=b|:2>.");
  GIVES("--AaB03x\r\n" HEAD("a") "1\r\n--AaB03x--", "<name=a|:1>.");
  GIVES("--AaB03x--\r\n", ".");
}

TEST("the example of RFC 7578 §4.2 and its like are read") {
  head_gives("Content-Disposition: form-data; name=\"files\"; filename=\"file1.txt\"\r\nContent-Type: text/plain",
             "<name=files|filename=file1.txt|type=text/plain|Content-Type|text/plain|:x>.");
  head_gives("content-disposition:FORM-DATA;Name=a ; FILENAME=b", "<name=a|filename=b|:x>.");
  head_gives("Content-Disposition: form-data; name=\"\"; filename=\"\"; other=1", "<name=|filename=|:x>.");
  head_gives("X-Empty:\r\nContent-Disposition: form-data; name=a\r\nETag: \"1\" ", "<name=a|X-Empty||ETag|\"1\"|:x>.");
  head_gives("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: Binary",
             "<name=a|Content-Transfer-Encoding|Binary|:x>.");
}

TEST("contents that look like the start of a boundary are content") {
  GIVES("--AaB03x\r\n" HEAD("a") "\r\n--AaB03\r\n--AaB03y\r\r\n\r\n-\r\n\r\n--AaB03x--",
        "<name=a|:\r\n--AaB03\r\n--AaB03y\r\r\n\r\n-\r\n>.");
  GIVES("--AaB03x\r\n" HEAD("a") "--AaB03\r\n--AaB03x--", "<name=a|:--AaB03>.");
  GIVES("--AaB03x\r\n" HEAD("a") "--AaB03x--\n\r\n--AaB03x--", "<name=a|>.");
  GIVES("--AaB03x\r\n" HEAD("a") "\r\r\n--AaB03x--", "<name=a|:\r>.");
  GIVES("--AaB03x\r\n" HEAD("a") "\n--AaB03x\n\r\n--AaB03x--", "<name=a|:\n--AaB03x\n>.");
}

TEST("a part may be empty, with or without the line end before the boundary") {
  GIVES("--AaB03x\r\n" HEAD("a") "\r\n--AaB03x\r\n" HEAD("b") "--AaB03x--", "<name=a|><name=b|>.");
}

TEST("blanks may stand behind a boundary") {
  GIVES("--AaB03x \t \r\n" HEAD("a") "1\r\n--AaB03x \r\n" HEAD("b") "2\r\n--AaB03x--", "<name=a|:1><name=b|:2>.");
  GIVES("--AaB03x                                 \r\n", "!400 a boundary does not end with CRLF");
}

#define MISSING "!400 the body ends before its last boundary"

TEST("a body that ends before its last boundary is refused") {
  GIVES("", MISSING);
  GIVES("no parts at all", MISSING);
  GIVES("--AaB03x", MISSING);
  GIVES("--AaB03x\r\n" HEAD("a") "1", "<name=a|:1" MISSING);
  GIVES("--AaB03x\r\n" HEAD("a") "1\r\n--AaB03x\r\n", "<name=a|:1>" MISSING);
  GIVES("--AaB03x\r\n" HEAD("a") "1\r\n--AaB03x-", "<name=a|:1" MISSING);
  GIVES("--AaB03x\r\n" HEAD("a") "1\r\n--AaB03", "<name=a|:1" MISSING);
}

TEST("a bare LF ends no line") {
  GIVES("--AaB03x\n" HEAD("a") "1\r\n--AaB03x--", "!400 a boundary does not end with CRLF");
  GIVES("--AaB03x\r\nContent-Disposition: form-data; name=a\n\r\n1\r\n--AaB03x--",
        "!400 a line in a part's head does not end with CRLF");
  GIVES("--AaB03x\r\n\n", "!400 a line in a part's head does not end with CRLF");
}

TEST("a boundary that goes on otherwise is an error, not content") {
  GIVES("--AaB03x\r\n" HEAD("a") "1\r\n--AaB03xy\r\n", "<name=a|:1!400 a boundary does not end with CRLF");
  GIVES("--AaB03x\r\n" HEAD("a") "1\r\n--AaB03x-y\r\n", "<name=a|:1!400 a boundary does not end with CRLF");
  GIVES("--AaB03x\r\n" HEAD("a") "1\r\n--AaB03x \r\r\n", "<name=a|:1!400 a boundary does not end with CRLF");
  GIVES("--AaB03x\r\n" HEAD("a") "1\r\n--AaB03x --", "<name=a|:1!400 a boundary does not end with CRLF");
}

TEST("malformed heads are refused") {
  head_gives("X: 1", "!400 a part has no Content-Disposition");
  head_gives("Content-Disposition: form-data", "!400 a part has no name");
  head_gives("Content-Disposition: form-data; filename=a", "!400 a part has no name");
  head_gives("Content-Disposition: attachment; name=a", "!400 a part is not form-data");
  head_gives("Content-Disposition:", "!400 a part is not form-data");
  head_gives("Content-Disposition: form-data; name", "!400 Content-Disposition is malformed");
  head_gives("Content-Disposition: form-data; name=\"a", "!400 Content-Disposition is malformed");
  head_gives("Content-Disposition: form-data; name=a; name=b", "!400 Content-Disposition names something twice");
  head_gives("Content-Disposition: form-data; name=a; filename=\"\"; FileName=b",
             "!400 Content-Disposition names something twice");
  head_gives("Content-Disposition: form-data; name=\"\xff\"", "!400 a name in Content-Disposition is not UTF-8");
  head_gives("Content-Disposition: form-data; name=\"a\tb\"",
             "!400 a name in Content-Disposition has a control character");
  head_gives("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
             "!400 a part's head has a field twice");
  head_gives("Content-Disposition: form-data; name=a\r\nContent-Type: a/b\r\nContent-Type: a/b",
             "!400 a part's head has a field twice");
  head_gives("Content-Disposition: form-data; name=a\r\n folded", "!400 a field in a part's head is malformed");
  head_gives("Content-Disposition : form-data; name=a", "!400 a field in a part's head is malformed");
  head_gives("nothing", "!400 a field in a part's head is malformed");
  head_gives(": nothing", "!400 a field in a part's head is malformed");
  head_gives("X: a\rb", "!400 a field in a part's head has a control character");
  head_gives("X: \x01", "!400 a field in a part's head has a control character");
}

TEST("a part that would need decoding is refused") {
  head_gives("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64",
             "!415 a part has a Content-Transfer-Encoding");
}

TEST("filename* is decoded and wins over filename") {
  head_gives("Content-Disposition: form-data; name=a; filename=b; filename*=UTF-8''%e2%82%ac%20rates.txt",
             "<name=a|filename=\xe2\x82\xac rates.txt|:x>.");
  head_gives("Content-Disposition: form-data; name=a; filename*=utf-8'en'%41; filename=b", "<name=a|filename=A|:x>.");
  head_gives("Content-Disposition: form-data; name=a; filename=b; filename*=iso-8859-1''%e4",
             "<name=a|filename=b|:x>.");
  head_gives("Content-Disposition: form-data; name=a; filename*=UTF-8''", "<name=a|filename=|:x>.");
  static const char *const bad[] = {"%41",        "UTF-8'%41", "UTF-8''%4",    "UTF-8''%ff",
                                    "UTF-8''a'b", "UTF-8''a*", "\"UTF-8''a\""};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char head[200];
    snprintf(head, sizeof head, "Content-Disposition: form-data; name=a; filename*=%s", bad[i]);
    head_gives(head, "!400 filename* is malformed");
  }
  head_gives("Content-Disposition: form-data; name=a; filename*=UTF-8''a%00", "!400 filename* has a control character");
  head_gives("Content-Disposition: form-data; name=a; filename*=UTF-8''a; filename*=UTF-8''b",
             "!400 Content-Disposition names something twice");
}

static void curl_gives(int which, const char *want, size_t want_n) {
  const curl_body *b = &curl_bodies[which];
  story *s = run_every_way(b->type, NULL, b->body, b->n);
  if (s->n != want_n || memcmp(s->text, want, want_n) != 0)
    KT_FAIL("%s gives %.*s", b->command, (int)s->n, s->text);
}
#define CURL_GIVES(which, want) curl_gives(which, want, sizeof(want) - 1)

TEST("what curl sends is read") {
  CURL_GIVES(CURL_FIELDS, "<name=title|:hello world><name=empty|><name=umlaut|:gr\303\274n>.");
  CURL_GIVES(CURL_FILES,
             "<name=note|:see file><name=picture|filename=x.bin|type=image/png|Content-Type|image/png|:"
             "a\0b\r\n--\r\n-----\r\r\n\377>"
             "<name=none|filename=none.txt|type=text/plain|Content-Type|text/plain|>.");
  CURL_GIVES(CURL_NAMES, "<name=a %22b%22|:1><name=file|filename=gr\303\274n %22q%22 \\ b.txt|type=text/plain|"
                         "Content-Type|text/plain|:line one\r\nline two\n>.");
  CURL_GIVES(CURL_ESCAPES, "<name=a \"b\"|:1><name=file|filename=gr\303\274n \"q\" \\ b.txt|type=text/plain|"
                           "Content-Type|text/plain|:line one\r\nline two\n>.");
  CURL_GIVES(CURL_HEADS, "<name=j|type=application/json|Content-Type|application/json|X-Part|one|:{\"a\":1}>.");
  story *s = run_every_way(curl_bodies[CURL_MIXED].type, NULL, curl_bodies[CURL_MIXED].body, curl_bodies[CURL_MIXED].n);
  static const char mixed[] = "<name=two|type=multipart/mixed; boundary=------------------------112e778f123ad253|";
  CHECK(memcmp(s->text, mixed, sizeof mixed - 1) == 0 && !memchr(s->text, '>', s->n - 2));
  CHECK(memcmp(s->text + s->n - 6, "--\r\n>.", 6) == 0); /* one part, with the parts of the inner one as content */
}

/* ---- the boundary ---- */

static void type_gives(const char *type, const char *boundary, const char *fault) {
  char body[400];
  int n = snprintf(body, sizeof body, "--%s\r\n" HEAD("a") "1\r\n--%s--", boundary, boundary);
  gives_with(type, NULL, body, (size_t)n, fault ? fault : "<name=a|:1>.");
}

#define BAD_BYTE "!400 the boundary has a byte that may not stand there"
#define SEVENTY "1234567890123456789012345678901234567890123456789012345678901234567890"

TEST("the boundary is read from the Content-Type, quoted or not, of up to 70 characters") {
  type_gives("multipart/form-data;boundary=x", "x", NULL);
  type_gives("Multipart/Form-Data ; charset=utf-8; BOUNDARY=\"a b:c=d?\"; x=y", "a b:c=d?", NULL);
  type_gives("multipart/form-data; boundary=\"'()+_,-./:=?\"", "'()+_,-./:=?", NULL);
  type_gives("multipart/form-data; boundary=" SEVENTY, SEVENTY, NULL);
  type_gives("multipart/form-data; boundary=" SEVENTY "1", "x", "!400 the boundary is too long");
  type_gives("multipart/form-data; boundary=" SEVENTY SEVENTY SEVENTY, "x", "!400 the boundary is too long");
  type_gives("multipart/form-data; boundary=\"\"", "x", BAD_BYTE);
  type_gives("multipart/form-data; boundary=\"a \"", "x", BAD_BYTE);
  type_gives("multipart/form-data; boundary=a*b", "x", BAD_BYTE);
  type_gives("multipart/form-data; boundary=\"a\xc3\xa4\"", "x", BAD_BYTE);
  type_gives("multipart/form-data; boundary=a; boundary=a", "x", "!400 Content-Type has two boundaries");
  type_gives("multipart/form-data; boundary=a=b", "x", "!400 Content-Type has a malformed parameter");
  type_gives("multipart/form-data; boundary", "x", "!400 Content-Type has a malformed parameter");
  type_gives("multipart/form-data; charset=utf-8", "x", "!400 Content-Type has no boundary");
  type_gives("multipart/form-data", "x", "!400 Content-Type has no boundary");
  type_gives("multipart/mixed; boundary=x", "x", "!415 the body is not multipart/form-data");
  type_gives("text/plain", "x", "!415 the body is not multipart/form-data");
  type_gives("", "x", "!415 the body is not multipart/form-data");
}

/* ---- limits ---- */

static const char two[] = "--AaB03x\r\n" HEAD("a") "12345\r\n--AaB03x\r\n" HEAD("b") "\r\n--AaB03x--";

TEST("a body may be as long as its limit and not longer") {
  kt_multipart_limits l = kt_multipart_limits_default();
  l.body_size_max = sizeof two - 1;
  gives_with(TYPE, &l, two, sizeof two - 1, "<name=a|:12345><name=b|>.");
  l.body_size_max--;
  gives_with(TYPE, &l, two, sizeof two - 1, "<name=a|:12345><name=b|!413 the body is too long");
  l.body_size_max = 60;
  gives_with(TYPE, &l, two, sizeof two - 1, "<name=a|:12345!413 the body is too long");
  gives_with(TYPE, &l, "--AaB03x--                                                             ", 70,
             ".!413 the body is too long");
}

TEST("a part may be as long as its limit and not longer") {
  kt_multipart_limits l = kt_multipart_limits_default();
  l.part_size_max = 5;
  gives_with(TYPE, &l, two, sizeof two - 1, "<name=a|:12345><name=b|>.");
  l.part_size_max = 4;
  gives_with(TYPE, &l, two, sizeof two - 1, "<name=a|:1234!413 a part is too long");
  l.part_size_max = 0;
  gives_with(TYPE, &l, two, sizeof two - 1, "<name=a|!413 a part is too long");
  l.part_size_max = 3; /* inside what looks like a boundary */
  static const char near[] = "--AaB03x\r\n" HEAD("a") "1\r\n--AaB04\r\n--AaB03x--";
  gives_with(TYPE, &l, near, sizeof near - 1, "<name=a|:1\r\n!413 a part is too long");
}

TEST("there may be as many parts as the limit says and not more") {
  kt_multipart_limits l = kt_multipart_limits_default();
  l.part_count_max = 2;
  gives_with(TYPE, &l, two, sizeof two - 1, "<name=a|:12345><name=b|>.");
  l.part_count_max = 1;
  gives_with(TYPE, &l, two, sizeof two - 1, "<name=a|:12345>!413 the body has too many parts");
}

TEST("a part's head may be as long as its limit and not longer") {
  kt_multipart_limits l = kt_multipart_limits_default();
  l.head_size_max = sizeof HEAD("a") - 1;
  gives_with(TYPE, &l, two, sizeof two - 1, "<name=a|:12345><name=b|>.");
  l.head_size_max--;
  gives_with(TYPE, &l, two, sizeof two - 1, "!413 a part's head is too long");
}

TEST("a part's head may have as many fields as its limit says and not more") {
  kt_multipart_limits l = kt_multipart_limits_default();
  static const char body[] = "--AaB03x\r\nX:\r\n" HEAD("a") "1\r\n--AaB03x--";
  l.field_count_max = 2;
  gives_with(TYPE, &l, body, sizeof body - 1, "<name=a|X||:1>.");
  l.field_count_max = 1;
  gives_with(TYPE, &l, body, sizeof body - 1, "!413 a part's head has too many fields");
}

TEST("the default limits are the documented constants") {
  kt_multipart_limits l = kt_multipart_limits_default();
  CHECK_EQ(l.body_size_max, KT_MULTIPART_BODY_SIZE_MAX);
  CHECK_EQ(l.part_size_max, KT_MULTIPART_PART_SIZE_MAX);
  CHECK_EQ(l.part_count_max, KT_MULTIPART_PART_COUNT_MAX);
  CHECK_EQ(l.head_size_max, KT_MULTIPART_HEAD_SIZE_MAX);
  CHECK_EQ(l.field_count_max, KT_MULTIPART_FIELD_COUNT_MAX);
}

TEST("an error stays, and nothing more is taken") {
  kt_multipart *m = kt_multipart_create(KT_BYTES(TYPE), NULL);
  size_t used;
  kt_bytes payload;
  CHECK_EQ(kt_multipart_status(m), 0);
  CHECK(kt_multipart_reason(m) == NULL);
  CHECK_EQ(kt_multipart_feed(m, (const uint8_t *)"--AaB03xy", 9, &used, &payload), KT_MULTIPART_ERROR);
  CHECK_EQ(kt_multipart_feed(m, (const uint8_t *)"\r\n", 2, &used, &payload), KT_MULTIPART_ERROR);
  CHECK_EQ(used, 0);
  CHECK_EQ(kt_multipart_finish(m), KT_MULTIPART_ERROR);
  CHECK_EQ(kt_multipart_status(m), 400);
  kt_multipart_destroy(m);
}

TEST("a name does not move or change until the part has ended") {
  kt_multipart *m = kt_multipart_create(KT_BYTES(TYPE), NULL);
  char head[] = "--AaB03x\r\n" HEAD("name");
  size_t used;
  kt_bytes payload;
  CHECK_EQ(kt_multipart_feed(m, (const uint8_t *)head, sizeof head - 1, &used, &payload), KT_MULTIPART_PART_BEGIN);
  kt_bytes name = kt_multipart_current(m)->name;
  memset(head, 'x', sizeof head);
  CHECK_EQ(kt_multipart_feed(m, (const uint8_t *)"1\r\n--Aa", 7, &used, &payload), KT_MULTIPART_PART_DATA);
  CHECK_BYTES(name, "name");
  CHECK_EQ(kt_multipart_feed(m, (const uint8_t *)"B03x\r\n", 6, &used, &payload), KT_MULTIPART_PART_END);
  CHECK_BYTES(name, "name");
  CHECK(kt_multipart_current(m)->name.p == name.p);
  kt_multipart_destroy(m);
}

TEST("a machine is one allocation, and none when memory is out") {
  uint64_t before = kt_allocations();
  kt_multipart *m = kt_multipart_create(KT_BYTES(TYPE), NULL);
  story *s = malloc(sizeof *s);
  s->n = 0;
  s->in_data = false;
  CHECK_EQ(feed(s, m, two, sizeof two - 1), KT_MULTIPART_MORE);
  CHECK_EQ(kt_allocations() - before, 1);
  free(s);
  kt_multipart_destroy(m);
  kt_multipart_destroy(NULL);
  kt_fail_allocation(1);
  CHECK(kt_multipart_create(KT_BYTES(TYPE), NULL) == NULL);
  kt_fail_allocation(0);
}

/* ---- a model that looks at the whole ---- */

/* Cuts a body whose heads are all HEAD("a") where memmem finds "\r\n--AaB03x". False when there is another head. */
static bool model(story *s, const char *body, size_t n) {
  static char text[10000];
  static const char delimiter[] = "\r\n--AaB03x", head[] = HEAD("a");
  size_t d = sizeof delimiter - 1, h = sizeof head - 1;
  memcpy(text, "\r\n", 2);
  memcpy(text + 2, body, n);
  const char *end = text + 2 + n, *p = memmem(text, n + 2, delimiter, d);
  s->n = 0;
  bool open = false;
  for (;;) {
    if (!p || end - (p += d) < 2) break;
    bool last = memcmp(p, "--", 2) == 0;
    if (!last && memcmp(p, "\r\n", 2) != 0) {
      add_text(s, "!400 a boundary does not end with CRLF");
      return true;
    }
    if (open) add_text(s, ">");
    open = false;
    p += 2;
    if (last) {
      add_text(s, ".");
      return true;
    }
    if ((size_t)(end - p) < h || memcmp(p, head, h) != 0) return false;
    p += h;
    add_text(s, "<name=a|");
    open = true;
    const char *begin = p;
    p = memmem(p - 2, (size_t)(end - p) + 2, delimiter, d);
    if (p > begin) {
      add_text(s, ":");
      add(s, begin, (size_t)(p - begin));
    }
  }
  return true;
}

TEST("random contents of what boundaries are made of come out as the model cuts them") {
  static const char *const pieces[] = {"\r\n--AaB03", "\r\n--AaB", "\r\n--", "\r\n", "\r", "\n", "-", "--AaB03x", "x",
                                       "AaB03x", "some text that is longer than sixteen bytes", "\r\n--AaB03x"};
  static story want, got;
  unsigned compared = 0;
  for (int k = 0; k < 60000; k++) {
    char body[4000] = "";
    size_t parts = 1 + random_below(3);
    for (size_t i = 0; i < parts; i++) {
      strcat(body, i == 0 && random_below(2) ? "--AaB03x\r\n" HEAD("a") : "\r\n--AaB03x\r\n" HEAD("a"));
      for (size_t j = random_below(9); j > 0; j--) {
        /* Now and then a whole delimiter, which goes on otherwise. */
        size_t which = random_below(sizeof pieces / sizeof *pieces - (random_below(20) != 0));
        strcat(body, pieces[which]);
        if (strstr(body + strlen(body) - strlen(pieces[which]), "\r\n--AaB03x")) strcat(body, "z");
      }
    }
    strcat(body, "\r\n--AaB03x--");
    size_t n = strlen(body), first = 1 + random_below(n), step = 1 + random_below(40);
    if (!model(&want, body, n)) continue;
    compared++;
    run(&got, TYPE, NULL, body, n, first, step);
    check_same(&want, &got, first);
  }
  CHECK(compared > 50000);
}
