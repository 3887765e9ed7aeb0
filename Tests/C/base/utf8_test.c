/* Every variant against a decoder of code points, on input beside a page that may not be touched. */
#include "base/scan.h"
#include "check.h"
#include "page.h"
#include "random.h"

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

static size_t model(const uint8_t *p, size_t n) {
  size_t i = 0;
  for (size_t step; i < n; i += step)
    if ((step = decode(p + i, n - i)) == 0) break;
  return i;
}

static void check_variants(const uint8_t *p, size_t n) {
  size_t right = model(p, n);
  CHECK_EQ(kt_utf8_prefix(p, n), right);
  for (const kt_scan_variant *const *v = kt_scan_variants; *v; v++) {
    if (!(*v)->usable()) continue;
    size_t found = (*v)->utf8(p, n);
    if (found != right) KT_FAIL("%s finds %zu of %zu good, not %zu", (*v)->name, found, n, right);
  }
}

static const uint8_t edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2,
                                0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 'a'};
enum { E = sizeof edges };

TEST("UTF-8 is what RFC 3629 allows, at the end of a page too") {
  size_t size;
  uint8_t *page = guarded_page(&size);
  for (unsigned code = 0; code < E * E * E * E; code++) {
    size_t shortest = code < E ? 1 : code < E * E ? 2 : code < E * E * E ? 3 : 4;
    for (size_t n = shortest; n <= 4; n++) {
      uint8_t *p = page + size - n;
      for (size_t i = 0, rest = code; i < n; i++, rest /= E) p[i] = edges[rest % E];
      check_variants(p, n);
    }
  }
}

/* Texts around the sequence: ASCII, and sequences of one length, which are cut off at both ends of the room. */
static void surround(uint8_t *p, size_t n, size_t at, size_t length, unsigned with) {
  static const char *const units[] = {"a", "\xd0\x96", "\xe6\xbc\xa2", "\xf0\x9f\x98\x80"};
  size_t k = strlen(units[with]);
  memset(p, 'a', n);
  for (size_t end = at; end >= k; end -= k) memcpy(p + end - k, units[with], k);
  for (size_t i = at + length; n - i >= k && i < n; i += k) memcpy(p + i, units[with], k);
}

TEST("every pair of bytes that matter, and each with two more, at every place of two blocks") {
  size_t size;
  uint8_t *page = guarded_page(&size);
  for (unsigned with = 0; with < 4; with++)
    for (size_t at = 0; at <= 132; at++) {
      size_t n = 136 + at % 5;
      uint8_t *p = page + size - n;
      surround(p, n, at, 4, with);
      for (unsigned code = at % 3; code < E * E * E * E; code += code % 11 + 31) {
        for (unsigned i = 0, rest = code; i < 4; i++, rest /= E) p[at + i] = edges[rest % E];
        check_variants(p, n);
      }
    }
}

TEST("a sequence of every length, whole and cut short, at every place before the end") {
  static const char *const sequences[] = {"a",
                                          "\x7f",
                                          "\xc2\x80",
                                          "\xdf\xbf",
                                          "\xe0\xa0\x80",
                                          "\xed\x9f\xbf",
                                          "\xee\x80\x80",
                                          "\xef\xbf\xbf",
                                          "\xf0\x90\x80\x80",
                                          "\xf4\x8f\xbf\xbf",
                                          "\xc1\xbf",
                                          "\xe0\x9f\xbf",
                                          "\xed\xa0\x80",
                                          "\xf0\x8f\xbf\xbf",
                                          "\xf4\x90\x80\x80",
                                          "\xf5\x80\x80\x80",
                                          "\x80",
                                          "\xff"};
  size_t size;
  uint8_t *page = guarded_page(&size);
  for (size_t which = 0; which < sizeof sequences / sizeof *sequences; which++)
    for (unsigned with = 0; with < 4; with++)
      for (size_t at = 0; at <= 200; at++)
        for (size_t length = 0; length <= strlen(sequences[which]); length++)
          for (size_t behind = 0; behind <= 66; behind += behind < 3 ? 1 : 21) {
            size_t n = at + length + behind;
            uint8_t *p = (at + behind) % 2 ? page : page + size - n;
            surround(p, n, at, length, with);
            memcpy(p + at, sequences[which], length);
            check_variants(p, n);
          }
}

TEST("a broken sequence is found at every distance from long runs of ASCII, before and behind it") {
  static uint8_t text[1200];
  static const uint8_t broken[] = {0x80, 0xc2, 0xe1, 0xf1, 0xff};
  for (size_t at = 0; at < sizeof text; at++) {
    memset(text, 'a', sizeof text);
    check_variants(text, sizeof text);
    text[at] = broken[at % sizeof broken];
    check_variants(text, sizeof text);
    check_variants(text, at);
    check_variants(text, at + 1);
  }
  CHECK(kt_utf8_prefix(NULL, 0) == 0);
}

/* Mostly well-formed, of one kind for a while. */
static size_t random_text(uint8_t *p, size_t room) {
  static const uint32_t limits[] = {0x80, 0x80, 0x800, 0x10000, 0x110000};
  size_t n = 0;
  uint32_t limit = 0x80;
  while (n + 4 <= room) {
    if (random_below(9) == 0) limit = limits[random_below(5)];
    uint32_t c = (uint32_t)random_below(limit);
    if (c >= 0xd800 && c < 0xe000) continue;
    if (c < 0x80) {
      p[n++] = (uint8_t)c;
    } else if (c < 0x800) {
      p[n++] = (uint8_t)(0xc0 | c >> 6);
      p[n++] = (uint8_t)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
      p[n++] = (uint8_t)(0xe0 | c >> 12);
      p[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
      p[n++] = (uint8_t)(0x80 | (c & 0x3f));
    } else {
      p[n++] = (uint8_t)(0xf0 | c >> 18);
      p[n++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
      p[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
      p[n++] = (uint8_t)(0x80 | (c & 0x3f));
    }
  }
  return n;
}

TEST("random text is good, and with a byte changed, taken out or cut off what the decoder says") {
  size_t size;
  uint8_t *page = guarded_page(&size), text[700];
  seed = 2;
  for (int round = 0; round < 30000; round++) {
    size_t n = random_text(text, random_below(round % 4 ? 140 : sizeof text));
    uint8_t *p = round % 2 ? page + size - n : page + random_below(64);
    memcpy(p, text, n);
    CHECK_EQ(model(p, n), n);
    check_variants(p, n);
    if (n == 0) continue;
    size_t at = random_below(n);
    check_variants(p, at);
    p[at] = (uint8_t)(round % 3 ? random_below(256) : edges[random_below(E)]);
    check_variants(p, n);
    memmove(p + at, p + at + 1, n - at - 1);
    check_variants(p, n - 1);
  }
}
