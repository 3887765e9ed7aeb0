#include "coding/encoder_engine.h"

#include "base/memory.h"

static const kt__encoder_engine *const engines[] = {&kt__gzip_encoder, &kt__br_encoder, &kt__zstd_encoder};
_Static_assert(2 * sizeof engines / sizeof *engines == KT_ENCODER_KINDS, "each engine serves two kinds");

static unsigned engine_index(kt_coding coding) {
  KT_ASSERT(coding == KT_CODING_GZIP || coding == KT_CODING_BR || coding == KT_CODING_ZSTD);
  return coding == KT_CODING_GZIP ? 0 : coding == KT_CODING_BR ? 1 : 2;
}

static unsigned kind(kt_coding coding, bool is_stream) { return 2 * engine_index(coding) + is_stream; }

static void destroy(kt_encoder *e) {
  e->engine->destroy(e);
  kt_coding_heap_deinit(&e->heap);
  kt_free(e);
}

static kt_encoder *create(kt_coding coding, bool is_stream) {
  kt_encoder *e = kt_malloc(sizeof *e);
  if (!e) return NULL;
  *e = (kt_encoder){.engine = engines[engine_index(coding)], .is_stream = is_stream};
  kt_coding_heap_init(&e->heap, KT_ENCODER_MEMORY_MAX);
  if (e->engine->create(e)) return e;
  kt_coding_heap_deinit(&e->heap);
  kt_free(e);
  return NULL;
}

void kt_encoder_pool_init(kt_encoder_pool *p) { *p = (kt_encoder_pool){0}; }

void kt_encoder_pool_deinit(kt_encoder_pool *p) {
  KT_ASSERT(p->live == 0);
  for (unsigned i = 0; i < KT_ENCODER_KINDS; i++) {
    while (p->idle[i]) {
      kt_encoder *e = p->idle[i];
      p->idle[i] = e->next;
      destroy(e);
    }
  }
  kt_encoder_pool_init(p);
}

static kt_encoder *take(kt_encoder_pool *p, kt_coding coding, bool is_stream) {
  unsigned k = kind(coding, is_stream);
  kt_encoder *e = p->idle[k];
  if (!e) return create(coding, is_stream);
  p->idle[k] = e->next;
  p->idle_n[k]--;
  return e;
}

kt_encoder *kt_encoder_get(kt_encoder_pool *p, kt_coding coding, int level, uint64_t size) {
  if (p->live >= KT_ENCODERS_MAX) return NULL;
  kt_encoder *e = take(p, coding, size == KT_ENCODER_SIZE_UNKNOWN);
  if (!e) return NULL;
  if (level <= KT_LEVEL_DEFAULT) level = e->is_stream ? e->engine->stream_level : e->engine->level;
  if (!e->engine->begin(e, level < KT_LEVEL_MAX ? level : KT_LEVEL_MAX, size)) {
    destroy(e);
    return NULL;
  }
  e->ended = false;
  p->live++;
  return e;
}

void kt_encoder_put(kt_encoder_pool *p, kt_encoder *e) {
  unsigned k = kind(e->engine->coding, e->is_stream);
  KT_ASSERT(p->live > 0);
  p->live--;
  if (p->idle_n[k] >= KT_ENCODERS_KEPT) {
    destroy(e);
    return;
  }
  e->next = p->idle[k];
  p->idle[k] = e;
  p->idle_n[k]++;
}

kt_encoding kt_encoder_feed(kt_encoder *e, kt_coding_step *step, kt_flush flush) {
  KT_ASSERT(!e->ended);
  if (step->out_n == 0) return KT_ENCODE_ROOM;
  if (!step->in) step->in = (const uint8_t *)""; /* no arithmetic on NULL */
  kt_encoding result = e->engine->feed(e, step, flush);
  KT_ASSERT(result != KT_ENCODE_DONE || step->in_n == 0);
  e->ended = result == KT_ENCODE_DONE && flush == KT_FLUSH_END;
  return result;
}

size_t kt_encoder_memory(const kt_encoder *e) { return sizeof *e + e->heap.bytes; }
