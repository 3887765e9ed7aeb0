/* h2_out.c: from exchanges to frames, and content that a handler reads. */
#include "server/h2.h"

#include "server/life.h"
#include "server/problem.h"
#include "server/trailers.h"

static kt_h2_session *session_of(const kt_exchange *x) { return x->conn->h2->session; }

static kt_bytes digits_of(uint64_t v, uint8_t room[20]) {
  uint8_t *end = room + 20, *p = end;
  do *--p = (uint8_t)('0' + v % 10);
  while (v /= 10);
  return kt_bytes_make(p, (size_t)(end - p));
}

static kt_status out_head(kt_exchange *x, kt_bytes type) {
  enum { OURS = 3, FIELDS_MAX = 120 };
  kt_bytes fields[2 * FIELDS_MAX];
  uint8_t length[20];
  size_t n = 0;
  kt__h2_disarm(x);
  if (x->flags & KT_X_EXTENDED && !(x->flags & KT_X_TUNNEL) && x->status < 300) { /* no WebSocket lives here */
    x->status = 501;
    x->flags |= KT_X_NO_CONTENT;
    x->out_length = 0;
  }
  fields[n++] = KT_BYTES("date");
  fields[n++] = kt_bytes_make(kt__reactor_date(x->reactor), 29);
  if (type.n) fields[n++] = KT_BYTES("content-type"), fields[n++] = type;
  if (x->out_length >= 0 && x->status != 204 && x->status != 304) {
    fields[n++] = KT_BYTES("content-length");
    fields[n++] = digits_of((uint64_t)x->out_length, length);
  }
  kt_bytes trailer = kt__trailing_names(x);
  if (trailer.n) fields[n++] = KT_BYTES("trailer"), fields[n++] = trailer;
  for (kt_out_field *f = x->out_fields; f; f = f->next) {
    if (n + 2 > 2 * FIELDS_MAX) return KT_EFULL;
    fields[n++] = f->name;
    fields[n++] = f->value;
  }
  bool final = x->flags & KT_X_NO_CONTENT || (x->flags & KT_X_COMPLETE && x->out_length == 0);
  x->h2.out_ended = final;
  kt__conn_flush_soon(x->conn);
  return kt_h2_respond(session_of(x), x->h2.id, x->status, fields, n / 2, final);
}

static void go_on(kt_exchange *x) {
  if (!x->h2.paused) return;
  x->h2.paused = false;
  kt_h2_resume(session_of(x), x->h2.id);
}

static kt_status out_content(kt_exchange *x, const void *p, size_t n) {
  if (!kt__exchange_keep(x, &x->h2.out_head, &x->h2.out_tail, p, n)) return KT_ENOMEM;
  x->h2.out_n += n;
  go_on(x);
  return KT_OK;
}

static kt_status out_end(kt_exchange *x) {
  if (!x->h2.out_ended) {
    x->h2.out_ended = true;
    go_on(x);
  }
  kt__conn_flush_soon(x->conn);
  return KT_OK;
}

/* Neither a declared length nor a silent TE is in the way: whoever reads frames reads these, too (RFC 9113 §8.1). */
static bool out_trails(const kt_exchange *x) { return !(x->flags & KT_X_NO_CONTENT); }

static void out_ended(kt_exchange *x) {
  x->h2.settled = true;
  kt__h2_disarm(x);
}

static void out_abort(kt_exchange *x) {
  kt_conn *c = x->conn;
  kt_h2_forget(c->h2->session, x->h2.id);
  kt_h2_reset(c->h2->session, x->h2.id, KT_H2_INTERNAL_ERROR);
  kt__h2_part(c, x);
  kt__h2_due(c);
  kt__conn_flush_soon(c);
}

static void out_continues(kt_exchange *x) {
  x->flags &= ~(uint32_t)KT_X_CONTINUE;
  if (x->body_taken == 0 && !x->h2.in_head) kt_h2_inform(session_of(x), x->h2.id, 100);
  kt__conn_flush_soon(x->conn);
}

/* A stream may queue a quarter of what a connection may. */
static size_t out_queued(const kt_exchange *x) { return 4 * x->h2.out_n; }

static void out_flush(kt_exchange *x) {
  if (x->conn->h2->in_session)
    kt__conn_flush_soon(x->conn);
  else
    kt__conn_flush(x->conn);
}

static void out_flush_soon(kt_exchange *x) { kt__conn_flush_soon(x->conn); }

static kt_status refuse_content(kt_exchange *x, uint16_t status, kt_bytes detail) {
  if (x->flags & KT_X_STARTED) {
    kt_response_abort(x);
    return KT_ECANCELED;
  }
  if (status == 413) kt__limit_met_by(x, KT_LIMIT_BODY_SIZE);
  kt__problem_send(x, status, detail);
  x->flags |= KT_X_CANCELLED;
  return KT_ECANCELED;
}

/* The piece that was given last is let go of with the next call. */
static kt_status in_read(kt_exchange *x, kt_bytes *chunk) {
  kt__h2_stream *s = &x->h2;
  if (x->flags & KT_X_BODY_DONE) return KT_END;
  if (s->in_head && s->in_head->start == s->in_head->end) {
    kt_buf *b = s->in_head;
    s->in_head = b->next;
    if (!s->in_head) s->in_tail = NULL;
    kt_buf_put(&x->reactor->loop.bufs, b);
  }
  kt_buf *b = s->in_head;
  if (!b && s->trailers_beyond) return refuse_content(x, 431, KT_BYTES("the trailer section is too long"));
  if (!b && s->in_ended) {
    x->flags |= KT_X_BODY_DONE;
    kt__life_phase(x, KT_PHASE_BODY);
    return KT_END;
  }
  if (!b) {
    if (!(x->flags & KT_X_TUNNEL)) kt__h2_await_content(x);
    return KT_AGAIN;
  }
  *chunk = kt_bytes_make(b->data + b->start, b->end - b->start);
  b->start = b->end;
  x->body_taken += chunk->n;
  if (x->body_taken > x->body_max)
    return refuse_content(x, 413, KT_BYTES("the content is larger than this resource accepts"));
  kt_h2_consume(session_of(x), s->id, chunk->n);
  kt__conn_flush_soon(x->conn);
  return KT_OK;
}

const kt_wire kt__wire_h2 = {
    .head = out_head,
    .content = out_content,
    .end = out_end,
    .trails = out_trails,
    .ended = out_ended,
    .abort = out_abort,
    .read = in_read,
    .continues = out_continues,
    .decodes = kt__h2_decodes,
    .queued = out_queued,
    .flush = out_flush,
    .flush_soon = out_flush_soon,
};
