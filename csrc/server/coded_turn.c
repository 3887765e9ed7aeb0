/* coded_turn.c: who encodes and decodes when. */
#include "server/coded.h"

void kt__coded_queue(kt_exchange *x) {
  kt_reactor *r = x->reactor;
  if (x->flags & KT_X_QUEUED) return;
  x->flags |= KT_X_QUEUED;
  x->next_queued = NULL;
  if (r->queued_last)
    r->queued_last->next_queued = x;
  else
    r->queued = x;
  r->queued_last = x;
  r->queued_n++;
}

void kt__coded_unqueue(kt_exchange *x) {
  kt_reactor *r = x->reactor;
  if (!(x->flags & KT_X_QUEUED)) return;
  x->flags &= ~(uint32_t)(KT_X_QUEUED | KT_X_DECODES);
  kt_exchange *before = NULL;
  if (r->queued != x)
    for (before = r->queued; before->next_queued != x;) before = before->next_queued;
  if (before)
    before->next_queued = x->next_queued;
  else
    r->queued = x->next_queued;
  if (r->queued_last == x) r->queued_last = before;
  r->queued_n--;
}

static void decode(kt_exchange *x) {
  if (x->flags & KT_X_ENCODES) kt__coded_queue(x); /* the response came before its request was read */
  if (x->route->body_mode == KT_BODY_STREAM)
    kt__exchange_readable(x);
  else
    x->wire->decodes(x);
}

/* x may be the reactor's again afterwards. */
static void take_turn(kt_exchange *x) {
  uint32_t flags = x->flags;
  kt__coded_unqueue(x);
  if (flags & KT_X_DECODES)
    decode(x);
  else if (flags & KT_X_ENCODES)
    kt__coded_go_on(x);
  else
    kt__exchange_writable(x);
}

/* What was counted so far was done by events. */
static void begin_share(kt_reactor *r) {
  r->encoded_before = r->encoded;
  r->decoded_before = r->decoded;
  r->encoded = r->decoded = 0;
}

void kt__coded_turn(kt_reactor *r) {
  begin_share(r);
  for (uint32_t n = r->queued_n; n > 0 && r->queued && kt__encode_share(r) && kt__decode_share(r); n--)
    take_turn(r->queued);
}

static void note_most(uint64_t *most, uint64_t now) {
  if (now > *most) __atomic_store_n(most, now, __ATOMIC_RELAXED);
}

void kt__coded_end_turn(kt_reactor *r) {
  note_most(&r->encoded_most, r->encoded_before + r->encoded);
  note_most(&r->decoded_most, r->decoded_before + r->decoded);
  r->encoded = r->encoded_before = r->decoded = r->decoded_before = 0;
}
