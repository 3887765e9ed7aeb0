/* ring.h: circular buffer of bytes.
 *
 * Workload: a stream whose reader lags behind its writer by a varying amount, in pieces of tens to thousands of bytes,
 * where moving the rest to the front after each piece would cost more than what was read. Both sides work in place: the
 * bytes to read and the room to write are one span, or two where the array ends, which suits readv and writev.
 *
 *   reserve -> write into the spans -> commit          peek -> look at the spans -> consume
 *
 * Threads: one. Ownership: the ring owns its array; spans are views of it. What peek gave stays valid until it is
 * consumed, and what reserve gave until it is committed: neither moves for what the other side does. */
#ifndef KT_BASE_RING_H
#define KT_BASE_RING_H

#include "katana/bytes.h"

/* Positions count up for ever; byte i of the array serves every position that is i modulo the capacity.
 * Invariant: head <= tail <= head + capacity. Bytes from head to tail are pending. */
typedef struct kt_ring {
  uint8_t *data;
  size_t mask;
  size_t head; /* next byte to read */
  size_t tail; /* next byte to write */
} kt_ring;

/* Room to write into. */
typedef struct kt_ring_span {
  uint8_t *p;
  size_t n;
} kt_ring_span;

/* `capacity` is a power of two. False when memory is out. */
bool kt_ring_init(kt_ring *r, size_t capacity);
void kt_ring_deinit(kt_ring *r);

static inline size_t kt_ring_pending(const kt_ring *r) { return r->tail - r->head; }
static inline size_t kt_ring_room(const kt_ring *r) { return r->mask + 1 - (r->tail - r->head); }

/* All pending bytes, oldest first. Returns how many spans they take, 0 to 2; none that it counts is empty. */
unsigned kt_ring_peek(const kt_ring *r, kt_bytes spans[2]);
/* All room, in the order in which it is to be filled; likewise. */
unsigned kt_ring_reserve(kt_ring *r, kt_ring_span spans[2]);
/* The oldest `n` bytes are done with; at most what is pending. */
void kt_ring_consume(kt_ring *r, size_t n);
/* The first `n` bytes of the room are filled; at most the room. */
void kt_ring_commit(kt_ring *r, size_t n);

size_t kt__ring_write(kt_ring *r, const void *from, size_t n);
size_t kt__ring_read(kt_ring *r, void *to, size_t n);

/* Copies bytes in, as many of the first as there is room for, and returns how many. The usual case, which is all of
 * them and in one piece, is in line. */
static inline size_t kt_ring_write(kt_ring *r, const void *from, size_t n) {
  size_t at = r->tail & r->mask;
  if (n == 0 || n > kt_ring_room(r) || n > r->mask + 1 - at) return kt__ring_write(r, from, n);
  memcpy(r->data + at, from, n);
  r->tail += n;
  return n;
}

/* Copies the oldest bytes out and consumes them, `n` at most; returns how many. */
static inline size_t kt_ring_read(kt_ring *r, void *to, size_t n) {
  size_t at = r->head & r->mask;
  if (n == 0 || n > kt_ring_pending(r) || n > r->mask + 1 - at) return kt__ring_read(r, to, n);
  memcpy(to, r->data + at, n);
  r->head += n;
  return n;
}

/* Asserts the invariant, and that peek and reserve share out the array; for tests. */
void kt_ring_check(const kt_ring *r);

#endif
