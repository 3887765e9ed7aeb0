/* life.h: the fixed phases of a request, the same for every protocol version. */
#ifndef KT_SERVER_LIFE_H
#define KT_SERVER_LIFE_H

#include "server/exchange.h"
#include "server/reactor.h"

/* What the connection does after the head was judged. */
typedef enum kt__life {
  KT_LIFE_RESPONDED, /* the answer is queued; the handler will not run */
  KT_LIFE_BODY,      /* collect the content, then kt__life_run */
  KT_LIFE_RUN,       /* run the handler now */
} kt__life;

/* The head is complete: route it and hold it against limits and the route's media types. */
kt__life kt__life_head(kt_exchange *x);
/* Runs the handler. Afterwards the exchange may be settled, or suspended. */
void kt__life_run(kt_exchange *x);
/* Adds content of a buffered request. False when it was answered instead (413, or 503 when memory is out). */
bool kt__life_content(kt_exchange *x, const uint8_t *p, size_t n);
/* Room for n more bytes in its storage; false when it was answered 503. */
bool kt__life_reserve(kt_exchange *x, size_t n);
/* Answers in place of the handler: problem+json, then settles. Aborts when the response has begun. */
void kt__life_refuse(kt_exchange *x, uint16_t status, kt_bytes detail);
/* The same for a head that a parser refused; `detail` is of static life. */
void kt__life_refuse_head(kt_exchange *x, uint16_t status, const char *detail);
static inline void kt__life_phase(kt_exchange *x, kt_phase phase) {
  x->phase_ns[phase] = x->reactor->loop.now_ns;
}

#endif
