/* Sessions with permessage-deflate (RFC 7692): against the Python package websockets, against each other, and in want
 * of memory. */
#include "peer.h"
#include "random.h"
#include "websockets.h"

static wire w;

static void put_wire(const char *bytes, size_t n, kt_ws_role reader) {
  w.n = n;
  w.reader = reader;
  memcpy(w.bytes, bytes, n);
}
#define PUT_WIRE(bytes, reader) put_wire(bytes, sizeof(bytes) - 1, reader)

/* ---- the Python package websockets ---- */

static const char *what_websockets_said(void) {
  static transcript t;
  transcript sum = {.n = 0};
  note_payload(&sum, kt_bytes_make(products, sizeof products - 1));
  t.n = 0;
  note(&t, "text 5 \"Hello\"\ntext 5 \"Hello\"\nbinary 0 \"\"\nping 3 \"mid\"\n> pong 3 \"mid\"\n");
  note(&t, "text%stext 9 \"gr\\c3\\bcn \\e2\\82\\ac\"\ntext%s", sum.text, sum.text);
  note(&t, "pong 1 \"x\"\nclose 1001 3 \"bye\"\n> close 1001\n");
  return t.text;
}

static void understands(const char *bytes, size_t n, kt_ws_role reader, kt_ws_deflate_params params) {
  put_wire(bytes, n, reader);
  check_transcript(read_every_way(&kt_ws_config_default, params, &w), what_websockets_said());
}
#define UNDERSTANDS(bytes, reader, ...)                                                                                \
  understands(bytes, sizeof(bytes) - 1, reader, (kt_ws_deflate_params){__VA_ARGS__})

TEST("what websockets writes is understood, cut at every byte") {
  UNDERSTANDS(client_plain, KT_WS_SERVER, false);
  UNDERSTANDS(client_plain, KT_WS_SERVER, true, false, false, 15, 15);
  UNDERSTANDS(client_takeover, KT_WS_SERVER, true, false, false, 15, 15);
  UNDERSTANDS(client_no_takeover_9, KT_WS_SERVER, true, false, true, 15, 9);
  UNDERSTANDS(server_takeover_12, KT_WS_CLIENT, true, false, false, 12, 15);
  UNDERSTANDS(server_no_takeover, KT_WS_CLIENT, true, true, true, 15, 15);
}

TEST("compressed frames are refused where nothing was agreed on") {
  PUT_WIRE(client_takeover, KT_WS_SERVER);
  check_transcript(read_every_way(&kt_ws_config_default, no_deflate, &w), "error 1002\n> close 1002\n");
}

/* ---- each other ---- */

static uint8_t json[200000], noise[70000];

__attribute__((constructor)) static void make_inputs(void) {
  for (size_t n = 0; n < sizeof json; n++) json[n] = (uint8_t)products[n % 60 + random_below(3) * 100];
  for (size_t i = 0; i < sizeof noise; i++) noise[i] = (uint8_t)random_number();
}

static const struct {
  const uint8_t *p;
  size_t n;
  bool text;
} messages[] = {{json, 0, true}, {json, 1, true}, {json, 127, true}, {json, 128, true}, {json, 1000, true},
                {noise, 1000, false}, {json, 1000, true}, {noise, 70000, false}, {json, 200000, true},
                {json, 300, false}};
#define MESSAGES (sizeof messages / sizeof *messages)

static void note_message(transcript *t, size_t i) {
  note(t, messages[i].text ? "text" : "binary");
  note_payload(t, kt_bytes_make(messages[i].p, messages[i].n));
}

static void talk(kt_ws_role from, kt_ws_deflate_params params) {
  static peer a, b;
  static transcript want;
  want.n = 0;
  peer_init(&a, &kt_ws_config_default, from, params);
  peer_init(&b, &kt_ws_config_default, from == KT_WS_SERVER ? KT_WS_CLIENT : KT_WS_SERVER, params);
  for (size_t i = 0; i < MESSAGES; i++) {
    CHECK_EQ(kt_ws_session_send(&a.s, messages[i].text, kt_bytes_make(messages[i].p, messages[i].n)), KT_OK);
    note_message(&want, i);
    if (i == 6) kt_ws_deflate_trim(&a.s.deflate), kt_ws_deflate_trim(&b.s.deflate);
  }
  peer_read_in(&b, a.out, a.out_n, 1 + random_below(5000), 1 + random_below(5000));
  check_transcript(b.t.text, want.text);
  peer_deinit(&a);
  peer_deinit(&b);
}

TEST("a server and a client of ours understand each other, whatever they agreed on") {
  for (unsigned i = 0; i < 36; i++) {
    kt_ws_deflate_params params = {true, i & 1, i & 2, (uint8_t)(9 + i / 4 % 3 * 3), (uint8_t)(9 + i / 12 * 3)};
    talk(KT_WS_SERVER, params);
    talk(KT_WS_CLIENT, params);
  }
  talk(KT_WS_SERVER, no_deflate);
  talk(KT_WS_CLIENT, no_deflate);
}

TEST("a short message is not compressed, a long one is, and in frames of a bounded size") {
  static peer p;
  peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, usual_deflate);
  CHECK_EQ(kt_ws_session_send(&p.s, true, kt_bytes_make(json, KT_WS_DEFLATE_SIZE_MIN - 1)), KT_OK);
  CHECK(p.out[0] == 0x81 && !p.s.deflate.deflater);
  size_t at = p.out_n;
  CHECK_EQ(kt_ws_session_send(&p.s, true, kt_bytes_make(json, KT_WS_DEFLATE_SIZE_MIN)), KT_OK);
  CHECK(p.out[at] == 0xc1 && p.out_n - at < KT_WS_DEFLATE_SIZE_MIN);
  at = p.out_n;
  CHECK_EQ(kt_ws_session_send(&p.s, false, kt_bytes_make(noise, 40000)), KT_OK);
  CHECK(p.out[at] == 0x42 && p.out[at + 1] == 126 && p.out[at + 2] << 8 >= 16384 - 256);
  size_t second = at + 4 + (size_t)(p.out[at + 2] << 8 | p.out[at + 3]);
  CHECK_EQ(p.out[second], 0x00);
  peer_deinit(&p);
}

TEST("an empty message is never compressed") {
  static peer p;
  kt_ws_config config = kt_ws_config_default;
  config.deflate_size_min = 0;
  peer_init(&p, &config, KT_WS_SERVER, usual_deflate);
  CHECK_EQ(kt_ws_session_send(&p.s, true, KT_BYTES("")), KT_OK);
  CHECK(p.out_n == 2 && p.out[0] == 0x81);
  peer_deinit(&p);
}

TEST("a session that is pinged because it is idle keeps no compressor without a context") {
  static peer p;
  peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, (kt_ws_deflate_params){true, true, true, 12, 12});
  CHECK_EQ(kt_ws_session_send(&p.s, true, kt_bytes_make(json, 1000)), KT_OK);
  put_wire("\xc1\x87\0\0\0\0\xf2\x48\xcd\xc9\xc9\x07\x00", 13, KT_WS_SERVER);
  peer_read(&p, w.bytes, w.n, 0);
  CHECK(p.s.deflate.deflater && p.s.deflate.inflater);
  peer_read(&p, "\x41\x81\0\0\0\0\xf2", 7, 1); /* a message that has not ended */
  kt_ws_session_tick(&p.s, KT_WS_PING_INTERVAL_MS + 1);
  CHECK(p.s.deflate.deflater && p.s.deflate.inflater);
  peer_read(&p, "\x80\x86\0\0\0\0\x48\xcd\xc9\xc9\x07\x00", 12, KT_WS_PING_INTERVAL_MS + 2);
  kt_ws_session_tick(&p.s, 2 * KT_WS_PING_INTERVAL_MS + 2);
  CHECK(!p.s.deflate.deflater && !p.s.deflate.inflater);
  CHECK(strstr(p.t.text, "text 5 \"Hello\"\n> ping"));
  peer_deinit(&p);
}

/* ---- refused ---- */

static void put_deflated(const char *payload, size_t n, bool text) {
  w.n = 0, w.reader = KT_WS_SERVER;
  put_frame(&w, text ? KT_WS_TEXT : KT_WS_BINARY, true, true, payload, n);
}

TEST("what does not inflate, is no text or is cut short ends the session with 1007") {
  static const char *want = "error 1007\n> close 1007\n";
  put_deflated("\x07", 1, true);
  check_transcript(read_every_way(&kt_ws_config_default, usual_deflate, &w), want);
  put_deflated("\xf2\x48\xcd\xc9", 4, true);
  check_transcript(read_every_way(&kt_ws_config_default, usual_deflate, &w), want);
  put_deflated("\x00\x02\x00\xfd\xff\xff\xff\x00", 8, true); /* a stored block of ff ff */
  check_transcript(read_every_way(&kt_ws_config_default, usual_deflate, &w), want);
  put_deflated("\x00\x02\x00\xfd\xff\xff\xff\x00", 8, false);
  check_transcript(read_every_way(&kt_ws_config_default, usual_deflate, &w), "binary 2 \"\\ff\\ff\"\n");
}

TEST("a compressed message may inflate to the limit and not beyond") {
  kt_ws_config config = kt_ws_config_default;
  config.message_size_max = 5;
  put_deflated("\xf2\x48\xcd\xc9\xc9\x07\x00", 7, true);
  check_transcript(read_every_way(&config, usual_deflate, &w), "text 5 \"Hello\"\n");
  config.message_size_max = 4;
  check_transcript(read_every_way(&config, usual_deflate, &w), "error 1009\n> close 1009\n");
}

/* ---- memory ---- */

/* A session that reads everything in pieces and sends something; true when no allocation failed. */
static bool run_short_of_memory(uint64_t fail) {
  static peer p;
  static transcript want;
  want.n = 0;
  note(&want, "%s", what_websockets_said());
  peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, usual_deflate);
  kt_fail_allocation(fail);
  uint64_t last = kt_allocations() + fail;
  kt_status status = kt_ws_session_send(&p.s, true, kt_bytes_make(json, 1000));
  p.read_n = p.out_n;
  if (status == KT_OK) peer_read_in(&p, client_takeover, sizeof client_takeover - 1, 20, 20);
  bool failed = kt_allocations() >= last;
  kt_fail_allocation(0);
  if (status != KT_OK) CHECK(status == KT_ENOMEM && p.s.state == KT_WS_CLOSED);
  else if (!failed) check_transcript(p.t.text, want.text);
  else CHECK(strstr(p.t.text, "error 1011\n> close 1011\n"));
  peer_deinit(&p);
  return !failed;
}

TEST("memory may run out at every allocation: the peer is told, and nothing is left behind") {
  uint64_t fail = 1;
  while (!run_short_of_memory(fail)) fail++;
  CHECK(fail > 12 && fail < 100);
}

TEST("a ping that comes in pieces may find no memory") {
  static peer p;
  peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, no_deflate);
  kt_fail_allocation(1);
  peer_read(&p, "\x89\x82\0\0\0\0a", 7, 0);
  kt_fail_allocation(0);
  check_transcript(p.t.text, "error 1011\n> close 1011\n");
  peer_deinit(&p);
}

TEST("a session that failed in the middle of a message holds nothing") {
  static peer p;
  peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, usual_deflate);
  peer_read(&p, "\x41\x85\0\0\0\0\xf2\x48\xcd\xc9\xc9", 11, 0);
  CHECK(p.s.message.p && p.s.deflate.inflater);
  peer_read(&p, "\xff", 1, 0);
  CHECK(!p.s.message.p && !p.s.deflate.inflater && !p.s.control);
  peer_deinit(&p);
}

TEST("a sink that is full in the middle of a compressed message ends the session") {
  for (size_t room = 0; room < 40000; room += 3000) {
    static peer p;
    peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, usual_deflate);
    p.out_max = room;
    CHECK_EQ((int)-kt_ws_session_send(&p.s, false, kt_bytes_make(noise, 60000)), -KT_EFULL);
    CHECK_EQ(p.s.state, KT_WS_CLOSED);
    peer_deinit(&p);
  }
}
