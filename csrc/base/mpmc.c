#include "base/mpmc.h"

#include "base/memory.h"

bool kt_mpmc_init(kt_mpmc *q, uint32_t capacity) {
  /* With one cell, "filled" and "free for the next turn" would be the same number. */
  KT_ASSERT(capacity > 1 && (capacity & (capacity - 1)) == 0);
  q->cells = kt_calloc(capacity, sizeof *q->cells);
  if (!q->cells) return false;
  for (size_t i = 0; i < capacity; i++) atomic_init(&q->cells[i].sequence, i);
  q->mask = capacity - 1;
  atomic_init(&q->head, 0);
  atomic_init(&q->tail, 0);
  return true;
}

void kt_mpmc_deinit(kt_mpmc *q) { kt_free(q->cells); }

/* Claims the next position at an end: the one whose cell's sequence is ahead of it by `turn`. NULL when that cell is
 * still a turn behind. */
static inline kt_mpmc_cell *claim(const kt_mpmc *q, atomic_size_t *end, size_t turn, size_t *position) {
  size_t at = atomic_load_explicit(end, memory_order_relaxed);
  for (;;) {
    kt_mpmc_cell *cell = &q->cells[at & q->mask];
    /* Acquire pairs with the release of who used the cell before: an item is read after it was written, and written
     * over after it was read. */
    size_t sequence = atomic_load_explicit(&cell->sequence, memory_order_acquire);
    ptrdiff_t lead = (ptrdiff_t)(sequence - (at + turn));
    if (lead < 0) return NULL;
    if (lead > 0) { /* another thread was faster */
      at = atomic_load_explicit(end, memory_order_relaxed);
    } else if (atomic_compare_exchange_weak_explicit(end, &at, at + 1, memory_order_relaxed, memory_order_relaxed)) {
      *position = at;
      return cell;
    }
  }
}

bool kt_mpmc_push(kt_mpmc *q, void *item) {
  size_t at;
  kt_mpmc_cell *cell = claim(q, &q->tail, 0, &at);
  if (!cell) return false;
  cell->item = item;
  atomic_store_explicit(&cell->sequence, at + 1, memory_order_release);
  return true;
}

bool kt_mpmc_pop(kt_mpmc *q, void **item) {
  size_t at;
  kt_mpmc_cell *cell = claim(q, &q->head, 1, &at);
  if (!cell) return false;
  *item = cell->item;
  atomic_store_explicit(&cell->sequence, at + q->mask + 1, memory_order_release);
  return true;
}

void kt_mpmc_check(const kt_mpmc *q) {
  size_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
  size_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
  KT_ASSERT(tail - head <= q->mask + 1);
  for (size_t at = head; at != head + q->mask + 1; at++) {
    bool filled = at - head < tail - head;
    KT_ASSERT(atomic_load_explicit(&q->cells[at & q->mask].sequence, memory_order_relaxed) == at + filled);
    (void)filled;
  }
}
