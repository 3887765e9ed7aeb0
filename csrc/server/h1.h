/* h1.h: HTTP/1.1 on a connection. */
#ifndef KT_SERVER_H1_H
#define KT_SERVER_H1_H

#include "server/conn.h"
#include "server/exchange.h"
#include "server/life.h"

typedef enum kt__h1_state {
  KT_H1_STATE_HEAD, /* between requests, or a head has begun (x set) */
  KT_H1_STATE_BODY, /* content is being collected */
  KT_H1_STATE_RUN,  /* the handler has the exchange */
  KT_H1_STATE_SKIP, /* the response has ended, the rest of the content is dropped */
  KT_H1_STATE_OVER, /* the connection lingers */
} kt__h1_state;

extern const kt_protocol kt__protocol_h1;
extern const kt_wire kt__wire_h1;

/* Between two requests. */
static inline bool kt__h1_is_idle(const kt_conn *c) {
  return c->h1.state == KT_H1_STATE_HEAD && !c->h1.x && !c->peer_ended;
}

/* h1_in.c */
bool kt__h1_step(kt_conn *c);      /* one step through pending bytes; false when more input or the handler is needed */
kt_status kt__h1_fill(kt_conn *c); /* reads once into the buffer */
kt_status kt__h1_read(kt_exchange *x, kt_bytes *chunk);
void kt__h1_decodes(kt_exchange *x); /* kt_wire.decodes */
size_t kt__h1_pending(const kt_conn *c);

/* h1_out.c */
void kt__h1_linger(kt_conn *c);

/* h1_trailers.c */
/* Of a chunked message: the bytes up to `end` were taken; the section had `before` bytes until then. `done`: the
 * message has ended. KT_ENOMEM. */
kt_status kt__h1_take_trailers(kt_exchange *x, const uint8_t *end, uint32_t before, bool done);
bool kt__h1_trails(const kt_exchange *x);
/* The last chunk and what follows it. */
kt_status kt__h1_write_trailers(kt_exchange *x);

void kt__h1_await_content(kt_conn *c);
void kt__h1_content_came(kt_conn *c, size_t n);

#endif
