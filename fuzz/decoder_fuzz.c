/* Content-Encoding on any bytes: content and result are the same however input and room are cut, the limits hold,
 * memory is bounded. The first byte chooses the codings, the second the cut, the third the room. */
#include "coding/coding.h"

#include <assert.h>
#include <stdlib.h>

#define LIMIT 100000 /* below KT_DECODER_FREE_SIZE: what a ratio makes of content depends on the room */

static const char *const codings[] = {"gzip",     "deflate",    "br",       "zstd",
                                      "gzip, br", "zstd, gzip", "br, zstd", "identity"};

typedef struct outcome {
  kt_decoding result;
  uint64_t n;
  uint8_t *content; /* the first LIMIT bytes */
} outcome;

static void note(outcome *o, const uint8_t *piece, size_t n) {
  if (o->n + n <= LIMIT) memcpy(o->content + o->n, piece, n);
  o->n += n;
}

static outcome decode(const char *name, const uint8_t *data, size_t n, size_t cut, size_t room, uint64_t limit) {
  outcome o = {.result = KT_DECODE_MORE, .content = malloc(LIMIT)};
  uint8_t *piece = malloc(room);
  kt_decoder d;
  kt_decoder_init(&d, limit);
  assert(kt_decoder_codings(&d, kt_bytes_make(name, strlen(name))) == 0);
  size_t at = 0;
  do {
    size_t in_n = n - at < cut ? n - at : cut;
    kt_coding_step step = {data + at, in_n, piece, room};
    o.result = kt_decoder_feed(&d, &step, at + in_n == n);
    assert(step.in == data + at + (in_n - step.in_n) && step.out == piece + (room - step.out_n));
    assert(o.result != KT_DECODE_MORE || (step.in_n == 0 && at + in_n < n));
    note(&o, piece, room - step.out_n);
    at += in_n - step.in_n;
  } while (o.result == KT_DECODE_MORE || o.result == KT_DECODE_ROOM);
  assert(o.n <= limit);
  assert(o.n <= KT_DECODER_FREE_SIZE + room || o.n / KT_DECODER_RATIO_MAX <= n + room || !d.stage_n);
  assert((o.result == KT_DECODE_ERROR) == (d.status != 0) && (d.status == 0 || d.reason));
  assert(d.status == 0 || d.status == 400 || d.status == 413);
  assert(d.heap.bytes_most <= KT_DECODER_MEMORY_MAX);
  kt_decoder_deinit(&d);
  free(piece);
  return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  if (n < 3) return 0;
  const char *name = codings[data[0] % (sizeof codings / sizeof *codings)];
  size_t cut = 1 + data[1], room = 1 + data[2];
  data += 3;
  n -= 3;
  outcome whole = decode(name, data, n, n + 1, 2 * LIMIT, LIMIT), pieces = decode(name, data, n, cut, room, LIMIT);
  assert(whole.result == pieces.result);
  if (whole.result == KT_DECODE_DONE)
    assert(whole.n == pieces.n && memcmp(whole.content, pieces.content, whole.n) == 0);
  outcome unlimited = decode(name, data, n, n + 1, LIMIT, UINT64_MAX);
  if (whole.result == KT_DECODE_DONE) assert(unlimited.result == KT_DECODE_DONE && unlimited.n == whole.n);
  free(whole.content);
  free(pieces.content);
  free(unlimited.content);
  return 0;
}
