/* Sessions (RFC 6455 §5 to §7): what is read, answered and refused, cut at every byte. */
#include "peer.h"

static wire w;

static void begin(kt_ws_role reader) {
  w.n = 0;
  w.reader = reader;
}

static void gives(const char *want) { check_transcript(read_every_way(&kt_ws_config_default, no_deflate, &w), want); }
static void gives_with(const kt_ws_config *config, const char *want) {
  check_transcript(read_every_way(config, no_deflate, &w), want);
}

/* A server reads one frame. */
#define READS(opcode, fin, literal, want) (begin(KT_WS_SERVER), PUT(&w, opcode, fin, literal), gives(want))

/* ---- messages ---- */

TEST("a message is text or binary, and may be empty") {
  READS(KT_WS_TEXT, true, "Hello", "text 5 \"Hello\"\n");
  READS(KT_WS_BINARY, true, "\x00\xff", "binary 2 \"\\00\\ff\"\n");
  READS(KT_WS_TEXT, true, "", "text 0 \"\"\n");
  READS(KT_WS_BINARY, true, "", "binary 0 \"\"\n");
}

TEST("a client reads what is not masked") {
  begin(KT_WS_CLIENT);
  PUT(&w, KT_WS_TEXT, true, "Hello");
  PUT(&w, KT_WS_PING, true, "x");
  gives("text 5 \"Hello\"\nping 1 \"x\"\n> pong 1 \"x\"\n");
}

TEST("fragments join, with control frames between them, and empty ones count for nothing") {
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_TEXT, false, "");
  PUT(&w, KT_WS_CONTINUATION, false, "Hel");
  PUT(&w, KT_WS_PING, true, "mid");
  PUT(&w, KT_WS_PONG, true, "");
  PUT(&w, KT_WS_CONTINUATION, false, "");
  PUT(&w, KT_WS_CONTINUATION, true, "lo");
  PUT(&w, KT_WS_BINARY, false, "a");
  PUT(&w, KT_WS_CONTINUATION, true, "");
  PUT(&w, KT_WS_TEXT, false, "");
  PUT(&w, KT_WS_CONTINUATION, true, "last");
  gives("ping 3 \"mid\"\n> pong 3 \"mid\"\npong 0 \"\"\ntext 5 \"Hello\"\nbinary 1 \"a\"\ntext 4 \"last\"\n");
}

TEST("fragments out of order are a protocol error") {
  READS(KT_WS_CONTINUATION, true, "x", "error 1002\n> close 1002\n");
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_TEXT, false, "x");
  PUT(&w, KT_WS_TEXT, true, "y");
  gives("error 1002\n> close 1002\n");
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_BINARY, true, "x");
  PUT(&w, KT_WS_CONTINUATION, true, "y");
  gives("binary 1 \"x\"\nerror 1002\n> close 1002\n");
}

TEST("a message that is whole in the bytes is a slice of them and costs no allocation") {
  static peer p;
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_TEXT, true, "Hello");
  PUT(&w, KT_WS_PING, true, "x");
  peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, usual_deflate);
  uint64_t before = kt_allocations();
  kt_ws_event e;
  size_t used = kt_ws_session_feed(&p.s, w.bytes, w.n, 0, &e);
  CHECK(e.kind == KT_WS_EVENT_MESSAGE && e.payload.p == w.bytes + 6);
  kt_ws_session_feed(&p.s, w.bytes + used, w.n - used, 0, &e);
  CHECK(e.kind == KT_WS_EVENT_PING && e.payload.p == w.bytes + 17);
  CHECK_EQ(kt_allocations(), before);
  peer_deinit(&p);
}

TEST("a head alone costs no allocation") {
  static peer p;
  static const char *const heads[] = {"\x89\xfd....", "\x81\xfd....", "\xc2\xfd...."};
  for (size_t i = 0; i < 3; i++) {
    peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, usual_deflate);
    uint64_t before = kt_allocations();
    peer_read(&p, heads[i], 6, 0);
    CHECK_EQ(kt_allocations(), before);
    peer_deinit(&p);
  }
}

TEST("a message that comes in pieces gets memory for what came, not for what was announced") {
  static peer p;
  static uint8_t block[1 << 16];
  begin(KT_WS_SERVER);
  put_frame(&w, KT_WS_BINARY, true, false, block, sizeof block);
  peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, no_deflate);
  peer_read(&p, w.bytes, 100, 0);
  CHECK(p.s.message.p && p.s.message.cap <= 512);
  peer_read(&p, w.bytes + 100, w.n - 100, 0);
  CHECK(!p.s.message.p);
  peer_deinit(&p);
}

/* ---- text ---- */

TEST("text is UTF-8 across fragments and reads, and fails with the first byte that cannot be right") {
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_TEXT, false, "\xc3");
  PUT(&w, KT_WS_PING, true, "\xff");
  PUT(&w, KT_WS_CONTINUATION, false, "\xa4\xf0\x9f");
  PUT(&w, KT_WS_CONTINUATION, true, "\x90\x99");
  gives("ping 1 \"\\ff\"\n> pong 1 \"\\ff\"\ntext 6 \"\\c3\\a4\\f0\\9f\\90\\99\"\n");
  READS(KT_WS_TEXT, true, "\xce\xba\xed\xa0\x80", "error 1007\n> close 1007\n");
  READS(KT_WS_TEXT, false, "\xf4\x90", "error 1007\n> close 1007\n");
  READS(KT_WS_TEXT, true, "\xc3", "error 1007\n> close 1007\n");
  READS(KT_WS_BINARY, true, "\xed\xa0\x80", "binary 3 \"\\ed\\a0\\80\"\n");
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_TEXT, false, "\xc3");
  PUT(&w, KT_WS_CONTINUATION, true, "");
  gives("error 1007\n> close 1007\n");
  static const uint8_t cut[] = {0x81, 0xfe, 0x01, 0x00, 0, 0, 0, 0, 'a', 0xff}; /* 254 bytes are still to come */
  begin(KT_WS_SERVER);
  w.n = sizeof cut;
  memcpy(w.bytes, cut, w.n);
  gives("error 1007\n> close 1007\n");
}

TEST("each text is judged by itself") {
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_BINARY, true, "\xc3");
  PUT(&w, KT_WS_TEXT, true, "a");
  gives("binary 1 \"\\c3\"\ntext 1 \"a\"\n");
}

/* ---- ping and pong ---- */

TEST("a ping is answered with its payload, a pong is not answered") {
  READS(KT_WS_PING, true, "", "ping 0 \"\"\n> pong 0 \"\"\n");
  READS(KT_WS_PING, true, "abc", "ping 3 \"abc\"\n> pong 3 \"abc\"\n");
  READS(KT_WS_PONG, true, "abc", "pong 3 \"abc\"\n");
  char longest[KT_WS_CONTROL_SIZE_MAX];
  memset(longest, 'x', sizeof longest);
  begin(KT_WS_SERVER);
  put_frame(&w, KT_WS_PING, true, false, longest, sizeof longest);
  gives("ping 125 sum 000e6be500003a99\n> pong 125 sum 000e6be500003a99\n");
}

/* ---- the end ---- */

TEST("a Close is answered with its code, and what follows is dropped") {
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_CLOSE, true, "\x03\xe9going");
  PUT(&w, KT_WS_TEXT, true, "late");
  PUT(&w, KT_WS_PING, true, "late");
  gives("close 1001 5 \"going\"\n> close 1001\n");
  READS(KT_WS_CLOSE, true, "", "close 1005 0 \"\"\n> close\n");
}

TEST("a Close may come between the fragments of a message, which is then dropped") {
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_TEXT, false, "a");
  PUT(&w, KT_WS_CLOSE, true, "\x0f\xa0");
  gives("close 4000 0 \"\"\n> close 4000\n");
}

TEST("of all codes a peer may send those that have a meaning are echoed, the others are a protocol error") {
  static peer p;
  char want[64];
  for (unsigned code = 0; code <= UINT16_MAX; code++) {
    uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    begin(KT_WS_SERVER);
    put_frame(&w, KT_WS_CLOSE, true, false, payload, 2);
    peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, no_deflate);
    peer_read(&p, w.bytes, w.n, 0);
    bool good = kt_ws_close_code_valid((uint16_t)code);
    snprintf(want, sizeof want, good ? "close %u 0 \"\"\n> close %u\n" : "error 1002\n> close 1002\n", code, code);
    check_transcript(p.t.text, want);
    peer_deinit(&p);
  }
}

TEST("a Close that is malformed is answered with why") {
  READS(KT_WS_CLOSE, true, "\x03", "error 1002\n> close 1002\n");
  READS(KT_WS_CLOSE, true, "\x03\xe8\xff", "error 1007\n> close 1007\n");
}

TEST("every error of a head ends the session with 1002") {
  static const char *const heads[] = {"\x81\x01", "\xc1", "\xa1", "\x83", "\x8b", "\x09", "\x89\xfe", "\x81\xfe\x01"};
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
    begin(KT_WS_SERVER);
    PUT(&w, KT_WS_TEXT, true, "ok");
    w.n += strlen(strcpy((char *)w.bytes + w.n, heads[i]));
    if (heads[i][1] == '\xfe') memset(w.bytes + w.n, 0, 5), w.bytes[w.n - 1] = 0, w.n += 5;
    gives("text 2 \"ok\"\nerror 1002\n> close 1002\n");
  }
}

TEST("the close handshake that we begin ends with the peer's Close, and nothing is sent meanwhile") {
  static peer p;
  peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, no_deflate);
  CHECK_EQ(kt_ws_session_close(&p.s, 1000, KT_BYTES("bye"), 0), KT_OK);
  CHECK_EQ(p.s.state, KT_WS_CLOSING);
  note_output(&p);
  CHECK_EQ(kt_ws_session_close(&p.s, 1000, KT_BYTES("bye"), 0), KT_ECANCELED);
  CHECK_EQ(kt_ws_session_send(&p.s, true, KT_BYTES("x")), KT_ECANCELED);
  CHECK_EQ(kt_ws_session_ping(&p.s, KT_BYTES("x")), KT_ECANCELED);
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_TEXT, true, "on its way");
  PUT(&w, KT_WS_PING, true, "");
  PUT(&w, KT_WS_CLOSE, true, "\x03\xe8");
  peer_read(&p, w.bytes, w.n, 0);
  check_transcript(p.t.text, "> close 1000\ntext 10 \"on its way\"\nping 0 \"\"\nclose 1000 0 \"\"\n");
  peer_deinit(&p);
}

TEST("an error in the close handshake sends no second Close") {
  static peer p;
  peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, no_deflate);
  CHECK_EQ(kt_ws_session_close(&p.s, KT_WS_CLOSE_NONE, KT_BYTES(""), 0), KT_OK);
  note_output(&p);
  peer_read(&p, "\xff", 1, 0);
  check_transcript(p.t.text, "> close\nerror 1002\n");
  CHECK_EQ(kt_ws_session_send(&p.s, true, KT_BYTES("x")), KT_ECANCELED);
  peer_deinit(&p);
}

TEST("a code that may not be sent and a reason that is too long or no text are refused") {
  static peer p;
  uint8_t reason[KT_WS_REASON_SIZE_MAX + 1];
  memset(reason, 'x', sizeof reason);
  peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, no_deflate);
  static const uint16_t codes[] = {0, 999, 1004, 1006, 1015, 1016, 2999, 5000};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    CHECK_EQ((int)-kt_ws_session_close(&p.s, codes[i], KT_BYTES(""), 0), -KT_EINVAL);
  CHECK_EQ((int)-kt_ws_session_close(&p.s, KT_WS_CLOSE_NONE, KT_BYTES("why"), 0), -KT_EINVAL);
  CHECK_EQ((int)-kt_ws_session_close(&p.s, 1000, kt_bytes_make(reason, sizeof reason), 0), -KT_EINVAL);
  CHECK_EQ((int)-kt_ws_session_close(&p.s, 1000, KT_BYTES("\xff"), 0), -KT_EINVAL);
  CHECK_EQ((int)-kt_ws_session_ping(&p.s, kt_bytes_make(reason, 124)), 0);
  CHECK_EQ((int)-kt_ws_session_close(&p.s, 4999, kt_bytes_make(reason, sizeof reason - 1), 0), 0);
  note_output(&p);
  CHECK(strstr(p.t.text, "> close 4999\n"));
  peer_deinit(&p);
}

/* ---- limits ---- */

TEST("a frame that is too long is refused when its head announces it") {
  kt_ws_config config = kt_ws_config_default;
  config.frame_size_max = 10;
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_TEXT, true, "0123456789");
  PUT(&w, KT_WS_TEXT, true, "0123456789a");
  w.n -= 11;
  gives_with(&config, "text 10 \"0123456789\"\nerror 1009\n> close 1009\n");
}

TEST("a message that is too long is refused when a head announces it") {
  kt_ws_config config = kt_ws_config_default;
  config.message_size_max = 10;
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_TEXT, false, "01234");
  PUT(&w, KT_WS_CONTINUATION, true, "56789");
  PUT(&w, KT_WS_TEXT, false, "01234");
  PUT(&w, KT_WS_CONTINUATION, true, "56789a");
  w.n -= 6;
  gives_with(&config, "text 10 \"0123456789\"\nerror 1009\n> close 1009\n");
  begin(KT_WS_SERVER);
  w.n = 14;
  memcpy(w.bytes, "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff....", 14);
  gives_with(&config, "error 1009\n> close 1009\n");
}

TEST("a message of too many fragments is refused") {
  kt_ws_config config = kt_ws_config_default;
  config.fragments_max = 3;
  begin(KT_WS_SERVER);
  for (int round = 0; round < 2; round++) {
    PUT(&w, KT_WS_BINARY, false, "");
    PUT(&w, KT_WS_CONTINUATION, false, "");
    PUT(&w, KT_WS_CONTINUATION, round == 0, "");
  }
  PUT(&w, KT_WS_CONTINUATION, true, "");
  gives_with(&config, "binary 0 \"\"\nerror 1008\n> close 1008\n");
}

TEST("messages and control frames beyond the rate are refused, fragments are not counted") {
  kt_ws_config config = kt_ws_config_default;
  config.messages_per_second = 10;
  config.messages_burst = 3;
  static peer p;
  peer_init(&p, &config, KT_WS_SERVER, no_deflate);
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_TEXT, false, "a");
  PUT(&w, KT_WS_CONTINUATION, false, "b");
  PUT(&w, KT_WS_PONG, true, "");
  PUT(&w, KT_WS_CONTINUATION, true, "c");
  PUT(&w, KT_WS_TEXT, true, "d");
  peer_read(&p, w.bytes, w.n, 1000);
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_TEXT, true, "e");
  peer_read(&p, w.bytes, w.n, 1100);
  peer_read(&p, w.bytes, w.n, 1199);
  check_transcript(p.t.text, "pong 0 \"\"\ntext 3 \"abc\"\ntext 1 \"d\"\ntext 1 \"e\"\nerror 1008\n> close 1008\n");
  peer_deinit(&p);
}

TEST("bytes beyond the rate are refused") {
  kt_ws_config config = kt_ws_config_default;
  config.bytes_per_second = 1000;
  config.bytes_burst = 7;
  static peer p;
  peer_init(&p, &config, KT_WS_SERVER, no_deflate);
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_TEXT, true, "a");
  peer_read(&p, w.bytes, w.n, 0);
  peer_read(&p, w.bytes, w.n, 7);
  peer_read(&p, w.bytes, w.n, 13);
  check_transcript(p.t.text, "text 1 \"a\"\ntext 1 \"a\"\nerror 1008\n> close 1008\n");
  peer_deinit(&p);
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_CLOSE, true, "\x03\xe8");
  gives_with(&config, "close 1000 0 \"\"\n> close 1000\n"); /* which ends it in any case */
}

/* ---- time ---- */

static const kt_ws_config patient = {
    .frame_size_max = 1000, .message_size_max = 1000, .fragments_max = 10,
    .ping_interval_ms = 100, .pong_timeout_ms = 20, .close_timeout_ms = 50,
};

static void ticks(peer *p, uint64_t now_ms, bool drop, uint64_t next_ms) {
  kt_ws_tick t = kt_ws_session_tick(&p->s, now_ms);
  CHECK_EQ(t.drop, drop);
  CHECK_EQ(t.next_ms, next_ms);
  note_output(p);
}

TEST("a silent peer is pinged, and dropped when it stays silent") {
  static peer p;
  peer_init(&p, &patient, KT_WS_SERVER, no_deflate);
  ticks(&p, 0, false, 100);
  ticks(&p, 99, false, 100);
  CHECK_EQ(p.out_n, 0);
  ticks(&p, 101, false, 121);
  ticks(&p, 110, false, 121);
  check_transcript(p.t.text, "> ping 0 \"\"\n");
  ticks(&p, 121, true, UINT64_MAX);
  CHECK_EQ(p.s.state, KT_WS_CLOSED);
  ticks(&p, 500, false, UINT64_MAX);
  peer_deinit(&p);
}

TEST("whatever a peer sends is a sign of life") {
  static peer p;
  peer_init(&p, &patient, KT_WS_SERVER, no_deflate);
  peer_read(&p, "\x81", 1, 60);
  ticks(&p, 100, false, 160);
  ticks(&p, 160, false, 180);
  peer_read(&p, "\x81", 1, 170);
  ticks(&p, 180, false, 270);
  ticks(&p, 270, false, 290);
  ticks(&p, 290, true, UINT64_MAX);
  peer_deinit(&p);
}

TEST("a peer that does not answer our Close is dropped") {
  static peer p;
  peer_init(&p, &patient, KT_WS_SERVER, no_deflate);
  CHECK_EQ(kt_ws_session_close(&p.s, 1001, KT_BYTES(""), 30), KT_OK);
  ticks(&p, 30, false, 80);
  ticks(&p, 79, false, 80);
  ticks(&p, 80, true, UINT64_MAX);
  peer_deinit(&p);
}

TEST("a session that was dropped holds nothing, whatever was coming") {
  static peer p;
  peer_init(&p, &patient, KT_WS_SERVER, no_deflate);
  peer_read(&p, "\x02\x81....x", 7, 0);
  peer_read(&p, "\x89\x82....a", 7, 0);
  CHECK(p.s.message.p && p.s.control);
  kt_ws_session_tick(&p.s, 100);
  CHECK(kt_ws_session_tick(&p.s, 120).drop);
  kt_ws_event e;
  CHECK_EQ(kt_ws_session_feed(&p.s, NULL, 0, 120, &e), 0);
  CHECK(!p.s.message.p && !p.s.control);
  peer_deinit(&p);
}

TEST("without an interval nobody is pinged") {
  static peer p;
  kt_ws_config config = patient;
  config.ping_interval_ms = 0;
  peer_init(&p, &config, KT_WS_SERVER, no_deflate);
  ticks(&p, 1000000, false, UINT64_MAX);
  CHECK_EQ(p.out_n, 0);
  peer_deinit(&p);
}

/* ---- out ---- */

TEST("a server's messages go out as one frame each, without a mask and without a copy of the payload") {
  static peer p;
  peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, no_deflate);
  uint64_t before = kt_allocations();
  CHECK_EQ(kt_ws_session_send(&p.s, true, KT_BYTES("Hello")), KT_OK);
  CHECK_EQ(kt_ws_session_send(&p.s, false, KT_BYTES("")), KT_OK);
  CHECK_EQ(kt_ws_session_ping(&p.s, KT_BYTES("?")), KT_OK);
  CHECK_EQ(kt_allocations(), before);
  CHECK(p.out_n == 12 && memcmp(p.out, "\x81\x05Hello\x82\x00\x89\x01?", 12) == 0);
  peer_deinit(&p);
}

TEST("a client masks each frame with a key of its own and leaves the payload as it is") {
  static peer p;
  static uint8_t block[10000], copy[10000];
  for (size_t i = 0; i < sizeof block; i++) block[i] = copy[i] = (uint8_t)i;
  peer_init(&p, &kt_ws_config_default, KT_WS_CLIENT, no_deflate);
  CHECK_EQ(kt_ws_session_send(&p.s, false, kt_bytes_make(block, sizeof block)), KT_OK);
  CHECK_EQ(kt_ws_session_send(&p.s, false, kt_bytes_make(block, 3)), KT_OK);
  CHECK(memcmp(block, copy, sizeof block) == 0);
  CHECK(memcmp(p.out + 4, p.out + 8 + sizeof block + 2, 4) != 0);
  note_output(&p);
  CHECK(memcmp(p.out + 8, block, sizeof block) == 0);
  CHECK(strstr(p.t.text, "> binary 3 \"\\00\\01\\02\"\n"));
  peer_deinit(&p);
}

TEST("a sink that takes no more ends the session, whatever was being sent") {
  begin(KT_WS_SERVER);
  PUT(&w, KT_WS_PING, true, "x");
  for (size_t room = 0; room < 3; room++) {
    static peer p;
    peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, no_deflate);
    p.out_max = room;
    CHECK_EQ((int)-kt_ws_session_send(&p.s, true, KT_BYTES("x")), -KT_EFULL);
    CHECK_EQ(p.s.state, KT_WS_CLOSED);
    CHECK_EQ(kt_ws_session_send(&p.s, true, KT_BYTES("x")), KT_ECANCELED);
    peer_deinit(&p);
    kt_ws_event e;
    uint8_t copy[16];
    memcpy(copy, w.bytes, w.n);
    peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, no_deflate);
    p.out_max = room;
    kt_ws_session_feed(&p.s, copy, w.n, 0, &e);
    CHECK(e.kind == KT_WS_EVENT_ERROR && e.code == KT_WS_CLOSE_ABNORMAL && e.payload.n == 0);
    CHECK_EQ(p.s.state, KT_WS_CLOSED);
    peer_deinit(&p);
    peer_init(&p, &patient, KT_WS_SERVER, no_deflate);
    p.out_max = room < 2 ? room : 1;
    CHECK(kt_ws_session_tick(&p.s, 200).drop);
    peer_deinit(&p);
  }
}

TEST("an error that cannot be told is an abnormal end") {
  static peer p;
  peer_init(&p, &kt_ws_config_default, KT_WS_SERVER, no_deflate);
  p.out_max = 3;
  uint8_t byte = 0xff;
  kt_ws_event e;
  kt_ws_session_feed(&p.s, &byte, 1, 0, &e);
  CHECK(e.kind == KT_WS_EVENT_ERROR && e.code == KT_WS_CLOSE_ABNORMAL);
  peer_deinit(&p);
}
