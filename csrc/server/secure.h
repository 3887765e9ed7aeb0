/* secure.h: the handshake with which a connection under TLS begins. */
#ifndef KT_SERVER_SECURE_H
#define KT_SERVER_SECURE_H

#include "server/conn.h"

#define KT_TICKETS_ROTATE_MS (60 * 60 * 1000) /* how long a key seals session tickets; two more it opens them */

extern const kt_protocol kt__protocol_secure;

/* Puts TLS between a new connection and its socket. False when memory is out. */
bool kt__secure_begin(kt_conn *c);

#endif
