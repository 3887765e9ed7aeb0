/* zstd (RFC 8878) by libzstd. About ZSTD_STATIC_LINKING_ONLY: zstd_encoder.c. */
#define ZSTD_STATIC_LINKING_ONLY
#include "coding/decoder_engine.h"

#include <zstd.h>
#include <zstd_errors.h>

static bool create(kt__decode_stage *s) {
  ZSTD_customMem memory = {kt__coding_alloc, kt__coding_free, s->heap};
  ZSTD_DCtx *c = ZSTD_createDCtx_advanced(memory);
  if (!c) return false;
  s->state = c;
  ZSTD_DCtx_setParameter(c, ZSTD_d_windowLogMax, KT_DECODER_ZSTD_WINDOW_BITS_MAX);
  return true;
}

static bool again(kt__decode_stage *s) {
  (void)s; /* the next frame begins by itself */
  return true;
}

static kt__decoded run(kt__decode_stage *s, kt_coding_step *step) {
  ZSTD_inBuffer in = {step->in, step->in_n, 0};
  ZSTD_outBuffer out = {step->out, step->out_n, 0};
  size_t wanted;
  do { /* it may take a header or a block and want the next call */
    wanted = ZSTD_decompressStream(s->state, &out, &in);
  } while (!ZSTD_isError(wanted) && wanted && in.pos < in.size && out.pos < out.size);
  step->in += in.pos;
  step->in_n -= in.pos;
  step->out += out.pos;
  step->out_n -= out.pos;
  if (ZSTD_isError(wanted))
    return ZSTD_getErrorCode(wanted) == ZSTD_error_memory_allocation ? KT__DECODED_MEMORY : KT__DECODED_MALFORMED;
  return wanted ? KT__DECODED_ALL : KT__DECODED_END;
}

static void destroy(kt__decode_stage *s) { ZSTD_freeDCtx(s->state); }

const kt__decoder_engine kt__zstd_decoder = {
    KT_CODING_ZSTD, "the content is not well-formed zstd, or its window exceeds 8 MB", again, create, run, destroy};
