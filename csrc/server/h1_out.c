/* h1_out.c: from exchanges to bytes: heads, content, chunks, and the end of a connection. */
#include "server/h1.h"
#include "tls/tls.h"

#include <errno.h>
#include <stdio.h>

#include "server/trailers.h"

/* process() flushes when it is through. */
static void flush_soon(kt_conn *c) {
  if (!c->h1.processing) kt__conn_flush_soon(c);
}

/* Content of the request that is still to come when the response is complete. */
static bool rest_is_long(const kt_conn *c, const kt_exchange *x) {
  if (x->flags & KT_X_BODY_DONE) return false;
  if (x->flags & KT_X_CONTINUE) return true; /* whether it will come is not known (RFC 9110 §10.1.1) */
  if (x->request.body_kind != KT_BODY_LENGTH) return x->request.body_kind == KT_BODY_CHUNKED;
  return x->request.content_length - x->body_taken > c->reactor->config->drain_size_max;
}

static void decide_close(kt_conn *c, kt_exchange *x) {
  if (c->reactor->draining || c->peer_ended) x->flags |= KT_X_CLOSE;
  if ((x->flags & KT_X_COMPLETE) && rest_is_long(c, x)) x->flags |= KT_X_CLOSE;
}

/* 1.1 gets chunks when the length is unknown; 1.0 gets the end of the connection (RFC 9112 §6.3). */
static void decide_framing(kt_exchange *x) {
  if (x->out_length >= 0 || (x->flags & KT_X_NO_CONTENT && x->request.method != KT_HEAD)) return;
  if (x->request.version_minor >= 1)
    x->flags |= KT_X_CHUNKED;
  else
    x->flags |= KT_X_CLOSE;
}

static void rebase(kt_bytes *slice, const uint8_t *from, size_t n, const uint8_t *to) {
  if (slice->p >= from && slice->p <= from + n) slice->p = to + (slice->p - from);
}

/* The head moves to the arena, so that a tunnel holds no buffer while it is silent. */
static bool move_head(kt_exchange *x) {
  kt_conn *c = x->conn;
  kt_request *r = &x->request;
  const uint8_t *from = c->in->data;
  size_t n = c->h1.head_end;
  uint8_t *to = kt_arena_alloc(&x->arena, n);
  if (!to) return false;
  memcpy(to, from, n);
  kt_bytes *slices[] = {&r->method_text, &r->target, &r->path, &r->query, &r->authority};
  for (size_t i = 0; i < sizeof slices / sizeof *slices; i++) rebase(slices[i], from, n, to);
  for (uint8_t i = 0; i < r->param_count; i++) rebase(&r->params[i], from, n, to);
  for (uint16_t i = 0; i < r->field_count; i++) {
    r->fields[i].name = to + (r->fields[i].name - from);
    r->fields[i].value = to + (r->fields[i].value - from);
  }
  c->h1.head_end = 0;
  return true;
}

/* 101, whose fields are the protocol's that follows (RFC 9110 §7.8). */
static kt_status switch_head(kt_exchange *x) {
  static const char line[] = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
  kt_conn *c = x->conn;
  uint8_t *to = kt_stream_reserve(&c->stream, sizeof line + x->out_field_n);
  if (!to || !move_head(x)) return KT_ENOMEM;
  size_t n = sizeof line - 1;
  memcpy(to, line, n);
  for (kt_out_field *f = x->out_fields; f; f = f->next) n = kt_h1_add_field(to, n, f->name, f->value);
  kt_stream_commit(&c->stream, n);
  kt__conn_set_due(c, 0);
  return KT_OK;
}

static kt_status out_head(kt_exchange *x, kt_bytes type) {
  kt_conn *c = x->conn;
  if (x->flags & KT_X_TUNNEL) return switch_head(x);
  decide_framing(x);
  decide_close(c, x);
  kt__conn_set_due(c, 0);
  kt_bytes trailer = kt__trailing_names(x);
  uint8_t *to = kt_stream_reserve(&c->stream, KT_H1_HEAD_SIZE_MAX + type.n + x->out_field_n + trailer.n);
  if (!to) return KT_ENOMEM;
  kt_h1_response head = {
      .status = x->status,
      .content_length = x->out_length,
      .chunked = x->flags & KT_X_CHUNKED,
      .close = x->flags & KT_X_CLOSE,
      .keep_alive_10 = x->request.version_minor == 0 && !(x->flags & KT_X_CLOSE),
      .date = kt__reactor_date(c->reactor),
      .content_type = type,
  };
  size_t n = kt_h1_write_head(to, &head);
  for (kt_out_field *f = x->out_fields; f; f = f->next) n = kt_h1_add_field(to, n, f->name, f->value);
  if (trailer.n) n = kt_h1_add_field(to, n, KT_BYTES("Trailer"), trailer);
  kt_stream_commit(&c->stream, n);
  flush_soon(c);
  return KT_OK;
}

static kt_status out_content(kt_exchange *x, const void *p, size_t n) {
  kt_stream *s = &x->conn->stream;
  if (!(x->flags & KT_X_CHUNKED)) return kt_stream_append(s, p, n);
  uint8_t line[KT_H1_CHUNK_HEAD_SIZE_MAX];
  kt_status st = kt_stream_append(s, line, kt_h1_chunk_head(line, n));
  if (st == KT_OK) st = kt_stream_append(s, p, n);
  if (st == KT_OK) st = kt_stream_append(s, "\r\n", 2);
  return st;
}

static bool out_takes_files(const kt_exchange *x) {
  return !(x->flags & (KT_X_CHUNKED | KT_X_NO_CONTENT)) && kt_stream_takes_files(&x->conn->stream);
}

/* False: TLS goes on sealing. */
static bool seal_below(kt_conn *c) {
  kt_stream *s = &c->stream;
  kt_reactor *r = c->reactor;
  if (!s->filter || s->flags & KT_STREAM_SEALED) return true;
  kt_status st = kt_stream_seal_below(s);
  if (st == KT_OK) {
    KT_COUNT(r->sealed_by_kernel, 1);
    return true;
  }
  s->flags &= (uint16_t)~KT_STREAM_EXACT;
  bool unheard = st == KT_EIO && errno != ENOTCONN && !r->ktls_logged; /* ENOTCONN: the peer has ended its side */
  if (!unheard) return false;
  r->ktls_logged = true;
  char line[200];
  snprintf(line, sizeof line, "kTLS: the kernel refused to seal a connection of cipher %s: %s; its files are copied",
           kt_tls_session_info(s->filter)->cipher, strerror(errno));
  kt__reactor_log(r, KT_LOG_WARNING, line);
  return false;
}

/* The head goes first, and its way is not to be trusted to an offer. */
static kt_status out_file(kt_exchange *x, int fd, uint64_t offset, size_t n, size_t *sent) {
  kt_conn *c = x->conn;
  kt_stream *s = &c->stream;
  kt_stream_be_exact(s);
  if (kt_stream_unsent(s)) kt__conn_flush(c);
  if (kt__conn_is_closed(c)) return KT_ECANCELED;
  if (kt_stream_unsent(s)) return KT_AGAIN;
  if (!seal_below(c)) return KT_EINVAL;
  kt_status st = kt_stream_send_file(s, fd, offset, n, sent);
  if (st == KT_AGAIN) kt__conn_flush(c); /* for its time limit */
  return st;
}

static kt_status out_end(kt_exchange *x) {
  x->conn->stream.flags &= (uint16_t)~KT_STREAM_EXACT;
  flush_soon(x->conn);
  if (!(x->flags & KT_X_CHUNKED) || x->flags & KT_X_NO_CONTENT) return KT_OK;
  if (kt__trailing_fields(x)) return kt__h1_write_trailers(x);
  return kt_stream_append(&x->conn->stream, "0\r\n\r\n", 5);
}

static void out_abort(kt_exchange *x) { kt__conn_close(x->conn); }

static void out_continues(kt_exchange *x) {
  x->flags &= ~(uint32_t)KT_X_CONTINUE;
  kt_conn *c = x->conn;
  if (kt__h1_pending(c) > 0) return; /* the content did not wait */
  if (kt_stream_append(&c->stream, "HTTP/1.1 100 Continue\r\n\r\n", 25) == KT_OK) flush_soon(c);
}

static void next_request(kt_conn *c) {
  c->h1.state = KT_H1_STATE_HEAD;
  if (c->in && c->in->start == c->in->end) kt__conn_put_input(c);
  kt__conn_set_due(c, c->reactor->config->idle_timeout_ms);
}

/* The response has ended and the handler has left. */
static void out_ended(kt_exchange *x) {
  kt_conn *c = x->conn;
  bool rest = !(x->flags & KT_X_BODY_DONE) && x->request.body_kind != KT_BODY_NONE && !(x->flags & KT_X_CLOSE);
  if (rest && rest_is_long(c, x) && x->request.body_kind == KT_BODY_LENGTH) x->flags |= KT_X_CLOSE;
  if (rest && !(x->flags & (KT_X_CLOSE | KT_X_CONTINUE))) {
    c->h1.state = KT_H1_STATE_SKIP;
    c->h1.skipped = 0;
    kt__conn_set_due(c, c->reactor->config->body_timeout_ms);
  } else {
    bool close = (x->flags & (KT_X_CLOSE | KT_X_CONTINUE)) || c->reactor->draining || c->peer_ended;
    c->h1.x = NULL;
    kt__reactor_give_exchange(c->reactor, x);
    if (close)
      kt__h1_linger(c);
    else
      next_request(c);
  }
  if (!c->h1.processing) kt__conn_resume(c);
}

static size_t out_queued(const kt_exchange *x) { return kt_stream_queued(&x->conn->stream); }
static void out_flush(kt_exchange *x) { kt__conn_flush(x->conn); }
static void out_flush_soon(kt_exchange *x) { flush_soon(x->conn); }

const kt_wire kt__wire_h1 = {
    .head = out_head,
    .content = out_content,
    .takes_files = out_takes_files,
    .file = out_file,
    .end = out_end,
    .trails = kt__h1_trails,
    .ended = out_ended,
    .abort = out_abort,
    .read = kt__h1_read,
    .continues = out_continues,
    .decodes = kt__h1_decodes,
    .queued = out_queued,
    .flush = out_flush,
    .flush_soon = out_flush_soon,
};

void kt__h1_linger(kt_conn *c) {
  c->h1.state = KT_H1_STATE_OVER;
  kt__conn_linger(c);
}
