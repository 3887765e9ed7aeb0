/* spsc.h: bounded ring of pointers from one thread to one other.
 *
 * Workload: work handed from one thread to a fixed other one, a word at a time, at any rate up to every few
 * nanoseconds; mostly near empty. An element is a pointer and not a struct of the caller's size: what is handed over
 * has an owner and an address already, and a word is copied in line, without a size that only the run time knows.
 *
 * Each side works on a cache line of its own. It also keeps the other's position as it last saw it, so that the
 * other's line moves only when the ring looks full or empty: once a turn of the ring at best, not once an element.
 *
 * Threads: push from one thread at a time, pop from one thread at a time; both at once. What the producer wrote before
 * a push is visible to the consumer after the pop. Ownership of what a pointer leads to is the callers' affair; the
 * ring frees nothing but itself. */
#ifndef KT_BASE_SPSC_H
#define KT_BASE_SPSC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Positions count up for ever; slot i serves every position that is i modulo the capacity.
 * Invariant: head_seen <= head <= tail_seen <= tail <= head_seen + capacity. */
typedef struct kt_spsc {
  _Alignas(64) atomic_size_t tail; /* next position to fill; written by the producer */
  size_t head_seen;                /* producer only */
  _Alignas(64) atomic_size_t head; /* next position to take; written by the consumer */
  size_t tail_seen;                /* consumer only */
  _Alignas(64) void **slots;       /* this line is written by init alone */
  size_t mask;
} kt_spsc;

/* `capacity` is a power of two. False when memory is out. */
bool kt_spsc_init(kt_spsc *q, uint32_t capacity);
/* What is still inside is forgotten. */
void kt_spsc_deinit(kt_spsc *q);

/* Producer only: slots that are free, looking at the consumer's line only when fewer than `wanted` seemed to be. */
static inline size_t kt__spsc_room(kt_spsc *q, size_t tail, size_t wanted) {
  size_t room = q->mask + 1 - (tail - q->head_seen);
  if (room >= wanted) return room;
  /* Acquire pairs with the release in pop: what stood in the slot has been read before we write over it. */
  q->head_seen = atomic_load_explicit(&q->head, memory_order_acquire);
  return q->mask + 1 - (tail - q->head_seen);
}

/* Consumer only: likewise, slots that are filled. */
static inline size_t kt__spsc_filled(kt_spsc *q, size_t head, size_t wanted) {
  size_t filled = q->tail_seen - head;
  if (filled >= wanted) return filled;
  q->tail_seen = atomic_load_explicit(&q->tail, memory_order_acquire);
  return q->tail_seen - head;
}

/* Producer only. False when full. */
static inline bool kt_spsc_push(kt_spsc *q, void *item) {
  size_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
  if (kt__spsc_room(q, tail, 1) == 0) return false;
  q->slots[tail & q->mask] = item;
  atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
  return true;
}

/* Consumer only. False when empty. */
static inline bool kt_spsc_pop(kt_spsc *q, void **item) {
  size_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
  if (kt__spsc_filled(q, head, 1) == 0) return false;
  *item = q->slots[head & q->mask];
  atomic_store_explicit(&q->head, head + 1, memory_order_release);
  return true;
}

/* Producer only. Pushes the first of `items`, as many as there is room for, and makes them visible at once; returns how
 * many those were. */
size_t kt_spsc_push_many(kt_spsc *q, void *const *items, size_t n);
/* Consumer only. Takes the oldest, `n` at most; returns how many. */
size_t kt_spsc_pop_many(kt_spsc *q, void **items, size_t n);

/* Asserts the invariant, while neither side is at work; for tests. */
void kt_spsc_check(const kt_spsc *q);

#endif
