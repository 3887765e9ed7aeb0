/* database.c: what all reactors share of a database. */
#include "pg/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KT_PG_REACTORS_MAX 1024

kt_pg_config kt_pg_config_default(void) {
  return (kt_pg_config){
      .conninfo = "",
      .connections_min = 1,
      .connections_max = 4,
      .pipeline_max = 256,
      .queue_max = 4096,
      .queue_timeout_ms = 2000,
      .connect_timeout_ms = 5000,
      .reconnect_min_ms = 50,
      .reconnect_max_ms = 5000,
      .health_interval_ms = 30000,
      .health_timeout_ms = 5000,
      .idle_timeout_ms = 60000,
      .rollback_timeout_ms = 5000,
  };
}

static const char *fault(const kt_pg_config *c) {
  if (c->connections_max < 1) return "connections_max must be at least 1";
  if (c->connections_min > c->connections_max) return "connections_min must not be greater than connections_max";
  if (c->pipeline_max < 1 || c->queue_max < 1) return "pipeline_max and queue_max must be at least 1";
  if (c->queue_timeout_ms < 1 || c->connect_timeout_ms < 1 || c->reconnect_min_ms < 1 || c->rollback_timeout_ms < 1)
    return "queue_timeout_ms, connect_timeout_ms, reconnect_min_ms and rollback_timeout_ms must be at least 1";
  if (c->reconnect_max_ms < c->reconnect_min_ms) return "reconnect_max_ms must not be less than reconnect_min_ms";
  if (c->health_interval_ms && !c->health_timeout_ms) return "health_timeout_ms must be at least 1";
  return NULL;
}

static const char *either(const char *given, const char *variable, const char *otherwise) {
  const char *value = given ? given : getenv(variable);
  return value && *value ? value : otherwise;
}

static void describe(kt_pg *pg) {
  const kt_pg_parameters *p = &pg->parameters;
  const char *address = kt_pg__parameter(p, "hostaddr");
  const char *host = either(kt_pg__parameter(p, "host"), "PGHOST", address ? address : "the local socket");
  snprintf(pg->where, sizeof pg->where, "%s, port %s, database %s", host,
           either(kt_pg__parameter(p, "port"), "PGPORT", "5432"),
           either(kt_pg__parameter(p, "dbname"), "PGDATABASE", "named after the user"));
}

kt_pg *kt_pg_create(const kt_pg_config *config, char *error, size_t error_n) {
  const char *wrong = fault(config);
  if (wrong) {
    snprintf(error, error_n, "%s", wrong);
    return NULL;
  }
  kt_pg *pg = calloc(1, sizeof *pg);
  if (pg) pg->slots = calloc(KT_PG_REACTORS_MAX, sizeof *pg->slots);
  if (!pg || !pg->slots) {
    free(pg);
    snprintf(error, error_n, "memory is out");
    return NULL;
  }
  pg->config = *config;
  if (!kt_pg__parameters_init(&pg->parameters, config, error, error_n)) {
    free(pg->slots);
    free(pg);
    return NULL;
  }
  pg->config.conninfo = "";
  pthread_mutex_init(&pg->lock, NULL);
  const char *attributes = kt_pg__parameter(&pg->parameters, "target_session_attrs");
  pg->writes_only = attributes && (!strcmp(attributes, "read-write") || !strcmp(attributes, "primary"));
  describe(pg);
  return pg;
}

static void destroy(kt_pg *pg) {
  kt_pg__hub_close(pg->hub);
  for (kt_pg_pool *p = pg->pools, *next; p; p = next) {
    next = p->next;
    free(p);
  }
  kt_pg__parameters_deinit(&pg->parameters);
  pthread_mutex_destroy(&pg->lock);
  free(pg->slots);
  free(pg);
}

static void close_pool(void *pool, void *unused) {
  (void)unused;
  kt_pg__pool_close(pool);
}

/* A pool that has not ended has a reactor that has not, since ending takes the lock. */
void kt_pg_release(kt_pg *pg) {
  if (!pg) return;
  pthread_mutex_lock(&pg->lock);
  pg->released = true;
  bool last = pg->live_n == 0;
  for (kt_pg_pool *p = pg->pools; p; p = p->next)
    if (p->reactor) kt_reactor_post(p->reactor, close_pool, p, NULL);
  pthread_mutex_unlock(&pg->lock);
  if (last) destroy(pg);
}

void kt_pg__pool_ended(kt_pg_pool *p) {
  kt_pg *pg = p->pg;
  pthread_mutex_lock(&pg->lock);
  __atomic_store_n(&p->reactor, NULL, __ATOMIC_RELAXED);
  bool last = --pg->live_n == 0 && pg->released;
  pthread_mutex_unlock(&pg->lock);
  if (last) destroy(pg);
}

kt_pg_pool *kt_pg_pool_of(kt_pg *pg, kt_reactor *r) {
  uint16_t index = kt_reactor_index(r);
  if (index >= KT_PG_REACTORS_MAX) return NULL;
  _Atomic(kt_pg_pool *) *slot = &pg->slots[index];
  for (kt_pg_pool *p = atomic_load_explicit(slot, memory_order_acquire); p; p = p->next_slot)
    if (__atomic_load_n(&p->reactor, __ATOMIC_RELAXED) == r) return p;
  if (kt_reactor_current() != r) return NULL;
  kt_pg_pool *p = kt_pg__pool_create(pg, r);
  if (!p) return NULL;
  pthread_mutex_lock(&pg->lock);
  p->next = pg->pools;
  pg->pools = p;
  pg->live_n++;
  p->next_slot = atomic_load_explicit(slot, memory_order_relaxed);
  atomic_store_explicit(slot, p, memory_order_release);
  pthread_mutex_unlock(&pg->lock);
  return p;
}

kt_pg_counters kt_pg_counters_of(kt_pg *pg) {
  kt_pg_counters sum = {0};
  pthread_mutex_lock(&pg->lock);
  for (kt_pg_pool *p = pg->pools; p; p = p->next) {
    const uint64_t *from = (const uint64_t *)&p->counters;
    uint64_t *to = (uint64_t *)&sum;
    for (size_t i = 0; i < sizeof sum / sizeof *to; i++) to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
  }
  pthread_mutex_unlock(&pg->lock);
  return sum;
}

/* ---- the check at start ---- */

static const char *remedy(const PGconn *c, const char *message) {
  if (strstr(message, "password authentication failed") || strstr(message, "no password supplied"))
    return "give the right user and password in the URL, PGPASSWORD or ~/.pgpass";
  if (strstr(message, "Peer authentication failed"))
    return "connect as that system user, or allow the user in pg_hba.conf";
  if (strstr(message, "no pg_hba.conf entry")) return "allow this host and user in the server's pg_hba.conf";
  if (strstr(message, "root certificate file") || strstr(message, "certificate verify failed"))
    return "write sslrootcert=FILE with the authority that signed the server's certificate";
  if (strstr(message, "does not match host name")) return "connect by the name that the server's certificate has";
  if (strstr(message, "does not support SSL")) return "configure TLS on the server (ssl = on), or lower sslmode";
  if (strstr(message, "unsupported startup parameter"))
    return "a pooler does not know it: add it to PgBouncer's ignore_startup_parameters, or leave the timeouts and "
           "'options' to the server";
  if (strstr(message, "does not exist")) return "create it, or name another one in the URL";
  if (strstr(message, "could not translate host name")) return "write a name that the DNS knows, or an address";
  if (strstr(message, "No such file") || strstr(message, "Connection refused"))
    return "start the server, or write the host and port that it listens on";
  if (strstr(message, "timeout")) return "look whether a firewall is in between";
  if (strstr(message, "too many")) return "raise max_connections of the server, or lower connections_max here";
  if (PQstatus(c) == CONNECTION_BAD) return "see the server's log";
  return "see the message";
}

/* A pooler that hands a session on between statements (PgBouncer with pool_mode = transaction) hands on what is prepared
 * there, and loses it. It gives its clients process ids of its own; the proof is a statement that one client prepares
 * and another one knows. PgBouncer from 1.21 on keeps them apart (max_prepared_statements). Where the pooler has other
 * clients at work the second one may get another session, so that this is no proof of the contrary. */
static bool shares_sessions(PGconn *c, const char *const *keywords, const char *const *values) {
  PGresult *r = PQexec(c, "SELECT pg_backend_pid()");
  bool pooled = PQresultStatus(r) == PGRES_TUPLES_OK && atoi(PQgetvalue(r, 0, 0)) != PQbackendPID(c);
  PQclear(r);
  if (!pooled) return false;
  char name[48];
  snprintf(name, sizeof name, "katana_check_%d_%lx", (int)getpid(), (unsigned long)(uintptr_t)c);
  PQclear(PQprepare(c, name, "SELECT 1", 0, NULL));
  PGconn *other = PQconnectdbParams(keywords, values, 0);
  r = other && PQstatus(other) == CONNECTION_OK ? PQexecPrepared(other, name, 0, NULL, NULL, NULL, 0) : NULL;
  bool shared = r && PQresultStatus(r) == PGRES_TUPLES_OK;
  PQclear(r);
  char text[64];
  snprintf(text, sizeof text, "DEALLOCATE %s", name);
  PQclear(PQexec(shared ? other : c, text));
  if (other) PQfinish(other);
  return shared;
}

bool kt_pg_check(kt_pg *pg, char *error, size_t error_n) {
  const kt_pg_parameters *p = &pg->parameters;
  const char **keywords = calloc(p->n + 2, sizeof *keywords), **values = calloc(p->n + 2, sizeof *values);
  char seconds[16];
  bool ok = false;
  uint32_t timeout_ms = pg->config.connect_timeout_ms;
  snprintf(seconds, sizeof seconds, "%u", timeout_ms < 2000 ? 2 : timeout_ms / 1000); /* libpq takes no less */
  if (!keywords || !values) {
    snprintf(error, error_n, "memory is out");
  } else {
    memcpy(keywords, p->keywords, p->n * sizeof *keywords);
    memcpy(values, p->values, p->n * sizeof *values);
    keywords[p->n] = "connect_timeout";
    values[p->n] = seconds;
    PGconn *c = PQconnectdbParams(keywords, values, 0);
    ok = c && PQstatus(c) == CONNECTION_OK;
    if (!ok) {
      char line[KT_PG_ERROR_SIZE];
      kt_pg__line(line, sizeof line, c ? PQerrorMessage(c) : "memory is out");
      snprintf(error, error_n, "PostgreSQL does not answer (%s): %s; remedy: %s", pg->where, line, remedy(c, line));
    } else if (shares_sessions(c, keywords, values)) {
      ok = false;
      snprintf(error, error_n,
               "a pooler shares sessions between its clients (%s), and loses what they have prepared; remedy: "
               "pool_mode = session, PgBouncer 1.21 or later with max_prepared_statements, or connect to the server",
               pg->where);
    }
    if (c) PQfinish(c);
  }
  free(keywords);
  free(values);
  return ok;
}
