#include "base/memory.h"
#include "samples.h"

#include <unistd.h>

#define CONTENT_MAX (600 * 1024)
static uint8_t content_bytes[CONTENT_MAX], coded[2 * CONTENT_MAX], plain[CONTENT_MAX];

static kt_encoder_pool pool;

static kt_encoder *get(kt_coding coding, int level, uint64_t size) {
  kt_encoder *e = kt_encoder_get(&pool, coding, level, size);
  CHECK(e);
  return e;
}

static void check_round_trip(kt_coding coding, int level, uint64_t size, kt_bytes content, size_t cut, size_t room) {
  kt_encoder *e = get(coding, level, size);
  size_t n = encode_cut(e, content, cut, room, coded, sizeof coded);
  kt_encoder_put(&pool, e);
  decoded got = decode_all(coding_text(coding), kt_bytes_make(coded, n), CONTENT_MAX, plain, sizeof plain);
  CHECK_DECODED(got, plain, content);
}

TEST("content comes back the same, of every size and kind, whole or as a stream") {
  static const size_t sizes[] = {0, 1, 2, 100, 1024, 21 * 1024, 65535, 65537, 300000, CONTENT_MAX};
  EACH_CODING(c) {
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      kt_bytes json = sample_json(content_bytes, sizes[i]);
      check_round_trip(*c, KT_LEVEL_DEFAULT, sizes[i], json, sizes[i] / 3, 20480);
      check_round_trip(*c, KT_LEVEL_DEFAULT, KT_ENCODER_SIZE_UNKNOWN, json, sizes[i] / 2, 1000);
      kt_bytes noise = sample_noise(content_bytes, sizes[i]);
      check_round_trip(*c, KT_LEVEL_DEFAULT, sizes[i], noise, sizes[i] / 3, 20480);
    }
  }
  kt_encoder_pool_deinit(&pool);
}

TEST("content comes back the same wherever it is cut, through rooms of 1 byte, 7 and 4096") {
  static const size_t rooms[] = {1, 7, 4096};
  kt_bytes json = sample_json(content_bytes, 700);
  EACH_CODING(c) {
    for (size_t i = 0; i < 3; i++)
      for (size_t cut = 0; cut <= json.n; cut++) check_round_trip(*c, KT_LEVEL_DEFAULT, json.n, json, cut, rooms[i]);
  }
  kt_encoder_pool_deinit(&pool);
}

TEST("all levels give content back; a level out of range is brought into it") {
  kt_bytes json = sample_json(content_bytes, 30000);
  EACH_CODING(c) {
    for (int level = -1; level <= 11; level++) check_round_trip(*c, level, json.n, json, 1, 4096);
  }
  kt_encoder_pool_deinit(&pool);
}

TEST("a wrong size hint does no harm") {
  kt_bytes json = sample_json(content_bytes, 30000);
  EACH_CODING(c) {
    check_round_trip(*c, KT_LEVEL_DEFAULT, 0, json, 9, 4096);
    check_round_trip(*c, KT_LEVEL_DEFAULT, 10, json, 9, 4096);
    check_round_trip(*c, KT_LEVEL_DEFAULT, UINT64_MAX - 1, json, 9, 4096);
  }
  kt_encoder_pool_deinit(&pool);
}

TEST("JSON of 21 KB shrinks to less than a third") {
  kt_bytes json = sample_json(content_bytes, 21 * 1024);
  EACH_CODING(c) CHECK(encode_all(*c, json, coded, sizeof coded) < json.n / 3);
}

/* One event in, everything that it means out, through rooms of `room` bytes. */
static size_t flush_event(kt_encoder *e, kt_bytes event, size_t room, uint8_t *out) {
  kt_coding_step step = {event.p, event.n, NULL, 0};
  size_t n = 0;
  kt_encoding result;
  do {
    CHECK(n < 4096);
    step.out = out + n;
    step.out_n = room;
    result = kt_encoder_feed(e, &step, KT_FLUSH_SYNC);
    n += room - step.out_n;
  } while (result == KT_ENCODE_ROOM);
  CHECK_EQ(result, KT_ENCODE_DONE);
  return n;
}

static void check_event_arrives(kt_encoder *e, kt_decoder *d, unsigned number, size_t room) {
  char event[80];
  kt_bytes sent = {(const uint8_t *)event, (size_t)snprintf(event, sizeof event, "data: %u tables\n\n", number)};
  size_t n = flush_event(e, sent, room, coded);
  CHECK(n > 0);
  kt_coding_step step = {coded, n, plain, 4096};
  CHECK_EQ(kt_decoder_feed(d, &step, false), KT_DECODE_MORE);
  CHECK_BYTES(kt_bytes_make(plain, 4096 - step.out_n), event);
}

TEST("an event of a stream arrives with its flush, through rooms of any size") {
  static const size_t rooms[] = {1, 2, 5, 6, 63, 64, 65, 1000};
  EACH_CODING(c) {
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
      kt_encoder *e = get(*c, KT_LEVEL_DEFAULT, KT_ENCODER_SIZE_UNKNOWN);
      kt_decoder d;
      kt_decoder_init(&d, UINT64_MAX);
      CHECK_EQ(kt_decoder_codings(&d, kt_coding_name(*c)), 0);
      for (unsigned number = 0; number < 300; number++) check_event_arrives(e, &d, number * 7919, rooms[i]);
      kt_coding_step step = {NULL, 0, coded, 4096};
      CHECK_EQ(kt_encoder_feed(e, &step, KT_FLUSH_END), KT_ENCODE_DONE);
      kt_coding_step rest = {coded, 4096 - step.out_n, plain, 4096};
      CHECK_EQ(kt_decoder_feed(&d, &rest, true), KT_DECODE_DONE);
      CHECK_EQ(rest.out_n, 4096);
      kt_encoder_put(&pool, e);
      kt_decoder_deinit(&d);
    }
  }
  kt_encoder_pool_deinit(&pool);
}

TEST("a flush with nothing to flush ends, with little output or none") {
  EACH_CODING(c) {
    kt_encoder *e = get(*c, KT_LEVEL_DEFAULT, KT_ENCODER_SIZE_UNKNOWN);
    for (int i = 0; i < 10; i++) CHECK(flush_event(e, KT_BYTES(""), 1, coded) < 32);
    kt_encoder_put(&pool, e);
  }
  kt_encoder_pool_deinit(&pool);
}

TEST("the end may be asked for after room ran out on less than that") {
  kt_bytes noise = sample_noise(content_bytes, 5000);
  EACH_CODING(c) {
    kt_encoder *e = get(*c, KT_LEVEL_DEFAULT, noise.n);
    kt_coding_step step = {noise.p, noise.n, coded, 1};
    kt_encoding result = kt_encoder_feed(e, &step, KT_FLUSH_SYNC);
    CHECK_EQ(result, KT_ENCODE_ROOM);
    do {
      step.out_n = 1;
      result = kt_encoder_feed(e, &step, step.in_n ? KT_FLUSH_SYNC : KT_FLUSH_END);
    } while (result == KT_ENCODE_ROOM || step.in_n);
    size_t n = (size_t)(step.out - coded);
    kt_encoder_put(&pool, e);
    decoded got = decode_all(coding_text(*c), kt_bytes_make(coded, n), CONTENT_MAX, plain, sizeof plain);
    CHECK_DECODED(got, plain, noise);
  }
  kt_encoder_pool_deinit(&pool);
}

TEST("an encoder given back in the middle of content begins anew") {
  kt_bytes json = sample_json(content_bytes, 20000);
  EACH_CODING(c) {
    kt_encoder *e = get(*c, KT_LEVEL_DEFAULT, json.n);
    kt_coding_step step = {json.p, json.n, coded, 1};
    CHECK_EQ(kt_encoder_feed(e, &step, KT_FLUSH_SYNC), KT_ENCODE_ROOM);
    kt_encoder_put(&pool, e);
    kt_encoder *again = get(*c, KT_LEVEL_DEFAULT, json.n);
    CHECK(again == e);
    kt_encoder_put(&pool, again);
    check_round_trip(*c, KT_LEVEL_DEFAULT, json.n, json, 100, 1000);
  }
  kt_encoder_pool_deinit(&pool);
}

TEST("an encoder that was used gives the same bytes as a new one, without an allocation") {
  kt_bytes json = sample_json(content_bytes, 5000);
  static uint8_t first[8192];
  EACH_CODING(c) {
    size_t first_n = encode_all(*c, json, first, sizeof first);
    for (int i = 0; i < 3; i++) {
      uint64_t before = kt_allocations();
      kt_encoder *e = get(*c, KT_LEVEL_DEFAULT, json.n);
      size_t n = encode_cut(e, json, json.n, 8192, coded, sizeof coded);
      kt_encoder_put(&pool, e);
      CHECK(i == 0 || kt_allocations() == before);
      CHECK(n == first_n && memcmp(coded, first, n) == 0);
    }
  }
  kt_encoder_pool_deinit(&pool);
}

TEST("a pool keeps a few idle encoders of a kind and frees the others") {
  kt_encoder *e[KT_ENCODERS_KEPT + 2];
  for (size_t i = 0; i < KT_ENCODERS_KEPT + 2; i++) e[i] = get(KT_CODING_GZIP, KT_LEVEL_DEFAULT, 1000);
  for (size_t i = 0; i < KT_ENCODERS_KEPT + 2; i++) kt_encoder_put(&pool, e[i]);
  unsigned idle = 0;
  for (size_t i = 0; i < KT_ENCODER_KINDS; i++) idle += pool.idle_n[i];
  CHECK_EQ(idle, KT_ENCODERS_KEPT);
  CHECK_EQ(pool.live, 0);
  kt_encoder_pool_deinit(&pool);
}

TEST("a pool lends no more encoders than its bound") {
  static kt_encoder *e[KT_ENCODERS_MAX];
  for (size_t i = 0; i < KT_ENCODERS_MAX; i++) e[i] = get(KT_CODING_GZIP, 1, KT_ENCODER_SIZE_UNKNOWN);
  CHECK(kt_encoder_get(&pool, KT_CODING_GZIP, 1, 100) == NULL);
  kt_encoder_put(&pool, e[0]);
  e[0] = get(KT_CODING_GZIP, 1, 100);
  for (size_t i = 0; i < KT_ENCODERS_MAX; i++) kt_encoder_put(&pool, e[i]);
  kt_encoder_pool_deinit(&pool);
}

static size_t memory_of(kt_coding coding, uint64_t size, kt_bytes content) {
  kt_encoder *e = get(coding, KT_LEVEL_DEFAULT, size);
  if (size == KT_ENCODER_SIZE_UNKNOWN) flush_event(e, kt_bytes_make(content.p, 100), 4000, coded);
  encode_cut(e, content, 100, 4000, coded, sizeof coded);
  size_t memory = kt_encoder_memory(e);
  kt_encoder_put(&pool, e);
  return memory;
}

TEST("an encoder holds no more memory than documented") {
  static const size_t whole[] = {264, 1352, 716}, stream[] = {72, 620, 200};
  kt_bytes json = sample_json(content_bytes, CONTENT_MAX);
  for (size_t i = 0; i < 3; i++) {
    size_t a = memory_of(written[i], json.n, json), b = memory_of(written[i], KT_ENCODER_SIZE_UNKNOWN, json);
    CHECK(a <= whole[i] * 1024 && b <= stream[i] * 1024);
  }
  kt_encoder_pool_deinit(&pool);
}

/* True when content was coded although, or because, the n-th allocation failed or was not reached. */
static bool encode_with_failure(kt_coding coding, kt_bytes content, uint64_t size, uint64_t n) {
  kt_encoder_pool_init(&pool);
  kt_fail_allocation(n);
  kt_encoder *e = kt_encoder_get(&pool, coding, KT_LEVEL_DEFAULT, size);
  kt_encoding result = KT_ENCODE_ERROR;
  if (e) {
    kt_coding_step step = {content.p, content.n, coded, sizeof coded};
    result = kt_encoder_feed(e, &step, KT_FLUSH_END);
    if (result == KT_ENCODE_DONE) {
      kt_bytes bytes = {coded, sizeof coded - step.out_n};
      kt_fail_allocation(0);
      decoded got = decode_all(coding_text(coding), bytes, CONTENT_MAX, plain, sizeof plain);
      CHECK_DECODED(got, plain, content);
    }
    kt_encoder_put(&pool, e);
  }
  kt_fail_allocation(0);
  if (result != KT_ENCODE_DONE) check_round_trip(coding, KT_LEVEL_DEFAULT, size, content, 10, 1000);
  kt_encoder_pool_deinit(&pool);
  return result == KT_ENCODE_DONE;
}

TEST("when an allocation fails the response has no encoder or an error, and the pool goes on") {
  static const uint64_t sizes[] = {200000, KT_ENCODER_SIZE_UNKNOWN};
  kt_bytes json = sample_json(content_bytes, 200000);
  EACH_CODING(c) {
    for (size_t i = 0; i < 2; i++) {
      unsigned failures = 0;
      for (uint64_t n = 1; !encode_with_failure(*c, json, sizes[i], n); n++) CHECK(++failures < 100);
      CHECK(failures >= 2);
    }
  }
}

/* What another implementation makes of our bytes, where the machine has one. */
static void check_with_tool(kt_coding coding, const char *probe, const char *command) {
  char line[300], path[] = "/tmp/coding_testXXXXXX";
  if (system(probe) != 0) return;
  kt_bytes json = sample_json(content_bytes, 50000);
  size_t n = encode_all(coding, json, coded, sizeof coded);
  int file = mkstemp(path);
  CHECK(file >= 0 && write(file, coded, n) == (ssize_t)n);
  close(file);
  snprintf(line, sizeof line, "%s <%s", command, path);
  FILE *output = popen(line, "r");
  size_t plain_n = fread(plain, 1, sizeof plain, output);
  int status = pclose(output);
  unlink(path);
  CHECK(status == 0);
  CHECK(plain_n == json.n && memcmp(plain, json.p, plain_n) == 0);
}

TEST("gzip, brotli and zstd of the system, where installed, read what is written here") {
  check_with_tool(KT_CODING_GZIP, "command -v gzip >/dev/null", "gzip -dc");
  check_with_tool(KT_CODING_GZIP, "command -v python3 >/dev/null",
                  "python3 -c 'import sys,zlib; d=zlib.decompressobj(31); "
                  "sys.stdout.buffer.write(d.decompress(sys.stdin.buffer.read())+d.flush()); sys.exit(not d.eof)'");
  check_with_tool(KT_CODING_BR, "command -v brotli >/dev/null", "brotli -dc");
  check_with_tool(KT_CODING_BR, "command -v node >/dev/null",
                  "node -e 'process.stdin.pipe(require(\"zlib\").createBrotliDecompress()).pipe(process.stdout)'");
  check_with_tool(KT_CODING_ZSTD, "command -v zstd >/dev/null", "zstd -dcq");
}
