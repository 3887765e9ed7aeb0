/* mask.h: masking (RFC 6455 §5.3).
 *
 * Workload: every byte that a client sends, in pieces of 1 byte to the size of a read buffer that begin at any address
 * and at any place of the frame. */
#ifndef KT_WS_MASK_H
#define KT_WS_MASK_H

#include <stddef.h>
#include <stdint.h>

/* Masks or unmasks n bytes in place. `offset` is how many bytes of the frame's payload come before them. */
void kt_ws_mask(uint8_t *p, size_t n, const uint8_t key[4], uint64_t offset);

#endif
