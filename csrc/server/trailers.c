#include "server/trailers.h"

kt_status kt__trailers_take(kt_exchange *x, kt_bytes name, kt_bytes value) {
  if (!x->trailers) {
    kt_trailer_list *list = kt_arena_alloc(&x->arena, sizeof *list);
    if (!list) return KT_ENOMEM;
    *list = (kt_trailer_list){0};
    x->trailers = list;
  }
  return kt_trailer_list_add(x->trailers, &x->arena, name, value);
}

kt_trailers kt_exchange_trailers(kt_exchange *x) {
  if (!x->trailers || !(x->flags & KT_X_BODY_DONE)) return (kt_trailers){0};
  return (kt_trailers){x->trailers->fields, x->trailers->count};
}

/* ---- of the response ---- */

static struct kt__trailing *trailing_of(kt_exchange *x) {
  if (x->trailing) return x->trailing;
  struct kt__trailing *t = kt_arena_alloc(&x->arena, sizeof *t);
  if (t) *t = (struct kt__trailing){0};
  return x->trailing = t;
}

kt_status kt_response_announce(kt_exchange *x, kt_bytes names, bool may_be_lost) {
  if (x->flags & KT_X_STARTED) return KT_EINVAL;
  kt_status st = names.n ? kt_trailer_names_check(names) : KT_OK;
  if (st != KT_OK) return st;
  if (names.n > KT_TRAILERS_SIZE_MAX) return KT_EFULL;
  struct kt__trailing *t = trailing_of(x);
  uint8_t *text = kt_arena_alloc(&x->arena, names.n + 1);
  if (!t || !text) return KT_ENOMEM;
  if (names.n) memcpy(text, names.p, names.n);
  t->names = kt_bytes_make(text, names.n);
  t->may_be_lost = may_be_lost;
  return KT_OK;
}

bool kt_response_sends_trailers(kt_exchange *x) {
  bool open = (x->flags & KT_X_STARTED) && !(x->flags & (KT_X_ENDED | KT_X_CANCELLED | KT_X_TUNNEL));
  return open && x->wire->trails(x);
}

static kt_status keep(kt_exchange *x, kt_bytes name, kt_bytes value) {
  struct kt__trailing *t = trailing_of(x);
  if (!t) return KT_ENOMEM;
  size_t n = name.n + value.n;
  if (t->count == KT_TRAILERS_COUNT_MAX || t->size + n + 4 > KT_TRAILERS_SIZE_MAX) return KT_EFULL;
  kt_out_field *f = kt_arena_alloc(&x->arena, sizeof *f + n);
  if (!f) return KT_ENOMEM;
  uint8_t *text = (uint8_t *)(f + 1);
  memcpy(text, name.p, name.n);
  if (value.n) memcpy(text + name.n, value.p, value.n);
  *f = (kt_out_field){NULL, {text, name.n}, {text + name.n, value.n}};
  t->size += (uint16_t)(n + 4);
  t->count++;
  kt_out_field **end = &t->fields;
  while (*end) end = &(*end)->next;
  *end = f;
  return KT_OK;
}

kt_status kt_response_trailer(kt_exchange *x, kt_bytes name, kt_bytes value) {
  if (!kt_h1_field_valid(name, value)) return KT_EINVAL;
  if (!kt_trailer_permitted(name)) return KT_EFORBIDDEN;
  if (x->flags & KT_X_CANCELLED) return KT_ECANCELED;
  if (!(x->flags & KT_X_STARTED) || x->flags & (KT_X_ENDED | KT_X_TUNNEL)) return KT_EINVAL;
  if (!x->wire->trails(x)) return KT_OK;
  kt_status st = keep(x, name, value);
  if (st != KT_ENOMEM) return st;
  x->wire->abort(x); /* a client that waits for them must not take the message for whole */
  return KT_ECANCELED;
}
