#include "base/buf.h"

#include "base/memory.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define HIDE(b) ASAN_POISON_MEMORY_REGION((b)->data, (b)->cap)
#define SHOW(b) ASAN_UNPOISON_MEMORY_REGION((b)->data, (b)->cap)
#endif
#endif
#ifndef HIDE
#define HIDE(b) ((void)(b))
#define SHOW(b) ((void)(b))
#endif

void kt_buf_pool_init(kt_buf_pool *p, uint32_t cap, uint32_t idle_max) {
  *p = (kt_buf_pool){.cap = cap, .idle_max = idle_max};
}

static void destroy(kt_buf *b) {
  SHOW(b);
  kt_free(b);
}

void kt_buf_pool_deinit(kt_buf_pool *p) {
  KT_ASSERT(p->live == 0);
  while (p->idle) {
    kt_buf *b = p->idle;
    p->idle = b->next;
    destroy(b);
  }
}

kt_buf *kt_buf_get(kt_buf_pool *p) {
  kt_buf *b = p->idle;
  if (b) {
    p->idle = b->next;
    p->idle_n--;
    SHOW(b);
  } else {
    b = kt_malloc(sizeof *b + p->cap);
    if (!b) return NULL;
    b->cap = p->cap;
  }
  p->live++;
  b->next = NULL;
  b->start = b->end = 0;
  return b;
}

void kt_buf_put(kt_buf_pool *p, kt_buf *b) {
  KT_ASSERT(b->start <= b->end && b->end <= b->cap && p->live > 0);
  p->live--;
  if (p->idle_n >= p->idle_max) {
    destroy(b);
    return;
  }
  HIDE(b);
  b->next = p->idle;
  p->idle = b;
  p->idle_n++;
}
