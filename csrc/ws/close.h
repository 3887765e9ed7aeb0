/* close.h: close codes and the payload of a Close frame (RFC 6455 §5.5.1, §7.4). */
#ifndef KT_WS_CLOSE_H
#define KT_WS_CLOSE_H

#include "ws/frame.h"

enum {
  KT_WS_CLOSE_NORMAL = 1000,
  KT_WS_CLOSE_GOING_AWAY = 1001,
  KT_WS_CLOSE_PROTOCOL = 1002,
  KT_WS_CLOSE_UNSUPPORTED = 1003,
  KT_WS_CLOSE_NONE = 1005,     /* never sent: the Close frame had no code */
  KT_WS_CLOSE_ABNORMAL = 1006, /* never sent: the connection ended without a Close frame */
  KT_WS_CLOSE_DATA = 1007,     /* text that is not UTF-8, compressed data that does not inflate */
  KT_WS_CLOSE_POLICY = 1008,
  KT_WS_CLOSE_TOO_BIG = 1009,
  KT_WS_CLOSE_INTERNAL = 1011,
};

#define KT_WS_REASON_SIZE_MAX (KT_WS_CONTROL_SIZE_MAX - 2)

/* True for the codes that may stand in a frame: those that RFC 6455 and IANA's registry give a meaning, of libraries
 * (3000 to 3999) and of applications (4000 to 4999). */
bool kt_ws_close_code_valid(uint16_t code);

/* Reads a Close frame's payload. Returns 0, with KT_WS_CLOSE_NONE as the code of an empty one; else the code to answer
 * with: 1002 for a code that may not stand there, 1007 for a reason that is not UTF-8. `reason` borrows. */
uint16_t kt_ws_close_read(kt_bytes payload, uint16_t *code, kt_bytes *reason);

/* Writes a Close frame's payload; reason.n <= KT_WS_REASON_SIZE_MAX. KT_WS_CLOSE_NONE writes an empty one. Returns its
 * length. */
size_t kt_ws_close_write(uint8_t out[KT_WS_CONTROL_SIZE_MAX], uint16_t code, kt_bytes reason);

#endif
