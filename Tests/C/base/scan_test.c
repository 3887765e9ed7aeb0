/* Every variant against a loop over definitions copied from the RFCs, on input that ends, and on
 * input that begins, beside a page that may not be touched. */
#include "base/base.h"
#include "check.h"

#include <sys/mman.h>
#include <unistd.h>

static bool is_token(uint8_t c) {
  if (c >= '0' && c <= '9') return true;
  if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') return true;
  return c && strchr("!#$%&'*+-.^_`|~", c);
}
static bool is_value(uint8_t c) { return c == '\t' || (c >= 0x20 && c != 0x7f); }
static bool is_target(uint8_t c) { return c > 0x20 && c < 0x7f; }

typedef bool (*class_fn)(uint8_t c);
typedef const uint8_t *(*scan_fn)(const uint8_t *p, const uint8_t *end);

static size_t expected(class_fn in_class, const uint8_t *p, size_t n) {
  size_t i = 0;
  while (i < n && in_class(p[i])) i++;
  return i;
}

static void check_scan(scan_fn scan, class_fn in_class, const uint8_t *p, size_t n) {
  CHECK_EQ(scan(p, p + n) - p, expected(in_class, p, n));
}

static void check_slice(const uint8_t *p, size_t n) {
  check_scan(kt_scan_token, is_token, p, n);
  check_scan(kt_scan_value, is_value, p, n);
  check_scan(kt_scan_target, is_target, p, n);
  for (const kt_scan_variant *v = kt_scan_variants; v->name; v++) {
    if (!v->usable()) continue;
    check_scan(v->value, is_value, p, n);
    check_scan(v->target, is_target, p, n);
  }
}

/* One page between two forbidden ones. */
static uint8_t *guarded_page(size_t *size) {
  *size = (size_t)sysconf(_SC_PAGESIZE);
  uint8_t *p = mmap(NULL, 3 * *size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED || mprotect(p + *size, *size, PROT_READ | PROT_WRITE) != 0) abort();
  return p + *size;
}

TEST("the classes are those of RFC 9110") {
  for (unsigned c = 0; c < 256; c++) {
    CHECK(!!(kt_byte_class[c] & KT_BYTE_TOKEN) == is_token((uint8_t)c));
    CHECK(!!(kt_byte_class[c] & KT_BYTE_VALUE) == is_value((uint8_t)c));
    CHECK(!!(kt_byte_class[c] & KT_BYTE_TARGET) == is_target((uint8_t)c));
    CHECK(!!(kt_byte_class[c] & KT_BYTE_DIGIT) == (c >= '0' && c <= '9'));
    CHECK(!!(kt_byte_class[c] & KT_BYTE_HEX) == (c && strchr("0123456789abcdefABCDEF", (int)c)));
  }
}

TEST("a scan stops at every byte value in every place, and reads nothing beside its slice") {
  size_t size;
  uint8_t *page = guarded_page(&size);
  memset(page, 'a', size);
  for (size_t n = 0; n <= 100; n++) {
    uint8_t *last = page + size - n;
    check_slice(last, n);
    check_slice(page, n);
    for (size_t at = 0; at < n; at++)
      for (unsigned c = 0; c < 256; c += at % 7 ? 5 : 1) {
        last[at] = page[at] = (uint8_t)c;
        check_slice(last, n);
        check_slice(page, n);
        last[at] = page[at] = 'a';
      }
  }
}

TEST("random bytes at the end of a page are scanned as by the definitions") {
  size_t size;
  uint8_t *page = guarded_page(&size);
  srand(1);
  for (int round = 0; round < 100000; round++) {
    size_t n = (size_t)rand() % 130;
    uint8_t *p = page + size - n;
    for (size_t i = 0; i < n; i++) p[i] = (uint8_t)(rand() % 40 ? 0x21 + rand() % 0x5e : rand());
    check_slice(p, n);
  }
}

/* RFC 3629 §4 as a decoder: the code point has to need as many bytes as it got. */
static size_t decode(const uint8_t *p, size_t n) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t length = p[0] < 0x80       ? 1
                  : p[0] >> 5 == 6  ? 2
                  : p[0] >> 4 == 14 ? 3
                  : p[0] >> 3 == 30 ? 4
                                    : 0;
  if (length < 2) return length;
  if (length > n) return 0;
  uint32_t point = p[0] & (0x7fu >> length);
  for (size_t i = 1; i < length; i++) {
    if (p[i] >> 6 != 2) return 0;
    point = point << 6 | (p[i] & 0x3f);
  }
  bool surrogate = point >= 0xd800 && point < 0xe000;
  return point >= least[length] && point <= 0x10ffff && !surrogate ? length : 0;
}

static bool model_utf8(const uint8_t *p, size_t n) {
  for (size_t i = 0, step; i < n; i += step)
    if ((step = decode(p + i, n - i)) == 0) return false;
  return true;
}

TEST("UTF-8 is what RFC 3629 allows, at the end of a page too") {
  static const uint8_t edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2,
                                  0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 'a'};
  enum { E = sizeof edges };
  size_t size;
  uint8_t *page = guarded_page(&size);
  for (unsigned code = 0; code < E * E * E * E; code++) {
    size_t shortest = code < E ? 1 : code < E * E ? 2 : code < E * E * E ? 3 : 4;
    for (size_t n = shortest; n <= 4; n++) {
      uint8_t *p = page + size - n;
      for (size_t i = 0, rest = code; i < n; i++, rest /= E) p[i] = edges[rest % E];
      CHECK(kt_utf8_valid(p, n) == model_utf8(p, n));
    }
  }
}

TEST("a broken sequence is found at every distance from long runs of ASCII") {
  uint8_t text[64];
  for (size_t at = 0; at < sizeof text; at++) {
    memset(text, 'a', sizeof text);
    CHECK(kt_utf8_valid(text, sizeof text));
    text[at] = 0x80;
    CHECK(!kt_utf8_valid(text, sizeof text));
    CHECK(kt_utf8_valid(text, at));
  }
  CHECK(kt_utf8_valid(NULL, 0));
}

TEST("only the letters of ASCII are equal without case") {
  for (unsigned a = 0; a < 256; a++)
    for (unsigned b = 0; b < 256; b++) {
      uint8_t left[] = {'x', (uint8_t)a}, right[] = {'X', (uint8_t)b};
      bool letters = ((a | 0x20) >= 'a' && (a | 0x20) <= 'z') && (a ^ b) == 0x20;
      CHECK(kt_ci_equal(left, right, 2) == (a == b || letters));
    }
  CHECK(kt_ci_equal(NULL, NULL, 0));
}
