/* Request lines and field lines (RFC 9112 §2 to §5). What single fields mean together is in framing_test.c. */
#include "head.h"

#define TAIL "\r\nHost: a\r\n\r\n"
#define LINE_OK " authority=a body=none keep-alive"

TEST("the simplest request is read") { ACCEPTS("GET / HTTP/1.1" TAIL, "GET 1.1 path=/" LINE_OK); }

TEST("a prefix of a good head asks for more") {
  const char text[] = "\r\nPOST /a%20b?c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX: y \r\n\r\n";
  uint8_t scratch[8000];
  kt_field fields[8];
  for (size_t n = 0; n < sizeof text - 1; n++) {
    kt_request r = {.fields = fields, .field_max = 8};
    kt_h1_parser p;
    kt_h1_parser_init(&p);
    CHECK(kt_h1_parse(&p, &usual_limits, (const uint8_t *)text, n, scratch, &r) == KT_H1_MORE);
  }
}

TEST("pipelined heads are taken one at a time and end where they end") {
  const char text[] = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\nX: 1\r\n\r\nGET /3 HT";
  const head *h = parse_every_way(&usual_limits, text, sizeof text - 1);
  CHECK(strcmp(h->line, "GET 1.1 path=/1 authority=a body=none keep-alive") == 0);
  CHECK_EQ(h->head_n, 28);
  size_t at = h->head_n;
  h = parse_every_way(&usual_limits, text + at, sizeof text - 1 - at);
  CHECK(strcmp(h->line, "GET 1.1 path=/2 authority=b body=none keep-alive") == 0);
  CHECK_EQ(h->head_n, 36);
  at += h->head_n;
  h = parse_every_way(&usual_limits, text + at, sizeof text - 1 - at);
  CHECK(h->result == KT_H1_MORE);
}

TEST("a parser that serves one request after the other forgets the one before") {
  const char first[] = "POST /a?b HTTP/1.0\r\nHost: x\r\nContent-Length: 7\r\nExpect: y\r\nConnection: close\r\n\r\n";
  const char second[] = "GET /c HTTP/1.1\r\nHost: y\r\n\r\n";
  uint8_t scratch[8000];
  kt_field fields[8];
  kt_request r = {.fields = fields, .field_max = 8};
  kt_h1_parser p;
  kt_h1_parser_init(&p);
  CHECK(kt_h1_parse(&p, &usual_limits, (const uint8_t *)first, sizeof first - 1, scratch, &r) == KT_H1_DONE);
  CHECK(r.body_kind == KT_BODY_LENGTH && !r.keep_alive && r.field_count == 4);
  kt_h1_parser_init(&p);
  CHECK(kt_h1_parse(&p, &usual_limits, (const uint8_t *)second, sizeof second - 1, scratch, &r) == KT_H1_DONE);
  CHECK(r.body_kind == KT_BODY_NONE && r.keep_alive && r.field_count == 1 && r.content_length == 0);
  CHECK(!r.query.p && !kt_request_field(&r, KT_FIELD_EXPECT).p && !kt_request_field(&r, KT_FIELD_CONTENT_LENGTH).p);
  CHECK_BYTES(r.authority, "y");
}

TEST("up to two empty lines before a request are ignored and count to its head") { /* row 27 */
  ACCEPTS("\r\nGET / HTTP/1.1" TAIL, "GET 1.1 path=/" LINE_OK);
  ACCEPTS("\r\n\r\nGET / HTTP/1.1" TAIL, "GET 1.1 path=/" LINE_OK);
  CHECK_EQ(parse_every_way(&usual_limits, "\r\n\r\nGET / HTTP/1.0\r\n\r\n", 22)->head_n, 22);
  REJECTS(400, "\r\n\r\n\r\nGET / HTTP/1.1" TAIL);
  REJECTS(400, "\nGET / HTTP/1.1" TAIL);
  REJECTS(400, "\rGET / HTTP/1.1" TAIL);
  REJECTS(400, " \r\nGET / HTTP/1.1" TAIL);
}

TEST("every known method has its id, and another token is a method that is not known") { /* row 29 */
  static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "QUERY",
                                      "PURGE", "QUERIES", "get", "Get", "GETS", "GE", "!#$%&'*+-.^_`|~", "M-SEARCH"};
  static const uint8_t ids[] = {KT_GET, KT_HEAD, KT_POST, KT_PUT, KT_DELETE, KT_OPTIONS, KT_TRACE, KT_PATCH, KT_QUERY};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char text[100];
    int n = snprintf(text, sizeof text, "%s / HTTP/1.1" TAIL, names[i]);
    uint8_t scratch[8000];
    kt_field fields[8];
    kt_request r = {.fields = fields, .field_max = 8};
    kt_h1_parser p;
    kt_h1_parser_init(&p);
    CHECK(kt_h1_parse(&p, &usual_limits, (const uint8_t *)text, (size_t)n, scratch, &r) == KT_H1_DONE);
    CHECK_EQ(r.method, i < sizeof ids ? ids[i] : KT_METHOD_UNKNOWN);
    CHECK_BYTES(r.method_text, names[i]);
  }
}

TEST("a method is a token and stands first") {
  REJECTS(400, " GET / HTTP/1.1" TAIL);
  REJECTS(400, "G(T / HTTP/1.1" TAIL);
  REJECTS(400, "GET\x80 / HTTP/1.1" TAIL);
  REJECTS(400, "GET\0 / HTTP/1.1" TAIL);
  REJECTS(400, "GET: / HTTP/1.1" TAIL);
  REJECTS(400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"); /* TLS on a port without it */
  REJECTS(400, "\xef\xbb\xbfGET / HTTP/1.1" TAIL);
}

TEST("single spaces separate the parts of a request line") { /* row 24 */
  REJECTS(400, "GET  / HTTP/1.1" TAIL);
  REJECTS(400, "GET /  HTTP/1.1" TAIL);
  REJECTS(400, "GET\t/ HTTP/1.1" TAIL);
  REJECTS(400, "GET /\tHTTP/1.1" TAIL);
  REJECTS(400, "GET / HTTP/1.1 " TAIL);
  REJECTS(400, "GET / HTTP/1.1\t" TAIL);
  REJECTS(400, "GET / a HTTP/1.1" TAIL);
  REJECTS(400, "GET HTTP/1.1" TAIL);
  REJECTS(400, "GET /\x0bHTTP/1.1" TAIL);
}

TEST("the version is HTTP/1.x, two single digits in capitals") { /* row 25 */
  ACCEPTS("GET / HTTP/1.0" TAIL, "GET 1.0 path=/ authority=a body=none");
  ACCEPTS("GET / HTTP/1.2" TAIL, "GET 1.1 path=/" LINE_OK);
  ACCEPTS("GET / HTTP/1.9" TAIL, "GET 1.1 path=/" LINE_OK);
  REJECTS(400, "GET / HTTP/1" TAIL);
  REJECTS(400, "GET / HTTP/1." TAIL);
  REJECTS(400, "GET / HTTP/01.1" TAIL);
  REJECTS(400, "GET / HTTP/1.10" TAIL);
  REJECTS(400, "GET / HTTP/1.1a" TAIL);
  REJECTS(400, "GET / http/1.1" TAIL);
  REJECTS(400, "GET / Http/1.1" TAIL);
  REJECTS(400, "GET / HTTP 1.1" TAIL);
  REJECTS(400, "GET / HTTP/a.1" TAIL);
  REJECTS(400, "GET / HTTP/1.x" TAIL);
  REJECTS(400, "GET / HTTPS/1.1" TAIL);
  REJECTS(400, "GET / ICE/1.0" TAIL);
  REJECTS(400, "GET / HTTP/+1.1" TAIL);
}

TEST("another major version is 505, whatever follows it") {
  REJECTS(505, "GET / HTTP/2.0" TAIL);
  REJECTS(505, "GET / HTTP/0.9" TAIL);
  REJECTS(505, "GET / HTTP/9.9" TAIL);
  REJECTS(505, "GET / HTTP/2.0");
  REJECTS(505, "GET / HTTP/2.0 x" TAIL);
  REJECTS(505, "GET / HTTP/2.0\n");
}

TEST("HTTP/0.9, HTTP/2's preface and noise are 400") { /* row 26 */
  REJECTS(400, "GET /\r\n");
  REJECTS(400, "GET\r\n");
  REJECTS(400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  REJECTS(400, "PRI / HTTP/1.1" TAIL);
  REJECTS(400, "\0\0\0\0");
  REJECTS(400, "\xff\xff\xff\xff");
}

TEST("a bare LF ends no line") { /* row 11 */
  REJECTS(400, "GET / HTTP/1.1\nHost: a\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\n\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\n\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n");
}

TEST("a bare CR is found wherever it stands") { /* row 12 */
  REJECTS(400, "GET / HTTP/1.1\rHost: a\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n");
  REJECTS(400, "GET /\r HTTP/1.1" TAIL);
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\nX\r: y\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\n\rX\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n");
}

TEST("folded lines and space before the first field are refused") { /* rows 14, 16 */
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n");
}

TEST("a field name is a token that a colon follows at once") { /* rows 15, 17 */
  REJECTS(400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"); /* CVE-2023-25725 */
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\nX\0: z\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\n\xc3\xa4: z\r\n\r\n");
}

TEST("every byte value is judged in a name and in a value as RFC 9110 says") { /* row 18, CVE-2019-9900 */
  char name[] = "GET / HTTP/1.1\r\nHost: a\r\nX?X: z\r\n\r\n", value[] = "GET / HTTP/1.1\r\nHost: a\r\nX: y?z\r\n\r\n";
  for (unsigned c = 0; c < 256; c++) {
    bool token = c < 0x7f && c > 0x20 && !strchr("\"(),/:;<=>?@[\\]{}", (int)c);
    name[26] = (char)c;
    check_status(name, sizeof name - 1, token || c == ':' ? 0 : 400);
    value[29] = (char)c;
    check_status(value, sizeof value - 1, c == '\t' || (c >= 0x20 && c != 0x7f) ? 0 : 400);
  }
}

TEST("values lose the blanks around them and keep those within") {
  const char text[] = "GET / HTTP/1.1\r\nHost:a\r\nA: \t b \tc\t \r\nB:\r\nC: \t \r\nD: d\r\nb: 2\r\nE:f:g\r\n\r\n";
  const head *h = parse_every_way(&usual_limits, text, sizeof text - 1);
  CHECK(h->result == KT_H1_DONE);
  CHECK(strcmp(h->fields, "Host=a\nA=b \tc\nB=\nC=\nD=d\nb=2\nE=f:g\n") == 0);
}

TEST("an underscore does not make a field another one") { /* row 45 */
  ACCEPTS("GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\nTransfer_Encoding: chunked\r\n\r\n",
          "GET 1.1 path=/" LINE_OK);
}
