/* Limits that clients run into: all are counted, a line a minute is told. */
#include "harness.h"

#include "server/reactor.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char lines[8][512];
static unsigned line_n;

static void keep_line(void *context, kt_log_level level, const char *message) {
  (void)context;
  pthread_mutex_lock(&lock);
  if (level >= KT_LOG_INFO && line_n < 8) snprintf(lines[line_n++], sizeof lines[0], "%s", message);
  pthread_mutex_unlock(&lock);
}

static kt_config logged_config(void) {
  kt_config c = test_config();
  c.reactors = 2;
  c.log = keep_line;
  line_n = 0;
  return c;
}

static const kt_route_spec routes[] = {ROUTE(KT_GET, "/", hello)};

TEST("a limit that many clients run into is told once, by one reactor, with the address of the first") {
  kt_config c = logged_config();
  c.head_size_max = 1024;
  c.target_size_max = 256;
  harness h = serve(&c, routes, 1);
  static char target[400];
  memset(target, 'x', sizeof target - 1);
  for (int i = 0; i < 30; i++) {
    int fd = dial(&h);
    say(fd, "GET /");
    say(fd, target);
    say(fd, " HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(begins(hear_all(fd), "HTTP/1.1 414"));
    close(fd);
  }
  CHECK_EQ(kt_server_counters(h.server).limits[KT_LIMIT_TARGET_SIZE], 30);
  CHECK_EQ(kt_server_counters(h.server).limits[KT_LIMIT_HEAD_SIZE], 0);
  stop(&h);
  CHECK_EQ(line_n, 1);
  CHECK(begins(lines[0], "large target: 127.0.0.1:") && has(lines[0], "target_size_max") && !has(lines[0], " more "));
}

TEST("a minute later the next line says how many there were since") {
  kt_config c = logged_config();
  char error[256];
  kt_server *s = kt_server_create(&c, compile_routes(routes, 1), error, sizeof error);
  CHECK(s != NULL);
  uint16_t n;
  kt_reactor *const *all = kt__server_reactors(s, &n);
  CHECK_EQ(n, 2);
  for (uint64_t at = 1000; at <= 1000 + KT_LIMIT_LOG_MS; at += 1000)
    for (uint16_t i = 0; i < n; i++) {
      all[i]->loop.now_ms = at;
      kt__limit_met(all[i], KT_LIMIT_HANDSHAKE, -1, "no shared cipher");
    }
  kt__limit_met(all[0], KT_LIMIT_H2_PING, -1, NULL);
  CHECK_EQ(line_n, 3);
  CHECK_BYTES(kt_bytes_make(lines[0], strlen(lines[0])),
              "TLS handshake: a peer that has gone could not agree on TLS: no shared cipher");
  CHECK(has(lines[1], "TLS handshake: ") && has(lines[1], "; 119 more since the last such line"));
  CHECK(begins(lines[2], "HTTP/2 PING flood: "));
  CHECK_EQ(kt_server_counters(s).limits[KT_LIMIT_HANDSHAKE], 122);
  kt_server_destroy(s);
}

TEST("every limit has a name of its own") {
  for (int i = 0; i < KT_LIMIT_COUNT; i++)
    for (int k = 0; k < i; k++) CHECK(strcmp(kt_limit_name((kt_limit)i), kt_limit_name((kt_limit)k)) != 0);
}
