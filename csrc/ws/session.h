/* session.h: an open WebSocket (RFC 6455 §5 to §7, RFC 7692) as a machine.
 *
 * Workload: tens of thousands of sessions, most of them idle, so an idle one is 256 bytes at most and owns no heap but
 * the contexts of permessage-deflate, if that was agreed on. Messages are short, and a read brings whole ones. */
#ifndef KT_WS_SESSION_H
#define KT_WS_SESSION_H

#include "ws/close.h"
#include "ws/deflate.h"
#include "ws/message.h"
#include "ws/rate.h"
#include "ws/utf8.h"

/* Defaults, each against a peer that means harm or is gone. */
#define KT_WS_FRAME_SIZE_MAX (1u << 20)   /* one frame must not hold up the control frames behind it for long */
#define KT_WS_MESSAGE_SIZE_MAX (1u << 20) /* memory of one session; also what a few compressed bytes may become */
#define KT_WS_FRAGMENTS_MAX 1024          /* empty fragments are messages that never end */
#define KT_WS_PING_INTERVAL_MS 30000      /* below the minute after which many NATs forget a connection */
#define KT_WS_PONG_TIMEOUT_MS 10000
#define KT_WS_CLOSE_TIMEOUT_MS 5000       /* for the peer's Close after ours */
#define KT_WS_DEFLATE_SIZE_MIN 128        /* shorter messages gain less than a compressor costs */
#define KT_WS_DEFLATE_LEVEL 1             /* for 1 KB of JSON level 6 takes half as long again and saves nothing */
#define KT_WS_DEFLATE_MEMORY_LEVEL 5      /* with a window of 12 bits: 38 KB for each session that compresses */

/* Shared by many sessions, which keep a pointer to it. */
typedef struct kt_ws_config {
  uint32_t frame_size_max;      /* payload bytes on the wire; 1009 beyond */
  uint32_t message_size_max;    /* payload bytes, inflated; 1009 beyond */
  uint32_t fragments_max;       /* frames of one message; 1008 beyond */
  uint32_t messages_per_second; /* messages and control frames; 1008 beyond; 0: no limit */
  uint32_t messages_burst;      /* may come at once */
  uint32_t bytes_per_second;    /* of frames, as they come; 1008 beyond; 0: no limit */
  uint32_t bytes_burst;         /* not less than a read buffer holds */
  uint32_t ping_interval_ms;    /* of silence before a ping; 0: never */
  uint32_t pong_timeout_ms;     /* of silence after it, before the peer counts as gone */
  uint32_t close_timeout_ms;
  uint32_t deflate_size_min;    /* shorter messages are not compressed */
  uint8_t deflate_level;        /* 1 to 9, see zlib */
  uint8_t deflate_memory_level; /* 1 to 9 */
} kt_ws_config;

/* The constants above, and no rates: a handler that is slow holds the reader up anyway. */
extern const kt_ws_config kt_ws_config_default;

/* Where frames go. A frame is written in one call for its head and one or more for its payload; the bytes are the
 * callee's only during the call. A status other than KT_OK (the queue is full, memory is out) ends the session: a
 * frame may have been cut. Called from within kt_ws_session_* only, and must not call back into the session. */
typedef struct kt_ws_sink {
  kt_status (*write)(void *context, kt_bytes bytes);
  /* Four bytes that nobody can guess (§5.3), for each frame of a client; NULL for a server. */
  void (*mask_key)(void *context, uint8_t key[4]);
  void *context;
} kt_ws_sink;

typedef enum kt_ws_event_kind {
  KT_WS_EVENT_NONE,    /* nothing more in these bytes */
  KT_WS_EVENT_MESSAGE, /* payload, text */
  KT_WS_EVENT_PING,    /* payload; the pong has been written */
  KT_WS_EVENT_PONG,    /* payload */
  KT_WS_EVENT_CLOSE,   /* the peer's code, 1005 without one, and its reason as payload; ours has been written */
  KT_WS_EVENT_ERROR,   /* code, reason: the session failed, and a Close frame that says so has been written;
                        * KT_WS_CLOSE_ABNORMAL: the sink took nothing more */
} kt_ws_event_kind;

/* Slices live until the next kt_ws_session_feed or kt_ws_session_deinit, or as long as the bytes fed, whichever is
 * shorter: a payload may be sent back as it is. */
typedef struct kt_ws_event {
  uint8_t kind; /* kt_ws_event_kind */
  bool text;    /* valid UTF-8; else binary */
  uint16_t code;
  const char *reason; /* ERROR: what is wrong, for people */
  kt_bytes payload;
} kt_ws_event;

typedef enum kt_ws_state {
  KT_WS_OPEN,
  KT_WS_CLOSING, /* our Close frame is out, the peer's is awaited: nothing more may be sent */
  KT_WS_CLOSED,  /* flush what was written, then close the connection (§7.1.1) */
} kt_ws_state;

/* Embedded by its connection; the members are the room's own but for `state`.
 * Invariants between calls, until the state is KT_WS_CLOSED: in_payload means frame_at < head.payload_n; message and
 * control hold memory only while it is being filled or an event names it. */
typedef struct kt_ws_session {
  const kt_ws_config *config;
  kt_ws_sink sink;
  kt_ws_deflate deflate;
  kt_ws_message message; /* of a message that did not come whole */
  uint8_t *control;      /* payload of a control frame that did not come whole, or NULL */
  kt_ws_head head;
  uint64_t frame_at; /* payload bytes of the frame seen */
  kt_ws_rate messages, bytes;
  uint64_t heard_ms; /* when the peer last sent anything */
  uint64_t since_ms; /* when the ping was sent that awaits an answer, or our Close frame */
  uint32_t fragments;
  kt_ws_utf8 utf8;
  uint8_t role;  /* kt_ws_role */
  uint8_t state; /* kt_ws_state */
  bool in_payload, in_message;
  bool text, compressed; /* of the message */
  bool pinged;
} kt_ws_session;

/* Allocates nothing. `config` outlives the session; `deflate` is what the handshake agreed on. A session whose config
 * makes no sense (a rate without a burst, a level that zlib does not have) is our own error. */
void kt_ws_session_init(kt_ws_session *s, const kt_ws_config *config, kt_ws_role role, kt_ws_deflate_params deflate,
                        kt_ws_sink sink, uint64_t now_ms);
/* Frees what it holds and writes nothing. */
void kt_ws_session_deinit(kt_ws_session *s);

/* Takes bytes up to and including one event and returns how many; `data` is unmasked in place. Call again with the
 * rest, even if that is nothing, until the event is NONE: that call gives the last message's memory back.
 *
 *   do {
 *     used = kt_ws_session_feed(&s, data, n, now_ms, &event);
 *     data += used, n -= used;
 *     ...
 *   } while (event.kind != KT_WS_EVENT_NONE);
 *
 * A message that is whole in `data`, in one frame and not compressed, is given as a slice of it. CLOSE and ERROR are
 * the last events; what comes after them is taken and dropped (§1.4, §7.1.7). Times never run backwards. */
size_t kt_ws_session_feed(kt_ws_session *s, uint8_t *data, size_t n, uint64_t now_ms, kt_ws_event *event);

/* Sends one message, compressed where that was agreed on and it is long enough. Text must be UTF-8. KT_ECANCELED when
 * the session is not open; KT_ENOMEM and what the sink gave end the session. */
kt_status kt_ws_session_send(kt_ws_session *s, bool text, kt_bytes message);
/* KT_EINVAL when the payload is longer than KT_WS_CONTROL_SIZE_MAX, else as above. */
kt_status kt_ws_session_ping(kt_ws_session *s, kt_bytes payload);
/* Begins the close handshake. KT_EINVAL when the code may not be sent (KT_WS_CLOSE_NONE may: it sends none) or the
 * reason is longer than KT_WS_REASON_SIZE_MAX or not UTF-8. */
kt_status kt_ws_session_close(kt_ws_session *s, uint16_t code, kt_bytes reason, uint64_t now_ms);

typedef struct kt_ws_tick {
  bool drop;        /* the peer is gone or does not close: close the connection without a word */
  uint64_t next_ms; /* call again then; UINT64_MAX: no need */
} kt_ws_tick;

/* Does what is due: sends a ping after a silence, gives up after a longer one, frees what an idle session need not
 * hold. Call when next_ms has come, after kt_ws_session_init and after kt_ws_session_close; bytes that were fed only
 * put next_ms off, so the timer need not be armed again for them. */
kt_ws_tick kt_ws_session_tick(kt_ws_session *s, uint64_t now_ms);

#endif
