/* conn.h: what connections of every protocol have in common: a stream, two due times, a place in their reactor's lists,
 * and the protocol that is spoken now. */
#ifndef KT_SERVER_CONN_H
#define KT_SERVER_CONN_H

#include "server/patience.h"
#include "server/reactor.h"
#include "server/server.h"

#define KT_LINGER_MS 2000 /* how long input is read and dropped once all output has gone (RFC 9112 §9.6) */

extern const struct kt_protocol kt__protocol_linger;

/* What a protocol does with a connection. */
typedef struct kt_protocol {
  void (*pump)(kt_conn *c);      /* bytes may be there, or what was paused may go on */
  void (*drained)(kt_conn *c);   /* output went after a flush had answered KT_AGAIN */
  void (*timed_out)(kt_conn *c); /* due_ms has passed */
  void (*drain)(kt_conn *c);     /* the server stops: close now when idle, else when what runs is answered */
  kt_status (*produce)(kt_conn *c); /* queues output before a flush; KT_AGAIN: there is more. NULL: nothing to do */
  void (*closing)(kt_conn *c);   /* the connection goes: let go of exchanges and memory */
} kt_protocol;

/* The state of an HTTP/1.1 connection, see h1.h. */
typedef struct kt__h1 {
  kt_exchange *x;
  kt__patience patience; /* for content */
  uint32_t head_end;     /* offset in `in` where the content of the current request may be read to */
  uint32_t skipped;      /* bytes dropped in SKIP */
  uint8_t state;
  bool processing; /* process() is on the stack */
  bool head_timed; /* the head timeout runs */
  bool asked;      /* a head was whole: HTTP/2 may not begin any more (RFC 9113 §3.4) */
} kt__h1;

/* An idle connection is this entry alone: no buffer, no exchange, one timer.
 * Invariant: `in` is set while bytes are pending or an exchange's slices point into it. */
struct kt_conn {
  kt_stream stream;
  kt_reactor *reactor;
  const kt_protocol *protocol;
  kt_buf *in;
  kt_conn *prev, *next; /* all connections of the reactor */
  kt_conn *next_flush, *next_resume;
  kt_timer timer;
  uint64_t due_ms;       /* what the protocol's state allows: 0 is never. The timer may be armed for earlier */
  uint64_t write_due_ms; /* the peer must take a byte before this; 0 while output flows */
  uint64_t accepted_ns;
  kt_reactor *heir; /* the connection moves there */
  bool in_flush, in_resume;
  bool peer_ended; /* the peer sends no more */
  bool fin_sent;
  kt__h1 h1;
  struct kt__h2 *h2; /* while HTTP/2 is spoken */
};

_Static_assert(sizeof(struct kt_conn) <= 512, "an idle connection stays small");

/* Takes an accepted descriptor over. */
void kt__conn_open(kt_reactor *r, int fd);
void kt__conn_close(kt_conn *c);
static inline bool kt__conn_is_closed(const kt_conn *c) { return c->stream.flags & KT_STREAM_CLOSED; }
/* Another protocol from now on; it begins with what is pending in `in`. */
void kt__conn_speak(kt_conn *c, const kt_protocol *protocol);

/* Goes on before the turn's output leaves: an asynchronous handler finished, a protocol took over. */
void kt__conn_resume(kt_conn *c);
/* Goes on in the next turn, behind what others have sent meanwhile: a turn's share was used up. */
void kt__conn_yield(kt_conn *c);
void kt__conn_flush(kt_conn *c);
void kt__conn_flush_soon(kt_conn *c); /* at the end of the turn */
/* Ends our side once the queue is out, but reads on, so that the last answer is not lost to a reset (RFC 9112 §9.6).
 * The protocol's part is over: exchanges must have been let go of. */
void kt__conn_linger(kt_conn *c);

void kt__conn_arm(kt_conn *c); /* the timer, after a due time changed */
/* 0: never. Nearly always the timer is armed for earlier. */
static inline void kt__conn_set_due(kt_conn *c, uint32_t ms) {
  c->due_ms = ms ? c->reactor->loop.now_ms + ms : 0;
  if (ms && (!kt_timer_armed(&c->timer) || c->timer.expires > c->due_ms)) kt__conn_arm(c);
}
/* Gives the input buffer back. */
void kt__conn_put_input(kt_conn *c);

/* Between two requests, with nothing unread or unsent. */
bool kt__conn_is_quiet(const kt_conn *c);
/* Moves a quiet connection to another reactor, unless its peer ends first. */
void kt__conn_give(kt_conn *c, kt_reactor *to);
/* Takes over what another reactor gave. */
void kt__conn_take(kt_reactor *r, const kt__parcel *p);

#endif
