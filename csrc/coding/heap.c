#include "coding/heap.h"

#include "base/memory.h"

struct kt_coding_block {
  size_t n; /* bytes in data */
  kt_coding_block *prev, *next; /* among those in use; of those kept only next */
  _Alignas(16) unsigned char data[];
};

void kt_coding_heap_init(kt_coding_heap *h, size_t bytes_max) { *h = (kt_coding_heap){.bytes_max = bytes_max}; }

static void drop_kept(kt_coding_heap *h) {
  while (h->kept) {
    kt_coding_block *block = h->kept;
    h->kept = block->next;
    h->bytes -= sizeof *block + block->n;
    kt_free(block);
  }
}

void kt_coding_heap_deinit(kt_coding_heap *h) {
  drop_kept(h);
  KT_ASSERT(h->bytes == 0);
}

static kt_coding_block *take_kept(kt_coding_heap *h, size_t n) {
  for (kt_coding_block **at = &h->kept; *at; at = &(*at)->next) {
    kt_coding_block *block = *at;
    if (block->n != n) continue;
    *at = block->next;
    return block;
  }
  return NULL;
}

static kt_coding_block *make(kt_coding_heap *h, size_t n) {
  size_t size = sizeof(kt_coding_block) + n;
  if (size < n || size > h->bytes_max) return NULL;
  if (size > h->bytes_max - h->bytes) drop_kept(h);
  if (size > h->bytes_max - h->bytes) return NULL;
  kt_coding_block *block = kt_malloc(size);
  if (!block) return NULL;
  block->n = n;
  h->bytes += size;
  if (h->bytes > h->bytes_most) h->bytes_most = h->bytes;
  return block;
}

void *kt_coding_heap_alloc(kt_coding_heap *h, size_t n) {
  kt_coding_block *block = take_kept(h, n);
  if (!block) block = make(h, n);
  if (!block) return NULL;
  block->prev = NULL;
  block->next = h->used;
  if (h->used) h->used->prev = block;
  h->used = block;
  return block->data;
}

void kt_coding_heap_free(kt_coding_heap *h, void *p) {
  if (!p) return;
  kt_coding_block *block = (kt_coding_block *)((unsigned char *)p - offsetof(kt_coding_block, data));
  if (block->prev) block->prev->next = block->next;
  else h->used = block->next;
  if (block->next) block->next->prev = block->prev;
  block->next = h->kept;
  h->kept = block;
}

void kt_coding_heap_free_all(kt_coding_heap *h) {
  while (h->used) kt_coding_heap_free(h, h->used->data);
}

void *kt__coding_alloc(void *heap, size_t n) { return kt_coding_heap_alloc(heap, n); }

void *kt__coding_alloc_array(void *heap, unsigned count, unsigned n) {
  size_t size;
  return __builtin_mul_overflow((size_t)count, (size_t)n, &size) ? NULL : kt_coding_heap_alloc(heap, size);
}

void kt__coding_free(void *heap, void *p) { kt_coding_heap_free(heap, p); }
