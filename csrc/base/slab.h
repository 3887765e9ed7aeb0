/* slab.h: objects of one size, in chunks that are kept until the end.
 *
 * Workload: connections. Thousands live for seconds to hours; one is taken per accepted connection. Chunks keep the
 * idle ones dense, which is what the memory of an idle connection is measured by. */
#ifndef KT_BASE_SLAB_H
#define KT_BASE_SLAB_H

#include <stddef.h>
#include <stdint.h>

typedef struct kt_slab {
  void *idle;   /* list through each idle object's first word */
  void *chunks; /* list through each chunk's first word */
  size_t object_size;
  uint32_t per_chunk;
  uint32_t live;
} kt_slab;

void kt_slab_init(kt_slab *s, size_t object_size, uint32_t per_chunk);
void kt_slab_deinit(kt_slab *s);
/* Uninitialised, 16-byte aligned; NULL when memory is out. */
void *kt_slab_get(kt_slab *s);
void kt_slab_put(kt_slab *s, void *object);

#endif
