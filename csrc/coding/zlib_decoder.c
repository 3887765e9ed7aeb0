/* gzip (RFC 1952) and deflate (RFC 1950) by zlib, with windows up to the 32 KB of their formats. */
#include "coding/decoder_engine.h"

#include <zlib.h>

#define WINDOW_BITS 15
#define GZIP_BITS 16 /* asks zlib for gzip's wrapper */

static bool create(kt__decode_stage *s, int bits) {
  z_stream *z = kt_coding_heap_alloc(s->heap, sizeof *z);
  if (!z) return false;
  *z = (z_stream){.zalloc = kt__coding_alloc_array, .zfree = kt__coding_free, .opaque = s->heap};
  s->state = z;
  if (inflateInit2(z, bits) == Z_OK) return true;
  kt_coding_heap_free(s->heap, z);
  return false;
}

static bool create_gzip(kt__decode_stage *s) { return create(s, WINDOW_BITS | GZIP_BITS); }
static bool create_deflate(kt__decode_stage *s) { return create(s, WINDOW_BITS); }
static bool again(kt__decode_stage *s) { return inflateReset(s->state) == Z_OK; }

static unsigned clamp(size_t n) { return n < UINT32_MAX ? (unsigned)n : UINT32_MAX; }

static kt__decoded run(kt__decode_stage *s, kt_coding_step *step) {
  z_stream *z = s->state;
  unsigned in_n = clamp(step->in_n), out_n = clamp(step->out_n);
  z->next_in = (Bytef *)step->in;
  z->next_out = step->out;
  z->avail_in = in_n;
  z->avail_out = out_n;
  int result = inflate(z, Z_NO_FLUSH);
  step->in += in_n - z->avail_in;
  step->in_n -= in_n - z->avail_in;
  step->out += out_n - z->avail_out;
  step->out_n -= out_n - z->avail_out;
  switch (result) {
  case Z_OK:
  case Z_BUF_ERROR: return KT__DECODED_ALL;
  case Z_STREAM_END: return KT__DECODED_END;
  case Z_MEM_ERROR: return KT__DECODED_MEMORY;
  default: return KT__DECODED_MALFORMED; /* a dictionary, too, which nobody agreed upon */
  }
}

static void destroy(kt__decode_stage *s) {
  inflateEnd(s->state);
  kt_coding_heap_free(s->heap, s->state);
}

const kt__decoder_engine kt__gzip_decoder = {
    KT_CODING_GZIP, "the content is not well-formed gzip", again, create_gzip, run, destroy};
const kt__decoder_engine kt__deflate_decoder = {
    KT_CODING_DEFLATE, "the content is not well-formed deflate in zlib's format", NULL, create_deflate, run, destroy};
