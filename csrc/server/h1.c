/* h1.c: the life of an HTTP/1.1 connection: events, timeouts, and the loop that drives one step after the other. */
#include "server/h1.h"

#include "server/h2.h"
#include "server/problem.h"

void kt__h1_await_content(kt_conn *c) {
  kt__conn_set_due(c, kt__patience_wait(&c->h1.patience, c->reactor->loop.now_ms));
}

void kt__h1_content_came(kt_conn *c, size_t n) {
  kt__patience_came(&c->h1.patience, c->reactor->config, c->reactor->loop.now_ms, n);
  const kt_exchange *x = c->h1.x;
  if (c->h1.state == KT_H1_STATE_RUN && x) kt__conn_set_due(c, x->flags & KT_X_STARTED ? 0 : x->deadline_ms);
}

/* The exchange goes on without its connection, and keeps the buffer that its slices point into. */
static void let_go(kt_conn *c) {
  kt_exchange *x = c->h1.x;
  x->kept = c->in;
  c->in = NULL;
  c->h1.x = NULL;
  kt__exchange_detach(x);
}

static void closing(kt_conn *c) {
  if (c->h1.x) let_go(c);
}

static bool is_congested(const kt_conn *c) {
  return kt_stream_queued(&c->stream) >= c->reactor->config->write_high_size;
}

/* Handles pending bytes until more input, the handler or room for output is needed, or the turn's share is used. */
static void process(kt_conn *c) {
  uint32_t budget = c->reactor->config->pipeline_max;
  c->h1.processing = true;
  uint64_t before = c->reactor->requests;
  while (!kt__conn_is_closed(c)) {
    if (is_congested(c)) {
      kt__conn_flush(c);
      if (kt__conn_is_closed(c) || is_congested(c)) break;
    }
    if (c->reactor->requests - before > budget && c->h1.state == KT_H1_STATE_HEAD) {
      kt__conn_yield(c);
      break;
    }
    if (!kt__h1_step(c)) break;
  }
  c->h1.processing = false;
}

/* The peer sends no more. A request that is whole is still answered; one that is not is incomplete and never handled
 * (RFC 9112 §8). */
static void end_of_input(kt_conn *c) {
  c->peer_ended = true;
  if (c->h1.x && c->h1.x->flags & KT_X_TUNNEL) {
    c->h1.x->flags |= KT_X_BODY_DONE;
    kt__exchange_readable(c->h1.x);
    return;
  }
  if (c->h1.state == KT_H1_STATE_RUN && c->h1.x && !(c->h1.x->flags & KT_X_BODY_DONE) && c->h1.x->read_ready.fn) {
    kt__conn_close(c);
    return;
  }
  if (c->h1.state == KT_H1_STATE_RUN) return;
  if (c->h1.state == KT_H1_STATE_HEAD && !c->h1.x && kt_stream_unsent(&c->stream))
    kt__h1_linger(c);
  else
    kt__conn_close(c);
}

static bool wants_input(const kt_conn *c) {
  if (kt__conn_is_closed(c) || c->h1.state == KT_H1_STATE_OVER) return false;
  if (c->h1.x && c->h1.x->flags & KT_X_DECODES) return false; /* what waits lies in the buffer */
  if (c->h1.state == KT_H1_STATE_RUN) return c->h1.x && c->h1.x->read_ready.fn;
  return true;
}

static void rest(kt_conn *c) {
  if (kt__conn_is_closed(c) || !c->in || c->protocol == &kt__protocol_h2) return;
  if (c->h1.x && !(c->h1.x->flags & KT_X_TUNNEL)) return;
  if (c->in->start == c->in->end || c->h1.state == KT_H1_STATE_OVER) kt__conn_put_input(c);
}

/* What was read goes to the handler that waits for it, or is processed. */
static void pass_on(kt_conn *c) {
  if (c->h1.state == KT_H1_STATE_BODY) kt__h1_await_content(c);
  if (c->h1.state == KT_H1_STATE_RUN && c->h1.x) {
    kt__exchange_readable(c->h1.x);
    if (kt__conn_is_closed(c) || c->h1.state == KT_H1_STATE_RUN) return;
  }
  process(c);
}

/* Reads and handles until the socket is empty or nobody wants more. */
static void pump(kt_conn *c) {
  process(c);
  while (wants_input(c) && !c->in_resume && kt_stream_readable(&c->stream) && !is_congested(c)) {
    kt_status st = kt__h1_fill(c);
    if (st == KT_END) {
      end_of_input(c);
      break;
    }
    if (st == KT_EFULL || st == KT_AGAIN) break;
    if (st != KT_OK) {
      kt__conn_close(c);
      return;
    }
    pass_on(c);
  }
  if (!kt__conn_is_closed(c)) kt__conn_flush(c);
  rest(c);
}

static void drained(kt_conn *c) {
  if (c->h1.x && kt_stream_queued(&c->stream) <= c->reactor->config->write_low_size) kt__exchange_writable(c->h1.x);
  if (!kt__conn_is_closed(c) && !c->in_resume) c->protocol->pump(c);
}

static void drain(kt_conn *c) {
  if (c->h1.x || c->h1.state == KT_H1_STATE_OVER) return; /* decide_close sees the draining reactor */
  if (kt_stream_unsent(&c->stream))
    kt__h1_linger(c);
  else
    kt__conn_close(c);
}

/* The exchange ends here; its handler, if it still runs, writes into nothing. */
static void answer_timeout(kt_conn *c, uint16_t status, const char *detail) {
  kt_exchange *x = c->h1.x;
  KT_COUNT(c->reactor->timeouts, 1);
  x->flags |= KT_X_CLOSE | KT_X_BODY_DONE;
  x->request.keep_alive = false;
  if (c->h1.state == KT_H1_STATE_HEAD) x->request.version_minor = 1;
  c->h1.state = KT_H1_STATE_RUN;
  kt__life_refuse(x, status, kt_bytes_make(detail, strlen(detail)));
  if (kt__conn_is_closed(c)) return;
  if (c->h1.x == x) { /* suspended: let the connection go on without it */
    let_go(c);
    kt__h1_linger(c);
  }
  c->protocol->pump(c);
}

/* What the client was late with; not for handlers, nor between two requests. */
static void tell_late(kt_conn *c) {
  const kt_exchange *x = c->h1.x;
  if (c->h1.state == KT_H1_STATE_HEAD && c->h1.head_timed)
    kt__limit_met(c->reactor, KT_LIMIT_HEAD_TIME, c->stream.fd, NULL);
  else if (c->h1.state == KT_H1_STATE_BODY || c->h1.state == KT_H1_STATE_SKIP || (x && x->read_ready.fn))
    kt__limit_met(c->reactor, KT_LIMIT_BODY_TIME, c->stream.fd, NULL);
}

static void timed_out(kt_conn *c) {
  tell_late(c);
  switch ((kt__h1_state)c->h1.state) {
  case KT_H1_STATE_HEAD:
    if (c->h1.x)
      answer_timeout(c, 408, "the request's head did not arrive in time");
    else
      kt__conn_close(c);
    return;
  case KT_H1_STATE_BODY: answer_timeout(c, 408, "the request's content did not arrive in time"); return;
  case KT_H1_STATE_RUN:
    if (!c->h1.x) return;
    if (!(c->h1.x->flags & KT_X_STARTED)) {
      answer_timeout(c, c->h1.x->read_ready.fn ? 408 : 504, "no response was ready before the deadline");
    } else if (c->h1.x->read_ready.fn) { /* content stopped coming after the response had begun */
      KT_COUNT(c->reactor->timeouts, 1);
      kt__conn_close(c);
    }
    return;
  case KT_H1_STATE_SKIP:
  case KT_H1_STATE_OVER: kt__conn_close(c); return;
  }
}

const kt_protocol kt__protocol_h1 = {
    .pump = pump,
    .drained = drained,
    .timed_out = timed_out,
    .drain = drain,
    .closing = closing,
};
