#include "http2/memory.h"

#include <string.h>

#define SMALLEST 64
#ifdef KT_CHECKS
#define KEPT 0 /* sanitizers are to see every use of what was given back */
#else
#define KEPT KT_H2_BLOCKS_KEPT
#endif

/* In front of the bytes that are given out, whose alignment it keeps. */
typedef struct block {
  struct block *next;
  size_t size;
} block;

typedef struct shelf {
  block *idle;
  uint32_t n;
} shelf;

static _Thread_local shelf shelves[KT_H2_BLOCK_CLASSES];

static unsigned class_of(size_t n) {
  unsigned c = 0;
  while (c < KT_H2_BLOCK_CLASSES && n > (size_t)SMALLEST << c) c++;
  return c;
}

void *kt__h2_malloc(size_t n) {
  unsigned c = class_of(n);
  block *b = c < KT_H2_BLOCK_CLASSES ? shelves[c].idle : NULL;
  if (b) {
    shelves[c].idle = b->next;
    shelves[c].n--;
    return b + 1;
  }
  size_t size = c < KT_H2_BLOCK_CLASSES ? (size_t)SMALLEST << c : n;
  if (size > SIZE_MAX - sizeof *b || !(b = kt_malloc(sizeof *b + size))) return NULL;
  b->size = size;
  return b + 1;
}

void kt__h2_free(void *p) {
  if (!p) return;
  block *b = (block *)p - 1;
  unsigned c = class_of(b->size);
  if (c == KT_H2_BLOCK_CLASSES || shelves[c].n >= KEPT) {
    kt_free(b);
    return;
  }
  b->next = shelves[c].idle;
  shelves[c].idle = b;
  shelves[c].n++;
}

void *kt__h2_calloc(size_t count, size_t n) {
  if (n && count > SIZE_MAX / n) return NULL;
  void *p = kt__h2_malloc(count * n);
  return p ? memset(p, 0, count * n) : NULL;
}

void *kt__h2_realloc(void *p, size_t n) {
  if (!p) return kt__h2_malloc(n);
  size_t size = ((block *)p - 1)->size;
  if (n <= size) return p;
  void *grown = kt__h2_malloc(n);
  if (!grown) return NULL;
  memcpy(grown, p, size);
  kt__h2_free(p);
  return grown;
}

void kt_h2_memory_trim(void) {
  for (unsigned c = 0; c < KT_H2_BLOCK_CLASSES; c++)
    while (shelves[c].idle) {
      block *b = shelves[c].idle;
      shelves[c].idle = b->next;
      shelves[c].n--;
      kt_free(b);
    }
}
