/* session.h: an HTTP/2 connection of a server. Calls of one session come from one thread; none from within an event,
 * except where it says so. */
#ifndef KT_HTTP2_SESSION_H
#define KT_HTTP2_SESSION_H

#include "base/base.h"
#include "http/http.h"

#define KT_H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" /* RFC 9113 §3.4 */
#define KT_H2_PREFACE_SIZE 24
#define KT_H2_FRAME_HEAD_SIZE 9

#define KT_H2_CONTENT_LOST SIZE_MAX

typedef struct kt_h2_session kt_h2_session;

/* RFC 9113 §7. */
typedef enum kt_h2_error {
  KT_H2_NO_ERROR = 0,
  KT_H2_PROTOCOL_ERROR = 1,
  KT_H2_INTERNAL_ERROR = 2,
  KT_H2_REFUSED_STREAM = 7,
  KT_H2_CANCEL = 8,
  KT_H2_ENHANCE_YOUR_CALM = 11,
} kt_h2_error;

typedef struct kt_h2_settings {
  uint32_t streams_max;     /* requests at a time (SETTINGS_MAX_CONCURRENT_STREAMS) */
  uint32_t stream_window;   /* content of a stream that may be under way unread */
  uint32_t session_window;  /* of all streams together */
  uint32_t head_size_max;   /* advice to the peer (SETTINGS_MAX_HEADER_LIST_SIZE) */
  bool extended_connect;    /* RFC 8441 */
} kt_h2_settings;

/* Something that costs us and need not be: a stream taken back, a frame that breaks the rules, one that says nothing. The
 * last two are more than nghttp2 puts up with: the session is over. */
typedef enum kt_h2_glitch {
  KT_H2_GLITCH_RESET,
  KT_H2_GLITCH_INVALID,
  KT_H2_GLITCH_PING,
  KT_H2_GLITCH_SETTINGS,
  KT_H2_GLITCH_EMPTY_DATA,
  KT_H2_GLITCH_WINDOW_UPDATE,
  KT_H2_GLITCH_IDLE_FRAME, /* PRIORITY and what nobody knows */
  KT_H2_GLITCH_CONTINUATION,
  KT_H2_GLITCH_ACKS, /* acknowledgements that the peer does not read */
} kt_h2_glitch;

/* What calls for WINDOW_UPDATE frames of the peer. Each request: one that opens its stream's window, and two for the end
 * of the answer. Each piece of content: two, for its stream and for the connection, and four for each KiB, for a
 * reader with a small buffer; but for a piece that a small window has cut, the KiB alone, or a peer that opens one byte
 * at a time would pay with what it gets. The number that is saved up for a slow reader is bounded. */
#define KT_H2_UPDATES_PER_REQUEST 3
#define KT_H2_UPDATES_PER_KIB 4
#define KT_H2_UPDATES_MAX 65536

typedef struct kt_h2_events {
  /* A request begins. What is returned goes with the stream's other events; NULL refuses the stream. */
  void *(*begin)(void *owner, int32_t id);
  /* A field of the head, pseudo-fields included. False resets the stream: memory is out. */
  bool (*field)(void *stream, kt_bytes name, kt_bytes value);
  void (*head)(void *stream, bool ended);
  /* Content. The bytes count against the windows until kt_h2_consume. */
  void (*data)(void *stream, const uint8_t *p, size_t n);
  /* A trailer field, after all content and before `ended`. False as above. */
  bool (*trailer)(void *stream, kt_bytes name, kt_bytes value);
  void (*ended)(void *stream); /* the request is complete */
  /* The stream is over, by its end or by a reset (error other than 0); nothing follows. */
  void (*closed)(void *stream, uint32_t error);
  void (*sent)(void *stream); /* the response's last frame was written */
  void (*glitch)(void *owner, kt_h2_glitch kind);

  /* Content of a response: how much there is now, at most `room`; *last when nothing comes after it but what
   * kt_h2_trail is given meanwhile. None and not *last pauses the stream until kt_h2_resume; KT_H2_CONTENT_LOST resets
   * it. */
  size_t (*content)(void *stream, size_t room, bool *last);
  /* Writes n bytes of it. */
  kt_status (*write_content)(void *owner, void *stream, size_t n);
  /* Writes bytes of frames. KT_AGAIN: the queue is full, kt_h2_send is called again later. */
  kt_status (*write)(void *owner, const void *p, size_t n);
} kt_h2_events;

/* NULL when memory is out. The settings are queued. */
kt_h2_session *kt_h2_session_create(const kt_h2_settings *settings, const kt_h2_events *events, void *owner);
/* No event comes for streams that are still open. */
void kt_h2_session_destroy(kt_h2_session *s);

/* Takes bytes. False when the connection cannot go on: what is queued (GOAWAY) should go out, then it ends. */
bool kt_h2_receive(kt_h2_session *s, const uint8_t *p, size_t n);
/* Writes what is queued. KT_OK: nothing is left; KT_AGAIN: write answered so; KT_EIO: memory is out. */
kt_status kt_h2_send(kt_h2_session *s);
/* Nothing more is to be read or written: the connection may end. */
bool kt_h2_is_over(kt_h2_session *s);
/* Frames wait to be written. */
bool kt_h2_has_output(kt_h2_session *s);
/* Events name another owner from now on. A session without open streams may go on on another thread: its memory belongs
 * to none. */
void kt_h2_session_give(kt_h2_session *s, void *owner);

/* These may be called from within events. */
/* The head of a response. `fields` are names and values in turn, copied; with `final` no content follows. */
kt_status kt_h2_respond(kt_h2_session *s, int32_t id, uint16_t status, const kt_bytes *fields, size_t count, bool final);
/* Trailer fields, as `fields` of kt_h2_respond. Only from within the `content` event that says *last. */
kt_status kt_h2_trail(kt_h2_session *s, int32_t id, const kt_bytes *fields, size_t count);
/* An interim response, 100 to 199 (RFC 9110 §15.2). */
kt_status kt_h2_inform(kt_h2_session *s, int32_t id, uint16_t status);
void kt_h2_resume(kt_h2_session *s, int32_t id);
void kt_h2_reset(kt_h2_session *s, int32_t id, kt_h2_error error);
/* Nothing more is told of the stream. */
void kt_h2_forget(kt_h2_session *s, int32_t id);
/* n bytes of content were used: the windows open again. The stream may be over. */
void kt_h2_consume(kt_h2_session *s, int32_t id, size_t n);
/* Says that no new streams are wanted (GOAWAY, §6.8): the first time those under way to us still count, the second time
 * only those that were answered or begun. */
void kt_h2_shut_down(kt_h2_session *s, bool now, kt_h2_error error);

#endif
