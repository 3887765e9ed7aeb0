#include "io/listener.h"

#include "io/driver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct address {
  struct sockaddr_storage storage;
  socklen_t n;
} address;

static bool parse_address(const char *host, uint16_t port, address *a) {
  memset(a, 0, sizeof *a);
  struct sockaddr_in *v4 = (struct sockaddr_in *)&a->storage;
  if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    a->n = sizeof *v4;
    return true;
  }
  memset(a, 0, sizeof *a);
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a->storage;
  if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    a->n = sizeof *v6;
    return true;
  }
  return false;
}

/* Sockets with SO_REUSEPORT share a port with another instance of the same user without an error. A socket without it
 * is refused, so it tells whether the port is free. */
static kt_status bind_probe(const address *a) {
  int fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return KT_EIO;
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  int refused = bind(fd, (const struct sockaddr *)&a->storage, a->n) != 0 ? errno : 0;
  close(fd);
  errno = refused;
  return refused ? KT_EIO : KT_OK;
}

kt_status kt_listener_probe(const char *host, uint16_t port) {
  address a;
  return parse_address(host, port, &a) ? bind_probe(&a) : KT_EINVAL;
}

static kt_status bind_and_listen(int fd, const address *a, uint32_t backlog) {
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  /* Accepted sockets inherit TCP_NODELAY, which saves a call per connection. */
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  int queue = KT_FASTOPEN_QUEUE; /* a kernel without TCP_FASTOPEN (RFC 7413) does without */
  setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue);
  if (bind(fd, (const struct sockaddr *)&a->storage, a->n) != 0) return KT_EIO;
  return listen(fd, (int)backlog) == 0 ? KT_OK : KT_EIO;
}

kt_status kt_listener_bind(int *fd, const char *host, uint16_t port, uint32_t backlog) {
  address a;
  if (!parse_address(host, port, &a)) return KT_EINVAL;
  *fd = socket(a.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (*fd < 0) return KT_EIO;
  kt_status st = bind_and_listen(*fd, &a, backlog);
  if (st != KT_OK) {
    int error = errno;
    close(*fd);
    errno = error;
  }
  return st;
}

uint16_t kt_listener_port(int fd) {
  struct sockaddr_storage a;
  socklen_t n = sizeof a;
  if (getsockname(fd, (struct sockaddr *)&a, &n) != 0) return 0;
  return a.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&a)->sin6_port)
                                 : ntohs(((struct sockaddr_in *)&a)->sin_port);
}

static bool is_starvation(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void pause_accepting(kt_listener *l, int error) {
  l->loop->driver->unwatch(l->loop, &l->watch);
  kt_wheel_arm(&l->loop->wheel, &l->backoff, l->loop->now_ms + KT_ACCEPT_BACKOFF_MS);
  l->starved(l, error);
}

/* A connection, or minus an errno value. Returns true while more connections may wait. */
static bool take(kt_listener *l, int fd) {
  if (fd >= 0) {
    l->accepted(l, fd);
    return true;
  }
  if (fd == -EAGAIN) return false;
  if (!is_starvation(-fd)) return true; /* a connection that died in the queue (accept(2)) */
  pause_accepting(l, -fd);
  return false;
}

static bool accept_one(kt_listener *l) {
  KT_COUNT(l->loop->counters.syscalls, 1);
  int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return take(l, fd >= 0 ? fd : -errno);
}

static void accept_burst(kt_watch *w) {
  kt_listener *l = (kt_listener *)w;
  for (int i = 0; i < KT_ACCEPT_BURST && accept_one(l); i++) {}
}

static void arrived(kt_watch *w, int fd) { take((kt_listener *)w, fd); }

static void resume_accepting(kt_timer *t) {
  kt_listener *l = (kt_listener *)((char *)t - offsetof(kt_listener, backoff));
  if (l->loop->driver->watch(l->loop, &l->watch) != KT_OK)
    kt_wheel_arm(&l->loop->wheel, &l->backoff, l->loop->now_ms + KT_ACCEPT_BACKOFF_MS);
}

kt_status kt_listener_start(kt_listener *l, kt_loop *loop, int fd) {
  l->watch = (kt_watch){
      .tag = KT__TAG_WATCH, .ready = accept_burst, .arrived = arrived, .events = KT__WATCH_READ, .fd = fd};
  l->loop = loop;
  l->fd = -1;
  kt_timer_init(&l->backoff, resume_accepting);
  kt_status st = loop->driver->watch(loop, &l->watch);
  if (st == KT_OK) l->fd = fd;
  return st;
}

void kt_listener_stop(kt_listener *l) {
  if (l->fd < 0) return;
  while (!kt_timer_armed(&l->backoff) && accept_one(l)) {}
  kt_wheel_cancel(&l->loop->wheel, &l->backoff);
  l->loop->driver->unwatch(l->loop, &l->watch);
  close(l->fd);
  l->fd = -1;
}
