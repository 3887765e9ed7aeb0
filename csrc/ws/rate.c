#include "ws/rate.h"

void kt_ws_rate_init(kt_ws_rate *r, uint32_t burst, uint64_t now_ms) {
  *r = (kt_ws_rate){(uint64_t)burst * 1000, now_ms};
}

/* A bucket that was left alone for longer than it takes to fill is full; this also keeps the product in range. */
static void fill(kt_ws_rate *r, uint32_t per_second, uint32_t burst, uint64_t now_ms) {
  uint64_t full = (uint64_t)burst * 1000;
  if (now_ms <= r->filled_ms) return;
  uint64_t elapsed_ms = now_ms - r->filled_ms;
  r->filled_ms = now_ms;
  if (elapsed_ms > full / per_second) r->level = full;
  else r->level += elapsed_ms * per_second;
  if (r->level > full) r->level = full;
}

bool kt_ws_rate_take(kt_ws_rate *r, uint32_t per_second, uint32_t burst, uint64_t n, uint64_t now_ms) {
  if (per_second == 0) return true;
  fill(r, per_second, burst, now_ms);
  if (n > r->level / 1000) return false;
  r->level -= n * 1000;
  return true;
}
