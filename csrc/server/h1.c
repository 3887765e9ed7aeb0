/* h1.c: the life of an HTTP/1.1 connection: events, timeouts, and the loop that drives one step after the other. */
#include "server/h1.h"

#include "server/problem.h"

#include <unistd.h>

static kt_conn *conn_of(kt_stream *s) { return (kt_conn *)s; }

/* The timer is armed at the earlier of two due times and may fire early: extending a due time costs a store. */
void kt__h1_arm(kt_conn *c) {
  uint64_t at = c->due_ms;
  if (c->write_due_ms && (at == 0 || c->write_due_ms < at)) at = c->write_due_ms;
  if (at == 0) return;
  if (!kt_timer_armed(&c->timer) || c->timer.expires > at) kt_wheel_arm(&c->reactor->loop.wheel, &c->timer, at);
}

void kt__h1_set_due(kt_conn *c, uint32_t ms) {
  c->due_ms = ms ? c->reactor->loop.now_ms + ms : 0;
  kt__h1_arm(c);
}

void kt__h1_await_content(kt_conn *c) {
  c->waits_since_ms = c->reactor->loop.now_ms;
  kt__h1_set_due(c, c->patience_ms ? c->patience_ms : 1);
}

/* Only waiting counts: a handler that takes its time does not use its client's patience up. */
void kt__h1_content_came(kt_conn *c, size_t n) {
  const kt_config *config = c->reactor->config;
  uint64_t waited = c->waits_since_ms ? c->reactor->loop.now_ms - c->waits_since_ms : 0;
  c->waits_since_ms = 0;
  uint64_t left = c->patience_ms > waited ? c->patience_ms - waited : 0;
  left = config->body_rate_min ? left + (uint64_t)n * 1000 / config->body_rate_min : config->body_timeout_ms;
  c->patience_ms = left < config->body_timeout_ms ? (uint32_t)left : config->body_timeout_ms;
}

static void unlink_conn(kt_conn *c) {
  kt_reactor *r = c->reactor;
  if (c->prev)
    c->prev->next = c->next;
  else
    r->first = c->next;
  if (c->next) c->next->prev = c->prev;
  kt_wheel_cancel(&r->loop.wheel, &c->timer);
}

static void drop_from(kt_conn **list, size_t next_offset, kt_conn *c) {
  while (*list && *list != c) list = (kt_conn **)((char *)*list + next_offset);
  if (*list) *list = *(kt_conn **)((char *)c + next_offset);
}

void kt__h1_close(kt_conn *c) {
  if (kt__h1_is_closed(c)) return;
  kt_reactor *r = c->reactor;
  c->heir = NULL;
  unlink_conn(c);
  if (c->in_flush) drop_from(&r->to_flush, offsetof(kt_conn, next_flush), c);
  if (c->in_resume) {
    drop_from(&r->to_resume, offsetof(kt_conn, next_resume), c);
    drop_from(&r->resuming, offsetof(kt_conn, next_resume), c);
  }
  kt_stream_close(&c->stream);
  kt_exchange *x = c->x;
  if (x) {
    x->kept = c->in;
    c->in = NULL;
    c->x = NULL;
    kt__exchange_detach(x);
  }
  if (c->in) kt_buf_put(&r->loop.bufs, c->in);
  c->in = NULL;
}

static void on_closed(kt_stream *s) {
  kt_conn *c = conn_of(s);
  kt_reactor *r = c->reactor;
  if (!c->heir) KT_COUNT(r->closed, 1);
  kt_slab_put(&r->conns, c);
  kt__reactor_conn_gone(r);
}

static void on_broken(kt_stream *s) { kt__h1_close(conn_of(s)); }

/* Handles pending bytes until more input, the handler or room for output is needed, or the turn's share is used. */
static void process(kt_conn *c) {
  uint32_t budget = c->reactor->config->pipeline_max;
  c->processing = true;
  uint64_t before = c->reactor->requests;
  while (!kt__h1_is_closed(c)) {
    if (c->stream.queued >= c->reactor->config->write_high_size) {
      kt__h1_flush(c);
      if (kt__h1_is_closed(c) || c->stream.queued >= c->reactor->config->write_high_size) break;
    }
    if (c->reactor->requests - before > budget && c->state == KT_H1_STATE_HEAD) {
      kt__h1_resume(c);
      break;
    }
    if (!kt__h1_step(c)) break;
  }
  c->processing = false;
}

/* The peer sends no more. A request that is whole is still answered; one that is not is incomplete and never handled
 * (RFC 9112 §8). */
static void end_of_input(kt_conn *c) {
  c->peer_ended = true;
  if (c->state == KT_H1_STATE_RUN && c->x && !(c->x->flags & KT_X_BODY_DONE) && c->x->read_ready.fn) {
    kt__h1_close(c);
    return;
  }
  if (c->state == KT_H1_STATE_RUN) return;
  if (c->state == KT_H1_STATE_HEAD && !c->x && kt_stream_unsent(&c->stream)) {
    kt__h1_linger(c);
    return;
  }
  if (c->state == KT_H1_STATE_LINGER && !c->fin_sent) return; /* output is still queued */
  kt__h1_close(c);
}

static bool wants_input(const kt_conn *c) {
  if (kt__h1_is_closed(c)) return false;
  if (c->state == KT_H1_STATE_RUN) return c->x && c->x->read_ready.fn;
  return true;
}

static void put_input(kt_conn *c) {
  kt_buf_put(&c->reactor->loop.bufs, c->in);
  c->in = NULL;
}

static void rest(kt_conn *c) {
  if (kt__h1_is_closed(c)) return;
  if (c->in && c->in->start == c->in->end && !c->x) put_input(c);
}

/* Reads and handles until the socket is empty or nobody wants more. */
static void pump(kt_conn *c) {
  process(c);
  while (wants_input(c) && !c->in_resume && kt_stream_readable(&c->stream)) {
    if (c->stream.queued >= c->reactor->config->write_high_size) break;
    kt_status st = kt__h1_fill(c);
    if (st == KT_END) {
      end_of_input(c);
      break;
    }
    if (st == KT_EFULL || st == KT_AGAIN) break;
    if (st != KT_OK) {
      kt__h1_close(c);
      return;
    }
    if (c->state == KT_H1_STATE_BODY) kt__h1_await_content(c);
    if (c->state == KT_H1_STATE_RUN && c->x) {
      kt__exchange_readable(c->x);
      if (!kt__h1_is_closed(c) && c->state != KT_H1_STATE_RUN) process(c);
    } else {
      process(c);
    }
  }
  if (!kt__h1_is_closed(c)) kt__h1_flush(c);
  rest(c);
}

static void on_readable(kt_stream *s) { pump(conn_of(s)); }

static void on_drained(kt_stream *s) {
  kt_conn *c = conn_of(s);
  kt__h1_flush(c);
  if (kt__h1_is_closed(c)) return;
  if (c->x && c->stream.queued <= c->reactor->config->write_low_size) kt__exchange_writable(c->x);
  if (!kt__h1_is_closed(c)) pump(c);
}

/* Output of the last response may still be with the kernel (kt_stream_leave waits for it). */
bool kt__h1_is_quiet(const kt_conn *c) {
  return c->state == KT_H1_STATE_HEAD && !c->x && !c->in && c->stream.queued == 0 && !c->in_flush && !c->in_resume &&
         !c->peer_ended && !(c->stream.flags & (KT_STREAM_CLOSED | KT_STREAM_BROKEN | KT_STREAM_LEAVING));
}

void kt__h1_give(kt_conn *c, kt_reactor *to) {
  c->heir = to;
  kt_stream_leave(&c->stream);
}

static void stay(kt_conn *c) {
  c->heir = NULL;
  c->stream.flags |= KT_STREAM_READABLE;
  if (kt_stream_stay(&c->stream) != KT_OK) kt__h1_close(c);
}

static void on_left(kt_stream *s) {
  kt_conn *c = conn_of(s);
  kt_reactor *r = c->reactor;
  kt_status st;
  while ((st = kt__h1_fill(c)) == KT_OK) {}
  if (c->in && c->in->start == c->in->end) put_input(c);
  if (st != KT_AGAIN || r->draining || !kt__balance_send(c->heir, s->fd, c->in)) {
    stay(c);
    return;
  }
  kt_stream_detach(s);
  if (c->in) kt_buf_part(&r->loop.bufs);
  c->in = NULL;
  unlink_conn(c);
  KT_COUNT(r->balance.moved, 1);
}

static void on_refused(kt_stream *s) { kt__h1_flush(conn_of(s)); }

/* Only listeners make connections here; dialled streams belong to other rooms. */
static void on_connected(kt_stream *s, int error) {
  (void)error;
  kt__h1_close(conn_of(s));
}

static const kt_stream_events events = {
    .readable = on_readable,
    .drained = on_drained,
    .refused = on_refused,
    .connected = on_connected,
    .broken = on_broken,
    .left = on_left,
    .closed = on_closed,
};

void kt__h1_resume(kt_conn *c) {
  if (c->in_resume || kt__h1_is_closed(c)) return;
  c->in_resume = true;
  c->next_resume = c->reactor->to_resume;
  c->reactor->to_resume = c;
}

void kt__h1_run_resumed(kt_conn *c) { pump(c); }

void kt__h1_drain(kt_conn *c) {
  if (c->x || c->state == KT_H1_STATE_LINGER) return; /* decide_close sees the draining reactor */
  if (kt_stream_unsent(&c->stream))
    kt__h1_linger(c);
  else
    kt__h1_close(c);
}

/* The exchange ends here; its handler, if it still runs, writes into nothing. */
static void answer_timeout(kt_conn *c, uint16_t status, const char *detail) {
  kt_exchange *x = c->x;
  KT_COUNT(c->reactor->timeouts, 1);
  x->flags |= KT_X_CLOSE | KT_X_BODY_DONE;
  x->request.keep_alive = false;
  if (c->state == KT_H1_STATE_HEAD) x->request.version_minor = 1;
  c->state = KT_H1_STATE_RUN;
  kt__life_refuse(x, status, kt_bytes_make(detail, strlen(detail)));
  if (kt__h1_is_closed(c)) return;
  if (c->x == x) { /* suspended: let the connection go on without it */
    x->kept = c->in;
    c->in = NULL;
    c->x = NULL;
    kt__exchange_detach(x);
    kt__h1_linger(c);
  }
  pump(c);
}

static void timed_out(kt_conn *c) {
  switch ((kt__h1_state)c->state) {
  case KT_H1_STATE_HEAD:
    if (c->x)
      answer_timeout(c, 408, "the request's head did not arrive in time");
    else
      kt__h1_close(c);
    return;
  case KT_H1_STATE_BODY: answer_timeout(c, 408, "the request's content did not arrive in time"); return;
  case KT_H1_STATE_RUN:
    if (c->x && !(c->x->flags & KT_X_STARTED))
      answer_timeout(c, c->x->read_ready.fn ? 408 : 504, "no response was ready before the deadline");
    return;
  case KT_H1_STATE_SKIP:
  case KT_H1_STATE_LINGER: kt__h1_close(c); return;
  }
}

static void on_timer(kt_timer *t) {
  kt_conn *c = (kt_conn *)((char *)t - offsetof(kt_conn, timer));
  uint64_t now = c->reactor->loop.now_ms;
  if (c->write_due_ms && now >= c->write_due_ms) {
    KT_COUNT(c->reactor->timeouts, 1);
    kt__h1_close(c);
    return;
  }
  if (c->due_ms && now >= c->due_ms) {
    c->due_ms = 0;
    timed_out(c);
    if (kt__h1_is_closed(c)) return;
  }
  kt__h1_arm(c);
}

static kt_conn *new_conn(kt_reactor *r, int fd) {
  kt_conn *c = kt_slab_get(&r->conns);
  if (!c) return NULL;
  *c = (kt_conn){.reactor = r};
  if (kt_stream_open(&c->stream, &r->loop, fd, &events) == KT_OK) return c;
  kt_slab_put(&r->conns, c);
  return NULL;
}

static kt_conn *open_conn(kt_reactor *r, int fd) {
  kt_conn *c = new_conn(r, fd);
  if (!c) {
    close(fd);
    KT_COUNT(r->shed, 1);
    return NULL;
  }
  r->conn_n++;
  c->next = r->first;
  if (r->first) r->first->prev = c;
  r->first = c;
  kt_timer_init(&c->timer, on_timer);
  c->accepted_ns = r->loop.now_ns;
  kt__h1_set_due(c, r->config->idle_timeout_ms);
  return c;
}

void kt__h1_open(kt_reactor *r, int fd) {
  if (open_conn(r, fd)) KT_COUNT(r->accepted, 1);
}

void kt__h1_take(kt_reactor *r, int fd, kt_buf *in) {
  if (in) kt_buf_join(&r->loop.bufs);
  kt_conn *c = open_conn(r, fd);
  if (!c) {
    if (in) kt_buf_put(&r->loop.bufs, in);
    KT_COUNT(r->closed, 1);
    return;
  }
  c->in = in;
  if (in) pump(c);
  if (r->draining && !kt__h1_is_closed(c)) kt__h1_drain(c);
}
