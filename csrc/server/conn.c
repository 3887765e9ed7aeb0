#include "server/conn.h"

#include "server/h1.h"
#include "server/h2.h"
#include "server/secure.h"

#include <unistd.h>

static kt_conn *conn_of(kt_stream *s) { return (kt_conn *)s; }

/* ---- time ---- */

/* The timer is armed at the earlier of two due times and may fire early: extending a due time costs a store. */
void kt__conn_arm(kt_conn *c) {
  uint64_t at = c->due_ms;
  if (c->write_due_ms && (at == 0 || c->write_due_ms < at)) at = c->write_due_ms;
  if (at == 0) return;
  if (!kt_timer_armed(&c->timer) || c->timer.expires > at) kt_wheel_arm(&c->reactor->loop.wheel, &c->timer, at);
}

static void on_timer(kt_timer *t) {
  kt_conn *c = (kt_conn *)((char *)t - offsetof(kt_conn, timer));
  uint64_t now = c->reactor->loop.now_ms;
  if (c->write_due_ms && now >= c->write_due_ms) {
    KT_COUNT(c->reactor->timeouts, 1);
    kt__limit_met(c->reactor, KT_LIMIT_WRITE_TIME, c->stream.fd, NULL);
    kt__conn_close(c);
    return;
  }
  if (c->due_ms && now >= c->due_ms) {
    c->due_ms = 0;
    c->protocol->timed_out(c);
    if (kt__conn_is_closed(c)) return;
  }
  kt__conn_arm(c);
}

/* ---- the end ---- */

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

void kt__conn_put_input(kt_conn *c) {
  kt_buf_put(&c->reactor->loop.bufs, c->in);
  c->in = NULL;
}

void kt__conn_close(kt_conn *c) {
  if (kt__conn_is_closed(c)) return;
  kt_reactor *r = c->reactor;
  c->heir = NULL;
  unlink_conn(c);
  if (c->in_flush) drop_from(&r->to_flush, offsetof(kt_conn, next_flush), c);
  if (c->in_resume) {
    drop_from(&r->to_resume, offsetof(kt_conn, next_resume), c);
    drop_from(&r->resuming, offsetof(kt_conn, next_resume), c);
    drop_from(&r->yielded, offsetof(kt_conn, next_resume), c);
  }
  kt_stream_close(&c->stream);
  c->protocol->closing(c);
  if (c->in) kt__conn_put_input(c);
}

static void on_closed(kt_stream *s) {
  kt_conn *c = conn_of(s);
  kt_reactor *r = c->reactor;
  if (!c->heir) KT_COUNT(r->closed, 1);
  kt_slab_put(&r->conns, c);
  kt__reactor_conn_gone(r);
}

static void on_broken(kt_stream *s) { kt__conn_close(conn_of(s)); }

/* ---- output ---- */

void kt__conn_flush_soon(kt_conn *c) {
  if (c->in_flush || kt__conn_is_closed(c)) return;
  c->in_flush = true;
  c->next_flush = c->reactor->to_flush;
  c->reactor->to_flush = c;
}

/* What does not fit the queue is produced when the kernel has taken what was there. */
static kt_status flush(kt_conn *c) {
  kt_status more = KT_OK, st;
  do {
    if (c->protocol->produce) more = c->protocol->produce(c);
    if (more < 0) return more;
    st = kt_stream_flush(&c->stream);
  } while (st == KT_OK && more == KT_AGAIN);
  return st;
}

void kt__conn_flush(kt_conn *c) {
  if (kt__conn_is_closed(c)) return;
  switch (flush(c)) {
  case KT_OK:
    c->write_due_ms = 0;
    if (c->protocol == &kt__protocol_linger && !c->fin_sent) {
      c->fin_sent = true;
      kt_stream_shutdown(&c->stream);
      kt__conn_set_due(c, KT_LINGER_MS);
      if (c->peer_ended) kt__conn_close(c);
    }
    return;
  case KT_AGAIN:
    c->write_due_ms = c->reactor->loop.now_ms + c->reactor->config->write_timeout_ms;
    kt__conn_arm(c);
    return;
  default: kt__conn_close(c);
  }
}

static void on_drained(kt_stream *s) {
  kt_conn *c = conn_of(s);
  kt__conn_flush(c);
  if (!kt__conn_is_closed(c)) c->protocol->drained(c);
}

static void on_refused(kt_stream *s) { kt__conn_flush(conn_of(s)); }

/* ---- turns ---- */

static void resume_from(kt_conn *c, kt_conn **list) {
  if (c->in_resume || kt__conn_is_closed(c)) return;
  c->in_resume = true;
  c->next_resume = *list;
  *list = c;
}

void kt__conn_resume(kt_conn *c) { resume_from(c, &c->reactor->to_resume); }
void kt__conn_yield(kt_conn *c) { resume_from(c, &c->reactor->yielded); }

static void on_readable(kt_stream *s) {
  kt_conn *c = conn_of(s);
  if (!c->in_resume) c->protocol->pump(c); /* else when its turn comes */
}

/* Only listeners make connections here; dialled streams belong to other rooms. */
static void on_connected(kt_stream *s, int error) {
  (void)error;
  kt__conn_close(conn_of(s));
}

/* ---- moving ---- */

/* Output of the last response may still be with the kernel (kt_stream_leave waits for it). */
bool kt__conn_is_quiet(const kt_conn *c) {
  const unsigned gone = KT_STREAM_CLOSED | KT_STREAM_BROKEN | KT_STREAM_LEAVING | KT_STREAM_PENDING;
  if (c->in || kt_stream_queued(&c->stream) || c->in_flush || c->in_resume || c->stream.flags & gone) return false;
  return c->protocol == &kt__protocol_h1 ? kt__h1_is_idle(c) : c->protocol == &kt__protocol_h2 && kt__h2_is_idle(c);
}

void kt__conn_give(kt_conn *c, kt_reactor *to) {
  c->heir = to;
  kt_stream_leave(&c->stream);
}

static void stay(kt_conn *c) {
  c->heir = NULL;
  c->stream.flags |= KT_STREAM_READABLE;
  if (kt_stream_stay(&c->stream) != KT_OK) kt__conn_close(c);
}

static kt_status read_rest(kt_conn *c) {
  kt_status st = KT_OK;
  size_t n;
  if (!c->in && !(c->in = kt_buf_get(&c->reactor->loop.bufs))) return KT_ENOMEM;
  while (st == KT_OK && c->in->end < c->in->cap) {
    st = kt_stream_read(&c->stream, c->in->data + c->in->end, c->in->cap - c->in->end, &n);
    if (st == KT_OK) c->in->end += (uint32_t)n;
  }
  return st;
}

static bool may_go(kt_conn *c) {
  kt_status st = read_rest(c);
  if (c->in && c->in->start == c->in->end) kt__conn_put_input(c);
  const kt_filter *f = c->stream.filter;
  return st == KT_AGAIN && !c->reactor->draining && !(f && f->wire) && !kt_stream_unsent(&c->stream);
}

static void on_left(kt_stream *s) {
  kt_conn *c = conn_of(s);
  kt_reactor *r = c->reactor;
  if (!may_go(c)) {
    stay(c);
    return;
  }
  kt__parcel parcel = {.fd = s->fd, .filter = s->filter, .in = c->in, .h2 = kt__h2_leave(c)};
  if (!kt__balance_send(c->heir, &parcel)) {
    c->h2 = parcel.h2;
    stay(c);
    return;
  }
  kt_stream_detach(s);
  if (c->in) kt_buf_part(&r->loop.bufs);
  c->in = NULL;
  unlink_conn(c);
  KT_COUNT(r->balance.moved, 1);
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

/* ---- the beginning ---- */

static kt_conn *new_conn(kt_reactor *r, int fd) {
  kt_conn *c = kt_slab_get(&r->conns);
  if (!c) return NULL;
  *c = (kt_conn){.reactor = r, .protocol = &kt__protocol_h1};
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
  kt__conn_set_due(c, r->config->idle_timeout_ms);
  return c;
}

void kt__conn_open(kt_reactor *r, int fd) {
  kt_conn *c = open_conn(r, fd);
  if (!c) return;
  KT_COUNT(r->accepted, 1);
  if (!r->tls) return;
  kt__conn_set_due(c, r->config->handshake_timeout_ms);
  if (kt__secure_begin(c)) return;
  KT_COUNT(r->shed, 1);
  kt__conn_close(c);
}

void kt__conn_take(kt_reactor *r, const kt__parcel *p) {
  if (p->in) kt_buf_join(&r->loop.bufs);
  kt_conn *c = open_conn(r, p->fd);
  if (!c) {
    if (p->in) kt_buf_put(&r->loop.bufs, p->in);
    if (p->filter) p->filter->ops->destroy(p->filter);
    if (p->h2) kt__h2_destroy(p->h2);
    KT_COUNT(r->closed, 1);
    return;
  }
  if (p->filter) kt_stream_set_filter(&c->stream, p->filter);
  if (p->h2) kt__h2_enter(c, p->h2);
  c->in = p->in;
  if (c->in) c->protocol->pump(c);
  if (r->draining && !kt__conn_is_closed(c)) c->protocol->drain(c);
}

void kt__conn_speak(kt_conn *c, const kt_protocol *protocol) {
  c->protocol = protocol;
  protocol->pump(c);
}

/* ---- lingering ---- */

#define LINGER_READS_MAX 16 /* in a turn: whoever sends on is not to hold up the others */

static void drop_input(kt_conn *c) {
  if (!c->in && !(c->in = kt_buf_get(&c->reactor->loop.bufs))) {
    kt__conn_close(c);
    return;
  }
  size_t n;
  kt_status st = KT_OK;
  for (int i = 0; st == KT_OK && i < LINGER_READS_MAX; i++)
    st = kt_stream_read(&c->stream, c->in->data, c->in->cap, &n);
  kt__conn_put_input(c);
  if (st == KT_OK) kt__conn_yield(c);
  if (st == KT_OK || st == KT_AGAIN) return;
  c->peer_ended = true;
  if (st != KT_END || c->fin_sent) kt__conn_close(c); /* else output is still queued */
}

/* Output that was queued had the time limit of writing; this time began behind it. */
static void on_linger_timeout(kt_conn *c) { kt__conn_close(c); }
static void nothing(kt_conn *c) { (void)c; }

const kt_protocol kt__protocol_linger = {
    .pump = drop_input,
    .drained = nothing,
    .timed_out = on_linger_timeout,
    .drain = nothing,
    .closing = nothing,
};

void kt__conn_linger(kt_conn *c) {
  c->protocol = &kt__protocol_linger;
  kt_stream_be_last(&c->stream);
  kt__conn_set_due(c, 0); /* until the queue is out */
  kt__conn_flush_soon(c);
  kt__conn_resume(c); /* what the protocol left unread */
}
