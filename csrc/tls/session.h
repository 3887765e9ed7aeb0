/* session.h: one TLS connection: the filter between its wire bytes and its clear bytes. */
#ifndef KT_TLS_SESSION_H
#define KT_TLS_SESSION_H

#include "base/filter.h"
#include "tls/context.h"

/* The server's side of a new connection; NULL when memory is out. Holds the context. */
kt_filter *kt_tls_accept(kt_tls_context *c);
struct ssl_ctx_st;
/* For contexts: handshakes that begin with `ctx` tell their sessions the keys. */
void kt_tls__session_tell_keys(struct ssl_ctx_st *ctx);
/* NULL before the handshake is done. */
const kt_tls_info *kt_tls_session_info(const kt_filter *session);
/* After KT_EIO: the peer spoke HTTP without TLS; nothing was written to it. */
bool kt_tls_session_met_http(const kt_filter *session);
/* After KT_EIO: what is wrong, for people; NULL when memory was out. */
const char *kt_tls_session_reason(const kt_filter *session);

#endif
