/* loop.h: the turn, its clock, and tasks from other threads. */
#ifndef KT_IO_LOOP_H
#define KT_IO_LOOP_H

#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct kt_driver kt_driver;
typedef struct kt_stream kt_stream;
typedef struct kt_loop kt_loop;

#define KT_LOOP_TASKS 4096      /* cross-thread tasks that fit without a lock */
#define KT_LOOP_WAIT_MAX_MS 500 /* longest sleep; bounds how stale the Date field can get while idle */

/* Work that the loop's owner does in every turn after I/O: flushing, yielding connections. Returns true when it left
 * work for the next turn, which then polls without sleeping. */
typedef bool (*kt_loop_turn_fn)(void *owner);

/* Counters have one writer, the loop's thread, and may be read by any. */
#define KT_COUNT(counter, n) __atomic_store_n(&(counter), (counter) + (n), __ATOMIC_RELAXED)

typedef struct kt_loop_counters {
  uint64_t turns, syscalls, wakeups, bytes_in, bytes_out;
} kt_loop_counters;

struct kt_loop {
  const kt_driver *driver;
  int driver_fd;           /* epoll's */
  struct kt_uring *uring;  /* io_uring's */
  int wake_fd;
  struct kt_watch *wake;
  uint64_t now_ns; /* monotonic time of this turn */
  uint64_t now_ms;
  int64_t unix_seconds;
  kt_wheel wheel;
  kt_buf_pool bufs;
  kt_stream *closing; /* streams whose memory is given back when this turn's events are done */
  struct kt_watch *gone;      /* the same of watches */
  struct kt_foreign *foreign; /* all */
  kt_loop_turn_fn end_turn;
  void *owner;
  bool stopped;
  kt_loop_counters counters;

  kt_mpsc tasks;
  /* Tasks that found the ring full. Once one is here, later ones follow it, so a poster's order is kept. */
  _Alignas(64) pthread_mutex_t spill_lock;
  kt_task *spill;
  size_t spill_n, spill_cap;
  atomic_size_t spill_count;
  atomic_bool sleeping; /* the loop is in, or about to enter, a blocking wait */
};

/* `buf_size` is the capacity of pool buffers. KT_EIO leaves errno of the call that failed. After a failure
 * `driver` is NULL and there is nothing to deinit. */
kt_status kt_loop_init(kt_loop *l, const kt_driver *driver, uint32_t buf_size, uint32_t bufs_keep);
void kt_loop_deinit(kt_loop *l);

/* One turn. With `block` false it never sleeps. */
void kt_loop_turn(kt_loop *l, bool block);
void kt_loop_run(kt_loop *l); /* turns until kt_loop_stop */
void kt_loop_stop(kt_loop *l);

/* Any thread. Runs fn(context, argument) on the loop in order of posting per thread. Never blocks and never drops;
 * memory exhaustion while spilling aborts, because a lost continuation is a lost request. */
void kt_loop_post(kt_loop *l, kt_task task);

/* For drivers: called when the wait is over and before events are delivered; reads the clock. */
void kt_loop__awake(kt_loop *l);
/* For drivers: w->gone is called when this turn's events are done, which may still name w. */
void kt_loop__gone(kt_loop *l, struct kt_watch *w);

#endif
