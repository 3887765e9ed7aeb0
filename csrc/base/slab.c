#include "base/slab.h"

#include "base/memory.h"

#define CHUNK_HEADER 16 /* the list's word, padded to keep objects aligned */

void kt_slab_init(kt_slab *s, size_t object_size, uint32_t per_chunk) {
  *s = (kt_slab){.object_size = (object_size + 15) & ~(size_t)15, .per_chunk = per_chunk};
}

void kt_slab_deinit(kt_slab *s) {
  KT_ASSERT(s->live == 0);
  while (s->chunks) {
    void *chunk = s->chunks;
    s->chunks = *(void **)chunk;
    kt_free(chunk);
  }
  s->idle = NULL;
}

static void push(kt_slab *s, void *object) {
  *(void **)object = s->idle;
  s->idle = object;
}

static bool grow(kt_slab *s) {
  char *chunk = kt_malloc(CHUNK_HEADER + s->object_size * s->per_chunk);
  if (!chunk) return false;
  *(void **)chunk = s->chunks;
  s->chunks = chunk;
  for (uint32_t i = s->per_chunk; i-- > 0;) push(s, chunk + CHUNK_HEADER + i * s->object_size);
  return true;
}

void *kt_slab_get(kt_slab *s) {
  if (!s->idle && !grow(s)) return NULL;
  void *object = s->idle;
  s->idle = *(void **)object;
  s->live++;
  return object;
}

void kt_slab_put(kt_slab *s, void *object) {
  KT_ASSERT(s->live > 0);
  s->live--;
  push(s, object);
}
