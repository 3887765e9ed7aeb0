/* ws: WebSocket (RFC 6455) as machines without hands: bytes and a time in; events, bytes and a status out.
 *
 * frame.h  heads of frames
 * mask.h   masking
 * utf8.h   text that comes in pieces
 * close.h  close codes
 * rate.h   token buckets */
#ifndef KT_WS_H
#define KT_WS_H

#include "ws/close.h"
#include "ws/frame.h"
#include "ws/mask.h"
#include "ws/rate.h"
#include "ws/utf8.h"

#endif
