/* conn.c: a connection from its first address to its end. */
#include "pg/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void unwatch(kt_pg_conn *c) {
  if (c->watch) kt_reactor_unwatch(c->pool->reactor, c->watch);
  c->watch = NULL;
}

static void cancel_timer(kt_pg_conn *c) {
  if (c->timer) kt_reactor_cancel(c->pool->reactor, c->timer);
  c->timer = NULL;
}

/* Frees it without telling anybody. */
static void drop(kt_pg_conn *c) {
  kt_pg_pool *p = c->pool;
  unwatch(c);
  cancel_timer(c);
  kt_pg__resolve_abandon(c);
  kt_pg__cancel_abandon(c);
  if (c->pg) PQfinish(c->pg);
  *c->at = c->next;
  if (c->next) c->next->at = c->at;
  p->conn_n--;
  if (c->state != CONN_READY) p->connecting_n--;
  else KT_PG_COUNT(p->counters.open, -1);
  free(c->slots);
  free(c->prepared);
  free(c);
}

void kt_pg__conn_close(kt_pg_conn *c, const char *why) {
  kt_pg_pool *p = c->pool;
  if (why) kt_pg__line(p->error, sizeof p->error, why);
  kt_pg__fail_all(c); /* while it is known whose it was */
  if (c->lease) c->lease->conn = NULL;
  drop(c);
  kt_pg__wake(p);
}

/* ---- connecting ---- */

static void fail(kt_pg_conn *c, const char *message, bool late) {
  kt_pg_pool *p = c->pool;
  char line[KT_PG_ERROR_SIZE];
  kt_pg__line(line, sizeof line, message);
  drop(c);
  kt_pg__connect_failed(p, line, late);
}

static void on_event(void *conn, unsigned events);

/* libpq may change its socket with each step, so a watch is for one. */
static bool step(kt_pg_conn *c, unsigned events) {
  c->watch = kt_reactor_watch(c->pool->reactor, PQsocket(c->pg), events, on_event, c);
  c->watched = events;
  return c->watch != NULL;
}

static void ready(kt_pg_conn *c) {
  if (PQsetnonblocking(c->pg, 1) != 0 || PQenterPipelineMode(c->pg) != 1 || !step(c, KT_WATCH_READ)) {
    fail(c, "the connection cannot be used: memory is out or the kernel refuses to watch it", false);
    return;
  }
  cancel_timer(c);
  c->state = CONN_READY;
  c->pool->connecting_n--;
  KT_PG_COUNT(c->pool->counters.open, 1);
  c->idle_ns = kt_pg__now(c->pool);
  kt_pg__connected(c);
}

static void poll_connect(kt_pg_conn *c) {
  unwatch(c);
  bool ok = true;
  switch (PQconnectPoll(c->pg)) {
  case PGRES_POLLING_OK: ready(c); return;
  case PGRES_POLLING_READING: ok = step(c, KT_WATCH_READ); break;
  case PGRES_POLLING_WRITING: ok = step(c, KT_WATCH_WRITE); break;
  default: fail(c, PQerrorMessage(c->pg), false); return;
  }
  if (!ok) fail(c, "the kernel refuses to watch the connection", false);
}

static void took_too_long(void *conn) {
  kt_pg_conn *c = conn;
  c->timer = NULL;
  char line[KT_PG_ERROR_SIZE];
  snprintf(line, sizeof line, "no connection within %u ms (connect_timeout_ms)",
           c->pool->pg->config.connect_timeout_ms);
  fail(c, line, true);
}

static PGconn *start(kt_pg_conn *c, const kt_pg_hosts *hosts) {
  const kt_pg_parameters *given = &c->pool->pg->parameters;
  const char **keywords = calloc(given->n + 4, sizeof *keywords), **values = calloc(given->n + 4, sizeof *values);
  PGconn *pg = NULL;
  if (keywords && values) {
    size_t n = 0;
    for (size_t i = 0; i < given->n; i++) {
      const char *k = given->keywords[i];
      if (hosts->host && (!strcmp(k, "host") || !strcmp(k, "hostaddr") || !strcmp(k, "port"))) continue;
      keywords[n] = k;
      values[n++] = given->values[i];
    }
    if (hosts->host) {
      keywords[n] = "host", values[n++] = hosts->host;
      keywords[n] = "hostaddr", values[n++] = hosts->hostaddr;
      keywords[n] = "port", values[n++] = hosts->port;
    }
    pg = PQconnectStartParams(keywords, values, 0);
  }
  free(keywords);
  free(values);
  return pg;
}

void kt_pg__conn_resolved(kt_pg_conn *c, const kt_pg_hosts *hosts, const char *error) {
  if (error) {
    fail(c, error, false);
    return;
  }
  c->state = CONN_CONNECTING;
  c->pg = start(c, hosts);
  if (!c->pg || PQstatus(c->pg) == CONNECTION_BAD) {
    fail(c, c->pg ? PQerrorMessage(c->pg) : "memory is out", false);
    return;
  }
  PQsetNoticeReceiver(c->pg, kt_pg__notice, c);
  if (!step(c, KT_WATCH_WRITE)) fail(c, "the kernel refuses to watch the connection", false);
}

bool kt_pg__conn_open(kt_pg_pool *p) {
  kt_pg_conn *c = calloc(1, sizeof *c);
  if (!c) return false;
  c->pool = p;
  c->next = p->conns;
  c->at = &p->conns;
  if (c->next) c->next->at = &c->next;
  p->conns = c;
  p->conn_n++;
  p->connecting_n++;
  c->timer = kt_reactor_after(p->reactor, p->pg->config.connect_timeout_ms, took_too_long, c);
  if (!c->timer) {
    fail(c, "memory is out", false);
    return true;
  }
  kt_pg__resolve(c);
  return true;
}

/* ---- reading and writing ---- */

void kt_pg__conn_watch(kt_pg_conn *c) {
  if (c->broken || !c->watch) return;
  int unsent = PQflush(c->pg);
  if (unsent < 0) {
    c->broken = true;
    kt_pg__wake(c->pool);
    return;
  }
  /* A write that fails is no failure of PQflush, which has closed the socket then: nothing would be heard of it. */
  if (kt_pg__is_gone(c)) return;
  /* The server may have taken what was left just now: rows wait for room in the socket, not for an answer. */
  bool writes = unsent || kt_pg__copy_sends(c);
  unsigned events = (c->hushed ? 0 : KT_WATCH_READ) | (writes ? KT_WATCH_WRITE : 0);
  if (events == c->watched) return;
  c->watched = events;
  if (kt_reactor_rewatch(c->pool->reactor, c->watch, events) != KT_OK) {
    c->broken = true;
    kt_pg__wake(c->pool);
  }
}

static void on_event(void *conn, unsigned events) {
  kt_pg_conn *c = conn;
  if (c->state == CONN_CONNECTING) {
    poll_connect(c);
    return;
  }
  if (events & KT_WATCH_READ && c->paused) {
    c->hushed = true;
  } else if (events & KT_WATCH_READ) {
    bool alive = PQconsumeInput(c->pg) && PQstatus(c->pg) == CONNECTION_OK;
    if (c->copy_state)
      kt_pg__copy_go_on(c);
    else
      kt_pg__process(c);
    if (!alive || PQstatus(c->pg) != CONNECTION_OK) c->broken = true;
  } else if (c->copy_state) {
    kt_pg__copy_go_on(c);
  }
  if (c->broken) {
    char line[KT_PG_ERROR_SIZE];
    kt_pg__line(line, sizeof line, PQerrorMessage(c->pg));
    kt_pg__lost(c->pool, line);
    kt_pg__conn_close(c, line);
    return;
  }
  kt_pg__conn_watch(c);
}
