/* tls: TLS 1.2 and 1.3 through OpenSSL, as a filter between wire bytes and clear bytes. Nothing here touches a socket or
 * a clock; files are read when a context is made, on the control side.
 *
 * context.c    certificates by server name, protocol versions, client certificates, ALPN, stapled OCSP responses;
 *              immutable and counted, so that a new one can take over while connections keep theirs
 * tickets.c    the keys of session tickets, shared by all contexts and reactors of a server, and their rotation
 * session.c    one connection, on the server's or the client's side: the filter
 * traffic.c    the keys that OpenSSL seals with, for a kernel that goes on in its place
 *
 * kTLS: a connection begins with OpenSSL sealing what is sent. Before the first piece of a file that sendfile(2) can
 * take (HTTP/1.1, server/folder.c) the stream hands sealing over to the kernel, where that has TLS (io/ktls.h), and from
 * then on sends clear bytes; receiving stays with OpenSSL. So a connection without such files pays a callback per record
 * and a secret of 48 bytes, and its messages, often shorter than a record, are sealed where that costs least. It is for
 * TLS 1.3. A peer that asks a connection of the kernel's for new keys (KeyUpdate with update_requested, RFC 8446 §4.6.3)
 * gets close_notify, because kernels before 6.14 cannot change keys: nothing may be sent to it any more. Common clients
 * never ask, and before the first file they get what they ask for. config.ktls says whether it may be; the server asks
 * the kernel (server/control.c).
 *
 * What stands in a context follows RFC 8446 (TLS 1.3), RFC 9325 (recommendations) and Mozilla's intermediate profile. */
#ifndef KT_TLS_H
#define KT_TLS_H

#include "tls/context.h"
#include "tls/session.h"
#include "tls/tickets.h"

#endif
