/* decoder_engine.h: what a library is to decoder.c. */
#ifndef KT_CODING_DECODER_ENGINE_H
#define KT_CODING_DECODER_ENGINE_H

#include "coding/decoder.h"

typedef enum kt__decoded {
  KT__DECODED_ALL,       /* input or room is used up */
  KT__DECODED_END,       /* the end of a member, and all of it is in the output */
  KT__DECODED_MALFORMED,
  KT__DECODED_MEMORY,
} kt__decoded;

typedef struct kt__decoder_engine {
  kt_coding coding;
  const char *malformed; /* reason of a 400 */
  /* Another member may follow: the same state reads it after `again`. NULL when none may. */
  bool (*again)(kt__decode_stage *s);
  /* Makes s->state; false when memory is out, with nothing left behind. */
  bool (*create)(kt__decode_stage *s);
  kt__decoded (*run)(kt__decode_stage *s, kt_coding_step *step);
  void (*destroy)(kt__decode_stage *s);
} kt__decoder_engine;

extern const kt__decoder_engine kt__gzip_decoder, kt__deflate_decoder, kt__br_decoder, kt__zstd_decoder;

#endif
