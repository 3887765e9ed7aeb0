/* h1_in.c: from bytes to exchanges: heads, content, content that nobody wants. */
#include "server/h1.h"

#include "server/coded.h"
#include "server/h2.h"
#include "server/problem.h"
#include "server/trailers.h"

/* Out of line, so that a head without content, which most requests are, pays for no registers that the rest needs. */
#define RARE __attribute__((noinline))

size_t kt__h1_pending(const kt_conn *c) { return c->in ? c->in->end - c->in->start : 0; }

static kt_h1_limits limits_of(const kt_config *config) {
  return (kt_h1_limits){.head_size_max = config->head_size_max,
                        .target_size_max = config->target_size_max,
                        .field_count_max = config->field_count_max};
}

static bool begin_exchange(kt_conn *c) {
  c->h1.x = kt__reactor_take_exchange(c->reactor);
  if (!c->h1.x) {
    KT_COUNT(c->reactor->shed, 1);
    kt__conn_close(c);
    return false;
  }
  c->h1.x->conn = c;
  c->h1.x->wire = &kt__wire_h1;
  c->h1.x->phase_ns[KT_PHASE_ACCEPTED] = c->reactor->loop.now_ns;
  kt_h1_parser_init(&c->h1.x->h1.parser);
  return true;
}

/* The parser's slices point into the buffer, so moving bytes starts it over; that happens once per buffer. */
static RARE void move_to_front(kt_conn *c) {
  kt_buf *b = c->in;
  memmove(b->data, b->data + b->start, b->end - b->start);
  b->end -= b->start;
  b->start = 0;
  kt_h1_parser_init(&c->h1.x->h1.parser);
}

/* A malformed message: what follows cannot be framed, so the connection ends (RFC 9112 §2.2, §6.3). */
static RARE bool refuse_head(kt_conn *c) {
  kt_exchange *x = c->h1.x;
  KT_COUNT(c->reactor->parse_errors, 1);
  x->request.version_minor = 1;
  x->request.keep_alive = false;
  x->flags |= KT_X_CLOSE | KT_X_BODY_DONE;
  const kt_h1_parser *p = &x->h1.parser;
  c->h1.state = KT_H1_STATE_RUN;
  kt__life_refuse_head(x, p->status, p->reason);
  return true;
}

static void run(kt_conn *c) {
  kt_exchange *x = c->h1.x;
  c->h1.state = KT_H1_STATE_RUN;
  kt__life_run(x);
  if (c->h1.x == x && c->h1.state == KT_H1_STATE_RUN && !(x->flags & KT_X_STARTED)) kt__conn_set_due(c, x->deadline_ms);
}

static bool judge_head(kt_conn *c) {
  kt_exchange *x = c->h1.x;
  c->h1.head_timed = false;
  c->in->start += x->h1.parser.head_n;
  c->h1.head_end = c->in->start;
  c->h1.asked = true;
  kt__patience_init(&c->h1.patience, c->reactor->config);
  if (x->request.body_kind == KT_BODY_CHUNKED) {
    kt_h1_chunked_init(&x->h1.chunked);
    x->h1.section_cap = 0;
  }
  c->h1.state = KT_H1_STATE_RUN;
  switch (kt__life_head(x)) {
  case KT_LIFE_RESPONDED: kt__exchange_settle(x); return true;
  case KT_LIFE_RUN: run(c); return true;
  case KT_LIFE_BODY: break;
  }
  c->h1.state = KT_H1_STATE_BODY;
  kt__h1_await_content(c);
  if (kt__h1_pending(c) == 0 && (x->flags & KT_X_CONTINUE)) kt__wire_h1.continues(x);
  return true;
}

/* HTTP/2 with prior knowledge (RFC 9113 §3.3). True when the connection is no longer HTTP/1.1's. */
static RARE bool is_preface(kt_conn *c, bool *part) {
  const kt_buf *b = c->in;
  size_t n = b->end - b->start;
  if (!c->reactor->config->h2c || c->stream.filter || c->h1.x || c->h1.asked)
    return false;
  if (n > KT_H2_PREFACE_SIZE) n = KT_H2_PREFACE_SIZE;
  if (memcmp(b->data + b->start, KT_H2_PREFACE, n) != 0) return false;
  *part = n < KT_H2_PREFACE_SIZE;
  return true;
}

static RARE void time_head(kt_conn *c) {
  if (c->h1.head_timed) return;
  c->h1.head_timed = true;
  kt__conn_set_due(c, c->reactor->config->head_timeout_ms);
}

static RARE bool begin_h2(kt_conn *c, bool part) {
  if (part) {
    time_head(c);
    return false;
  }
  c->h1.state = KT_H1_STATE_OVER;
  kt__h2_begin(c);
  return false;
}

static bool step_head(kt_conn *c) {
  if (kt__h1_pending(c) == 0) return false;
  bool part = false;
  if (c->in->data[c->in->start] == 'P' && is_preface(c, &part)) return begin_h2(c, part);
  if (!c->h1.x && !begin_exchange(c)) return false;
  kt_buf *b = c->in;
  kt_exchange *x = c->h1.x;
  if (b->end == b->cap && b->start > 0) move_to_front(c);
  kt_h1_limits limits = limits_of(c->reactor->config);
  switch (kt_h1_parse(&x->h1.parser, &limits, b->data + b->start, b->end - b->start, kt__exchange_scratch(x),
                      &x->request)) {
  case KT_H1_DONE: return judge_head(c);
  case KT_H1_ERROR: return refuse_head(c);
  case KT_H1_MORE: break;
  }
  time_head(c);
  return false;
}

/* One piece of content from the pending bytes. KT_AGAIN: more input is needed. KT_EINVAL: bad chunked coding, or no
 * memory for trailer fields; the coding's status and reason say which. */
static kt_status take_content(kt_conn *c, kt_bytes *piece) {
  kt_exchange *x = c->h1.x;
  kt_buf *b = c->in;
  size_t pending = b->end - b->start;
  *piece = (kt_bytes){0, 0};
  if (x->flags & KT_X_TUNNEL) {
    if (pending == 0) return KT_AGAIN;
    *piece = (kt_bytes){b->data + b->start, pending};
    b->start = b->end;
    return KT_OK;
  }
  if (x->request.body_kind == KT_BODY_LENGTH) {
    uint64_t left = x->request.content_length - x->body_taken;
    size_t n = pending < left ? pending : (size_t)left;
    if (n == 0) return left == 0 ? KT_END : KT_AGAIN;
    *piece = (kt_bytes){b->data + b->start, n};
    b->start += (uint32_t)n;
    return KT_OK;
  }
  while (pending > 0) {
    size_t consumed = 0;
    kt_h1_chunked *coding = &x->h1.chunked;
    uint32_t before = coding->trailer_n;
    kt_h1_result r = kt_h1_chunked_feed(coding, b->data + b->start, pending, &consumed, piece);
    b->start += (uint32_t)consumed;
    pending -= consumed;
    if (r == KT_H1_ERROR) return KT_EINVAL;
    if (coding->trailer_count > 0 && !kt__trailers_unwanted(x) &&
        kt__h1_take_trailers(x, b->data + b->start, before, r == KT_H1_DONE) != KT_OK) {
      coding->status = 503;
      coding->reason = "out of memory for the trailer fields";
      return KT_EINVAL;
    }
    if (piece->n) return KT_OK;
    if (r == KT_H1_DONE) return KT_END;
    if (consumed == 0) break;
  }
  return KT_AGAIN;
}

static void refuse_content(kt_conn *c) {
  const kt_h1_chunked *coding = &c->h1.x->h1.chunked;
  if (coding->status != 503) KT_COUNT(c->reactor->parse_errors, 1);
  c->h1.x->flags |= KT_X_CLOSE | KT_X_BODY_DONE;
  c->h1.state = KT_H1_STATE_RUN;
  kt__life_refuse(c->h1.x, coding->status, kt_bytes_make(coding->reason, strlen(coding->reason)));
}

/* The whole of a small message is already here: its content stays where it is. */
static bool is_whole(kt_conn *c) {
  kt_request *r = &c->h1.x->request;
  return r->body_kind == KT_BODY_LENGTH && c->h1.x->storage_n == 0 && !c->h1.x->decoded &&
         kt__h1_pending(c) >= r->content_length;
}

static bool run_whole(kt_conn *c) {
  kt_exchange *x = c->h1.x;
  size_t n = (size_t)x->request.content_length;
  x->body = (kt_bytes){c->in->data + c->in->start, n};
  c->in->start += (uint32_t)n;
  x->body_taken = n;
  x->flags |= KT_X_BODY_DONE;
  run(c);
  return true;
}

/* The time it takes is ours. */
static bool wait_to_decode(kt_conn *c) {
  kt__conn_set_due(c, 0);
  return false;
}

void kt__h1_decodes(kt_exchange *x) {
  kt_conn *c = x->conn;
  c->h1.state = KT_H1_STATE_RUN; /* as in collect */
  if (!kt__decoded_go_on(x)) return;
  c->h1.state = KT_H1_STATE_BODY;
  if (x->flags & KT_X_DECODES) return;
  kt__h1_await_content(c);
  kt__conn_resume(c);
}

static RARE bool collect(kt_conn *c) {
  if (is_whole(c)) return run_whole(c);
  kt_exchange *x = c->h1.x;
  if (x->flags & KT_X_DECODES) return false;
  kt_bytes piece;
  kt_status st = take_content(c, &piece);
  if (st == KT_AGAIN) return false;
  if (st == KT_EINVAL) {
    refuse_content(c);
    return true;
  }
  if (st == KT_OK) {
    c->h1.state = KT_H1_STATE_RUN; /* a refusal ends the exchange from within */
    if (!kt__life_content(x, piece.p, piece.n)) return true;
    c->h1.state = KT_H1_STATE_BODY;
    if (x->flags & KT_X_DECODES) return wait_to_decode(c);
    if (x->request.body_kind == KT_BODY_CHUNKED || x->body_taken < x->request.content_length) return true;
  }
  x->flags |= KT_X_BODY_DONE;
  run(c);
  return true;
}

static RARE bool skip(kt_conn *c) {
  kt_exchange *x = c->h1.x;
  kt_bytes piece;
  kt_status st = take_content(c, &piece);
  if (st == KT_AGAIN) return false;
  if (st == KT_OK) {
    x->body_taken += piece.n;
    c->h1.skipped += (uint32_t)piece.n;
    if (c->h1.skipped <= c->reactor->config->drain_size_max) return true;
  }
  if (st == KT_END)
    x->flags |= KT_X_BODY_DONE;
  else
    x->flags |= KT_X_CLOSE;
  kt__wire_h1.ended(x);
  return true;
}

bool kt__h1_step(kt_conn *c) {
  switch ((kt__h1_state)c->h1.state) {
  case KT_H1_STATE_HEAD: return step_head(c);
  case KT_H1_STATE_BODY: return c->in && collect(c);
  case KT_H1_STATE_RUN: return false;
  case KT_H1_STATE_SKIP: return c->in && skip(c);
  case KT_H1_STATE_OVER: return false;
  }
  return false;
}

/* Where the next read may go: after what is pending; over content that was taken; never over the head of a request
 * that is still being answered. KT_EFULL: nowhere, which is how a slow handler slows its client. */
kt_status kt__h1_fill(kt_conn *c) {
  if (!c->in && !(c->in = kt_buf_get(&c->reactor->loop.bufs))) return KT_ENOMEM;
  kt_buf *b = c->in;
  if (b->start == b->end) b->start = b->end = c->h1.x && c->h1.state != KT_H1_STATE_HEAD ? c->h1.head_end : 0;
  if (b->end == b->cap) {
    if (c->h1.state != KT_H1_STATE_HEAD || b->start == 0) return KT_EFULL;
    if (c->h1.x) {
      move_to_front(c);
    } else {
      memmove(b->data, b->data + b->start, b->end - b->start);
      b->end -= b->start;
      b->start = 0;
    }
  }
  size_t n = 0;
  kt_status st = kt_stream_read(&c->stream, b->data + b->end, b->cap - b->end, &n);
  if (st == KT_OK) {
    b->end += (uint32_t)n;
    if (c->h1.state != KT_H1_STATE_HEAD) kt__h1_content_came(c, n);
  }
  return st;
}

kt_status kt__h1_read(kt_exchange *x, kt_bytes *chunk) {
  kt_conn *c = x->conn;
  if (x->flags & KT_X_BODY_DONE) return KT_END;
  for (;;) {
    kt_status st = c->in ? take_content(c, chunk) : KT_AGAIN;
    if (st == KT_OK) {
      x->body_taken += chunk->n;
      if (x->body_taken > x->body_max) break;
      return KT_OK;
    }
    if (st == KT_END) {
      x->flags |= KT_X_BODY_DONE;
      kt__life_phase(x, KT_PHASE_BODY);
      return KT_END;
    }
    if (st == KT_EINVAL) break;
    st = kt__h1_fill(c);
    if (st == KT_AGAIN) {
      if (!(x->flags & KT_X_TUNNEL)) kt__h1_await_content(c);
      return KT_AGAIN;
    }
    if (st == KT_END && x->flags & KT_X_TUNNEL) {
      c->peer_ended = true;
      x->flags |= KT_X_BODY_DONE;
      return KT_END;
    }
    if (st != KT_OK) {
      kt__conn_close(c);
      return KT_ECANCELED;
    }
  }
  /* Too long, or not chunked coding: the rest of the connection has no meaning. */
  uint16_t status = x->body_taken > x->body_max ? 413 : x->h1.chunked.status;
  x->flags |= KT_X_CLOSE | KT_X_BODY_DONE;
  if (!(x->flags & KT_X_STARTED)) {
    if (status == 413) kt__limit_met_by(x, KT_LIMIT_BODY_SIZE);
    kt__problem_send(x, status, KT_BYTES("the content could not be read"));
    x->flags |= KT_X_CANCELLED;
  } else {
    kt_response_abort(x);
  }
  return KT_ECANCELED;
}
