/* message.h: the bytes of a message that did not come whole.
 *
 * Workload: most messages never need one, because a read buffer holds them whole. One that does grows by doubling, so
 * that a peer gets memory for what it has sent and not for what it has announced. */
#ifndef KT_WS_MESSAGE_H
#define KT_WS_MESSAGE_H

#include "katana/bytes.h"

/* Invariant: n <= cap; p is NULL when cap is 0. All zero at first. */
typedef struct kt_ws_message {
  uint8_t *p;
  uint32_t n, cap;
} kt_ws_message;

/* Makes room for at least one byte more. Capacity doubles, up to size_max; n < size_max. False when memory is out. */
bool kt_ws_message_grow(kt_ws_message *m, uint32_t size_max);
/* Appends n bytes. size_max, which m->n + n does not exceed, bounds the capacity. False when memory is out. */
bool kt_ws_message_append(kt_ws_message *m, const uint8_t *p, size_t n, uint32_t size_max);
/* Frees what it holds. */
void kt_ws_message_clear(kt_ws_message *m);

#endif
