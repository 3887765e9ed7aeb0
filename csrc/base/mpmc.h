/* mpmc.h: bounded queue of pointers from many threads to many.
 *
 * Workload: work that any of a few threads may hand in and any of a few others may take, so that both ends are
 * contended; hundreds to thousands inside at most. D. Vyukov's bounded queue, as mpsc.h, with a second end that is
 * claimed like the first. One consumer is served better by kt_mpsc, whose pop claims nothing.
 *
 * Each end has a cache line of its own, and so has the part that nobody writes. Cells are not padded, though threads
 * that take neighbours share a line. On two processors padding gained a fifth at most where two threads push and pop in
 * turn (15 million pairs a second in place of 12), and lost half from one thread to another (52 million in place of
 * 95), where four cells come with a line.
 *
 * Threads: push and pop from any thread. What was written before a push is visible after the pop of that item. Items of
 * one producer are popped in its order; consumers may still finish them in another. A thread that is suspended between
 * claiming a cell and filling it holds up those who come to that cell: they see a full or empty queue, and do not wait.
 * The queue owns nothing but its cells. */
#ifndef KT_BASE_MPMC_H
#define KT_BASE_MPMC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whose turn it is. sequence == position: free for the producer of that position; position + 1: filled, for the
 * consumer of that position; position + capacity: free for the next turn. */
typedef struct kt_mpmc_cell {
  atomic_size_t sequence;
  void *item;
} kt_mpmc_cell;

/* Invariant: head <= tail <= head + capacity, where positions count up for ever. */
typedef struct kt_mpmc {
  _Alignas(64) atomic_size_t tail;  /* next position to fill */
  _Alignas(64) atomic_size_t head;  /* next position to take */
  _Alignas(64) kt_mpmc_cell *cells; /* this line is written by init alone */
  size_t mask;
} kt_mpmc;

/* `capacity` is a power of two, at least 2. False when memory is out. */
bool kt_mpmc_init(kt_mpmc *q, uint32_t capacity);
/* No thread is at work any more; what is still inside is forgotten. */
void kt_mpmc_deinit(kt_mpmc *q);
/* False when full, or while the oldest cell is still being emptied. */
bool kt_mpmc_push(kt_mpmc *q, void *item);
/* False when empty, or while the oldest item is still being put in. */
bool kt_mpmc_pop(kt_mpmc *q, void **item);
/* Asserts the invariant and every cell's turn, while no thread is at work; for tests. */
void kt_mpmc_check(const kt_mpmc *q);

#endif
