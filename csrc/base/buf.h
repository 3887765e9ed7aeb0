/* buf.h: byte buffers of one size, pooled per reactor.
 *
 * A connection holds a read buffer only while bytes are pending and output buffers only while the
 * socket is full, so at c connections far fewer than c buffers are out; get and put run about once
 * per request each. The list is last in, first out: the buffer that comes back is the one that is
 * still in the cache. Whatever exceeds keep_max goes back to the system, so that one burst does not
 * stay in memory for ever.
 *
 * A buffer is never in two connections at once. Idle buffers are poisoned under AddressSanitizer,
 * so that a slice which outlives its buffer is found. */
#ifndef KT_BASE_BUF_H
#define KT_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes [start, end) are filled, [end, cap) are free.   start <= end <= cap */
typedef struct kt_buf {
  struct kt_buf *next; /* the holder's while it is out, the pool's while it is idle */
  uint32_t start, end, cap;
  uint32_t refs; /* the holder's; 0 when it comes from the pool and when it goes back */
  uint8_t data[];
} kt_buf;

/* kept == length of idle, kept <= keep_max */
typedef struct kt_buf_pool {
  kt_buf *idle;
  uint32_t cap;         /* data bytes in each buffer */
  uint32_t kept;        /* idle ones */
  uint32_t keep_max;
  uint32_t live;        /* handed out and not put back */
  uint64_t allocations; /* times that the system was asked */
} kt_buf_pool;

void kt_buf_pool_init(kt_buf_pool *pool, uint32_t cap, uint32_t keep_max);
/* Frees the idle buffers. Those still out are leaked: it is our error (KT_ASSERT). */
void kt_buf_pool_deinit(kt_buf_pool *pool);

/* An empty buffer: start == end == 0, contents undefined. NULL when memory is out. */
kt_buf *kt_buf_get(kt_buf_pool *pool);
/* NULL is allowed. */
void kt_buf_put(kt_buf_pool *pool, kt_buf *buf);

bool kt_buf_check(const kt_buf *buf);
bool kt_buf_pool_check(const kt_buf_pool *pool);

#endif
