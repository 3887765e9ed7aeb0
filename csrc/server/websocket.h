/* websocket.h: WebSockets of a reactor. */
#ifndef KT_SERVER_WEBSOCKET_H
#define KT_SERVER_WEBSOCKET_H

#include "katana/websocket.h"
#include "server/server.h"

/* Closes all with 1001: the server goes away (RFC 6455 §7.4.1). */
void kt__websockets_drain(kt_reactor *r);

#endif
