/* samples.h: contents that codings are tried on, and whole contents coded and decoded through small rooms. */
#ifndef KT_TEST_CODING_SAMPLES_H
#define KT_TEST_CODING_SAMPLES_H

#include "check.h"
#include "coding/coding.h"
#include "random.h"

static const kt_coding written[] = {KT_CODING_GZIP, KT_CODING_BR, KT_CODING_ZSTD};
#define EACH_CODING(c) for (const kt_coding *c = written; c < written + 3; c++)

/* Records that repeat each other with differences. */
static kt_bytes sample_json(uint8_t *out, size_t n) {
  size_t at = 0;
  while (at < n) {
    char record[96];
    int record_n = snprintf(record, sizeof record, "{\"id\":%u,\"name\":\"table %u\",\"price\":%u.%02u},",
                            (unsigned)random_below(100000), (unsigned)random_below(50), (unsigned)random_below(900),
                            (unsigned)random_below(100));
    size_t take = n - at < (size_t)record_n ? n - at : (size_t)record_n;
    memcpy(out + at, record, take);
    at += take;
  }
  return kt_bytes_make(out, n);
}

static kt_bytes sample_noise(uint8_t *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = (uint8_t)random_number();
  return kt_bytes_make(out, n);
}

/* Codes `content` cut at `cut`, through rooms of `room` bytes. Returns the length. */
static size_t encode_cut(kt_encoder *e, kt_bytes content, size_t cut, size_t room, uint8_t *out, size_t out_max) {
  size_t n = 0;
  for (int part = 0; part < 2; part++) {
    kt_coding_step step = {content.p + (part ? cut : 0), part ? content.n - cut : cut, NULL, 0};
    kt_flush flush = part ? KT_FLUSH_END : KT_FLUSH_NONE;
    kt_encoding result;
    do {
      CHECK(n < out_max);
      size_t given = room < out_max - n ? room : out_max - n;
      step.out = out + n;
      step.out_n = given;
      result = kt_encoder_feed(e, &step, flush);
      CHECK(result != KT_ENCODE_ERROR && (result == KT_ENCODE_DONE || step.out_n == 0));
      n += given - step.out_n;
    } while (result == KT_ENCODE_ROOM);
    CHECK_EQ(step.in_n, 0);
  }
  return n;
}

static size_t encode_all(kt_coding coding, kt_bytes content, uint8_t *out, size_t out_max) {
  kt_encoder_pool pool;
  kt_encoder_pool_init(&pool);
  kt_encoder *e = kt_encoder_get(&pool, coding, KT_LEVEL_DEFAULT, content.n);
  CHECK(e);
  size_t n = encode_cut(e, content, content.n, out_max, out, out_max);
  kt_encoder_put(&pool, e);
  kt_encoder_pool_deinit(&pool);
  return n;
}

typedef struct decoded {
  kt_decoding result;
  uint16_t status;
  size_t n;           /* bytes given */
  uint64_t memory;    /* most that the decoder held */
  const char *reason;
} decoded;

/* Decodes `content` cut at `cut`, through rooms of `room` bytes; what goes beyond `out_max` is counted and dropped. */
static decoded decode_cut(const char *codings, kt_bytes content, size_t cut, size_t room, uint64_t limit, uint8_t *out,
                          size_t out_max) {
  kt_decoder d;
  decoded all = {.result = KT_DECODE_MORE};
  kt_decoder_init(&d, limit);
  uint8_t *piece = malloc(room);
  uint16_t status = kt_decoder_codings(&d, kt_bytes_make(codings, strlen(codings)));
  for (int part = 0; part < 2 && all.result == KT_DECODE_MORE; part++) {
    kt_coding_step step = {content.p + (part ? cut : 0), part ? content.n - cut : cut, NULL, 0};
    do {
      step.out = piece;
      step.out_n = room;
      all.result = kt_decoder_feed(&d, &step, part == 1);
      size_t n = room - step.out_n;
      if (all.n + n <= out_max && n) memcpy(out + all.n, piece, n);
      all.n += n;
    } while (all.result == KT_DECODE_ROOM);
  }
  if (status && status != d.status) all.result = KT_DECODE_DONE; /* must not be */
  all.status = d.status;
  all.reason = d.reason;
  all.memory = d.heap.bytes_most;
  kt_decoder_deinit(&d);
  free(piece);
  return all;
}

static decoded decode_all(const char *codings, kt_bytes content, uint64_t limit, uint8_t *out, size_t out_max) {
  return decode_cut(codings, content, content.n, 4096, limit, out, out_max);
}

static const char *coding_text(kt_coding coding) { return (const char *)kt_coding_name(coding).p; }

#define CHECK_DECODED(got, out, content)                                                                               \
  do {                                                                                                                 \
    CHECK_EQ((got).result, KT_DECODE_DONE);                                                                            \
    CHECK_EQ((got).n, (content).n);                                                                                    \
    CHECK((content).n == 0 || memcmp(out, (content).p, (content).n) == 0);                                             \
  } while (0)

#endif
