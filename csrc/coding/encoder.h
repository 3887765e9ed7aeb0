/* encoder.h: content into one coding, piece by piece, straight into the caller's buffers.
 *
 *   kt_encoder *e = kt_encoder_get(&pool, KT_CODING_GZIP, KT_LEVEL_DEFAULT, body_size);
 *   kt_coding_step step = {body, body_size, buffer, buffer_size};
 *   while (kt_encoder_feed(e, &step, KT_FLUSH_END) == KT_ENCODE_ROOM) step.out = ..., step.out_n = ...;    next room
 *   kt_encoder_put(&pool, e);
 *
 * Workload: a response of 1 to 30 KB is fed at once and mostly ends in its first buffer, so its length is known before
 * the head is written. A stream is fed in events of 20 to 2000 bytes, each flushed. Making an encoder costs more than
 * a small response, so a reactor keeps some. Feeding takes 2 to 25 ns a byte and nothing else runs meanwhile: feed a
 * large body in slices of KT_ENCODER_SLICE_SIZE, 0.2 ms of gzip, and turn to others between them.
 *
 * Memory of an encoder at the default level, in KiB. Streams have less, because many may be open; where thousands are,
 * offer them gzip alone.
 *
 *          1 KB    21 KB    any size    stream of events    any stream
 *   gzip    262      262         262                  70            70
 *   br      289      588        1350                 341           617
 *   zstd     43      422         713                 197           197 */
#ifndef KT_CODING_ENCODER_H
#define KT_CODING_ENCODER_H

#include "coding/step.h"
#include "http/coding_names.h"

/* Levels are 1 to KT_LEVEL_MAX in all codings and mean what the library says; higher ones of br and zstd take tens of
 * MB and a thousand times the time, which no response is worth. A level out of range is brought into it. */
#define KT_LEVEL_DEFAULT 0
#define KT_LEVEL_MAX 9
#define KT_LEVEL_GZIP 5
#define KT_LEVEL_BR 3
#define KT_LEVEL_ZSTD 3
/* Of streams. br below 2 begins anew at each flush, which doubles its output; zstd from 2 on takes 0.7 MB. */
#define KT_LEVEL_GZIP_STREAM 5
#define KT_LEVEL_BR_STREAM 2
#define KT_LEVEL_ZSTD_STREAM 1

#define KT_ENCODER_SIZE_UNKNOWN UINT64_MAX          /* a stream */
#define KT_ENCODER_SLICE_SIZE (16 * 1024)
#define KT_ENCODER_MEMORY_MAX (32u * 1024 * 1024)   /* of one encoder, level 9 included */
#define KT_ENCODERS_KEPT 4                          /* idle ones of a kind that a pool keeps */
#define KT_ENCODERS_MAX 256                         /* taken from one pool: what streams may hold is bounded */

typedef enum kt_flush {
  KT_FLUSH_NONE, /* output comes when it pleases the library */
  KT_FLUSH_SYNC, /* all that was fed can be decoded from what came out */
  KT_FLUSH_END,  /* the content ends here */
} kt_flush;

typedef enum kt_encoding {
  KT_ENCODE_DONE,  /* all input is taken and flushed as asked */
  KT_ENCODE_ROOM,  /* the room is used up: call again with new room, the rest of the input and the same flush */
  KT_ENCODE_ERROR, /* memory is out: the response cannot be finished; put the encoder back */
} kt_encoding;

typedef struct kt_encoder kt_encoder;

/* Of one thread. Invariant: each list holds encoders of one kind. */
#define KT_ENCODER_KINDS 6 /* three codings, whole content or stream */
typedef struct kt_encoder_pool {
  kt_encoder *idle[KT_ENCODER_KINDS];
  uint32_t idle_n[KT_ENCODER_KINDS];
  uint32_t live; /* taken and not given back */
} kt_encoder_pool;

void kt_encoder_pool_init(kt_encoder_pool *p);
/* Every encoder must have been given back. The pool is as after init. */
void kt_encoder_pool_deinit(kt_encoder_pool *p);

/* Ready for the first byte. `coding` is gzip, br or zstd; `size` is that of the content or KT_ENCODER_SIZE_UNKNOWN, a
 * hint that chooses windows: a wrong one costs size or time, nothing else. NULL when memory is out or KT_ENCODERS_MAX
 * are taken; the response goes plain then. */
kt_encoder *kt_encoder_get(kt_encoder_pool *p, kt_coding coding, int level, uint64_t size);
/* At any time, in the middle of content too. */
void kt_encoder_put(kt_encoder_pool *p, kt_encoder *e);

/* Any room but none makes progress; small ones (< 64 bytes) cost a copy. After KT_FLUSH_END is done nothing may be
 * fed. */
kt_encoding kt_encoder_feed(kt_encoder *e, kt_coding_step *step, kt_flush flush);

/* Bytes that the encoder holds now. */
size_t kt_encoder_memory(const kt_encoder *e);

#endif
