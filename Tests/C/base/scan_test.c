/* Every variant against a loop over definitions copied from the RFCs, on input that ends, and on input that begins,
 * beside a page that may not be touched.
 *
 * The variants of ARM run on any machine: with Debian's gcc-aarch64-linux-gnu and qemu-user,
 *   aarch64-linux-gnu-gcc -std=gnu17 -O2 -D_GNU_SOURCE -static -Iinclude -Icsrc -ITests/C Tests/C/base/scan_test.c \
 *     csrc/base/scan*.c csrc/base/utf8.c csrc/base/memory.c -o scan_test && qemu-aarch64 scan_test
 * and the same for utf8_test.c. */
#include "base/scan.h"
#include "check.h"
#include "page.h"
#include "random.h"

static bool is_token(uint8_t c) {
  if (c >= '0' && c <= '9') return true;
  if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') return true;
  return c && strchr("!#$%&'*+-.^_`|~", c);
}
static bool is_value(uint8_t c) { return c == '\t' || (c >= 0x20 && c != 0x7f); }
static bool is_target(uint8_t c) { return c > 0x20 && c < 0x7f; }
static bool is_unescaped(uint8_t c) { return c >= 0x20 && c != '"' && c != '\\'; }

typedef bool (*class_fn)(uint8_t c);
typedef const uint8_t *(*scan_fn)(const uint8_t *p, const uint8_t *end);

static size_t expected(class_fn in_class, const uint8_t *p, size_t n) {
  size_t i = 0;
  while (i < n && in_class(p[i])) i++;
  return i;
}

static void check_scan(scan_fn scan, const char *variant, class_fn in_class, const uint8_t *p, size_t n) {
  size_t found = (size_t)(scan(p, p + n) - p), right = expected(in_class, p, n);
  if (found != right) KT_FAIL("%s stops at %zu of %zu, not at %zu", variant, found, n, right);
}

static void check_variants(const uint8_t *p, size_t n) {
  check_scan(kt_scan_token, "the chosen token", is_token, p, n);
  check_scan(kt_scan_value, "the chosen value", is_value, p, n);
  check_scan(kt_scan_target, "the chosen target", is_target, p, n);
  check_scan(kt_scan_unescaped, "the chosen unescaped", is_unescaped, p, n);
  for (const kt_scan_variant *const *each = kt_scan_variants; *each; each++) {
    const kt_scan_variant *v = *each;
    if (!v->usable()) continue;
    check_scan(v->token, v->name, is_token, p, n);
    check_scan(v->value, v->name, is_value, p, n);
    check_scan(v->target, v->name, is_target, p, n);
    check_scan(v->unescaped, v->name, is_unescaped, p, n);
  }
}

TEST("the classes are those of RFC 9110 and RFC 8259") {
  for (unsigned c = 0; c < 256; c++) {
    CHECK(!!(kt_byte_class[c] & KT_BYTE_TOKEN) == is_token((uint8_t)c));
    CHECK(!!(kt_byte_class[c] & KT_BYTE_VALUE) == is_value((uint8_t)c));
    CHECK(!!(kt_byte_class[c] & KT_BYTE_TARGET) == is_target((uint8_t)c));
    CHECK(!!(kt_byte_class[c] & KT_BYTE_UNESCAPED) == is_unescaped((uint8_t)c));
    CHECK(!!(kt_byte_class[c] & KT_BYTE_DIGIT) == (c >= '0' && c <= '9'));
    CHECK(!!(kt_byte_class[c] & KT_BYTE_HEX) == (c && strchr("0123456789abcdefABCDEF", (int)c)));
  }
}

TEST("a scan stops at every byte value in every place, and reads nothing beside its slice") {
  size_t size;
  uint8_t *page = guarded_page(&size);
  memset(page, 'a', size);
  for (size_t n = 0; n <= 200; n++) {
    uint8_t *last = page + size - n;
    check_variants(last, n);
    check_variants(page, n);
    for (size_t at = 0; at < n; at++)
      for (unsigned c = at % 7; c < 256; c += n % 67 ? 37 : 1) {
        last[at] = page[at] = (uint8_t)c;
        check_variants(last, n);
        check_variants(page, n);
        last[at] = page[at] = 'a';
      }
  }
}

TEST("every alignment and length, with a byte that stops behind the end and before the beginning") {
  uint8_t text[64 + 200 + 2];
  for (size_t n = 0; n <= 200; n++)
    for (size_t offset = 1; offset <= 64; offset++) {
      memset(text, 'a', sizeof text);
      uint8_t *p = text + offset;
      p[-1] = p[n] = 0;
      check_variants(p, n);
      if (n == 0) continue;
      p[n - 1] = '"' + (uint8_t)(n & 1);
      p[n / 2] = '\n';
      check_variants(p, n);
    }
}

TEST("long values with tabs, and a stop everywhere in them") {
  size_t size;
  uint8_t *page = guarded_page(&size);
  memset(page, 'a', size);
  for (size_t n = 480; n <= 1100; n += 31) {
    uint8_t *p = page + size - n;
    for (size_t at = 0; at < n; at++) {
      static const uint8_t stops[] = {0x7f, 0x1f, 0x00, '\r', '\t', '"', ' ', 0x80};
      p[at] = stops[at % sizeof stops];
      p[at / 2] = '\t';
      check_variants(p, n);
      p[at / 2] = 'a';
      check_variants(p, n);
      p[at] = 'a';
    }
  }
}

TEST("random bytes at both ends of a page are scanned as by the definitions") {
  size_t size;
  uint8_t *page = guarded_page(&size);
  seed = 1;
  for (int round = 0; round < 40000; round++) {
    size_t n = random_below(round % 8 ? 130 : 900), rare = round % 3 ? 40 : 1000;
    uint8_t *p = round % 2 ? page + size - n : page;
    for (size_t i = 0; i < n; i++) p[i] = (uint8_t)(random_below(rare) ? 0x21 + random_below(0x5e) : random_below(256));
    check_variants(p, n);
  }
}

static bool model_equal(const uint8_t *a, const uint8_t *b, size_t n) {
  for (size_t i = 0; i < n; i++) {
    bool letters = (a[i] | 0x20) >= 'a' && (a[i] | 0x20) <= 'z' && (a[i] ^ b[i]) == 0x20;
    if (a[i] != b[i] && !letters) return false;
  }
  return true;
}

TEST("only the letters of ASCII are equal without case, in every place of every length") {
  size_t size;
  uint8_t *left_page = guarded_page(&size), *right_page = guarded_page(&size);
  for (size_t n = 1; n <= 50; n++)
    for (size_t at = 0; at < n; at++)
      for (unsigned a = 0; a < 256; a += n == 2 || n == 16 ? 1 : 13)
        for (unsigned change = 0; change < 256; change = change == 0 ? 1 : 2 * change) {
          uint8_t *left = left_page + size - n, *right = at % 2 ? right_page : right_page + size - n;
          memset(left, 'x', n);
          memset(right, 'X', n);
          left[at] = (uint8_t)a;
          right[at] = (uint8_t)(a ^ change);
          CHECK(kt_ci_equal(left, right, n) == model_equal(left, right, n));
        }
  for (unsigned a = 0; a < 256; a++)
    for (unsigned b = 0; b < 256; b++) {
      uint8_t left[] = {'x', (uint8_t)a}, right[] = {'X', (uint8_t)b};
      CHECK(kt_ci_equal(left, right, 2) == model_equal(left, right, 2));
    }
  CHECK(kt_ci_equal(NULL, NULL, 0));
}
