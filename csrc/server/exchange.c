#include "server/exchange.h"

#include "server/coded.h"
#include "server/conn.h"
#include "server/life.h"
#include "server/problem.h"
#include "tls/tls.h"

#define OUT_FIELDS_SIZE_MAX 8192 /* bytes of fields that a handler may add, so that a head fits one buffer */

kt_request *kt_exchange_request(kt_exchange *x) { return &x->request; }
kt_reactor *kt_exchange_reactor(kt_exchange *x) { return x->reactor; }
const kt_tls_info *kt_exchange_tls(kt_exchange *x) {
  const kt_filter *f = x->conn ? x->conn->stream.filter : NULL;
  return f ? kt_tls_session_info(f) : NULL;
}

uint64_t kt_exchange_phase_ns(kt_exchange *x, kt_phase phase) { return x->phase_ns[phase]; }
void *kt_exchange_alloc(kt_exchange *x, size_t n) { return kt_arena_alloc(&x->arena, n); }
kt_bytes kt_exchange_body(kt_exchange *x) { return x->body; }
bool kt_exchange_cancelled(kt_exchange *x) { return x->flags & KT_X_CANCELLED; }
bool kt_response_started(kt_exchange *x) { return x->flags & KT_X_STARTED; }
uint16_t kt_response_status(kt_exchange *x) { return x->status; }

void *kt_exchange_principal(kt_exchange *x) { return x->principal; }

void kt_exchange_set_principal(kt_exchange *x, void *principal, void (*release)(void *)) {
  x->principal = principal;
  x->principal_release = release;
}

static void release_principal(kt_exchange *x) {
  void *principal = x->principal;
  x->principal = NULL;
  if (principal && x->principal_release) x->principal_release(principal);
}

uint64_t kt_exchange_deadline_ns(kt_exchange *x) {
  uint64_t routed = x->phase_ns[KT_PHASE_ROUTED], body = x->phase_ns[KT_PHASE_BODY];
  return (body > routed ? body : routed) + (uint64_t)x->deadline_ms * 1000000; /* body may be of the request before */
}

kt_status kt_exchange_collect(kt_exchange *x, kt_bytes content) {
  if (content.n == 0) {
    x->flags |= KT_X_COLLECTED;
    return KT_OK;
  }
  if (!kt__life_reserve(x, content.n)) return KT_ENOMEM;
  memcpy(x->storage + x->storage_n, content.p, content.n);
  x->storage_n += content.n;
  x->body = (kt_bytes){x->storage, x->storage_n};
  return KT_OK;
}

/* Calls a handler's callback once. The exchange must survive it, so settling waits. */
static void call(kt_exchange *x, kt__callback *slot) {
  kt__callback c = *slot;
  *slot = (kt__callback){0, 0};
  if (!c.fn) return;
  uint32_t outer = x->flags & KT_X_IN_HANDLER;
  x->flags |= KT_X_IN_HANDLER;
  c.fn(c.context);
  if (!outer) x->flags &= ~(uint32_t)KT_X_IN_HANDLER;
}

static void wake_sleeper(kt_exchange *x) {
  kt_wheel_cancel(&x->reactor->loop.wheel, &x->sleep_timer);
  call(x, &x->slept);
}

static void on_sleep_timer(kt_timer *t) {
  kt_exchange *x = (kt_exchange *)((char *)t - offsetof(kt_exchange, sleep_timer));
  call(x, &x->slept);
  kt__exchange_settle(x);
}

static void on_beat_timer(kt_timer *t) {
  kt_exchange *x = (kt_exchange *)((char *)t - offsetof(kt_exchange, beat_timer));
  if (x->flags & (KT_X_ENDED | KT_X_CANCELLED)) return;
  uint64_t now = x->reactor->loop.now_ms;
  if (now - x->wrote_ms >= x->beat_ms && x->wire->queued(x) == 0) kt_response_write(x, x->beat.p, x->beat.n);
  if (!(x->flags & KT_X_CANCELLED)) kt_wheel_arm(&x->reactor->loop.wheel, t, x->wrote_ms + x->beat_ms);
}

void kt_response_beat(kt_exchange *x, uint32_t interval_ms, kt_bytes bytes) {
  x->beat = bytes;
  x->beat_ms = interval_ms ? interval_ms : 1;
  x->wrote_ms = x->reactor->loop.now_ms;
  kt_wheel_arm(&x->reactor->loop.wheel, &x->beat_timer, x->wrote_ms + x->beat_ms);
}

kt_exchange *kt__exchange_create(kt_reactor *r) {
  uint16_t fields = r->config->field_count_max;
  kt_exchange *x = kt_calloc(1, sizeof *x + fields * sizeof(kt_field) + r->config->target_size_max);
  if (!x) return NULL;
  x->reactor = r;
  x->request.fields = (kt_field *)(x + 1);
  x->request.field_max = fields;
  x->out_length = -1;
  kt_timer_init(&x->sleep_timer, on_sleep_timer);
  kt_timer_init(&x->beat_timer, on_beat_timer);
  kt_arena_init(&x->arena, &r->arenas);
  return x;
}

void kt__exchange_reset(kt_exchange *x) {
  release_principal(x);
  if (kt_timer_armed(&x->beat_timer)) kt_wheel_cancel(&x->reactor->loop.wheel, &x->beat_timer);
  if (x->storage) kt_free(x->storage);
  if (x->decoded) kt__decoded_drop(x);
  if (x->coded.encoder) kt__coded_drop(x);
  kt__coded_unqueue(x);
  if (x->kept) kt_buf_put(&x->reactor->loop.bufs, x->kept);
  kt_arena_reset(&x->arena);
  x->conn = NULL;
  x->wire = NULL;
  x->flags = 0;
  x->query_n = 0;
  x->route = NULL;
  x->held = NULL;
  x->body = (kt_bytes){0, 0};
  x->trailers = NULL;
  x->trailing = NULL;
  x->storage = NULL;
  x->storage_n = x->storage_cap = 0;
  x->body_taken = 0;
  x->read_ready = x->write_ready = x->cancelled = x->slept = (kt__callback){0, 0};
  x->status = 0;
  x->out_field_n = 0;
  x->out_length = -1;
  x->out_written = 0;
  x->out_fields = NULL;
  x->kept = NULL;
  x->request_id = (kt_bytes){0, 0};
  memset(x->trace_context, 0, sizeof x->trace_context);
}

void kt__exchange_destroy(kt_exchange *x) {
  release_principal(x);
  kt_arena_deinit(&x->arena);
  kt_free(x->storage);
  kt_free(x);
}

void kt__exchange_readable(kt_exchange *x) {
  if (x->flags & KT_X_DECODES) return; /* its turn comes */
  call(x, &x->read_ready);
  kt__exchange_settle(x);
}

bool kt__exchange_keep(kt_exchange *x, kt_buf **head, kt_buf **tail, const uint8_t *p, size_t n) {
  while (n > 0) {
    kt_buf *b = *tail;
    if (!b || b->end == b->cap) {
      if (!(b = kt_buf_get(&x->reactor->loop.bufs))) return false;
      if (*tail)
        (*tail)->next = b;
      else
        *head = b;
      *tail = b;
    }
    size_t room = b->cap - b->end, part = n < room ? n : room;
    memcpy(b->data + b->end, p, part);
    b->end += (uint32_t)part;
    p += part;
    n -= part;
  }
  return true;
}

void kt__exchange_writable(kt_exchange *x) {
  if (x->flags & KT_X_ENCODES) kt__coded_queue(x);
  call(x, &x->write_ready);
  kt__exchange_settle(x);
}

void kt__exchange_cancel(kt_exchange *x) {
  x->flags |= KT_X_CANCELLED;
  if (x->coded.encoder) kt__coded_drop(x);
  call(x, &x->cancelled);
  call(x, &x->read_ready);
  call(x, &x->write_ready);
  wake_sleeper(x);
}

void kt__exchange_detach(kt_exchange *x) {
  x->conn = NULL;
  kt__exchange_cancel(x);
  kt__exchange_settle(x);
}

void kt__exchange_settle(kt_exchange *x) {
  if (x->flags & (KT_X_IN_HANDLER | KT_X_SUSPENDED | KT_X_ENCODES)) return;
  if (!(x->flags & (KT_X_ENDED | KT_X_CANCELLED))) return;
  if (x->conn)
    x->wire->ended(x);
  else
    kt__reactor_give_exchange(x->reactor, x);
}

void kt_exchange_count_query(kt_exchange *x) { x->query_n++; }
uint32_t kt_exchange_query_count(kt_exchange *x) { return x->query_n; }

void kt_exchange_suspend(kt_exchange *x) { x->flags |= KT_X_SUSPENDED; }

void kt_exchange_leave(kt_exchange *x) {
  KT_ASSERT(x->flags & KT_X_SUSPENDED);
  x->flags &= ~(uint32_t)KT_X_SUSPENDED;
  kt_wheel_cancel(&x->reactor->loop.wheel, &x->sleep_timer);
  x->read_ready = x->write_ready = x->cancelled = x->slept = (kt__callback){0, 0};
  if (!(x->flags & (KT_X_ENDED | KT_X_CANCELLED)))
    kt__life_refuse(x, 500, KT_BYTES("the handler ended without a response"));
  else
    kt__exchange_settle(x);
}

kt_status kt_exchange_sleep(kt_exchange *x, uint64_t delay_ms, kt_ready_fn ready, void *context) {
  if (x->slept.fn) return KT_EINVAL;
  x->slept = (kt__callback){ready, context};
  uint64_t delay = x->flags & KT_X_CANCELLED ? 0 : delay_ms;
  kt_wheel_arm(&x->reactor->loop.wheel, &x->sleep_timer, x->reactor->loop.now_ms + delay);
  return KT_OK;
}

void kt_exchange_on_cancel(kt_exchange *x, kt_ready_fn fn, void *context) {
  x->cancelled = (kt__callback){fn, context};
}

kt_status kt_exchange_read(kt_exchange *x, kt_bytes *chunk) {
  if (x->flags & KT_X_CANCELLED) return KT_ECANCELED;
  bool is_held = x->route->body_mode == KT_BODY_BUFFER || (x->flags & KT_X_COLLECTED);
  if (is_held && !(x->flags & KT_X_TUNNEL)) {
    *chunk = x->body;
    x->body = (kt_bytes){0, 0};
    return chunk->n ? KT_OK : KT_END;
  }
  if (x->flags & KT_X_CONTINUE) x->wire->continues(x);
  return x->decoded ? kt__decoded_read(x, chunk) : x->wire->read(x, chunk);
}

void kt_exchange_wait(kt_exchange *x, kt_ready_fn ready, void *context) {
  if (x->flags & KT_X_CANCELLED)
    ready(context);
  else
    x->read_ready = (kt__callback){ready, context};
}

static bool is_ours(kt_bytes name) {
  switch (kt_field_lookup(name.p, name.n)) {
  case KT_FIELD_CONTENT_LENGTH:
  case KT_FIELD_TRANSFER_ENCODING:
  case KT_FIELD_CONNECTION:
  case KT_FIELD_KEEP_ALIVE:
  case KT_FIELD_UPGRADE:
  case KT_FIELD_TRAILER:
  case KT_FIELD_DATE: return true;
  default: return false;
  }
}

kt_status kt_response_field(kt_exchange *x, kt_bytes name, kt_bytes value) {
  if (x->flags & KT_X_STARTED) return KT_EINVAL;
  if (name.n == 0 || is_ours(name) || !kt_h1_field_valid(name, value)) return KT_EINVAL;
  return kt__response_add_field(x, name, value);
}

kt_status kt__response_add_field(kt_exchange *x, kt_bytes name, kt_bytes value) {
  if (x->out_field_n + name.n + value.n + 4 > OUT_FIELDS_SIZE_MAX) return KT_EFULL;
  kt_out_field *f = kt_arena_alloc(&x->arena, sizeof *f + name.n + value.n);
  if (!f) return KT_ENOMEM;
  uint8_t *text = (uint8_t *)(f + 1);
  memcpy(text, name.p, name.n);
  if (value.n) memcpy(text + name.n, value.p, value.n);
  *f = (kt_out_field){NULL, {text, name.n}, {text + name.n, value.n}};
  x->out_field_n += (uint16_t)(name.n + value.n + 4);
  kt_out_field **end = &x->out_fields;
  while (*end) end = &(*end)->next;
  *end = f;
  return KT_OK;
}

/* RFC 9110 §6.4.1: no content in these, whatever the handler wrote. */
static bool never_has_content(uint16_t status) { return status == 204 || status == 304; }

/* `whole` is the content of a response in one call. */
static inline kt_status begin(kt_exchange *x, uint16_t status, kt_bytes type, int64_t length, const void *whole) {
  if (x->flags & KT_X_STARTED) return KT_EINVAL;
  if (status < 200 || status > 599) return KT_EINVAL;
  x->flags |= KT_X_STARTED;
  if (x->flags & KT_X_CANCELLED) return KT_ECANCELED;
  /* A final response without 100 tells the client not to send its content; a streamed one usually wants it. */
  if ((x->flags & KT_X_CONTINUE) && !(x->flags & KT_X_COMPLETE)) x->wire->continues(x);
  if (never_has_content(status)) x->flags |= KT_X_NO_CONTENT;
  x->status = status;
  x->out_length = length;
  kt__life_phase(x, KT_PHASE_RESPONSE);
  if (kt__coded_concerns(x)) kt__coded_begin(x, type, whole);
  kt_status st = x->wire->head(x, type);
  x->out_length = length; /* a coded response has another on the wire */
  return st;
}

void kt__exchange_tunnel(kt_exchange *x, uint16_t status) {
  x->flags |= KT_X_STARTED | KT_X_TUNNEL | KT_X_CLOSE;
  x->flags &= ~(uint32_t)KT_X_BODY_DONE;
  x->body_max = UINT64_MAX;
  x->status = status;
  x->out_length = -1;
  if (x->flags & KT_X_CANCELLED) return;
  kt__life_phase(x, KT_PHASE_RESPONSE);
  if (x->wire->head(x, (kt_bytes){0, 0}) < 0)
    x->wire->abort(x);
  else
    x->wire->flush_soon(x);
}

static kt_status finish(kt_exchange *x, kt_status st) {
  x->flags |= KT_X_ENDED;
  KT_COUNT(x->reactor->responses, 1);
  kt__life_phase(x, KT_PHASE_DONE);
  if (st == KT_OK && x->flags & KT_X_ENCODES) return KT_OK; /* the last slice ends it */
  if (st == KT_OK && kt__coded_is(x)) st = kt__coded_end(x);
  if (st == KT_OK) st = x->wire->end(x);
  if (st < 0 && x->conn) x->wire->abort(x);
  kt__exchange_settle(x);
  return st;
}

kt_status kt_response_send(kt_exchange *x, uint16_t status, kt_bytes type, const void *body, size_t n) {
  x->flags |= KT_X_COMPLETE;
  kt_status st = begin(x, status, type, (int64_t)n, body);
  if (st == KT_EINVAL) return st;
  if (x->flags & KT_X_CANCELLED) {
    x->flags |= KT_X_ENDED;
    kt__exchange_settle(x);
    return KT_ECANCELED;
  }
  if (st == KT_OK && n > 0 && !(x->flags & KT_X_NO_CONTENT))
    st = kt__coded_is(x) ? kt__coded_send(x) : x->wire->content(x, body, n);
  x->out_written = n;
  return finish(x, st);
}

kt_status kt_response_start(kt_exchange *x, uint16_t status, kt_bytes type, int64_t length) {
  kt_status st = begin(x, status, type, length, NULL);
  if (st == KT_OK) x->wire->flush_soon(x);
  if (st < 0 && st != KT_EINVAL && x->conn) x->wire->abort(x);
  return st;
}

static bool is_congested(const kt_exchange *x) { return x->wire->queued(x) >= x->reactor->config->write_high_size; }

/* A stream that is coded has its share of a turn. */
static bool must_yield(const kt_exchange *x) { return kt__coded_is(x) && !kt__encode_share(x->reactor); }

kt_status kt_response_write(kt_exchange *x, const void *p, size_t n) {
  if (x->flags & KT_X_CANCELLED) return KT_ECANCELED;
  if (!(x->flags & KT_X_STARTED) || (x->flags & KT_X_ENDED)) return KT_EINVAL;
  if (x->out_length >= 0 && x->out_written + n > (uint64_t)x->out_length) return KT_EINVAL;
  x->out_written += n;
  x->wrote_ms = x->reactor->loop.now_ms;
  if (n == 0 || (x->flags & KT_X_NO_CONTENT)) return KT_OK;
  kt_status st = kt__coded_is(x) ? kt__coded_write(x, p, n) : x->wire->content(x, p, n);
  if (st < 0) {
    x->wire->abort(x);
    return KT_ECANCELED;
  }
  x->wire->flush_soon(x);
  if (is_congested(x)) x->wire->flush(x);
  if (x->flags & KT_X_CANCELLED) return KT_ECANCELED;
  return is_congested(x) || must_yield(x) ? KT_AGAIN : KT_OK;
}

kt_status kt_response_wait(kt_exchange *x, kt_ready_fn ready, void *context) {
  if (x->flags & KT_X_CANCELLED) return KT_ECANCELED;
  if (!is_congested(x) && !must_yield(x)) return KT_OK;
  if (!is_congested(x)) kt__coded_queue(x);
  x->write_ready = (kt__callback){ready, context};
  return KT_AGAIN;
}

kt_status kt_response_end(kt_exchange *x) {
  if (x->flags & KT_X_ENDED) return KT_EINVAL;
  if (x->flags & KT_X_CANCELLED) {
    x->flags |= KT_X_ENDED;
    kt__exchange_settle(x);
    return KT_ECANCELED;
  }
  if (!(x->flags & KT_X_STARTED)) return KT_EINVAL;
  bool whole = x->out_length < 0 || x->out_written == (uint64_t)x->out_length;
  if (!whole && !(x->flags & KT_X_NO_CONTENT)) {
    kt_response_abort(x);
    return KT_EINVAL;
  }
  return finish(x, KT_OK);
}

void kt_response_abort(kt_exchange *x) {
  if (x->conn) x->wire->abort(x);
}
