/* deflate.h: permessage-deflate (RFC 7692), both ways, on zlib.
 *
 * Memory of a connection, by zlib's own account and made when the first message needs it:
 *   out  2^(window + 2) + 2^(memory level + 9) bytes and 6 KB: 38 KB at window 12 and level 5, 262 KB at 15 and 8
 *   in   2^window bytes and 7 KB: 11 KB at 12, 39 KB at 15, which a client may insist on by not letting us ask for less
 * A side without context takeover keeps nothing that matters between messages: kt_ws_deflate_trim frees it. */
#ifndef KT_WS_DEFLATE_H
#define KT_WS_DEFLATE_H

#include "ws/frame.h"
#include "ws/message.h"

#define KT_WS_WINDOW_BITS_MIN 9 /* zlib cannot deflate with 8 */
#define KT_WS_WINDOW_BITS_MAX 15

/* What was agreed (RFC 7692 §7.1). Without `on` the rest means nothing. */
typedef struct kt_ws_deflate_params {
  bool on;
  bool server_no_context_takeover;
  bool client_no_context_takeover;
  uint8_t server_max_window_bits; /* 9 to 15; 8 may be the peer's, never ours */
  uint8_t client_max_window_bits; /* the same */
} kt_ws_deflate_params;

struct z_stream_s;

typedef struct kt_ws_deflate {
  struct z_stream_s *deflater, *inflater; /* NULL until used */
  kt_ws_deflate_params params;
  uint8_t role; /* kt_ws_role */
} kt_ws_deflate;

typedef enum kt_ws_inflated {
  KT_WS_INFLATED,
  KT_WS_INFLATE_CORRUPT,
  KT_WS_INFLATE_TOO_BIG, /* there is more than size_max */
  KT_WS_INFLATE_ENOMEM,
} kt_ws_inflated;

/* Allocates nothing. */
void kt_ws_deflate_init(kt_ws_deflate *d, kt_ws_role role, kt_ws_deflate_params params);
void kt_ws_deflate_deinit(kt_ws_deflate *d);

/* Inflates a piece of a message, unmasked, and appends the result to `out`; `last`: the message ends with this piece.
 * `out` never grows beyond size_max, however much a few bytes promise. What came out before a failure is in `out`, and
 * the connection must fail. */
kt_ws_inflated kt_ws_deflate_in(kt_ws_deflate *d, kt_bytes piece, bool last, uint32_t size_max, kt_ws_message *out);

/* Takes a part of a compressed message, in order, which is one frame's payload; `last` comes with the last one. */
typedef kt_status (*kt_ws_deflate_emit)(void *context, kt_bytes part, bool last);

/* Compresses a message that is not empty into parts of at most KT_WS_DEFLATE_PART_SIZE bytes; nothing is allocated for
 * them. KT_ENOMEM, or the first status other than KT_OK that emit gave; when a part had been emitted by then the
 * connection must fail. `level` and `memory_level`, 1 to 9, are zlib's and count when its memory is made. */
kt_status kt_ws_deflate_out(kt_ws_deflate *d, kt_bytes message, uint8_t level, uint8_t memory_level,
                            kt_ws_deflate_emit emit, void *context);
#define KT_WS_DEFLATE_PART_SIZE 16384

/* Frees the memory of a side that has no context to keep. Not between the pieces of a message. */
void kt_ws_deflate_trim(kt_ws_deflate *d);

#endif
