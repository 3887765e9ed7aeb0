/* http1: HTTP/1.1 messages (RFC 9112) as machines without hands: bytes in, messages and a status out.
 *
 * parse.h    request heads, resumable by line
 * target.h   the four forms of a request target
 * framing.h  what Host, Content-Length, Transfer-Encoding, Connection and Expect mean together
 * chunked.h  chunked transfer coding, both ways
 * write.h    response heads
 *
 * Strict by choice: every input that two implementations could read differently is refused. The connection must be
 * closed after an error, because what follows cannot be framed. No allocation, no clock, no I/O. */
#ifndef KT_HTTP1_H
#define KT_HTTP1_H

#include "http1/chunked.h"
#include "http1/parse.h"
#include "http1/write.h"

#endif
