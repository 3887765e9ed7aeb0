/* epoll.c: readiness through epoll(7). Streams are registered once, edge-triggered for both directions. EPOLLOUT costs
 * nothing while the socket has room: the kernel raises it only after a send was refused (SOCK_NOSPACE). */
#include "io/driver.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define EPOLL_EVENTS_MAX 256 /* events taken per wait */
#define FLUSH_IOV_MAX 16     /* buffers handed to one sendmsg */

static kt_status ep_open(kt_loop *l) {
  l->driver_fd = epoll_create1(EPOLL_CLOEXEC);
  return l->driver_fd < 0 ? KT_EIO : KT_OK;
}

static void ep_close(kt_loop *l) { close(l->driver_fd); }

static kt_status control_watch(kt_loop *l, int operation, kt_watch *w) {
  struct epoll_event e = {.data.ptr = w};
  if (w->events & KT__WATCH_READ) e.events |= EPOLLIN;
  if (w->events & KT__WATCH_WRITE) e.events |= EPOLLOUT;
  return epoll_ctl(l->driver_fd, operation, w->fd, &e) == 0 ? KT_OK : KT_EIO;
}

static kt_status ep_watch(kt_loop *l, kt_watch *w) {
  w->stopped = false;
  w->armed = w->events != 0;
  return w->armed ? control_watch(l, EPOLL_CTL_ADD, w) : KT_OK;
}

/* The kernel tells of errors whether they are wanted or not, so that no events means not to be in the set. */
static kt_status ep_rewatch(kt_loop *l, kt_watch *w, unsigned events) {
  int operation = !events ? EPOLL_CTL_DEL : w->armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  bool needed = events || w->armed;
  w->events = (uint8_t)events;
  w->armed = events != 0;
  if (!needed) return KT_OK;
  KT_COUNT(l->counters.syscalls, 1);
  return control_watch(l, operation, w);
}

static void ep_unwatch(kt_loop *l, kt_watch *w) {
  if (w->armed) epoll_ctl(l->driver_fd, EPOLL_CTL_DEL, w->fd, NULL);
  w->armed = false;
  w->stopped = true;
  kt_loop__gone(l, w);
}

static kt_status ep_add(kt_loop *l, kt_stream *s) {
  struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = s};
  KT_COUNT(l->counters.syscalls, 1);
  return epoll_ctl(l->driver_fd, EPOLL_CTL_ADD, s->fd, &e) == 0 ? KT_OK : KT_EIO;
}

/* Closing a descriptor does not do it while a process that was forked holds the socket, too, until it has become its
 * program: the set would tell of a stream that is no more. */
static bool ep_remove(kt_loop *l, kt_stream *s) {
  KT_COUNT(l->counters.syscalls, 1);
  epoll_ctl(l->driver_fd, EPOLL_CTL_DEL, s->fd, NULL);
  return true;
}

static void ep_leave(kt_loop *l, kt_stream *s) {
  ep_remove(l, s);
  s->events->left(s);
}

static kt_status ep_read(kt_loop *l, kt_stream *s, void *to, size_t room, size_t *n) {
  ssize_t got;
  do {
    KT_COUNT(l->counters.syscalls, 1);
    got = recv(s->fd, to, room, 0);
  } while (got < 0 && errno == EINTR);
  if (got > 0) {
    /* A short read means the socket is empty and a new edge will come, unless the peer's end is behind it. */
    if ((size_t)got < room && !(s->flags & KT_STREAM_HUNG_UP)) s->flags &= (uint16_t)~KT_STREAM_READABLE;
    KT_COUNT(l->counters.bytes_in, (uint64_t)got);
    *n = (size_t)got;
    return KT_OK;
  }
  s->flags &= (uint16_t)~KT_STREAM_READABLE;
  if (got == 0) return KT_END;
  return errno == EAGAIN ? KT_AGAIN : KT_EIO;
}

static ssize_t send_some(kt_stream *s) {
  kt_buf *b = s->out_head;
  if (!b->next) return send(s->fd, b->data + b->start, b->end - b->start, MSG_NOSIGNAL);
  struct iovec iov[FLUSH_IOV_MAX];
  size_t count = 0;
  for (; b && count < FLUSH_IOV_MAX; b = b->next)
    iov[count++] = (struct iovec){b->data + b->start, b->end - b->start};
  struct msghdr message = {.msg_iov = iov, .msg_iovlen = count};
  return sendmsg(s->fd, &message, MSG_NOSIGNAL);
}

static kt_status ep_flush(kt_loop *l, kt_stream *s) {
  while (s->out_head) {
    KT_COUNT(l->counters.syscalls, 1);
    ssize_t sent = send_some(s);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return KT_EIO;
      s->flags |= KT_STREAM_BLOCKED;
      return KT_AGAIN;
    }
    KT_COUNT(l->counters.bytes_out, (uint64_t)sent);
    kt_stream__sent(s, (size_t)sent);
  }
  return KT_OK;
}

/* The refusal was enough, see above. */
static kt_status ep_await_room(kt_loop *l, kt_stream *s) {
  (void)l;
  (void)s;
  return KT_AGAIN;
}

static bool is_open(const kt_stream *s) { return !(s->flags & KT_STREAM_CLOSED); }

static void deliver_stream(kt_stream *s, uint32_t events) {
  if (!is_open(s)) return;
  if (s->flags & KT_STREAM_CONNECTING) {
    if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) return;
    kt_stream__connected(s);
    if (!is_open(s)) return;
  }
  if (events & EPOLLERR) {
    s->flags |= KT_STREAM_BROKEN;
    s->events->broken(s);
    return;
  }
  if (events & (EPOLLRDHUP | EPOLLHUP)) s->flags |= KT_STREAM_HUNG_UP | KT_STREAM_READABLE;
  if ((events & EPOLLOUT) && (s->flags & KT_STREAM_BLOCKED)) {
    s->flags &= (uint16_t)~(KT_STREAM_BLOCKED | KT_STREAM_ROOM);
    s->events->drained(s);
    if (!is_open(s)) return;
  }
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) {
    s->flags |= KT_STREAM_READABLE;
    s->events->readable(s);
  }
}

static void deliver_watch(kt_watch *w, uint32_t events) {
  bool failed = events & (EPOLLERR | EPOLLHUP);
  w->got = 0;
  if (failed || events & EPOLLIN) w->got |= KT__WATCH_READ;
  if (failed || events & EPOLLOUT) w->got |= KT__WATCH_WRITE;
  w->got &= w->events;
  if (!w->stopped && w->got) w->ready(w);
}

/* Streams and watches both begin with their tag. */
static void deliver(const struct epoll_event *e) {
  if (*(uintptr_t *)e->data.ptr == KT__TAG_STREAM) {
    deliver_stream(e->data.ptr, e->events);
  } else {
    deliver_watch(e->data.ptr, e->events);
  }
}

static void ep_poll(kt_loop *l, int wait_ms) {
  struct epoll_event events[EPOLL_EVENTS_MAX];
  int n = epoll_wait(l->driver_fd, events, EPOLL_EVENTS_MAX, wait_ms);
  kt_loop__awake(l);
  for (int i = 0; i < n; i++) deliver(&events[i]);
}

const kt_driver kt_driver_epoll = {
    .name = "epoll",
    .open = ep_open,
    .close = ep_close,
    .watch = ep_watch,
    .rewatch = ep_rewatch,
    .unwatch = ep_unwatch,
    .add = ep_add,
    .remove = ep_remove,
    .leave = ep_leave,
    .stay = ep_add,
    .read = ep_read,
    .flush = ep_flush,
    .await_room = ep_await_room,
    .poll = ep_poll,
};
