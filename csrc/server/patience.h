/* patience.h: how long a client's content may keep us waiting: waiting takes from it, bytes add to it. A handler that
 * takes its time does not use its client's patience up. */
#ifndef KT_SERVER_PATIENCE_H
#define KT_SERVER_PATIENCE_H

#include "server/server.h"

typedef struct kt__patience {
  uint64_t since_ms; /* when the wait began; 0 while nobody waits */
  uint32_t left_ms;
} kt__patience;

static inline void kt__patience_init(kt__patience *p, const kt_config *config) {
  *p = (kt__patience){.left_ms = config->body_timeout_ms};
}

/* A wait begins; how long it may last, 1 at least. */
static inline uint32_t kt__patience_wait(kt__patience *p, uint64_t now_ms) {
  p->since_ms = now_ms;
  return p->left_ms ? p->left_ms : 1;
}

static inline void kt__patience_came(kt__patience *p, const kt_config *config, uint64_t now_ms, size_t n) {
  uint64_t waited = p->since_ms ? now_ms - p->since_ms : 0;
  uint64_t left = p->left_ms > waited ? p->left_ms - waited : 0;
  left = config->body_rate_min ? left + (uint64_t)n * 1000 / config->body_rate_min : config->body_timeout_ms;
  *p = (kt__patience){.left_ms = left < config->body_timeout_ms ? (uint32_t)left : config->body_timeout_ms};
}

#endif
