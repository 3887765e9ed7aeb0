/* h2.c: the life of an HTTP/2 connection: bytes to the session and back, drains and ends.
 *
 * An exchange stays linked to its connection until its stream is over, also when its handler is through, because its
 * content waits for the peer's window; a stream that ends early detaches its exchange. Nothing here is called back by
 * the session while it sends: what handlers do in its events is sent at the end of the turn. */
#include "server/h2.h"

static void wake_writers(kt_conn *c) {
  uint32_t low = c->reactor->config->write_low_size;
  for (kt_exchange *x = c->h2->first, *next; x; x = next) {
    next = x->h2.next;
    if ((x->write_ready.fn || x->flags & KT_X_ENCODES) && kt__wire_h2.queued(x) <= low) kt__exchange_writable(x);
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
      kt__conn_yield(c);
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
  if (c->h2->draining && !c->h2->first) kt__h2_shut(c->h2, KT_H2_NO_ERROR);
  if (c->in) kt__conn_put_input(c);
  if (goes_on) kt__conn_flush(c);
  if (kt__conn_is_closed(c)) return;
  if (!goes_on || kt_h2_is_over(c->h2->session)) finish(c);
}

static void drained(kt_conn *c) {
  if (!c->in_resume) pump(c);
}

static void timed_out(kt_conn *c) {
  struct kt__h2 *h = c->h2;
  if (h->heading) {
    KT_COUNT(c->reactor->timeouts, 1);
    kt__limit_met(c->reactor, KT_LIMIT_HEAD_TIME, c->stream.fd, NULL);
  }
  if (c->stream.flags & KT_STREAM_LEAVING) { /* nothing may be written */
    kt__conn_close(c);
    return;
  }
  if (!h->draining || h->heading) h->ended = true;
  kt__h2_shut(h, KT_H2_NO_ERROR);
  pump(c);
}

static void drain(kt_conn *c) {
  struct kt__h2 *h = c->h2;
  if (h->draining) return;
  h->draining = true;
  if (h->first) kt_h2_shut_down(h->session, false, KT_H2_NO_ERROR);
  kt__conn_set_due(c, KT_H2_GRACE_MS);
  if (!(c->stream.flags & KT_STREAM_LEAVING)) kt__conn_resume(c); /* else when it stays */
}

static void closing(kt_conn *c) {
  struct kt__h2 *h = c->h2;
  if (!h) return;
  while (h->first) kt__h2_part(c, h->first);
  kt__h2_destroy(kt__h2_leave(c));
}

bool kt__h2_is_idle(const kt_conn *c) {
  const struct kt__h2 *h = c->h2;
  return !h->first && !h->heading && !h->draining && !h->shut && !h->ended && !kt_h2_has_output(h->session);
}

struct kt__h2 *kt__h2_leave(kt_conn *c) {
  struct kt__h2 *h = c->h2;
  if (h) kt_wheel_cancel(&c->reactor->loop.wheel, &h->sweep);
  c->h2 = NULL;
  return h;
}

void kt__h2_enter(kt_conn *c, struct kt__h2 *h) {
  h->conn = c;
  kt_h2_session_give(h->session, c);
  c->h2 = h;
  c->protocol = &kt__protocol_h2;
}

void kt__h2_destroy(struct kt__h2 *h) {
  kt_h2_session_destroy(h->session);
  kt_free(h);
}

const kt_protocol kt__protocol_h2 = {
    .pump = pump,
    .drained = drained,
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
  kt_timer_init(&h->sweep, kt__h2_sweep);
  h->glitch_ms = c->reactor->loop.now_ms;
  h->session = kt_h2_session_create(&settings, &kt__h2_events, c);
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
  kt__h2_due(c);
  kt__conn_resume(c);
}
