/* uring.c: completions through io_uring(7). A turn is one system call: it submits what the turn before prepared (sends,
 * receives of new streams) and waits.
 *
 * Output of one buffer is offered: sent without waiting and, if all of it goes, without a completion, so that the
 * turn's wait ends with the next request and not with its own answer. The flush says KT_OK on trust; the kernel tells of
 * an offer that failed before the system call returns, and the bytes go back to the queue. Everything else is a send
 * whose completion counts.
 *
 * A stream has one multishot receive, which takes buffers from a ring that all streams of a loop share, so that an idle
 * stream holds none. A buffer is given back as soon as its bytes were delivered. What the reader left goes to the
 * stream's stash and ends the receive until the stash is empty: that is how a slow reader slows its peer, and why no
 * reader can keep the shared buffers from the others.
 *
 * Memory that the kernel may still touch (the queue while a send is under way, the stream itself) is given back when
 * the last operation has completed. */
#include "io/uring.h"

#include "io/driver.h"

#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGES 64      /* sendmsg headers of one submission */
#define FLUSH_IOV_MAX 16 /* buffers handed to one sendmsg */
#define CQES_MAX 256     /* completions looked at in one go */
#define OFFERS_MAX 512   /* offers of one submission */

/* The low bits of user_data; the rest is the stream or the watch. */
enum { OP_NONE, OP_RECEIVE, OP_SEND, OP_CONNECT, OP_POLL, OP_ACCEPT, OP_OFFER, OP_MASK = 7 };

typedef struct message {
  struct msghdr header;
  struct iovec iov[FLUSH_IOV_MAX];
} message;

struct kt_uring {
  struct io_uring ring;
  bool enabled;
  kt_uring_group group;
  bool hurried; /* a stream waits for the outcome of its offer, so the next wait must not sleep */
  unsigned offer_n;
  kt_stream *offers[OFFERS_MAX];
  unsigned message_n;
  message messages[MESSAGES]; /* read by the kernel while it submits */
  /* The receive that is being delivered. */
  kt_stream *current;
  const uint8_t *at;
  size_t left;
};
typedef struct kt_uring uring;

static void submit(kt_loop *l, uring *u) {
  KT_COUNT(l->counters.syscalls, 1);
  while (io_uring_submit(&u->ring) == -EINTR) {}
  u->message_n = 0;
}

static void enable(uring *u) {
  kt_uring_enable(&u->ring); /* from now on the ring belongs to this thread */
  u->enabled = true;
}

/* NULL only when the kernel refuses to take what was prepared before. What sets a loop up on another thread prepares
 * two operations, so a queue that is full is the loop's thread's; it may be before the first turn's wait. */
static struct io_uring_sqe *prepare(kt_loop *l) {
  uring *u = l->uring;
  struct io_uring_sqe *e = io_uring_get_sqe(&u->ring);
  if (e) return e;
  if (!u->enabled) enable(u);
  submit(l, u);
  return io_uring_get_sqe(&u->ring);
}

static void name(struct io_uring_sqe *e, const void *owner, unsigned op) {
  io_uring_sqe_set_data64(e, (uint64_t)(uintptr_t)owner | op);
}

static bool cancel(kt_loop *l, const void *owner, unsigned op) {
  struct io_uring_sqe *e = prepare(l);
  if (!e) return false;
  io_uring_prep_cancel64(e, (uint64_t)(uintptr_t)owner | op, 0);
  e->flags |= IOSQE_CQE_SKIP_SUCCESS;
  name(e, NULL, OP_NONE);
  return true;
}

/* ---- opening ---- */

static kt_status ur_open(kt_loop *l) {
  uring *u = kt_calloc(1, sizeof *u);
  if (!u) return KT_ENOMEM;
  int error = kt_uring_setup(&u->ring, &u->group);
  if (error) {
    kt_free(u);
    errno = error;
    return KT_EIO;
  }
  l->uring = u;
  return KT_OK;
}

static void ur_close(kt_loop *l) {
  uring *u = l->uring;
  struct io_uring_cqe *e;
  while (io_uring_peek_cqe(&u->ring, &e) == 0) {
    if ((e->user_data & OP_MASK) == OP_ACCEPT && e->res >= 0) close(e->res);
    io_uring_cqe_seen(&u->ring, e);
  }
  kt_uring_teardown(&u->ring, &u->group);
  kt_free(u);
  l->uring = NULL;
}

/* ---- watches ---- */

static kt_status arm_watch(kt_loop *l, kt_watch *w) {
  struct io_uring_sqe *e = prepare(l);
  if (!e) return KT_EIO;
  if (w->arrived) {
    io_uring_prep_multishot_accept(e, w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    name(e, w, OP_ACCEPT);
  } else {
    unsigned mask = (w->events & KT__WATCH_READ ? POLLIN : 0) | (w->events & KT__WATCH_WRITE ? POLLOUT : 0);
    io_uring_prep_poll_add(e, w->fd, mask); /* once; arming anew makes it level-triggered */
    name(e, w, OP_POLL);
    w->polled = w->events;
  }
  w->armed = true;
  return KT_OK;
}

static kt_status ur_watch(kt_loop *l, kt_watch *w) {
  w->stopped = false;
  return w->armed || !w->events ? KT_OK : arm_watch(l, w);
}

/* A poll for more than is wanted ends without being told. One for less ends now, and its completion arms it anew. */
static kt_status ur_rewatch(kt_loop *l, kt_watch *w, unsigned events) {
  w->events = (uint8_t)events;
  if (!w->armed) return events ? arm_watch(l, w) : KT_OK;
  if (!(events & ~(unsigned)w->polled)) return KT_OK;
  return cancel(l, w, OP_POLL) ? KT_OK : KT_EIO;
}

/* At once, so that a closed listener does not go on listening until the turn ends. */
static void ur_unwatch(kt_loop *l, kt_watch *w) {
  uring *u = l->uring;
  w->stopped = true;
  if (!w->armed) {
    kt_loop__gone(l, w);
    return;
  }
  cancel(l, w, w->arrived ? OP_ACCEPT : OP_POLL);
  if (u->enabled) submit(l, u);
}

static uint8_t at_hand(const kt_watch *w, int res) {
  if (res == -ECANCELED) return 0;
  if (res < 0 || res & (POLLERR | POLLHUP)) return w->events;
  unsigned got = (res & POLLIN ? KT__WATCH_READ : 0) | (res & POLLOUT ? KT__WATCH_WRITE : 0);
  return (uint8_t)(got & w->events);
}

static void deliver_poll(kt_loop *l, kt_watch *w, int res) {
  w->armed = false;
  if (w->stopped) {
    kt_loop__gone(l, w);
    return;
  }
  w->got = at_hand(w, res);
  if (w->got) w->ready(w);
  if (!w->stopped && !w->armed && w->events) arm_watch(l, w);
}

/* A connection that was accepted before its listener stopped is delivered like any other. */
static void deliver_accept(kt_loop *l, kt_watch *w, const struct io_uring_cqe *e) {
  if (!(e->flags & IORING_CQE_F_MORE)) w->armed = false;
  if (e->res >= 0 || !w->stopped) w->arrived(w, e->res);
  if (!w->stopped && !w->armed) arm_watch(l, w);
}

/* ---- streams ---- */

static bool is_open(const kt_stream *s) { return !(s->flags & (KT_STREAM_CLOSED | KT_STREAM_BROKEN)); }

static void broken(kt_stream *s) {
  s->flags |= KT_STREAM_BROKEN;
  s->events->broken(s);
}

static kt_status arm_receive(kt_loop *l, kt_stream *s) {
  struct io_uring_sqe *e = prepare(l);
  if (!e) return KT_EIO;
  if (s->flags & KT_STREAM_LOCAL)
    io_uring_prep_recv(e, s->fd, NULL, 0, 0);
  else
    io_uring_prep_recv_multishot(e, s->fd, NULL, 0, 0);
  e->flags |= IOSQE_BUFFER_SELECT;
  e->buf_group = KT_URING_GROUP;
  name(e, s, OP_RECEIVE);
  s->ops |= KT_STREAM_RECEIVES;
  return KT_OK;
}

/* Linux 6.18, at least, may lose the end of a Unix-domain stream to a multishot receive that began while bytes were
 * waiting; such a stream gets one receive after the other. */
static bool is_tcp(int fd) {
  int protocol;
  socklen_t n = sizeof protocol;
  return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n) == 0 && protocol == IPPROTO_TCP;
}

static kt_status ur_add(kt_loop *l, kt_stream *s) {
  KT_COUNT(l->counters.syscalls, 1);
  if (!is_tcp(s->fd)) s->flags |= KT_STREAM_LOCAL;
  if (!(s->flags & KT_STREAM_CONNECTING)) return arm_receive(l, s);
  struct io_uring_sqe *e = prepare(l);
  if (!e) return KT_EIO;
  io_uring_prep_poll_add(e, s->fd, POLLOUT);
  name(e, s, OP_CONNECT);
  s->ops |= KT_STREAM_CONNECTS;
  return KT_OK;
}

static bool ur_remove(kt_loop *l, kt_stream *s) {
  bool ok = true;
  if (s->ops & KT_STREAM_RECEIVES) ok &= cancel(l, s, OP_RECEIVE);
  if (s->ops & KT_STREAM_SENDS) ok &= cancel(l, s, OP_SEND);
  if (s->ops & KT_STREAM_CONNECTS) ok &= cancel(l, s, OP_CONNECT);
  if (s->ops & KT_STREAM_OFFERS) l->uring->hurried = true;
  if (!ok) shutdown(s->fd, SHUT_RDWR); /* ends the operations, too, at the price of what is unsent */
  return s->ops == 0;
}

/* First the offer, then the receive. Where the receive's end cannot be asked for, the stream stays. */
static void ur_leave(kt_loop *l, kt_stream *s) {
  if (s->ops & KT_STREAM_OFFERS) return;
  if (!(s->ops & KT_STREAM_RECEIVES))
    s->events->left(s);
  else if (s->ops & KT_STREAM_PAUSES || cancel(l, s, OP_RECEIVE))
    s->ops |= KT_STREAM_PAUSES;
  else
    s->flags &= (uint16_t)~KT_STREAM_LEAVING;
}

static void completed(kt_stream *s, unsigned op) {
  s->ops &= (uint8_t)~op;
  if (s->flags & KT_STREAM_CLOSED && s->ops == 0 && s->fd >= 0) kt_stream__removed(s);
}

/* Receives again unless the peer has ended or the reader is behind. */
static kt_status go_on(kt_loop *l, kt_stream *s) {
  if (s->ops & KT_STREAM_RECEIVES || s->stash || s->flags & (KT_STREAM_HUNG_UP | KT_STREAM_LEAVING)) return KT_OK;
  return arm_receive(l, s);
}

static kt_status ur_stay(kt_loop *l, kt_stream *s) { return go_on(l, s); }

static size_t take_stash(kt_loop *l, kt_stream *s, void *to, size_t room) {
  kt_buf *b = s->stash;
  size_t here = b->end - b->start, n = here < room ? here : room;
  memcpy(to, b->data + b->start, n);
  b->start += (uint32_t)n;
  if (n == here) {
    s->stash = b->next;
    kt_buf_put(&l->bufs, b);
  }
  return n;
}

static size_t take_current(uring *u, void *to, size_t room) {
  size_t n = u->left < room ? u->left : room;
  memcpy(to, u->at, n);
  u->at += n;
  u->left -= n;
  return n;
}

static kt_status ur_read(kt_loop *l, kt_stream *s, void *to, size_t room, size_t *n) {
  uring *u = l->uring;
  bool current = u->current == s && u->left > 0;
  if (s->stash) {
    *n = take_stash(l, s, to, room);
  } else if (current) {
    *n = take_current(u, to, room);
  } else {
    s->flags &= (uint16_t)~KT_STREAM_READABLE;
    return s->flags & KT_STREAM_HUNG_UP ? KT_END : KT_AGAIN;
  }
  if (s->stash || (u->current == s && u->left > 0) || s->flags & KT_STREAM_HUNG_UP) return KT_OK;
  s->flags &= (uint16_t)~KT_STREAM_READABLE;
  return go_on(l, s);
}

static bool stash(kt_loop *l, kt_stream *s, const uint8_t *p, size_t n) {
  kt_buf **end = &s->stash;
  while (*end) end = &(*end)->next;
  while (n > 0) {
    kt_buf *b = kt_buf_get(&l->bufs);
    if (!b) return false;
    b->next = NULL;
    b->end = (uint32_t)(n < b->cap ? n : b->cap);
    memcpy(b->data, p, b->end);
    p += b->end;
    n -= b->end;
    *end = b;
    end = &b->next;
  }
  return true;
}

/* Bytes have arrived. A reader that is behind gets nothing new before it has read what is in its stash. */
static bool deliver_bytes(kt_loop *l, kt_stream *s, const uint8_t *p, size_t n) {
  uring *u = l->uring;
  KT_COUNT(l->counters.bytes_in, n);
  s->flags |= KT_STREAM_READABLE;
  if (s->stash || s->flags & KT_STREAM_LEAVING) return stash(l, s, p, n);
  u->current = s;
  u->at = p;
  u->left = n;
  s->events->readable(s);
  bool kept = u->left == 0 || !is_open(s) || stash(l, s, u->at, u->left);
  u->current = NULL;
  u->left = 0;
  return kept;
}

static bool is_failure(int res) { return res < 0 && res != -ENOBUFS && res != -ECANCELED && res != -EINTR; }

static void deliver_receive(kt_loop *l, kt_stream *s, const struct io_uring_cqe *e) {
  uring *u = l->uring;
  bool ok = !is_failure(e->res);
  if (!(e->flags & IORING_CQE_F_MORE)) s->ops &= (uint8_t)~KT_STREAM_RECEIVES;
  if (is_open(s) && ok && e->res > 0)
    ok = deliver_bytes(l, s, kt_uring_buffer(&u->group, e->flags >> IORING_CQE_BUFFER_SHIFT), (size_t)e->res);
  if (e->flags & IORING_CQE_F_BUFFER) kt_uring_give_back(&u->group, e->flags >> IORING_CQE_BUFFER_SHIFT);
  if (is_open(s) && e->res == 0) {
    s->flags |= KT_STREAM_HUNG_UP | KT_STREAM_READABLE;
    if (!s->stash && !(s->flags & KT_STREAM_LEAVING)) s->events->readable(s);
  }
  if (is_open(s) && ok && s->stash && s->ops & KT_STREAM_RECEIVES && !(s->ops & KT_STREAM_PAUSES)) {
    if (cancel(l, s, OP_RECEIVE)) s->ops |= KT_STREAM_PAUSES;
  }
  if (!(s->ops & KT_STREAM_RECEIVES)) s->ops &= (uint8_t)~KT_STREAM_PAUSES;
  if (is_open(s) && (!ok || go_on(l, s) != KT_OK)) broken(s);
  if (is_open(s) && s->flags & KT_STREAM_LEAVING && !(s->ops & (KT_STREAM_RECEIVES | KT_STREAM_OFFERS)))
    s->events->left(s);
  completed(s, 0);
}

static void fill(message *m, kt_buf *b) {
  size_t count = 0;
  for (; b && count < FLUSH_IOV_MAX; b = b->next)
    m->iov[count++] = (struct iovec){b->data + b->start, b->end - b->start};
  m->header = (struct msghdr){.msg_iov = m->iov, .msg_iovlen = count};
}

static kt_status send_queue(kt_loop *l, kt_stream *s) {
  uring *u = l->uring;
  if (u->message_n == MESSAGES) submit(l, u);
  struct io_uring_sqe *e = prepare(l);
  if (!e) return KT_EIO;
  kt_buf *b = s->out_head;
  if (b->next) {
    message *m = &u->messages[u->message_n++];
    fill(m, b);
    io_uring_prep_sendmsg(e, s->fd, &m->header, MSG_NOSIGNAL);
  } else {
    io_uring_prep_send(e, s->fd, b->data + b->start, b->end - b->start, MSG_NOSIGNAL);
  }
  name(e, s, OP_SEND);
  s->ops |= KT_STREAM_SENDS;
  s->flags |= KT_STREAM_BLOCKED;
  return KT_AGAIN;
}

/* MSG_WAITALL makes a short send a failure, which gets a completion in spite of CQE_SKIP_SUCCESS. */
static kt_status offer(kt_loop *l, kt_stream *s) {
  uring *u = l->uring;
  struct io_uring_sqe *e = prepare(l);
  if (!e) return KT_EIO;
  kt_buf *b = s->out_head;
  io_uring_prep_send(e, s->fd, b->data + b->start, b->end - b->start, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL);
  e->flags |= IOSQE_CQE_SKIP_SUCCESS;
  name(e, s, OP_OFFER);
  s->offered = b;
  s->out_head = s->out_tail = NULL;
  s->queued = 0;
  s->ops |= KT_STREAM_OFFERS;
  u->offers[u->offer_n++] = s;
  return KT_OK;
}

static kt_status ur_flush(kt_loop *l, kt_stream *s) {
  uring *u = l->uring;
  if (s->offered) { /* one after the other: the rest of a refused offer goes first */
    u->hurried = true;
    s->flags |= KT_STREAM_BLOCKED;
    return KT_AGAIN;
  }
  if (s->queued == 0) {
    kt_stream__sent(s, 0);
    return KT_OK;
  }
  const unsigned no_offer = KT_STREAM_EXACT | KT_STREAM_SEALED; /* a kernel that seals does not know MSG_WAITALL */
  bool may_offer = !s->out_head->next && !(s->flags & no_offer) && u->offer_n < OFFERS_MAX;
  return may_offer ? offer(l, s) : send_queue(l, s);
}

/* In the place of a send, which is cancelled and delivered alike. */
static kt_status ur_await_room(kt_loop *l, kt_stream *s) {
  struct io_uring_sqe *e = prepare(l);
  if (!e) return KT_EIO;
  io_uring_prep_poll_add(e, s->fd, POLLOUT);
  name(e, s, OP_SEND);
  s->ops |= KT_STREAM_SENDS;
  return KT_AGAIN;
}

/* The stream may be gone before the offers are settled. */
static void forget_offer(uring *u, const kt_stream *s) {
  for (unsigned i = 0; i < u->offer_n; i++)
    if (u->offers[i] == s) u->offers[i] = NULL;
}

/* An offer went in part, or not at all. */
static void take_back(kt_loop *l, kt_stream *s, int res) {
  forget_offer(l->uring, s);
  kt_buf *b = s->offered;
  s->offered = NULL;
  if (res > 0) {
    KT_COUNT(l->counters.bytes_out, (uint64_t)res);
    b->start += (uint32_t)res;
  }
  b->next = s->out_head;
  s->out_head = b;
  if (!s->out_tail) s->out_tail = b;
  s->queued += b->end - b->start;
  s->flags &= (uint16_t)~KT_STREAM_BLOCKED;
  completed(s, KT_STREAM_OFFERS);
  if (!is_open(s)) return;
  if ((res < 0 && res != -EAGAIN && res != -EINTR) || send_queue(l, s) == KT_EIO) {
    broken(s);
    return;
  }
  s->events->refused(s);
  if (is_open(s) && s->flags & KT_STREAM_LEAVING) {
    s->flags &= (uint16_t)~KT_STREAM_LEAVING;
    if (s->stash) s->events->readable(s);
  }
}

static void went(kt_loop *l, kt_stream *s) {
  kt_buf *b = s->offered;
  s->offered = NULL;
  KT_COUNT(l->counters.bytes_out, b->end - b->start);
  kt_buf_put(&l->bufs, b);
  bool blocked = s->flags & KT_STREAM_BLOCKED;
  s->flags &= (uint16_t)~KT_STREAM_BLOCKED;
  completed(s, KT_STREAM_OFFERS);
  if (blocked && is_open(s)) s->events->drained(s);
  if (is_open(s) && s->flags & KT_STREAM_LEAVING) ur_leave(l, s);
}

/* Offers were decided when they were submitted: those without a completion went. Nothing is decided while some are
 * still to be submitted. */
static void settle_offers(kt_loop *l, uring *u) {
  unsigned count = u->offer_n, head;
  if (count == 0) return;
  if (io_uring_sq_ready(&u->ring) > 0) {
    u->hurried = true;
    return;
  }
  struct io_uring_cqe *e;
  io_uring_for_each_cqe(&u->ring, head, e) {
    if ((e->user_data & OP_MASK) != OP_OFFER) continue;
    take_back(l, (kt_stream *)(uintptr_t)(e->user_data & ~(uint64_t)OP_MASK), e->res);
    e->user_data = OP_NONE;
  }
  for (unsigned i = 0; i < count; i++)
    if (u->offers[i]) went(l, u->offers[i]);
  u->offer_n -= count; /* what was offered meanwhile */
  memmove(u->offers, u->offers + count, u->offer_n * sizeof *u->offers);
}

static void deliver_send(kt_loop *l, kt_stream *s, int res) {
  completed(s, KT_STREAM_SENDS);
  if (s->flags & KT_STREAM_ROOM && res > 0) res = 0; /* events, not bytes */
  s->flags &= (uint16_t)~(KT_STREAM_BLOCKED | KT_STREAM_ROOM);
  if (!is_open(s)) return;
  if (res < 0 && res != -EINTR && res != -EAGAIN) {
    broken(s);
    return;
  }
  if (res > 0) {
    KT_COUNT(l->counters.bytes_out, (uint64_t)res);
    kt_stream__sent(s, (size_t)res);
  }
  s->events->drained(s);
}

static void deliver_connect(kt_loop *l, kt_stream *s) {
  completed(s, KT_STREAM_CONNECTS);
  if (!is_open(s)) return;
  kt_stream__connected(s);
  if (is_open(s) && go_on(l, s) != KT_OK) broken(s);
}

/* ---- turns ---- */

static void deliver(kt_loop *l, const struct io_uring_cqe *e) {
  void *owner = (void *)(uintptr_t)(e->user_data & ~(uint64_t)OP_MASK);
  switch (e->user_data & OP_MASK) {
  case OP_RECEIVE: deliver_receive(l, owner, e); return;
  case OP_SEND: deliver_send(l, owner, e->res); return;
  case OP_CONNECT: deliver_connect(l, owner); return;
  case OP_POLL: deliver_poll(l, owner, e->res); return;
  case OP_ACCEPT: deliver_accept(l, owner, e); return;
  case OP_OFFER: take_back(l, owner, e->res); return;
  default: return; /* a cancellation that came too late */
  }
}

static void wait_for_events(uring *u, int wait_ms) {
  struct io_uring_cqe *e;
  struct __kernel_timespec t = {.tv_sec = wait_ms / 1000, .tv_nsec = (long long)(wait_ms % 1000) * 1000000};
  if (!u->enabled) enable(u);
  if (wait_ms == 0 || u->hurried)
    io_uring_submit_and_get_events(&u->ring);
  else
    io_uring_submit_and_wait_timeout(&u->ring, &e, 1, &t, NULL);
  u->hurried = false;
  u->message_n = 0;
}

static void deliver_batch(kt_loop *l, uring *u) {
  struct io_uring_cqe *events[CQES_MAX];
  unsigned n = io_uring_peek_batch_cqe(&u->ring, events, CQES_MAX);
  for (unsigned i = 0; i < n; i++) deliver(l, events[i]);
  io_uring_cq_advance(&u->ring, n);
}

static void ur_poll(kt_loop *l, int wait_ms) {
  uring *u = l->uring;
  wait_for_events(u, wait_ms);
  kt_loop__awake(l);
  while (io_uring_cq_has_overflow(&u->ring)) { /* a failed offer may be among what did not fit */
    deliver_batch(l, u);
    io_uring_get_events(&u->ring);
  }
  settle_offers(l, u);
  deliver_batch(l, u);
}

const kt_driver kt_driver_uring = {
    .name = "io_uring",
    .open = ur_open,
    .close = ur_close,
    .watch = ur_watch,
    .rewatch = ur_rewatch,
    .unwatch = ur_unwatch,
    .add = ur_add,
    .remove = ur_remove,
    .leave = ur_leave,
    .stay = ur_stay,
    .read = ur_read,
    .flush = ur_flush,
    .await_room = ur_await_room,
    .poll = ur_poll,
};
