/* CRC32C against its definition, a bit at a time. */
#include "base/base.h"
#include "check.h"
#include "random.h"

#define SIZE_MAX_TESTED 2000

static uint8_t bytes[SIZE_MAX_TESTED + 16];
static void fill(void) {
  seed = 1;
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)random_below(256);
}

static uint32_t model(uint32_t crc, const uint8_t *p, size_t n) {
  uint32_t state = ~crc;
  for (size_t i = 0; i < n; i++) {
    state ^= p[i];
    for (int bit = 0; bit < 8; bit++) state = state & 1 ? state >> 1 ^ 0x82F63B78u : state >> 1;
  }
  return ~state;
}

/* A copy of its own size, so that ASan sees every byte read beside it. */
static void check_crc(uint32_t crc, const uint8_t *p, size_t n) {
  uint32_t expected = model(crc, p, n);
  uint8_t *copy = kt_malloc(n ? n : 1);
  CHECK(copy);
  memcpy(copy, p, n);
  bool good = kt_crc32c(crc, p, n) == expected;
  for (const kt_crc32c_variant *v = kt_crc32c_variants; v->name; v++)
    if (v->usable()) good = good && ~v->update(~crc, p, n) == expected && ~v->update(~crc, copy, n) == expected;
  kt_free(copy);
  if (!good) KT_FAIL("%zu bytes after %08x", n, crc);
}

static void check_text(const void *text, size_t n, uint32_t expected) {
  CHECK_EQ(model(0, text, n), expected);
  CHECK_EQ(kt_crc32c(0, text, n), expected);
  for (const kt_crc32c_variant *v = kt_crc32c_variants; v->name; v++)
    if (v->usable()) CHECK_EQ(~v->update(~0u, text, n), expected);
}

TEST("the check value and the vectors of RFC 3720") {
  uint8_t run[32];
  check_text("", 0, 0);
  check_text("a", 1, 0xC1D04330);
  check_text("123456789", 9, 0xE3069283);
  memset(run, 0, 32);
  check_text(run, 32, 0x8A9136AA);
  memset(run, 0xff, 32);
  check_text(run, 32, 0x62A8AB43);
  for (int i = 0; i < 32; i++) run[i] = (uint8_t)i;
  check_text(run, 32, 0x46DD794E);
  for (int i = 0; i < 32; i++) run[i] = (uint8_t)(31 - i);
  check_text(run, 32, 0x113FDB5C);
}

TEST("every variant agrees with the definition for all lengths and alignments") {
  fill();
  for (size_t n = 0; n <= 400; n++) check_crc((uint32_t)n * 0x9E3779B9u, bytes + n % 9, n);
  for (size_t n = 660; n <= 700; n++)
    for (size_t offset = 0; offset < 8; offset++) check_crc(0, bytes + offset, n);
  for (int round = 0; round < 300; round++) {
    size_t n = random_below(SIZE_MAX_TESTED);
    check_crc((uint32_t)random_below(SIZE_MAX), bytes + random_below(16), n);
  }
}

TEST("a single bit anywhere is seen") {
  fill();
  uint32_t before = kt_crc32c(0, bytes, 700);
  for (size_t bit = 0; bit < 700 * 8; bit++) {
    bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    CHECK(kt_crc32c(0, bytes, 700) != before);
    bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
}

TEST("in pieces as in one, wherever they are cut") {
  fill();
  uint32_t whole = model(0, bytes, 720);
  for (size_t cut = 0; cut <= 720; cut++) CHECK_EQ(kt_crc32c(kt_crc32c(0, bytes, cut), bytes + cut, 720 - cut), whole);
  whole = model(0, bytes, SIZE_MAX_TESTED);
  for (int round = 0; round < 2000; round++) {
    uint32_t crc = 0;
    size_t most = round % 2 ? 40 : 900;
    for (size_t at = 0, n; at < SIZE_MAX_TESTED; at += n) {
      n = random_below(most);
      if (n > SIZE_MAX_TESTED - at) n = SIZE_MAX_TESTED - at;
      crc = kt_crc32c(crc, bytes + at, n);
    }
    CHECK_EQ(crc, whole);
  }
}
