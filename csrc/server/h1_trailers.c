/* h1_trailers.c: the trailer section of a chunked message, in and out (RFC 9112 §7.1.2). */
#include "server/h1.h"

#include "server/trailers.h"

/* A section comes in one piece as a rule; one that does not gets room as it grows. `before` bytes of it are there. */
static bool keep_section(kt_exchange *x, const uint8_t *p, size_t before) {
  size_t n = x->h1.chunked.trailer_n;
  if (n > x->h1.section_cap) {
    size_t cap = before ? 2 * n : n;
    uint8_t *room = kt_arena_alloc(&x->arena, cap);
    if (!room) return false;
    if (before) memcpy(room, x->h1.section, before);
    x->h1.section = room;
    x->h1.section_cap = (uint32_t)cap;
  }
  memcpy(x->h1.section + before, p, n - before);
  return true;
}

static kt_status take_fields(kt_exchange *x) {
  kt_bytes section = kt_bytes_make(x->h1.section, x->h1.chunked.trailer_n), name, value;
  kt_status st = KT_OK;
  while (st == KT_OK && kt_h1_next_trailer(&section, &name, &value)) st = kt__trailers_take(x, name, value);
  return st;
}

kt_status kt__h1_take_trailers(kt_exchange *x, const uint8_t *end, uint32_t before, bool done) {
  uint32_t came = x->h1.chunked.trailer_n - before;
  if (came > 0 && !keep_section(x, end - came, before)) return KT_ENOMEM;
  return done ? take_fields(x) : KT_OK;
}

bool kt__h1_trails(const kt_exchange *x) {
  if (!(x->flags & KT_X_CHUNKED) || x->flags & KT_X_NO_CONTENT) return false;
  return (x->trailing && x->trailing->may_be_lost) || kt_trailers_asked_for(&x->request);
}

static kt_status append(kt_stream *s, kt_bytes text) { return kt_stream_append(s, text.p, text.n); }

kt_status kt__h1_write_trailers(kt_exchange *x) {
  kt_stream *s = &x->conn->stream;
  kt_status st = append(s, KT_BYTES("0\r\n"));
  for (const kt_out_field *f = kt__trailing_fields(x); f && st == KT_OK; f = f->next) {
    st = append(s, f->name);
    if (st == KT_OK) st = append(s, KT_BYTES(": "));
    if (st == KT_OK && f->value.n) st = append(s, f->value);
    if (st == KT_OK) st = append(s, KT_BYTES("\r\n"));
  }
  return st == KT_OK ? append(s, KT_BYTES("\r\n")) : st;
}
