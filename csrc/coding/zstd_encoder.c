/* zstd (RFC 8878) by libzstd.
 *
 * Its own allocator can only be replaced through ZSTD_createCCtx_advanced, which zstd.h shows to those who define
 * ZSTD_STATIC_LINKING_ONLY. Debian's shared library exports it all the same, unchanged since 1.0. Nothing else from
 * that part of the header is used. */
#define ZSTD_STATIC_LINKING_ONLY
#include "coding/encoder_engine.h"

#include <zstd.h>

/* RFC 9659 allows 8 MB; ours never needs so much. libzstd holds one window and one block of at most its size, so that
 * memory follows these. */
#define WINDOW_BITS_MIN 10
#define WINDOW_BITS_MAX 16
#define WINDOW_BITS_STREAM 14
/* Of the tables for whole content. libzstd's choice for content of unknown size is 17 and 16 bits, which takes 0.5 MB
 * more and gains 0.1 % on 21 KB of JSON. */
#define TABLE_BITS 15

static bool create(kt_encoder *e) {
  ZSTD_customMem memory = {kt__coding_alloc, kt__coding_free, &e->heap};
  e->state = ZSTD_createCCtx_advanced(memory);
  return e->state != NULL;
}

static bool set(ZSTD_CCtx *c, ZSTD_cParameter parameter, int value) {
  return !ZSTD_isError(ZSTD_CCtx_setParameter(c, parameter, value));
}

/* The size is not pledged: it is a hint, and libzstd refuses content that breaks a pledge. */
static bool begin(kt_encoder *e, int level, uint64_t size) {
  ZSTD_CCtx *c = e->state;
  int bits = e->is_stream ? WINDOW_BITS_STREAM : kt__window_bits(size, WINDOW_BITS_MIN, WINDOW_BITS_MAX);
  return !ZSTD_isError(ZSTD_CCtx_reset(c, ZSTD_reset_session_and_parameters)) &&
         set(c, ZSTD_c_compressionLevel, level) && set(c, ZSTD_c_windowLog, bits) &&
         (e->is_stream || (set(c, ZSTD_c_hashLog, TABLE_BITS) && set(c, ZSTD_c_chainLog, TABLE_BITS)));
}

static const ZSTD_EndDirective directives[] = {
    [KT_FLUSH_NONE] = ZSTD_e_continue, [KT_FLUSH_SYNC] = ZSTD_e_flush, [KT_FLUSH_END] = ZSTD_e_end};

static kt_encoding feed(kt_encoder *e, kt_coding_step *step, kt_flush flush) {
  ZSTD_inBuffer in = {step->in, step->in_n, 0};
  ZSTD_outBuffer out = {step->out, step->out_n, 0};
  size_t pending;
  do { /* to continue may take less than all though there is room */
    pending = ZSTD_compressStream2(e->state, &out, &in, directives[flush]);
    if (ZSTD_isError(pending)) return KT_ENCODE_ERROR;
  } while (out.pos < out.size && (in.pos < in.size || (flush != KT_FLUSH_NONE && pending)));
  step->in += in.pos;
  step->in_n -= in.pos;
  step->out += out.pos;
  step->out_n -= out.pos;
  return step->in_n || (flush != KT_FLUSH_NONE && pending) ? KT_ENCODE_ROOM : KT_ENCODE_DONE;
}

static void destroy(kt_encoder *e) { ZSTD_freeCCtx(e->state); }

const kt__encoder_engine kt__zstd_encoder = {
    KT_CODING_ZSTD, KT_LEVEL_ZSTD, KT_LEVEL_ZSTD_STREAM, create, begin, feed, destroy};
