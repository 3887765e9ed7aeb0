/* arena.h: a request's bump allocator.
 *
 * Workload: most requests ask for nothing or for a few hundred bytes (decoded parameters, response fields); a few ask
 * for tens of KiB. So an arena has a small first block that it keeps across requests; more comes in blocks of 64 KiB
 * from a pool that all requests of a reactor share, and what does not fit one gets a block of its own. Nothing is
 * freed one by one. */
#ifndef KT_BASE_ARENA_H
#define KT_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KT_ARENA_FIRST_SIZE 2048
#define KT_ARENA_BLOCK_SIZE (64 * 1024)
#define KT_ARENA_BLOCKS_KEPT 64 /* idle blocks that a pool keeps */

typedef struct kt_arena_block {
  struct kt_arena_block *next;
  size_t cap; /* bytes in data */
  _Alignas(16) uint8_t data[];
} kt_arena_block;

typedef struct kt_arena_pool {
  kt_arena_block *idle;
  uint32_t idle_n;
} kt_arena_pool;

/* Invariant: at <= end, both in the newest block, or both NULL before the first allocation. */
typedef struct kt_arena {
  uint8_t *at, *end;
  kt_arena_block *blocks; /* newest first */
  kt_arena_block *first;  /* kept across resets */
  kt_arena_pool *pool;
} kt_arena;

void kt_arena_pool_init(kt_arena_pool *p);
void kt_arena_pool_deinit(kt_arena_pool *p);

/* Allocates nothing yet. */
void kt_arena_init(kt_arena *a, kt_arena_pool *pool);
/* Forgets what was allocated; keeps the first block. */
static inline void kt_arena_reset(kt_arena *a);
void kt_arena_deinit(kt_arena *a);

void *kt__arena_grow(kt_arena *a, size_t n);
void kt__arena_rewind(kt_arena *a);
static inline void kt_arena_reset(kt_arena *a) {
  if (a->blocks) kt__arena_rewind(a);
}

/* Do these bytes lie in the arena? As many comparisons as it has blocks. */
bool kt_arena_holds(const kt_arena *a, const void *p, size_t n);

/* 16-byte aligned, uninitialised; NULL when memory is out. */
static inline void *kt_arena_alloc(kt_arena *a, size_t n) {
  if (n > (size_t)(a->end - a->at) || !a->at) return kt__arena_grow(a, n);
  size_t step = (n + 15) & ~(size_t)15;
  void *p = a->at;
  a->at = step > (size_t)(a->end - a->at) ? a->end : a->at + step;
  return p;
}

#endif
