#include "http2/closed.h"

#include <string.h>

void kt__h2_note_dropped(kt__h2_closed *c, int32_t id) {
  if (id > c->dropped) c->dropped = id;
}

bool kt__h2_note_headers(kt__h2_closed *c, int32_t id) {
  if (id <= c->newest) return false;
  uint32_t step = ((uint32_t)id - (uint32_t)c->newest) / 2;
  c->begun = step < 64 ? c->begun << step | 1 : 1;
  c->newest = id;
  return true;
}

bool kt__h2_is_closed(const kt__h2_closed *c, int32_t id) {
  return id <= c->newest && id > c->dropped && id % 2 == 1;
}

bool kt__h2_was_begun(const kt__h2_closed *c, int32_t id) {
  uint32_t back = ((uint32_t)c->newest - (uint32_t)id) / 2;
  return back >= 64 || c->begun >> back & 1;
}

/* Gathers a frame's head; false when more bytes are needed. */
static bool gather(kt__h2_walk *w, const uint8_t *p, size_t n, size_t *at) {
  size_t wanted = sizeof w->head - w->head_n, part = n - *at < wanted ? n - *at : wanted;
  memcpy(w->head + w->head_n, p + *at, part);
  *at += part;
  w->head_n = (uint8_t)(w->head_n + part);
  return w->head_n == sizeof w->head;
}

bool kt__h2_next_head(kt__h2_walk *w, const uint8_t *p, size_t n, size_t *at, kt__h2_frame_head *head) {
  size_t part = n - *at < w->skip ? n - *at : w->skip;
  *at += part;
  w->skip -= (uint32_t)part;
  head->begin = *at;
  if (!gather(w, p, n, at)) return false;
  const uint8_t *h = w->head;
  w->head_n = 0;
  w->skip = (uint32_t)h[0] << 16 | (uint32_t)h[1] << 8 | h[2];
  head->type = h[3];
  head->id = (int32_t)(((uint32_t)h[5] & 0x7f) << 24 | (uint32_t)h[6] << 16 | (uint32_t)h[7] << 8 | h[8]);
  return true;
}
