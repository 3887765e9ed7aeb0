/* slab.h: objects of one size, such as connections.
 *
 * 10 to 10^5 objects of 64 to 2000 bytes, taken and given back at the rate at which clients connect.
 * Objects never move and chunks are never returned before deinit: the high-water mark of
 * connections is bounded by configuration. An object begins on a cache line when it is at least
 * one line long, so that two connections never share one. */
#ifndef KT_BASE_SLAB_H
#define KT_BASE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct kt_slab_chunk kt_slab_chunk;

/* live + idle + objects never handed out == per_chunk * chunks */
typedef struct kt_slab {
  void *idle;           /* given back, linked through their first word */
  uint8_t *fresh;       /* first object of the newest chunk that was never handed out */
  uint32_t fresh_count; /* of those; untouched memory of a chunk stays untouched */
  uint32_t per_chunk;
  size_t object_size; /* as rounded up */
  kt_slab_chunk *chunks;
  uint32_t chunk_count;
  uint32_t live;
} kt_slab;

/* Allocates nothing yet. */
void kt_slab_init(kt_slab *slab, size_t object_size, uint32_t per_chunk);
/* Frees everything; pointers to objects, given back or not, are dead. */
void kt_slab_deinit(kt_slab *slab);

/* Contents are undefined. NULL when memory is out. */
void *kt_slab_get(kt_slab *slab);
void kt_slab_put(kt_slab *slab, void *object);

bool kt_slab_check(const kt_slab *slab);

#endif
