#include "io/ktls.h"

#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define ALERT 21             /* content types, RFC 8446 §5.1 */
#define APPLICATION_DATA 23
#define RECORD_HEAD_SIZE 5
#define RECORD_TAIL_SIZE 17  /* content type and authentication tag */
#define PROBE_WAIT_S 1       /* on loopback */

kt_status kt_ktls_begin(int fd, const void *info, size_t n) {
  if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") != 0 && errno != EEXIST) return KT_EIO;
  return setsockopt(fd, SOL_TLS, TLS_TX, info, (socklen_t)n) == 0 ? KT_OK : KT_EIO;
}

/* A record that did not fit the socket waits outside of TCP's queue, where a FIN would overtake it. Room for poll(2) is a
 * third of the send buffer, more than a record's, so that what waits and the alert go out within the call. */
static bool has_room(int fd) {
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  return poll(&p, 1, 0) > 0;
}

kt_status kt_ktls_alert(int fd, const uint8_t alert[2]) {
  if (!has_room(fd)) return KT_AGAIN;
  _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(1)] = {0};
  struct iovec bytes = {(void *)(uintptr_t)alert, 2};
  struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_TLS;
  c->cmsg_type = TLS_SET_RECORD_TYPE;
  c->cmsg_len = CMSG_LEN(1);
  *CMSG_DATA(c) = ALERT;
  ssize_t sent;
  do sent = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent == 2) return KT_OK;
  return sent < 0 && errno == EAGAIN ? KT_AGAIN : KT_EIO;
}

/* ---- the probe ---- */

static char why_not[160];

static void say(const char *what) { snprintf(why_not, sizeof why_not, "%s: %s", what, strerror(errno)); }

/* A thread that owned a ring may be interrupted in its waiting when the ring ends, without a signal. */
static bool receive_whole(int fd, void *to, size_t n) {
  for (size_t got = 0; got < n;) {
    ssize_t part = recv(fd, (char *)to + got, n - got, 0);
    if (part == 0 || (part < 0 && errno != EINTR)) return false;
    if (part > 0) got += (size_t)part;
  }
  return true;
}

/* A zero key will do: only the form of what arrives is looked at. */
static void seal_one_byte(int from, int to) {
  struct tls12_crypto_info_aes_gcm_128 info = {
      .info = {.version = TLS_1_3_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128}};
  uint8_t record[RECORD_HEAD_SIZE + 1 + RECORD_TAIL_SIZE];
  if (kt_ktls_begin(from, &info, sizeof info) != KT_OK) {
    if (errno == ENOENT)
      snprintf(why_not, sizeof why_not, "the kernel has no tls module, or it is not loaded (modprobe tls)");
    else
      say("the kernel refuses to seal");
  } else if (send(from, "x", 1, MSG_NOSIGNAL) != 1) {
    say("the kernel fails to seal");
  } else if (!receive_whole(to, record, sizeof record) || record[0] != APPLICATION_DATA ||
             record[4] != sizeof record - RECORD_HEAD_SIZE) {
    snprintf(why_not, sizeof why_not, "the kernel seals something else than TLS 1.3");
  }
}

static void with_connection(int listener, int from) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof at;
  struct timeval wait = {.tv_sec = PROBE_WAIT_S};
  int to = -1;
  if (bind(listener, (struct sockaddr *)&at, n) == 0 && listen(listener, 1) == 0 &&
      getsockname(listener, (struct sockaddr *)&at, &n) == 0 && connect(from, (struct sockaddr *)&at, n) == 0)
    to = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (to < 0 || setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0)
    say("no loopback connection to try it on");
  else
    seal_one_byte(from, to);
  if (to >= 0) close(to);
}

static void probe(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), from = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || from < 0)
    say("no socket to try it on");
  else
    with_connection(listener, from);
  if (listener >= 0) close(listener);
  if (from >= 0) close(from);
}

const char *kt_ktls_why_not(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, probe);
  return *why_not ? why_not : NULL;
}
