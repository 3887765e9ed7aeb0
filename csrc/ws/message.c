#include "ws/message.h"

#include "base/memory.h"

#define CAPACITY_MIN 512

static bool reserve(kt_ws_message *m, uint64_t wanted, uint32_t size_max) {
  uint64_t cap = m->cap ? 2 * (uint64_t)m->cap : CAPACITY_MIN;
  if (cap < wanted) cap = wanted;
  if (cap > size_max) cap = size_max;
  uint8_t *p = kt_realloc(m->p, cap);
  if (!p) return false;
  m->p = p;
  m->cap = (uint32_t)cap;
  return true;
}

bool kt_ws_message_grow(kt_ws_message *m, uint32_t size_max) {
  KT_ASSERT(m->n < size_max);
  return m->n < m->cap || reserve(m, m->n + 1, size_max);
}

bool kt_ws_message_append(kt_ws_message *m, const uint8_t *p, size_t n, uint32_t size_max) {
  KT_ASSERT(m->n + n <= size_max);
  if (n == 0) return true;
  if (n > m->cap - m->n && !reserve(m, m->n + (uint64_t)n, size_max)) return false;
  memcpy(m->p + m->n, p, n);
  m->n += (uint32_t)n;
  return true;
}

void kt_ws_message_clear(kt_ws_message *m) {
  kt_free(m->p);
  *m = (kt_ws_message){0};
}
