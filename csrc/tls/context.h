/* context.h: what a server's or a client's TLS connections have in common. */
#ifndef KT_TLS_CONTEXT_H
#define KT_TLS_CONTEXT_H

#include "katana/tls.h"
#include "tls/tickets.h"

typedef struct kt_tls_context kt_tls_context;

/* Reads the files of `config`. NULL and one line in `error` that names the file and what is wrong with it. `tickets` may
 * be NULL: sessions are then resumed by nobody. Counted: 1 for the caller. */
kt_tls_context *kt_tls_context_create(const kt_tls_config *config, kt_tls_tickets *tickets, char *error, size_t n);
void kt_tls_context_hold(kt_tls_context *c);
void kt_tls_context_drop(kt_tls_context *c);

struct ssl_ctx_st;
/* The context of the first certificate, where a handshake begins. */
struct ssl_ctx_st *kt_tls__context_first(kt_tls_context *c);
/* Whether the kernel may seal for its sessions. */
bool kt_tls__context_follows_keys(const kt_tls_context *c);

#endif
