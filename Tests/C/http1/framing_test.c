/* What decides where a message ends and whether its connection goes on (RFC 9112 §6, §9). The names of known attacks
 * stand beside the inputs that would have worked. */
#include "head.h"

#define HEAD "POST / HTTP/1.1\r\nHost: a\r\n"
#define BASE "POST 1.1 path=/ authority=a body="

TEST("Content-Length and Transfer-Encoding together are refused") { /* row 1 */
  REJECTS(400, HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n");
  REJECTS(400, HEAD "transfer-encoding: chunked\r\nCONTENT-LENGTH: 0\r\n\r\n");
  REJECTS(400, HEAD "Content-Length:\r\nTransfer-Encoding: chunked\r\n\r\n"); /* CVE-2023-40225 */
}

TEST("chunked alone is understood, in any case") {
  ACCEPTS(HEAD "Transfer-Encoding: chunked\r\n\r\n", BASE "chunked keep-alive");
  ACCEPTS(HEAD "TRANSFER-ENCODING:CHUNKED\r\n\r\n", BASE "chunked keep-alive");
  ACCEPTS(HEAD "Transfer-Encoding: \t chunked\t \r\n\r\n", BASE "chunked keep-alive");
}

TEST("what is not chunked at its end is refused") { /* row 2 */
  REJECTS(400, HEAD "Transfer-Encoding: chunked, gzip\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: identity\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: gzip\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: xchunked\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: chunkedx\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: chunke\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding:\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: chunked, identity\r\n\r\n"); /* CVE-2022-32215 */
  REJECTS(400, HEAD "Transfer-Encoding: chunked;a=b\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: \"chunked\"\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: 'chunked'\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: chunked\0\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: \x0b"
                    "chunked\r\n\r\n"); /* CVE-2019-18277 */
  REJECTS(400, HEAD "Transfer-Encoding: chunked\x0c\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: \xa0"
                    "chunked\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: gzip chunked\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding\r\n : chunked\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding:\r\n chunked\r\n\r\n"); /* CVE-2022-32214, CVE-2023-30589 */
}

TEST("another coding before chunked is 501") {
  REJECTS(501, HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n");
  REJECTS(501, HEAD "Transfer-Encoding: gzip,deflate,chunked\r\n\r\n");
  REJECTS(501, HEAD "Transfer-Encoding: identity, chunked\r\n\r\n");
}

TEST("chunked twice, on one line or two, is refused") { /* row 3 */
  REJECTS(400, HEAD "Transfer-Encoding: chunked, chunked\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"); /* CVE-2024-1135 */
  REJECTS(501, HEAD "Transfer-Encoding: gzip, chunked\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST("empty elements of Transfer-Encoding are refused") { /* row 4 */
  REJECTS(400, HEAD "Transfer-Encoding: ,chunked\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: chunked,\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: chunked ,\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: ,\r\n\r\n");
  REJECTS(400, HEAD "Transfer-Encoding: gzip,,chunked\r\n\r\n");
}

TEST("Transfer-Encoding from an HTTP/1.0 client is refused") { /* row 5, CVE-2026-2835 */
  REJECTS(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
  REJECTS(400, "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST("Content-Length stands once") { /* rows 6, 7 */
  REJECTS(400, HEAD "Content-Length: 5\r\nContent-Length: 6\r\n\r\n");
  REJECTS(400, HEAD "Content-Length: 5\r\nContent-Length: 5\r\n\r\n");
  REJECTS(400, HEAD "Content-Length: 5, 6\r\n\r\n");
  REJECTS(400, HEAD "Content-Length: 5, 5\r\n\r\n");
  REJECTS(400, HEAD "Content-Length: 5,\r\n\r\n");
  REJECTS(400, HEAD "Content-Length: 0\r\nX: y\r\ncontent-length: 0\r\n\r\n");
}

TEST("Content-Length is digits that fit 63 bits") { /* row 8, CVE-2021-40346, CVE-2023-47627 */
  static const char *const bad[] = {"",     "+5",   "-1",  "-0",   "0x5", "5_0", "5 5",  "5a", "a", "5.0",
                                    "1e3",  "\"5\"", "5;",  ("\x0b" "5"), "5\x0c", "\xd9\xa5", "5\xa0", ";",
                                    "9223372036854775808", "9999999999999999999", "18446744073709551616",
                                    "00000000000000000005", "55555555555555555555555555555555555"};
  char text[200];
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int n = snprintf(text, sizeof text, HEAD "Content-Length: %s\r\n\r\n", bad[i]);
    check_status(text, (size_t)n, 400);
  }
  REJECTS(400, HEAD "Content-Length: 5\0\r\n\r\n");
}

TEST("a good Content-Length is taken as it is") {
  ACCEPTS(HEAD "Content-Length: 5\r\n\r\n", BASE "length:5 keep-alive");
  ACCEPTS(HEAD "Content-Length:5\t \r\n\r\n", BASE "length:5 keep-alive");
  ACCEPTS(HEAD "Content-Length: 0000000000000000005\r\n\r\n", BASE "length:5 keep-alive");
  ACCEPTS(HEAD "Content-Length: 9223372036854775807\r\n\r\n", BASE "length:9223372036854775807 keep-alive");
  ACCEPTS(HEAD "Content-Length: 0\r\n\r\n", BASE "none keep-alive");
  ACCEPTS(HEAD "Content-Length: 000\r\n\r\n", BASE "none keep-alive");
  ACCEPTS("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
          "GET 1.1 path=/ authority=a body=length:5 keep-alive");
}

TEST("a request without either has no content") {
  ACCEPTS(HEAD "\r\n", BASE "none keep-alive");
  ACCEPTS("POST / HTTP/1.0\r\n\r\n", "POST 1.0 path=/ body=none");
}

TEST("a 1.1 request has one Host, and it is good") { /* row 19 */
  static const char *const bad[] = {"", "u@a", "u:p@a", "a/b", "a,b", "a b", "a?b", "a#b", "a\\b", "http://a", ":80",
                                    "a:b",
                                    "a:-1", "a:65536", "a:80:80", "[::1", "::1", "[::1]x", "[::1]:x", "a\xc3\xa4", "a%",
                                    "a%2", "a%zz", "<a>", "\"a\"", "a|b", "a^b", "a`", "{a}", "[]", "[g::1]"};
  char text[200];
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", bad[i]);
    check_status(text, (size_t)n, 400);
    n = snprintf(text, sizeof text, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", bad[i]);
    check_status(text, (size_t)n, 400);
  }
  REJECTS(400, "GET / HTTP/1.1\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nX-Host: a\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nhost: b\r\n\r\n");
  REJECTS(400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n");
}

TEST("good hosts are kept as they came") {
  static const char *const good[] = {"a", "A.Example", "a:80", "a:", "127.0.0.1:8080", "[::1]", "[::1]:443",
                                     "[::ffff:1.2.3.4]",
                                     "a_b", "a%41", "a!$&'()*+;=~-._", "0", "a:65535", "a:00080"};
  char text[200], line[200];
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    int n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", good[i]);
    snprintf(line, sizeof line, "GET 1.1 path=/ authority=%s body=none keep-alive", good[i]);
    check_line(text, (size_t)n, line);
  }
  ACCEPTS("GET / HTTP/1.0\r\n\r\n", "GET 1.0 path=/ body=none");
}

TEST("a 1.1 connection persists unless it says close, a 1.0 one when it says keep-alive") { /* row 42, RFC 9112 §9.3 */
  ACCEPTS("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET 1.1 path=/ authority=a body=none");
  ACCEPTS("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE ,y\r\n\r\n", "GET 1.1 path=/ authority=a body=none");
  ACCEPTS("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n", "GET 1.1 path=/ authority=a body=none");
  ACCEPTS("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n",
          "GET 1.1 path=/ authority=a body=none");
  ACCEPTS("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed,,\r\n\r\n",
          "GET 1.1 path=/ authority=a body=none keep-alive");
  ACCEPTS("GET / HTTP/1.1\r\nHost: a\r\nConnection:\r\n\r\n", "GET 1.1 path=/ authority=a body=none keep-alive");
  ACCEPTS("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET 1.0 path=/ body=none keep-alive");
  ACCEPTS("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET 1.0 path=/ body=none");
  ACCEPTS("GET / HTTP/1.0\r\nKeep-Alive: timeout=5\r\n\r\n", "GET 1.0 path=/ body=none");
}

TEST("Connection may not name fields that others rely on") { /* row 34 */
  static const char *const bad[] = {"Host", "content-length", "Transfer-Encoding", "close, Authorization", "Cookie",
                                    "Content-Type", "Cache-Control", "x,Forwarded", "X-Forwarded-For"};
  char text[200];
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int n = snprintf(text, sizeof text, HEAD "Connection: %s\r\n\r\n", bad[i]);
    check_status(text, (size_t)n, 400);
  }
  ACCEPTS(HEAD "Connection: TE, Keep-Alive, Proxy-Connection, x-mine\r\n\r\n", BASE "none keep-alive");
}

TEST("an upgrade needs both fields and HTTP/1.1") { /* row 33 */
  ACCEPTS("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
          "GET 1.1 path=/ authority=a body=none keep-alive upgrade");
  ACCEPTS("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: x, upgrade\r\n\r\n",
          "GET 1.1 path=/ authority=a body=none keep-alive upgrade");
  ACCEPTS("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n", "GET 1.1 path=/ authority=a body=none keep-alive");
  ACCEPTS("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n",
          "GET 1.1 path=/ authority=a body=none keep-alive");
  ACCEPTS("GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
          "GET 1.0 path=/ authority=a body=none");
}

TEST("an expectation counts when a 1.1 client sends content") { /* rows 30, 31 */
  ACCEPTS(HEAD "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", BASE "length:5 keep-alive continue");
  ACCEPTS(HEAD "Transfer-Encoding: chunked\r\nExpect: 100-CONTINUE\r\n\r\n", BASE "chunked keep-alive continue");
  ACCEPTS(HEAD "Expect: 100-continue\r\n\r\n", BASE "none keep-alive");
  ACCEPTS(HEAD "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n", BASE "none keep-alive");
  ACCEPTS(HEAD "Expect: 200-ok\r\nContent-Length: 5\r\n\r\n", BASE "length:5 keep-alive expectation");
  ACCEPTS(HEAD "Expect: 100-continue, x\r\n\r\n", BASE "none keep-alive expectation");
  ACCEPTS(HEAD "Expect:\r\n\r\n", BASE "none keep-alive expectation");
  ACCEPTS("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", "POST 1.0 path=/ body=length:5");
  ACCEPTS("POST / HTTP/1.0\r\nExpect: x\r\n\r\n", "POST 1.0 path=/ body=none");
}

TEST("content that looks like a request stays behind the head") { /* row 32, CVE-2025-4366 */
  const char text[] = HEAD "Content-Length: 30\r\n\r\nGET /admin HTTP/1.1\r\nHost: b\r\n\r\n";
  const head *h = parse_every_way(&usual_limits, text, sizeof text - 1);
  CHECK(strcmp(h->line, BASE "length:30 keep-alive") == 0);
  CHECK_EQ(h->head_n, sizeof HEAD "Content-Length: 30\r\n\r\n" - 1);
}
