#include "base/arena.h"

#include "base/memory.h"

void kt_arena_pool_init(kt_arena_pool *p) { *p = (kt_arena_pool){0}; }

void kt_arena_pool_deinit(kt_arena_pool *p) {
  while (p->idle) {
    kt_arena_block *b = p->idle;
    p->idle = b->next;
    kt_free(b);
  }
  p->idle_n = 0;
}

void kt_arena_init(kt_arena *a, kt_arena_pool *pool) { *a = (kt_arena){.pool = pool}; }

static kt_arena_block *new_block(size_t cap) {
  if (cap > SIZE_MAX - sizeof(kt_arena_block)) return NULL;
  kt_arena_block *b = kt_malloc(sizeof *b + cap);
  if (b) b->cap = cap;
  return b;
}

static kt_arena_block *take_block(kt_arena_pool *p) {
  kt_arena_block *b = p->idle;
  if (!b) return new_block(KT_ARENA_BLOCK_SIZE);
  p->idle = b->next;
  p->idle_n--;
  return b;
}

static void give_block(kt_arena_pool *p, kt_arena_block *b) {
  if (b->cap != KT_ARENA_BLOCK_SIZE || p->idle_n >= KT_ARENA_BLOCKS_KEPT) {
    kt_free(b);
    return;
  }
  b->next = p->idle;
  p->idle = b;
  p->idle_n++;
}

void *kt__arena_grow(kt_arena *a, size_t n) {
  if (n > SIZE_MAX - 15) return NULL;
  kt_arena_block *b;
  if (!a->first && n <= KT_ARENA_FIRST_SIZE)
    a->first = b = new_block(KT_ARENA_FIRST_SIZE);
  else
    b = n <= KT_ARENA_BLOCK_SIZE ? take_block(a->pool) : new_block((n + 15) & ~(size_t)15);
  if (!b) return NULL;
  b->next = a->blocks;
  a->blocks = b;
  a->at = b->data;
  a->end = b->data + b->cap;
  return kt_arena_alloc(a, n);
}

static void give_all(kt_arena *a, const kt_arena_block *keep) {
  while (a->blocks) {
    kt_arena_block *b = a->blocks;
    a->blocks = b->next;
    if (b != keep) give_block(a->pool, b);
  }
}

void kt__arena_rewind(kt_arena *a) {
  give_all(a, a->first);
  a->at = a->end = NULL;
  if (!a->first) return;
  a->first->next = NULL;
  a->blocks = a->first;
  a->at = a->first->data;
  a->end = a->first->data + a->first->cap;
}

bool kt_arena_holds(const kt_arena *a, const void *p, size_t n) {
  uintptr_t at = (uintptr_t)p;
  for (const kt_arena_block *b = a->blocks; b; b = b->next) {
    uintptr_t begin = (uintptr_t)b->data;
    if (at >= begin && at - begin <= b->cap && n <= b->cap - (at - begin)) return true;
  }
  return false;
}

void kt_arena_deinit(kt_arena *a) {
  give_all(a, NULL);
  *a = (kt_arena){.pool = a->pool};
}
