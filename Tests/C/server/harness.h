/* harness.h: a server on a free port with its reactors' threads, and a blocking client. */
#ifndef KT_TEST_HARNESS_H
#define KT_TEST_HARNESS_H

#include "check.h"
#include "driver.h"

#include "katana/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct harness {
  kt_server *server;
} harness;

static kt_config test_config(void) {
  kt_config c = kt_config_default();
  c.port = 0;
  c.reactors = 1;
  c.pin = false;
  c.head_timeout_ms = c.idle_timeout_ms = c.body_timeout_ms = c.write_timeout_ms = c.request_timeout_ms = PATIENCE_MS;
  c.io = test_driver_name();
  test_driver();
  return c;
}

static kt_routes *compile_routes(const kt_route_spec *specs, size_t n) {
  char error[256];
  kt_routes *routes = kt_routes_create(specs, n, NULL, error, sizeof error);
  if (!routes) KT_FAIL("%s", error);
  return routes;
}

static harness serve(const kt_config *config, const kt_route_spec *specs, size_t n) {
  char error[256];
  harness h = {kt_server_create(config, compile_routes(specs, n), error, sizeof error)};
  if (!h.server) KT_FAIL("%s", error);
  CHECK(kt_server_start(h.server) == KT_OK);
  return h;
}

static void stop(harness *h) {
  kt_server_drain(h->server, 1000);
  kt_server_join(h->server);
  kt_server_destroy(h->server);
}

static int dial_port(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  CHECK(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct timeval limit = {.tv_sec = PATIENCE_MS / 1000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return fd;
}

static int dial(const harness *h) { return dial_port(kt_server_port(h->server)); }

static void say_bytes(int fd, const void *p, size_t n) {
  while (n > 0) {
    ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    p = (const char *)p + sent;
    n -= (size_t)sent;
  }
}
static void say(int fd, const char *text) { say_bytes(fd, text, strlen(text)); }

static char heard[1 << 20];

/* Everything until the peer ends, which it must. */
static const char *hear_all(int fd) {
  size_t n = 0;
  ssize_t got = 0;
  while (n < sizeof heard - 1 && (got = peer_recv(fd, heard + n, sizeof heard - 1 - n, 0)) > 0) n += (size_t)got;
  heard[n] = 0;
  if (got < 0 && errno == EAGAIN) KT_FAIL("the server neither spoke nor ended for long, after: %.200s", heard);
  return heard;
}

/* Until `text` was heard, or the peer ends. */
static const char *hear_until(int fd, const char *text) {
  size_t n = 0;
  heard[0] = 0;
  ssize_t got;
  while (!strstr(heard, text) && (got = peer_recv(fd, heard + n, sizeof heard - 1 - n, 0)) > 0)
    heard[n += (size_t)got] = 0;
  return heard;
}

static bool has(const char *where, const char *what) { return strstr(where, what) != NULL; }
static bool begins(const char *where, const char *what) { return strncmp(where, what, strlen(what)) == 0; }

static void hello(void *context, kt_exchange *x) {
  (void)context;
  kt_response_send(x, 200, KT_BYTES("text/plain"), "hello", 5);
}

#define ROUTE(method_, path_, handler_) {.method = method_, .path = KT_BYTES(path_), .handler = handler_}
#define GET_HELLO "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

#endif
