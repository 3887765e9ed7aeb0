#include "io/loop.h"

#include "io/driver.h"
#include "io/foreign.h"
#include "io/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

typedef struct wake_watch {
  kt_watch watch;
  kt_loop *loop;
} wake_watch;

static void read_clock(kt_loop *l) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  l->now_ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
  l->now_ms = l->now_ns / 1000000u;
  clock_gettime(CLOCK_REALTIME_COARSE, &t);
  l->unix_seconds = t.tv_sec;
}

static void woken(kt_watch *w) {
  kt_loop *l = ((wake_watch *)w)->loop;
  uint64_t count;
  KT_COUNT(l->counters.syscalls, 1);
  KT_COUNT(l->counters.wakeups, 1);
  while (read(l->wake_fd, &count, sizeof count) < 0 && errno == EINTR) {}
}

static kt_status open_wake(kt_loop *l) {
  l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (l->wake_fd < 0) return KT_EIO;
  wake_watch *w = kt_calloc(1, sizeof *w);
  if (!w) {
    close(l->wake_fd);
    return KT_ENOMEM;
  }
  w->watch = (kt_watch){.tag = KT__TAG_WATCH, .ready = woken, .events = KT__WATCH_READ, .fd = l->wake_fd};
  w->loop = l;
  kt_status st = l->driver->watch(l, &w->watch);
  if (st != KT_OK) {
    kt_free(w);
    close(l->wake_fd);
    return st;
  }
  l->wake = &w->watch;
  return KT_OK;
}

kt_status kt_loop_init(kt_loop *l, const kt_driver *driver, uint32_t buf_size, uint32_t bufs_keep) {
  *l = (kt_loop){.driver = driver, .driver_fd = -1, .wake_fd = -1};
  read_clock(l);
  if (!kt_mpsc_init(&l->tasks, KT_LOOP_TASKS)) {
    l->driver = NULL;
    return KT_ENOMEM;
  }
  kt_status st = driver->open(l);
  if (st == KT_OK) {
    st = open_wake(l);
    if (st != KT_OK) driver->close(l);
  }
  if (st != KT_OK) {
    kt_mpsc_deinit(&l->tasks);
    l->driver = NULL;
    return st;
  }
  pthread_mutex_init(&l->spill_lock, NULL);
  kt_wheel_init(&l->wheel, l->now_ms);
  kt_buf_pool_init(&l->bufs, buf_size, bufs_keep);
  return KT_OK;
}

void kt_loop_deinit(kt_loop *l) {
  l->driver->unwatch(l, l->wake);
  kt_free(l->wake);
  close(l->wake_fd);
  l->driver->close(l);
  kt_foreign__deinit(l);
  kt_buf_pool_deinit(&l->bufs);
  kt_mpsc_deinit(&l->tasks);
  pthread_mutex_destroy(&l->spill_lock);
  free(l->spill);
}

/* A task is lost only when the process ends: spilling grows without bound, and the bound on how many tasks exist is
 * the number of suspended requests. */
static void spill(kt_loop *l, kt_task task) {
  pthread_mutex_lock(&l->spill_lock);
  if (l->spill_n == l->spill_cap) {
    size_t cap = l->spill_cap ? l->spill_cap * 2 : 256;
    kt_task *grown = realloc(l->spill, cap * sizeof *grown);
    if (!grown) abort();
    l->spill = grown;
    l->spill_cap = cap;
  }
  l->spill[l->spill_n++] = task;
  atomic_store_explicit(&l->spill_count, l->spill_n, memory_order_release);
  pthread_mutex_unlock(&l->spill_lock);
}

void kt_loop_post(kt_loop *l, kt_task task) {
  if (atomic_load_explicit(&l->spill_count, memory_order_acquire) != 0 || !kt_mpsc_push(&l->tasks, task))
    spill(l, task);
  /* Pairs with the fence in has_tasks: either the loop sees the task before it sleeps, or we see it sleeping. */
  atomic_thread_fence(memory_order_seq_cst);
  if (atomic_load_explicit(&l->sleeping, memory_order_relaxed) &&
      atomic_exchange_explicit(&l->sleeping, false, memory_order_acq_rel)) {
    uint64_t one = 1;
    while (write(l->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {}
  }
}

static bool has_tasks(kt_loop *l) {
  atomic_thread_fence(memory_order_seq_cst);
  return !kt_mpsc_empty(&l->tasks) || atomic_load_explicit(&l->spill_count, memory_order_acquire) != 0;
}

static void run_spilled(kt_loop *l) {
  pthread_mutex_lock(&l->spill_lock);
  kt_task *tasks = l->spill;
  size_t n = l->spill_n;
  l->spill = NULL;
  l->spill_n = l->spill_cap = 0;
  atomic_store_explicit(&l->spill_count, 0, memory_order_release);
  pthread_mutex_unlock(&l->spill_lock);
  for (size_t i = 0; i < n; i++) tasks[i].fn(tasks[i].context, tasks[i].argument);
  free(tasks);
}

/* At most one ring's worth per turn, so that tasks that post tasks cannot starve I/O. */
static void run_tasks(kt_loop *l) {
  kt_task task;
  for (uint32_t i = 0; i < KT_LOOP_TASKS && kt_mpsc_pop(&l->tasks, &task); i++)
    task.fn(task.context, task.argument);
  if (atomic_load_explicit(&l->spill_count, memory_order_acquire) != 0) {
    while (kt_mpsc_pop(&l->tasks, &task)) task.fn(task.context, task.argument);
    run_spilled(l);
  }
}

static void run_closed(kt_loop *l) {
  while (l->closing) {
    kt_stream *s = l->closing;
    l->closing = s->next_closing;
    s->events->closed(s);
  }
  while (l->gone) {
    kt_watch *w = l->gone;
    l->gone = w->next_gone;
    w->gone(w);
  }
}

void kt_loop__gone(kt_loop *l, kt_watch *w) {
  if (!w->gone) return;
  w->next_gone = l->gone;
  l->gone = w;
}

static int wait_ms(kt_loop *l) {
  int64_t next = kt_wheel_next_ms(&l->wheel);
  return next < 0 || next > KT_LOOP_WAIT_MAX_MS ? KT_LOOP_WAIT_MAX_MS : (int)next;
}

static void poll_events(kt_loop *l, bool block) {
  int wait = 0;
  if (block) {
    wait = wait_ms(l);
    atomic_store_explicit(&l->sleeping, true, memory_order_relaxed);
    if (has_tasks(l)) wait = 0;
  }
  KT_COUNT(l->counters.syscalls, 1);
  l->driver->poll(l, wait);
}

void kt_loop_turn(kt_loop *l, bool block) {
  KT_COUNT(l->counters.turns, 1);
  kt_wheel_advance(&l->wheel, l->now_ms);
  run_tasks(l);
  bool more = l->end_turn && l->end_turn(l->owner);
  poll_events(l, block && !more && !l->stopped && !l->closing && !l->gone);
  run_closed(l);
}

void kt_loop__awake(kt_loop *l) {
  atomic_store_explicit(&l->sleeping, false, memory_order_relaxed);
  read_clock(l);
}

void kt_loop_run(kt_loop *l) {
  while (!l->stopped) kt_loop_turn(l, true);
}

void kt_loop_stop(kt_loop *l) { l->stopped = true; }
