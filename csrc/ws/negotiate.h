/* negotiate.h: which permessage-deflate is agreed on (RFC 7692 §5.1, §7.1), from the server's side. */
#ifndef KT_WS_NEGOTIATE_H
#define KT_WS_NEGOTIATE_H

#include "ws/deflate.h"

/* What the server wants. Zeros mean: no permessage-deflate at all. */
typedef struct kt_ws_deflate_terms {
  bool on;
  bool server_no_context_takeover; /* ours, offered or not: frees memory between messages, costs compression */
  bool client_no_context_takeover;
  uint8_t server_max_window_bits;  /* 9 to 15, an upper bound */
  uint8_t client_max_window_bits;  /* 9 to 15, asked for where the client lets us */
} kt_ws_deflate_terms;

/* Contexts are kept, in windows of 4 KB: a session that compresses both ways holds 50 KB (see deflate.h), where windows
 * of 32 KB would take 190 KB. Messages of a service are shorter than either. */
extern const kt_ws_deflate_terms kt_ws_deflate_terms_default;
#define KT_WS_WINDOW_BITS 12

#define KT_WS_EXTENSION_SIZE_MAX 128

/* Reads one Sec-WebSocket-Extensions value of a request and accepts the first offer of permessage-deflate that can be
 * met, unless `params` has one already (a request may have several such fields). Offers of other extensions, and those
 * with a parameter that is unknown, repeated or out of range, are declined. False when the value breaks the grammar
 * (RFC 6455 §9.1): then the handshake fails. */
bool kt_ws_negotiate(kt_bytes value, const kt_ws_deflate_terms *terms, kt_ws_deflate_params *params);

/* Writes the response's Sec-WebSocket-Extensions value and returns its length. `params` is of an accepted offer:
 * client_max_window_bits is named when it is less than 15, which kt_ws_negotiate only does where it may. */
size_t kt_ws_extension_write(uint8_t out[KT_WS_EXTENSION_SIZE_MAX], const kt_ws_deflate_params *params);

#endif
