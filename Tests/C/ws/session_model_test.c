/* Sessions against a decoder that has all bytes at once, keeps nothing and is in no hurry: random frames, most of them
 * good, and good ones with a byte changed, whole and in random pieces. */
#include "peer.h"
#include "random.h"
#include "utf8_model.h"

#include <zlib.h>

static const kt_ws_config tight = {.frame_size_max = 300, .message_size_max = 400, .fragments_max = 4};

/* ---- the model ---- */

typedef struct model {
  transcript t;
  const uint8_t *p;
  size_t n, at;
  bool deflate;
  uint8_t payload[4096]; /* of the frame */
  uint8_t opcode;
  bool fin, whole;       /* whole: all of the payload is there */
  size_t payload_n;
  bool in_message, text, compressed;
  unsigned fragments;
  uint8_t message[4096]; /* as it came */
  size_t message_n;
} model;

static bool refuse(model *m, unsigned code) {
  note(&m->t, "error %u\n> close %u\n", code, code);
  return false;
}

/* True when there is a head; otherwise the bytes ended, or the head was refused. */
static bool model_head(model *m, uint64_t *length, uint8_t key[4]) {
  const uint8_t *p = m->p + m->at;
  size_t n = m->n - m->at;
  if (n < 1) return false;
  m->fin = p[0] & 0x80;
  m->opcode = p[0] & 15;
  bool data = m->opcode < 3, control = m->opcode > 7 && m->opcode < 11, rsv1 = p[0] & 0x40;
  if ((!data && !control) || p[0] & 0x30 || (rsv1 && (!m->deflate || m->opcode < 1 || m->opcode > 2)) ||
      (control && !m->fin))
    return refuse(m, 1002);
  if (n < 2) return false;
  if (!(p[1] & 0x80) || (control && (p[1] & 127) > 125)) return refuse(m, 1002);
  size_t size = (p[1] & 127) == 127 ? 10 : (p[1] & 127) == 126 ? 4 : 2;
  *length = size == 2 ? p[1] & 127 : 0;
  if (size == 10 && n > 2 && p[2] > 127) return refuse(m, 1002);
  if (n < size) return false;
  for (size_t i = 2; i < size; i++) *length = *length << 8 | p[i];
  if ((size == 4 && *length < 126) || (size == 10 && *length < 65536)) return refuse(m, 1002);
  if (n < size + 4) return false;
  memcpy(key, p + size, 4);
  m->at += size + 4;
  if (data && (m->opcode != 0) == m->in_message) return refuse(m, 1002);
  if (m->opcode && data) {
    m->in_message = true, m->text = m->opcode == 1, m->compressed = rsv1;
    m->fragments = 0, m->message_n = 0;
  }
  if (data && ++m->fragments > tight.fragments_max) return refuse(m, 1008);
  if (data && *length > tight.frame_size_max) return refuse(m, 1009);
  if (data && !m->compressed && *length + m->message_n > tight.message_size_max) return refuse(m, 1009);
  return true;
}

static void model_payload(model *m, uint64_t length, const uint8_t key[4]) {
  size_t there = m->n - m->at;
  m->whole = there >= length;
  m->payload_n = m->whole ? (size_t)length : there;
  for (size_t i = 0; i < m->payload_n; i++) m->payload[i] = m->p[m->at + i] ^ key[i % 4];
  m->at += m->payload_n;
}

static bool model_control(model *m) {
  static const char *const names[] = {"close", "ping", "pong"};
  const uint8_t *p = m->payload;
  if (!m->whole) return false;
  unsigned code = m->payload_n > 1 ? (unsigned)(p[0] << 8 | p[1]) : 1005;
  if (m->opcode == 8) {
    bool good = (code >= 1000 && code < 1015 && (code < 1004 || code > 1006)) || (code >= 3000 && code < 5000);
    if (m->payload_n == 1 || (m->payload_n > 1 && !good)) return refuse(m, 1002);
    if (m->payload_n > 1 && utf8_model(p + 2, m->payload_n - 2) != 1) return refuse(m, 1007);
    note(&m->t, "close %u", code);
    note_payload(&m->t, kt_bytes_make(p + 2, m->payload_n > 1 ? m->payload_n - 2 : 0));
    note(&m->t, m->payload_n ? "> close %u\n" : "> close\n", code);
    return false;
  }
  note(&m->t, "%s", names[m->opcode - 8]);
  note_payload(&m->t, kt_bytes_make(p, m->payload_n));
  if (m->opcode == 9) note(&m->t, "> pong"), note_payload(&m->t, kt_bytes_make(p, m->payload_n));
  return true;
}

/* Inflates all of the message that there is; contexts are not taken over here. Returns the size or the code to refuse
 * with; what came out before a fault is in `out`. */
static unsigned model_inflate(model *m, uint8_t *out, size_t cap, size_t *n, bool whole) {
  uint8_t in[4100];
  memcpy(in, m->message, m->message_n);
  memcpy(in + m->message_n, "\0\0\xff\xff", 4);
  z_stream z = {.next_in = in, .next_out = out, .avail_out = (uInt)cap};
  z.avail_in = (uInt)(m->message_n + (whole ? 4 : 0));
  if (inflateInit2(&z, -15) != Z_OK) abort();
  int result = inflate(&z, Z_SYNC_FLUSH);
  while (result == Z_STREAM_END && z.avail_in && inflateResetKeep(&z) == Z_OK) result = inflate(&z, Z_SYNC_FLUSH);
  *n = cap - z.avail_out;
  bool between = z.data_type & 128;
  inflateEnd(&z);
  if (result == Z_DATA_ERROR) return 1007;
  return whole && !between ? 1007 : 0;
}

static bool model_data(model *m) {
  static uint8_t out[1 << 22];
  bool ends = m->whole && m->fin;
  size_t n = m->message_n + m->payload_n;
  memcpy(m->message + m->message_n, m->payload, m->payload_n);
  m->message_n = n;
  memcpy(out, m->message, n);
  unsigned fault = m->compressed ? model_inflate(m, out, sizeof out, &n, ends) : 0;
  size_t seen = n < tight.message_size_max ? n : tight.message_size_max;
  int text = m->text ? utf8_model(out, seen) : 1;
  if (text < 0) return refuse(m, 1007);
  if (n > tight.message_size_max) return refuse(m, 1009);
  if (fault) return refuse(m, fault);
  if (!ends) return m->whole;
  if (text == 0) return refuse(m, 1007);
  note(&m->t, m->text ? "text" : "binary");
  note_payload(&m->t, kt_bytes_make(out, n));
  m->in_message = false;
  return true;
}

static const char *model_read(const wire *w, bool deflate) {
  static model m;
  memset(&m, 0, sizeof m);
  m.p = w->bytes, m.n = w->n, m.deflate = deflate;
  uint64_t length;
  uint8_t key[4];
  bool more = true;
  while (more && model_head(&m, &length, key)) {
    model_payload(&m, length, key);
    more = m.opcode > 2 ? model_control(&m) : model_data(&m);
  }
  return m.t.text;
}

/* ---- inputs ---- */

static wire w;

static size_t random_text(uint8_t *p, size_t n) {
  static const char *const pieces[] = {
      "a", "bc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x90\x99", "abcdefghijklmnop", "\xff"};
  size_t at = 0;
  while (at + 16 < n) {
    const char *piece = pieces[random_below(random_below(40) ? 6 : 7)];
    memcpy(p + at, piece, strlen(piece));
    at += strlen(piece);
  }
  return at;
}

static size_t random_deflated(const uint8_t *p, size_t n, uint8_t *out, size_t cap) {
  z_stream z = {0};
  if (deflateInit2(&z, (int)random_below(10), Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
  z.next_in = (Bytef *)p, z.avail_in = (uInt)n, z.next_out = out, z.avail_out = (uInt)cap;
  bool final = random_below(4) == 0;
  deflate(&z, final ? Z_FINISH : Z_SYNC_FLUSH);
  size_t size = cap - z.avail_out;
  deflateEnd(&z);
  if (final) out[size++] = 0;
  return final ? size : size - 4;
}

/* A message in one to five frames, which are cut anywhere, with pings between. */
static void put_message(bool deflate) {
  uint8_t text[1000], packed[2000];
  size_t n = random_text(text, 17 + random_below(random_below(8) ? 150 : 600));
  bool compressed = deflate && random_below(2);
  const uint8_t *p = text;
  if (compressed) n = random_deflated(text, n, packed, sizeof packed), p = packed;
  uint8_t opcode = random_below(3) ? KT_WS_TEXT : KT_WS_BINARY;
  for (size_t frames = 1 + random_below(random_below(4) ? 2 : 5); frames; frames--) {
    size_t part = frames == 1 ? n : random_below(n + 1);
    put_frame(&w, opcode, frames == 1, compressed, p, part);
    p += part, n -= part, opcode = KT_WS_CONTINUATION, compressed = false;
    uint8_t control = random_below(2) ? KT_WS_PING : KT_WS_PONG;
    if (random_below(6) == 0) put_frame(&w, control, true, false, text, random_below(17));
  }
}

static void make_wire(bool deflate) {
  w.n = 0, w.reader = KT_WS_SERVER;
  for (size_t count = 1 + random_below(5); count; count--) put_message(deflate);
  if (random_below(3) == 0) put_frame(&w, KT_WS_CLOSE, true, false, "\x03\xe8ok", random_below(5));
  if (random_below(2) == 0) w.bytes[random_below(w.n)] = (uint8_t)random_number();
  if (random_below(6) == 0) w.bytes[random_below(w.n)] ^= (uint8_t)(1u << random_below(8));
  if (random_below(6) == 0) w.n = random_below(w.n);
}

static void compare(bool deflate) {
  static peer p;
  const kt_ws_deflate_params params = {deflate, true, true, 15, 15};
  static const size_t steps[] = {SIZE_MAX, 1, 3, 50};
  const char *want = model_read(&w, deflate);
  for (size_t i = 0; i < 4; i++) {
    peer_init(&p, &tight, KT_WS_SERVER, params);
    peer_read_in(&p, w.bytes, w.n, 1 + random_below(w.n + 1), steps[i]);
    if (strcmp(p.t.text, want) != 0) KT_FAIL("\n%sinstead of\n%s", p.t.text, want);
    peer_deinit(&p);
  }
}

TEST("a session says what the model says, without compression") {
  for (int round = 0; round < 15000; round++) {
    make_wire(false);
    compare(false);
  }
}

TEST("a session says what the model says, with compression") {
  for (int round = 0; round < 8000; round++) {
    make_wire(true);
    compare(true);
  }
}
