#include "server/coded.h"

#include "server/life.h"
#include "server/problem.h"

/* Of a request whose content is coded. */
struct kt__decoded {
  kt_decoder machine;
  kt_bytes rest; /* taken from the wire, not yet decoded */
  kt_buf *room;  /* what a streaming handler sees */
  bool more;     /* a room was full: there may be more without input */
  bool is_last;  /* nothing follows rest */
  bool done;
};

static uint16_t refuse(kt_exchange *x, uint16_t status, kt_bytes accepts, const char **reason, const char *why) {
  if (status == 415) kt_response_field(x, KT_BYTES("Accept-Encoding"), accepts);
  *reason = why;
  return status;
}

static uint16_t read_codings(const kt_request *r, kt_decoder *d) {
  uint16_t status = 0;
  for (uint16_t i = r->known[KT_FIELD_CONTENT_ENCODING] - 1; i < r->field_count && status == 0; i++)
    if (r->fields[i].id == KT_FIELD_CONTENT_ENCODING)
      status = kt_decoder_codings(d, kt_bytes_make(r->fields[i].value, r->fields[i].value_n));
  return status;
}

/* Coded content may be a little larger than what it decodes to; members without content may not be without end. */
static uint64_t wire_size_max(uint64_t size_max) {
  uint64_t more = size_max / 8 + 4096;
  return size_max < UINT64_MAX - more ? size_max + more : UINT64_MAX;
}

uint16_t kt__decoded_begin(kt_exchange *x, uint64_t size_max, const char **reason) {
  kt_reactor *r = x->reactor;
  struct kt__decoded *d = r->decoders < KT_DECODERS_MAX ? kt_calloc(1, sizeof *d) : NULL;
  if (!d) {
    if (r->decoders >= KT_DECODERS_MAX) kt__limit_met_by(x, KT_LIMIT_DECODERS);
    return refuse(x, 503, (kt_bytes){0, 0}, reason, "too much coded content at a time");
  }
  r->decoders++;
  x->decoded = d;
  kt_decoder_init(&d->machine, size_max);
  uint16_t status = read_codings(&x->request, &d->machine);
  const char *why = d->machine.reason;
  if (status) return refuse(x, status, KT_BYTES(KT_DECODER_ACCEPTS), reason, why);
  if (d->machine.stage_n == 0) {
    kt__decoded_drop(x);
    return 0;
  }
  if (!r->config->decompress)
    return refuse(x, 415, KT_BYTES("identity"), reason, "content with a coding is not read here");
  x->body_max = wire_size_max(size_max);
  return 0;
}

void kt__decoded_drop(kt_exchange *x) {
  struct kt__decoded *d = x->decoded;
  if (!d) return;
  kt_decoder_deinit(&d->machine);
  if (d->room) kt_buf_put(&x->reactor->loop.bufs, d->room);
  kt_free(d);
  x->decoded = NULL;
  x->reactor->decoders--;
}

static void tell_bomb(kt_exchange *x) {
  if (x->decoded->machine.status == 413) kt__limit_met_by(x, KT_LIMIT_DECODED_SIZE);
}

static kt_bytes reason_of(const struct kt__decoded *d) {
  return kt_bytes_make(d->machine.reason, strlen(d->machine.reason));
}

/* Decodes from rest into n bytes at `to`, *made of them. */
static kt_decoding feed(kt_exchange *x, uint8_t *to, size_t n, size_t *made) {
  struct kt__decoded *d = x->decoded;
  kt_coding_step step = {d->rest.p, d->rest.n, to, n};
  kt_decoding result = kt_decoder_feed(&d->machine, &step, d->is_last);
  *made = n - step.out_n;
  x->reactor->decoded += d->rest.n - step.in_n + *made;
  d->rest = kt_bytes_make(step.in, step.in_n);
  d->more = result == KT_DECODE_ROOM;
  return result;
}

static void wait_for_turn(kt_exchange *x) {
  x->flags |= KT_X_DECODES;
  kt__coded_queue(x);
}

/* As much as the turn's share allows. */
bool kt__decoded_go_on(kt_exchange *x) {
  struct kt__decoded *d = x->decoded;
  const kt_reactor *r = x->reactor;
  kt_decoding result = KT_DECODE_MORE;
  while ((d->rest.n || d->more || d->is_last) && result != KT_DECODE_DONE) {
    if (!kt__decode_share(r) && !d->is_last) {
      wait_for_turn(x);
      return true;
    }
    if (!kt__life_reserve(x, 1)) return false;
    size_t room = x->storage_cap - x->storage_n, share = r->config->decode_slice_size - r->decoded, made;
    result = feed(x, x->storage + x->storage_n, !d->is_last && share < room ? share : room, &made);
    x->storage_n += made;
    x->body = (kt_bytes){x->storage, x->storage_n};
    if (result == KT_DECODE_ERROR) {
      tell_bomb(x);
      kt__life_refuse(x, d->machine.status, reason_of(d));
      return false;
    }
  }
  return true;
}

bool kt__decoded_content(kt_exchange *x, const uint8_t *p, size_t n, bool is_last) {
  struct kt__decoded *d = x->decoded;
  KT_ASSERT(d->rest.n == 0 && !d->more);
  d->rest = kt_bytes_make(p, n);
  d->is_last = is_last; /* without bytes: all of them are decoded by now */
  return kt__decoded_go_on(x);
}

static kt_status fail(kt_exchange *x) {
  tell_bomb(x);
  if (x->flags & KT_X_STARTED) {
    kt_response_abort(x);
  } else {
    kt__problem_send(x, x->decoded->machine.status, reason_of(x->decoded));
    x->flags |= KT_X_CANCELLED;
  }
  return KT_ECANCELED;
}

/* Decodes into the room; KT_AGAIN: the wire must bring more. */
static kt_status decode(kt_exchange *x, kt_bytes *chunk) {
  struct kt__decoded *d = x->decoded;
  size_t made;
  kt_decoding result = feed(x, d->room->data, d->room->cap, &made);
  if (result == KT_DECODE_ERROR) return fail(x);
  d->done = result == KT_DECODE_DONE;
  *chunk = kt_bytes_make(d->room->data, made);
  if (made > 0) return KT_OK;
  return d->done ? KT_END : KT_AGAIN;
}

/* A room that was full leaves the decoder with more, so it is asked before the wire is. */
kt_status kt__decoded_read(kt_exchange *x, kt_bytes *chunk) {
  struct kt__decoded *d = x->decoded;
  if (d->done) return KT_END;
  if (!d->room && !(d->room = kt_buf_get(&x->reactor->loop.bufs))) {
    d->machine.status = 503;
    d->machine.reason = "memory is out";
    return fail(x);
  }
  for (;;) {
    if (!kt__decode_share(x->reactor)) wait_for_turn(x);
    if (x->flags & KT_X_DECODES) return KT_AGAIN;
    kt_status st = decode(x, chunk);
    if (st != KT_AGAIN) return st;
    st = x->wire->read(x, &d->rest);
    if (st == KT_END) d->is_last = true;
    else if (st != KT_OK) return st;
  }
}
