/* gzip (RFC 1952) by zlib. */
#include "coding/encoder_engine.h"

#include "base/memory.h"

#include <zlib.h>

/* deflate takes 2^(bits + 2) + 2^(memory + 9) bytes. What a stream sends is short and repeats what was just sent: a
 * quarter of the window and of the hash table lose it little. */
#define WHOLE_BITS 15
#define WHOLE_MEMORY 8
#define STREAM_BITS 13
#define STREAM_MEMORY 6
#define GZIP_BITS 16 /* asks zlib for gzip's wrapper */

/* zlib writes the end of a flush anew when it has used the room up to the last byte, so that a caller with a few bytes
 * at a time would never see it done. Small rooms are therefore served from `small`, which has room for that end
 * (6 bytes) many times over. Invariant: start <= end <= sizeof small. */
typedef struct deflater {
  z_stream z;
  kt_encoding small_result; /* of the call that filled `small` */
  kt_flush small_flush;     /* that it was asked for */
  unsigned start, end;
  uint8_t small[64];
} deflater;

static bool create(kt_encoder *e) {
  deflater *d = kt_coding_heap_alloc(&e->heap, sizeof *d);
  if (!d) return false;
  *d = (deflater){.z = {.zalloc = kt__coding_alloc_array, .zfree = kt__coding_free, .opaque = &e->heap}};
  int bits = e->is_stream ? STREAM_BITS : WHOLE_BITS, memory = e->is_stream ? STREAM_MEMORY : WHOLE_MEMORY;
  e->state = d;
  if (deflateInit2(&d->z, KT_LEVEL_GZIP, Z_DEFLATED, bits | GZIP_BITS, memory, Z_DEFAULT_STRATEGY) == Z_OK) return true;
  kt_coding_heap_free(&e->heap, d);
  return false;
}

static bool begin(kt_encoder *e, int level, uint64_t size) {
  deflater *d = e->state;
  (void)size;
  d->start = d->end = 0;
  return deflateReset(&d->z) == Z_OK && deflateParams(&d->z, level, Z_DEFAULT_STRATEGY) == Z_OK;
}

static const int flushes[] = {[KT_FLUSH_NONE] = Z_NO_FLUSH, [KT_FLUSH_SYNC] = Z_SYNC_FLUSH, [KT_FLUSH_END] = Z_FINISH};

static unsigned clamp(size_t n) { return n < UINT32_MAX ? (unsigned)n : UINT32_MAX; }

/* One call of deflate. */
static kt_encoding run(z_stream *z, kt_coding_step *step, kt_flush flush) {
  unsigned in_n = clamp(step->in_n), out_n = clamp(step->out_n);
  z->next_in = (Bytef *)step->in;
  z->next_out = step->out;
  z->avail_in = in_n;
  z->avail_out = out_n;
  int result = deflate(z, in_n < step->in_n ? Z_NO_FLUSH : flushes[flush]);
  step->in += in_n - z->avail_in;
  step->in_n -= in_n - z->avail_in;
  step->out += out_n - z->avail_out;
  step->out_n -= out_n - z->avail_out;
  if (result == Z_STREAM_END) return KT_ENCODE_DONE;
  if (result != Z_OK && result != Z_BUF_ERROR) return KT_ENCODE_ERROR;
  return step->out_n == 0 ? KT_ENCODE_ROOM : KT_ENCODE_DONE;
}

/* Room is left when deflate says so before all is taken: the input was larger than an unsigned counts. */
static kt_encoding run_all(z_stream *z, kt_coding_step *step, kt_flush flush) {
  for (;;) {
    kt_encoding result = run(z, step, flush);
    if (result != KT_ENCODE_DONE || step->in_n == 0) return result;
  }
}

static void give_small(deflater *d, kt_coding_step *step) {
  unsigned left = d->end - d->start, n = step->out_n < left ? (unsigned)step->out_n : left;
  memcpy(step->out, d->small + d->start, n);
  d->start += n;
  step->out += n;
  step->out_n -= n;
}

static void fill_small(deflater *d, kt_coding_step *step, kt_flush flush) {
  kt_coding_step inner = {step->in, step->in_n, d->small, sizeof d->small};
  d->small_result = run_all(&d->z, &inner, flush);
  d->small_flush = flush;
  d->start = 0;
  d->end = (unsigned)(sizeof d->small - inner.out_n);
  step->in = inner.in;
  step->in_n = inner.in_n;
}

static kt_encoding feed(kt_encoder *e, kt_coding_step *step, kt_flush flush) {
  deflater *d = e->state;
  for (;;) {
    bool pending = d->start < d->end;
    if (!pending && step->out_n >= sizeof d->small) return run_all(&d->z, step, flush);
    if (!pending) fill_small(d, step, flush);
    give_small(d, step);
    if (d->start < d->end) return KT_ENCODE_ROOM;
    /* What was fed or asked for since `small` was filled is not in its result. */
    if (d->small_result == KT_ENCODE_ERROR) return KT_ENCODE_ERROR;
    if (d->small_result == KT_ENCODE_DONE && d->small_flush == flush && step->in_n == 0) return KT_ENCODE_DONE;
    if (step->out_n == 0) return KT_ENCODE_ROOM;
  }
}

static void destroy(kt_encoder *e) {
  deflater *d = e->state;
  deflateEnd(&d->z);
  kt_coding_heap_free(&e->heap, d);
}

const kt__encoder_engine kt__gzip_encoder = {
    KT_CODING_GZIP, KT_LEVEL_GZIP, KT_LEVEL_GZIP_STREAM, create, begin, feed, destroy};
