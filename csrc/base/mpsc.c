#include "base/mpsc.h"

#include "base/memory.h"

bool kt_mpsc_init(kt_mpsc *q, uint32_t capacity) {
  KT_ASSERT(capacity > 1 && (capacity & (capacity - 1)) == 0);
  q->cells = kt_calloc(capacity, sizeof *q->cells);
  if (!q->cells) return false;
  for (size_t i = 0; i < capacity; i++) atomic_init(&q->cells[i].sequence, i);
  q->mask = capacity - 1;
  q->head = 0;
  atomic_init(&q->tail, 0);
  return true;
}

void kt_mpsc_deinit(kt_mpsc *q) { kt_free(q->cells); }

bool kt_mpsc_push(kt_mpsc *q, kt_task task) {
  size_t at = atomic_load_explicit(&q->tail, memory_order_relaxed);
  for (;;) {
    kt_mpsc_cell *cell = &q->cells[at & q->mask];
    /* Acquire pairs with the consumer's release: the task it took is out before we write ours. */
    ptrdiff_t lead = (ptrdiff_t)(atomic_load_explicit(&cell->sequence, memory_order_acquire) - at);
    if (lead < 0) return false;
    if (lead > 0) {
      at = atomic_load_explicit(&q->tail, memory_order_relaxed);
    } else if (atomic_compare_exchange_weak_explicit(&q->tail, &at, at + 1, memory_order_relaxed,
                                                     memory_order_relaxed)) {
      cell->task = task;
      atomic_store_explicit(&cell->sequence, at + 1, memory_order_release);
      return true;
    }
  }
}

bool kt_mpsc_pop(kt_mpsc *q, kt_task *task) {
  kt_mpsc_cell *cell = &q->cells[q->head & q->mask];
  if (atomic_load_explicit(&cell->sequence, memory_order_acquire) != q->head + 1) return false;
  *task = cell->task;
  atomic_store_explicit(&cell->sequence, q->head + q->mask + 1, memory_order_release);
  q->head++;
  return true;
}

bool kt_mpsc_empty(const kt_mpsc *q) {
  const kt_mpsc_cell *cell = &q->cells[q->head & q->mask];
  return atomic_load_explicit(&cell->sequence, memory_order_acquire) != q->head + 1;
}

void kt_mpsc_check(const kt_mpsc *q) {
  size_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
  KT_ASSERT(tail - q->head <= q->mask + 1);
  for (size_t at = q->head; at != q->head + q->mask + 1; at++) {
    bool filled = at - q->head < tail - q->head;
    KT_ASSERT(atomic_load_explicit(&q->cells[at & q->mask].sequence, memory_order_relaxed) == at + filled);
    (void)filled;
  }
}
