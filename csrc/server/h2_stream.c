/* h2_stream.c: streams of a connection: their exchanges, their time, the bytes that wait in them. */
#include "server/h2.h"

#include "server/life.h"
#include "server/problem.h"

/* ---- time ---- */

void kt__h2_due(kt_conn *c) {
  const kt_config *config = c->reactor->config;
  const struct kt__h2 *h = c->h2;
  if (h->draining)
    return;
  else if (h->heading)
    kt__conn_set_due(c, config->head_timeout_ms);
  else
    kt__conn_set_due(c, h->first ? 0 : config->idle_timeout_ms);
}

void kt__h2_arm(kt_exchange *x, uint64_t ms) {
  kt_wheel_arm(&x->reactor->loop.wheel, &x->h2.timer, x->reactor->loop.now_ms + ms);
}

void kt__h2_disarm(kt_exchange *x) { kt_wheel_cancel(&x->reactor->loop.wheel, &x->h2.timer); }

void kt__h2_await_content(kt_exchange *x) {
  kt__h2_arm(x, kt__patience_wait(&x->h2.patience, x->reactor->loop.now_ms));
}

void kt__h2_content_came(kt_exchange *x, size_t n) {
  kt__patience_came(&x->h2.patience, x->reactor->config, x->reactor->loop.now_ms, n);
}

/* The handler has what came, and its time for it. */
void kt__h2_await_response(kt_exchange *x) {
  if (x->flags & KT_X_STARTED)
    kt__h2_disarm(x);
  else
    kt__h2_arm(x, x->deadline_ms);
}

/* The exchange stays until its stream has ended; its handler, if it still runs, writes into nothing. */
void kt__h2_stream_due(kt_timer *t) {
  kt_exchange *x = (kt_exchange *)((char *)t - offsetof(kt_exchange, h2.timer));
  kt_conn *c = x->conn;
  bool content = x->h2.collects || x->read_ready.fn;
  if (x->h2.sent) {
    kt_h2_reset(c->h2->session, x->h2.id, KT_H2_NO_ERROR);
    kt__conn_flush_soon(c);
    return;
  }
  KT_COUNT(x->reactor->timeouts, 1);
  if (content) kt__limit_met_by(x, KT_LIMIT_BODY_TIME);
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
void kt__h2_sweep(kt_timer *t) {
  struct kt__h2 *h = (struct kt__h2 *)((char *)t - offsetof(struct kt__h2, sweep));
  for (kt_exchange *x = h->first; x; x = x->h2.next) {
    bool waits = x->h2.out_n > 0 || x->h2.out_ended;
    if (waits && x->h2.stalled) {
      KT_COUNT(x->reactor->timeouts, 1);
      kt__limit_met_by(x, KT_LIMIT_WRITE_TIME);
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

void kt__h2_link(struct kt__h2 *h, kt_exchange *x) {
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
  kt__h2_disarm(x);
  drop_bytes(x, &x->h2.out_head, &x->h2.out_tail);
  drop_unread(h, x);
}

/* The exchange is the reactor's again, or its handler's alone. */
void kt__h2_part(kt_conn *c, kt_exchange *x) {
  unlink_stream(c->h2, x);
  if (x->h2.settled)
    kt__reactor_give_exchange(c->reactor, x);
  else
    kt__exchange_detach(x);
}
