/* server: the room that wires the others together: reactors, connections and the life of a request.
 *
 * reactor.c    a thread with its loop, listener, connections and idle exchanges; nothing of it is shared
 * exchange.c   what a handler may do: read content, write a response; knows no protocol version. kt_wire in its header
 *              is the seam to one: how an exchange's content comes in and its response goes out
 * life.c       the phases of a request: limits, routing, authorisation, content, handler, problem answers
 * request_id.c what a request is called
 * conn.c       what connections of every protocol have in common
 * h1.c         HTTP/1.1: bytes to exchanges and back (with h1_in.c, h1_out.c)
 * coded_out.c  content codings of responses; coded_in.c those of requests
 * patience.h   how long content may keep us waiting
 * balance.c    connections that move from a busy reactor to another
 * h2.c         HTTP/2: streams of a connection, each with its exchange (with h2_stream.c, h2_in.c, h2_out.c)
 * websocket.c  WebSockets on exchanges
 * limits.c     limits that clients ran into, counted and told once in a while
 * secure.c     the handshake with which a connection under TLS begins
 * folder.c     answers with files (with folder_look.c, folder_cache.c)
 * routes.c     immutable route tables; a request keeps the table that it began with
 * control.c    create, start, publish, drain, join: what other threads may call
 *
 * An exchange is reached from three sides: its connection, its handler and its reactor's timers. It ends when the
 * response has ended and the handler has left. A connection that dies earlier is detached (x->conn NULL) and the
 * exchange keeps the read buffer that the request's slices point into. */
#ifndef KT_SERVER_SERVER_H
#define KT_SERVER_SERVER_H

#include "katana/server.h"

#include "base/base.h"
#include "coding/coding.h"
#include "http/http.h"
#include "http1/http1.h"
#include "http2/http2.h"
#include "io/io.h"
#include "json/json.h"
#include "route/route.h"

#endif
