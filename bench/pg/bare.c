/* bare.c: the floor under a service with PostgreSQL: one statement, prepared, through bare libpq in pipeline mode on
 * one connection, with so many under way all the time.
 *
 *   bare CONNINFO read|list|insert|update DEPTH SECONDS
 *
 * What has been answered since the last write is sent anew in one write, under one Sync; writes each have their own, as
 * in the service. One line: statements per second, CPU per statement, latencies. */
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define ROWS 100000
#define DEPTH_MAX 4096
#define BUCKETS 100000 /* of 10 µs */

static uint64_t sent_ns[DEPTH_MAX], done_n;
static uint32_t first, under_way;
static uint64_t latencies[BUCKETS];

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static const struct {
  const char *name, *sql;
  bool writes;
  int parameters;
} statements[] = {
    {"read", "SELECT id, name, balance FROM bench_users WHERE id = $1", false, 1},
    {"list", "SELECT id, name, balance FROM bench_users WHERE id >= $1 ORDER BY id LIMIT 20", false, 1},
    {"insert", "INSERT INTO bench_events (user_id, note) VALUES ($1, 'from the bench') RETURNING id", true, 1},
    {"update", "UPDATE bench_users SET balance = balance + 1 WHERE id = $1 RETURNING balance", true, 1},
};

static void fail(PGconn *c, const char *what) {
  fprintf(stderr, "bare: %s: %s\n", what, PQerrorMessage(c));
  exit(1);
}

static uint32_t random_id(void) {
  static uint64_t x = 88172645463325252u;
  x ^= x << 13, x ^= x >> 7, x ^= x << 17;
  return (uint32_t)(x % ROWS) + 1;
}

static void send_one(PGconn *c) {
  uint32_t id = htonl(random_id());
  const char *value = (const char *)&id;
  const int length = 4, format = 1;
  if (!PQsendQueryPrepared(c, "s", 1, &value, &length, &format, 1)) fail(c, "send");
  sent_ns[(first + under_way++) % DEPTH_MAX] = now_ns();
}

static void take(PGconn *c, PGresult *r, ExecStatusType expected) {
  if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
    PQclear(r);
    return;
  }
  if (PQresultStatus(r) != expected || PQntuples(r) == 0) fail(c, "a wrong result");
  PQclear(r);
  uint64_t bucket = (now_ns() - sent_ns[first++ % DEPTH_MAX]) / 10000;
  latencies[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
  under_way--;
  done_n++;
}

static uint64_t percentile(double p) {
  uint64_t goal = (uint64_t)((double)done_n * p), seen = 0, i = 0;
  while (i < BUCKETS - 1 && (seen += latencies[i]) < goal) i++;
  return i * 10;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: bare CONNINFO read|list|insert|update DEPTH SECONDS\n");
    return 2;
  }
  size_t which = 0;
  while (which < 4 && strcmp(statements[which].name, argv[2]) != 0) which++;
  uint32_t depth = (uint32_t)atoi(argv[3]);
  if (which == 4 || depth < 1 || depth > DEPTH_MAX) return 2;
  PGconn *c = PQconnectdb(argv[1]);
  if (PQstatus(c) != CONNECTION_OK) fail(c, "connect");
  const Oid type = 23;
  PQclear(PQprepare(c, "s", statements[which].sql, 1, &type));
  if (PQsetnonblocking(c, 1) || !PQenterPipelineMode(c)) fail(c, "pipeline");
  uint64_t begin = now_ns(), end = begin + (uint64_t)atoi(argv[4]) * 1000000000u;
  uint32_t syncs = 0;
  while (now_ns() < end || under_way) {
    bool unsynced = false;
    while (now_ns() < end && under_way < depth) {
      send_one(c);
      unsynced = true;
      if (statements[which].writes) PQpipelineSync(c), syncs++, unsynced = false;
    }
    if (unsynced) PQpipelineSync(c), syncs++;
    struct pollfd p = {PQsocket(c), (short)(POLLIN | (PQflush(c) ? POLLOUT : 0)), 0};
    poll(&p, 1, -1);
    if (!PQconsumeInput(c)) fail(c, "read");
    while ((under_way || syncs) && !PQisBusy(c)) {
      PGresult *r = PQgetResult(c);
      if (!r) continue;
      if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) syncs--;
      take(c, r, PGRES_TUPLES_OK);
    }
  }
  double seconds = (double)(now_ns() - begin) / 1e9;
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec);
  cpu += (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
  printf("statements=%llu rate=%.0f cpu_us=%.2f p50=%llu p99=%llu\n", (unsigned long long)done_n,
         (double)done_n / seconds, cpu * 1e6 / (double)done_n, (unsigned long long)percentile(0.5),
         (unsigned long long)percentile(0.99));
  PQfinish(c);
  return 0;
}
