/* br (RFC 7932) by libbrotlidec; windows beyond the RFC's 16 MB are off unless asked for. */
#include "coding/decoder_engine.h"

#include <brotli/decode.h>

static bool create(kt__decode_stage *s) {
  s->state = BrotliDecoderCreateInstance(kt__coding_alloc, kt__coding_free, s->heap);
  return s->state != NULL;
}

static bool is_memory(BrotliDecoderErrorCode code) {
  return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
}

static kt__decoded run(kt__decode_stage *s, kt_coding_step *step) {
  BrotliDecoderResult result =
      BrotliDecoderDecompressStream(s->state, &step->in_n, &step->in, &step->out_n, &step->out, NULL);
  switch (result) {
  case BROTLI_DECODER_RESULT_SUCCESS: return KT__DECODED_END;
  case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
  case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: return KT__DECODED_ALL;
  default: return is_memory(BrotliDecoderGetErrorCode(s->state)) ? KT__DECODED_MEMORY : KT__DECODED_MALFORMED;
  }
}

static void destroy(kt__decode_stage *s) { BrotliDecoderDestroyInstance(s->state); }

const kt__decoder_engine kt__br_decoder = {
    KT_CODING_BR, "the content is not well-formed br", NULL, create, run, destroy};
