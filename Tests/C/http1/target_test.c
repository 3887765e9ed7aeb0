/* The four forms of a request target (RFC 9112 §3.2) and the paths in them (row 46 of the behaviour table). */
#include "head.h"

#define LINE_OK " authority=a body=none keep-alive"

static void target_status(const char *method, const char *target, unsigned status) {
  char text[400];
  int n = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: a\r\n\r\n", method, target);
  check_status(text, (size_t)n, status);
}

static void get_path(const char *target, const char *path) {
  char text[400], line[400];
  int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target);
  snprintf(line, sizeof line, "GET 1.1 path=%s" LINE_OK, path);
  check_line(text, (size_t)n, line);
}

TEST("the origin form gives a decoded, normal path and a raw query") {
  get_path("/", "/");
  get_path("/a/b", "/a/b");
  get_path("/a/", "/a/");
  get_path("/%61%2d%7e", "/a-~");
  get_path("/a%20b", "/a b");
  get_path("/%C3%A4%E2%82%AC%f0%9f%98%80", "/ä€😀");
  get_path("/a+b", "/a+b");
  get_path("/a;b=c,d", "/a;b=c,d");
  get_path("/a%25b", "/a%b");
  get_path("/%2541", "/%41"); /* decoded once */
  get_path("/a?b", "/a query=b");
  get_path("/a?", "/a query=");
  get_path("/?%00%2f//..&a=%zz?", "/ query=%00%2f//..&a=%zz?");
  get_path("/a%3Fb?c", "/a?b query=c");
  get_path("/a%23b", "/a#b");
}

TEST("slashes are merged and dot segments removed, escaped or not") {
  get_path("//", "/");
  get_path("//a", "/a");
  get_path("/a//b///c", "/a/b/c");
  get_path("/a//", "/a/");
  get_path("/.", "/");
  get_path("/./", "/");
  get_path("/./a/./b/.", "/a/b/");
  get_path("/a/..", "/");
  get_path("/a/../", "/");
  get_path("/a/b/../c", "/a/c");
  get_path("/a/b/../../c", "/c");
  get_path("/a//../b", "/b");
  get_path("/a/%2e%2E/b", "/b");
  get_path("/%2e/a", "/a");
  get_path("/a/.%2e", "/");
  get_path("/.a/..b/c../.../", "/.a/..b/c../.../");
  get_path("//evil.example/x", "/evil.example/x");
}

TEST("a path that leaves the root is refused") { /* CVE-2019-9901 */
  static const char *const bad[] = {"/..", "/../", "/../a", "/a/../..", "/a/../../b", "/%2e%2e", "/./..", "//..",
                                    "/a/..//.."};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) target_status("GET", bad[i], 400);
}

TEST("escapes that hide a delimiter, a control, a backslash or broken text are refused") { /* CVE-2021-29492 */
  static const char *const bad[] = {"/%00", "/a%0d%0ab", "/%0a", "/%1f", "/%7f", "/%09", "/a%2fb", "/a%2Fb", "/%5c",
                                    "/%5Cx",
                                    "/a\\b", "/..\\a", "/%", "/%1", "/%zz", "/%4", "/%4g", "/%u0041", "/a%",
                                    "/%c0%af", "/%c0%80", "/%e0%80%af", "/%80", "/%ff", "/%c3", "/%ed%a0%80",
                                    "/%f4%90%80%80", "/%f0%80%80%af", "/%c3/%a4"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) target_status("GET", bad[i], 400);
}

TEST("fragments, controls and bytes beyond ASCII are refused anywhere in a target") { /* row 23, CVE-2023-45539 */
  static const char *const bad[] = {"/#", "/a#b", "/a?b#c", "#", "/\x01", "/\x7f", "/\xc3\xa4", "/?\xff", "/a\x80",
                                    "http://a/#b"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) target_status("GET", bad[i], 400);
  REJECTS(400, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST("every byte value in a path is taken or refused as it should be") {
  char text[] = "GET /?x HTTP/1.1\r\nHost: a\r\n\r\n";
  for (unsigned c = 0; c < 256; c++) {
    text[5] = (char)c;
    bool good = c > 0x20 && c < 0x7f && c != '#' && c != '%' && c != '\\';
    check_status(text, sizeof text - 1, good ? 0 : 400);
  }
}

TEST("the absolute form is accepted and its authority has to be that of Host") { /* row 20 */
  get_path("http://a", "/");
  get_path("http://a/", "/");
  get_path("HTTP://a/b/../c?d", "/c query=d");
  get_path("https://a/b", "/b");
  get_path("http://a?b", "/ query=b");
  ACCEPTS("GET http://A.b:80/ HTTP/1.1\r\nHost: a.B:80\r\n\r\n",
          "GET 1.1 path=/ authority=A.b:80 body=none keep-alive");
  ACCEPTS("GET http://[::1]:8/x HTTP/1.1\r\nHost: [::1]:8\r\n\r\n",
          "GET 1.1 path=/x authority=[::1]:8 body=none keep-alive");
  ACCEPTS("GET http://a/ HTTP/1.0\r\n\r\n", "GET 1.0 path=/ authority=a body=none");
  target_status("GET", "http://b/", 400);
  target_status("GET", "http://ab/", 400);
  target_status("GET", "http://a:80/", 400);
  REJECTS(400, "GET http://a/ HTTP/1.1\r\n\r\n");
}

TEST("an absolute form with another scheme or a bad authority is refused") {
  static const char *const bad[] = {"ftp://a/", "http:/a", "http:a", "http://", "https://", "http:///a", "http://?a",
                                    "http://u@a/", "http://u:p@a/", "http://a:b/", "http://a:65536/", "http://a,b/",
                                    "a",
                                    "a/b", "?a", "http", "://a/", "http://[::1/", "http://a\\b/", "https//a/",
                                    "javascript:x",
                                    "http://a/%00", "http://a/../b"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) target_status("GET", bad[i], 400);
}

TEST("the asterisk is for OPTIONS alone") { /* row 22 */
  ACCEPTS("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS 1.1 path=*" LINE_OK);
  ACCEPTS("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS 1.1 path=*" LINE_OK);
  ACCEPTS("OPTIONS http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS 1.1 path=/" LINE_OK);
  ACCEPTS("OPTIONS /* HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS 1.1 path=/*" LINE_OK);
  target_status("GET", "*", 400);
  target_status("POST", "*", 400);
  target_status("FOO", "*", 400);
  target_status("OPTIONS", "**", 400);
  target_status("OPTIONS", "*?a", 400);
  target_status("OPTIONS", "*/", 400);
}

TEST("the authority form is for CONNECT alone, with a port") { /* row 21 */
  ACCEPTS("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
          "CONNECT 1.1 path=a:443 authority=a:443 body=none keep-alive");
  ACCEPTS("CONNECT [::1]:1 HTTP/1.1\r\nHost: [::1]:1\r\n\r\n",
          "CONNECT 1.1 path=[::1]:1 authority=[::1]:1 body=none keep-alive");
  static const char *const bad[] = {"a", "a:", ":443", "a:x", "a:65536", "a:-1", "/", "/a", "*", "http://a:443/",
                                    "a:443/", "u@a:443",
                                    "[::1]", "[::1]:", "a:443:1", "[::1", "a,b:1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) target_status("CONNECT", bad[i], 400);
  target_status("GET", "a:443", 400);
  target_status("POST", "a:80", 400);
}
