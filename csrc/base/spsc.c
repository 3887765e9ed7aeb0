#include "base/spsc.h"

#include "base/memory.h"

#include <string.h>

bool kt_spsc_init(kt_spsc *q, uint32_t capacity) {
  KT_ASSERT(capacity > 0 && (capacity & (capacity - 1)) == 0);
  q->slots = kt_malloc(capacity * sizeof *q->slots);
  if (!q->slots) return false;
  q->mask = capacity - 1;
  q->head_seen = q->tail_seen = 0;
  atomic_init(&q->tail, 0);
  atomic_init(&q->head, 0);
  return true;
}

void kt_spsc_deinit(kt_spsc *q) { kt_free(q->slots); }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Slots from this position to the array's end. */
static size_t until_end(const kt_spsc *q, size_t position) { return q->mask + 1 - (position & q->mask); }

size_t kt_spsc_push_many(kt_spsc *q, void *const *items, size_t n) {
  size_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
  n = least(n, kt__spsc_room(q, tail, n));
  if (n == 0) return 0;
  size_t first = least(n, until_end(q, tail));
  memcpy(&q->slots[tail & q->mask], items, first * sizeof *items);
  memcpy(q->slots, items + first, (n - first) * sizeof *items);
  atomic_store_explicit(&q->tail, tail + n, memory_order_release);
  return n;
}

size_t kt_spsc_pop_many(kt_spsc *q, void **items, size_t n) {
  size_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
  n = least(n, kt__spsc_filled(q, head, n));
  if (n == 0) return 0;
  size_t first = least(n, until_end(q, head));
  memcpy(items, &q->slots[head & q->mask], first * sizeof *items);
  memcpy(items + first, q->slots, (n - first) * sizeof *items);
  atomic_store_explicit(&q->head, head + n, memory_order_release);
  return n;
}

void kt_spsc_check(const kt_spsc *q) {
  size_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
  size_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
  /* As distances, which hold when a position wraps. */
  KT_ASSERT(tail - q->head_seen <= q->mask + 1);
  KT_ASSERT(tail - head <= tail - q->head_seen);
  KT_ASSERT(tail - q->tail_seen <= tail - head);
}
