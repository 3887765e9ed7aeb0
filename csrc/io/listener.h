/* listener.h: an accepting socket of one reactor. Each reactor binds its own with SO_REUSEPORT, so that the kernel
 * spreads connections and no descriptor is shared. */
#ifndef KT_IO_LISTENER_H
#define KT_IO_LISTENER_H

#include "io/loop.h"
#include "io/stream.h"

#define KT_FASTOPEN_QUEUE 256 /* connections whose first bytes came with their SYN and whose handshake is not done */
#define KT_ACCEPT_BURST 64        /* connections accepted per event, so that a flood leaves room for the others */
#define KT_ACCEPT_BACKOFF_MS 100  /* pause when descriptors or memory are out */

typedef struct kt_listener kt_listener;
struct kt_listener {
  kt_watch watch;
  kt_loop *loop;
  int fd;
  void (*accepted)(kt_listener *l, int fd); /* takes the descriptor over */
  void (*starved)(kt_listener *l, int error); /* accepting pauses: EMFILE, ENFILE, ENOBUFS or ENOMEM */
  kt_timer backoff;
};

/* KT_OK when nobody listens on the address; KT_EIO with errno when it cannot be bound; KT_EINVAL: not an address. */
kt_status kt_listener_probe(const char *host, uint16_t port);
/* Binds and listens on a numeric address. Port 0 lets the system choose. KT_EINVAL: not an address. */
kt_status kt_listener_bind(int *fd, const char *host, uint16_t port, uint32_t backlog);
uint16_t kt_listener_port(int fd);

/* Takes the descriptor over when it succeeds. */
kt_status kt_listener_start(kt_listener *l, kt_loop *loop, int fd);
/* Accepts what already waits, then closes. */
void kt_listener_stop(kt_listener *l);

#endif
