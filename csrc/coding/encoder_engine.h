/* encoder_engine.h: what a library is to encoder.c. Each engine keeps its state in kt_encoder.state and takes its
 * memory from kt_encoder.heap. */
#ifndef KT_CODING_ENCODER_ENGINE_H
#define KT_CODING_ENCODER_ENGINE_H

#include "coding/encoder.h"
#include "coding/heap.h"

typedef struct kt__encoder_engine {
  kt_coding coding;
  int level, stream_level; /* by default */
  /* Makes e->state; false when memory is out, with nothing left behind. */
  bool (*create)(kt_encoder *e);
  /* Brings a state, new or used, to the begin of content. */
  bool (*begin)(kt_encoder *e, int level, uint64_t size);
  kt_encoding (*feed)(kt_encoder *e, kt_coding_step *step, kt_flush flush);
  void (*destroy)(kt_encoder *e);
} kt__encoder_engine;

extern const kt__encoder_engine kt__gzip_encoder, kt__br_encoder, kt__zstd_encoder;

struct kt_encoder {
  const kt__encoder_engine *engine;
  void *state;
  kt_encoder *next; /* in its pool's list */
  kt_coding_heap heap;
  bool is_stream;
  bool ended;
};

/* Bits of the smallest window that holds `size` bytes, within [least, most]. */
static inline int kt__window_bits(uint64_t size, int least, int most) {
  int bits = least;
  while (bits < most && size >> bits) bits++;
  return bits;
}

#endif
