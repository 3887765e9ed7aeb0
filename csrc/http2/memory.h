/* memory.h: memory of nghttp2, which asks for and gives back a dozen small blocks for each stream. Each thread keeps what
 * was given back, by size, for the next stream. */
#ifndef KT_HTTP2_MEMORY_H
#define KT_HTTP2_MEMORY_H

#include "base/memory.h"

#define KT_H2_BLOCK_CLASSES 5 /* 64, 128, 256, 512 and 1024 bytes; others are not kept */
#define KT_H2_BLOCKS_KEPT 512 /* of each class */

void *kt__h2_malloc(size_t n);
void *kt__h2_calloc(size_t count, size_t n);
void *kt__h2_realloc(void *p, size_t n);
void kt__h2_free(void *p);
/* Frees what the calling thread keeps; before it ends. */
void kt_h2_memory_trim(void);

#endif
