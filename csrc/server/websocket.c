#include "server/websocket.h"

#include "server/exchange.h"
#include "server/problem.h"
#include "ws/ws.h"

#define REASON_SIZE_MAX 123 /* RFC 6455 §5.5 */

typedef struct item {
  struct item *next;
  bool text;
  size_t n;
  uint8_t bytes[];
} item;

/* Invariant: `reading` is set while the exchange will call on_readable; it is not while the queue is full, or while
 * output waits: a peer that sends pings and takes no pongs is read no further. */
struct kt_websocket {
  kt_exchange *x;
  kt_ws_session session;
  kt_ws_config config;
  kt_bytes subprotocol;
  kt_websocket *prev, *next; /* of the reactor */
  item *first, **last;       /* messages that nobody has taken */
  item *given;               /* the one that was taken last */
  uint32_t queued;
  size_t queued_size;
  kt_timer timer;
  kt__callback ready, room; /* a reader that waits for a message, a sender that waits for room */
  uint16_t close_code;
  uint16_t close_reason_n;
  uint8_t close_reason[REASON_SIZE_MAX];
  bool reading, over; /* over: no message comes any more */
};

kt_websocket_options kt_websocket_options_default(void) {
  return (kt_websocket_options){
      .compress = true,
      .message_size_max = KT_WS_MESSAGE_SIZE_MAX,
      .ping_interval_ms = KT_WS_PING_INTERVAL_MS,
      .pong_timeout_ms = KT_WS_PONG_TIMEOUT_MS,
  };
}

static uint64_t now(const kt_websocket *w) { return w->x->reactor->loop.now_ms; }

static void wake(kt_websocket *w) {
  kt__callback c = w->ready;
  w->ready = (kt__callback){0, 0};
  if (c.fn) c.fn(c.context);
}

static void finish(kt_websocket *w, uint16_t code, kt_bytes reason) {
  if (w->over) return;
  w->over = true;
  w->close_code = code;
  w->close_reason_n = (uint16_t)(reason.n < REASON_SIZE_MAX ? reason.n : REASON_SIZE_MAX);
  if (w->close_reason_n) memcpy(w->close_reason, reason.p, w->close_reason_n);
}

/* ---- frames out ---- */

static kt_status sink_write(void *context, kt_bytes bytes) {
  kt_websocket *w = context;
  kt_status st = kt_response_write(w->x, bytes.p, bytes.n);
  return st == KT_AGAIN ? KT_OK : st; /* it was taken */
}

static void tick(kt_websocket *w) {
  kt_ws_tick t = kt_ws_session_tick(&w->session, now(w));
  kt_wheel *wheel = &w->x->reactor->loop.wheel;
  if (t.drop) {
    finish(w, KT_WS_CLOSE_ABNORMAL, (kt_bytes){0, 0});
    w->session.state = KT_WS_CLOSED;
    kt_response_abort(w->x);
    wake(w);
  } else if (t.next_ms != UINT64_MAX) {
    kt_wheel_arm(wheel, &w->timer, t.next_ms);
  }
}

static void on_timer(kt_timer *t) { tick((kt_websocket *)((char *)t - offsetof(kt_websocket, timer))); }

/* ---- messages in ---- */

static bool keep(kt_websocket *w, const kt_ws_event *e) {
  item *i = kt_malloc(sizeof *i + e->payload.n);
  if (!i) return false;
  *i = (item){.text = e->text, .n = e->payload.n};
  if (i->n) memcpy(i->bytes, e->payload.p, i->n);
  *w->last = i;
  w->last = &i->next;
  w->queued++;
  w->queued_size += i->n;
  return true;
}

static void take_event(kt_websocket *w, const kt_ws_event *e) {
  switch ((kt_ws_event_kind)e->kind) {
  case KT_WS_EVENT_MESSAGE:
    if (!w->over && !keep(w, e)) kt_ws_session_close(&w->session, KT_WS_CLOSE_INTERNAL, (kt_bytes){0, 0}, now(w));
    return;
  case KT_WS_EVENT_CLOSE: finish(w, e->code, e->payload); return;
  case KT_WS_EVENT_ERROR: finish(w, e->code, kt_bytes_make(e->reason, strlen(e->reason))); return;
  default: return;
  }
}

/* Unmasks in the connection's own buffer, which is what gave the bytes. */
static void feed(kt_websocket *w, kt_bytes chunk) {
  uint8_t *data = (uint8_t *)chunk.p;
  size_t n = chunk.n;
  kt_ws_event e;
  do {
    size_t used = kt_ws_session_feed(&w->session, data, n, now(w), &e);
    data += used;
    n -= used;
    take_event(w, &e);
  } while (e.kind != KT_WS_EVENT_NONE);
}

static bool is_full(const kt_websocket *w) {
  return w->queued >= KT_WEBSOCKET_QUEUE_MAX || w->queued_size >= KT_WEBSOCKET_QUEUE_SIZE_MAX;
}

static void on_readable(void *context);
static void read_on(kt_websocket *w);

static void on_room(void *context) {
  kt_websocket *w = context;
  kt__callback room = w->room;
  w->room = (kt__callback){0, 0};
  if (!w->reading && !is_full(w)) read_on(w);
  if (w->first || w->over || w->session.state == KT_WS_CLOSED) wake(w);
  if (room.fn) room.fn(room.context);
}

static bool has_room(kt_websocket *w) { return kt_response_wait(w->x, on_room, w) != KT_AGAIN; }

static void read_on(kt_websocket *w) {
  kt_status st = KT_OK;
  while (w->session.state != KT_WS_CLOSED && !is_full(w) && has_room(w)) {
    kt_bytes chunk;
    st = kt_exchange_read(w->x, &chunk);
    if (st != KT_OK) break;
    feed(w, chunk);
  }
  if (st == KT_AGAIN) {
    w->reading = true;
    kt_exchange_wait(w->x, on_readable, w);
  } else if (st != KT_OK) {
    finish(w, KT_WS_CLOSE_ABNORMAL, (kt_bytes){0, 0});
    w->session.state = KT_WS_CLOSED;
  }
}

static void on_readable(void *context) {
  kt_websocket *w = context;
  w->reading = false;
  read_on(w);
  if (w->session.state == KT_WS_CLOSING) tick(w);
  if (w->first || w->over || w->session.state == KT_WS_CLOSED) wake(w);
}

kt_status kt_websocket_next(kt_websocket *w, kt_websocket_message *message) {
  kt_free(w->given);
  item *i = w->given = w->first;
  if (!i) return w->over || w->session.state == KT_WS_CLOSED ? KT_END : KT_AGAIN;
  w->first = i->next;
  if (!w->first) w->last = &w->first;
  w->queued--;
  w->queued_size -= i->n;
  *message = (kt_websocket_message){i->text, {i->bytes, i->n}};
  if (!w->reading && !is_full(w)) read_on(w);
  return KT_OK;
}

void kt_websocket_wait(kt_websocket *w, kt_ready_fn ready, void *context) {
  if (w->first || w->over || w->session.state == KT_WS_CLOSED)
    ready(context);
  else
    w->ready = (kt__callback){ready, context};
}

/* ---- calls ---- */

kt_status kt_websocket_send(kt_websocket *w, bool text, kt_bytes payload) {
  kt_status st = kt_ws_session_send(&w->session, text, payload);
  if (st != KT_OK) return KT_ECANCELED;
  return has_room(w) ? KT_OK : KT_AGAIN;
}

kt_status kt_websocket_wait_room(kt_websocket *w, kt_ready_fn ready, void *context) {
  kt_status st = kt_response_wait(w->x, on_room, w);
  if (st == KT_AGAIN) w->room = (kt__callback){ready, context};
  return st;
}

void kt_websocket_close(kt_websocket *w, uint16_t code, kt_bytes reason) {
  if (w->session.state != KT_WS_OPEN) return;
  if (!kt_utf8_valid(reason.p, reason.n) || reason.n > REASON_SIZE_MAX) reason = (kt_bytes){0, 0};
  if (kt_ws_session_close(&w->session, code, reason, now(w)) == KT_EINVAL)
    kt_ws_session_close(&w->session, KT_WS_CLOSE_INTERNAL, (kt_bytes){0, 0}, now(w));
  tick(w);
}

kt_bytes kt_websocket_subprotocol(const kt_websocket *w) { return w->subprotocol; }
uint16_t kt_websocket_close_code(const kt_websocket *w) { return w->close_code; }
kt_bytes kt_websocket_close_reason(const kt_websocket *w) {
  return kt_bytes_make(w->close_reason, w->close_reason_n);
}
bool kt_websocket_closed(const kt_websocket *w) { return w->session.state == KT_WS_CLOSED; }

/* ---- life ---- */

static void join(kt_websocket *w) {
  kt_reactor *r = w->x->reactor;
  w->next = r->websockets;
  if (w->next) w->next->prev = w;
  r->websockets = w;
}

static void part(kt_websocket *w) {
  kt_reactor *r = w->x->reactor;
  if (w->prev)
    w->prev->next = w->next;
  else
    r->websockets = w->next;
  if (w->next) w->next->prev = w->prev;
}

static void configure(kt_websocket *w, const kt_websocket_options *o) {
  w->config = kt_ws_config_default;
  w->config.message_size_max = o->message_size_max;
  /* What does not compress grows: five bytes for each stored block (RFC 1951 §3.2.4), and some. */
  w->config.frame_size_max = o->message_size_max + o->message_size_max / 256 + 1024;
  w->config.messages_per_second = w->config.messages_burst = o->messages_per_second;
  w->config.ping_interval_ms = o->ping_interval_ms;
  w->config.pong_timeout_ms = o->pong_timeout_ms;
}

static void refuse(kt_exchange *x, const kt_ws_answer *answer) {
  for (uint8_t i = 0; i < answer->field_count; i++)
    kt_response_field(x, answer->fields[i].name, answer->fields[i].value);
  kt__problem_send(x, answer->status, kt_bytes_make(answer->reason, strlen(answer->reason)));
}

/* The list is the caller's for the call only. */
static void copy_subprotocol(kt_websocket *w, kt_bytes name) {
  uint8_t *copy = name.n ? kt_arena_alloc(&w->x->arena, name.n) : NULL;
  if (copy) w->subprotocol = kt_bytes_make(memcpy(copy, name.p, name.n), name.n);
}

static kt_websocket *begin(kt_exchange *x, const kt_ws_answer *answer, const kt_websocket_options *options) {
  kt_websocket *w = kt_calloc(1, sizeof *w);
  if (!w) {
    kt__problem_send(x, 503, KT_BYTES("out of memory for a WebSocket"));
    return NULL;
  }
  for (uint8_t i = 0; i < answer->field_count; i++)
    kt__response_add_field(x, answer->fields[i].name, answer->fields[i].value);
  w->x = x;
  w->last = &w->first;
  copy_subprotocol(w, answer->subprotocol);
  configure(w, options);
  kt_timer_init(&w->timer, on_timer);
  kt__exchange_tunnel(x, answer->status);
  kt_ws_sink sink = {.write = sink_write, .context = w};
  kt_ws_session_init(&w->session, &w->config, KT_WS_SERVER, answer->deflate, sink, now(w));
  join(w);
  tick(w);
  read_on(w);
  return w;
}

kt_websocket *kt_websocket_accept(kt_exchange *x, const kt_websocket_options *options) {
  uint8_t text[KT_WS_ANSWER_TEXT_SIZE];
  kt_ws_answer answer;
  kt_ws_terms terms = {.subprotocols = options->subprotocols,
                       .subprotocol_count = options->subprotocol_count,
                       .extended_connect = x->flags & KT_X_EXTENDED};
  if (options->compress) terms.deflate = kt_ws_deflate_terms_default;
  if (terms.extended_connect) x->request.method = KT_CONNECT; /* as it came; it was routed as GET */
  kt_ws_handshake(&x->request, &terms, text, &answer);
  if (terms.extended_connect) x->request.method = KT_GET;
  if (!answer.reason) return begin(x, &answer, options);
  refuse(x, &answer);
  return NULL;
}

void kt_websocket_end(kt_websocket *w) {
  kt_wheel_cancel(&w->x->reactor->loop.wheel, &w->timer);
  part(w);
  w->x->read_ready = w->x->write_ready = (kt__callback){0, 0};
  kt_ws_session_deinit(&w->session);
  while (w->first) {
    item *i = w->first;
    w->first = i->next;
    kt_free(i);
  }
  kt_free(w->given);
  wake(w);
  kt_response_end(w->x);
  kt_free(w);
}

void kt__websockets_drain(kt_reactor *r) {
  for (kt_websocket *w = r->websockets, *next; w; w = next) {
    next = w->next;
    kt_websocket_close(w, KT_WS_CLOSE_GOING_AWAY, (kt_bytes){0, 0});
  }
}
