/* Chunked transfer coding (RFC 9112 §7.1), both ways, cut at every byte. Rows 9 to 18 of the behaviour table. */
#include "check.h"
#include "http1/chunked.h"

typedef struct outcome {
  kt_h1_result result;
  uint16_t status;
  size_t consumed, content_n, section_n;
  uint8_t content[70000], section[KT_TRAILERS_SIZE_MAX];
} outcome;

/* Feeds `step` bytes at a time, the first time `first`. Each piece is a copy of its own size, so that a sanitizer sees
 * a read past it. */
static void decode(outcome *o, const char *input, size_t n, size_t first, size_t step) {
  kt_h1_chunked c;
  kt_h1_chunked_init(&c);
  o->result = KT_H1_MORE;
  o->status = 0;
  o->consumed = o->content_n = o->section_n = 0;
  size_t piece_n = first;
  while (o->result == KT_H1_MORE && o->consumed < n) {
    if (piece_n > n - o->consumed) piece_n = n - o->consumed;
    uint8_t *piece = memcpy(malloc(piece_n + 1), input + o->consumed, piece_n);
    size_t at = 0;
    while (at < piece_n && o->result == KT_H1_MORE) {
      size_t used, before = c.trailer_n;
      kt_bytes content;
      o->result = kt_h1_chunked_feed(&c, piece + at, piece_n - at, &used, &content);
      if (o->result != KT_H1_ERROR) {
        size_t came = c.trailer_n - before;
        if (came) memcpy(o->section + before, piece + at + used - came, came);
        o->section_n = c.trailer_n;
      }
      if (content.n) memcpy(o->content + o->content_n, content.p, content.n);
      o->content_n += content.n;
      at += used;
      if (o->result == KT_H1_MORE && content.n == 0 && at != piece_n) abort();
    }
    o->consumed += at;
    free(piece);
    piece_n = step;
  }
  if (o->result != KT_H1_ERROR) return;
  CHECK(c.reason && *c.reason);
  o->status = c.status;
}

static void check_same(const outcome *a, const outcome *b) {
  CHECK_EQ(a->result, b->result);
  CHECK_EQ(a->status, b->status);
  CHECK_EQ(a->consumed, b->consumed);
  CHECK_EQ(a->content_n, b->content_n);
  CHECK(memcmp(a->content, b->content, a->content_n) == 0);
  if (a->result == KT_H1_ERROR) return;
  CHECK_EQ(a->section_n, b->section_n);
  CHECK(memcmp(a->section, b->section, a->section_n) == 0);
}

static const outcome *decode_every_way(const char *input, size_t n) {
  static outcome whole, other;
  decode(&whole, input, n, n, n);
  decode(&other, input, n, 1, 1);
  check_same(&whole, &other);
  size_t step = n < 1000 ? 1 : n / 100;
  for (size_t cut = 1; cut < n; cut += step) {
    decode(&other, input, n, cut, n);
    check_same(&whole, &other);
  }
  return &whole;
}

static void gives(const char *input, size_t n, const char *content, size_t rest) {
  const outcome *o = decode_every_way(input, n);
  if (o->result != KT_H1_DONE) KT_FAIL("result %d for: %s", o->result, input);
  CHECK_EQ(o->consumed, n - rest);
  CHECK_BYTES(kt_bytes_make(o->content, o->content_n), content);
}
#define GIVES(input, content) gives(input, sizeof(input) - 1, content, 0)

static void fails(const char *input, size_t n, unsigned status) {
  const outcome *o = decode_every_way(input, n);
  if (o->result != KT_H1_ERROR || o->status != status)
    KT_FAIL("result %d, status %u for: %s", o->result, o->status, input);
}
#define FAILS(input) fails("" input, sizeof(input) - 1, 400)

TEST("chunks join to the content") {
  GIVES("0\r\n\r\n", "");
  GIVES("5\r\nhello\r\n0\r\n\r\n", "hello");
  GIVES("1\r\na\r\n2\r\nbc\r\n00a\r\n0123456789\r\n0\r\n\r\n", "abc0123456789");
  GIVES("A\r\n0123456789\r\n000\r\n\r\n", "0123456789");
  GIVES("4\r\n\r\n0\r\r\n0\r\n\r\n", "\r\n0\r");
}

TEST("what follows the last chunk is not touched") {
  gives("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n", 27, "a", 16);
}

TEST("a message that has not ended asks for more") {
  static const char whole[] = "3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n";
  outcome o;
  for (size_t n = 0; n + 1 < sizeof whole; n++) {
    decode(&o, whole, n, n, n);
    CHECK_EQ(o.result, KT_H1_MORE);
  }
}

TEST("a size is hexadecimal digits and nothing else") {
  FAILS("\r\n");
  FAILS(";a\r\n");
  FAILS("+1\r\na\r\n0\r\n\r\n");
  FAILS("-1\r\n");
  FAILS("0x1\r\na\r\n");
  FAILS("1_0\r\n");
  FAILS(" 1\r\na\r\n");
  FAILS("1 \r\na\r\n");
  FAILS("1\t\r\na\r\n");
  FAILS("g\r\n");
  FAILS("1,2\r\n");
  FAILS("\xef\xbc\x91\r\n"); /* a full-width 1 */
}

TEST("a size that overflows is refused, one of 64 bits is not") {
  FAILS("10000000000000000\r\n");
  FAILS("00000000000000001\r\n");
  FAILS("fffffffffffffffff\r\n");
  static const char largest[] = "ffffffffffffffff\r\nabc";
  const outcome *o = decode_every_way(largest, sizeof largest - 1);
  CHECK_EQ(o->result, KT_H1_MORE);
  CHECK_BYTES(kt_bytes_make(o->content, o->content_n), "abc");
}

TEST("lines end with CRLF") {
  FAILS("1\na\r\n0\r\n\r\n");
  FAILS("1\r\na\n0\r\n\r\n");
  FAILS("1\r\na\r\n0\n\r\n");
  FAILS("1\r\na\r\n0\r\n\n");
  FAILS("1\r\r\n");
  FAILS("1\rX");
  FAILS("1\r\na\rX");
  FAILS("0\r\n\rX");
  FAILS("0\r\n\r\r");
}

TEST("content beyond its size is refused") {
  FAILS("1\r\nab\r\n0\r\n\r\n");
  FAILS("2\r\na\r\n0\r\n\r\n");
  FAILS("0\r\na\r\n");
  FAILS("1\r\na0\r\n\r\n");
}

TEST("extensions follow their grammar and are dropped") {
  GIVES("1;a\r\nx\r\n0\r\n\r\n", "x");
  GIVES("1;a=b;c=\"d;\\\"\t\"; e = f \t;g\r\nx\r\n0;z\r\n\r\n", "x");
  GIVES("1;a=\"\"\r\nx\r\n0\r\n\r\n", "x");
  FAILS("1;\r\nx");
  FAILS("1;a=\r\nx");
  FAILS("1;=b\r\nx");
  FAILS("1;a b\r\nx");
  FAILS("1;a=b c\r\nx");
  FAILS("1;a=\"b\r\nx"); /* a line's end inside quotes */
  FAILS("1;a=\"b\\\rx");
  FAILS("1;a=\"b\"c\r\nx");
  FAILS("1;a\nx"); /* CVE-2025-55315 */
  FAILS("1;a\0\r\nx");
  FAILS("1;a \r\nx");
  FAILS("1;\x80\r\nx");
}

static char text[40000];

TEST("extensions are bounded per chunk and per message") { /* CVE-2023-39326, CVE-2024-22019 */
  for (size_t n = KT_H1_CHUNK_EXTENSION_SIZE_MAX - 3; n < KT_H1_CHUNK_EXTENSION_SIZE_MAX + 3; n++) {
    /* ";" is not counted, the CR is */
    size_t at = (size_t)sprintf(text, "0;");
    memset(text + at, 'a', n);
    at += n + (size_t)sprintf(text + at + n, "\r\n\r\n");
    if (n < KT_H1_CHUNK_EXTENSION_SIZE_MAX) gives(text, at, "", 0);
    else fails(text, at, 400);
  }
  size_t at = 0;
  for (int i = 0; i < 20; i++) {
    at += (size_t)sprintf(text + at, "1;%0250d", 0);
    at += (size_t)sprintf(text + at, "\r\nx\r\n");
  }
  at += (size_t)sprintf(text + at, "0\r\n\r\n");
  fails(text, at, 400);
}

/* The fields of the section as they are cut from it, in the form "name=value;". */
static void trails(const char *input, const char *want) {
  const outcome *o = decode_every_way(input, strlen(input));
  CHECK_EQ(o->result, KT_H1_DONE);
  uint8_t *copy = memcpy(malloc(o->section_n), o->section, o->section_n); /* its end is guarded under ASan */
  kt_bytes section = kt_bytes_make(copy, o->section_n), name, value;
  char got[200];
  size_t n = 0;
  got[0] = 0;
  while (kt_h1_next_trailer(&section, &name, &value))
    n += (size_t)sprintf(got + n, "%.*s=%.*s;", (int)name.n, (const char *)name.p, (int)value.n, (const char *)value.p);
  free(copy);
  if (strcmp(got, want) != 0) KT_FAIL("\"%s\", not \"%s\"", got, want);
}

TEST("a trailer section is told as its fields, however it is cut") {
  trails("0\r\n\r\n", "");
  trails("0\r\nA: b\r\n\r\n", "A=b;");
  trails("3\r\nabc\r\n0\r\nA: b\r\nC:\r\nD:  e: f \t\r\nE: \t\r\na:b\r\n\r\n", "A=b;C=;D=e: f;E=;a=b;");
}

TEST("trailers are checked") {
  GIVES("0\r\nA: b\r\nC:\r\nD:  e\t\r\n\r\n", "");
  FAILS("0\r\nA\r\n\r\n");
  FAILS("0\r\nA : b\r\n\r\n");
  FAILS("0\r\n: b\r\n\r\n");
  FAILS("0\r\n A: b\r\n\r\n");
  FAILS("0\r\nA: b\r\n c\r\n\r\n");
  FAILS("0\r\nA: b\n\r\n");
  FAILS("0\r\nA: b\rX");
  FAILS("0\r\nA: \0\r\n\r\n");
  FAILS("0\r\nA\x80: b\r\n\r\n");
}

TEST("trailers are bounded in bytes and in number") {
  size_t at = (size_t)sprintf(text, "0\r\nA: ");
  memset(text + at, 'x', 9000);
  memcpy(text + at + 9000, "\r\n\r\n", 4);
  fails(text, at + 9004, 431);
  at = (size_t)sprintf(text, "0\r\nA: %0*d\r\n\r\n", KT_TRAILERS_SIZE_MAX - 7, 0);
  gives(text, at, "", 0);
  at = (size_t)sprintf(text, "0\r\nA: %0*d\r\n\r\n", KT_TRAILERS_SIZE_MAX - 6, 0);
  fails(text, at, 431);
  for (int count = KT_TRAILERS_COUNT_MAX; count <= KT_TRAILERS_COUNT_MAX + 1; count++) {
    at = (size_t)sprintf(text, "0\r\n");
    for (int i = 0; i < count; i++) at += (size_t)sprintf(text + at, "A: b\r\n");
    at += (size_t)sprintf(text + at, "\r\n");
    if (count == KT_TRAILERS_COUNT_MAX) gives(text, at, "", 0);
    else fails(text, at, 431);
  }
}

TEST("what is written is read back") {
  uint8_t head[KT_H1_CHUNK_HEAD_SIZE_MAX + 1];
  static const uint64_t sizes[] = {1, 9, 10, 15, 16, 255, 256, 4095, 65536, UINT32_MAX, UINT64_MAX};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    head[KT_H1_CHUNK_HEAD_SIZE_MAX] = 0x55;
    size_t n = kt_h1_chunk_head(head, sizes[i]);
    CHECK(n <= KT_H1_CHUNK_HEAD_SIZE_MAX && head[KT_H1_CHUNK_HEAD_SIZE_MAX] == 0x55);
    char want[24];
    CHECK_EQ(n, (size_t)snprintf(want, sizeof want, "%llx\r\n", (unsigned long long)sizes[i]));
    CHECK(memcmp(head, want, n) == 0);
    kt_h1_chunked c;
    kt_h1_chunked_init(&c);
    kt_bytes content;
    size_t used;
    CHECK_EQ(kt_h1_chunked_feed(&c, head, n, &used, &content), KT_H1_MORE);
    CHECK_EQ(c.left, sizes[i]);
  }
}
