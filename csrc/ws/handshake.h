/* handshake.h: the server's side of the opening handshake (RFC 6455 §4.2), over HTTP/1.1 and, as extended CONNECT,
 * over HTTP/2 and HTTP/3 (RFC 8441 §5, RFC 9220). */
#ifndef KT_WS_HANDSHAKE_H
#define KT_WS_HANDSHAKE_H

#include "katana/http.h"
#include "ws/negotiate.h"

#define KT_WS_ACCEPT_SIZE 28
#define KT_WS_ANSWER_FIELDS_MAX 5
#define KT_WS_ANSWER_TEXT_SIZE (KT_WS_ACCEPT_SIZE + KT_WS_EXTENSION_SIZE_MAX)

/* What a route offers. */
typedef struct kt_ws_terms {
  const kt_bytes *subprotocols;
  uint16_t subprotocol_count;
  bool extended_connect; /* the request is one with :protocol websocket: no Upgrade, no key, and 200 is success */
  kt_ws_deflate_terms deflate;
} kt_ws_terms;

/* The answer to a request. `fields` are to be added to the response's head, in every case. */
typedef struct kt_ws_answer {
  uint16_t status; /* 101, or 200 for extended CONNECT; else 400, 405, 426 or 500 */
  uint8_t field_count;
  kt_ws_deflate_params deflate; /* for kt_ws_session_init */
  kt_bytes subprotocol;         /* of terms->subprotocols; p is NULL when none was agreed on */
  const char *reason;           /* what is wrong, for people; NULL on success */
  struct {
    kt_bytes name, value;
  } fields[KT_WS_ANSWER_FIELDS_MAX];
} kt_ws_answer;

/* Judges a request. The client's order of subprotocols decides among those that the terms name, with case. A client
 * that offered none of them gets none; the route may refuse that. Origin is not looked at: who may connect is a policy.
 * Values of the answer's fields lie in `text`, in `terms` and in constants. */
void kt_ws_handshake(const kt_request *request, const kt_ws_terms *terms, uint8_t text[KT_WS_ANSWER_TEXT_SIZE],
                     kt_ws_answer *answer);

/* Sec-WebSocket-Accept of a Sec-WebSocket-Key (§4.2.2): 24 bytes in, 28 out. False when the digest's memory is out. */
bool kt_ws_accept(const uint8_t key[24], uint8_t out[KT_WS_ACCEPT_SIZE]);

#endif
