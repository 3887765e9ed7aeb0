#include "http2/session.h"

#include "http2/memory.h"

#include "http2/closed.h"

#include <nghttp2/nghttp2.h>
#include <pthread.h>

#define FIELDS_MAX 128 /* of a response, those that we add included */

struct kt_h2_session {
  nghttp2_session *engine;
  const kt_h2_events *events;
  void *owner;
  void *heading; /* the stream whose fields come in, or NULL */
  /* The stream that was asked for last: events come in runs, and a look-up is a cache miss. */
  int32_t last_id;
  void *last;
  bool starved; /* memory ran out while frames were sent */
  bool trails;  /* the content that is asked for has trailer fields behind it */
  uint32_t updates; /* WINDOW_UPDATE frames that the peer may send, see session.h */
  uint32_t update_bytes; /* of content: the rest of a KiB */
  kt__h2_closed closed;
  kt__h2_walk walk;
};

static void *stream_of(kt_h2_session *s, int32_t id) {
  if (s->last_id == id) return s->last;
  s->last_id = id;
  return s->last = nghttp2_session_get_stream_user_data(s->engine, id);
}

static void name_stream(kt_h2_session *s, int32_t id, void *stream) {
  nghttp2_session_set_stream_user_data(s->engine, id, stream);
  s->last_id = id;
  s->last = stream;
}

static bool is_head(const nghttp2_frame *f) {
  return f->hd.type == NGHTTP2_HEADERS && f->headers.cat == NGHTTP2_HCAT_REQUEST;
}

/* ---- what comes in ---- */

static bool is_open(kt_h2_session *s, int32_t id) {
  return stream_of(s, id) || nghttp2_session_find_stream(s->engine, id);
}

static void judge_data(kt_h2_session *s, int32_t id) {
  if (kt__h2_is_closed(&s->closed, id) && !is_open(s, id))
    nghttp2_session_terminate_session(s->engine, NGHTTP2_STREAM_CLOSED);
}

static void judge_headers(kt_h2_session *s, int32_t id) {
  if (kt__h2_note_headers(&s->closed, id) || !kt__h2_is_closed(&s->closed, id) || is_open(s, id)) return;
  bool begun = kt__h2_was_begun(&s->closed, id);
  nghttp2_session_terminate_session(s->engine, begun ? NGHTTP2_STREAM_CLOSED : NGHTTP2_PROTOCOL_ERROR);
}

/* Not called for DATA of streams that nghttp2 does not know. */
static int on_frame_begin(nghttp2_session *engine, const nghttp2_frame_hd *hd, void *context) {
  if (hd->type == NGHTTP2_HEADERS)
    judge_headers(context, hd->stream_id);
  else if (hd->type == NGHTTP2_PRIORITY && hd->stream_id == 0) /* §6.3; passed over where RFC 7540 priorities are off */
    nghttp2_session_terminate_session(engine, NGHTTP2_PROTOCOL_ERROR);
  return 0;
}

static int on_begin(nghttp2_session *engine, const nghttp2_frame *f, void *context) {
  kt_h2_session *s = context;
  s->heading = NULL;
  if (!is_head(f)) return 0;
  void *stream = s->events->begin(s->owner, f->hd.stream_id);
  if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  name_stream(s, f->hd.stream_id, stream);
  s->heading = stream;
  return 0;
}

/* Trailers are checked by nghttp2 as heads are; that they end the stream, it looks at last. */
static int on_field(nghttp2_session *engine, const nghttp2_frame *f, const uint8_t *name, size_t name_n,
                    const uint8_t *value, size_t value_n, uint8_t flags, void *context) {
  (void)engine, (void)flags;
  kt_h2_session *s = context;
  bool head = is_head(f), kept = true;
  void *stream = head ? s->heading : stream_of(s, f->hd.stream_id);
  kt_bytes n = kt_bytes_make(name, name_n), v = kt_bytes_make(value, value_n);
  if (stream) kept = head ? s->events->field(stream, n, v) : s->events->trailer(stream, n, v);
  return kept ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* RFC 9113 §8.2.1: a field with bytes that may not stand there makes the request malformed. */
static int on_invalid_field(nghttp2_session *engine, const nghttp2_frame *f, const uint8_t *name, size_t name_n,
                            const uint8_t *value, size_t value_n, uint8_t flags, void *context) {
  (void)name, (void)name_n, (void)value, (void)value_n, (void)flags, (void)context;
  nghttp2_submit_rst_stream(engine, NGHTTP2_FLAG_NONE, f->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int on_data(nghttp2_session *engine, uint8_t flags, int32_t id, const uint8_t *p, size_t n, void *context) {
  (void)flags;
  kt_h2_session *s = context;
  void *stream = stream_of(s, id);
  if (stream)
    s->events->data(stream, p, n);
  else
    nghttp2_session_consume(engine, id, n);
  return 0;
}

/* A glitch, or -1. */
static int says_nothing(const nghttp2_frame *f) {
  bool is_ack = f->hd.flags & 1;
  switch (f->hd.type) {
  case NGHTTP2_RST_STREAM: return KT_H2_GLITCH_RESET;
  case NGHTTP2_DATA:
    return f->hd.length == f->data.padlen && !(f->hd.flags & NGHTTP2_FLAG_END_STREAM) ? KT_H2_GLITCH_EMPTY_DATA : -1;
  case NGHTTP2_PING: return is_ack ? -1 : KT_H2_GLITCH_PING;
  case NGHTTP2_SETTINGS: return is_ack ? -1 : KT_H2_GLITCH_SETTINGS;
  default: return -1;
  }
}

/* RFC 9218 §7.1. */
static bool is_update_of_nothing(const nghttp2_frame *f) {
  return f->hd.type == NGHTTP2_PRIORITY_UPDATE &&
         ((const nghttp2_ext_priority_update *)f->ext.payload)->stream_id == 0;
}

static int on_frame(nghttp2_session *engine, const nghttp2_frame *f, void *context) {
  kt_h2_session *s = context;
  if (is_update_of_nothing(f)) nghttp2_session_terminate_session(engine, NGHTTP2_PROTOCOL_ERROR);
  int glitch = says_nothing(f);
  if (glitch >= 0) s->events->glitch(s->owner, (kt_h2_glitch)glitch);
  if (f->hd.type != NGHTTP2_HEADERS && f->hd.type != NGHTTP2_DATA) return 0;
  void *stream = stream_of(s, f->hd.stream_id);
  if (!stream) return 0;
  bool ended = f->hd.flags & NGHTTP2_FLAG_END_STREAM;
  if (is_head(f))
    s->events->head(stream, ended);
  else if (ended)
    s->events->ended(stream);
  return 0;
}

static int on_invalid_frame(nghttp2_session *engine, const nghttp2_frame *f, int error, void *context) {
  (void)engine, (void)error;
  kt_h2_session *s = context;
  kt__h2_note_dropped(&s->closed, f->hd.stream_id);
  s->events->glitch(s->owner, KT_H2_GLITCH_INVALID);
  return 0;
}

static int on_close(nghttp2_session *engine, int32_t id, uint32_t error, void *context) {
  kt_h2_session *s = context;
  void *stream = stream_of(s, id);
  if (!stream) return 0;
  name_stream(s, id, NULL);
  if (s->heading == stream) s->heading = NULL;
  s->events->closed(stream, error);
  return 0;
}

/* ---- windows ---- */

static void allow_updates(kt_h2_session *s, uint32_t n) {
  s->updates = s->updates + n < KT_H2_UPDATES_MAX ? s->updates + n : KT_H2_UPDATES_MAX;
}

static void call_for_updates(kt_h2_session *s, size_t n, bool is_all) {
  s->update_bytes += (uint32_t)n;
  allow_updates(s, (is_all ? 2 : 0) + s->update_bytes / 1024 * KT_H2_UPDATES_PER_KIB);
  s->update_bytes %= 1024;
}

/* From the heads of frames, for nghttp2 is silent about streams that it does not know. */
static void judge_update(kt_h2_session *s) {
  if (s->updates > 0)
    s->updates--;
  else
    s->events->glitch(s->owner, KT_H2_GLITCH_WINDOW_UPDATE);
}

/* ---- what goes out ---- */

static ssize_t on_write(nghttp2_session *engine, const uint8_t *p, size_t n, int flags, void *context) {
  (void)engine, (void)flags;
  kt_h2_session *s = context;
  switch (s->events->write(s->owner, p, n)) {
  case KT_OK: return (ssize_t)n;
  case KT_AGAIN: return NGHTTP2_ERR_WOULDBLOCK;
  default: return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
}

static ssize_t on_content(nghttp2_session *engine, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
                          nghttp2_data_source *source, void *context) {
  (void)to, (void)source;
  kt_h2_session *s = context;
  void *stream = stream_of(s, id);
  if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  bool last = false;
  s->trails = false;
  size_t n = s->events->content(stream, room, &last);
  if (n == KT_H2_CONTENT_LOST) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  if (n == 0 && !last) return NGHTTP2_ERR_DEFERRED;
  call_for_updates(s, n, n < room);
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (last) *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (last && s->trails) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  return (ssize_t)n;
}

/* Nothing is padded, so a DATA frame is its head and the bytes. */
static int on_write_content(nghttp2_session *engine, nghttp2_frame *f, const uint8_t *head, size_t n,
                            nghttp2_data_source *source, void *context) {
  (void)source;
  kt_h2_session *s = context;
  void *stream = stream_of(s, f->hd.stream_id);
  if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  kt_status st = s->events->write(s->owner, head, KT_H2_FRAME_HEAD_SIZE);
  if (st == KT_OK) st = s->events->write_content(s->owner, stream, n);
  if (st == KT_AGAIN) return NGHTTP2_ERR_WOULDBLOCK;
  return st == KT_OK ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* nghttp2 resets one stream where RFC 9113 §6.9.2 ends the connection; where it asks for the stream, both are right
 * (§5.4.1). */
static int on_sending(nghttp2_session *engine, const nghttp2_frame *f, void *context) {
  (void)context;
  if (f->hd.type != NGHTTP2_RST_STREAM || f->rst_stream.error_code != NGHTTP2_FLOW_CONTROL_ERROR) return 0;
  nghttp2_session_terminate_session(engine, NGHTTP2_FLOW_CONTROL_ERROR);
  return NGHTTP2_ERR_CANCEL;
}

static void on_reset_sent(kt_h2_session *s, int32_t id, uint32_t error) {
  kt__h2_note_dropped(&s->closed, id);
  if (error != NGHTTP2_NO_ERROR) s->events->glitch(s->owner, KT_H2_GLITCH_INVALID);
}

static int on_sent(nghttp2_session *engine, const nghttp2_frame *f, void *context) {
  (void)engine;
  kt_h2_session *s = context;
  if (f->hd.type == NGHTTP2_RST_STREAM) on_reset_sent(s, f->hd.stream_id, f->rst_stream.error_code);
  bool message = f->hd.type == NGHTTP2_HEADERS || f->hd.type == NGHTTP2_DATA;
  if (!message || !(f->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
  void *stream = stream_of(s, f->hd.stream_id);
  if (stream) s->events->sent(stream);
  return 0;
}

/* ---- set-up: callbacks and options are the same for all sessions ---- */

static nghttp2_session_callbacks *callbacks;
static nghttp2_option *options;

static void set_up(void) {
  if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&options) != 0) return;
  nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_frame_begin);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_field);
  nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, on_invalid_field);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
  nghttp2_session_callbacks_set_send_callback(callbacks, on_write);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, on_write_content);
  nghttp2_session_callbacks_set_before_frame_send_callback(callbacks, on_sending);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_option_set_no_closed_streams(options, 1); /* kept for RFC 7540 priorities, which we do not do */
  nghttp2_option_set_builtin_recv_extension_type(options, NGHTTP2_PRIORITY_UPDATE);
}

static void *mem_malloc(size_t n, void *u) { (void)u; return kt__h2_malloc(n); }
static void mem_free(void *p, void *u) { (void)u; kt__h2_free(p); }
static void *mem_calloc(size_t count, size_t n, void *u) { (void)u; return kt__h2_calloc(count, n); }
static void *mem_realloc(void *p, size_t n, void *u) { (void)u; return kt__h2_realloc(p, n); }

static bool submit_settings(kt_h2_session *s, const kt_h2_settings *w) {
  nghttp2_settings_entry entries[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, w->streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, w->stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, w->head_size_max},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}, /* RFC 9218 §2.1 */
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
  };
  size_t count = sizeof entries / sizeof *entries - (w->extended_connect ? 0 : 1);
  return nghttp2_submit_settings(s->engine, NGHTTP2_FLAG_NONE, entries, count) == 0 &&
         nghttp2_session_set_local_window_size(s->engine, NGHTTP2_FLAG_NONE, 0, (int32_t)w->session_window) == 0;
}

kt_h2_session *kt_h2_session_create(const kt_h2_settings *settings, const kt_h2_events *events, void *owner) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, set_up);
  if (!callbacks || !options) return NULL;
  kt_h2_session *s = kt_calloc(1, sizeof *s);
  if (!s) return NULL;
  s->events = events;
  s->owner = owner;
  s->walk.skip = KT_H2_PREFACE_SIZE;
  nghttp2_mem memory = {NULL, mem_malloc, mem_free, mem_calloc, mem_realloc};
  if (nghttp2_session_server_new3(&s->engine, callbacks, s, options, &memory) == 0 && submit_settings(s, settings))
    return s;
  kt_h2_session_destroy(s);
  return NULL;
}

/* nghttp2 1.52 frees a DATA item twice when there was no memory to queue it: it is better not freed at all. */
void kt_h2_session_destroy(kt_h2_session *s) {
  if (s->engine && !s->starved) nghttp2_session_del(s->engine);
  kt_free(s);
}

/* ---- calls ---- */

static bool feed(kt_h2_session *s, const uint8_t *p, size_t n) {
  if (n == 0) return true;
  ssize_t taken = nghttp2_session_mem_recv(s->engine, p, n);
  if (taken == NGHTTP2_ERR_FLOODED) s->events->glitch(s->owner, KT_H2_GLITCH_ACKS);
  if (taken == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) s->events->glitch(s->owner, KT_H2_GLITCH_CONTINUATION);
  return taken >= 0 && (size_t)taken == n;
}

/* Frames that nghttp2 passes over in silence. */
static bool is_passed_over(uint8_t type) { return type == NGHTTP2_PRIORITY || type > NGHTTP2_CONTINUATION; }

/* A DATA frame is judged when all that came before it has had its effect. */
bool kt_h2_receive(kt_h2_session *s, const uint8_t *p, size_t n) {
  size_t fed = 0, at = 0;
  kt__h2_frame_head head;
  while (kt__h2_next_head(&s->walk, p, n, &at, &head)) {
    if (is_passed_over(head.type)) s->events->glitch(s->owner, KT_H2_GLITCH_IDLE_FRAME);
    if (head.type == NGHTTP2_HEADERS) allow_updates(s, KT_H2_UPDATES_PER_REQUEST);
    if (head.type == NGHTTP2_WINDOW_UPDATE) judge_update(s);
    if (head.type != NGHTTP2_DATA) continue;
    if (!feed(s, p + fed, head.begin - fed)) return false;
    fed = head.begin;
    judge_data(s, head.id);
  }
  return feed(s, p + fed, n - fed);
}

kt_status kt_h2_send(kt_h2_session *s) {
  int result = nghttp2_session_send(s->engine);
  if (result == NGHTTP2_ERR_NOMEM) s->starved = true;
  if (result != 0) return KT_EIO;
  return nghttp2_session_want_write(s->engine) ? KT_AGAIN : KT_OK;
}

bool kt_h2_is_over(kt_h2_session *s) {
  return !nghttp2_session_want_read(s->engine) && !nghttp2_session_want_write(s->engine);
}

bool kt_h2_has_output(kt_h2_session *s) { return nghttp2_session_want_write(s->engine); }

void kt_h2_session_give(kt_h2_session *s, void *owner) { s->owner = owner; }

static kt_status status_of(int result) {
  if (result == 0) return KT_OK;
  return result == NGHTTP2_ERR_NOMEM ? KT_ENOMEM : KT_ECANCELED;
}

static nghttp2_nv pair(kt_bytes name, kt_bytes value) {
  return (nghttp2_nv){(uint8_t *)name.p, (uint8_t *)value.p, name.n, value.n, NGHTTP2_NV_FLAG_NONE};
}

static void put_status(uint8_t text[3], uint16_t status) {
  text[0] = (uint8_t)('0' + status / 100);
  text[1] = (uint8_t)('0' + status / 10 % 10);
  text[2] = (uint8_t)('0' + status % 10);
}

kt_status kt_h2_respond(kt_h2_session *s, int32_t id, uint16_t status, const kt_bytes *fields, size_t count,
                        bool final) {
  nghttp2_nv all[FIELDS_MAX];
  uint8_t text[3];
  if (count + 1 > FIELDS_MAX) return KT_EFULL;
  put_status(text, status);
  all[0] = pair(KT_BYTES(":status"), kt_bytes_make(text, 3));
  for (size_t i = 0; i < count; i++) all[i + 1] = pair(fields[2 * i], fields[2 * i + 1]);
  nghttp2_data_provider content = {.read_callback = on_content};
  return status_of(nghttp2_submit_response(s->engine, id, all, count + 1, final ? NULL : &content));
}

kt_status kt_h2_trail(kt_h2_session *s, int32_t id, const kt_bytes *fields, size_t count) {
  nghttp2_nv all[FIELDS_MAX];
  if (count > FIELDS_MAX) return KT_EFULL;
  for (size_t i = 0; i < count; i++) all[i] = pair(fields[2 * i], fields[2 * i + 1]);
  kt_status st = status_of(nghttp2_submit_trailer(s->engine, id, all, count));
  s->trails = st == KT_OK;
  return st;
}

kt_status kt_h2_inform(kt_h2_session *s, int32_t id, uint16_t status) {
  uint8_t text[3];
  put_status(text, status);
  nghttp2_nv field = pair(KT_BYTES(":status"), kt_bytes_make(text, 3));
  return status_of(nghttp2_submit_headers(s->engine, NGHTTP2_FLAG_NONE, id, NULL, &field, 1, NULL));
}

void kt_h2_resume(kt_h2_session *s, int32_t id) { nghttp2_session_resume_data(s->engine, id); }

void kt_h2_reset(kt_h2_session *s, int32_t id, kt_h2_error error) {
  nghttp2_submit_rst_stream(s->engine, NGHTTP2_FLAG_NONE, id, error);
}

void kt_h2_forget(kt_h2_session *s, int32_t id) {
  if (s->heading == stream_of(s, id)) s->heading = NULL;
  name_stream(s, id, NULL);
}

void kt_h2_consume(kt_h2_session *s, int32_t id, size_t n) { nghttp2_session_consume(s->engine, id, n); }

void kt_h2_shut_down(kt_h2_session *s, bool now, kt_h2_error error) {
  if (now) kt__h2_note_dropped(&s->closed, INT32_MAX); /* what is beyond the last stream that GOAWAY names is dropped */
  if (!now)
    nghttp2_submit_shutdown_notice(s->engine);
  else if (error == KT_H2_NO_ERROR)
    nghttp2_submit_goaway(s->engine, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(s->engine), 0, NULL, 0);
  else
    nghttp2_session_terminate_session(s->engine, error);
}
