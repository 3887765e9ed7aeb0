#include "io/stream.h"

#include "io/driver.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static void stream_init(kt_stream *s, kt_loop *l, int fd, const kt_stream_events *events, uint16_t flags) {
  *s = (kt_stream){.tag = KT__TAG_STREAM, .loop = l, .events = events, .fd = fd, .flags = flags};
}

kt_status kt_stream_open(kt_stream *s, kt_loop *l, int fd, const kt_stream_events *events) {
  stream_init(s, l, fd, events, 0);
  return l->driver->add(l, s);
}

kt_status kt_stream_dial(kt_stream *s, kt_loop *l, const struct sockaddr *to, uint32_t to_n,
                         const kt_stream_events *events) {
  int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return KT_EIO;
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, to, to_n) != 0 && errno != EINPROGRESS) {
    int error = errno;
    close(fd);
    errno = error;
    return KT_EIO;
  }
  stream_init(s, l, fd, events, KT_STREAM_CONNECTING);
  kt_status st = l->driver->add(l, s);
  if (st != KT_OK) close(fd);
  return st;
}

static void forget(kt_stream *s) {
  s->fd = -1;
  s->next_closing = s->loop->closing;
  s->loop->closing = s;
}

void kt_stream__drop(kt_stream *s, kt_buf **list) {
  while (*list) {
    kt_buf *b = *list;
    *list = b->next;
    kt_buf_put(&s->loop->bufs, b);
  }
}

void kt_stream__removed(kt_stream *s) {
  if (s->filter) kt_stream_drop_filter(s);
  kt_stream__drop(s, &s->out_head);
  kt_stream__drop(s, &s->stash);
  kt_stream__drop(s, &s->offered);
  s->out_tail = NULL;
  s->queued = 0;
  KT_COUNT(s->loop->counters.syscalls, 1);
  close(s->fd);
  forget(s);
}

void kt_stream_close(kt_stream *s) {
  if (s->flags & KT_STREAM_CLOSED) return;
  if (s->filter) kt_stream__tell_end(s);
  s->flags |= KT_STREAM_CLOSED;
  s->flags &= (uint16_t)~(KT_STREAM_READABLE | KT_STREAM_PENDING);
  if (s->loop->driver->remove(s->loop, s)) kt_stream__removed(s);
}

void kt_stream_leave(kt_stream *s) {
  KT_ASSERT(!(s->flags & (KT_STREAM_CLOSED | KT_STREAM_BROKEN | KT_STREAM_LEAVING)) && kt_stream_queued(s) == 0);
  s->flags |= KT_STREAM_LEAVING;
  s->loop->driver->leave(s->loop, s);
}

int kt_stream_detach(kt_stream *s) {
  KT_ASSERT(s->flags & KT_STREAM_LEAVING && !s->stash && s->ops == 0);
  int fd = s->fd;
  s->filter = NULL;
  s->flags |= KT_STREAM_CLOSED;
  s->flags &= (uint16_t)~KT_STREAM_READABLE;
  forget(s);
  return fd;
}

kt_status kt_stream_stay(kt_stream *s) {
  s->flags &= (uint16_t)~KT_STREAM_LEAVING;
  kt_status st = s->loop->driver->stay(s->loop, s);
  if (st == KT_OK && s->flags & KT_STREAM_READABLE) s->events->readable(s);
  return st;
}

void kt_stream__connected(kt_stream *s) {
  int error = 0;
  socklen_t n = sizeof error;
  if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0) error = errno;
  s->flags &= (uint16_t)~KT_STREAM_CONNECTING;
  s->events->connected(s, error);
}

void kt_stream_shutdown(kt_stream *s) {
  if (s->flags & (KT_STREAM_CLOSED | KT_STREAM_BROKEN)) return;
  KT_COUNT(s->loop->counters.syscalls, 1);
  shutdown(s->fd, SHUT_WR);
}

kt_status kt_stream_read(kt_stream *s, void *to, size_t room, size_t *n) {
  KT_ASSERT(room > 0);
  if (s->flags & (KT_STREAM_CLOSED | KT_STREAM_BROKEN)) return KT_EIO;
  if (s->filter) return kt_stream__read_filtered(s, to, room, n);
  if (!(s->flags & KT_STREAM_READABLE)) return KT_AGAIN;
  return s->loop->driver->read(s->loop, s, to, room, n);
}

/* A queue of buffers, of wire or of clear bytes. */
typedef struct queue {
  kt_buf **head, **tail;
  size_t *n;
} queue;

static queue wire_queue(kt_stream *s) { return (queue){&s->out_head, &s->out_tail, &s->queued}; }

static queue owners_queue(kt_stream *s) {
  kt_filter *f = s->filter;
  bool seals = f && !(s->flags & KT_STREAM_SEALED);
  return seals ? (queue){&f->clear_head, &f->clear_tail, &f->clear_n} : wire_queue(s);
}

static uint8_t *reserve(kt_stream *s, queue q, size_t n) {
  kt_buf *b = *q.tail;
  if (b && b->cap - b->end >= n) return b->data + b->end;
  b = kt_buf_get(&s->loop->bufs);
  if (!b) return NULL;
  KT_ASSERT(n <= b->cap);
  b->next = NULL;
  if (*q.tail)
    (*q.tail)->next = b;
  else
    *q.head = b;
  *q.tail = b;
  return b->data;
}

static void commit(queue q, size_t n) {
  KT_ASSERT(*q.tail && (*q.tail)->cap - (*q.tail)->end >= n);
  (*q.tail)->end += (uint32_t)n;
  *q.n += n;
}

static kt_status append(kt_stream *s, queue q, const void *p, size_t n) {
  const uint8_t *from = p;
  while (n > 0) {
    uint8_t *to = reserve(s, q, 1);
    if (!to) return KT_ENOMEM;
    size_t room = (*q.tail)->cap - (*q.tail)->end;
    size_t part = n < room ? n : room;
    memcpy(to, from, part);
    commit(q, part);
    from += part;
    n -= part;
  }
  return KT_OK;
}

uint8_t *kt_stream__reserve(kt_stream *s, size_t n) { return reserve(s, owners_queue(s), n); }
void kt_stream__commit(kt_stream *s, size_t n) { commit(owners_queue(s), n); }
kt_status kt_stream__append(kt_stream *s, const void *p, size_t n) { return append(s, owners_queue(s), p, n); }

kt_status kt_stream__append_wire(kt_stream *s, const void *p, size_t n) { return append(s, wire_queue(s), p, n); }

void kt_stream__sent(kt_stream *s, size_t n) {
  s->queued -= n;
  while (s->out_head) {
    kt_buf *b = s->out_head;
    size_t here = b->end - b->start;
    if (n < here) {
      b->start += (uint32_t)n;
      return;
    }
    n -= here;
    s->out_head = b->next;
    kt_buf_put(&s->loop->bufs, b);
  }
  s->out_tail = NULL;
  KT_ASSERT(n == 0 && s->queued == 0);
}

kt_status kt_stream_send_file(kt_stream *s, int fd, uint64_t offset, size_t n, size_t *sent) {
  KT_ASSERT(!kt_stream_unsent(s) && (!s->filter || s->flags & KT_STREAM_SEALED));
  if (s->flags & (KT_STREAM_CLOSED | KT_STREAM_BROKEN)) return errno = EPIPE, KT_EIO;
  if (s->flags & (KT_STREAM_BLOCKED | KT_STREAM_CONNECTING)) return KT_AGAIN;
  off_t at = (off_t)offset;
  KT_COUNT(s->loop->counters.syscalls, 1);
  ssize_t got = sendfile(s->fd, fd, &at, n);
  if (got > 0) {
    *sent = (size_t)got;
    KT_COUNT(s->loop->counters.bytes_out, *sent);
    return KT_OK;
  }
  if (got == 0) return KT_END;
  if (errno != EAGAIN) return KT_EIO;
  s->flags |= KT_STREAM_BLOCKED | KT_STREAM_ROOM;
  return s->loop->driver->await_room(s->loop, s);
}

kt_status kt_stream__flush_wire(kt_stream *s) {
  if (s->flags & KT_STREAM_ROOM) return KT_AGAIN;
  if (!s->out_head && !(s->offered && s->flags & KT_STREAM_EXACT)) return KT_OK;
  if (s->flags & (KT_STREAM_BLOCKED | KT_STREAM_CONNECTING)) return KT_AGAIN;
  return s->loop->driver->flush(s->loop, s);
}

kt_status kt_stream_flush(kt_stream *s) {
  if (s->flags & (KT_STREAM_CLOSED | KT_STREAM_BROKEN)) return KT_EIO;
  if (s->filter && !(s->flags & KT_STREAM_BLOCKED) && kt_stream__seal(s) != KT_OK) return KT_EIO;
  kt_status st = kt_stream__flush_wire(s);
  return st == KT_OK && s->flags & KT_STREAM_SEALED ? kt_stream__say_last(s) : st;
}
