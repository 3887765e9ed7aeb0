/* mpsc.h: bounded ring of tasks, many producers, one consumer.
 *
 * Other threads resume suspended requests of a reactor through it: from none to some 10^5 tasks a
 * second, from a handful of threads. A push is one compare-and-swap when nobody else pushes at the
 * same moment and never blocks; a pop shares no line with the producers but the cell it reads.
 * Tasks of one producer come out in the order in which they went in.
 *
 * A cell's turn says whose it is: turn == position, free for the producer that claims that
 * position; turn == position + 1, filled for the consumer. (D. Vyukov's bounded queue, with the
 * consumer's half reduced to plain loads because there is one.) */
#ifndef KT_BASE_MPSC_H
#define KT_BASE_MPSC_H

#include "base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>

typedef struct kt_task {
  void (*fn)(void *context, void *argument);
  void *context;
  void *argument;
} kt_task;

typedef struct kt_mpsc_cell {
  _Atomic uint64_t turn;
  kt_task task;
} kt_mpsc_cell;

/* head <= tail <= head + capacity */
typedef struct kt_mpsc {
  kt_mpsc_cell *cells;
  uint64_t mask;
  _Alignas(KT_CACHE_LINE) _Atomic uint64_t tail; /* producers: the next position to claim */
  _Alignas(KT_CACHE_LINE) uint64_t head;         /* consumer: the next position to take */
} kt_mpsc;

/* `capacity` is a power of two, at least 2. False when memory is out. */
bool kt_mpsc_init(kt_mpsc *ring, uint32_t capacity);
/* Nobody pushes any more. Tasks that are still inside are dropped. */
void kt_mpsc_deinit(kt_mpsc *ring);

/* Any thread. False when the ring is full. What the producer wrote before is visible to the task. */
bool kt_mpsc_push(kt_mpsc *ring, kt_task task);

/* Consumer only. False when there is no task, or when the next one is still being written; its
 * producer has not returned from kt_mpsc_push then, so whoever wakes the consumer after a push
 * loses nothing. */
bool kt_mpsc_pop(kt_mpsc *ring, kt_task *task);
/* Consumer only: kt_mpsc_pop would return false. */
bool kt_mpsc_empty(const kt_mpsc *ring);

/* Consumer only, while nobody pushes. */
bool kt_mpsc_check(const kt_mpsc *ring);

#endif
