/* Byte ranges (RFC 9110 §14) against a model that marks bytes, and multipart/byteranges put together and counted. */
#include "check.h"
#include "random.h"
#include "http/range.h"

static kt_bytes text(const char *s) { return kt_bytes_make(s, strlen(s)); }

static kt_range_result parse(const char *value, uint64_t size, kt_range_set *set) {
  char *piece = memcpy(malloc(strlen(value) + 1), value, strlen(value));
  kt_range_result result = kt_range_parse(kt_bytes_make(piece, strlen(value)), size, set);
  free(piece);
  return result;
}

/* "0-499 9500-9999" with the last byte included; "416" and "200" for the two others. */
static void gives(const char *value, uint64_t size, const char *want) {
  char got[1000] = "";
  kt_range_set set;
  kt_range_result result = parse(value, size, &set);
  if (result == KT_RANGE_IGNORED) strcpy(got, "200");
  if (result == KT_RANGE_UNSATISFIABLE) strcpy(got, "416");
  for (uint32_t i = 0; result == KT_RANGE_PARTIAL && i < set.count; i++)
    sprintf(got + strlen(got), "%s%llu-%llu", i ? " " : "", (unsigned long long)set.list[i].offset,
            (unsigned long long)(set.list[i].offset + set.list[i].length - 1));
  if (strcmp(got, want) != 0) KT_FAIL("%s of %llu gives %s, not %s", value, (unsigned long long)size, got, want);
}

TEST("the examples of RFC 9110 §14.1.2 come out as it says") {
  gives("bytes=0-499", 10000, "0-499");
  gives("bytes=500-999", 10000, "500-999");
  gives("bytes=-500", 10000, "9500-9999");
  gives("bytes=9500-", 10000, "9500-9999");
  gives("bytes=0-0,-1", 10000, "0-0 9999-9999");
  gives("bytes= 0-0, 4500-5499, -1", 10000, "0-0 4500-5499 9999-9999");
  gives("bytes=500-600,601-999", 10000, "500-999");
  gives("bytes=500-700,601-999", 10000, "500-999");
}

TEST("what goes past the end is cut there, what begins behind it is dropped") {
  gives("bytes=0-99", 10, "0-9");
  gives("bytes=9-", 10, "9-9");
  gives("bytes=-99", 10, "0-9");
  gives("bytes=10-", 10, "416");
  gives("bytes=10-20,30-", 10, "416");
  gives("bytes=-0", 10, "416");
  gives("bytes=10-20,0-0", 10, "0-0");
  gives("bytes=0-0", 0, "416");
  gives("bytes=-1", 0, "200");
  gives("bytes=0-18446744073709551615", 10, "0-9");
  gives("bytes=18446744073709551614-18446744073709551615", UINT64_MAX, "18446744073709551614-18446744073709551614");
}

TEST("numbers beyond 64 bits lie behind the end") {
  gives("bytes=99999999999999999999999999-", 10, "416");
  gives("bytes=18446744073709551616-", UINT64_MAX, "416");
  gives("bytes=5-99999999999999999999999999", 10, "5-9");
  gives("bytes=-99999999999999999999999999", 10, "0-9");
}

TEST("unknown units and malformed sets are ignored") {
  static const char *const bad[] = {
      "",          "bytes",       "bytes=",    "bytes=,",    "bytes=-",   "bytes=a-b",  "bytes=5",    "bytes=5-4",
      "bytes 0-1", "bytes=0-1,x", "bytes=--1", "bytes=0 -1", "items=0-1", "bytes=0-1-", "bytes=1-+2", "bytes=0x1-2",
      "=0-1",      "bytes =0-1",  "byte=0-1",  "bytes=0-1;", "0-1",       "bytes=0--1", "bytes=0-1 2-3"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) gives(bad[i], 10, "200");
}

TEST("the unit is read without case; blanks and empty elements are passed over") {
  gives("BYTES=0-1", 10, "0-1");
  gives("bytes=,, 0-1\t, ,,200-201 ,", 300, "0-1 200-201");
}

TEST("ranges that overlap or nearly touch become one, in the place of the first") {
  gives("bytes=0-9,90-99", 1000, "0-99");
  gives("bytes=0-9,91-99", 1000, "0-9 91-99");
  gives("bytes=500-599,0-9,300-350,550-700", 1000, "500-700 0-9 300-350");
  gives("bytes=800-,0-9,400-409,10-850", 1000, "0-999");
  gives("bytes=0-,0-,0-,0-,0-", 1000, "0-999");
}

TEST("more ranges than KT_RANGES_MAX are ignored, so many are not") {
  char value[2000] = "bytes=";
  for (int i = 0; i < KT_RANGES_MAX; i++) sprintf(value + strlen(value), "%d-%d,", i * 1000, i * 1000);
  kt_range_set set;
  CHECK_EQ(parse(value, 100000, &set), KT_RANGE_PARTIAL);
  CHECK_EQ(set.count, KT_RANGES_MAX);
  strcat(value, "99999-");
  CHECK_EQ(parse(value, 100000, &set), KT_RANGE_IGNORED);
  /* One that would be dropped counts, too. */
  CHECK_EQ(parse(value, 99999, &set), KT_RANGE_IGNORED);
}

TEST("a hundred thousand ranges cost what sixteen do") {
  size_t n = 6 + 3 * 100000;
  /* Behind the seventeenth the field is not even readable: a sanitizer would see it. */
  size_t readable = 6 + 3 * KT_RANGES_MAX + 1;
  uint8_t *start = malloc(readable);
  memcpy(start, "bytes=", 6);
  for (int i = 0; i < KT_RANGES_MAX; i++) memcpy(start + 6 + 3 * i, "0-,", 3);
  start[readable - 1] = '0';
  kt_range_set set;
  CHECK_EQ(kt_range_parse(kt_bytes_make(start, n), 1000, &set), KT_RANGE_IGNORED);
  free(start);
}

#define SIZE 600

/* Marks what the ranges name, fills small gaps, and reads the runs back in the order in which they were named first. */
static size_t model(const uint64_t (*named)[2], size_t n, kt_range *out) {
  uint8_t marks[SIZE] = {0};
  for (size_t i = 0; i < n; i++)
    for (uint64_t b = named[i][0]; b <= named[i][1] && b < SIZE; b++) marks[b] = 1;
  for (size_t b = 0, last = SIZE; b < SIZE; b++) {
    if (!marks[b]) continue;
    if (last < b && b - last - 1 <= KT_RANGE_GAP_MAX) memset(marks + last, 1, b - last);
    last = b;
  }
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t begin = named[i][0];
    if (begin >= SIZE || marks[begin] != 1) continue;
    uint64_t end = begin;
    while (begin > 0 && marks[begin - 1]) begin--;
    while (end < SIZE && marks[end]) end++;
    memset(marks + begin, 2, end - begin);
    out[count++] = (kt_range){begin, end - begin};
  }
  return count;
}

TEST("random sets give what marking every byte gives") {
  for (int k = 0; k < 100000; k++) {
    uint64_t named[KT_RANGES_MAX][2];
    size_t n = 1 + random_below(KT_RANGES_MAX), length_max = 1 + random_below(60);
    char value[1000] = "bytes=";
    for (size_t i = 0; i < n; i++) {
      named[i][0] = random_below(SIZE + 20);
      named[i][1] = named[i][0] + random_below(length_max);
      sprintf(value + strlen(value), "%s%llu-%llu", i ? "," : "", (unsigned long long)named[i][0],
              (unsigned long long)named[i][1]);
    }
    kt_range want[KT_RANGES_MAX];
    size_t want_n = model((const uint64_t(*)[2])named, n, want);
    kt_range_set set;
    kt_range_result result = kt_range_parse(text(value), SIZE, &set);
    CHECK_EQ(result, want_n ? KT_RANGE_PARTIAL : KT_RANGE_UNSATISFIABLE);
    CHECK_EQ(set.count, want_n);
    for (size_t i = 0; i < want_n; i++)
      if (set.list[i].offset != want[i].offset || set.list[i].length != want[i].length)
        KT_FAIL("%s: range %zu is %llu+%llu", value, i, (unsigned long long)set.list[i].offset,
                (unsigned long long)set.list[i].length);
  }
}

TEST("Content-Range names the first and the last byte and the whole") {
  char out[KT_CONTENT_RANGE_SIZE_MAX + 1];
  CHECK_BYTES(kt_bytes_make(out, kt_content_range_write(out, (kt_range){42, 1192}, 1234)), "bytes 42-1233/1234");
  CHECK_BYTES(kt_bytes_make(out, kt_content_range_write_none(out, 1234)), "bytes */1234");
  size_t n = kt_content_range_write(out, (kt_range){UINT64_MAX - 1, 1}, UINT64_MAX);
  CHECK_BYTES(kt_bytes_make(out, n), "bytes 18446744073709551614-18446744073709551614/18446744073709551615");
  CHECK(n <= KT_CONTENT_RANGE_SIZE_MAX);
}

TEST("multipart/byteranges is laid out as in RFC 9110 §15.3.7.2 and as long as announced") {
  kt_range_set set;
  CHECK_EQ(parse("bytes=2-3,200-202", 300, &set), KT_RANGE_PARTIAL);
  kt_byteranges b;
  kt_byteranges_init(&b, &set, 300, KT_BYTES("text/plain"), (const uint64_t[]){0x0123456789abcdef, 0xf});
  uint8_t out[1000];
  size_t n = 0;
  for (uint32_t i = 0; i < set.count; i++) {
    size_t head_n = kt_byteranges_head(&b, i, out + n);
    CHECK(head_n <= kt_byteranges_head_size_max(&b) && head_n == kt_byteranges_head(&b, i, NULL));
    n += head_n;
    memset(out + n, 'x', set.list[i].length);
    n += set.list[i].length;
  }
  size_t end_n = kt_byteranges_end(&b, out + n);
  CHECK(end_n <= KT_BYTERANGES_BOUNDARY_SIZE + 8);
  n += end_n;
  CHECK_BYTES(kt_bytes_make(out, n), "--0123456789abcdef000000000000000f\r\n"
                                     "Content-Type: text/plain\r\nContent-Range: bytes 2-3/300\r\n\r\nxx\r\n"
                                     "--0123456789abcdef000000000000000f\r\n"
                                     "Content-Type: text/plain\r\nContent-Range: bytes 200-202/300\r\n\r\nxxx\r\n"
                                     "--0123456789abcdef000000000000000f--\r\n");
  CHECK_EQ(kt_byteranges_length(&b), n);
}

TEST("a part of unknown type has no Content-Type") {
  kt_range_set set;
  parse("bytes=0-0", 300, &set);
  kt_byteranges b;
  kt_byteranges_init(&b, &set, 300, (kt_bytes){0, 0}, (const uint64_t[]){0, 0});
  uint8_t out[200];
  CHECK_BYTES(kt_bytes_make(out, kt_byteranges_head(&b, 0, out)),
              "--00000000000000000000000000000000\r\nContent-Range: bytes 0-0/300\r\n\r\n");
}
