// Offers requests at a constant rate and prints how late they were answered.
//
//   rate PORT PATH CONNECTIONS RATE WARM_UP_MS MEASURED_MS
//
// The loop is open: request number n is due at start + n / RATE, whatever became of those before it, and its latency
// counts from then. One that finds all connections busy waits for the first that is free, and its waiting counts. What
// is due and not answered at the end counts as answered then. (h2load --rps counts from when it sends, wrk sends when
// it has an answer; both leave out the requests that a stalled server holds up.)
//
// The thread spins between requests: at 10 to 100 thousand of them a second a sleep would be longer than what is
// measured. Any status but 200, or a connection that ends, ends the run.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/histogram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  CONNECTIONS_MAX = 1024,
  EVENTS_MAX = 16, // Answers taken before requests that are due are looked at again.
  ANSWER_SIZE_MAX = 4096,
  REQUEST_SIZE_MAX = 512,
};

struct connection {
  int fd;
  uint64_t due_ns; // Of the request under way.
  size_t held;     // Bytes of its answer so far.
  char answer[ANSWER_SIZE_MAX];
};

static struct connection connections[CONNECTIONS_MAX];
static struct connection *idle[CONNECTIONS_MAX]; // A ring, so that all are used in turn.
static int connection_n, idle_n, idle_at;
static char request[REQUEST_SIZE_MAX];
static size_t request_n;
static uint64_t counted_from_ns;
static kt_histogram latencies;

static void fail(const char *what, const char *detail) {
  fprintf(stderr, "%s%s\n", what, detail);
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int dial(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((in_port_t)port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) fail("connect: ", strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

static void give_idle(struct connection *c) { idle[(idle_at + idle_n++) % connection_n] = c; }

static struct connection *take_idle(void) {
  struct connection *c = idle[idle_at];
  idle_at = (idle_at + 1) % connection_n;
  idle_n--;
  return c;
}

static void open_connections(int epoll, int port) {
  for (int i = 0; i < connection_n; i++) {
    connections[i].fd = dial(port);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event) < 0) fail("epoll_ctl: ", strerror(errno));
    give_idle(&connections[i]);
  }
}

static void record(uint64_t due_ns, uint64_t at_ns) {
  if (due_ns >= counted_from_ns) kt_histogram_record(&latencies, at_ns - due_ns);
}

static void send_request(struct connection *c, uint64_t due_ns) {
  c->due_ns = due_ns;
  c->held = 0;
  if (send(c->fd, request, request_n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)request_n)
    fail("send: ", strerror(errno));
}

// The size of the answer whose first bytes are held; 0 while its head is not whole.
static size_t answer_size(struct connection *c) {
  c->answer[c->held] = 0;
  char *end = strstr(c->answer, "\r\n\r\n");
  if (end == NULL) return 0;
  if (strncmp(c->answer, "HTTP/1.1 200 ", 13) != 0) fail("wrong status: ", c->answer);
  char *length = strcasestr(c->answer, "\r\nContent-Length:");
  if (length == NULL || length > end) fail("no Content-Length: ", c->answer);
  return (size_t)(end + 4 - c->answer) + strtoul(length + 17, NULL, 10);
}

static void receive(struct connection *c) {
  ssize_t n = recv(c->fd, c->answer + c->held, ANSWER_SIZE_MAX - 1 - c->held, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) fail("a connection ended: ", n < 0 ? strerror(errno) : "closed by the server");
  c->held += (size_t)n;
  size_t size = answer_size(c);
  if (size == 0 || c->held < size) return;
  if (c->held > size) fail("more than an answer: ", c->answer);
  record(c->due_ns, now_ns());
  c->due_ns = 0;
  give_idle(c);
}

// What is due and has no answer counts as if it came now. Returns how many those are.
static uint64_t record_the_late(uint64_t sent, uint64_t began_ns, double gap_ns, uint64_t end_ns) {
  uint64_t late = 0;
  for (int i = 0; i < connection_n; i++) {
    if (connections[i].due_ns == 0) continue;
    record(connections[i].due_ns, end_ns);
    late++;
  }
  for (uint64_t due; (due = began_ns + (uint64_t)((double)sent * gap_ns)) < end_ns; sent++, late++) record(due, end_ns);
  return late;
}

// Time that this thread was ready and others had its core (the second number of schedstat); 0 where that is not told.
static uint64_t waited_us(void) {
  unsigned long long ran, waited = 0;
  FILE *file = fopen("/proc/self/schedstat", "r");
  if (file == NULL || fscanf(file, "%llu %llu", &ran, &waited) != 2) waited = 0;
  if (file != NULL) fclose(file);
  return waited / 1000;
}

static unsigned long long percentile(double percent) { return kt_histogram_percentile(&latencies, percent); }

int main(int count, char **arguments) {
  if (count != 7) fail("usage: ", "rate PORT PATH CONNECTIONS RATE WARM_UP_MS MEASURED_MS");
  int port = atoi(arguments[1]);
  connection_n = atoi(arguments[3]);
  double gap_ns = 1e9 / atof(arguments[4]);
  double warm_up_ns = atof(arguments[5]) * 1e6, measured_ns = atof(arguments[6]) * 1e6;
  if (connection_n < 1 || connection_n > CONNECTIONS_MAX || !(gap_ns > 0)) fail("out of range", "");
  request_n = (size_t)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", arguments[2],
                               port);
  if (request_n >= sizeof request) fail("too long: ", arguments[2]);
  kt_histogram_init(&latencies);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) fail("epoll_create1: ", strerror(errno));
  open_connections(epoll, port);

  uint64_t waited = waited_us();
  uint64_t began = now_ns(), sent = 0, now;
  counted_from_ns = began + (uint64_t)warm_up_ns;
  uint64_t end = counted_from_ns + (uint64_t)measured_ns;
  while ((now = now_ns()) < end) {
    uint64_t due;
    while (idle_n > 0 && (due = began + (uint64_t)((double)sent * gap_ns)) <= now) {
      send_request(take_idle(), due);
      sent++;
    }
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(epoll, events, EVENTS_MAX, 0);
    if (n < 0 && errno != EINTR) fail("epoll_wait: ", strerror(errno));
    for (int i = 0; i < n; i++) receive(events[i].data.ptr);
  }
  uint64_t late = record_the_late(sent, began, gap_ns, end);
  printf("report requests=%llu late=%llu waited_us=%llu p50_ns=%llu p99_ns=%llu p999_ns=%llu\n",
         (unsigned long long)latencies.count, (unsigned long long)late, (unsigned long long)(waited_us() - waited),
         percentile(50), percentile(99), percentile(99.9));
}
