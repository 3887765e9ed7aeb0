/* br (RFC 7932) by libbrotlienc.
 *
 * The library has no reset: content begins with a new instance, whose blocks come from those that the last one gave
 * back to the heap. */
#include "coding/encoder_engine.h"

#include "base/memory.h"

#include <brotli/encode.h>
#include <setjmp.h>

/* Memory grows with the window from quality 4 on. 128 KB hold every response worth coding at once. */
#define WINDOW_BITS_MIN 14
#define WINDOW_BITS_MAX 17
#define WINDOW_BITS_STREAM 14

/* libbrotlienc, as Debian and others build it, calls exit when its allocator gives NULL (BROTLI_ENCODER_EXIT_ON_OOM is
 * the default up to 1.1). So ours never does: it leaves the library by longjmp, and what the library held, which is
 * nothing but blocks of the heap, is freed without it. Every call that may allocate stands after a setjmp. */
typedef struct compressor {
  BrotliEncoderState *brotli;
  kt_coding_heap *heap;
  jmp_buf memory_is_out;
} compressor;

static void *alloc(void *opaque, size_t n) {
  compressor *d = opaque;
  void *p = kt_coding_heap_alloc(d->heap, n);
  if (!p) longjmp(d->memory_is_out, 1);
  return p;
}

static void release(void *opaque, void *p) { kt_coding_heap_free(((compressor *)opaque)->heap, p); }

static void abandon(compressor *d) {
  d->brotli = NULL;
  kt_coding_heap_free_all(d->heap);
}

static bool create(kt_encoder *e) {
  compressor *d = kt_malloc(sizeof *d); /* outlives what is abandoned */
  if (!d) return false;
  d->brotli = NULL;
  d->heap = &e->heap;
  e->state = d;
  return true;
}

static void drop_brotli(compressor *d) {
  if (d->brotli) BrotliEncoderDestroyInstance(d->brotli);
  d->brotli = NULL;
}

static void destroy(kt_encoder *e) {
  drop_brotli(e->state);
  kt_free(e->state);
}

static bool begin(kt_encoder *e, int level, uint64_t size) {
  compressor *d = e->state;
  drop_brotli(d);
  if (setjmp(d->memory_is_out)) {
    abandon(d);
    return false;
  }
  BrotliEncoderState *state = d->brotli = BrotliEncoderCreateInstance(alloc, release, d);
  if (!state) return false;
  int bits = e->is_stream ? WINDOW_BITS_STREAM : kt__window_bits(size, WINDOW_BITS_MIN, WINDOW_BITS_MAX);
  uint32_t hint = size < UINT32_MAX ? (uint32_t)size : 0;
  return BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, (uint32_t)level) &&
         BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, (uint32_t)bits) &&
         BrotliEncoderSetParameter(state, BROTLI_PARAM_SIZE_HINT, hint);
}

static const BrotliEncoderOperation operations[] = {[KT_FLUSH_NONE] = BROTLI_OPERATION_PROCESS,
                                                    [KT_FLUSH_SYNC] = BROTLI_OPERATION_FLUSH,
                                                    [KT_FLUSH_END] = BROTLI_OPERATION_FINISH};

static kt_encoding feed(kt_encoder *e, kt_coding_step *step, kt_flush flush) {
  compressor *d = e->state;
  if (!d->brotli) return KT_ENCODE_ERROR;
  if (setjmp(d->memory_is_out)) {
    abandon(d);
    return KT_ENCODE_ERROR;
  }
  BrotliEncoderOperation operation = operations[flush];
  if (!BrotliEncoderCompressStream(d->brotli, operation, &step->in_n, &step->in, &step->out_n, &step->out, NULL))
    return KT_ENCODE_ERROR;
  if (step->in_n || BrotliEncoderHasMoreOutput(d->brotli)) return KT_ENCODE_ROOM;
  if (flush == KT_FLUSH_END && !BrotliEncoderIsFinished(d->brotli)) return KT_ENCODE_ROOM;
  return KT_ENCODE_DONE;
}

const kt__encoder_engine kt__br_encoder = {
    KT_CODING_BR, KT_LEVEL_BR, KT_LEVEL_BR_STREAM, create, begin, feed, destroy};
