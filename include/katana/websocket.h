/* websocket.h: WebSocket (RFC 6455) on an exchange: over HTTP/1.1 by Upgrade, over HTTP/2 by extended CONNECT (RFC 8441).
 * All calls are on the exchange's reactor. */
#ifndef KATANA_WEBSOCKET_H
#define KATANA_WEBSOCKET_H

#include "katana/exchange.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kt_websocket kt_websocket;

#define KT_WEBSOCKET_QUEUE_MAX 64             /* messages that nobody has taken yet; beyond, reading pauses */
#define KT_WEBSOCKET_QUEUE_SIZE_MAX (1 << 20) /* their bytes */

typedef struct kt_websocket_options {
  const kt_bytes *_Nullable subprotocols; /* that the route speaks; the client's order decides */
  uint16_t subprotocol_count;
  bool compress;                  /* permessage-deflate (RFC 7692), where the client offers it */
  uint32_t message_size_max;      /* bytes, inflated: closed with 1009 beyond; frames, too */
  uint32_t messages_per_second;   /* closed with 1008 beyond; 0: any */
  uint32_t ping_interval_ms;      /* of silence before a ping; 0: never */
  uint32_t pong_timeout_ms;       /* of silence after it, before the peer counts as gone */
} kt_websocket_options;

kt_websocket_options kt_websocket_options_default(void);

/* Answers the opening handshake. NULL when the request may not become a WebSocket, or memory is out: it was answered
 * then. To be called by a suspended handler, which calls kt_websocket_end before it leaves. */
kt_websocket *_Nullable kt_websocket_accept(kt_exchange *_Nonnull x, const kt_websocket_options *_Nonnull options);

typedef struct kt_websocket_message {
  bool text; /* valid UTF-8; else binary */
  kt_bytes payload;
} kt_websocket_message;

/* The next message; its bytes live until the next call. KT_AGAIN: none has come; KT_END: none will come any more. */
kt_status kt_websocket_next(kt_websocket *_Nonnull w, kt_websocket_message *_Nonnull message);
/* Calls `ready` once when a message has come, or none will. */
void kt_websocket_wait(kt_websocket *_Nonnull w, kt_ready_fn _Nonnull ready, void *_Null_unspecified context);

/* Sends a message; text must be UTF-8. KT_OK: go on; KT_AGAIN: taken, but kt_websocket_wait_room before the next one;
 * KT_ECANCELED: it is closed, or closing. */
kt_status kt_websocket_send(kt_websocket *_Nonnull w, bool text, kt_bytes payload);
/* As kt_response_wait. */
kt_status kt_websocket_wait_room(kt_websocket *_Nonnull w, kt_ready_fn _Nonnull ready, void *_Null_unspecified context);
/* Begins the closing handshake (§7.1.2). A code that may not be sent counts as 1011, a reason that is no UTF-8 or longer
 * than 123 bytes is left out. */
void kt_websocket_close(kt_websocket *_Nonnull w, uint16_t code, kt_bytes reason);

/* The chosen subprotocol, or empty. */
kt_bytes kt_websocket_subprotocol(const kt_websocket *_Nonnull w);
/* Why it ended, after KT_END: the peer's code, 1005 without one, 1006 when the connection went away, or the code that
 * we closed with because the peer broke the rules. */
uint16_t kt_websocket_close_code(const kt_websocket *_Nonnull w);
kt_bytes kt_websocket_close_reason(const kt_websocket *_Nonnull w);

/* The closing handshake is over, or the connection is gone: kt_websocket_end may be called without cutting anything. */
bool kt_websocket_closed(const kt_websocket *_Nonnull w);
/* Ends the response and frees what it holds. */
void kt_websocket_end(kt_websocket *_Nonnull w);

#ifdef __cplusplus
}
#endif

#endif
