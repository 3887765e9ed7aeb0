#include "ws/deflate.h"

#include "base/memory.h"

#include <zlib.h>

/* RFC 7692 §7.2.1: every message ends with an empty stored block, of which these bytes are not sent. */
static const uint8_t tail[4] = {0x00, 0x00, 0xff, 0xff};

void kt_ws_deflate_init(kt_ws_deflate *d, kt_ws_role role, kt_ws_deflate_params params) {
  *d = (kt_ws_deflate){.params = params, .role = (uint8_t)role};
}

static void end_inflater(kt_ws_deflate *d) {
  if (d->inflater) inflateEnd(d->inflater);
  kt_free(d->inflater);
  d->inflater = NULL;
}

static void end_deflater(kt_ws_deflate *d) {
  if (d->deflater) deflateEnd(d->deflater);
  kt_free(d->deflater);
  d->deflater = NULL;
}

void kt_ws_deflate_deinit(kt_ws_deflate *d) {
  end_inflater(d);
  end_deflater(d);
}

static bool in_keeps_context(const kt_ws_deflate *d) {
  const kt_ws_deflate_params *p = &d->params;
  return !(d->role == KT_WS_SERVER ? p->client_no_context_takeover : p->server_no_context_takeover);
}

static bool out_keeps_context(const kt_ws_deflate *d) {
  const kt_ws_deflate_params *p = &d->params;
  return !(d->role == KT_WS_SERVER ? p->server_no_context_takeover : p->client_no_context_takeover);
}

void kt_ws_deflate_trim(kt_ws_deflate *d) {
  if (!in_keeps_context(d)) end_inflater(d);
  if (!out_keeps_context(d)) end_deflater(d);
}

static voidpf zlib_malloc(voidpf opaque, uInt count, uInt n) { return kt_malloc((size_t)count * n); }
static void zlib_free(voidpf opaque, voidpf p) { kt_free(p); }

static z_stream *stream_create(void) {
  z_stream *z = kt_malloc(sizeof *z);
  if (z) *z = (z_stream){.zalloc = zlib_malloc, .zfree = zlib_free};
  return z;
}

/* ---- in ---- */

/* A peer that agreed to 256 bytes and lets zlib compress uses 512: zlib never could do with less. */
static int in_window_bits(const kt_ws_deflate *d) {
  int bits = d->role == KT_WS_SERVER ? d->params.client_max_window_bits : d->params.server_max_window_bits;
  return bits < KT_WS_WINDOW_BITS_MIN ? KT_WS_WINDOW_BITS_MIN : bits;
}

static z_stream *inflater(kt_ws_deflate *d) {
  if (d->inflater) return d->inflater;
  z_stream *z = stream_create();
  if (!z) return NULL;
  if (inflateInit2(z, -in_window_bits(d)) != Z_OK) {
    kt_free(z);
    return NULL;
  }
  return d->inflater = z;
}

#define OVERFULL 100 /* beside zlib's codes */

/* One call of inflate into what room there is, or into a byte of our own when `out` is full, to learn whether there is
 * more. */
static int inflate_some(z_stream *z, kt_ws_message *out, uint32_t size_max) {
  uint8_t probe;
  bool full = out->n == size_max;
  z->next_out = full ? &probe : out->p + out->n;
  z->avail_out = full ? 1 : out->cap - out->n;
  uInt room = z->avail_out;
  int result = inflate(z, Z_SYNC_FLUSH);
  if (full) return z->avail_out == 0 ? OVERFULL : result;
  out->n += room - z->avail_out;
  return result;
}

static kt_ws_inflated inflate_all(z_stream *z, kt_bytes input, uint32_t size_max, kt_ws_message *out) {
  z->next_in = (z_const Bytef *)input.p;
  z->avail_in = (uInt)input.n;
  while (z->avail_in > 0 || z->avail_out == 0) {
    if (out->n < size_max && !kt_ws_message_grow(out, size_max)) return KT_WS_INFLATE_ENOMEM;
    int result = inflate_some(z, out, size_max);
    if (result == OVERFULL) return KT_WS_INFLATE_TOO_BIG;
    if (result == Z_MEM_ERROR) return KT_WS_INFLATE_ENOMEM;
    /* A final block may stand anywhere in a message (§7.2.3.4). What follows may still refer to the window, which
     * inflateReset would forget. */
    if (result == Z_STREAM_END && inflateResetKeep(z) != Z_OK) return KT_WS_INFLATE_CORRUPT;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return KT_WS_INFLATE_CORRUPT;
  }
  return KT_WS_INFLATED;
}

/* The tail is the end of a block, so a message that ends anywhere else was cut. zlib tells in bit 7 of data_type. */
static bool is_between_blocks(const z_stream *z) { return z->data_type & 128; }

kt_ws_inflated kt_ws_deflate_in(kt_ws_deflate *d, kt_bytes piece, bool last, uint32_t size_max, kt_ws_message *out) {
  z_stream *z = inflater(d);
  if (!z) return KT_WS_INFLATE_ENOMEM;
  kt_ws_inflated result = inflate_all(z, piece, size_max, out);
  if (result != KT_WS_INFLATED || !last) return result;
  result = inflate_all(z, kt_bytes_make(tail, sizeof tail), size_max, out);
  if (result != KT_WS_INFLATED) return result;
  if (!is_between_blocks(z)) return KT_WS_INFLATE_CORRUPT;
  if (!in_keeps_context(d)) inflateReset(z);
  return KT_WS_INFLATED;
}

/* ---- out ---- */

static z_stream *deflater(kt_ws_deflate *d, uint8_t level, uint8_t memory_level) {
  if (d->deflater) return d->deflater;
  int bits = d->role == KT_WS_SERVER ? d->params.server_max_window_bits : d->params.client_max_window_bits;
  z_stream *z = stream_create();
  if (!z) return NULL;
  if (deflateInit2(z, level, Z_DEFLATED, -bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
    kt_free(z);
    return NULL;
  }
  return d->deflater = z;
}

/* The last four bytes are kept back from every part, because they are the tail if nothing follows. */
static kt_status emit_parts(z_stream *z, kt_ws_deflate_emit emit, void *context) {
  uint8_t part[KT_WS_DEFLATE_PART_SIZE + sizeof tail];
  size_t kept = 0;
  for (;;) {
    z->next_out = part + kept;
    z->avail_out = (uInt)(sizeof part - kept);
    int result = deflate(z, Z_SYNC_FLUSH);
    KT_ASSERT(result == Z_OK || result == Z_BUF_ERROR);
    size_t n = sizeof part - z->avail_out;
    bool last = z->avail_out > 0;
    KT_ASSERT(n >= sizeof tail && (!last || memcmp(part + n - sizeof tail, tail, sizeof tail) == 0));
    (void)result;
    kt_status status = emit(context, kt_bytes_make(part, n - sizeof tail), last);
    if (status != KT_OK || last) return status;
    memmove(part, part + n - sizeof tail, sizeof tail);
    kept = sizeof tail;
  }
}

kt_status kt_ws_deflate_out(kt_ws_deflate *d, kt_bytes message, uint8_t level, uint8_t memory_level,
                            kt_ws_deflate_emit emit, void *context) {
  KT_ASSERT(message.n > 0 && message.n <= UINT32_MAX);
  z_stream *z = deflater(d, level, memory_level);
  if (!z) return KT_ENOMEM;
  z->next_in = (z_const Bytef *)message.p;
  z->avail_in = (uInt)message.n;
  kt_status status = emit_parts(z, emit, context);
  if (!out_keeps_context(d)) deflateReset(z);
  return status;
}
