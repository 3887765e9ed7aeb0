/* stream.h: a byte stream with a queue for output, accepted or dialled alike. */
#ifndef KT_IO_STREAM_H
#define KT_IO_STREAM_H

#include "base/base.h"
#include "io/loop.h"

struct sockaddr;

/* What a descriptor is watched for. The wall has the same numbers. */
enum { KT__WATCH_READ = 1, KT__WATCH_WRITE = 2 };

/* A descriptor that is only watched; the callback reads it. */
typedef struct kt_watch {
  uintptr_t tag; /* KT__TAG_WATCH; tells watches from streams in the driver's events */
  void (*ready)(struct kt_watch *w);
  /* Listeners: a connection, or minus an errno value, from a driver that accepts by itself. */
  void (*arrived)(struct kt_watch *w, int fd);
  /* After unwatch: neither the kernel nor the driver knows the memory any more. NULL: the owner outlives them. */
  void (*gone)(struct kt_watch *w);
  int fd;
  uint8_t events; /* wanted */
  uint8_t got;    /* while `ready` runs: those of them that are at hand */
  /* The driver's. */
  uint8_t polled;
  bool armed, stopped;
  struct kt_watch *next_gone;
} kt_watch;

typedef struct kt_stream_events {
  /* Bytes or the end may be there: read until KT_AGAIN. Called again only after KT_AGAIN was returned. */
  void (*readable)(kt_stream *s);
  /* The queue became empty, or shorter, after a flush had returned KT_AGAIN. */
  void (*drained)(kt_stream *s);
  /* Output for which kt_stream_flush had answered KT_OK did not fit the socket: it is queued again, and a drained event
   * follows as after KT_AGAIN. Only completion drivers call it. */
  void (*refused)(kt_stream *s);
  /* A dialled stream is connected (error 0) or failed (errno value). */
  void (*connected)(kt_stream *s, int error);
  /* The peer reset the connection or went away; close the stream. */
  void (*broken)(kt_stream *s);
  /* After kt_stream_leave: the kernel has let go. The owner reads what has arrived until KT_AGAIN and calls
   * kt_stream_detach; or kt_stream_stay, above all at KT_END. */
  void (*left)(kt_stream *s);
  /* No event follows: give the memory back. */
  void (*closed)(kt_stream *s);
} kt_stream_events;

enum {
  KT_STREAM_READABLE = 1,   /* reading may yield something */
  KT_STREAM_BLOCKED = 2,    /* output is with the kernel, or was refused by it; a drained event will come */
  KT_STREAM_CONNECTING = 4, /* dialled, not yet connected */
  KT_STREAM_HUNG_UP = 8,    /* the peer ended its side: read to the end even after a short read */
  KT_STREAM_BROKEN = 16,    /* reset or failed; no more I/O */
  KT_STREAM_CLOSED = 32,    /* kt_stream_close was called */
  KT_STREAM_EXACT = 64,     /* a flush answers KT_OK only when the kernel has everything */
  KT_STREAM_LEAVING = 128,  /* kt_stream_leave was called */
  KT_STREAM_LOCAL = 256,    /* not TCP; of a completion driver */
  KT_STREAM_PENDING = 512,  /* the filter may give more without the socket */
  KT_STREAM_ENDED = 1024,   /* the filter has written its end */
  KT_STREAM_ROOM = 2048,    /* BLOCKED with nothing queued: a file, or an alert, waits for room in the socket */
  KT_STREAM_LAST = 4096,    /* what is queued is the last: the filter's end follows */
  KT_STREAM_SEALED = 8192,  /* the kernel seals what is sent: the filter's handed_over */
};

/* Operations that a completion driver has under way on a stream; OFFERS is a send that ends with its submission, PAUSES
 * a receive that is being cancelled. */
enum {
  KT_STREAM_RECEIVES = 1,
  KT_STREAM_SENDS = 2,
  KT_STREAM_CONNECTS = 4,
  KT_STREAM_PAUSES = 8,
  KT_STREAM_OFFERS = 16,
};

/* Invariant: out_head == NULL <=> out_tail == NULL; queued is the sum of the queue's unsent bytes. Only a reservation
 * that was never committed leaves an empty buffer in the queue. With a filter the queue is of wire bytes, and what the
 * owner queues waits in the filter until a flush; unless the kernel seals, for then clear bytes are what it takes. */
struct kt_stream {
  uintptr_t tag; /* KT__TAG_STREAM */
  kt_loop *loop;
  const kt_stream_events *events;
  kt_buf *out_head, *out_tail;
  size_t queued;
  kt_buf *stash;   /* arrived, not yet read; of a completion driver */
  kt_buf *offered; /* taken off the queue, not yet known to be with the kernel; of a completion driver */
  kt_filter *filter; /* owned; NULL: clear bytes are wire bytes */
  kt_stream *next_closing;
  int fd;
  uint16_t flags;
  uint8_t ops;
};

#define KT__TAG_STREAM 1
#define KT__TAG_WATCH 2

/* Takes a connected non-blocking descriptor over. On failure the descriptor is left to the caller. */
kt_status kt_stream_open(kt_stream *s, kt_loop *l, int fd, const kt_stream_events *events);
/* Starts a connection. The result comes through events->connected, never from within this call. */
kt_status kt_stream_dial(kt_stream *s, kt_loop *l, const struct sockaddr *to, uint32_t to_n,
                         const kt_stream_events *events);
/* Lets all bytes pass a filter, from the first on; the filter is the stream's now. */
void kt_stream_set_filter(kt_stream *s, kt_filter *filter);
/* Destroys the filter with what waits in it; what follows is read and written as it is. */
void kt_stream_drop_filter(kt_stream *s);
/* Before reading and writing through a filter: KT_OK when it lets bytes pass, KT_AGAIN, KT_END or KT_EIO. */
kt_status kt_stream_handshake(kt_stream *s);
/* Drops the queue and closes the descriptor at once; events->closed follows at the end of the turn. Idempotent. */
void kt_stream_close(kt_stream *s);
/* Ends our side after what was sent (FIN); the peer's bytes can still be read. */
void kt_stream_shutdown(kt_stream *s);

/* Asks for the descriptor of a stream whose queue is empty, so that another loop may take it over. A left event follows,
 * from within or later, unless the stream breaks or is refused output first; no readable event comes before it.
 * Nothing is written meanwhile. */
void kt_stream_leave(kt_stream *s);
/* The descriptor and the filter are the caller's now; events->closed follows. Only where nothing that has arrived is unread, that
 * is, when kt_stream_read has answered KT_AGAIN. */
int kt_stream_detach(kt_stream *s);
/* Goes on as if kt_stream_leave had not been called; a readable event follows from within when something has arrived. */
kt_status kt_stream_stay(kt_stream *s);

/* KT_OK with *n > 0, KT_AGAIN, KT_END, or KT_EIO when the connection broke. */
kt_status kt_stream_read(kt_stream *s, void *to, size_t room, size_t *n);
static inline bool kt_stream_readable(const kt_stream *s) {
  return s->flags & (KT_STREAM_READABLE | KT_STREAM_PENDING);
}

/* Contiguous room of at least n bytes (n <= the pool's buffer size) at the end of the queue, NULL when memory is out.
 * Nothing is queued until kt_stream_commit. */
static inline uint8_t *kt_stream_reserve(kt_stream *s, size_t n);
static inline void kt_stream_commit(kt_stream *s, size_t n);
/* Copies bytes to the end of the queue. */
static inline kt_status kt_stream_append(kt_stream *s, const void *p, size_t n);
/* Sends what is queued. KT_OK: all gone; KT_AGAIN: a drained event will come; KT_EIO: broken. */
kt_status kt_stream_flush(kt_stream *s);
/* Sends bytes of a file past the queue, which must be with the kernel (kt_stream_unsent is false), and not through a
 * filter that seals. KT_OK with *sent > 0, KT_END when the file has no byte there, KT_AGAIN: a drained event will come;
 * KT_EIO. What is not in the page cache is waited for. */
kt_status kt_stream_send_file(kt_stream *s, int fd, uint64_t offset, size_t n, size_t *sent);
/* Lets the kernel seal what is sent from now on, instead of the filter; what was sealed must be with the kernel. KT_OK,
 * as well where it does already; KT_EINVAL: the filter goes on; KT_EIO: it goes on, too, and errno is why the kernel
 * refused, which it is not asked again. */
kt_status kt_stream_seal_below(kt_stream *s);
/* Whether kt_stream_send_file may follow, if need be after kt_stream_seal_below. */
static inline bool kt_stream_takes_files(const kt_stream *s) {
  return !s->filter || s->flags & KT_STREAM_SEALED || (s->filter->ops->seals && !s->filter->keeps);
}
/* From now on a flush waits for the kernel's word, see KT_STREAM_EXACT. */
static inline void kt_stream_be_exact(kt_stream *s) { s->flags |= KT_STREAM_EXACT; }
/* Before the end of a stream: exact from now on, and what is queued is the last. */
static inline void kt_stream_be_last(kt_stream *s) { s->flags |= KT_STREAM_EXACT | KT_STREAM_LAST; }
/* Bytes that were queued and not sent. */
static inline size_t kt_stream_queued(const kt_stream *s) { return s->queued + (s->filter ? s->filter->clear_n : 0); }
/* Output that the kernel may not have yet. */
static inline bool kt_stream_unsent(const kt_stream *s) { return kt_stream_queued(s) > 0 || s->offered; }

/* Where the last buffer has no room, or there is a filter. */
uint8_t *kt_stream__reserve(kt_stream *s, size_t n);
void kt_stream__commit(kt_stream *s, size_t n);
kt_status kt_stream__append(kt_stream *s, const void *p, size_t n);

static inline bool kt_stream__fits(const kt_stream *s, size_t n) {
  return !s->filter && s->out_tail && s->out_tail->cap - s->out_tail->end >= n;
}

static inline uint8_t *kt_stream_reserve(kt_stream *s, size_t n) {
  return kt_stream__fits(s, n) ? s->out_tail->data + s->out_tail->end : kt_stream__reserve(s, n);
}

static inline void kt_stream_commit(kt_stream *s, size_t n) {
  if (!kt_stream__fits(s, n)) {
    kt_stream__commit(s, n);
    return;
  }
  s->out_tail->end += (uint32_t)n;
  s->queued += n;
}

static inline kt_status kt_stream_append(kt_stream *s, const void *p, size_t n) {
  if (!kt_stream__fits(s, n)) return kt_stream__append(s, p, n);
  memcpy(s->out_tail->data + s->out_tail->end, p, n);
  s->out_tail->end += (uint32_t)n;
  s->queued += n;
  return KT_OK;
}

/* For the parts of this room. */
kt_status kt_stream__append_wire(kt_stream *s, const void *p, size_t n);
kt_status kt_stream__flush_wire(kt_stream *s);
void kt_stream__drop(kt_stream *s, kt_buf **list);
kt_status kt_stream__read_filtered(kt_stream *s, void *to, size_t room, size_t *n);
kt_status kt_stream__seal(kt_stream *s);
/* When the kernel seals and has all: the alert with which a last flush ends. KT_OK, or as kt_stream_flush. */
kt_status kt_stream__say_last(kt_stream *s);
/* Tells the peer that a stream ends which its owner closes in good order, if the socket takes it. */
void kt_stream__tell_end(kt_stream *s);

/* For drivers: n bytes of the queue are with the kernel. */
void kt_stream__sent(kt_stream *s, size_t n);
/* For drivers: the kernel has let go of a closed stream. */
void kt_stream__removed(kt_stream *s);
/* For drivers: a dialled stream's socket is writable or in error; asks which and tells the owner. */
void kt_stream__connected(kt_stream *s);

#endif
