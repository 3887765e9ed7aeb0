/* driver.h: the seam between the loop and the kernel interface. */
#ifndef KT_IO_DRIVER_H
#define KT_IO_DRIVER_H

#include "base/base.h"
#include "io/loop.h"
#include "io/stream.h"

struct sockaddr;

/* What the loop needs of a kernel interface. Calls return KT_EIO with errno set when the kernel refuses. */
struct kt_driver {
  const char *name;
  kt_status (*open)(kt_loop *l);
  void (*close)(kt_loop *l);
  /* Watches w->fd for w->events, level-triggered: listeners, the wake-up descriptor, and those of libraries. A driver
   * that accepts by itself calls w->arrived where it is set. */
  kt_status (*watch)(kt_loop *l, kt_watch *w);
  /* For other events from now on. No events: until it is called again. */
  kt_status (*rewatch)(kt_loop *l, kt_watch *w, unsigned events);
  /* No event follows; w->gone does, when the memory may go. */
  void (*unwatch)(kt_loop *l, kt_watch *w);
  /* Takes a connected (or connecting) stream's descriptor over. */
  kt_status (*add)(kt_loop *l, kt_stream *s);
  /* False when the kernel still works on the stream; kt_stream__removed follows then. */
  bool (*remove)(kt_loop *l, kt_stream *s);
  /* Lets go of an open stream's descriptor without closing it; kt_stream__left follows. */
  void (*leave)(kt_loop *l, kt_stream *s);
  /* Takes back what it had let go of. */
  kt_status (*stay)(kt_loop *l, kt_stream *s);
  kt_status (*read)(kt_loop *l, kt_stream *s, void *to, size_t room, size_t *n);
  /* Sends from the stream's queue. KT_OK: empty; KT_AGAIN: the kernel takes no more now, or has not yet said so, and
   * a drained event follows. */
  kt_status (*flush)(kt_loop *l, kt_stream *s);
  /* The socket took nothing and the queue is empty: KT_AGAIN, and a drained event when it has room, or KT_EIO. */
  kt_status (*await_room)(kt_loop *l, kt_stream *s);
  /* Waits up to wait_ms for events and delivers them. */
  void (*poll)(kt_loop *l, int wait_ms);
};

extern const kt_driver kt_driver_epoll, kt_driver_uring;

/* Picks a driver by name: "auto", "epoll" or "uring". *reason says in a few words why it is this one, or, with NULL,
 * why it cannot be had. */
const kt_driver *kt_driver_choose(const char *name, const char **reason);

#endif
