#include "ws/handshake.h"

#include "base/scan.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#define KEY_SIZE 24
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

bool kt_ws_accept(const uint8_t key[24], uint8_t out[KT_WS_ACCEPT_SIZE]) {
  uint8_t joined[KEY_SIZE + sizeof GUID - 1], digest[SHA_DIGEST_LENGTH], base64[KT_WS_ACCEPT_SIZE + 1];
  memcpy(joined, key, KEY_SIZE);
  memcpy(joined + KEY_SIZE, GUID, sizeof GUID - 1);
  if (!SHA1(joined, sizeof joined, digest)) return false;
  EVP_EncodeBlock(base64, digest, sizeof digest); /* writes a NUL, too */
  memcpy(out, base64, KT_WS_ACCEPT_SIZE);
  return true;
}

static bool is(kt_bytes a, kt_bytes word) { return a.n == word.n && kt_ci_equal(a.p, word.p, a.n); }

/* The next element of a comma-separated list, without its whitespace; false at the end. */
static bool next_element(kt_bytes *rest, kt_bytes *element) {
  if (!rest->p) return false;
  const uint8_t *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
  kt_bytes e = kt_bytes_make(rest->p, comma ? (size_t)(comma - rest->p) : rest->n);
  *rest = comma ? kt_bytes_make(comma + 1, rest->n - e.n - 1) : kt_bytes_make(NULL, 0);
  while (e.n && (e.p[0] == ' ' || e.p[0] == '\t')) e.p++, e.n--;
  while (e.n && (e.p[e.n - 1] == ' ' || e.p[e.n - 1] == '\t')) e.n--;
  *element = e;
  return true;
}

/* What the request says in its fields; counts, because some may come once only. */
typedef struct offer {
  kt_bytes key, version;
  unsigned key_count, version_count;
  bool upgrade;
  bool protocols_malformed, extensions_malformed;
} offer;

static void read_upgrade(offer *o, kt_bytes value) {
  kt_bytes element;
  while (next_element(&value, &element)) o->upgrade |= is(element, KT_BYTES("websocket"));
}

/* The first of the client's that is one of ours; every one is a token (§4.1, item 10). */
static void read_protocols(offer *o, const kt_ws_terms *terms, kt_ws_answer *a, kt_bytes value) {
  kt_bytes element;
  while (next_element(&value, &element)) {
    if (element.n == 0 || kt_scan_token(element.p, element.p + element.n) != element.p + element.n)
      o->protocols_malformed = true;
    for (uint16_t i = 0; i < terms->subprotocol_count && !a->subprotocol.p; i++)
      if (kt_bytes_equal(element, terms->subprotocols[i])) a->subprotocol = terms->subprotocols[i];
  }
}

static void read_field(offer *o, const kt_ws_terms *terms, kt_ws_answer *a, const kt_field *f) {
  kt_bytes name = kt_bytes_make(f->name, f->name_n), value = kt_bytes_make(f->value, f->value_n);
  if (f->id == KT_FIELD_UPGRADE) read_upgrade(o, value);
  if (f->id != KT_FIELD_OTHER) return;
  if (is(name, KT_BYTES("Sec-WebSocket-Key"))) {
    o->key = value;
    o->key_count++;
  } else if (is(name, KT_BYTES("Sec-WebSocket-Version"))) {
    o->version = value;
    o->version_count++;
  } else if (is(name, KT_BYTES("Sec-WebSocket-Protocol"))) {
    read_protocols(o, terms, a, value);
  } else if (is(name, KT_BYTES("Sec-WebSocket-Extensions"))) {
    o->extensions_malformed |= !kt_ws_negotiate(value, &terms->deflate, &a->deflate);
  }
}

static bool is_base64(uint8_t b) {
  return (uint8_t)(b - '0') <= 9 || (uint8_t)(kt_lower(b) - 'a') < 26 || b == '+' || b == '/';
}

/* Sixteen bytes in base64: 22 digits, the last of which carries two bits, and "==" (RFC 4648 §3.5). */
static bool is_key(kt_bytes key) {
  if (key.n != KEY_SIZE || memcmp(key.p + 22, "==", 2) != 0) return false;
  for (unsigned i = 0; i < 22; i++)
    if (!is_base64(key.p[i])) return false;
  return strchr("AQgw", key.p[21]) != NULL;
}

static void add(kt_ws_answer *a, kt_bytes name, kt_bytes value) {
  a->fields[a->field_count].name = name;
  a->fields[a->field_count++].value = value;
}

static bool fail(kt_ws_answer *a, uint16_t status, const char *reason) {
  a->status = status;
  a->reason = reason;
  a->deflate = (kt_ws_deflate_params){0};
  a->subprotocol = kt_bytes_make(NULL, 0);
  return false;
}

/* RFC 9110 §15.5.22, §7.8: 426 says what to upgrade to, and Upgrade is an option of Connection. */
static bool upgrade_required(kt_ws_answer *a, const char *reason) {
  add(a, KT_BYTES("Upgrade"), KT_BYTES("websocket"));
  add(a, KT_BYTES("Connection"), KT_BYTES("Upgrade"));
  add(a, KT_BYTES("Sec-WebSocket-Version"), KT_BYTES("13"));
  return fail(a, 426, reason);
}

static bool method_not_allowed(kt_ws_answer *a) {
  add(a, KT_BYTES("Allow"), KT_BYTES("GET"));
  return fail(a, 405, "a WebSocket is opened with GET");
}

/* HTTP has no Upgrade in versions 2 and 3, so the only way to say which version is in the field. */
static bool check_version(const offer *o, const kt_ws_terms *terms, kt_ws_answer *a) {
  if (o->version_count == 1 && kt_bytes_equal(o->version, KT_BYTES("13"))) return true;
  if (o->version_count > 1) return fail(a, 400, "Sec-WebSocket-Version is repeated");
  if (!terms->extended_connect) return upgrade_required(a, "Sec-WebSocket-Version is not 13");
  add(a, KT_BYTES("Sec-WebSocket-Version"), KT_BYTES("13"));
  return fail(a, 400, "Sec-WebSocket-Version is not 13");
}

static bool check_upgrade(const kt_request *r, const offer *o, kt_ws_answer *a) {
  if (r->method != KT_GET) return method_not_allowed(a);
  if (!r->upgrade || !o->upgrade) return upgrade_required(a, "Upgrade: websocket is missing");
  if (r->body_kind != KT_BODY_NONE) return fail(a, 400, "a request to upgrade has content");
  return true;
}

static bool check(const kt_request *r, const offer *o, const kt_ws_terms *terms, kt_ws_answer *a) {
  if (terms->extended_connect && r->method != KT_CONNECT) return fail(a, 400, "an extended CONNECT is no CONNECT");
  if (!terms->extended_connect && !check_upgrade(r, o, a)) return false;
  if (!check_version(o, terms, a)) return false;
  if (!terms->extended_connect && (o->key_count != 1 || !is_key(o->key)))
    return fail(a, 400, "Sec-WebSocket-Key is not one of 16 bytes in base64");
  if (o->protocols_malformed) return fail(a, 400, "Sec-WebSocket-Protocol is malformed");
  if (o->extensions_malformed) return fail(a, 400, "Sec-WebSocket-Extensions is malformed");
  return true;
}

static bool switch_protocols(const offer *o, uint8_t *accept, kt_ws_answer *a) {
  a->status = 101;
  if (!kt_ws_accept(o->key.p, accept)) return fail(a, 500, "memory is out");
  add(a, KT_BYTES("Upgrade"), KT_BYTES("websocket"));
  add(a, KT_BYTES("Connection"), KT_BYTES("Upgrade"));
  add(a, KT_BYTES("Sec-WebSocket-Accept"), kt_bytes_make(accept, KT_WS_ACCEPT_SIZE));
  return true;
}

void kt_ws_handshake(const kt_request *request, const kt_ws_terms *terms, uint8_t text[KT_WS_ANSWER_TEXT_SIZE],
                     kt_ws_answer *answer) {
  offer o = {0};
  *answer = (kt_ws_answer){.status = 200};
  for (uint16_t i = 0; i < request->field_count; i++) read_field(&o, terms, answer, &request->fields[i]);
  if (!check(request, &o, terms, answer)) return;
  if (!terms->extended_connect && !switch_protocols(&o, text, answer)) return;
  if (answer->subprotocol.p) add(answer, KT_BYTES("Sec-WebSocket-Protocol"), answer->subprotocol);
  if (!answer->deflate.on) return;
  uint8_t *extension = text + KT_WS_ACCEPT_SIZE;
  size_t n = kt_ws_extension_write(extension, &answer->deflate);
  add(answer, KT_BYTES("Sec-WebSocket-Extensions"), kt_bytes_make(extension, n));
}
