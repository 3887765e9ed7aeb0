/* h2.c: the life of an HTTP/2 connection: bytes to the session and back, its streams and their exchanges.
 *
 * An exchange stays linked to its connection until its stream is over, also when its handler is through, because its
 * content waits for the peer's window; a stream that ends early detaches its exchange. Nothing here is called back by
 * the session while it sends: what handlers do in its events is sent at the end of the turn. */
#include "server/h2.h"

#include "server/h1.h"
#include "server/life.h"
#include "server/problem.h"

/* Of a connection that speaks HTTP/2. */
struct kt__h2 {
  kt_conn *conn;
  kt_h2_session *session;
  kt_exchange *first; /* streams */
  kt_timer sweep;     /* looks for streams that are stalled, while there are streams */
  kt_h2_head head;    /* of the stream whose fields come in */
  uint32_t glitches;  /* used of the budget */
  uint64_t glitch_ms; /* when it was last filled up */
  bool in_session;    /* one of the session's calls is on the stack */
  bool heading;       /* a head has begun and not ended */
  bool draining;      /* the first GOAWAY of a drain is queued */
  bool shut;          /* the last GOAWAY is queued */
  bool ended;         /* the connection is to end */
};

extern const kt_wire kt__wire_h2;

/* ---- time ---- */

static void due(kt_conn *c) {
  const kt_config *config = c->reactor->config;
  const struct kt__h2 *h = c->h2;
  if (h->draining)
    return;
  else if (h->heading)
    kt__conn_set_due(c, config->head_timeout_ms);
  else
    kt__conn_set_due(c, h->first ? 0 : config->idle_timeout_ms);
}

static void arm(kt_exchange *x, uint64_t ms) {
  kt_wheel_arm(&x->reactor->loop.wheel, &x->h2.timer, x->reactor->loop.now_ms + ms);
}

static void disarm(kt_exchange *x) { kt_wheel_cancel(&x->reactor->loop.wheel, &x->h2.timer); }

static void await_content(kt_exchange *x) {
  x->h2.waits_since_ms = x->reactor->loop.now_ms;
  arm(x, x->h2.patience_ms ? x->h2.patience_ms : 1);
}

/* As kt__h1_content_came. */
static void content_came(kt_exchange *x, size_t n) {
  const kt_config *config = x->reactor->config;
  kt__h2_stream *s = &x->h2;
  uint64_t waited = s->waits_since_ms ? x->reactor->loop.now_ms - s->waits_since_ms : 0;
  s->waits_since_ms = 0;
  uint64_t left = s->patience_ms > waited ? s->patience_ms - waited : 0;
  left = config->body_rate_min ? left + (uint64_t)n * 1000 / config->body_rate_min : config->body_timeout_ms;
  s->patience_ms = left < config->body_timeout_ms ? (uint32_t)left : config->body_timeout_ms;
}

/* The handler has what came, and its time for it. */
static void await_response(kt_exchange *x) {
  if (x->flags & KT_X_STARTED)
    disarm(x);
  else
    arm(x, x->deadline_ms);
}

/* The exchange stays until its stream has ended; its handler, if it still runs, writes into nothing. */
static void on_stream_timer(kt_timer *t) {
  kt_exchange *x = (kt_exchange *)((char *)t - offsetof(kt_exchange, h2.timer));
  kt_conn *c = x->conn;
  bool content = x->h2.collects || x->read_ready.fn;
  if (x->h2.sent) {
    kt_h2_reset(c->h2->session, x->h2.id, KT_H2_NO_ERROR);
    kt__conn_flush_soon(c);
    return;
  }
  KT_COUNT(x->reactor->timeouts, 1);
  if (x->flags & KT_X_STARTED) {
    if (content) kt_response_abort(x);
    return;
  }
  x->h2.collects = false;
  kt__life_refuse(x, content ? 408 : 504, content ? KT_BYTES("the request's content did not arrive in time")
                                                   : KT_BYTES("no response was ready before the deadline"));
  if (x->conn && !x->h2.settled) kt__exchange_cancel(x);
  kt__conn_flush_soon(c);
}

static void arm_sweep(struct kt__h2 *h) {
  const kt_reactor *r = h->conn->reactor;
  if (!kt_timer_armed(&h->sweep))
    kt_wheel_arm(&h->conn->reactor->loop.wheel, &h->sweep, r->loop.now_ms + r->config->write_timeout_ms);
}

/* A peer that opens no window holds a handler up and its content in memory: a stream that stands from one look to the
 * next is reset. The socket's own standstill is conn.c's. */
static void on_sweep(kt_timer *t) {
  struct kt__h2 *h = (struct kt__h2 *)((char *)t - offsetof(struct kt__h2, sweep));
  for (kt_exchange *x = h->first; x; x = x->h2.next) {
    bool waits = x->h2.out_n > 0 || x->h2.out_ended;
    if (waits && x->h2.stalled) {
      KT_COUNT(x->reactor->timeouts, 1);
      kt_h2_reset(h->session, x->h2.id, KT_H2_CANCEL);
      kt__conn_flush_soon(h->conn);
    }
    x->h2.stalled = waits;
  }
  if (h->first) arm_sweep(h);
}

/* ---- streams ---- */

static void drop_bytes(kt_exchange *x, kt_buf **head, kt_buf **tail) {
  while (*head) {
    kt_buf *b = *head;
    *head = b->next;
    kt_buf_put(&x->reactor->loop.bufs, b);
  }
  *tail = NULL;
}

static bool keep_bytes(kt_exchange *x, kt_buf **head, kt_buf **tail, const uint8_t *p, size_t n) {
  while (n > 0) {
    kt_buf *b = *tail;
    if (!b || b->end == b->cap) {
      if (!(b = kt_buf_get(&x->reactor->loop.bufs))) return false;
      if (*tail)
        (*tail)->next = b;
      else
        *head = b;
      *tail = b;
    }
    size_t room = b->cap - b->end, part = n < room ? n : room;
    memcpy(b->data + b->end, p, part);
    b->end += (uint32_t)part;
    p += part;
    n -= part;
  }
  return true;
}

static void link_stream(struct kt__h2 *h, kt_exchange *x) {
  x->h2.next = h->first;
  if (h->first) h->first->h2.prev = x;
  h->first = x;
  arm_sweep(h);
}

/* What no handler has read goes back to the connection's window. */
static void drop_unread(struct kt__h2 *h, kt_exchange *x) {
  size_t n = 0;
  for (const kt_buf *b = x->h2.in_head; b; b = b->next) n += b->end - b->start;
  if (n) kt_h2_consume(h->session, x->h2.id, n);
  drop_bytes(x, &x->h2.in_head, &x->h2.in_tail);
}

static void unlink_stream(struct kt__h2 *h, kt_exchange *x) {
  if (x->h2.prev)
    x->h2.prev->h2.next = x->h2.next;
  else
    h->first = x->h2.next;
  if (x->h2.next) x->h2.next->h2.prev = x->h2.prev;
  disarm(x);
  drop_bytes(x, &x->h2.out_head, &x->h2.out_tail);
  drop_unread(h, x);
}

/* The exchange is the reactor's again, or its handler's alone. */
static void part(kt_conn *c, kt_exchange *x) {
  unlink_stream(c->h2, x);
  if (x->h2.settled)
    kt__reactor_give_exchange(c->reactor, x);
  else
    kt__exchange_detach(x);
}

/* ---- events of the session ---- */

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
  x->h2 = (kt__h2_stream){.id = id, .patience_ms = c->reactor->config->body_timeout_ms};
  kt_timer_init(&x->h2.timer, on_stream_timer);
  link_stream(c->h2, x);
  kt_h2_head_init(&c->h2->head, &x->request, &x->arena);
  c->h2->heading = true;
  due(c);
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
  if (x->conn && !x->h2.settled && !(x->flags & KT_X_STARTED)) arm(x, x->deadline_ms);
}

static void judge_head(kt_exchange *x) {
  switch (kt__life_head(x)) {
  case KT_LIFE_RESPONDED: kt__exchange_settle(x); return;
  case KT_LIFE_RUN: run(x); return;
  case KT_LIFE_BODY: break;
  }
  x->h2.collects = true;
  await_content(x);
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
  due(c);
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
  kt__life_refuse(x, head->status, kt_bytes_make(head->reason, strlen(head->reason)));
}

static void stop_content(kt_exchange *x) { kt_h2_reset(x->conn->h2->session, x->h2.id, KT_H2_NO_ERROR); }

static void drop_content(kt_exchange *x, size_t n) {
  x->h2.dropped += (uint32_t)n;
  kt_h2_consume(x->conn->h2->session, x->h2.id, n);
  if (x->h2.sent && x->h2.dropped > x->reactor->config->drain_size_max) stop_content(x);
}

/* Content that a handler reads keeps its place in the peer's window until it is read. */
static void on_data(void *stream, const uint8_t *p, size_t n) {
  kt_exchange *x = stream;
  kt_h2_session *session = x->conn->h2->session;
  int32_t id = x->h2.id;
  content_came(x, n);
  if (x->h2.collects && !kt__life_content(x, p, n)) x->h2.collects = false;
  if (x->h2.collects) {
    await_content(x);
    kt_h2_consume(session, id, n);
    return;
  }
  if (x->flags & (KT_X_ENDED | KT_X_CANCELLED)) {
    drop_content(x, n);
    return;
  }
  await_response(x);
  if (keep_bytes(x, &x->h2.in_head, &x->h2.in_tail, p, n))
    kt__exchange_readable(x);
  else
    kt_h2_reset(session, id, KT_H2_INTERNAL_ERROR);
}

static void on_ended(void *stream) {
  kt_exchange *x = stream;
  x->h2.in_ended = true;
  await_response(x);
  if (x->h2.collects) {
    x->h2.collects = false;
    x->flags |= KT_X_BODY_DONE;
    run(x);
  } else if (!(x->flags & (KT_X_ENDED | KT_X_CANCELLED))) {
    kt__exchange_readable(x);
  }
}

static void on_closed(void *stream, uint32_t error) {
  (void)error;
  kt_exchange *x = stream;
  kt_conn *c = x->conn;
  part(c, x);
  due(c);
  if (c->h2->draining && !c->h2->first) kt__conn_resume(c);
}

/* A response that needed no more of the request: the rest is dropped for a while, as on HTTP/1.1. The reset that RFC
 * 9113 §8.1 allows comes when that grows long, for clients that meet it at once forget the answer before it. */
static void on_sent(void *stream) {
  kt_exchange *x = stream;
  x->h2.sent = true;
  if (!x->h2.in_ended) arm(x, KT_LINGER_MS);
}

static void shut(struct kt__h2 *h, kt_h2_error error) {
  if (h->shut) return;
  h->shut = true;
  kt_h2_shut_down(h->session, true, error);
}

static void tell_waste(kt_reactor *r) {
  if (r->waste_logged_ms && r->loop.now_ms - r->waste_logged_ms < KT_H2_LOG_MS) return;
  r->waste_logged_ms = r->loop.now_ms;
  kt__reactor_log(r, KT_LOG_WARNING, "an HTTP/2 client was cut off: too many resets, invalid or idle frames");
}

static void on_glitch(void *owner, kt_h2_glitch kind) {
  kt_conn *c = owner;
  struct kt__h2 *h = c->h2;
  uint64_t now = c->reactor->loop.now_ms, back = (now - h->glitch_ms) * KT_H2_GLITCHES_PER_S / 1000;
  if (back > 0) {
    h->glitches = h->glitches > back ? h->glitches - (uint32_t)back : 0;
    h->glitch_ms = now;
  }
  h->glitches = kind == KT_H2_GLITCH_FLOOD ? KT_H2_GLITCHES_MAX : h->glitches + 1;
  if (h->glitches < KT_H2_GLITCHES_MAX || h->ended) return;
  KT_COUNT(c->reactor->shed, 1);
  tell_waste(c->reactor);
  shut(h, KT_H2_ENHANCE_YOUR_CALM);
  h->ended = true;
}

static size_t on_content(void *stream, size_t room, bool *last) {
  kt_exchange *x = stream;
  size_t n = x->h2.out_n < room ? x->h2.out_n : room;
  *last = x->h2.out_ended && n == x->h2.out_n;
  x->h2.paused = n == 0 && !*last;
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

static const kt_h2_events events = {
    .begin = on_begin,
    .field = on_field,
    .head = on_head,
    .data = on_data,
    .ended = on_ended,
    .closed = on_closed,
    .sent = on_sent,
    .glitch = on_glitch,
    .content = on_content,
    .write_content = on_write_content,
    .write = on_write,
};

/* ---- responses ---- */

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
  disarm(x);
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
  if (!keep_bytes(x, &x->h2.out_head, &x->h2.out_tail, p, n)) return KT_ENOMEM;
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

static void out_ended(kt_exchange *x) {
  x->h2.settled = true;
  disarm(x);
}

static void out_abort(kt_exchange *x) {
  kt_conn *c = x->conn;
  kt_h2_forget(c->h2->session, x->h2.id);
  kt_h2_reset(c->h2->session, x->h2.id, KT_H2_INTERNAL_ERROR);
  part(c, x);
  due(c);
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

static kt_status too_long(kt_exchange *x) {
  if (x->flags & KT_X_STARTED) {
    kt_response_abort(x);
    return KT_ECANCELED;
  }
  kt__problem_send(x, 413, KT_BYTES("the content is larger than this resource accepts"));
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
  if (!b && s->in_ended) {
    x->flags |= KT_X_BODY_DONE;
    kt__life_phase(x, KT_PHASE_BODY);
    return KT_END;
  }
  if (!b) {
    if (!(x->flags & KT_X_TUNNEL)) await_content(x);
    return KT_AGAIN;
  }
  *chunk = kt_bytes_make(b->data + b->start, b->end - b->start);
  b->start = b->end;
  x->body_taken += chunk->n;
  if (x->body_taken > x->body_max) return too_long(x);
  kt_h2_consume(session_of(x), s->id, chunk->n);
  kt__conn_flush_soon(x->conn);
  return KT_OK;
}

const kt_wire kt__wire_h2 = {
    .head = out_head,
    .content = out_content,
    .end = out_end,
    .ended = out_ended,
    .abort = out_abort,
    .read = in_read,
    .continues = out_continues,
    .queued = out_queued,
    .flush = out_flush,
    .flush_soon = out_flush_soon,
};

/* ---- the connection ---- */

static void wake_writers(kt_conn *c) {
  uint32_t low = c->reactor->config->write_low_size;
  for (kt_exchange *x = c->h2->first, *next; x; x = next) {
    next = x->h2.next;
    if (x->write_ready.fn && out_queued(x) <= low) kt__exchange_writable(x);
  }
}

static kt_status produce(kt_conn *c) {
  struct kt__h2 *h = c->h2;
  if (h->in_session) return KT_OK;
  h->in_session = true;
  kt_status st = kt_h2_send(h->session);
  wake_writers(c);
  h->in_session = false;
  if (h->ended || kt_h2_is_over(h->session)) kt__conn_resume(c);
  return st;
}

static bool is_congested(const kt_conn *c) {
  return kt_stream_queued(&c->stream) >= c->reactor->config->write_high_size;
}

static bool receive(kt_conn *c) {
  struct kt__h2 *h = c->h2;
  kt_buf *b = c->in;
  h->in_session = true;
  bool ok = kt_h2_receive(h->session, b->data + b->start, b->end - b->start);
  h->in_session = false;
  b->start = b->end = 0;
  return ok && !h->ended;
}

/* Reads and handles; false when the connection is to end. */
static bool take_in(kt_conn *c) {
  if (c->h2->ended) return false;
  if (!c->in && !(c->in = kt_buf_get(&c->reactor->loop.bufs))) return false;
  if (c->in->end > c->in->start && !receive(c)) return false; /* what another protocol had read */
  for (int i = 0; kt_stream_readable(&c->stream) && !is_congested(c); i++) {
    if (i == KT_H2_READS_MAX) {
      kt__conn_resume(c);
      return true;
    }
    size_t n;
    kt_status st = kt_stream_read(&c->stream, c->in->data, c->in->cap, &n);
    if (st == KT_AGAIN) break;
    if (st != KT_OK) {
      c->peer_ended = true;
      return false;
    }
    c->in->end = (uint32_t)n;
    if (!receive(c)) return false;
  }
  return true;
}

/* What still waits for the peer is given up: it ends, or broke the rules. */
static void finish(kt_conn *c) {
  kt__conn_flush(c);
  if (kt__conn_is_closed(c)) return;
  if (c->peer_ended && !kt_stream_unsent(&c->stream)) {
    kt__conn_close(c);
    return;
  }
  c->protocol->closing(c);
  kt__conn_linger(c);
}

static void pump(kt_conn *c) {
  bool goes_on = take_in(c);
  if (c->h2->draining && !c->h2->first) shut(c->h2, KT_H2_NO_ERROR);
  if (c->in) kt__conn_put_input(c);
  if (goes_on) kt__conn_flush(c);
  if (kt__conn_is_closed(c)) return;
  if (!goes_on || kt_h2_is_over(c->h2->session)) finish(c);
}

static void timed_out(kt_conn *c) {
  struct kt__h2 *h = c->h2;
  if (h->heading) KT_COUNT(c->reactor->timeouts, 1);
  if (!h->draining || h->heading) h->ended = true;
  shut(h, KT_H2_NO_ERROR);
  pump(c);
}

static void drain(kt_conn *c) {
  struct kt__h2 *h = c->h2;
  if (h->draining) return;
  h->draining = true;
  if (h->first) kt_h2_shut_down(h->session, false, KT_H2_NO_ERROR);
  kt__conn_set_due(c, KT_H2_GRACE_MS);
  kt__conn_resume(c);
}

static void closing(kt_conn *c) {
  struct kt__h2 *h = c->h2;
  if (!h) return;
  while (h->first) part(c, h->first);
  kt_wheel_cancel(&c->reactor->loop.wheel, &h->sweep);
  kt_h2_session_destroy(h->session);
  kt_free(h);
  c->h2 = NULL;
}

const kt_protocol kt__protocol_h2 = {
    .pump = pump,
    .drained = pump,
    .timed_out = timed_out,
    .drain = drain,
    .produce = produce,
    .closing = closing,
};

static struct kt__h2 *new_state(kt_conn *c) {
  const kt_config *config = c->reactor->config;
  struct kt__h2 *h = kt_calloc(1, sizeof *h);
  if (!h) return NULL;
  kt_h2_settings settings = {
      .streams_max = config->h2_streams_max,
      .stream_window = config->h2_window_size,
      .session_window = 4 * config->h2_window_size,
      .head_size_max = config->head_size_max,
      .extended_connect = true,
  };
  h->conn = c;
  kt_timer_init(&h->sweep, on_sweep);
  h->glitch_ms = c->reactor->loop.now_ms;
  h->session = kt_h2_session_create(&settings, &events, c);
  if (h->session) return h;
  kt_free(h);
  return NULL;
}

void kt__h2_begin(kt_conn *c) {
  struct kt__h2 *h = new_state(c);
  if (!h) {
    KT_COUNT(c->reactor->shed, 1);
    kt__conn_close(c);
    return;
  }
  c->h2 = h;
  c->protocol = &kt__protocol_h2;
  due(c);
  kt__conn_resume(c);
}
