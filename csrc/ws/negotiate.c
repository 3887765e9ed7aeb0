#include "ws/negotiate.h"

#include "base/memory.h"
#include "base/scan.h"

const kt_ws_deflate_terms kt_ws_deflate_terms_default = {
    .on = true,
    .server_max_window_bits = KT_WS_WINDOW_BITS,
    .client_max_window_bits = KT_WS_WINDOW_BITS,
};

/* Walks a field value; `p` is NULL after a fault. */
typedef struct cursor {
  const uint8_t *p, *end;
} cursor;

static void skip_blank(cursor *c) {
  while (c->p < c->end && (*c->p == ' ' || *c->p == '\t')) c->p++;
}

static bool take(cursor *c, uint8_t byte) {
  skip_blank(c);
  if (c->p == c->end || *c->p != byte) return false;
  c->p++;
  skip_blank(c);
  return true;
}

static bool take_token(cursor *c, kt_bytes *token) {
  const uint8_t *end = kt_scan_token(c->p, c->end);
  *token = kt_bytes_make(c->p, (size_t)(end - c->p));
  c->p = end;
  return token->n > 0;
}

/* RFC 6455 §9.1: what the quotes hold is a token. Escapes stay in it: no value that we know has any. */
static bool take_quoted(cursor *c, kt_bytes *value) {
  const uint8_t *from = ++c->p;
  while (c->p < c->end && *c->p != '"') {
    if (*c->p == '\\' && ++c->p == c->end) return false;
    if (!(kt_byte_class[*c->p++] & KT_BYTE_TOKEN)) return false;
  }
  if (c->p == c->end || c->p == from) return false;
  *value = kt_bytes_make(from, (size_t)(c->p++ - from));
  return true;
}

/* extension-param = token [ "=" (token | quoted-string) ]; value->p is NULL without one. */
static bool take_parameter(cursor *c, kt_bytes *name, kt_bytes *value) {
  *value = kt_bytes_make(NULL, 0);
  if (!take_token(c, name)) return false;
  if (!take(c, '=')) return true;
  return c->p < c->end && *c->p == '"' ? take_quoted(c, value) : take_token(c, value);
}

/* The parameters of one offer; window bits are 0 when not named and UNSET when named without a value. */
typedef struct offer {
  bool usable;
  bool server_no_context_takeover, client_no_context_takeover;
  uint8_t server_max_window_bits, client_max_window_bits;
} offer;
#define UNSET 255

static bool is(kt_bytes a, kt_bytes word) { return a.n == word.n && kt_ci_equal(a.p, word.p, a.n); }

/* §7.1.1: no value, once. */
static bool set_flag(bool *flag, kt_bytes value) {
  if (*flag || value.p) return false;
  return *flag = true;
}

/* §7.1.2: 8 to 15 without leading zeros, once. */
static bool set_bits(uint8_t *bits, kt_bytes value, bool value_needed) {
  if (*bits) return false;
  *bits = UNSET;
  if (!value.p) return !value_needed;
  unsigned number = 0;
  if (value.n == 0 || value.n > 2 || value.p[0] == '0') return false;
  for (size_t i = 0; i < value.n; i++) {
    if ((uint8_t)(value.p[i] - '0') > 9) return false;
    number = number * 10 + (unsigned)(value.p[i] - '0');
  }
  *bits = (uint8_t)number;
  return number >= 8 && number <= KT_WS_WINDOW_BITS_MAX;
}

static bool set_parameter(offer *o, kt_bytes name, kt_bytes value) {
  if (is(name, KT_BYTES("server_no_context_takeover"))) return set_flag(&o->server_no_context_takeover, value);
  if (is(name, KT_BYTES("client_no_context_takeover"))) return set_flag(&o->client_no_context_takeover, value);
  if (is(name, KT_BYTES("server_max_window_bits"))) return set_bits(&o->server_max_window_bits, value, true);
  if (is(name, KT_BYTES("client_max_window_bits"))) return set_bits(&o->client_max_window_bits, value, false);
  return false;
}

/* extension = extension-token *( ";" extension-param ) */
static bool take_offer(cursor *c, offer *o) {
  kt_bytes name, value;
  *o = (offer){0};
  if (!take_token(c, &name)) return false;
  o->usable = is(name, KT_BYTES("permessage-deflate"));
  while (take(c, ';')) {
    if (!take_parameter(c, &name, &value)) return false;
    o->usable = o->usable && set_parameter(o, name, value);
  }
  return true;
}

/* What was offered, if anything (UNSET is above all bits), within our own bound. */
static uint8_t bits_within(uint8_t offered, uint8_t bound) { return offered && offered < bound ? offered : bound; }

/* A client that did not name client_max_window_bits cannot be asked for less than 15 (§7.1.2.2). One that asks us for a
 * window of 256 bytes asks for what zlib cannot do. */
static void accept(const offer *o, const kt_ws_deflate_terms *terms, kt_ws_deflate_params *params) {
  if (o->server_max_window_bits == 8) return;
  params->on = true;
  params->server_no_context_takeover = o->server_no_context_takeover || terms->server_no_context_takeover;
  params->client_no_context_takeover = o->client_no_context_takeover || terms->client_no_context_takeover;
  params->server_max_window_bits = bits_within(o->server_max_window_bits, terms->server_max_window_bits);
  params->client_max_window_bits =
      o->client_max_window_bits ? bits_within(o->client_max_window_bits, terms->client_max_window_bits) : 15;
}

static void check_terms(const kt_ws_deflate_terms *t) {
  uint8_t server = t->server_max_window_bits, client = t->client_max_window_bits;
  KT_ASSERT(!t->on || (server >= KT_WS_WINDOW_BITS_MIN && server <= KT_WS_WINDOW_BITS_MAX));
  KT_ASSERT(!t->on || (client >= KT_WS_WINDOW_BITS_MIN && client <= KT_WS_WINDOW_BITS_MAX));
}

/* Empty elements of the list are passed over (RFC 9110 §5.6.1). */
bool kt_ws_negotiate(kt_bytes value, const kt_ws_deflate_terms *terms, kt_ws_deflate_params *params) {
  check_terms(terms);
  cursor c = {value.p, value.p + value.n};
  offer o;
  do {
    skip_blank(&c);
    if (c.p == c.end || *c.p == ',') continue;
    if (!take_offer(&c, &o)) return false;
    if (o.usable && terms->on && !params->on) accept(&o, terms, params);
  } while (take(&c, ','));
  return c.p == c.end;
}

static uint8_t *put(uint8_t *out, kt_bytes text) { return (uint8_t *)memcpy(out, text.p, text.n) + text.n; }

static uint8_t *put_bits(uint8_t *out, kt_bytes name, uint8_t bits) {
  out = put(out, name);
  if (bits >= 10) *out++ = '1';
  *out++ = (uint8_t)('0' + bits % 10);
  return out;
}

size_t kt_ws_extension_write(uint8_t out[KT_WS_EXTENSION_SIZE_MAX], const kt_ws_deflate_params *params) {
  uint8_t *p = put(out, KT_BYTES("permessage-deflate"));
  if (params->server_no_context_takeover) p = put(p, KT_BYTES("; server_no_context_takeover"));
  if (params->client_no_context_takeover) p = put(p, KT_BYTES("; client_no_context_takeover"));
  if (params->server_max_window_bits < KT_WS_WINDOW_BITS_MAX)
    p = put_bits(p, KT_BYTES("; server_max_window_bits="), params->server_max_window_bits);
  if (params->client_max_window_bits < KT_WS_WINDOW_BITS_MAX)
    p = put_bits(p, KT_BYTES("; client_max_window_bits="), params->client_max_window_bits);
  return (size_t)(p - out);
}
