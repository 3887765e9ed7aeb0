/* zstd (RFC 8878) by libzstd. About ZSTD_STATIC_LINKING_ONLY: zstd_encoder.c. */
#define ZSTD_STATIC_LINKING_ONLY
#include "coding/decoder_engine.h"

#include <zstd.h>
#include <zstd_errors.h>

/* Debian's library also reads the formats of zstd before 0.8, by other code, with memory of its own and with windows of
 * any size; RFC 8878 knows none of them. It looks for them only in a call that brings a whole magic number, so the
 * first byte of each frame goes alone. */
typedef struct inflater {
  ZSTD_DCtx *c;
  bool begun; /* the first byte of this frame is taken */
} inflater;

static bool create(kt__decode_stage *s) {
  ZSTD_customMem memory = {kt__coding_alloc, kt__coding_free, s->heap};
  inflater *i = kt_coding_heap_alloc(s->heap, sizeof *i);
  if (!i) return false;
  *i = (inflater){.c = ZSTD_createDCtx_advanced(memory)};
  s->state = i;
  if (!i->c) {
    kt_coding_heap_free(s->heap, i);
    return false;
  }
  ZSTD_DCtx_setParameter(i->c, ZSTD_d_windowLogMax, KT_DECODER_ZSTD_WINDOW_BITS_MAX);
  return true;
}

static bool again(kt__decode_stage *s) {
  inflater *i = s->state;
  i->begun = false;
  return true;
}

static size_t decompress(inflater *i, ZSTD_outBuffer *out, ZSTD_inBuffer *in) {
  if (i->begun || in->size == 0) return ZSTD_decompressStream(i->c, out, in);
  ZSTD_inBuffer first = {in->src, 1, 0};
  size_t wanted = ZSTD_decompressStream(i->c, out, &first);
  in->pos = first.pos;
  i->begun = first.pos == 1;
  return wanted;
}

static kt__decoded run(kt__decode_stage *s, kt_coding_step *step) {
  inflater *i = s->state;
  ZSTD_inBuffer in = {step->in, step->in_n, 0};
  ZSTD_outBuffer out = {step->out, step->out_n, 0};
  size_t wanted;
  do { /* it may take a header or a block and want the next call */
    wanted = decompress(i, &out, &in);
  } while (!ZSTD_isError(wanted) && wanted && in.pos < in.size && out.pos < out.size);
  step->in += in.pos;
  step->in_n -= in.pos;
  step->out += out.pos;
  step->out_n -= out.pos;
  if (ZSTD_isError(wanted))
    return ZSTD_getErrorCode(wanted) == ZSTD_error_memory_allocation ? KT__DECODED_MEMORY : KT__DECODED_MALFORMED;
  return wanted ? KT__DECODED_ALL : KT__DECODED_END;
}

static void destroy(kt__decode_stage *s) {
  inflater *i = s->state;
  ZSTD_freeDCtx(i->c);
  kt_coding_heap_free(s->heap, i);
}

const kt__decoder_engine kt__zstd_decoder = {
    KT_CODING_ZSTD, "the content is not well-formed zstd, or its window exceeds 8 MB", again, create, run, destroy};
