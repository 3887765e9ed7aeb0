/* Response heads (RFC 9112 §4). */
#include "check.h"
#include "http1/write.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static uint8_t out[1024];

static kt_bytes head(kt_h1_response r) {
  r.date = DATE;
  memset(out, 0x55, sizeof out);
  size_t n = kt_h1_write_head(out, &r);
  for (size_t i = KT_H1_HEAD_SIZE_MAX + r.content_type.n; i < sizeof out; i++)
    if (out[i] != 0x55) KT_FAIL("byte %zu was written", i);
  return kt_bytes_make(out, n);
}

TEST("a head has a status line, a date and its framing") {
  CHECK_BYTES(head((kt_h1_response){.status = 200, .content_length = 0}),
              "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Length: 0\r\n\r\n");
  CHECK_BYTES(head((kt_h1_response){.status = 404, .content_length = INT64_MAX,
                                    .content_type = KT_BYTES("text/plain")}),
              "HTTP/1.1 404 Not Found\r\nDate: " DATE
              "\r\nContent-Type: text/plain\r\nContent-Length: 9223372036854775807\r\n\r\n");
  CHECK_BYTES(head((kt_h1_response){.status = 200, .content_length = -1, .chunked = true}),
              "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST("a status without a known phrase keeps its space") {
  CHECK_BYTES(head((kt_h1_response){.status = 299, .content_length = -1}), "HTTP/1.1 299 \r\nDate: " DATE "\r\n\r\n");
  CHECK_BYTES(head((kt_h1_response){.status = 999, .content_length = -1}), "HTTP/1.1 999 \r\nDate: " DATE "\r\n\r\n");
}

TEST("1xx, 204 and 304 carry no framing") { /* RFC 9110 §8.6, RFC 9112 §6.1 */
  static const uint16_t bare[] = {101, 204, 304};
  for (size_t i = 0; i < sizeof bare / sizeof *bare; i++) {
    kt_bytes a = head((kt_h1_response){.status = bare[i], .content_length = 5});
    CHECK(!memmem(a.p, a.n, "Content-Length", 14));
    a = head((kt_h1_response){.status = bare[i], .content_length = -1, .chunked = true});
    CHECK(!memmem(a.p, a.n, "Transfer-Encoding", 17));
  }
}

TEST("the connection's end or life is named when the client cannot know it") {
  CHECK_BYTES(head((kt_h1_response){.status = 200, .content_length = 1, .close = true}),
              "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Length: 1\r\nConnection: close\r\n\r\n");
  CHECK_BYTES(head((kt_h1_response){.status = 200, .content_length = 1, .keep_alive_10 = true}),
              "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n");
  CHECK_BYTES(head((kt_h1_response){.status = 200, .content_length = 1, .close = true, .keep_alive_10 = true}),
              "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Length: 1\r\nConnection: close\r\n\r\n");
}

TEST("the room that is documented is enough for every status") {
  for (unsigned status = 100; status < 1000; status++)
    head((kt_h1_response){.status = (uint16_t)status, .content_length = INT64_MAX, .close = true,
                          .content_type = KT_BYTES("application/problem+json")});
}

TEST("fields are added before the empty line") {
  size_t n = head((kt_h1_response){.status = 200, .content_length = 0}).n;
  n = kt_h1_add_field(out, n, KT_BYTES("Allow"), KT_BYTES("GET, HEAD"));
  n = kt_h1_add_field(out, n, KT_BYTES("X"), (kt_bytes){0, 0});
  CHECK_BYTES(kt_bytes_make(out, n),
              "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Length: 0\r\nAllow: GET, HEAD\r\nX: \r\n\r\n");
}

TEST("a field that could break a head is not valid") {
  CHECK(kt_h1_field_valid(KT_BYTES("X-A"), KT_BYTES("b c\td")));
  CHECK(kt_h1_field_valid(KT_BYTES("X"), (kt_bytes){0, 0}));
  CHECK(kt_h1_field_valid(KT_BYTES("X"), KT_BYTES("\xc3\xa4")));
  CHECK(!kt_h1_field_valid((kt_bytes){0, 0}, KT_BYTES("a")));
  static const char *const names[] = {"X A", "X:", "X\r\n", "\xc3\xa4", "X\x7f"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    CHECK(!kt_h1_field_valid(kt_bytes_make(names[i], strlen(names[i])), KT_BYTES("a")));
  CHECK(!kt_h1_field_valid(KT_BYTES("X"), KT_BYTES("a\r\nSet-Cookie: b")));
  CHECK(!kt_h1_field_valid(KT_BYTES("X"), KT_BYTES("a\rb")));
  CHECK(!kt_h1_field_valid(KT_BYTES("X"), KT_BYTES("a\nb")));
  CHECK(!kt_h1_field_valid(KT_BYTES("X"), kt_bytes_make("a\0b", 3)));
  CHECK(!kt_h1_field_valid(KT_BYTES("X"), KT_BYTES("a\x7f")));
}
