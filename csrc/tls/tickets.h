/* tickets.h: keys that seal session tickets (RFC 5077, RFC 8446 §4.6.1), so that a client resumes on any reactor. The
 * newest key seals; the two before it still open, and their clients get a new ticket. */
#ifndef KT_TLS_TICKETS_H
#define KT_TLS_TICKETS_H

#include "base/base.h"

#define KT_TLS_TICKET_KEYS 3        /* a ticket opens for two rotations after it was sealed */
#define KT_TLS_TICKET_KEY_SIZE 80   /* name 16, AES-256 key 32, HMAC key 32 */

typedef struct kt_tls_tickets kt_tls_tickets;

/* With one random key; NULL when memory or randomness is out. Counted: each context holds it. */
kt_tls_tickets *kt_tls_tickets_create(void);
void kt_tls_tickets_hold(kt_tls_tickets *t);
void kt_tls_tickets_drop(kt_tls_tickets *t);
/* A new key seals from now on, the oldest is forgotten. False when randomness is out: the keys then stay. Any thread. */
bool kt_tls_tickets_rotate(kt_tls_tickets *t);

struct ssl_ctx_st;
/* For contexts: seals and opens the tickets of `ctx` with these keys from now on. */
bool kt_tls__tickets_use(kt_tls_tickets *t, struct ssl_ctx_st *ctx);

#endif
