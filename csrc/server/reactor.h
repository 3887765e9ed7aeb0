/* reactor.h: one thread and everything that belongs to it. */
#ifndef KT_SERVER_REACTOR_H
#define KT_SERVER_REACTOR_H

#include "server/balance.h"
#include "server/limits.h"
#include "server/routes.h"
#include "server/server.h"

#include <pthread.h>

#define KT_EXCHANGES_KEPT 256 /* idle exchanges that a reactor keeps for reuse, from turn to turn */
#define KT_BUFFERS_KEPT 512   /* idle read and write buffers that a reactor keeps */
#define KT_PASSES_MAX 64      /* rounds of finished and new asynchronous work before output is flushed */
#define KT_ABANDON_MS 1000    /* what a suspended handler gets after its connection was cut by the drain deadline */

/* A route table as one reactor holds it; the count of requests in flight is plain because only the reactor touches
 * it. */
typedef struct kt__held {
  kt_routes *routes;
  uint32_t in_flight;
} kt__held;

struct kt_reactor {
  kt_loop loop;
  kt_server *server;
  const kt_config *config;
  kt__held *held; /* the current table */
  kt_slab conns;
  kt_arena_pool arenas;
  kt_encoder_pool encoders;
  uint32_t decoders; /* taken */
  kt_exchange *idle; /* exchanges without a request */
  uint32_t idle_n;
  uint32_t out_n; /* exchanges taken */
  uint32_t conn_n;
  kt_conn *first;     /* all connections */
  kt_conn *to_flush;  /* output queued in this turn */
  kt_conn *to_resume; /* may go on: an asynchronous response ended */
  kt_conn *yielded;   /* may go on in the next turn: their share of this one is used up */
  kt_conn *resuming;  /* what is left of to_resume while it is worked through */
  kt_exchange *queued, *queued_last; /* wait for their turn to encode or decode, first come first; see coded.h */
  uint32_t queued_n;
  size_t encoded, decoded; /* bytes in this turn: into encoders; into and out of decoders */
  size_t encoded_before, decoded_before;     /* of the turn's events, while those that queued are served */
  uint64_t encoded_most, decoded_most;       /* in one turn */
  bool draining;
  bool starved_logged;
  bool ktls_logged; /* that the kernel refused to seal */
  bool jobs_wanted;
  bool gave_up;   /* the drain deadline passed */
  bool abandoned; /* ended with handlers suspended: memory must stay */
  char date[29];
  int64_t date_second;
  uint64_t allocations; /* of this thread */
  uint64_t accepted, closed, requests, responses, parse_errors, timeouts, shed;
  uint64_t handshakes, handshakes_resumed, handshakes_failed, sealed_by_kernel;
  uint64_t limits[KT_LIMIT_COUNT]; /* met by clients */
  kt__limits_told *told;           /* the server's */
  kt_listener listener;
  struct kt_websocket *websockets;
  struct kt_tls_context *tls; /* of new connections; NULL: none */
  kt_timer drain_timer, tickets_timer;
  kt__balance balance;
  struct kt_hook *turn_hooks, *end_hooks;
  kt_ready_fn jobs;
  void *jobs_context;
  void *data;
  int listen_fd;
  uint16_t index;
  pthread_t thread;
};

/* Memory, loop and listener; runs on the creating thread. */
kt_status kt__reactor_init(kt_reactor *r, kt_server *s, uint16_t index, int listen_fd, kt_routes *routes);
void kt__reactor_deinit(kt_reactor *r);
/* A connection on a connected socket, which it takes over; 503 beyond connections_max. Reactor thread only. */
void kt__reactor_take(kt_reactor *r, int fd);
void *kt__reactor_main(void *reactor);

/* NULL when memory is out. */
kt_exchange *kt__reactor_take_exchange(kt_reactor *r);
/* Until the turn ends x may still be looked at: its conn is NULL and its flags are 0. */
void kt__reactor_give_exchange(kt_reactor *r, kt_exchange *x);

/* Current table, counted for one request; pairs with let_go. */
static inline kt__held *kt__reactor_hold(kt_reactor *r) {
  r->held->in_flight++;
  return r->held;
}
void kt__reactor_let_go(kt_reactor *r, kt__held *held);
void kt__reactor_publish(kt_reactor *r, kt_routes *routes);

const kt_topology *kt__server_topology(const kt_server *s);
kt_reactor *const *kt__server_reactors(const kt_server *s, uint16_t *n);
void kt__server_rotate_tickets(kt_server *s);

/* IMF-fixdate of this turn, 29 bytes. */
const char *kt__reactor_date(kt_reactor *r);
void kt__reactor_log(kt_reactor *r, kt_log_level level, const char *message);
void kt__reactor_drain(kt_reactor *r, uint32_t deadline_ms);
/* Called by connections when they are gone, to their end or to another reactor. */
void kt__reactor_conn_gone(kt_reactor *r);

#endif
