#include "base/ring.h"

#include "base/memory.h"

bool kt_ring_init(kt_ring *r, size_t capacity) {
  KT_ASSERT(capacity > 0 && (capacity & (capacity - 1)) == 0);
  *r = (kt_ring){.data = kt_malloc(capacity), .mask = capacity - 1};
  return r->data;
}

void kt_ring_deinit(kt_ring *r) { kt_free(r->data); }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* `n` bytes from `position` on: up to the array's end, and the rest at its start. */
static unsigned cut(const kt_ring *r, size_t position, size_t n, kt_ring_span spans[2]) {
  size_t at = position & r->mask, first = least(n, r->mask + 1 - at);
  spans[0] = (kt_ring_span){r->data + at, first};
  spans[1] = (kt_ring_span){r->data, n - first};
  return (first > 0) + (n > first);
}

unsigned kt_ring_peek(const kt_ring *r, kt_bytes spans[2]) {
  kt_ring_span pending[2];
  unsigned n = cut(r, r->head, kt_ring_pending(r), pending);
  for (int i = 0; i < 2; i++) spans[i] = kt_bytes_make(pending[i].p, pending[i].n);
  return n;
}

unsigned kt_ring_reserve(kt_ring *r, kt_ring_span spans[2]) { return cut(r, r->tail, kt_ring_room(r), spans); }

void kt_ring_consume(kt_ring *r, size_t n) {
  KT_ASSERT(n <= kt_ring_pending(r));
  r->head += n;
}

void kt_ring_commit(kt_ring *r, size_t n) {
  KT_ASSERT(n <= kt_ring_room(r));
  r->tail += n;
}

size_t kt__ring_write(kt_ring *r, const void *from, size_t n) {
  kt_ring_span spans[2];
  n = least(n, kt_ring_room(r));
  if (n == 0) return 0; /* `from` may be NULL */
  cut(r, r->tail, n, spans);
  memcpy(spans[0].p, from, spans[0].n);
  memcpy(spans[1].p, (const uint8_t *)from + spans[0].n, spans[1].n);
  r->tail += n;
  return n;
}

size_t kt__ring_read(kt_ring *r, void *to, size_t n) {
  kt_ring_span spans[2];
  n = least(n, kt_ring_pending(r));
  if (n == 0) return 0;
  cut(r, r->head, n, spans);
  memcpy(to, spans[0].p, spans[0].n);
  memcpy((uint8_t *)to + spans[0].n, spans[1].p, spans[1].n);
  r->head += n;
  return n;
}

void kt_ring_check(const kt_ring *r) {
  kt_ring_span pending[2], room[2];
  KT_ASSERT(kt_ring_pending(r) <= r->mask + 1);
  cut(r, r->head, kt_ring_pending(r), pending);
  cut(r, r->tail, kt_ring_room(r), room);
  KT_ASSERT(pending[0].n + pending[1].n + room[0].n + room[1].n == r->mask + 1);
  KT_ASSERT(pending[1].n == 0 || room[1].n == 0);
}
