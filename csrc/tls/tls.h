/* tls: TLS 1.2 and 1.3 through OpenSSL, as a filter between wire bytes and clear bytes. Nothing here touches a socket or
 * a clock; files are read when a context is made, on the control side.
 *
 * context.c    certificates by server name, protocol versions, client certificates, ALPN, stapled OCSP responses;
 *              immutable and counted, so that a new one can take over while connections keep theirs
 * tickets.c    the keys of session tickets, shared by all contexts and reactors of a server, and their rotation
 * session.c    one connection, on the server's or the client's side: the filter
 *
 * What stands in a context follows RFC 8446 (TLS 1.3), RFC 9325 (recommendations) and Mozilla's intermediate profile. */
#ifndef KT_TLS_H
#define KT_TLS_H

#include "tls/context.h"
#include "tls/session.h"
#include "tls/tickets.h"

#endif
