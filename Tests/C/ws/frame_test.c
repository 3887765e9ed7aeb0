/* Frame heads (RFC 6455 §5.2, §5.5, §5.7), cut at every byte. */
#include "ws/frame.h"
#include "check.h"

typedef struct outcome {
  kt_ws_result result;
  size_t consumed;
  kt_ws_head head;
} outcome;

/* Feeds pieces: the first of `first` bytes, then of `step`, each a copy of its own size. */
static outcome read_in(kt_ws_role role, bool deflate, const uint8_t *input, size_t n, size_t first, size_t step) {
  outcome o = {.result = KT_WS_MORE};
  kt_ws_head_init(&o.head);
  size_t piece_n = first;
  while (o.result == KT_WS_MORE && o.consumed < n) {
    if (piece_n > n - o.consumed) piece_n = n - o.consumed;
    uint8_t *piece = memcpy(malloc(piece_n + 1), input + o.consumed, piece_n);
    size_t used;
    o.result = kt_ws_head_feed(&o.head, role, deflate, piece, piece_n, &used);
    free(piece);
    if (o.result == KT_WS_MORE) CHECK_EQ(used, piece_n);
    o.consumed += used;
    piece_n = step;
  }
  if (o.result == KT_WS_ERROR) CHECK(o.head.reason && *o.head.reason);
  return o;
}

static outcome read_every_way(kt_ws_role role, bool deflate, const char *input, size_t n) {
  const uint8_t *bytes = (const uint8_t *)input;
  outcome whole = read_in(role, deflate, bytes, n, n, n);
  for (size_t first = 1; first <= n; first++) {
    outcome cut = read_in(role, deflate, bytes, n, first, first == 1 ? 1 : n);
    CHECK_EQ(cut.result, whole.result);
    CHECK_EQ(cut.consumed, whole.consumed);
    CHECK_EQ(cut.head.payload_n, whole.head.payload_n);
    CHECK(memcmp(cut.head.key, whole.head.key, 4) == 0);
  }
  return whole;
}
#define READ(role, deflate, input) read_every_way(role, deflate, "" input, sizeof(input) - 1)

/* The error comes with the input's last byte. */
static void fails(kt_ws_role role, bool deflate, const char *input, size_t n) {
  outcome o = read_every_way(role, deflate, input, n);
  CHECK_EQ(o.result, KT_WS_ERROR);
  CHECK_EQ(o.consumed, n);
  if (n > 1) CHECK_EQ(read_every_way(role, deflate, input, n - 1).result, KT_WS_MORE);
}
#define FAILS(role, deflate, input) fails(role, deflate, "" input, sizeof(input) - 1)

TEST("the examples of RFC 6455 §5.7 are read") {
  outcome o = READ(KT_WS_CLIENT, false, "\x81\x05Hello");
  CHECK_EQ(o.result, KT_WS_DONE);
  CHECK_EQ(o.consumed, 2);
  CHECK(o.head.fin && !o.head.masked && o.head.opcode == KT_WS_TEXT && o.head.payload_n == 5);
  o = READ(KT_WS_SERVER, false, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  CHECK_EQ(o.consumed, 6);
  CHECK(o.head.fin && o.head.masked && o.head.payload_n == 5 && memcmp(o.head.key, "\x37\xfa\x21\x3d", 4) == 0);
  CHECK(!READ(KT_WS_CLIENT, false, "\x01\x03Hel").head.fin);
  CHECK_EQ(READ(KT_WS_CLIENT, false, "\x80\x02lo").head.opcode, KT_WS_CONTINUATION);
  CHECK_EQ(READ(KT_WS_CLIENT, false, "\x82\x7e\x01\x00").head.payload_n, 256);
  CHECK_EQ(READ(KT_WS_CLIENT, false, "\x82\x7f\0\0\0\0\0\1\0\0").head.payload_n, 65536);
}

TEST("a client masks and a server does not") {
  FAILS(KT_WS_SERVER, false, "\x81\x05");
  FAILS(KT_WS_SERVER, false, "\x89\x00");
  FAILS(KT_WS_CLIENT, false, "\x81\x85");
}

TEST("reserved bits are refused, but RSV1 on a message's first frame when deflate was agreed on") {
  FAILS(KT_WS_SERVER, false, "\xc1");
  FAILS(KT_WS_SERVER, true, "\xa1");
  FAILS(KT_WS_SERVER, true, "\x91");
  FAILS(KT_WS_SERVER, true, "\xc0");
  FAILS(KT_WS_SERVER, true, "\xc9");
  CHECK(READ(KT_WS_SERVER, true, "\xc1\x80....").head.compressed);
  CHECK(READ(KT_WS_SERVER, true, "\x42\x80....").head.compressed);
  CHECK(!READ(KT_WS_SERVER, true, "\x81\x80....").head.compressed);
}

TEST("each opcode but the six known ones is refused") {
  for (unsigned opcode = 0; opcode < 16; opcode++) {
    char first = (char)(0x80 | opcode);
    bool known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
    outcome o = read_every_way(KT_WS_SERVER, false, &first, 1);
    CHECK_EQ(o.result, known ? KT_WS_MORE : KT_WS_ERROR);
  }
}

TEST("a control frame is whole and no longer than 125 bytes") {
  FAILS(KT_WS_SERVER, false, "\x08");
  FAILS(KT_WS_SERVER, false, "\x09");
  FAILS(KT_WS_SERVER, false, "\x0a");
  FAILS(KT_WS_SERVER, false, "\x89\xfe");
  FAILS(KT_WS_SERVER, false, "\x88\xff");
  CHECK_EQ(READ(KT_WS_SERVER, false, "\x8a\xfd....").head.payload_n, 125);
}

TEST("a length is written in the fewest bytes") {
  FAILS(KT_WS_CLIENT, false, "\x82\x7e\x00\x7d");
  FAILS(KT_WS_SERVER, false, "\x82\xfe\x00\x00");
  CHECK_EQ(READ(KT_WS_CLIENT, false, "\x82\x7e\x00\x7e").head.payload_n, 126);
  FAILS(KT_WS_CLIENT, false, "\x82\x7f\0\0\0\0\0\0\xff\xff");
  FAILS(KT_WS_SERVER, false, "\x82\xff\0\0\0\0\0\0\0\x01");
}

TEST("a length of 63 bits is one, of 64 is none") {
  FAILS(KT_WS_CLIENT, false, "\x82\x7f\x80");
  CHECK_EQ(READ(KT_WS_CLIENT, false, "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff").head.payload_n, INT64_MAX);
}

TEST("what is written is read back") {
  static const uint64_t sizes[] = {0, 1, 125, 126, 127, 65535, 65536, UINT32_MAX, INT64_MAX};
  static const uint8_t key[4] = {1, 2, 3, 4};
  for (unsigned kind = 0; kind < 16; kind++)
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      bool masked = kind & 1, fin = kind & 2, compressed = kind & 4, text = kind & 8;
      kt_ws_frame frame = {text ? KT_WS_TEXT : KT_WS_BINARY, fin, compressed, masked ? key : NULL, sizes[i]};
      uint8_t out[KT_WS_HEAD_SIZE_MAX];
      size_t n = kt_ws_head_write(out, &frame);
      outcome o = read_every_way(masked ? KT_WS_SERVER : KT_WS_CLIENT, true, (char *)out, n);
      CHECK_EQ(o.result, KT_WS_DONE);
      CHECK_EQ(o.consumed, n);
      CHECK(o.head.fin == fin && o.head.compressed == compressed && o.head.masked == masked);
      CHECK_EQ(o.head.opcode, frame.opcode);
      CHECK_EQ(o.head.payload_n, sizes[i]);
      if (masked) CHECK(memcmp(o.head.key, key, 4) == 0);
    }
}
