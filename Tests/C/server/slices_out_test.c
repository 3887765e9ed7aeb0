/* Responses with large content that is coded: a slice at a time, with others served between. */
#include "slices.h"

TEST("large content arrives whole in each coding, and no turn encodes more than a slice of it") {
  kt_config c = test_config();
  harness h = begin(&c);
  static const char *const targets[] = {"/arena?1000001", "/copied?1000001", "/leaves?1000001", "/stays?1000001",
                                        "/pieces?1000001"};
  for (size_t i = 0; i < 3 * 5; i++) {
    CHECK(hear_response(ask(&h, "GET", targets[i % 5], codings[i / 5].name, CLOSE)));
    CHECK(has(heard, codings[i / 5].name) && has(heard, "chunked") && got_n < 800000);
    if (!decodes_to(codings[i / 5].name, 1000001)) KT_FAIL("%s %s", codings[i / 5].name, targets[i % 5]);
  }
  uint64_t most = kt_server_counters(h.server).encoded_most;
  CHECK(most >= SLICE && most <= 2 * (SLICE + 1000)); /* /pieces: in its handler and in its turn, the last one beyond */
  stop(&h);
  h = begin(&c);
  CHECK(hear_response(ask(&h, "GET", "/arena?1000001", "br", CLOSE)));
  CHECK(hear_response(ask(&h, "GET", "/copied?1000001", "br", CLOSE)));
  CHECK_EQ(kt_server_counters(h.server).encoded_most, SLICE);
  stop(&h);
}

TEST("content up to the limit for whole content has its length, one byte more has not") {
  kt_config c = test_config();
  harness h = begin(&c);
  CHECK(hear_response(ask(&h, "GET", "/arena?32768", "gzip", CLOSE)) && decodes_to("gzip", 32768));
  CHECK(has(heard, "Content-Length: "));
  CHECK(hear_response(ask(&h, "GET", "/arena?32769", "gzip", CLOSE)) && decodes_to("gzip", 32769));
  CHECK(!has(heard, "Content-Length: ") && has(heard, "Content-Encoding: gzip\r\n"));
  CHECK(hear_response(ask(&h, "GET", "/arena?1000000", "identity", CLOSE)));
  CHECK(has(heard, "Content-Length: 1000000\r\n") && memcmp(got, text, 1000000) == 0);
  CHECK(hear_response(ask(&h, "HEAD", "/arena?1000000", "gzip", CLOSE)) == false); /* no chunk follows */
  CHECK(has(heard, "Content-Encoding: gzip\r\n") && !has(heard, "Content-Length") && got_n < 400);
  stop(&h);
}

TEST("others are answered between the slices") {
  kt_config c = test_config();
  harness h = begin(&c);
  int fd = ask(&h, "GET", "/arena?8000000", "gzip", CLOSE), answered = 0;
  got_n = 0;
  do {
    unsigned encoders, decoders, buffers;
    others_are(&h, &encoders, &decoders, &buffers);
    answered += encoders == 1;
  } while (takes_more(fd, 0));
  char *rest;
  CHECK(cut(&rest) && decodes_to("gzip", 8000000));
  if (answered < 2) KT_FAIL("%d were answered meanwhile", answered);
  close(fd);
  stop(&h);
}

TEST("requests that follow on the connection are answered behind the last slice") {
  kt_config c = test_config();
  harness h = begin(&c);
  int fd = ask(&h, "GET", "/copied?300000", "zstd", "");
  say(fd, "GET /arena?100 HTTP/1.1\r\nHost: a\r\n\r\nGET /arena?200000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: zstd\r\n"
          CLOSE "\r\n");
  got_n = 0;
  while (takes_more(fd, 0)) {}
  close(fd);
  size_t all = got_n;
  char *rest;
  CHECK(cut(&rest) && decodes_to("zstd", 300000));
  all -= (size_t)(rest - (char *)got);
  memmove(got, rest, all);
  got[got_n = all] = 0;
  CHECK(cut(&rest) && got_n == 100 && memcmp(got, text, 100) == 0);
  all -= (size_t)(rest - (char *)got);
  memmove(got, rest, all);
  got[got_n = all] = 0;
  CHECK(cut(&rest) && decodes_to("zstd", 200000));
  stop(&h);
}

TEST("for HTTP/1.0 the connection ends large content") {
  kt_config c = test_config();
  harness h = begin(&c);
  int fd = dial(&h);
  say(fd, "GET /arena?500000 HTTP/1.0\r\nConnection: keep-alive\r\nAccept-Encoding: br\r\n\r\n");
  CHECK(hear_response(fd) && !has(heard, "chunked") && has(heard, "Connection: close") && decodes_to("br", 500000));
  stop(&h);
}

static int dial_slowly(const harness *h) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 4096;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(kt_server_port(h->server)),
                           .sin_addr = {htonl(INADDR_LOOPBACK)}};
  CHECK(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
  return fd;
}

TEST("a reader that stands still stops the encoder, which keeps no more than the queue holds") {
  kt_config c = test_config();
  c.write_high_size = 64 * 1024;
  c.write_low_size = 16 * 1024;
  harness h = begin(&c);
  int fd = dial_slowly(&h);
  say(fd, "GET /arena?8000000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n" CLOSE "\r\n");
  kt_counters before, now = {0};
  do {
    before = now;
    usleep(100000);
    now = kt_server_counters(h.server);
  } while (now.bytes_out == 0 || now.bytes_out != before.bytes_out || now.turns > before.turns + 20);
  unsigned encoders, decoders, buffers;
  others_are(&h, &encoders, &decoders, &buffers);
  CHECK_EQ(encoders, 1);
  if (buffers > 10) KT_FAIL("%u buffers are taken", buffers);
  CHECK(hear_response(fd) && decodes_to("gzip", 8000000));
  stop(&h);
}

TEST("large content whose client leaves is given up, at whatever slice") {
  kt_config c = test_config();
  harness h = begin(&c);
  static const char *const targets[] = {"/arena?3000000", "/copied?3000000", "/leaves?3000000", "/stays?3000000",
                                        "/pieces?3000000"};
  for (int i = 0; i < 60; i++) {
    int fd = ask(&h, "GET", targets[i % 5], codings[i % 3].name, CLOSE);
    got_n = 0;
    for (int n = 0; n < i / 5 && takes_more(fd, 0); n++) {}
    if (i % 2) { /* with a reset */
      struct linger at_once = {1, 0};
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    close(fd);
  }
  unsigned encoders, decoders, buffers;
  EVENTUALLY((others_are(&h, &encoders, &decoders, &buffers), encoders == 0));
  stop(&h); /* the pools' asserts look now */
}

TEST("a server that drains ends large content first, and breaks it off when the deadline passes") {
  kt_config c = test_config();
  harness h = begin(&c);
  int fd = ask(&h, "GET", "/copied?4000000", "gzip", "");
  got_n = 0;
  CHECK(takes_more(fd, 0));
  kt_server_drain(h.server, 20000);
  while (takes_more(fd, 0)) {}
  char *rest;
  CHECK(cut(&rest) && decodes_to("gzip", 4000000));
  kt_server_join(h.server);
  kt_server_destroy(h.server);
  close(fd);
  h = begin(&c);
  fd = ask(&h, "GET", "/copied?8000000", "gzip", "");
  got_n = 0;
  CHECK(takes_more(fd, 0));
  kt_server_drain(h.server, 50);
  kt_server_join(h.server);
  kt_server_destroy(h.server);
  close(fd);
}

TEST("when memory runs out at any point large content fails or goes plain, and the server goes on") {
  unsigned plain = 0, broken = 0, coded = 0;
  for (int n = 1; n < 60; n++) {
    kt_config c = test_config();
    harness h = begin(&c);
    char target[32];
    snprintf(target, sizeof target, "/fail?%d", n / 2);
    hear_response(ask(&h, "GET", target, "identity", CLOSE));
    bool came = hear_response(ask(&h, "GET", n % 2 ? "/copied?100000" : "/pieces?100000", codings[n % 3].name, CLOSE));
    came = came && begins(heard, "HTTP/1.1 200");
    bool is_coded = came && has(heard, "Content-Encoding");
    if (came && (is_coded ? !decodes_to(codings[n % 3].name, 100000) : memcmp(got, text, 100000) != 0))
      KT_FAIL("at allocation %d: wrong content", n / 2);
    coded += is_coded;
    plain += came && !is_coded;
    broken += !came;
    for (int i = 0; i < 2; i++) hear_response(ask(&h, "GET", "/fail?0", "identity", CLOSE)); /* it may still wait */
    CHECK(hear_response(ask(&h, "GET", "/copied?50000", "gzip", CLOSE)) && decodes_to("gzip", 50000));
    stop(&h);
  }
  if (plain < 3 || broken < 3 || coded < 3) KT_FAIL("%u plain, %u broken, %u coded", plain, broken, coded);
}

/* ---- HTTP/2 ---- */

TEST("large content on an HTTP/2 stream arrives whole, slice by slice, with other streams between") {
  kt_config c = test_config();
  harness h = begin(&c);
  for (size_t i = 0; i < 3; i++) {
    int fd = dial_h2(&h);
    unsigned between = 0;
    cork(fd, 1); /* both requests in one packet */
    ask_h2(fd, 1, "GET", i % 2 ? "/copied?2000000" : "/arena?2000000", "accept-encoding", codings[i].name);
    ask_h2(fd, 3, "GET", "/arena?300", "accept-encoding", "gzip");
    cork(fd, 0);
    CHECK(hear_stream(fd, 1, &between) && decodes_to(codings[i].name, 2000000));
    CHECK(between > 0);
    ask_h2(fd, 5, "GET", "/copied?500000", "accept-encoding", codings[i].name);
    CHECK(hear_stream(fd, 5, &between) && decodes_to(codings[i].name, 500000));
    close(fd);
  }
  CHECK_EQ(kt_server_counters(h.server).encoded_most, SLICE);
  stop(&h);
}

TEST("an HTTP/2 stream whose window is shut stops its encoder, and one that is reset gives it back") {
  kt_config c = test_config();
  harness h = begin(&c);
  int fd = dial(&h);
  say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  say_frame(fd, 0, 4, 0, 0, "");
  ask_h2(fd, 1, "GET", "/arena?8000000", "accept-encoding", "gzip");
  ask_h2(fd, 3, "GET", "/copied?1000000", "accept-encoding", "br");
  kt_counters before, now = {0};
  do {
    before = now;
    usleep(100000);
    now = kt_server_counters(h.server);
  } while (now.bytes_out == 0 || now.bytes_out != before.bytes_out || now.turns > before.turns + 20);
  unsigned encoders, decoders, buffers;
  others_are(&h, &encoders, &decoders, &buffers);
  CHECK_EQ(encoders, 2);
  if (buffers > 70) KT_FAIL("%u buffers are taken", buffers); /* a million bytes were copied */
  say_frame(fd, 4, 3, 0, 1, "\0\0\0\10");
  say_frame(fd, 4, 8, 0, 0, "\1\0\0\0");
  say_frame(fd, 4, 8, 0, 3, "\1\0\0\0");
  unsigned of_others = 0;
  CHECK(hear_stream(fd, 3, &of_others) && decodes_to("br", 1000000));
  others_are(&h, &encoders, &decoders, &buffers);
  CHECK_EQ(encoders, 0);
  close(fd);
  stop(&h);
}
