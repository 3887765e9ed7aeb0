/* rings_bench.c: the rings of base, in one thread and between threads.
 *
 * A row with threads starts them once and lets them push and pop for the time box. An item that was pushed and popped
 * is one operation, not two; the rate is that of all consumers. The percentiles are one consumer's, which reads the
 * clock once in MANY items: nanoseconds an item while it runs, and the times at which others do are their tail. A
 * thread that finds its ring full or empty yields, as there may be more threads than processors.
 *
 * The figures have two modes. Where the scheduler lets one side run ahead by a whole ring, cells are warm and an item
 * takes 4 ns; where both sides run at once, the cell's line goes to and fro, and it takes 20 and more. */
#include "base/base.h"
#include "micro.h"

#include <pthread.h>
#include <sched.h>

#define MANY 256
#define THREADS_MAX 16

/* ---- one thread ---- */

static void spsc_pair(void *context, uint64_t count) {
  kt_spsc *q = context;
  for (uint64_t i = 0; i < count; i++) {
    void *item;
    if (!kt_spsc_push(q, q) || !kt_spsc_pop(q, &item)) abort();
    MICRO_USE(item);
  }
}

static void mpmc_pair(void *context, uint64_t count) {
  kt_mpmc *q = context;
  for (uint64_t i = 0; i < count; i++) {
    void *item;
    if (!kt_mpmc_push(q, q) || !kt_mpmc_pop(q, &item)) abort();
    MICRO_USE(item);
  }
}

static void nothing(void *context, void *argument) {
  (void)context;
  (void)argument;
}

static void mpsc_pair(void *context, uint64_t count) {
  kt_mpsc *q = context;
  for (uint64_t i = 0; i < count; i++) {
    kt_task task;
    if (!kt_mpsc_push(q, (kt_task){nothing, q, NULL}) || !kt_mpsc_pop(q, &task)) abort();
    MICRO_USE(task.context);
  }
}

static void ring_pair(void *context, uint64_t count) {
  kt_ring *r = context;
  uint8_t bytes[64] = {1};
  for (uint64_t i = 0; i < count; i++) {
    if (kt_ring_write(r, bytes, 64) != 64 || kt_ring_read(r, bytes, 64) != 64) abort();
    MICRO_USE(bytes);
  }
}

/* ---- between threads ---- */

typedef struct kind {
  bool (*push)(void *ring);
  bool (*pop)(void *ring);
} kind;

static bool push_spsc(void *ring) { return kt_spsc_push(ring, ring); }
static bool push_mpmc(void *ring) { return kt_mpmc_push(ring, ring); }
static bool push_mpsc(void *ring) { return kt_mpsc_push(ring, (kt_task){nothing, ring, NULL}); }

static bool pop_spsc(void *ring) {
  void *item;
  return kt_spsc_pop(ring, &item);
}

static bool pop_mpmc(void *ring) {
  void *item;
  return kt_mpmc_pop(ring, &item);
}

static bool pop_mpsc(void *ring) {
  kt_task task;
  return kt_mpsc_pop(ring, &task);
}

static const kind spsc = {push_spsc, pop_spsc}, mpmc = {push_mpmc, pop_mpmc}, mpsc = {push_mpsc, pop_mpsc};

typedef struct worker {
  _Alignas(64) pthread_t thread;
  const kind *kind;
  void *ring;
  uint64_t done; /* read after the thread was joined */
  double *samples;
  size_t sample_n;
} worker;

static atomic_bool stopped;

static void *produce(void *context) {
  worker *w = context;
  while (!atomic_load_explicit(&stopped, memory_order_relaxed))
    if (!w->kind->push(w->ring)) sched_yield();
  return NULL;
}

static void *consume(void *context) {
  worker *w = context;
  uint64_t done = 0, before = micro_now();
  while (!atomic_load_explicit(&stopped, memory_order_relaxed)) {
    if (!w->kind->pop(w->ring)) {
      sched_yield();
      continue;
    }
    if (++done % MANY != 0 || !w->samples || w->sample_n == MICRO_SAMPLES_MAX) continue;
    uint64_t now = micro_now();
    w->samples[w->sample_n++] = (double)(now - before) / MANY;
    before = now;
  }
  w->done = done;
  return NULL;
}

static void start(worker *w, void *(*run)(void *), const kind *kind, void *ring) {
  *w = (worker){.kind = kind, .ring = ring, .samples = run == consume ? w->samples : NULL};
  if (pthread_create(&w->thread, NULL, run, w) != 0) abort();
}

static void threads_row(const char *name, const char *operation, const kind *kind, void *ring, int producers,
                        int consumers, double seed) {
  if (!micro_wanted(name)) return;
  worker workers[THREADS_MAX] = {{.samples = micro_samples}};
  atomic_store(&stopped, false);
  uint64_t began = micro_now();
  for (int i = 0; i < consumers; i++) start(&workers[i], consume, kind, ring);
  for (int i = consumers; i < consumers + producers; i++) start(&workers[i], produce, kind, ring);
  struct timespec box = {(time_t)micro_seconds, (long)((micro_seconds - (double)(time_t)micro_seconds) * 1e9)};
  nanosleep(&box, NULL);
  atomic_store(&stopped, true);
  uint64_t done = 0, took = micro_now() - began;
  for (int i = 0; i < consumers + producers; i++) {
    pthread_join(workers[i].thread, NULL);
    done += workers[i].done;
  }
  while (kind->pop(ring)) {} /* what the producers left, for the next row */
  size_t n = workers[0].sample_n;
  if (n == 0) micro_samples[n++] = 0;
  qsort(micro_samples, n, sizeof *micro_samples, micro_compare);
  micro_print(name, operation, (double)done / ((double)took / 1e9), micro_samples[n / 2],
              micro_samples[n * 99 / 100], seed);
}

static void rows_between_threads(kt_spsc *spsc_ring, kt_mpmc *mpmc_queue, kt_mpsc *mpsc_ring, kt_mpsc *mpsc_1024) {
  static const double mpsc_seeds[] = {13e6, 4e6, 18e6, 19e6};
  threads_row("spsc 1x1", "a pointer from a thread to another", &spsc, spsc_ring, 1, 1, 0);
  threads_row("mpmc 4x4", "a pointer pushed and popped; 4 + 4 threads", &mpmc, mpmc_queue, 4, 4, 45e6);
  threads_row("mpmc 8x8", "a pointer pushed and popped; 8 + 8 threads", &mpmc, mpmc_queue, 8, 8, 30e6);
  for (int i = 0; i < 4; i++) {
    char name[24], what[80];
    snprintf(name, sizeof name, "mpsc %d", 1 << i);
    snprintf(what, sizeof what, "a task pushed and popped; producers: %d, ring of 4096", 1 << i);
    threads_row(name, what, &mpsc, mpsc_ring, 1 << i, 1, mpsc_seeds[i]);
  }
  threads_row("mpsc bounded 1024", "a task pushed and popped; producers: 4, ring of 1024", &mpsc, mpsc_1024, 4, 1,
              21e6);
}

int main(int argc, char **argv) {
  micro_begin(argc, argv);
  static kt_ring ring;
  static kt_spsc spsc_ring;
  static kt_mpmc mpmc_queue;
  static kt_mpsc mpsc_ring, mpsc_1024;
  if (!kt_ring_init(&ring, 4096) || !kt_spsc_init(&spsc_ring, 1024) || !kt_mpmc_init(&mpmc_queue, 4096) ||
      !kt_mpsc_init(&mpsc_ring, 4096) || !kt_mpsc_init(&mpsc_1024, 1024))
    abort();
  micro_row("spsc", "a pointer pushed and popped by one thread", spsc_pair, &spsc_ring, 333e6);
  micro_row("mpmc", "a pointer pushed and popped by one thread", mpmc_pair, &mpmc_queue, 0);
  micro_row("mpsc", "a task pushed and popped by one thread", mpsc_pair, &mpsc_ring, 0);
  micro_row("circular 64 B", "64 bytes written and 64 read, of a ring of 4 KB", ring_pair, &ring, 100e6);
  rows_between_threads(&spsc_ring, &mpmc_queue, &mpsc_ring, &mpsc_1024);
  kt_ring_deinit(&ring);
  kt_spsc_deinit(&spsc_ring);
  kt_mpmc_deinit(&mpmc_queue);
  kt_mpsc_deinit(&mpsc_ring);
  kt_mpsc_deinit(&mpsc_1024);
}
