/* permessage-deflate (RFC 7692) against zlib used directly, and a message's memory. */
#include "ws/deflate.h"
#include "base/memory.h"
#include "check.h"
#include "random.h"

#include <zlib.h>

#define MAX (1 << 20)

static const kt_ws_deflate_params usual = {.on = true, .server_max_window_bits = 15, .client_max_window_bits = 15};
static const kt_ws_deflate_params small = {true, false, false, 9, 9};
static const kt_ws_deflate_params forgetful = {true, true, true, 12, 12};

/* ---- a peer made of zlib alone ---- */

static z_stream *peer_deflater(int bits) {
  z_stream *z = calloc(1, sizeof *z);
  if (deflateInit2(z, 6, Z_DEFLATED, -bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
  return z;
}

/* A compressed message as RFC 7692 §7.2.1 makes it; `flush` says how its blocks end. */
static size_t peer_deflate(z_stream *z, const void *p, size_t n, uint8_t *out, size_t cap, int flush) {
  z->next_in = (Bytef *)p, z->avail_in = (uInt)n;
  z->next_out = out, z->avail_out = (uInt)cap;
  deflate(z, flush);
  size_t size = cap - z->avail_out;
  if (flush == Z_FINISH) {
    out[size] = 0; /* §7.2.3.4 */
    return size + 1;
  }
  CHECK(memcmp(out + size - 4, "\0\0\xff\xff", 4) == 0);
  return size - 4;
}

static void peer_end(z_stream *z) {
  deflateEnd(z);
  free(z);
}

typedef struct inflated {
  z_stream z;
  uint8_t p[MAX + 64];
  size_t n;
  unsigned calls, parts, lasts;
  size_t part_max;
  kt_status give; /* what emit answers from the part numbered `give_at` on */
  unsigned give_at;
} inflated;

static void peer_inflate(inflated *o, const void *p, size_t n) {
  o->z.next_in = (Bytef *)p, o->z.avail_in = (uInt)n;
  o->z.next_out = o->p + o->n, o->z.avail_out = (uInt)(sizeof o->p - o->n);
  int result = inflate(&o->z, Z_SYNC_FLUSH);
  CHECK(result == Z_OK || result == Z_BUF_ERROR);
  o->n = sizeof o->p - o->z.avail_out;
}

static kt_status take_part(void *context, kt_bytes part, bool last) {
  inflated *o = context;
  o->calls++;
  if (o->give != KT_OK && o->parts >= o->give_at) return o->give;
  o->parts++;
  o->lasts += last;
  if (part.n > o->part_max) o->part_max = part.n;
  peer_inflate(o, part.p, part.n);
  if (last) peer_inflate(o, "\0\0\xff\xff", 4);
  return KT_OK;
}

static inflated *peer_inflater(int bits) {
  static inflated o;
  if (o.z.state) inflateEnd(&o.z);
  memset(&o, 0, sizeof o);
  if (inflateInit2(&o.z, -bits) != Z_OK) abort();
  return &o;
}

/* ---- inputs ---- */

static uint8_t text[MAX], noise[MAX], packed[2 * MAX];

__attribute__((constructor)) static void make_inputs(void) {
  static const char *const words[] = {"{\"id\":", "\"name\":", "\"price\":", "17", ", ", "\"grey\"", "}", "[", "]"};
  for (size_t n = 0; n < sizeof text - 16;) {
    const char *word = words[random_below(9)];
    memcpy(text + n, word, strlen(word));
    n += strlen(word);
  }
  for (size_t i = 0; i < sizeof noise; i++) noise[i] = (uint8_t)random_number();
}

static const size_t sizes[] = {1, 2, 100, 1000, 16380, 16384, 16390, 70000, 300000};

/* ---- out ---- */

static void sends(kt_ws_role role, kt_ws_deflate_params params, int bits) {
  kt_ws_deflate d;
  kt_ws_deflate_init(&d, role, params);
  inflated *o = peer_inflater(bits);
  for (unsigned level = 1; level <= 9; level += 4)
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
      for (unsigned kind = 0; kind < 2; kind++) {
        const uint8_t *p = kind ? noise : text;
        o->n = 0, o->lasts = 0;
        CHECK_EQ(kt_ws_deflate_out(&d, kt_bytes_make(p, sizes[i]), (uint8_t)level, 5, take_part, o), KT_OK);
        CHECK_EQ(o->n, sizes[i]);
        CHECK(memcmp(o->p, p, o->n) == 0);
        CHECK_EQ(o->lasts, 1);
        if (params.server_no_context_takeover) inflateReset(&o->z); /* a peer may forget, then */
      }
  CHECK(o->part_max <= KT_WS_DEFLATE_PART_SIZE);
  kt_ws_deflate_deinit(&d);
}

TEST("zlib inflates what is sent, in parts of a bounded size, and nothing follows the last") {
  sends(KT_WS_SERVER, usual, 15);
  sends(KT_WS_SERVER, small, 9);
  sends(KT_WS_SERVER, forgetful, 12);
  sends(KT_WS_CLIENT, usual, 15);
  sends(KT_WS_CLIENT, small, 9);
  sends(KT_WS_CLIENT, forgetful, 12);
  sends(KT_WS_SERVER, (kt_ws_deflate_params){true, false, false, 9, 15}, 9);
  sends(KT_WS_CLIENT, (kt_ws_deflate_params){true, false, false, 15, 9}, 9);
}

/* Bytes on the wire; the peer keeps a context only if we do. */
static size_t packed_size(kt_ws_deflate *d, inflated *peer, size_t n) {
  uint64_t before = peer->z.total_in;
  CHECK_EQ(kt_ws_deflate_out(d, kt_bytes_make(text, n), 6, 8, take_part, peer), KT_OK);
  return peer->z.total_in - before;
}

TEST("the second of two equal messages is short where context is kept, and as long as the first where it is not") {
  kt_ws_deflate d;
  kt_ws_deflate_init(&d, KT_WS_SERVER, forgetful);
  inflated *peer = peer_inflater(12);
  size_t first = packed_size(&d, peer, 500);
  CHECK_EQ(packed_size(&d, peer, 500), first);
  kt_ws_deflate_deinit(&d);
  kt_ws_deflate_init(&d, KT_WS_SERVER, usual);
  peer = peer_inflater(15);
  CHECK(packed_size(&d, peer, 500) > 100);
  CHECK(packed_size(&d, peer, 500) < 30);
  kt_ws_deflate_deinit(&d);
}

TEST("a status of the receiver of parts comes back, and no part follows it") {
  for (unsigned at = 0; at < 3; at++) {
    kt_ws_deflate d;
    kt_ws_deflate_init(&d, KT_WS_SERVER, usual);
    inflated *o = peer_inflater(15);
    o->give = KT_EFULL, o->give_at = at;
    CHECK_EQ(kt_ws_deflate_out(&d, kt_bytes_make(noise, 70000), 1, 5, take_part, o), KT_EFULL);
    CHECK_EQ(o->parts, at);
    CHECK_EQ(o->calls, at + 1);
    kt_ws_deflate_deinit(&d);
  }
}

/* ---- in ---- */

static kt_ws_inflated feed(kt_ws_deflate *d, const uint8_t *p, size_t n, size_t first, size_t step, uint32_t size_max,
                           kt_ws_message *out) {
  size_t piece = first;
  for (size_t at = 0; at < n; at += piece, piece = step) {
    if (piece > n - at) piece = n - at;
    uint8_t *copy = memcpy(malloc(piece + 1), p + at, piece);
    kt_ws_inflated result = kt_ws_deflate_in(d, kt_bytes_make(copy, piece), at + piece == n, size_max, out);
    free(copy);
    if (result != KT_WS_INFLATED) return result;
    CHECK(out->cap <= size_max);
  }
  return KT_WS_INFLATED;
}

static void receives(kt_ws_role role, kt_ws_deflate_params params, int bits, int flush) {
  kt_ws_deflate d;
  kt_ws_deflate_init(&d, role, params);
  z_stream *peer = peer_deflater(bits);
  kt_ws_message out = {0};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    size_t n = peer_deflate(peer, text, sizes[i], packed, sizeof packed, flush);
    size_t step = i % 2 ? 1 + n / 7 : n;
    CHECK_EQ(feed(&d, packed, n, 1, step, MAX, &out), KT_WS_INFLATED);
    CHECK_EQ(out.n, sizes[i]);
    CHECK(memcmp(out.p, text, out.n) == 0);
    kt_ws_message_clear(&out);
    if (params.server_no_context_takeover || flush == Z_FINISH) deflateReset(peer);
  }
  peer_end(peer);
  kt_ws_deflate_deinit(&d);
}

TEST("what zlib deflates is received, also in final blocks, with a full flush and in stored blocks") {
  static const int flushes[] = {Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH};
  for (size_t i = 0; i < 3; i++) {
    receives(KT_WS_SERVER, usual, 15, flushes[i]);
    receives(KT_WS_CLIENT, usual, 15, flushes[i]);
    receives(KT_WS_SERVER, small, 9, flushes[i]);
    receives(KT_WS_CLIENT, forgetful, 12, flushes[i]);
  }
}

static void inflates_to(const char *input, size_t n, const char *want) {
  for (size_t first = 1; first <= n; first++) {
    kt_ws_deflate d;
    kt_ws_deflate_init(&d, KT_WS_SERVER, usual);
    kt_ws_message out = {0};
    CHECK_EQ(feed(&d, (const uint8_t *)input, n, first, first == 1 ? 1 : n, MAX, &out), KT_WS_INFLATED);
    CHECK_BYTES(kt_bytes_make(out.p, out.n), want);
    kt_ws_message_clear(&out);
    kt_ws_deflate_deinit(&d);
  }
}
#define INFLATES(input, want) inflates_to(input, sizeof(input) - 1, want)

TEST("the examples of RFC 7692 §7.2.3 are received, cut at every byte") {
  INFLATES("\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello");
  INFLATES("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", "Hello");
  INFLATES("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello");
  INFLATES("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "Hello");
  INFLATES("\x00", "");
}

TEST("the window outlives a final block") { /* the second Hello of §7.2.3.2 refers to the first */
  kt_ws_deflate d;
  kt_ws_deflate_init(&d, KT_WS_SERVER, usual);
  kt_ws_message out = {0};
  CHECK_EQ(feed(&d, (const uint8_t *)"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8, 8, 8, MAX, &out), KT_WS_INFLATED);
  CHECK_EQ(feed(&d, (const uint8_t *)"\xf2\x00\x11\x00\x00", 5, 5, 5, MAX, &out), KT_WS_INFLATED);
  CHECK_BYTES(kt_bytes_make(out.p, out.n), "HelloHello");
  kt_ws_message_clear(&out);
  kt_ws_deflate_deinit(&d);
}

TEST("a message without context takeover cannot refer to the one before") {
  kt_ws_deflate d;
  kt_ws_deflate_init(&d, KT_WS_SERVER, forgetful);
  kt_ws_message out = {0};
  CHECK_EQ(feed(&d, (const uint8_t *)"\xf2\x48\xcd\xc9\xc9\x07\x00", 7, 7, 7, MAX, &out), KT_WS_INFLATED);
  CHECK_EQ(feed(&d, (const uint8_t *)"\xf2\x00\x11\x00\x00", 5, 5, 5, MAX, &out), KT_WS_INFLATE_CORRUPT);
  kt_ws_message_clear(&out);
  kt_ws_deflate_deinit(&d);
}

TEST("a message that was cut inside a block, or is no deflate at all, is corrupt") {
  static const char hello[] = "\xf2\x48\xcd\xc9\xc9\x07\x00";
  for (size_t n = 1; n <= 6; n++) {
    kt_ws_deflate d;
    kt_ws_deflate_init(&d, KT_WS_SERVER, usual);
    kt_ws_message out = {0};
    CHECK_EQ(feed(&d, (const uint8_t *)hello, n, n, n, MAX, &out), KT_WS_INFLATE_CORRUPT);
    kt_ws_message_clear(&out);
    kt_ws_deflate_deinit(&d);
  }
  kt_ws_deflate d;
  kt_ws_deflate_init(&d, KT_WS_SERVER, usual);
  kt_ws_message out = {0};
  CHECK_EQ(feed(&d, (const uint8_t *)"\x07", 1, 1, 1, MAX, &out), KT_WS_INFLATE_CORRUPT);
  kt_ws_message_clear(&out);
  kt_ws_deflate_deinit(&d);
}

TEST("a bomb stops at the limit and gets no memory beyond it") {
  static uint8_t zeros[MAX];
  z_stream *peer = peer_deflater(15);
  size_t n = peer_deflate(peer, zeros, sizeof zeros, packed, sizeof packed, Z_SYNC_FLUSH);
  peer_end(peer);
  CHECK(n < 1100);
  static const uint32_t limits[] = {0, 1, 511, 512, 513, 65536, MAX - 1, MAX, MAX + 1};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
    for (size_t step = 1; step <= n; step += n - 1) {
      kt_ws_deflate d;
      kt_ws_deflate_init(&d, KT_WS_SERVER, usual);
      kt_ws_message out = {0};
      kt_ws_inflated result = feed(&d, packed, n, step, step, limits[i], &out);
      CHECK_EQ(result, limits[i] < MAX ? KT_WS_INFLATE_TOO_BIG : KT_WS_INFLATED);
      CHECK_EQ(out.n, limits[i] < MAX ? limits[i] : MAX);
      CHECK(out.cap <= limits[i]);
      kt_ws_message_clear(&out);
      kt_ws_deflate_deinit(&d);
    }
}

/* ---- memory ---- */

TEST("a side that was never used has allocated nothing, and trimming frees the sides without a context only") {
  uint64_t before = kt_allocations();
  kt_ws_deflate d;
  kt_ws_deflate_init(&d, KT_WS_SERVER, (kt_ws_deflate_params){true, true, false, 12, 12});
  kt_ws_deflate_trim(&d);
  CHECK_EQ(kt_allocations(), before);
  kt_ws_message out = {0};
  CHECK_EQ(kt_ws_deflate_out(&d, kt_bytes_make(text, 9), 1, 5, take_part, peer_inflater(12)), KT_OK);
  CHECK(d.deflater && !d.inflater);
  CHECK_EQ(feed(&d, (const uint8_t *)"\x00", 1, 1, 1, MAX, &out), KT_WS_INFLATED);
  kt_ws_deflate_trim(&d);
  CHECK(!d.deflater && d.inflater);
  kt_ws_message_clear(&out);
  kt_ws_deflate_deinit(&d);
  CHECK(!d.inflater);
}

TEST("memory may run out at every allocation, both ways") {
  z_stream *peer = peer_deflater(15);
  size_t n = peer_deflate(peer, text, 70000, packed, sizeof packed, Z_SYNC_FLUSH);
  peer_end(peer);
  bool in_done = false, out_done = false;
  for (uint64_t fail = 1; !in_done || !out_done; fail++) {
    CHECK(fail < 50);
    kt_ws_deflate d;
    kt_ws_deflate_init(&d, KT_WS_SERVER, usual);
    kt_ws_message out = {0};
    kt_fail_allocation(fail);
    kt_ws_inflated result = feed(&d, packed, n, n / 3, n / 3, MAX, &out);
    kt_fail_allocation(0);
    in_done = result == KT_WS_INFLATED;
    CHECK(in_done || result == KT_WS_INFLATE_ENOMEM);
    kt_ws_message_clear(&out);
    inflated *o = peer_inflater(15);
    kt_fail_allocation(fail);
    kt_status status = kt_ws_deflate_out(&d, kt_bytes_make(text, 1000), 1, 5, take_part, o);
    kt_fail_allocation(0);
    out_done = status == KT_OK;
    CHECK(out_done || (status == KT_ENOMEM && o->parts == 0));
    kt_ws_deflate_deinit(&d);
  }
}

TEST("a collected message holds what was appended, in little more memory than that") {
  kt_ws_message m = {0};
  CHECK(kt_ws_message_append(&m, NULL, 0, 10) && !m.p);
  for (size_t at = 0; at < 100000; at += 100) {
    CHECK(kt_ws_message_append(&m, text + at, 100, 100000));
    CHECK(m.cap <= 2 * m.n || m.cap <= 512);
  }
  CHECK_EQ(m.n, 100000);
  CHECK(m.cap <= 100000 && memcmp(m.p, text, m.n) == 0);
  kt_ws_message_clear(&m);
  CHECK(kt_ws_message_append(&m, text, 3, 100000) && kt_ws_message_append(&m, text, 90000, 100000));
  CHECK_EQ(m.cap, 90003);
  kt_ws_message_clear(&m);
  CHECK(!m.p && m.n == 0 && m.cap == 0);
}
