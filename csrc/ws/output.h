/* output.h: frames on their way to the sink; for the parts of the session. */
#ifndef KT_WS_OUTPUT_H
#define KT_WS_OUTPUT_H

#include "ws/session.h"

/* Writes one frame; after a status other than KT_OK the session is closed. */
kt_status kt__ws_put(kt_ws_session *s, const kt_ws_frame *frame, kt_bytes payload);
kt_status kt__ws_put_control(kt_ws_session *s, kt_ws_opcode opcode, kt_bytes payload);
kt_status kt__ws_put_close(kt_ws_session *s, uint16_t code, kt_bytes reason);

#endif
