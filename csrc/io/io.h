/* io: one loop per reactor thread: streams, listeners, timers, wake-ups, processor placement.
 *
 * Workload: a turn handles up to a few hundred ready sockets, almost all of them streams with one short message to
 * read and one to write. So a stream is registered once for as long as it lives and nothing is re-armed on the way:
 * with epoll a message costs one read and one write, with io_uring its share of the turn's one call.
 *
 * A driver (driver.h) is the only part that knows how readiness or completion comes from the kernel: epoll.c, uring.c.
 * Above it, a stream is pulled (kt_stream_read) and its output is a queue that the driver empties (kt_stream_flush). A
 * completion driver receives into buffers of its own and hands bytes over, and owns output until it was sent.
 *
 * A turn: timers, tasks from other threads, I/O events, deferred closes, then the owner's end-of-turn work.
 * With TLS the kernel may seal what a stream sends: ktls.c.
 *
 * All calls except kt_loop_post and kt_loop_wake belong to the loop's thread. */
#ifndef KT_IO_H
#define KT_IO_H

#include "base/base.h"
#include "io/cpu.h"
#include "io/driver.h"
#include "io/foreign.h"
#include "io/ktls.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/stream.h"

#endif
