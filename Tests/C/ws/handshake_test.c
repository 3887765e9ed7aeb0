/* Opening handshakes (RFC 6455 §4.2, RFC 7692 §5.1 and §7.1, RFC 8441 §5) as answers to whole request heads. */
#include "ws/handshake.h"
#include "check.h"
#include "http1/parse.h"

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define GET(fields) "GET /chat HTTP/1.1\r\nHost: a\r\n" fields "\r\n"
#define GOOD(fields) GET(UPGRADE KEY VERSION fields)

static const kt_bytes protocols[] = {KT_BYTES("chat"), KT_BYTES("superchat")};
static const kt_ws_terms usual = {protocols, 2, false, {true, false, false, 15, 15}};

static kt_request request;
static uint8_t text[KT_WS_ANSWER_TEXT_SIZE];

static void read_request(const char *head) {
  static kt_field fields[32];
  static uint8_t scratch[1024];
  static const kt_h1_limits limits = {16384, 1024, 32};
  kt_h1_parser p;
  kt_h1_parser_init(&p);
  request = (kt_request){.fields = fields, .field_max = 32};
  if (kt_h1_parse(&p, &limits, (const uint8_t *)head, strlen(head), scratch, &request) != KT_H1_DONE)
    KT_FAIL("%s: %s", p.reason, head);
}

static kt_ws_answer judge(const kt_ws_terms *terms, const char *head) {
  kt_ws_answer answer;
  read_request(head);
  memset(text, 0x55, sizeof text);
  kt_ws_handshake(&request, terms, text, &answer);
  CHECK(answer.field_count <= KT_WS_ANSWER_FIELDS_MAX);
  CHECK((answer.reason == NULL) == (answer.status < 300));
  return answer;
}

/* The answer's fields as "Name: value\n" lines. */
static const char *fields_of(const kt_ws_answer *a) {
  static char out[1024];
  char *p = out;
  *p = 0;
  for (unsigned i = 0; i < a->field_count; i++)
    p += sprintf(p, "%.*s: %.*s\n", (int)a->fields[i].name.n, (const char *)a->fields[i].name.p,
                 (int)a->fields[i].value.n, (const char *)a->fields[i].value.p);
  return out;
}

static void check_answer(const kt_ws_terms *terms, const char *head, unsigned status, const char *fields) {
  kt_ws_answer a = judge(terms, head);
  if (a.status != status || strcmp(fields_of(&a), fields) != 0)
    KT_FAIL("%u with\n%sinstead of %u with\n%sfor: %s", a.status, fields_of(&a), status, fields, head);
  if (a.reason) CHECK(!a.deflate.on && !a.subprotocol.p);
}

#define SWITCHED "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n"
#define REQUIRED "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n"

TEST("the example of RFC 6455 §1.3 is answered as there") {
  check_answer(&usual, GOOD("Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n"), 101,
               SWITCHED "Sec-WebSocket-Protocol: chat\n");
  uint8_t accept[KT_WS_ACCEPT_SIZE];
  CHECK(kt_ws_accept((const uint8_t *)"dGhlIHNhbXBsZSBub25jZQ==", accept));
  CHECK_BYTES(kt_bytes_make(accept, sizeof accept), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST("options are words of a list, without case") {
  check_answer(&usual, GET("UPGRADE: h2c, WebSocket, x\r\nconnection: keep-alive, upgrade\r\n" KEY VERSION), 101,
               SWITCHED);
  check_answer(&usual, GET("Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" KEY VERSION), 101, SWITCHED);
}

TEST("a request that does not ask for the upgrade is told that it must") {
  check_answer(&usual, GET(KEY VERSION), 426, REQUIRED);
  check_answer(&usual, GET("Upgrade: websocket\r\n" KEY VERSION), 426, REQUIRED);
  check_answer(&usual, GET("Connection: Upgrade\r\n" KEY VERSION), 426, REQUIRED);
  check_answer(&usual, GET("Upgrade: websockets\r\nConnection: Upgrade\r\n" KEY VERSION), 426, REQUIRED);
  check_answer(&usual, "GET / HTTP/1.0\r\nHost: a\r\n" UPGRADE KEY VERSION "\r\n", 426, REQUIRED);
}

TEST("only GET opens a WebSocket over HTTP/1.1, and without content") {
  check_answer(&usual, "POST / HTTP/1.1\r\nHost: a\r\n" UPGRADE KEY VERSION "\r\n", 405, "Allow: GET\n");
  check_answer(&usual, GOOD("Content-Length: 1\r\n"), 400, "");
  check_answer(&usual, GOOD("Transfer-Encoding: chunked\r\n"), 400, "");
  check_answer(&usual, GOOD("Content-Length: 0\r\n"), 101, SWITCHED);
}

TEST("another version is told which one is spoken here") {
  check_answer(&usual, GET(UPGRADE KEY), 426, REQUIRED);
  check_answer(&usual, GET(UPGRADE KEY "Sec-WebSocket-Version: 8\r\n"), 426, REQUIRED);
  check_answer(&usual, GET(UPGRADE KEY "Sec-WebSocket-Version: 013\r\n"), 426, REQUIRED);
  check_answer(&usual, GOOD(VERSION), 400, "");
}

static void key_is(const char *key, unsigned status) {
  char head[300];
  snprintf(head, sizeof head, GET(UPGRADE VERSION "Sec-WebSocket-Key:%s\r\n"), key);
  CHECK_EQ(judge(&usual, head).status, status);
}

TEST("a key is sixteen bytes in base64, once") {
  key_is("AAAAAAAAAAAAAAAAAAAAAA==", 101);
  key_is("+/az09AZ+/az09AZ+/az0w==", 101);
  key_is("", 400);
  key_is("AAAAAAAAAAAAAAAAAAAAAB==", 400); /* bits beyond the sixteenth byte */
  key_is("AAAAAAAAAAAAAAAAAAAAAA=A", 400);
  key_is("AAAAAAAAAAAAAAAAAAAAAAA=", 400);
  key_is("AAAAAAAAAAAAAAAAAAAAAAAA", 400);
  key_is("AAAAAAAAAAAAAAAAAAAAAA=", 400);
  key_is("AAAAAAAAAAAAAAAAAAAAAA===", 400);
  key_is("AAAA AAAAAAAAAAAAAAAAA==", 400);
  key_is("AAAA-AAAAAAAAAAAAAAAAA==", 400);
  check_answer(&usual, GET(UPGRADE VERSION), 400, "");
  check_answer(&usual, GOOD(KEY), 400, "");
}

static void protocol_is(const char *field, const char *protocol) {
  char head[500];
  snprintf(head, sizeof head, GOOD("%s"), field);
  kt_ws_answer a = judge(&usual, head);
  CHECK_EQ(a.status, 101);
  CHECK_BYTES(a.subprotocol, protocol);
}

TEST("the first subprotocol of the client's that is known here is agreed on, or none") {
  protocol_is("Sec-WebSocket-Protocol: superchat, chat\r\n", "superchat");
  protocol_is("Sec-WebSocket-Protocol: mqtt ,chat\r\n", "chat");
  protocol_is("Sec-WebSocket-Protocol: mqtt\r\nsec-websocket-protocol: chat\r\n", "chat");
  protocol_is("Sec-WebSocket-Protocol: Chat, chat2\r\n", "");
  protocol_is("", "");
}

TEST("a list of subprotocols that breaks the grammar is refused") {
  check_answer(&usual, GOOD("Sec-WebSocket-Protocol:\r\n"), 400, "");
  check_answer(&usual, GOOD("Sec-WebSocket-Protocol: chat,\r\n"), 400, "");
  check_answer(&usual, GOOD("Sec-WebSocket-Protocol: a b\r\n"), 400, "");
  check_answer(&usual, GOOD("Sec-WebSocket-Protocol: chat, b;c\r\n"), 400, "");
}

/* ---- permessage-deflate ---- */

/* `offers` is answered with `extension`; "": no extension. */
static void agreed(const kt_ws_terms *terms, const char *offers, const char *extension) {
  char head[600], fields[400] = SWITCHED;
  snprintf(head, sizeof head, GOOD("Sec-WebSocket-Extensions: %s\r\n"), offers);
  if (*extension) snprintf(fields, sizeof fields, SWITCHED "Sec-WebSocket-Extensions: %s\n", extension);
  check_answer(terms, head, 101, fields);
  CHECK(judge(terms, head).deflate.on == (*extension != 0));
}

#define PMD "permessage-deflate"

TEST("an offer is accepted as it was made") {
  agreed(&usual, PMD, PMD);
  agreed(&usual, "Permessage-Deflate", PMD);
  agreed(&usual, PMD "; client_max_window_bits", PMD);
  agreed(&usual, PMD "; client_max_window_bits=15", PMD);
  agreed(&usual, PMD " ;\tclient_max_window_bits = 10", PMD "; client_max_window_bits=10");
  agreed(&usual, PMD "; client_max_window_bits=8", PMD "; client_max_window_bits=8");
  agreed(&usual, PMD "; server_max_window_bits=9", PMD "; server_max_window_bits=9");
  agreed(&usual, PMD "; server_max_window_bits=\"12\"", PMD "; server_max_window_bits=12");
  agreed(&usual, PMD "; server_no_context_takeover", PMD "; server_no_context_takeover");
  agreed(&usual, PMD "; client_no_context_takeover; server_no_context_takeover; server_max_window_bits=11; "
                 "client_max_window_bits=14",
         PMD "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11; "
             "client_max_window_bits=14");
}

TEST("the server's own terms narrow an offer, the client's window only where the client allows it") {
  kt_ws_terms narrow = usual;
  narrow.deflate = (kt_ws_deflate_terms){true, true, true, 10, 11};
  agreed(&narrow, PMD, PMD "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10");
  narrow.deflate = (kt_ws_deflate_terms){true, false, false, 10, 11};
  agreed(&narrow, PMD "; client_max_window_bits", PMD "; server_max_window_bits=10; client_max_window_bits=11");
  agreed(&narrow, PMD "; client_max_window_bits=9; server_max_window_bits=9",
         PMD "; server_max_window_bits=9; client_max_window_bits=9");
  agreed(&narrow, PMD "; client_max_window_bits=12; server_max_window_bits=12",
         PMD "; server_max_window_bits=10; client_max_window_bits=11");
  CHECK_EQ(judge(&narrow, GOOD("Sec-WebSocket-Extensions: " PMD "\r\n")).deflate.client_max_window_bits, 15);
}

TEST("a browser's offer is accepted with small windows, if nothing else is said") {
  kt_ws_terms terms = usual;
  terms.deflate = kt_ws_deflate_terms_default;
  agreed(&terms, PMD "; client_max_window_bits", PMD "; server_max_window_bits=12; client_max_window_bits=12");
}

TEST("an offer with a parameter that is unknown, repeated or out of range is declined") {
  static const char *const declined[] = {
      "; x",
      "; x; server_max_window_bits=10",
      "; server_no_context_takeover=1",
      "; client_no_context_takeover=true",
      "; server_no_context_takeover; server_no_context_takeover",
      "; server_max_window_bits",
      "; server_max_window_bits=7",
      "; server_max_window_bits=8", /* zlib has no such window */
      "; server_max_window_bits=16",
      "; server_max_window_bits=09",
      "; server_max_window_bits=1a",
      "; server_max_window_bits=100",
      "; server_max_window_bits=10; server_max_window_bits=10",
      "; client_max_window_bits=7",
      "; client_max_window_bits=16",
      "; client_max_window_bits; client_max_window_bits",
      "; client_max_window_bits=\"\\1\\0\"",
  };
  char offers[300];
  for (size_t i = 0; i < sizeof declined / sizeof *declined; i++) {
    snprintf(offers, sizeof offers, PMD "%s", declined[i]);
    agreed(&usual, offers, "");
    snprintf(offers, sizeof offers, PMD "%s, " PMD "; server_max_window_bits=13", declined[i]);
    agreed(&usual, offers, PMD "; server_max_window_bits=13");
  }
}

TEST("the first offer that can be met is accepted, in whichever field it stands") {
  agreed(&usual, "x-webkit-deflate-frame, bbf-usp; a=\"b\", " PMD "; server_max_window_bits=10, " PMD,
         PMD "; server_max_window_bits=10");
  agreed(&usual, "x; y=1\r\nSec-WebSocket-Extensions: " PMD, PMD);
  agreed(&usual, PMD "; client_no_context_takeover\r\nSec-WebSocket-Extensions: " PMD,
         PMD "; client_no_context_takeover");
  agreed(&usual, ", ," PMD ",", PMD);
  kt_ws_terms off = usual;
  off.deflate.on = false;
  agreed(&off, PMD, "");
}

TEST("a list of extensions that breaks the grammar is refused") {
  static const char *const broken[] = {
      ";", "a b", PMD ";", PMD "; ; a", PMD "; =1", PMD "; a=", PMD "; a=\"", PMD "; a=\"\"",
      PMD "; a=\"b", PMD "; a=\"b c\"", PMD "; a=\"b\\", PMD "; a=\"b\" c", "a=b", PMD "; a=b=c", "\xc3\xa4",
  };
  char head[400];
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    snprintf(head, sizeof head, GOOD("Sec-WebSocket-Extensions: " PMD ", %s\r\n"), broken[i]);
    check_answer(&usual, head, 400, "");
  }
  check_answer(&usual, GOOD("Sec-WebSocket-Extensions: ;\r\nSec-WebSocket-Extensions: " PMD "\r\n"), 400, "");
}

/* ---- extended CONNECT ---- */

static kt_ws_answer judge_connect(const char *fields) {
  kt_ws_terms extended = usual;
  extended.extended_connect = true;
  char head[500];
  snprintf(head, sizeof head, "GET /chat HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
  read_request(head);
  request.method = KT_CONNECT; /* as the HTTP/2 room fills it */
  kt_ws_answer answer;
  kt_ws_handshake(&request, &extended, text, &answer);
  return answer;
}

TEST("extended CONNECT needs no upgrade and no key, and is answered with 200") {
  kt_ws_answer a = judge_connect(VERSION "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: " PMD "\r\n");
  CHECK_EQ(a.status, 200);
  CHECK(strcmp(fields_of(&a), "Sec-WebSocket-Protocol: chat\nSec-WebSocket-Extensions: " PMD "\n") == 0);
  a = judge_connect(VERSION);
  CHECK(a.status == 200 && a.field_count == 0);
}

TEST("extended CONNECT with another version gets no Upgrade, which its HTTP does not have") {
  kt_ws_answer a = judge_connect("Sec-WebSocket-Version: 12\r\n");
  CHECK_EQ(a.status, 400);
  CHECK(strcmp(fields_of(&a), "Sec-WebSocket-Version: 13\n") == 0);
  CHECK_EQ(judge_connect(VERSION "Sec-WebSocket-Protocol: ,\r\n").status, 400);
  kt_ws_terms extended = usual;
  extended.extended_connect = true;
  CHECK_EQ(judge(&extended, GOOD("")).status, 400);
}
