/* UTF-8 in pieces, against a decoder that knows code points only. */
#include "ws/utf8.h"
#include "check.h"
#include "random.h"
#include "utf8_model.h"

static int verdict(const uint8_t *p, size_t n, size_t first, size_t step) {
  kt_ws_utf8 u = {0};
  size_t piece = first;
  for (size_t at = 0; at < n; at += piece, piece = step) {
    if (piece > n - at) piece = n - at;
    if (!kt_ws_utf8_feed(&u, p + at, piece)) return -1;
  }
  return kt_ws_utf8_complete(&u);
}

static void check(const uint8_t *p, size_t n) {
  int want = utf8_model(p, n);
  CHECK(verdict(p, n, n, n) == want);
  CHECK(verdict(p, n, 1, 1) == want);
  for (size_t cut = 1; cut < n; cut++) CHECK(verdict(p, n, cut, n) == want);
}

TEST("every sequence of two bytes, of three with a lead byte, and the edges of four are judged as their code points") {
  uint8_t b[4];
  for (unsigned i = 0; i < 1u << 16; i++) {
    b[0] = (uint8_t)(i >> 8), b[1] = (uint8_t)i;
    check(b, 2);
    if (b[0] < 0xc0) continue;
    static const uint8_t edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    for (size_t k = 0; k < sizeof edges * sizeof edges; k++) {
      b[2] = edges[k / sizeof edges], b[3] = edges[k % sizeof edges];
      check(b, 3);
      check(b, 4);
    }
  }
}

TEST("a text is the same text however it is cut") {
  static const char text[] = "a long run of ASCII, longer than the words it is read in "
                             "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x99 "
                             "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf and ASCII to the end of it";
  check((const uint8_t *)text, sizeof text - 1);
  CHECK(verdict((const uint8_t *)text, sizeof text - 1, 3, 7) == 1);
}

TEST("a byte that was changed is judged like the model judges it") {
  static const char text[] = "\xc3\xa4 xx \xe2\x82\xac abcdefghijklmnopqrstuvwxyz0123456789 \xf0\x9f\x90\x99 end";
  uint8_t copy[sizeof text - 1];
  for (int round = 0; round < 20000; round++) {
    memcpy(copy, text, sizeof copy);
    copy[random_below(sizeof copy)] = (uint8_t)random_number();
    check(copy, sizeof copy);
  }
}
