/* h2.h: HTTP/2 on a connection. */
#ifndef KT_SERVER_H2_H
#define KT_SERVER_H2_H

#include "server/conn.h"
#include "server/exchange.h"

/* The glitch budget: what a connection may waste before it is told to calm down (GOAWAY, ENHANCE_YOUR_CALM). One is
 * taken for each stream that the peer resets (CVE-2023-44487) or makes us reset (CVE-2025-8671), each frame that breaks
 * the rules, each PING, SETTINGS, PRIORITY, unknown or empty DATA frame, and each WINDOW_UPDATE that no content calls
 * for (session.h); browsers that leave a page reset a hundred at once. nghttp2 bounds CONTINUATION frames (CVE-2024-28182) and queued acknowledgements by itself. */
#define KT_H2_GLITCHES_MAX 300
#define KT_H2_GLITCHES_PER_S 20
#define KT_H2_GRACE_MS 500      /* between the two GOAWAY frames of a drain (RFC 9113 §6.8) */
#define KT_H2_READS_MAX 16      /* reads per turn, so that one connection leaves room for the others */

/* Of a connection that speaks HTTP/2. */
struct kt__h2 {
  kt_conn *conn;
  kt_h2_session *session;
  kt_exchange *first; /* streams */
  kt_timer sweep;     /* looks for streams that are stalled, while there are streams */
  kt_h2_head head;    /* of the stream whose fields come in */
  uint32_t glitches;  /* used of the budget */
  uint64_t glitch_ms; /* when it was last filled up */
  bool in_session;    /* one of the session's calls is on the stack */
  bool heading;       /* a head has begun and not ended */
  bool draining;      /* the first GOAWAY of a drain is queued */
  bool shut;          /* the last GOAWAY is queued */
  bool ended;         /* the connection is to end */
};

extern const kt_protocol kt__protocol_h2;
extern const kt_wire kt__wire_h2;
extern const kt_h2_events kt__h2_events;

/* HTTP/2 from now on, beginning with what is pending in `in`. */
void kt__h2_begin(kt_conn *c);

/* No stream is open, and nothing waits to be written. */
bool kt__h2_is_idle(const kt_conn *c);
/* What an idle connection takes along to another reactor, and may be given again; NULL: it speaks HTTP/1.1. */
struct kt__h2 *kt__h2_leave(kt_conn *c);
void kt__h2_enter(kt_conn *c, struct kt__h2 *h);
/* Of a connection that is nowhere. */
void kt__h2_destroy(struct kt__h2 *h);

/* h2_stream.c */
void kt__h2_due(kt_conn *c); /* sets the connection's due time by what it does */
void kt__h2_arm(kt_exchange *x, uint64_t ms);
void kt__h2_disarm(kt_exchange *x);
void kt__h2_stream_due(kt_timer *t); /* a stream's timer */
void kt__h2_sweep(kt_timer *t);
void kt__h2_await_content(kt_exchange *x);
void kt__h2_content_came(kt_exchange *x, size_t n);
/* The handler has what came, and its time for it. */
void kt__h2_await_response(kt_exchange *x);
void kt__h2_link(struct kt__h2 *h, kt_exchange *x);
/* The exchange is the reactor's again, or its handler's alone. */
void kt__h2_part(kt_conn *c, kt_exchange *x);

/* h2_in.c */
void kt__h2_decodes(kt_exchange *x); /* kt_wire.decodes */
void kt__h2_shut(struct kt__h2 *h, kt_h2_error error); /* the last GOAWAY, once */

#endif
