/* rate.h: a token bucket that fills with the time it is told. */
#ifndef KT_WS_RATE_H
#define KT_WS_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* Thousandths of a token, so that a millisecond fills `per_second` of them. */
typedef struct kt_ws_rate {
  uint64_t level;
  uint64_t filled_ms;
} kt_ws_rate;

/* Full at first: `burst` tokens may be taken at once. */
void kt_ws_rate_init(kt_ws_rate *r, uint32_t burst, uint64_t now_ms);
/* Takes n tokens, or none and gives false when there are fewer. per_second 0: there is no limit. A time that went back
 * fills nothing. */
bool kt_ws_rate_take(kt_ws_rate *r, uint32_t per_second, uint32_t burst, uint64_t n, uint64_t now_ms);

#endif
