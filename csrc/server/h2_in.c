/* h2_in.c: from events of the session to exchanges. */
#include "server/h2.h"

#include "server/coded.h"
#include "server/life.h"
#include "server/problem.h"
#include "server/trailers.h"

static void *on_begin(void *owner, int32_t id) {
  kt_conn *c = owner;
  kt_exchange *x = kt__reactor_take_exchange(c->reactor);
  if (!x) {
    KT_COUNT(c->reactor->shed, 1);
    return NULL;
  }
  x->conn = c;
  x->wire = &kt__wire_h2;
  x->phase_ns[KT_PHASE_ACCEPTED] = c->reactor->loop.now_ns;
  x->h2 = (kt__h2_stream){.id = id};
  kt__patience_init(&x->h2.patience, c->reactor->config);
  kt_timer_init(&x->h2.timer, kt__h2_stream_due);
  kt__h2_link(c->h2, x);
  kt_h2_head_init(&c->h2->head, &x->request, &x->arena);
  c->h2->heading = true;
  kt__h2_due(c);
  return x;
}

static bool on_field(void *stream, kt_bytes name, kt_bytes value) {
  kt_exchange *x = stream;
  const kt_config *config = x->reactor->config;
  kt_h2_head_limits limits = {config->head_size_max, config->target_size_max, config->field_count_max};
  return kt_h2_head_add(&x->conn->h2->head, &limits, name, value);
}

static void run(kt_exchange *x) {
  kt__life_run(x);
  if (x->conn && !x->h2.settled && !(x->flags & KT_X_STARTED)) kt__h2_arm(x, x->deadline_ms);
}

static void judge_head(kt_exchange *x) {
  switch (kt__life_head(x)) {
  case KT_LIFE_RESPONDED: kt__exchange_settle(x); return;
  case KT_LIFE_RUN: run(x); return;
  case KT_LIFE_BODY: break;
  }
  x->h2.collects = true;
  kt__h2_await_content(x);
  if (x->flags & KT_X_CONTINUE) kt__wire_h2.continues(x);
}

/* Extended CONNECT (RFC 8441 §4): routed as GET, its DATA frames are a tunnel once it is answered. */
static void extend(kt_exchange *x, kt_h2_head *head) {
  kt_request *r = &x->request;
  if (!head->status && (r->method != KT_CONNECT || !kt_bytes_equal(head->protocol, KT_BYTES("websocket")))) {
    head->status = 501;
    head->reason = "the only protocol that CONNECT leads to is websocket";
  }
  r->method = KT_GET;
  r->body_kind = KT_BODY_NONE;
  x->flags |= KT_X_EXTENDED;
}

static void on_head(void *stream, bool ended) {
  kt_exchange *x = stream;
  kt_conn *c = x->conn;
  kt_h2_head *head = &c->h2->head;
  c->h2->heading = false;
  kt__h2_due(c);
  x->h2.in_ended = ended;
  if (!kt_h2_head_finish(head, ended, kt__exchange_scratch(x))) {
    kt_h2_reset(c->h2->session, x->h2.id, KT_H2_INTERNAL_ERROR);
    return;
  }
  if (head->extended) extend(x, head);
  if (!head->status) {
    judge_head(x);
    return;
  }
  KT_COUNT(c->reactor->parse_errors, 1);
  if (x->request.method == KT_HEAD) x->flags |= KT_X_NO_CONTENT;
  kt__life_refuse_head(x, head->status, head->reason);
}

static void stop_content(kt_exchange *x) { kt_h2_reset(x->conn->h2->session, x->h2.id, KT_H2_NO_ERROR); }

static void drop_content(kt_exchange *x, size_t n) {
  x->h2.dropped += (uint32_t)n;
  kt_h2_consume(x->conn->h2->session, x->h2.id, n);
  if (x->h2.sent && x->h2.dropped > x->reactor->config->drain_size_max) stop_content(x);
}

/* Coded content waits in the stream while its decoder waits for its turn; that time is ours. */
static kt_status decode(kt_exchange *x) {
  kt_bytes piece;
  kt_status st = KT_OK;
  x->h2.collects = kt__decoded_go_on(x);
  while (x->h2.collects && !(x->flags & KT_X_DECODES)) {
    st = kt__wire_h2.read(x, &piece);
    if (st == KT_AGAIN) return st;
    x->h2.collects = st == KT_OK && kt__decoded_content(x, piece.p, piece.n, false);
  }
  kt__h2_disarm(x);
  return st;
}

void kt__h2_decodes(kt_exchange *x) {
  if (!x->h2.collects || x->flags & KT_X_DECODES) return;
  x->flags |= KT_X_IN_HANDLER; /* it must survive its refusal */
  kt_status st = decode(x);
  x->flags &= ~(uint32_t)KT_X_IN_HANDLER;
  if (st == KT_END)
    run(x);
  else
    kt__exchange_settle(x);
}

/* Content that a handler reads keeps its place in the peer's window until it is read. */
static void on_data(void *stream, const uint8_t *p, size_t n) {
  kt_exchange *x = stream;
  kt_h2_session *session = x->conn->h2->session;
  int32_t id = x->h2.id;
  kt__h2_content_came(x, n);
  if (x->h2.collects && x->decoded) {
    if (kt__exchange_keep(x, &x->h2.in_head, &x->h2.in_tail, p, n))
      kt__h2_decodes(x);
    else
      kt_h2_reset(session, id, KT_H2_INTERNAL_ERROR);
    return;
  }
  if (x->h2.collects && !kt__life_content(x, p, n)) {
    if (!x->conn) { /* its refusal failed: the stream is reset, and the exchange the reactor's */
      kt_h2_consume(session, id, n);
      return;
    }
    x->h2.collects = false;
  }
  if (x->h2.collects) {
    kt__h2_await_content(x);
    kt_h2_consume(session, id, n);
    return;
  }
  if (x->flags & (KT_X_ENDED | KT_X_CANCELLED)) {
    drop_content(x, n);
    return;
  }
  kt__h2_await_response(x);
  if (kt__exchange_keep(x, &x->h2.in_head, &x->h2.in_tail, p, n))
    kt__exchange_readable(x);
  else
    kt_h2_reset(session, id, KT_H2_INTERNAL_ERROR);
}

static bool on_trailer(void *stream, kt_bytes name, kt_bytes value) {
  kt_exchange *x = stream;
  if (kt__trailers_unwanted(x) || x->h2.trailers_beyond) return true;
  uint8_t *text = kt_arena_alloc(&x->arena, name.n + value.n);
  if (!text) return false;
  memcpy(text, name.p, name.n);
  if (value.n) memcpy(text + name.n, value.p, value.n);
  kt_status st = kt__trailers_take(x, kt_bytes_make(text, name.n), kt_bytes_make(text + name.n, value.n));
  if (st == KT_EFULL) {
    KT_COUNT(x->reactor->parse_errors, 1);
    x->h2.trailers_beyond = true;
  }
  return st != KT_ENOMEM;
}

static void on_ended(void *stream) {
  kt_exchange *x = stream;
  x->h2.in_ended = true;
  kt__h2_await_response(x);
  if (x->h2.collects && x->decoded) {
    kt__h2_decodes(x);
  } else if (x->h2.collects) {
    x->h2.collects = false;
    x->flags |= KT_X_BODY_DONE;
    if (x->h2.trailers_beyond)
      kt__life_refuse(x, 431, KT_BYTES("the trailer section is too long"));
    else
      run(x);
  } else if (!(x->flags & (KT_X_ENDED | KT_X_CANCELLED))) {
    kt__exchange_readable(x);
  }
}

static void on_closed(void *stream, uint32_t error) {
  (void)error;
  kt_exchange *x = stream;
  kt_conn *c = x->conn;
  kt__h2_part(c, x);
  kt__h2_due(c);
  if (c->h2->draining && !c->h2->first) kt__conn_resume(c);
}

/* A response that needed no more of the request: the rest is dropped for a while, as on HTTP/1.1. The reset that RFC
 * 9113 §8.1 allows comes when that grows long, for clients that meet it at once forget the answer before it. */
static void on_sent(void *stream) {
  kt_exchange *x = stream;
  x->h2.sent = true;
  if (!x->h2.in_ended) kt__h2_arm(x, KT_LINGER_MS);
}

void kt__h2_shut(struct kt__h2 *h, kt_h2_error error) {
  if (h->shut) return;
  h->shut = true;
  kt_h2_shut_down(h->session, true, error);
}

static const kt_limit limit_of[] = {
    [KT_H2_GLITCH_RESET] = KT_LIMIT_H2_RESETS,
    [KT_H2_GLITCH_INVALID] = KT_LIMIT_H2_INVALID,
    [KT_H2_GLITCH_PING] = KT_LIMIT_H2_PING,
    [KT_H2_GLITCH_SETTINGS] = KT_LIMIT_H2_SETTINGS,
    [KT_H2_GLITCH_EMPTY_DATA] = KT_LIMIT_H2_EMPTY_DATA,
    [KT_H2_GLITCH_WINDOW_UPDATE] = KT_LIMIT_H2_WINDOW_UPDATE,
    [KT_H2_GLITCH_IDLE_FRAME] = KT_LIMIT_H2_IDLE_FRAME,
    [KT_H2_GLITCH_CONTINUATION] = KT_LIMIT_H2_CONTINUATION,
    [KT_H2_GLITCH_ACKS] = KT_LIMIT_H2_ACKS,
};

static bool ends_at_once(kt_h2_glitch kind) { return kind == KT_H2_GLITCH_CONTINUATION || kind == KT_H2_GLITCH_ACKS; }

static void on_glitch(void *owner, kt_h2_glitch kind) {
  kt_conn *c = owner;
  struct kt__h2 *h = c->h2;
  uint64_t now = c->reactor->loop.now_ms, back = (now - h->glitch_ms) * KT_H2_GLITCHES_PER_S / 1000;
  if (back > 0) {
    h->glitches = h->glitches > back ? h->glitches - (uint32_t)back : 0;
    h->glitch_ms = now;
  }
  h->glitches = ends_at_once(kind) ? KT_H2_GLITCHES_MAX : h->glitches + 1;
  if (h->glitches < KT_H2_GLITCHES_MAX || h->ended) return;
  KT_COUNT(c->reactor->shed, 1);
  kt__limit_met(c->reactor, limit_of[kind], c->stream.fd, NULL);
  kt__h2_shut(h, KT_H2_ENHANCE_YOUR_CALM);
  h->ended = true;
}

static bool send_trailers(kt_exchange *x) {
  kt_bytes fields[2 * KT_TRAILERS_COUNT_MAX];
  size_t n = 0;
  for (const kt_out_field *f = kt__trailing_fields(x); f; f = f->next) {
    fields[n++] = f->name;
    fields[n++] = f->value;
  }
  return kt_h2_trail(x->conn->h2->session, x->h2.id, fields, n / 2) == KT_OK;
}

static size_t on_content(void *stream, size_t room, bool *last) {
  kt_exchange *x = stream;
  size_t n = x->h2.out_n < room ? x->h2.out_n : room;
  *last = x->h2.out_ended && n == x->h2.out_n;
  x->h2.paused = n == 0 && !*last;
  if (*last && kt__trailing_fields(x) && !send_trailers(x)) return KT_H2_CONTENT_LOST;
  return n;
}

static kt_status on_write_content(void *owner, void *stream, size_t n) {
  kt_conn *c = owner;
  kt__h2_stream *s = &((kt_exchange *)stream)->h2;
  s->out_n -= n;
  s->stalled = false;
  while (n > 0) {
    kt_buf *b = s->out_head;
    size_t here = b->end - b->start, part = n < here ? n : here;
    if (kt_stream_append(&c->stream, b->data + b->start, part) != KT_OK) return KT_ENOMEM;
    b->start += (uint32_t)part;
    n -= part;
    if (b->start < b->end) break;
    s->out_head = b->next;
    if (!s->out_head) s->out_tail = NULL;
    kt_buf_put(&c->reactor->loop.bufs, b);
  }
  return KT_OK;
}

static kt_status on_write(void *owner, const void *p, size_t n) {
  kt_conn *c = owner;
  if (kt_stream_queued(&c->stream) >= c->reactor->config->write_high_size) return KT_AGAIN;
  return kt_stream_append(&c->stream, p, n);
}

const kt_h2_events kt__h2_events = {
    .begin = on_begin,
    .field = on_field,
    .head = on_head,
    .data = on_data,
    .trailer = on_trailer,
    .ended = on_ended,
    .closed = on_closed,
    .sent = on_sent,
    .glitch = on_glitch,
    .content = on_content,
    .write_content = on_write_content,
    .write = on_write,
};
