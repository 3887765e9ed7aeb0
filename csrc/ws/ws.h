/* ws: WebSocket (RFC 6455) with permessage-deflate (RFC 7692) as machines without hands: bytes and a time in; events,
 * bytes and a status out.
 *
 * handshake.h  whether a request may become a WebSocket, and what to answer; extended CONNECT (RFC 8441), too
 * negotiate.h  offers of permessage-deflate
 * frame.h      heads of frames
 * mask.h       masking
 * message.h    the bytes of a message that did not come whole
 * deflate.h    compression, with its memory
 * utf8.h       text that comes in pieces
 * close.h      close codes
 * rate.h       token buckets */
#ifndef KT_WS_H
#define KT_WS_H

#include "ws/close.h"
#include "ws/deflate.h"
#include "ws/frame.h"
#include "ws/handshake.h"
#include "ws/mask.h"
#include "ws/message.h"
#include "ws/rate.h"
#include "ws/utf8.h"

#endif
