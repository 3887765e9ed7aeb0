/* utf8.h: UTF-8 that comes in pieces (RFC 6455 §8.1), refused with the first byte that cannot be right. */
#ifndef KT_WS_UTF8_H
#define KT_WS_UTF8_H

#include "katana/bytes.h"

/* Between pieces: `need` bytes of a sequence are to come, the next of them between low and high. All zero at first. */
typedef struct kt_ws_utf8 {
  uint8_t need, low, high;
} kt_ws_utf8;

/* False when the bytes so far begin no valid text; nothing may be fed after that. */
bool kt_ws_utf8_feed(kt_ws_utf8 *u, const uint8_t *p, size_t n);
/* The text may end here. */
static inline bool kt_ws_utf8_complete(const kt_ws_utf8 *u) { return u->need == 0; }

#endif
