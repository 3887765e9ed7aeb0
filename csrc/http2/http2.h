/* http2: HTTP/2 (RFC 9113) for servers, framing and HPACK by libnghttp2. A session takes bytes and gives events, takes
 * responses and gives bytes; it knows no socket and no clock.
 *
 * session.c    a connection: streams, flow control, settings, what a peer may waste (the glitch budget is its owner's)
 * closed.c     streams that are over, as far as frames that come for them are errors
 * memory.c     memory of nghttp2, kept by size
 * request.c    from a stream's fields to a kt_request, with the limits and the checks that nghttp2 leaves to us */
#ifndef KT_HTTP2_H
#define KT_HTTP2_H

#include "http2/memory.h"
#include "http2/request.h"
#include "http2/session.h"

#endif
