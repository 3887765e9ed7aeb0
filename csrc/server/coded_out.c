#include "server/coded.h"

#include "server/life.h"

/* A list field may stand on several lines (RFC 9110 §5.3); false when memory is out. */
static bool join(kt_exchange *x, kt_bytes *list, kt_bytes more) {
  if (!list->p) {
    *list = more;
    return true;
  }
  uint8_t *text = kt_arena_alloc(&x->arena, list->n + more.n + 2);
  if (!text) return false;
  memcpy(text, list->p, list->n);
  memcpy(text + list->n, ", ", 2);
  if (more.n) memcpy(text + list->n + 2, more.p, more.n);
  *list = kt_bytes_make(text, list->n + more.n + 2);
  return true;
}

static bool is_set_cookie(kt_bytes name) {
  return name.n == 10 && kt_ci_equal(name.p, (const uint8_t *)"set-cookie", 10);
}

static bool note(kt_exchange *x, const kt_out_field *f, kt_coded_response *r) {
  switch (kt_field_lookup(f->name.p, f->name.n)) {
  case KT_FIELD_CONTENT_TYPE:
    if (!r->content_type.n) r->content_type = f->value;
    return true;
  case KT_FIELD_CONTENT_ENCODING: return join(x, &r->content_encoding, f->value);
  case KT_FIELD_CACHE_CONTROL: return join(x, &r->cache_control, f->value);
  case KT_FIELD_VARY: return join(x, &r->vary, f->value);
  case KT_FIELD_ETAG: r->etag = f->value; return true;
  case KT_FIELD_CONTENT_RANGE: r->has_content_range = true; return true;
  default: r->sets_cookie |= is_set_cookie(f->name); return true;
  }
}

static bool describe(kt_exchange *x, kt_bytes type, kt_coded_response *r) {
  *r = (kt_coded_response){
      .status = x->status,
      .route = x->route ? x->route->coding : KT_CODED_AUTO,
      .is_head = x->request.method == KT_HEAD,
      .credentials = kt_request_has_credentials(&x->request),
      .content_type = type,
      .size = x->out_length < 0 ? KT_CODED_SIZE_UNKNOWN : (uint64_t)x->out_length,
  };
  for (const kt_out_field *f = x->out_fields; f; f = f->next)
    if (!note(x, f, r)) return false;
  return true;
}

/* ---- fields ---- */

static kt_out_field *find(kt_exchange *x, kt_field_id id) {
  kt_out_field *f = x->out_fields;
  while (f && kt_field_lookup(f->name.p, f->name.n) != id) f = f->next;
  return f;
}

/* Name and value are of static life. */
static bool add_field(kt_exchange *x, kt_bytes name, kt_bytes value) {
  kt_out_field *f = kt_arena_alloc(&x->arena, sizeof *f);
  if (!f) return false;
  *f = (kt_out_field){x->out_fields, name, value};
  x->out_fields = f;
  x->out_field_n += (uint16_t)(name.n + value.n + 4);
  return true;
}

static bool set_value(kt_exchange *x, kt_out_field *f, kt_bytes a, kt_bytes b) {
  uint8_t *text = kt_arena_alloc(&x->arena, a.n + b.n);
  if (!text) return false;
  if (a.n) memcpy(text, a.p, a.n);
  if (b.n) memcpy(text + a.n, b.p, b.n);
  x->out_field_n += (uint16_t)(a.n + b.n - f->value.n);
  f->value = kt_bytes_make(text, a.n + b.n);
  return true;
}

static bool add_vary(kt_exchange *x) {
  kt_out_field *f = find(x, KT_FIELD_VARY);
  if (!f || f->value.n == 0) return add_field(x, KT_BYTES("Vary"), KT_BYTES("Accept-Encoding"));
  return set_value(x, f, f->value, KT_BYTES(", Accept-Encoding"));
}

static bool weaken_etag(kt_exchange *x) {
  kt_out_field *f = find(x, KT_FIELD_ETAG);
  return set_value(x, f, KT_BYTES("W/"), f->value);
}

/* Each field but the last is right for plain content, too, so that running out of memory between them is harmless. */
static bool write_fields(kt_exchange *x, const kt_coding_plan *plan) {
  if (plan->add_vary && !add_vary(x)) return false;
  if (plan->weaken_etag && !weaken_etag(x)) return false;
  return plan->coding == KT_CODING_IDENTITY ||
         add_field(x, KT_BYTES("Content-Encoding"), kt_coding_name((kt_coding)plan->coding));
}

/* ---- content ---- */

static void drop_copied(kt_exchange *x) {
  kt_buf *b = x->coded.copy_head;
  x->coded.copy_head = b->next;
  kt_buf_put(&x->reactor->loop.bufs, b);
}

void kt__coded_drop(kt_exchange *x) {
  if (x->coded.encoder) kt_encoder_put(&x->reactor->encoders, x->coded.encoder);
  if (x->coded.first) kt_buf_put(&x->reactor->loop.bufs, x->coded.first);
  while (x->coded.copy_head) drop_copied(x);
  x->coded = (kt__coded){0};
  x->flags &= ~(uint32_t)KT_X_ENCODES;
}

static kt_encoding feed(kt_exchange *x, kt_coding_step *step, kt_flush flush) {
  size_t before = step->in_n;
  kt_encoding result = kt_encoder_feed(x->coded.encoder, step, flush);
  x->reactor->encoded += before - step->in_n;
  return result;
}

/* As much as fits the first buffer. With all of it there the length is known before the head is written. */
static bool encode_first(kt_exchange *x, const void *whole) {
  kt__coded *c = &x->coded;
  if (!(c->first = kt_buf_get(&x->reactor->loop.bufs))) return false;
  c->rest = (kt_coding_step){whole, (size_t)x->out_length, c->first->data, c->first->cap};
  kt_encoding result = feed(x, &c->rest, KT_FLUSH_END);
  if (result == KT_ENCODE_ERROR) return false;
  c->first->end = (uint32_t)(c->first->cap - c->rest.out_n);
  c->ended = result == KT_ENCODE_DONE;
  return true;
}

/* Bytes of the arena live as long as the exchange; others are the handler's again when it has answered. */
static bool keep_large(kt_exchange *x, const void *whole) {
  kt__coded *c = &x->coded;
  c->left = (size_t)x->out_length;
  c->rest = (kt_coding_step){whole, c->left, NULL, 0};
  return kt_arena_holds(&x->arena, whole, c->left) ||
         kt__exchange_keep(x, &c->copy_head, &c->copy_tail, whole, c->left);
}

/* Large content is held up by its reader like a stream, so that it gets a stream's encoder with its small memory. */
static bool prepare(kt_exchange *x, const kt_coding_plan *plan, const void *whole) {
  bool large = whole && (uint64_t)x->out_length > x->reactor->config->encode_whole_max;
  uint64_t size = x->out_length < 0 || large ? KT_ENCODER_SIZE_UNKNOWN : (uint64_t)x->out_length;
  x->coded.encoder = kt_encoder_get(&x->reactor->encoders, (kt_coding)plan->coding, KT_LEVEL_DEFAULT, size);
  x->coded.flush = plan->flush;
  if (!x->coded.encoder) return false;
  return !whole || (large ? keep_large(x, whole) : encode_first(x, whole));
}

void kt__coded_begin(kt_exchange *x, kt_bytes type, const void *whole) {
  kt_coded_response r;
  kt_accept_encoding accept;
  if (!describe(x, type, &r)) return;
  kt_accept_encoding_of(&x->request, &accept);
  kt_coding_plan plan = kt_coding_decide(&r, &accept, KT_CODINGS_OFFERED);
  if (plan.encode && !prepare(x, &plan, whole)) {
    kt__coded_drop(x);
    plan.coding = KT_CODING_IDENTITY;
    plan.drop_length = false;
  }
  if (!write_fields(x, &plan)) {
    kt__coded_drop(x);
    return;
  }
  if (plan.drop_length) x->out_length = x->coded.ended ? (int64_t)x->coded.first->end : -1;
}

static kt_status encode(kt_exchange *x, kt_coding_step *step, kt_flush flush) {
  kt_buf *b = kt_buf_get(&x->reactor->loop.bufs);
  if (!b) return KT_ENOMEM;
  kt_status st = KT_OK;
  kt_encoding result = KT_ENCODE_ROOM;
  while (st == KT_OK && result == KT_ENCODE_ROOM) {
    step->out = b->data;
    step->out_n = b->cap;
    result = feed(x, step, flush);
    size_t n = b->cap - step->out_n;
    if (result == KT_ENCODE_ERROR) st = KT_ENOMEM;
    else if (n > 0) st = x->wire->content(x, b->data, n);
  }
  kt_buf_put(&x->reactor->loop.bufs, b);
  return st;
}

/* The next bytes of large content, at most n. */
static kt_bytes take_large(kt_exchange *x, size_t n) {
  kt__coded *c = &x->coded;
  kt_buf *b = c->copy_head;
  kt_bytes next = b ? kt_bytes_make(b->data + b->start, b->end - b->start) : kt_bytes_make(c->rest.in, c->left);
  if (next.n > n) next.n = n;
  if (b)
    b->start += (uint32_t)next.n;
  else
    c->rest.in += next.n;
  c->left -= next.n;
  return next;
}

static kt_status encode_slice(kt_exchange *x) {
  kt__coded *c = &x->coded;
  const kt_reactor *r = x->reactor;
  kt_status st = KT_OK;
  while (st == KT_OK && c->left > 0 && kt__encode_share(r)) {
    kt_bytes piece = take_large(x, r->config->encode_slice_size - r->encoded);
    kt_coding_step step = {piece.p, piece.n, NULL, 0};
    st = encode(x, &step, c->left ? KT_FLUSH_NONE : KT_FLUSH_END);
    if (c->copy_head && c->copy_head->start == c->copy_head->end) drop_copied(x);
  }
  return st;
}

static kt_status end_large(kt_exchange *x) {
  kt__coded_drop(x);
  kt__life_phase(x, KT_PHASE_DONE);
  return x->wire->end(x);
}

/* What the peer does not take stops the encoder; kt__exchange_writable queues again. */
static void queue_if_room(kt_exchange *x) {
  uint32_t high = x->reactor->config->write_high_size;
  x->wire->flush_soon(x);
  if (x->wire->queued(x) >= high) x->wire->flush(x);
  if (x->flags & KT_X_ENCODES && x->wire->queued(x) < high) kt__coded_queue(x);
}

void kt__coded_go_on(kt_exchange *x) {
  x->flags |= KT_X_IN_HANDLER; /* it must survive the end of its connection */
  kt_status st = encode_slice(x);
  if (st == KT_OK && x->coded.left == 0)
    st = end_large(x);
  else if (st == KT_OK)
    queue_if_room(x);
  if (st < 0 && x->conn) x->wire->abort(x);
  x->flags &= ~(uint32_t)KT_X_IN_HANDLER;
  kt__exchange_settle(x);
}

kt_status kt__coded_send(kt_exchange *x) {
  kt__coded *c = &x->coded;
  if (c->left > 0) {
    x->flags |= KT_X_ENCODES;
    kt__coded_queue(x);
    return KT_OK;
  }
  kt_status st = x->wire->content(x, c->first->data, c->first->end);
  if (st == KT_OK && !c->ended) st = encode(x, &c->rest, KT_FLUSH_END);
  kt__coded_drop(x);
  return st;
}

kt_status kt__coded_write(kt_exchange *x, const void *p, size_t n) {
  kt_coding_step step = {p, n, NULL, 0};
  return encode(x, &step, x->coded.flush ? KT_FLUSH_SYNC : KT_FLUSH_NONE);
}

kt_status kt__coded_end(kt_exchange *x) {
  kt_coding_step step = {(const uint8_t *)"", 0, NULL, 0};
  kt_status st = encode(x, &step, KT_FLUSH_END);
  kt__coded_drop(x);
  return st;
}
