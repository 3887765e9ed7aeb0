/* arena.h: memory that dies with its request.
 *
 * Most requests take 0 to 20 pieces of 16 to 300 bytes and fit the first block; a few decode a body
 * and take megabytes. So the first block is small and stays with the arena across resets (a
 * keep-alive connection allocates nothing per request), later blocks are large and travel between
 * the arenas of a reactor through its pool, and a piece larger than KT_ARENA_LARGE gets a block of
 * its own from the system, which is freed at the reset: kept, it would pin the memory of the
 * largest request ever seen. */
#ifndef KT_BASE_ARENA_H
#define KT_BASE_ARENA_H

#include "base/assert.h"
#include "base/memory.h"

#include <stdbool.h>

#define KT_ARENA_ALIGN 16
#define KT_ARENA_FIRST 4096
#define KT_ARENA_BLOCK 65536
#define KT_ARENA_LARGE (KT_ARENA_BLOCK / 4) /* wastes at most this much at a block's end */
#define KT_ARENA_POOL_KEEP 64               /* idle blocks in a pool: 4 MiB; the rest is freed */

/* Sizes count the header. */
typedef struct kt_arena_block {
  struct kt_arena_block *next;
  size_t size;
} kt_arena_block;

typedef struct kt_arena_pool {
  kt_arena_block *idle;
  uint32_t kept;
  uint32_t live; /* blocks that arenas hold */
} kt_arena_pool;

/* at <= end, both 16-byte aligned, both inside the block that is being filled (or NULL).
 * The limit is drawn into `end`, so that the fast path compares once. */
typedef struct kt_arena {
  uint8_t *at, *end;
  uint8_t *begin;         /* where the bytes since `spent` begin */
  kt_arena_block *first;  /* kept across resets, NULL until the first allocation */
  kt_arena_block *blocks; /* later ones, from the pool, the newest first */
  kt_arena_block *large;  /* one piece each */
  kt_arena_pool *pool;
  size_t spent; /* bytes handed out and not in [begin, at) */
  size_t limit; /* most bytes that may be out at once, 0: no limit. Set before first use */
} kt_arena;

void kt_arena_pool_init(kt_arena_pool *pool);
/* All arenas of the pool are deinit by now (KT_ASSERT). */
void kt_arena_pool_deinit(kt_arena_pool *pool);

/* Allocates nothing yet. */
void kt_arena_init(kt_arena *arena, kt_arena_pool *pool);
/* Everything handed out is dead; the first block stays. */
void kt_arena_reset(kt_arena *arena);
void kt_arena_deinit(kt_arena *arena);

void *kt__arena_alloc_slow(kt_arena *arena, size_t n);

/* 16-byte aligned, contents undefined, valid until the reset. NULL when memory is out or the limit
 * is reached. n == 0 gives a pointer too. */
static inline void *kt_arena_alloc(kt_arena *arena, size_t n) {
  /* n - 1 sends 0 the slow way as well. The room is a multiple of 16, so a size that passes still
   * fits when it is rounded up, and the rounding cannot overflow. */
  if (KT_UNLIKELY(n - 1 >= (size_t)(arena->end - arena->at))) return kt__arena_alloc_slow(arena, n);
  uint8_t *p = arena->at;
  arena->at += (n + KT_ARENA_ALIGN - 1) & ~(size_t)(KT_ARENA_ALIGN - 1);
  KT_UNPOISON(p, n);
  return p;
}

/* Bytes handed out since the reset, rounding included. */
static inline size_t kt_arena_used(const kt_arena *arena) {
  return arena->spent + (size_t)(arena->at - arena->begin);
}

bool kt_arena_check(const kt_arena *arena);

#endif
