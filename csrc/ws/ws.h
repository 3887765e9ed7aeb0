/* ws: WebSocket (RFC 6455) with permessage-deflate (RFC 7692) as machines without hands: bytes and a time in; events,
 * bytes and a status out.
 *
 * handshake.h  whether a request may become a WebSocket, and what to answer; extended CONNECT (RFC 8441), too
 * negotiate.h  offers of permessage-deflate
 * session.h    an open WebSocket: what an application deals with; its frames go to a sink, its times come from outside
 *   frame.h    heads of frames
 *   mask.h     masking
 *   message.h  the bytes of a message that did not come whole
 *   deflate.h  compression, with its memory
 *   utf8.h     text that comes in pieces
 *   close.h    close codes
 *   rate.h     token buckets
 *
 * A connection that has answered 101 embeds a kt_ws_session, hands it every byte that follows the request's head, puts
 * what the sink gets into its queue, and closes when the queue is empty and the state is KT_WS_CLOSED. One timer calls
 * kt_ws_session_tick. The role is a parameter: a client, or a gateway's upstream side, is the same machine with masks
 * from outside. A text that is not UTF-8, a length that lies, a bomb: the first byte that shows it ends the session. */
#ifndef KT_WS_H
#define KT_WS_H

#include "ws/handshake.h"
#include "ws/session.h"

#endif
