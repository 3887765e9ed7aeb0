/* frame.h: frame heads (RFC 6455 §5.2), both ways.
 *
 * A head is checked byte by byte: what cannot be right is refused with the first byte that shows it. Which frame may
 * follow which is the session's business. */
#ifndef KT_WS_FRAME_H
#define KT_WS_FRAME_H

#include "katana/bytes.h"

#define KT_WS_HEAD_SIZE_MAX 14
#define KT_WS_CONTROL_SIZE_MAX 125 /* §5.5: the payload of a control frame */

typedef enum kt_ws_opcode {
  KT_WS_CONTINUATION = 0,
  KT_WS_TEXT = 1,
  KT_WS_BINARY = 2,
  KT_WS_CLOSE = 8,
  KT_WS_PING = 9,
  KT_WS_PONG = 10,
} kt_ws_opcode;

/* Ours. A client masks what it sends, a server does not (§5.1). */
typedef enum kt_ws_role { KT_WS_SERVER, KT_WS_CLIENT } kt_ws_role;

typedef enum kt_ws_result { KT_WS_MORE, KT_WS_DONE, KT_WS_ERROR } kt_ws_result;

/* Invariant: have < size while a head is being read, have == size when it is DONE. */
typedef struct kt_ws_head {
  uint64_t payload_n;
  const char *reason; /* ERROR: what is wrong, for people; the close code is 1002 */
  uint8_t key[4];     /* zero when not masked */
  uint8_t bytes[KT_WS_HEAD_SIZE_MAX];
  uint8_t have, size;
  uint8_t opcode;  /* kt_ws_opcode */
  bool fin;
  bool compressed; /* RSV1 of permessage-deflate (RFC 7692 §6) */
  bool masked;
} kt_ws_head;

void kt_ws_head_init(kt_ws_head *h);

/* Takes the bytes of a head, and none of the payload. `role` is ours; `deflate`: permessage-deflate was negotiated.
 * KT_WS_MORE: all n bytes were taken. The other members are there with KT_WS_DONE; then, and after an error, begin the
 * next head with kt_ws_head_init. */
kt_ws_result kt_ws_head_feed(kt_ws_head *h, kt_ws_role role, bool deflate, const uint8_t *data, size_t n,
                             size_t *consumed);

/* What to write; `key` is NULL where nothing is masked (the server). */
typedef struct kt_ws_frame {
  uint8_t opcode;
  bool fin;
  bool compressed;
  const uint8_t *key;
  uint64_t payload_n;
} kt_ws_frame;

/* Writes a head and returns its length. The payload follows, masked with the key where there is one. */
size_t kt_ws_head_write(uint8_t out[KT_WS_HEAD_SIZE_MAX], const kt_ws_frame *frame);

#endif
