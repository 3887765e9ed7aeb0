/* wire.h: connections of a real reactor that are memory in place of sockets.
 *
 * The seam is the one between epoll and io_uring (io/driver.h): reading is a copy of the next request's bytes, and a
 * flush looks at the answer's status and takes the bytes off the queue. All above it is what a service runs: turn,
 * timers, connection, parser, routes, exchange, handler, output queue. */
#ifndef KT_BENCH_WIRE_H
#define KT_BENCH_WIRE_H

#include "server/reactor.h"

#define WIRES 64 /* connections, as many as the load tests have */

typedef struct wire_request {
  kt_bytes bytes;
  char status[4]; /* of the answer */
} wire_request;

/* Replaces the driver of the calling thread's reactor, which must have nothing under way, and opens the connections. */
void wire_open(kt_reactor *r);
/* One turn in which one request arrives on each of the first `n` connections. Each must be answered in this turn, with
 * its status; anything else ends the program. */
void wire_turn(const wire_request *const *requests, size_t n);

#endif
