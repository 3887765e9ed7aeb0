#include "server/limits.h"

#include "server/conn.h"
#include "server/exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

typedef struct description {
  const char *name; /* of the attack that it stops, and of its counter */
  const char *text; /* what the peer did and got; the limit's name and the remedy follow */
  const char *limit;
  kt_log_level level;
} description;

#define W KT_LOG_WARNING
#define GLITCHES "KT_H2_GLITCHES_MAX"

static const description descriptions[KT_LIMIT_COUNT] = {
    [KT_LIMIT_HEAD_TIME] = {"slow head", "did not complete a request's head in time: 408", "head_timeout_ms", W},
    [KT_LIMIT_BODY_TIME] = {"slow content", "did not send a request's content in time: 408",
                            "body_timeout_ms, body_rate_min", W},
    [KT_LIMIT_WRITE_TIME] = {"slow read", "took nothing of its answer in time and was cut off", "write_timeout_ms", W},
    [KT_LIMIT_HEAD_SIZE] = {"large head", "sent a head that is too long or has too many fields: 431",
                            "head_size_max, field_count_max", W},
    [KT_LIMIT_TARGET_SIZE] = {"large target", "sent a request target that is too long: 414", "target_size_max", W},
    [KT_LIMIT_BODY_SIZE] = {"large content", "sent more content than is accepted: 413",
                            "body_size_max or the route's", W},
    [KT_LIMIT_DECODED_SIZE] = {"decompression bomb", "sent content that expands beyond what is accepted: 413",
                               "body_size_max or the route's", W},
    [KT_LIMIT_DECODERS] = {"coded content", "sent coded content while too much is being decoded: 503",
                           "KT_DECODERS_MAX", W},
    [KT_LIMIT_RANGES] = {"many ranges", "asked for too many ranges and got the whole", "KT_RANGES_MAX", W},
    [KT_LIMIT_CONNECTIONS] = {"many connections", "came when no more are accepted: 503", "connections_max", W},
    [KT_LIMIT_HANDSHAKE_TIME] = {"slow TLS handshake", "did not complete its handshake in time and was cut off",
                                 "handshake_timeout_ms", W},
    [KT_LIMIT_HANDSHAKE] = {"TLS handshake", "could not agree on TLS", NULL, KT_LOG_INFO},
    [KT_LIMIT_H2_RESETS] = {"HTTP/2 rapid reset", "took too many requests back and was cut off", GLITCHES, W},
    [KT_LIMIT_H2_INVALID] = {"HTTP/2 MadeYouReset", "made too many requests fail and was cut off", GLITCHES, W},
    [KT_LIMIT_H2_CONTINUATION] = {"HTTP/2 CONTINUATION flood", "sent a head without an end and was cut off",
                                  "nghttp2's of CONTINUATION frames", W},
    [KT_LIMIT_H2_ACKS] = {"HTTP/2 unread acknowledgements", "did not read what it asked for and was cut off",
                          "nghttp2's of queued acknowledgements", W},
    [KT_LIMIT_H2_PING] = {"HTTP/2 PING flood", "sent too many PING frames and was cut off", GLITCHES, W},
    [KT_LIMIT_H2_SETTINGS] = {"HTTP/2 SETTINGS flood", "sent too many SETTINGS frames and was cut off", GLITCHES, W},
    [KT_LIMIT_H2_EMPTY_DATA] = {"HTTP/2 empty DATA flood", "sent too many empty DATA frames and was cut off", GLITCHES,
                                W},
    [KT_LIMIT_H2_WINDOW_UPDATE] = {"HTTP/2 WINDOW_UPDATE flood",
                                   "sent too many WINDOW_UPDATE frames without need and was cut off", GLITCHES, W},
    [KT_LIMIT_H2_IDLE_FRAME] = {"HTTP/2 idle frames", "sent too many frames that mean nothing and was cut off",
                                GLITCHES, W},
};

const char *kt_limit_name(kt_limit limit) { return descriptions[limit].name; }

/* ---- who ---- */

static void name_peer(int fd, char *out, size_t n) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  char host[INET6_ADDRSTRLEN];
  if (fd < 0 || getpeername(fd, (struct sockaddr *)&address, &size) != 0) {
    snprintf(out, n, "a peer that has gone");
  } else if (address.ss_family == AF_UNIX) {
    snprintf(out, n, "a peer on this machine");
  } else if (address.ss_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address;
    inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
    snprintf(out, n, "[%s]:%u", host, ntohs(in6->sin6_port));
  } else {
    const struct sockaddr_in *in = (const struct sockaddr_in *)&address;
    inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
    snprintf(out, n, "%s:%u", host, ntohs(in->sin_port));
  }
}

/* ---- when ---- */

static uint64_t count_of_all(kt_reactor *r, kt_limit limit) {
  uint16_t n;
  kt_reactor *const *all = kt__server_reactors(r->server, &n);
  uint64_t sum = 0;
  for (uint16_t i = 0; i < n; i++) sum += __atomic_load_n(&all[i]->limits[limit], __ATOMIC_RELAXED);
  return sum;
}

/* One reactor gets the line. What the others count meanwhile is in this line or in the next. */
static bool take_turn(kt_reactor *r, kt_limit limit) {
  uint64_t now = r->loop.now_ms, next = __atomic_load_n(&r->told->next_ms[limit], __ATOMIC_RELAXED);
  return now >= next && __atomic_compare_exchange_n(&r->told->next_ms[limit], &next, now + KT_LIMIT_LOG_MS, false,
                                                    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* ---- the line ---- */

static void tell(kt_reactor *r, kt_limit limit, int fd, const char *detail) {
  const description *d = &descriptions[limit];
  char line[400], peer[INET6_ADDRSTRLEN + 10], more[64] = "";
  uint64_t all = count_of_all(r, limit);
  uint64_t before = __atomic_exchange_n(&r->told->count[limit], all, __ATOMIC_RELAXED);
  if (all > before + 1 && before > 0)
    snprintf(more, sizeof more, "; %llu more since the last such line", (unsigned long long)(all - before - 1));
  name_peer(fd, peer, sizeof peer);
  snprintf(line, sizeof line, "%s: %s %s%s%s%s%s%s", d->name, peer, d->text, detail ? ": " : "", detail ? detail : "",
           d->limit ? "; the limit is " : "", d->limit ? d->limit : "", more);
  kt__reactor_log(r, d->level, line);
}

void kt__limit_met(kt_reactor *r, kt_limit limit, int fd, const char *detail) {
  KT_COUNT(r->limits[limit], 1);
  if (take_turn(r, limit)) tell(r, limit, fd, detail);
}

void kt__limit_met_by(kt_exchange *x, kt_limit limit) {
  kt__limit_met(x->reactor, limit, x->conn ? x->conn->stream.fd : -1, NULL);
}
