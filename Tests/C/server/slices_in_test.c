/* Requests with large content that is coded: a slice at a time, with others served between. */
#include "slices.h"

/* Expands sixtyfold. */
static const uint8_t *thin(size_t n) {
  static uint8_t bytes[TEXT_MAX];
  memset(bytes, 'x', n);
  for (size_t i = 0; i < n; i += 200) bytes[i] = text[i];
  return bytes;
}

static int post(const harness *h, const char *target, const char *coding, size_t n) {
  int fd = dial(h);
  char head[256];
  snprintf(head, sizeof head,
           "POST %s HTTP/1.1\r\nHost: a\r\nContent-Encoding: %s\r\nContent-Length: %zu\r\n\r\n", target, coding,
           packed_n);
  say(fd, head);
  say_bytes(fd, packed, n);
  return fd;
}

/* A turn takes a slice for its events and one for those that queued, each with what one read brought. */
#define DECODED_MOST (2 * (SLICE + 24 * 1024))

TEST("coded content that expands is decoded a slice at a time, for handlers of both kinds and both versions") {
  kt_config c = test_config();
  harness h = begin(&c);
  static const char *const targets[] = {"/whole", "/pulls"};
  static const size_t sizes[] = {5000, SLICE, 3000000};
  for (size_t i = 0; i < 3 * 2 * 3; i++) {
    const uint8_t *body = i % 3 ? thin(sizes[i % 3]) : text;
    pack(codings[i / 6].coding, body, sizes[i % 3]);
    const char *target = targets[i / 3 % 2], *wanted = sum_line(body, sizes[i % 3]);
    int fd = post(&h, target, codings[i / 6].name, packed_n);
    if (!has(hear_until(fd, wanted), wanted))
      KT_FAIL("%s %s %zu: %s", target, codings[i / 6].name, sizes[i % 3], heard);
    say(fd, "GET /arena?3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(has(hear_all(fd), "200 OK"));
    close(fd);
    fd = dial_h2(&h);
    ask_h2(fd, 1, "POST", target, "content-encoding", codings[i / 6].name);
    for (size_t at = 0; at < packed_n; at += 10000) {
      size_t n = packed_n - at < 10000 ? packed_n - at : 10000;
      say_frame(fd, n, 0, at + n == packed_n, 1, packed + at);
    }
    unsigned of_others = 0;
    if (!hear_stream(fd, 1, &of_others) || got_n != strlen(wanted) || memcmp(got, wanted, got_n) != 0)
      KT_FAIL("%s %s %zu over HTTP/2", target, codings[i / 6].name, sizes[i % 3]);
    close(fd);
  }
  uint64_t most = kt_server_counters(h.server).decoded_most;
  if (most < SLICE || most > DECODED_MOST) KT_FAIL("%llu bytes in one turn", (unsigned long long)most);
  stop(&h);
}

TEST("others are answered while coded content is decoded") {
  kt_config c = test_config();
  harness h = begin(&c);
  static const char *const targets[] = {"/whole", "/pulls"};
  pack(KT_CODING_GZIP, text, TEXT_MAX); /* more than ten thousand turns */
  for (size_t i = 0; i < 2; i++) {
    int fd = post(&h, targets[i], "gzip", packed_n), answered = 0;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    do {
      unsigned encoders, decoders, buffers;
      others_are(&h, &encoders, &decoders, &buffers);
      answered += decoders == 1;
    } while (poll(&ready, 1, 0) == 0);
    const char *wanted = sum_line(text, TEXT_MAX);
    CHECK(has(hear_until(fd, wanted), wanted));
    if (answered < 2) KT_FAIL("%s: %d were answered meanwhile", targets[i], answered);
    close(fd);
  }
  stop(&h);
}

TEST("many that send coded content at once are all answered") {
  enum { CLIENTS = 40 };
  kt_config c = test_config();
  harness h = begin(&c);
  pack(KT_CODING_ZSTD, text, 100000);
  int fds[CLIENTS];
  for (size_t i = 0; i < CLIENTS; i++) fds[i] = post(&h, i % 2 ? "/whole" : "/pulls", "zstd", packed_n);
  const char *wanted = sum_line(text, 100000);
  for (size_t i = 0; i < CLIENTS; i++) {
    CHECK(has(hear_until(fds[i], wanted), wanted));
    close(fds[i]);
  }
  stop(&h);
}

TEST("a client that leaves while its content waits to be decoded takes nothing along") {
  kt_config c = test_config();
  harness h = begin(&c);
  pack(KT_CODING_GZIP, thin(3000000), 3000000);
  for (int i = 0; i < 40; i++) {
    int fd = post(&h, i % 2 ? "/whole" : "/pulls", "gzip", packed_n * (size_t)(i % 8 + 1) / 8);
    usleep((useconds_t)(i * 50));
    struct linger at_once = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
  }
  unsigned encoders, decoders, buffers;
  EVENTUALLY((others_are(&h, &encoders, &decoders, &buffers), decoders == 0));
  stop(&h);
}

TEST("content that turns out malformed or too large in a later slice is refused, over both versions") {
  kt_config c = test_config();
  harness h = begin(&c);
  pack(KT_CODING_GZIP, thin(1000000), 1000000); /* less than the stream's window */
  packed[packed_n - 3] ^= 1;                    /* the size at its end */
  int fd = post(&h, "/whole", "gzip", packed_n);
  CHECK(begins(hear_until(fd, "}"), "HTTP/1.1 400"));
  close(fd);
  fd = dial_h2(&h);
  ask_h2(fd, 1, "POST", "/whole", "content-encoding", "gzip");
  for (size_t at = 0; at < packed_n; at += 16000)
    say_frame(fd, packed_n - at < 16000 ? packed_n - at : 16000, 0, at + 16000 >= packed_n, 1, packed + at);
  unsigned of_others = 0;
  CHECK(hear_stream(fd, 1, &of_others) && has((char *)got, "400"));
  close(fd);
  stop(&h);
  c.body_size_max = 900000;
  h = begin(&c);
  pack(KT_CODING_GZIP, thin(1000000), 1000000);
  fd = post(&h, "/whole", "gzip", packed_n);
  CHECK(begins(hear_until(fd, "}"), "HTTP/1.1 413"));
  close(fd);
  stop(&h);
}

TEST("when memory runs out while content is decoded its request is refused, and the server goes on") {
  const uint8_t *body = thin(100000);
  pack(KT_CODING_GZIP, body, 100000);
  const char *wanted = sum_line(body, 100000);
  unsigned read = 0, refused = 0;
  for (int n = 1; n < 60; n++) {
    kt_config c = test_config();
    harness h = begin(&c);
    char target[32];
    snprintf(target, sizeof target, "/fail?%d", n / 2);
    hear_response(ask(&h, "GET", target, "identity", CLOSE));
    int fd = n % 2 ? dial_h2(&h) : post(&h, "/whole", "gzip", packed_n);
    unsigned of_others = 0;
    bool came = true;
    if (n % 2) {
      ask_h2(fd, 1, "POST", "/whole", "content-encoding", "gzip");
      say_frame(fd, packed_n, 0, 1, 1, packed);
      came = hear_stream(fd, 1, &of_others);
      got[got_n] = 0;
    } else {
      shutdown(fd, SHUT_WR); /* so that the server ends it behind its answer */
    }
    bool right = came && has(n % 2 ? (char *)got : hear_until(fd, wanted), wanted);
    read += right;
    refused += !right;
    close(fd);
    for (int i = 0; i < 2; i++) hear_response(ask(&h, "GET", "/fail?0", "identity", CLOSE)); /* it may still wait */
    fd = post(&h, "/whole", "gzip", packed_n);
    CHECK(has(hear_until(fd, wanted), wanted));
    close(fd);
    stop(&h);
  }
  if (read < 5 || refused < 5) KT_FAIL("%u read, %u refused", read, refused);
}
