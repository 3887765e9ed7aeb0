/* h1.h: an HTTP/1.1 connection. */
#ifndef KT_SERVER_H1_H
#define KT_SERVER_H1_H

#include "server/exchange.h"
#include "server/life.h"

#define KT_H1_LINGER_MS 2000 /* how long a closing connection's input is read and dropped (RFC 9112 §9.6) */

typedef enum kt__h1_state {
  KT_H1_STATE_HEAD,   /* between requests, or a head has begun (conn->x set) */
  KT_H1_STATE_BODY,   /* content is being collected */
  KT_H1_STATE_RUN,    /* the handler has the exchange */
  KT_H1_STATE_SKIP,   /* the response has ended, the rest of the content is dropped */
  KT_H1_STATE_LINGER, /* our side ends; input is dropped until the peer ends its side */
} kt__h1_state;

/* An idle connection is this entry alone: no buffer, no exchange, one timer.
 * Invariant: `in` is set while bytes are pending or an exchange's slices point into it. */
struct kt_conn {
  kt_stream stream;
  kt_reactor *reactor;
  kt_exchange *x;
  kt_buf *in;
  kt_conn *prev, *next; /* all connections of the reactor */
  kt_conn *next_flush, *next_resume;
  kt_timer timer;
  uint64_t due_ms;       /* what the state allows: 0 is never. The timer may be armed for earlier */
  uint64_t write_due_ms; /* the peer must take a byte before this; 0 while output flows */
  uint64_t accepted_ns;
  kt_reactor *heir; /* the connection moves there */
  uint64_t waits_since_ms; /* for content; 0 while nobody waits */
  uint32_t patience_ms;    /* how long content may still keep us waiting: time takes from it, bytes add to it */
  uint32_t head_end; /* offset in `in` where the content of the current request may be read to */
  uint32_t skipped;  /* bytes dropped in SKIP */
  uint8_t state;
  bool processing;  /* process() is on the stack */
  bool in_flush, in_resume;
  bool peer_ended;  /* the peer sends no more */
  bool fin_sent;
  bool head_timed;  /* the head timeout runs */
};

_Static_assert(sizeof(struct kt_conn) <= 512, "an idle connection stays small");

extern const kt_wire kt__wire_h1;

/* Takes an accepted descriptor over. */
void kt__h1_open(kt_reactor *r, int fd);
void kt__h1_close(kt_conn *c);
/* Between two requests, with nothing unread or unsent. */
bool kt__h1_is_quiet(const kt_conn *c);
/* Moves a quiet connection to another reactor, unless its peer ends first. */
void kt__h1_give(kt_conn *c, kt_reactor *to);
/* Takes over what another reactor gave: a descriptor, and bytes that have arrived, or NULL. */
void kt__h1_take(kt_reactor *r, int fd, kt_buf *in);
/* Goes on after a pause: output drained, an asynchronous handler finished, or the turn's share was used up. */
void kt__h1_resume(kt_conn *c);
void kt__h1_run_resumed(kt_conn *c); /* in the turn that follows kt__h1_resume */
/* Closes now when idle, else after the current response. */
void kt__h1_drain(kt_conn *c);

/* h1_in.c */
bool kt__h1_step(kt_conn *c);      /* one step through pending bytes; false when more input or the handler is needed */
kt_status kt__h1_fill(kt_conn *c); /* reads once into the buffer */
kt_status kt__h1_read(kt_exchange *x, kt_bytes *chunk);
size_t kt__h1_pending(const kt_conn *c);

/* h1_out.c */
void kt__h1_flush(kt_conn *c);
void kt__h1_flush_soon(kt_conn *c);
void kt__h1_linger(kt_conn *c);

void kt__h1_set_due(kt_conn *c, uint32_t ms); /* 0: never */
void kt__h1_await_content(kt_conn *c);
void kt__h1_content_came(kt_conn *c, size_t n);
void kt__h1_arm(kt_conn *c);                  /* the timer, after a due time changed */
static inline bool kt__h1_is_closed(const kt_conn *c) { return c->stream.flags & KT_STREAM_CLOSED; }

#endif
