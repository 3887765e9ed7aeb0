/* heap.h: the memory of one encoder or decoder, counted.
 *
 * Workload: a library asks for 2 to 20 blocks when a coder is made, some of hundreds of KiB, and gives them back when
 * it is destroyed. Brotli cannot begin anew, so that this happens for every response: blocks given back are kept here
 * and serve the next request of the same size, which saves the page faults of fresh ones.
 *
 * Invariant: bytes is the size of all blocks, in use and kept; bytes <= bytes_max. */
#ifndef KT_CODING_HEAP_H
#define KT_CODING_HEAP_H

#include <stddef.h>

typedef struct kt_coding_block kt_coding_block;

typedef struct kt_coding_heap {
  kt_coding_block *used, *kept;
  size_t bytes;
  size_t bytes_most; /* that there ever were */
  size_t bytes_max;  /* beyond it nothing is given: what a hostile input makes a library ask for ends here */
} kt_coding_heap;

void kt_coding_heap_init(kt_coding_heap *h, size_t bytes_max);
/* Every block must have been given back. */
void kt_coding_heap_deinit(kt_coding_heap *h);

/* 16-byte aligned, uninitialised; NULL when memory is out or bytes_max reached. */
void *kt_coding_heap_alloc(kt_coding_heap *h, size_t n);
void kt_coding_heap_free(kt_coding_heap *h, void *p);
/* Every block in use, for a library that was left in the middle of its work. */
void kt_coding_heap_free_all(kt_coding_heap *h);

/* As the libraries call them; `heap` is a kt_coding_heap. */
void *kt__coding_alloc(void *heap, size_t n);
void *kt__coding_alloc_array(void *heap, unsigned count, unsigned n);
void kt__coding_free(void *heap, void *p);

#endif
