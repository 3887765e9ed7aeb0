#include "base/memory.h"
#include "foreign.h"
#include "samples.h"

#define CONTENT_MAX (12 * 1024 * 1024)
static uint8_t content_bytes[CONTENT_MAX], coded[CONTENT_MAX], plain[CONTENT_MAX], outer[CONTENT_MAX];

static kt_bytes coded_by(kt_coding coding, kt_bytes content) {
  return kt_bytes_make(coded, encode_all(coding, content, coded, sizeof coded));
}

static void check_refused(const char *codings, kt_bytes content, uint16_t status) {
  decoded got = decode_all(codings, content, CONTENT_MAX, plain, sizeof plain);
  CHECK_EQ(got.result, KT_DECODE_ERROR);
  if (got.status != status) KT_FAIL("%s: %u, %s", codings, got.status, got.reason);
  CHECK(got.reason && *got.reason);
}

#define FOREIGN(bytes) kt_bytes_make(bytes, sizeof bytes)
static const struct {
  const char *codings;
  kt_bytes bytes;
} foreign[] = {
    {"gzip", {gzip_tool, sizeof gzip_tool}},          {"x-gzip", {gzip_fields, sizeof gzip_fields}},
    {"deflate", {zlib_deflate, sizeof zlib_deflate}}, {"br", {brotli_node, sizeof brotli_node}},
    {"zstd", {zstd_tool, sizeof zstd_tool}},          {"GZip ,", {gzip_tool, sizeof gzip_tool}},
};
#define FOREIGN_COUNT (sizeof foreign / sizeof *foreign)

TEST("what other programs coded is read, cut anywhere, through rooms of 1 byte, 7 and 4096") {
  static const size_t rooms[] = {1, 7, 4096};
  kt_bytes text = KT_BYTES(foreign_text);
  for (size_t i = 0; i < FOREIGN_COUNT; i++) {
    for (size_t r = 0; r < 3; r++) {
      for (size_t cut = 0; cut <= foreign[i].bytes.n; cut++) {
        decoded got = decode_cut(foreign[i].codings, foreign[i].bytes, cut, rooms[r], text.n, plain, sizeof plain);
        CHECK_DECODED(got, plain, text);
      }
    }
  }
}

TEST("content that ends anywhere before its end is refused with 400") {
  for (size_t i = 0; i < FOREIGN_COUNT; i++)
    for (size_t n = 0; n < foreign[i].bytes.n; n++)
      check_refused(foreign[i].codings, kt_bytes_make(foreign[i].bytes.p, n), 400);
}

TEST("any byte after the end is refused with 400") {
  for (size_t i = 0; i < FOREIGN_COUNT; i++) {
    static const uint8_t after[] = {0, 1, '\n', 0xff, 0x78};
    for (size_t a = 0; a < sizeof after; a++) {
      memcpy(outer, foreign[i].bytes.p, foreign[i].bytes.n);
      outer[foreign[i].bytes.n] = after[a];
      check_refused(foreign[i].codings, kt_bytes_make(outer, foreign[i].bytes.n + 1), 400);
    }
  }
}

static kt_bytes twice(kt_bytes content) {
  memcpy(outer, content.p, content.n);
  memcpy(outer + content.n, content.p, content.n);
  return kt_bytes_make(outer, 2 * content.n);
}

TEST("members of gzip and frames of zstd may follow each other, cut anywhere") {
  static uint8_t both[2 * sizeof foreign_text];
  size_t n = sizeof foreign_text - 1;
  memcpy(both, foreign_text, n);
  memcpy(both + n, foreign_text, n);
  static const size_t which[] = {0, 1, 4};
  for (size_t w = 0; w < 3; w++) {
    kt_bytes content = twice(foreign[which[w]].bytes);
    for (size_t cut = 0; cut <= content.n; cut++) {
      decoded got = decode_cut(foreign[which[w]].codings, content, cut, 9, 2 * n, plain, sizeof plain);
      CHECK_DECODED(got, plain, kt_bytes_make(both, 2 * n));
    }
  }
}

TEST("neither br nor zlib's format may be followed by another of its kind") {
  check_refused("br", twice(FOREIGN(brotli_node)), 400);
  check_refused("deflate", twice(FOREIGN(zlib_deflate)), 400);
}

TEST("deflate without zlib's wrapper is refused with 400") { check_refused("deflate", FOREIGN(zlib_raw), 400); }

TEST("a wrong checksum of gzip or zlib is refused with 400") {
  for (size_t i = 0; i < 3; i++) {
    kt_bytes bytes = foreign[i].bytes;
    size_t at = bytes.n - (i == 2 ? 2 : 6);
    memcpy(outer, bytes.p, bytes.n);
    outer[at] ^= 1;
    check_refused(foreign[i].codings, kt_bytes_make(outer, bytes.n), 400);
  }
}

TEST("noise is refused with 400 or 413, whatever it is called") {
  static const char *const names[] = {"gzip", "deflate", "br", "zstd"};
  for (int round = 0; round < 2000; round++) {
    kt_bytes noise = sample_noise(content_bytes, 1 + random_below(200));
    for (size_t i = 0; i < 4; i++) {
      decoded got = decode_all(names[i], noise, 100000, plain, sizeof plain);
      CHECK(got.result != KT_DECODE_ERROR || got.status == 400 || got.status == 413);
      CHECK(got.result == KT_DECODE_ERROR || got.result == KT_DECODE_DONE);
      CHECK(got.result == KT_DECODE_ERROR || i == 2); /* a lucky byte is a whole br */
    }
  }
}

TEST("a coding that is not read gets 415, a malformed list 400") {
  static const char *const unknown[] = {"compress", "exi", "aes128gcm", "gzip, compress", "*", "gzip,br,zstd"};
  static const char *const malformed[] = {"gzip;q=1", "gzip br", "\"gzip\"", "gzip/1"};
  kt_bytes nothing = {0, 0};
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) check_refused(unknown[i], nothing, 415);
  for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) check_refused(malformed[i], nothing, 400);
}

TEST("the codings that a 415 names are those that are read") {
  kt_decoder d;
  kt_bytes rest = KT_BYTES(KT_DECODER_ACCEPTS);
  while (rest.n) {
    const uint8_t *comma = memchr(rest.p, ',', rest.n);
    size_t n = comma ? (size_t)(comma - rest.p) : rest.n;
    kt_decoder_init(&d, 10);
    CHECK_EQ(kt_decoder_codings(&d, kt_bytes_make(rest.p, n)), 0);
    CHECK_EQ(d.stage_n, 1);
    kt_decoder_deinit(&d);
    rest = comma ? kt_bytes_make(comma + 1, rest.n - n - 1) : kt_bytes_make(0, 0);
  }
}

TEST("content without a coding passes through, within its limit") {
  static const char *const none[] = {"", "identity", ", identity ,"};
  kt_bytes text = KT_BYTES(foreign_text);
  for (size_t i = 0; i < 3; i++) {
    for (size_t cut = 0; cut <= text.n; cut++) {
      decoded got = decode_cut(none[i], text, cut, 7, text.n, plain, sizeof plain);
      CHECK_DECODED(got, plain, text);
    }
    decoded got = decode_cut(none[i], text, 100, 7, text.n - 1, plain, sizeof plain);
    CHECK_EQ(got.status, 413);
  }
}

TEST("two codings are undone in reverse order, cut anywhere, through rooms of 1 byte and 1000") {
  kt_bytes text = sample_json(content_bytes, 9000);
  EACH_CODING(inner) {
    EACH_CODING(last) {
      char codings[32];
      snprintf(codings, sizeof codings, "%s, %s", coding_text(*inner), coding_text(*last));
      kt_bytes once = coded_by(*inner, text);
      kt_bytes content = {outer, encode_all(*last, once, outer, sizeof outer)};
      for (size_t cut = 0; cut <= content.n; cut += 1 + content.n / 97) {
        decoded got = decode_cut(codings, content, cut, cut & 1 ? 1 : 1000, text.n, plain, sizeof plain);
        CHECK_DECODED(got, plain, text);
      }
      check_refused(codings, kt_bytes_make(outer, content.n - 1), 400);
    }
  }
}

TEST("two lines are a chain like one line with a comma") {
  kt_bytes text = KT_BYTES(foreign_text);
  size_t n = encode_all(KT_CODING_BR, FOREIGN(gzip_tool), outer, sizeof outer);
  kt_decoder d;
  kt_decoder_init(&d, 1000);
  CHECK_EQ(kt_decoder_codings(&d, KT_BYTES("gzip")), 0);
  CHECK_EQ(kt_decoder_codings(&d, KT_BYTES("br")), 0);
  kt_coding_step step = {outer, n, plain, 1001};
  CHECK_EQ(kt_decoder_feed(&d, &step, true), KT_DECODE_DONE);
  CHECK(1001 - step.out_n == text.n && memcmp(plain, text.p, text.n) == 0);
  CHECK_EQ(kt_decoder_codings(&d, KT_BYTES("br")), 415);
  kt_decoder_deinit(&d);
}

TEST("content of exactly the limit is read, one byte more gets 413 and no byte beyond the limit comes out") {
  kt_bytes json = sample_json(content_bytes, 50000);
  EACH_CODING(c) {
    kt_bytes content = coded_by(*c, json);
    for (size_t room = 1; room < 100000; room = room * 5 + 3) {
      decoded got = decode_cut(coding_text(*c), content, content.n / 2, room, json.n, plain, sizeof plain);
      CHECK_DECODED(got, plain, json);
      got = decode_cut(coding_text(*c), content, content.n / 2, room, json.n - 1, plain, sizeof plain);
      CHECK_EQ(got.result, KT_DECODE_ERROR);
      CHECK_EQ(got.status, 413);
      CHECK_EQ(got.n, json.n - 1);
    }
  }
}

TEST("10 MB of zeros in 10 KB or less stop at the limit, with little memory") {
  kt_bytes zeros = {content_bytes, 10 * 1024 * 1024};
  memset(content_bytes, 0, zeros.n);
  EACH_CODING(c) {
    kt_bytes bomb = coded_by(*c, zeros);
    CHECK(bomb.n <= 11 * 1024);
    decoded got = decode_all(coding_text(*c), bomb, 100000, plain, sizeof plain);
    CHECK_EQ(got.status, 413);
    CHECK(got.n <= 100000);
    CHECK(got.memory < 1024 * 1024);
  }
}

TEST("content that grows 200-fold is refused long before its limit, with little memory") {
  kt_bytes zeros = {content_bytes, 10 * 1024 * 1024};
  memset(content_bytes, 0, zeros.n);
  EACH_CODING(c) {
    kt_bytes bomb = coded_by(*c, zeros);
    decoded got = decode_all(coding_text(*c), bomb, UINT64_MAX, plain, sizeof plain);
    CHECK_EQ(got.status, 413);
    CHECK(got.n <= KT_DECODER_FREE_SIZE + 4096 || got.n <= bomb.n * KT_DECODER_RATIO_MAX + 4096);
    CHECK(got.memory < 1024 * 1024);
  }
}

TEST("a run that is no larger than the free size may grow as it likes") {
  kt_bytes zeros = {content_bytes, KT_DECODER_FREE_SIZE};
  memset(content_bytes, 0, zeros.n);
  EACH_CODING(c) {
    decoded got = decode_all(coding_text(*c), coded_by(*c, zeros), UINT64_MAX, plain, sizeof plain);
    CHECK_DECODED(got, plain, zeros);
  }
}

TEST("a bomb in the middle of a chain that decodes to nothing is refused") {
  static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3}, empty_block[] = {0, 0, 0, 0xff, 0xff};
  size_t n = sizeof head;
  memcpy(content_bytes, head, n);
  for (; n < 10 * 1024 * 1024; n += sizeof empty_block) memcpy(content_bytes + n, empty_block, sizeof empty_block);
  EACH_CODING(c) {
    char codings[32];
    snprintf(codings, sizeof codings, "gzip, %s", coding_text(*c));
    kt_bytes bomb = coded_by(*c, kt_bytes_make(content_bytes, n));
    CHECK(bomb.n < 20 * 1024);
    decoded got = decode_all(codings, bomb, 1000000, plain, sizeof plain);
    CHECK_EQ(got.status, 413);
    CHECK_EQ(got.n, 0);
  }
}

/* A frame of one block that says "a", with the window that the descriptor says. */
static kt_bytes zstd_frame(uint8_t window_descriptor, uint8_t *out) {
  const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0, window_descriptor, 1 << 3 | 1 << 1 | 1, 0, 0, 'a'};
  memcpy(out, frame, sizeof frame);
  return kt_bytes_make(out, sizeof frame);
}

TEST("a zstd window of 8 MB is read, the next larger one is refused before it is made") {
  decoded got = decode_all("zstd", zstd_frame(13 << 3, outer), 100, plain, sizeof plain);
  CHECK_DECODED(got, plain, KT_BYTES("a"));
  got = decode_all("zstd", zstd_frame(13 << 3 | 1, outer), 100, plain, sizeof plain);
  CHECK_EQ(got.status, 400);
  CHECK(got.memory < 1024 * 1024);
}

TEST("formats of zstd before RFC 8878 are refused, after a frame of today, too") {
  /* "a" in the format of zstd 0.7: a block as it is, and an end. */
  static const uint8_t v07[] = {0x27, 0xb5, 0x2f, 0xfd, 0, 0, 0x40, 0, 1, 'a', 0xc0, 0, 0};
  for (size_t cut = 0; cut <= sizeof v07; cut++) {
    decoded got = decode_cut("zstd", FOREIGN(v07), cut, 1, 10, plain, sizeof plain);
    CHECK_EQ(got.status, 400);
    CHECK_EQ(got.n, 0);
  }
  size_t n = zstd_frame(1, outer).n;
  memcpy(outer + n, v07, sizeof v07);
  check_refused("zstd", kt_bytes_make(outer, n + sizeof v07), 400);
}

TEST("skippable frames of zstd are skipped, cut anywhere, before, between and after others") {
  static const uint8_t skippable[] = {0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'};
  size_t n = 0;
  for (int i = 0; i < 3; i++) {
    memcpy(outer + n, skippable, sizeof skippable);
    n += sizeof skippable;
    n += i < 2 ? zstd_frame(1, outer + n).n : 0;
  }
  for (size_t cut = 0; cut <= n; cut++) {
    decoded got = decode_cut("zstd", kt_bytes_make(outer, n), cut, 5, 2, plain, sizeof plain);
    CHECK_DECODED(got, plain, KT_BYTES("aa"));
  }
}

TEST("br with its large windows is refused") {
  /* "oak" by libbrotlienc 1.0.9 with BROTLI_PARAM_LARGE_WINDOW and a window of 64 MB; invalid by RFC 7932 §9.1. */
  static const uint8_t large[] = {0x11, 0x1a, 0x04, 0x00, 0x02, 0x6f, 0x61, 0x6b, 0x03};
  check_refused("br", FOREIGN(large), 400);
}

TEST("an error stays") {
  kt_decoder d;
  kt_decoder_init(&d, 100);
  CHECK_EQ(kt_decoder_codings(&d, KT_BYTES("gzip")), 0);
  kt_coding_step step = {(const uint8_t *)"xx", 2, plain, 100};
  CHECK_EQ(kt_decoder_feed(&d, &step, false), KT_DECODE_ERROR);
  step = (kt_coding_step){gzip_tool, sizeof gzip_tool, plain, 1000};
  CHECK_EQ(kt_decoder_feed(&d, &step, true), KT_DECODE_ERROR);
  CHECK_EQ(d.status, 400);
  kt_decoder_deinit(&d);
}

TEST("a decoder is freed at any moment") {
  for (size_t i = 0; i < FOREIGN_COUNT; i++) {
    for (size_t n = 0; n <= foreign[i].bytes.n; n++) {
      kt_decoder d;
      kt_decoder_init(&d, 1000);
      kt_decoder_codings(&d, kt_bytes_make(foreign[i].codings, strlen(foreign[i].codings)));
      kt_coding_step step = {foreign[i].bytes.p, n, plain, 50};
      kt_decoder_feed(&d, &step, false);
      kt_decoder_deinit(&d);
    }
  }
}

static void check_allocation_failures(const char *codings, kt_bytes content, kt_bytes text) {
  unsigned failures = 0;
  for (uint64_t n = 1;; n++) {
    kt_fail_allocation(n);
    decoded got = decode_all(codings, content, CONTENT_MAX, plain, sizeof plain);
    kt_fail_allocation(0);
    if (got.result == KT_DECODE_DONE) {
      CHECK_DECODED(got, plain, text);
      break;
    }
    CHECK_EQ(got.status, 503);
    CHECK(++failures < 100);
  }
  CHECK(failures >= 2);
}

TEST("when an allocation fails the status is 503") {
  kt_bytes json = sample_json(content_bytes, 200000);
  EACH_CODING(c) check_allocation_failures(coding_text(*c), coded_by(*c, json), json);
  check_allocation_failures("deflate", FOREIGN(zlib_deflate), KT_BYTES(foreign_text));
  kt_bytes once = coded_by(KT_CODING_GZIP, json);
  kt_bytes content = {outer, encode_all(KT_CODING_BR, once, outer, sizeof outer)};
  check_allocation_failures("gzip, br", content, json);
}
