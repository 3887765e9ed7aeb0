/* mpsc.h: bounded ring of tasks from many threads to one.
 *
 * Workload: resumes of suspended handlers from foreign threads: rare beside requests, in bursts when a database
 * answers. D. Vyukov's bounded queue: each cell carries a sequence number that says whose turn it is. It is kt_mpmc
 * with a cheaper end: the one consumer claims nothing, it only looks at its cell. */
#ifndef KT_BASE_MPSC_H
#define KT_BASE_MPSC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct kt_task {
  void (*fn)(void *context, void *argument);
  void *context;
  void *argument;
} kt_task;

/* Cell i holds sequence s: s == position: free for the producer of that position; s == position + 1: filled. */
typedef struct kt_mpsc_cell {
  atomic_size_t sequence;
  kt_task task;
} kt_mpsc_cell;

typedef struct kt_mpsc {
  _Alignas(64) atomic_size_t tail; /* next position to fill; producers */
  _Alignas(64) size_t head;        /* next position to take; consumer only */
  _Alignas(64) kt_mpsc_cell *cells;
  size_t mask;
} kt_mpsc;

/* `capacity` is a power of two, at least 2. False when memory is out. */
bool kt_mpsc_init(kt_mpsc *q, uint32_t capacity);
void kt_mpsc_deinit(kt_mpsc *q);
/* Any thread. False when full. */
bool kt_mpsc_push(kt_mpsc *q, kt_task task);
/* Consumer only. */
bool kt_mpsc_pop(kt_mpsc *q, kt_task *task);
/* Consumer only. True also while a producer is between claiming a cell and filling it. */
bool kt_mpsc_empty(const kt_mpsc *q);
/* Asserts head <= tail <= head + capacity and every cell's turn, while no thread is at work; for tests. */
void kt_mpsc_check(const kt_mpsc *q);

#endif
