// The floor of the load benchmark: what a request costs on this machine when nothing is parsed.
//
// One thread, edge-triggered epoll. Per readiness: recv until the socket is empty, count the heads
// that end in the bytes read, send that many fixed answers at once. A server that parses, routes and
// answers can approach this cost and not go below it, so results are given as ratios to it. The
// answer has the bytes of Raw's GET /plaintext; requests with a body are not understood.
//
// Workload: 64 connections, heads of 40 to 700 bytes, 1 or 16 of them per readiness.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER                                                                                     \
  "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 08:45:44 GMT\r\n"                                    \
  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 13\r\n\r\nHello, World!"

enum {
  ANSWER_SIZE = sizeof(ANSWER) - 1,
  BATCH_MAX = 256, // Answers per send; more are sent in several.
  EVENTS_MAX = 256,
  INPUT_SIZE = 16 * 1024, // Also the longest head; a longer one closes the connection.
};

// Invariant: `held` bytes at the start of `input` hold no complete head, and when `owed` bytes of
// answers are not yet sent, nothing more is read.
struct connection {
  int fd;
  size_t held;
  size_t owed;
  char input[INPUT_SIZE];
};

static char answers[BATCH_MAX * ANSWER_SIZE];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void close_connection(struct connection *c) {
  close(c->fd);
  free(c);
}

// Sends what is owed. All answers are alike, so the unsent rest of one is found from the count of
// owed bytes alone. False when the peer is gone.
static bool send_owed(struct connection *c) {
  while (c->owed > 0) {
    size_t skip = (ANSWER_SIZE - c->owed % ANSWER_SIZE) % ANSWER_SIZE;
    size_t room = sizeof answers - skip;
    ssize_t n = send(c->fd, answers + skip, c->owed < room ? c->owed : room, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN;
    c->owed -= (size_t)n;
  }
  return true;
}

// Counts the heads that end in the first `size` bytes and moves an unfinished one to the front.
static size_t take_heads(struct connection *c, size_t size) {
  size_t heads = 0;
  char *at = c->input, *end = c->input + size, *stop;
  while ((stop = memmem(at, (size_t)(end - at), "\r\n\r\n", 4)) != NULL) {
    at = stop + 4;
    heads++;
  }
  c->held = (size_t)(end - at);
  if (heads > 0) memmove(c->input, at, c->held);
  return heads;
}

// False when the connection is to be closed. A short read has emptied the socket: what arrives later
// is a new edge, and the recv that would only answer EAGAIN is saved. Not so once the peer has sent
// its end (`ending`): it may stand right behind the data, and no further edge would tell.
static bool serve(struct connection *c, bool ending) {
  if (!send_owed(c)) return false;
  while (c->owed == 0) {
    size_t room = INPUT_SIZE - c->held;
    if (room == 0) return false;
    ssize_t n = recv(c->fd, c->input + c->held, room, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN;
    if (n == 0) return false;
    c->owed = take_heads(c, c->held + (size_t)n) * ANSWER_SIZE;
    if (!send_owed(c)) return false;
    if ((size_t)n < room && c->owed == 0 && !ending) return true;
  }
  return true;
}

static void accept_all(int listener, int epoll) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (fd < 0 && errno == EAGAIN) return;
    if (fd < 0) fail("accept4");
    struct connection *c = malloc(sizeof *c);
    if (c == NULL) fail("malloc");
    c->fd = fd;
    c->held = 0;
    c->owed = 0;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
  }
}

static int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((in_port_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
  if (listen(fd, 1024) < 0) fail("listen");
  return fd;
}

static int port_from(int count, char **arguments) {
  int port = count == 2 ? atoi(arguments[1]) : 0;
  if (port > 0 && port < 65536) return port;
  fprintf(stderr, "usage: floor PORT\n");
  exit(1);
}

int main(int count, char **arguments) {
  int listener = listen_on(port_from(count, arguments));
  for (size_t i = 0; i < BATCH_MAX; i++) memcpy(answers + i * ANSWER_SIZE, ANSWER, ANSWER_SIZE);

  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) fail("epoll_create1");
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) fail("epoll_ctl");

  struct epoll_event events[EVENTS_MAX];
  for (;;) {
    int ready = epoll_wait(epoll, events, EVENTS_MAX, -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (c == NULL) {
        accept_all(listener, epoll);
      } else if (!serve(c, events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) {
        close_connection(c);
      }
    }
  }
}
