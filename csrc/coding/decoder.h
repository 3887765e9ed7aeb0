/* decoder.h: the content of a request out of its codings (Content-Encoding, RFC 9110 §8.4), never more than is allowed.
 *
 *   kt_decoder_init(&d, body_size_max);
 *   uint16_t status = kt_decoder_codings(&d, content_encoding_value);     for each field line, in order
 *   do { kt_coding_step step = {piece, n, room, room_n}; result = kt_decoder_feed(&d, &step, is_last); ... }
 *   kt_decoder_deinit(&d);
 *
 * Read are gzip, x-gzip, deflate in zlib's format, br and zstd, and chains of two ("gzip, br": gzip was applied first).
 *
 * What a hostile peer may try, and what meets it:
 *   a bomb          output beyond the caller's limit is 413 at the byte that exceeds it. Long before, output beyond
 *                   KT_DECODER_FREE_SIZE that is KT_DECODER_RATIO_MAX times the input is 413. Both hold for each coding
 *                   of a chain by itself: a bomb in the middle may decode to nothing at the end.
 *   large windows   zstd up to 8 MB (RFC 9659), br without its large windows; in all never more than
 *                   KT_DECODER_MEMORY_MAX.
 *   bytes after     the end of br and of zlib's format: 400. gzip is a series of members (RFC 1952 §2.2) and zstd one
 *                   of frames (RFC 8878 §3.1), which log shippers append to each other: whole ones may follow, anything
 *                   else, zeros too, is 400. Two readers of one body must not disagree about where it ends.
 *   a missing end   400, and so is empty content.
 *
 * Work is proportional to input and output; no step works on more than the caller's input and room. */
#ifndef KT_CODING_DECODER_H
#define KT_CODING_DECODER_H

#include "coding/heap.h"
#include "coding/step.h"
#include "http/coding_names.h"

#define KT_DECODER_CODINGS_MAX 2
/* deflate reaches 1032, real JSON and logs up to 100; Apache httpd has the same default. */
#define KT_DECODER_RATIO_MAX 200
/* Output for which no ratio counts: a long run of one letter in a small body is nobody's attack. */
#define KT_DECODER_FREE_SIZE (256 * 1024)
#define KT_DECODER_ZSTD_WINDOW_BITS_MAX 23               /* 8 MB, RFC 9659 §3 */
#define KT_DECODER_MEMORY_MAX (40u * 1024 * 1024)        /* two windows of 16 MB, the largest of br, and tables */
#define KT_DECODER_BETWEEN_SIZE 4096                     /* bytes between the two codings of a chain */
/* The Accept-Encoding of a 415 answer (RFC 9110 §15.5.16). */
#define KT_DECODER_ACCEPTS "gzip, deflate, br, zstd"

typedef enum kt_decoding {
  KT_DECODE_MORE,  /* all input is taken and decoded: bring more */
  KT_DECODE_ROOM,  /* the room is full: call again with new room, the rest of the input and the same `is_last` */
  KT_DECODE_DONE,  /* the content is complete */
  KT_DECODE_ERROR, /* status and reason say why */
} kt_decoding;

typedef struct kt__decode_stage {
  const struct kt__decoder_engine *engine;
  void *state;
  kt_coding_heap *heap;
  uint64_t in, out;
  uint64_t out_max;
  bool whole; /* what was fed ends with the end of a member */
} kt__decode_stage;

/* Not to be moved after the first feed. Invariant: between_start <= between_end <= KT_DECODER_BETWEEN_SIZE. */
typedef struct kt_decoder {
  uint16_t status; /* 0, 400 malformed, 413 too large, 415 coding not read here, 503 memory is out */
  uint8_t stage_n;
  const char *reason; /* for the answer; of static life */
  uint64_t out_max;
  uint8_t *between;
  size_t between_start, between_end;
  kt__decode_stage stages[KT_DECODER_CODINGS_MAX]; /* in the order of decoding */
  kt_coding_heap heap;
} kt_decoder;

/* Allocates nothing. `out_max` bytes of content are allowed, one more is 413. */
void kt_decoder_init(kt_decoder *d, uint64_t out_max);
void kt_decoder_deinit(kt_decoder *d);

/* Reads a Content-Encoding line; several are one list. Before the first feed. 0, or the status of the answer. Without
 * any coding, or with identity, content passes through as it is, within the limit. */
uint16_t kt_decoder_codings(kt_decoder *d, kt_bytes value);

/* `is_last`: the content ends with this input. Any room but none makes progress. Stays at its error. */
kt_decoding kt_decoder_feed(kt_decoder *d, kt_coding_step *step, bool is_last);

#endif
