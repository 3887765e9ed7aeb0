/* filtered.c: streams whose bytes pass a filter on their way to and from the socket. */
#include "io/driver.h"
#include "io/ktls.h"
#include "io/stream.h"

#include <errno.h>
#include <sys/socket.h>

static bool write_wire(void *stream, const void *p, size_t n) {
  return kt_stream__append_wire(stream, p, n) == KT_OK;
}

void kt_stream_set_filter(kt_stream *s, kt_filter *filter) {
  s->filter = filter;
  filter->write = write_wire;
  filter->context = s;
  if (filter->handed_over) s->flags |= KT_STREAM_SEALED;
}

static kt_status fill_wire(kt_stream *s) {
  if (!(s->flags & KT_STREAM_READABLE)) return KT_AGAIN;
  kt_filter *f = s->filter;
  if (!f->wire && !(f->wire = kt_buf_get(&s->loop->bufs))) return KT_ENOMEM;
  kt_buf *b = f->wire;
  b->start = b->end = 0;
  size_t n;
  kt_status st = s->loop->driver->read(s->loop, s, b->data, b->cap, &n);
  if (st == KT_OK) b->end = (uint32_t)n;
  return st;
}

static kt_status open_wire(kt_stream *s, void *to, size_t room, size_t *n) {
  kt_filter *f = s->filter;
  static const uint8_t none;
  kt_buf *b = f->wire;
  const uint8_t *wire = b ? b->data + b->start : &none;
  kt_status st = f->ops->open(f, &wire, b ? b->data + b->end : &none, to, room, n);
  if (!b) return st;
  b->start = (uint32_t)(wire - b->data);
  if (b->start == b->end) kt_stream__drop(s, &f->wire);
  return st;
}

/* The filter answers KT_AGAIN only when it has taken all that was there. */
kt_status kt_stream__read_filtered(kt_stream *s, void *to, size_t room, size_t *n) {
  kt_status st;
  *n = 0;
  do st = open_wire(s, to, room, n);
  while (st == KT_AGAIN && (st = fill_wire(s)) == KT_OK);
  if (s->filter->wire && s->filter->wire->start == s->filter->wire->end) kt_stream__drop(s, &s->filter->wire);
  bool more = st == KT_OK && (s->filter->wire || *n == room);
  s->flags = more ? s->flags | KT_STREAM_PENDING : s->flags & (uint16_t)~KT_STREAM_PENDING;
  bool wrote = s->queued && !(s->flags & KT_STREAM_SEALED); /* a handshake's message, an alert */
  if (wrote && kt_stream__flush_wire(s) == KT_EIO) return KT_EIO;
  return st;
}

kt_status kt_stream_handshake(kt_stream *s) {
  size_t n;
  if (s->flags & (KT_STREAM_CLOSED | KT_STREAM_BROKEN)) return KT_EIO;
  return kt_stream__read_filtered(s, NULL, 0, &n);
}

/* One buffer's worth too much is better than a wait between two. */
kt_status kt_stream__seal(kt_stream *s) {
  kt_filter *f = s->filter;
  while (f->clear_head) {
    kt_buf *b = f->clear_head;
    size_t n = b->end - b->start;
    if (n > 0 && f->ops->seal(f, b->data + b->start, n) != KT_OK) return KT_EIO;
    f->clear_n -= n;
    f->clear_head = b->next;
    kt_buf_put(&s->loop->bufs, b);
  }
  f->clear_tail = NULL;
  if ((s->flags & (KT_STREAM_LAST | KT_STREAM_ENDED | KT_STREAM_SEALED)) == KT_STREAM_LAST) {
    s->flags |= KT_STREAM_ENDED;
    f->ops->end(f);
  }
  return KT_OK;
}

/* ---- sealed by the kernel ---- */

kt_status kt_stream_seal_below(kt_stream *s) {
  kt_filter *f = s->filter;
  KT_ASSERT(!kt_stream_unsent(s));
  if (s->flags & KT_STREAM_SEALED) return KT_OK;
  if (!kt_stream_takes_files(s)) return KT_EINVAL;
  uint8_t info[KT_KTLS_INFO_MAX];
  size_t n = f->ops->seals(f, info, sizeof info);
  if (n == 0) return KT_EINVAL;
  KT_COUNT(s->loop->counters.syscalls, 2);
  kt_status st = kt_ktls_begin(s->fd, info, n);
  int error = errno;
  explicit_bzero(info, sizeof info);
  errno = error;
  f->handed_over = st == KT_OK;
  f->keeps = st != KT_OK;
  if (st == KT_OK) s->flags |= KT_STREAM_SEALED;
  return st;
}

static kt_status say(kt_stream *s) {
  uint8_t alert[2];
  if (!s->filter->ops->last_alert(s->filter, alert)) return KT_OK;
  KT_COUNT(s->loop->counters.syscalls, 2);
  return kt_ktls_alert(s->fd, alert);
}

kt_status kt_stream__say_last(kt_stream *s) {
  if ((s->flags & (KT_STREAM_LAST | KT_STREAM_ENDED)) != KT_STREAM_LAST) return KT_OK;
  if (say(s) != KT_AGAIN) {
    s->flags |= KT_STREAM_ENDED; /* or the peer is gone, which the end will show */
    return KT_OK;
  }
  s->flags |= KT_STREAM_BLOCKED | KT_STREAM_ROOM;
  return s->loop->driver->await_room(s->loop, s);
}

/* ---- the end ---- */

void kt_stream__tell_end(kt_stream *s) {
  if (s->flags & (KT_STREAM_BROKEN | KT_STREAM_ENDED | KT_STREAM_HUNG_UP) || kt_stream_unsent(s)) return;
  if (s->flags & KT_STREAM_SEALED) {
    if (!(s->flags & KT_STREAM_ROOM)) say(s); /* where it does not fit, the peer does not read */
    return;
  }
  s->filter->ops->end(s->filter);
  kt_buf *b = s->out_head;
  if (!b) return;
  KT_COUNT(s->loop->counters.syscalls, 1);
  if (send(s->fd, b->data + b->start, b->end - b->start, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    /* the peer is gone, or does not read; closing is all that is left */
  }
}

void kt_stream_drop_filter(kt_stream *s) {
  kt_stream__drop(s, &s->filter->wire);
  kt_stream__drop(s, &s->filter->clear_head);
  s->filter->ops->destroy(s->filter);
  s->filter = NULL;
  s->flags &= (uint16_t)~(KT_STREAM_PENDING | KT_STREAM_SEALED);
}
