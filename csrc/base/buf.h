/* buf.h: byte buffers of one size with a free list.
 *
 * Workload: one is taken and given back for nearly every message, last in first out, so that a handful of hot ones do
 * all the work; a burst may need thousands for a moment. */
#ifndef KT_BASE_BUF_H
#define KT_BASE_BUF_H

#include <stdint.h>

/* Invariant: start <= end <= cap. Bytes between start and end are pending. */
typedef struct kt_buf {
  struct kt_buf *next;
  uint32_t start, end, cap;
  uint8_t data[];
} kt_buf;

typedef struct kt_buf_pool {
  kt_buf *idle;
  uint32_t cap;
  uint32_t idle_n, idle_max; /* given back beyond idle_max, a buffer is freed */
  uint32_t live;             /* taken and not given back */
} kt_buf_pool;

void kt_buf_pool_init(kt_buf_pool *p, uint32_t cap, uint32_t idle_max);
/* Every buffer must have been given back. */
void kt_buf_pool_deinit(kt_buf_pool *p);

/* An empty buffer, or NULL when memory is out. */
kt_buf *kt_buf_get(kt_buf_pool *p);
void kt_buf_put(kt_buf_pool *p, kt_buf *b);
/* A buffer moves between two pools of one size: it leaves one, and may be given back to the other that it joined. */
static inline void kt_buf_part(kt_buf_pool *p) { p->live--; }
static inline void kt_buf_join(kt_buf_pool *p) { p->live++; }

#endif
