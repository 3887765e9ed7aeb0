/* pool.c: the connections of a reactor and who waits for them.
 *
 * Workload: almost every submission finds a connection at the end of its turn, so the queue is mostly empty. */
#include "pg/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* ---- the queue ---- */

static void append(kt_pg_pool *p, kt_pg_op *op) {
  op->next = NULL;
  op->previous = p->queue.last;
  if (op->previous)
    op->previous->next = op;
  else
    p->queue.first = op;
  p->queue.last = op;
}

static void prepend(kt_pg_pool *p, kt_pg_op *op) {
  op->previous = NULL;
  op->next = p->queue.first;
  if (op->next)
    op->next->previous = op;
  else
    p->queue.last = op;
  p->queue.first = op;
}

static void enter(kt_pg_pool *p, kt_pg_op *op) {
  op->queued = true;
  p->queue_n++;
  if (op->kind == KT_PG_LEASE) p->lease_waits++;
  KT_PG_COUNT(p->counters.queued, 1);
}

static void leave_queue(kt_pg_pool *p, kt_pg_op *op) {
  if (op->previous)
    op->previous->next = op->next;
  else
    p->queue.first = op->next;
  if (op->next)
    op->next->previous = op->previous;
  else
    p->queue.last = op->previous;
  op->next = op->previous = NULL;
  op->queued = false;
  p->queue_n--;
  if (op->kind == KT_PG_LEASE) p->lease_waits--;
  KT_PG_COUNT(p->counters.queued, -1);
}

void kt_pg__finish(kt_pg_op *op, kt_pg_outcome outcome) {
  op->outcome = (uint8_t)outcome;
  if (op->kind == KT_PG_STREAM) {
    if (!op->waiting) return; /* kt_pg_next tells */
    op->waiting = false;
  }
  op->done(op->context);
}

void kt_pg__wake(kt_pg_pool *p) {
  if (!p->closing) kt_reactor_at_turn_end(p->reactor, &p->turn);
}

/* It was accepted before, so it may wait until its deadline. */
void kt_pg__requeue(kt_pg_pool *p, kt_pg_op *op) {
  if (p->closing) {
    kt_pg__finish(op, KT_PG_LOST);
    return;
  }
  KT_PG_COUNT(p->counters.resent, 1);
  op->queue_ns = op->deadline_ns;
  prepend(p, op);
  enter(p, op);
  kt_pg__watch_deadline(p, op->queue_ns);
  kt_pg__wake(p);
}

void kt_pg_submit(kt_pg_pool *p, kt_pg_op *op) {
  op->pool = p;
  op->outcome = KT_PG_WAITS;
  if (p->closing || p->queue_n >= p->pg->config.queue_max) {
    KT_PG_COUNT(p->counters.refused_full, 1);
    kt_pg__finish(op, p->closing ? KT_PG_UNAVAILABLE : KT_PG_EXHAUSTED);
    return;
  }
  uint64_t patience = kt_pg__now(p) + p->pg->config.queue_timeout_ms * UINT64_C(1000000);
  op->queue_ns = patience < op->deadline_ns ? patience : op->deadline_ns;
  append(p, op);
  enter(p, op);
  kt_pg__watch_deadline(p, op->queue_ns);
  kt_pg__wake(p);
}

void kt_pg_abandon(kt_pg_op *op) {
  kt_pg_pool *p = op->pool;
  if (!p) return;
  kt_pg_conn *c = op->conn;
  if (op->queued) leave_queue(p, op);
  if (!c) return;
  op->conn = NULL;
  if (c->copy == op) {
    c->copy = NULL;
    if (c->copy_state) kt_pg__copy_go_on(c);
  } else {
    kt_pg__leave(c, op);
  }
  if (c->paused) { /* the rest of the stream is thrown away */
    c->paused = c->hushed = false;
    kt_pg__process(c);
  }
  kt_pg__conn_watch(c);
  kt_pg__cancel_later(p);
}

/* ---- deadlines ---- */

static void late(kt_pg_pool *p, kt_pg_op *op, uint64_t now) {
  bool was_queued = op->queued;
  kt_pg_abandon(op);
  if (was_queued && now < op->deadline_ns) {
    bool open = false;
    for (kt_pg_conn *c = p->conns; c; c = c->next) open |= c->state == CONN_READY;
    KT_PG_COUNT(p->counters.refused_full, 1);
    kt_pg__finish(op, open ? KT_PG_EXHAUSTED : KT_PG_UNAVAILABLE);
  } else {
    kt_pg__finish(op, KT_PG_LATE);
  }
}

/* The first that is late, or NULL; *next is when the others will be. */
static kt_pg_op *find_late(kt_pg_pool *p, uint64_t now, uint64_t *next) {
  for (kt_pg_op *op = p->queue.first; op; op = op->next) {
    if (op->queue_ns <= now) return op;
    if (op->queue_ns < *next) *next = op->queue_ns;
  }
  for (kt_pg_conn *c = p->conns; c; c = c->next) {
    for (uint32_t i = 0; i <= c->slot_n; i++) {
      kt_pg_op *op = i == c->slot_n ? c->copy : c->slots[(c->slot_at + i) & (c->slot_cap - 1)].op;
      if (!op) continue;
      if (op->kind == KT_PG_STREAM && !op->waiting) continue; /* its reader looks at the time itself */
      if (op->deadline_ns <= now) return op;
      if (op->deadline_ns < *next) *next = op->deadline_ns;
    }
  }
  return NULL;
}

static void on_deadline(void *pool) {
  kt_pg_pool *p = pool;
  p->deadline = NULL;
  p->deadline_at_ns = UINT64_MAX;
  uint64_t now = kt_pg__now(p), next = UINT64_MAX;
  kt_pg_op *op;
  while ((op = find_late(p, now, &next))) {
    next = UINT64_MAX;
    late(p, op, now);
  }
  kt_pg__watch_deadline(p, next);
}

/* One timer for all: it seldom has to move, as what comes later ends later. */
void kt_pg__watch_deadline(kt_pg_pool *p, uint64_t at_ns) {
  if (at_ns >= p->deadline_at_ns || p->closing) return;
  if (p->deadline) kt_reactor_cancel(p->reactor, p->deadline);
  uint64_t now = kt_pg__now(p), wait = at_ns > now ? (at_ns - now + 999999) / 1000000 : 0;
  p->deadline = kt_reactor_after(p->reactor, wait, on_deadline, p);
  p->deadline_at_ns = p->deadline ? at_ns : UINT64_MAX;
}

/* ---- leases ---- */

static bool is_free(const kt_pg_conn *c) {
  bool well = c->state == CONN_READY && !c->broken && !c->retiring;
  return well && !c->lease && !c->ending && !c->cancelling && !c->fenced;
}

static uint32_t lease_count(const kt_pg_pool *p) {
  uint32_t n = 0;
  for (const kt_pg_conn *c = p->conns; c; c = c->next) n += c->lease || c->ending;
  return n;
}

/* One connection is always left to be shared, unless it is the only one. */
static uint32_t leases_max(const kt_pg_pool *p) {
  uint32_t max = p->pg->config.connections_max;
  return max > 1 ? max - 1 : 1;
}

static kt_pg_conn *find_idle(kt_pg_pool *p) {
  if (lease_count(p) >= leases_max(p)) return NULL;
  kt_pg_conn *found = NULL;
  for (kt_pg_conn *c = p->conns; c; c = c->next)
    if (is_free(c) && c->slot_n == 0 && (!found || c->reserved)) found = c;
  return found;
}

static void grant(kt_pg_pool *p, kt_pg_op *op, kt_pg_conn *c) {
  kt_pg_lease *lease = calloc(1, sizeof *lease);
  if (!lease) {
    kt_pg__finish(op, KT_PG_NOMEM);
    return;
  }
  *lease = (kt_pg_lease){.pool = p, .conn = c};
  c->lease = lease;
  c->reserved = false;
  KT_PG_COUNT(p->counters.leased, 1);
  op->lease = lease;
  kt_pg__finish(op, KT_PG_OK);
}

void kt_pg_lease_open(kt_pg_lease *lease, kt_pg_statement *begin) { lease->begin = begin; }
bool kt_pg_lease_is_unused(const kt_pg_lease *lease) { return lease->begin != NULL; }
bool kt_pg_lease_is_alive(const kt_pg_lease *lease) { return lease->conn && !lease->conn->broken; }

static void broke(kt_pg_conn *c) {
  c->broken = true;
  kt_pg__wake(c->pool);
}

void kt_pg_submit_on(kt_pg_lease *lease, kt_pg_op *op) {
  kt_pg_conn *c = lease->conn;
  op->pool = lease->pool;
  op->outcome = KT_PG_WAITS;
  op->waiting = op->kind == KT_PG_STREAM;
  if (!c || c->broken) {
    kt_pg__finish(op, KT_PG_LOST);
    return;
  }
  if (kt_pg__streams(c)) {
    op->waiting = true;
    kt_pg__finish(op, KT_PG_STREAMS);
    return;
  }
  kt_pg_statement *begin = lease->begin;
  lease->begin = NULL;
  bool ok = !begin || kt_pg__send_plain(c, begin);
  if (op->kind == KT_PG_COPY) {
    op->conn = c;
    c->copy = op;
    ok = ok && (!begin || kt_pg__sync(c, NULL));
    if (ok && c->slot_n == 0) kt_pg__copy_begin(c);
  } else {
    ok = ok && kt_pg__send(c, op) && kt_pg__sync(c, NULL);
  }
  kt_pg__watch_deadline(c->pool, op->deadline_ns);
  if (!ok) {
    if (c->copy == op) c->copy = NULL;
    kt_pg__leave(c, op);
    broke(c);
    kt_pg__finish(op, PQstatus(c->pg) == CONNECTION_OK && !c->unsynced ? KT_PG_NOMEM : KT_PG_LOST);
  }
  kt_pg__conn_watch(c);
}

static void ending_took_too_long(void *conn) {
  kt_pg_conn *c = conn;
  c->timer = NULL;
  kt_pg__conn_close(c, "a transaction that was left did not end within rollback_timeout_ms");
}

void kt_pg_lease_end(kt_pg_lease *lease) {
  kt_pg_conn *c = lease->conn;
  kt_pg_pool *p = lease->pool;
  free(lease);
  KT_PG_COUNT(p->counters.leased, -1);
  if (!c) return;
  c->lease = NULL;
  c->ending = true;
  if (c->slot_n || c->copy_state || PQtransactionStatus(c->pg) != PQTRANS_IDLE)
    c->timer = kt_reactor_after(p->reactor, p->pg->config.rollback_timeout_ms, ending_took_too_long, c);
  if (c->slot_n == 0 && !c->copy_state) kt_pg__drained(c);
  kt_pg__conn_watch(c);
}

void kt_pg_lease_close(kt_pg_lease *lease) {
  kt_pg_conn *c = lease->conn;
  KT_PG_COUNT(lease->pool->counters.leased, -1);
  free(lease);
  if (!c) return;
  c->lease = NULL;
  c->ending = true; /* nobody else gets it meanwhile */
  c->closing = true;
  kt_pg__wake(c->pool);
}

/* What a lease leaves: a transaction is rolled back, once. */
static void end_lease(kt_pg_conn *c) {
  if (c->cancelling) return; /* the Sync behind it leads here again */
  if (PQtransactionStatus(c->pg) != PQTRANS_IDLE) {
    bool ok = !c->rolling && kt_pg__send_plain(c, c->pool->rollback) && kt_pg__sync(c, NULL);
    c->rolling = true;
    if (!ok) broke(c);
    return;
  }
  c->ending = c->rolling = false;
  if (c->timer) kt_reactor_cancel(c->pool->reactor, c->timer);
  c->timer = NULL;
  kt_pg__wake(c->pool);
}

void kt_pg__drained(kt_pg_conn *c) {
  c->pinged = false;
  if (c->copy && !c->copy_state) {
    kt_pg__copy_begin(c);
    return;
  }
  if (c->ending && !c->closing) end_lease(c);
  if (c->retiring || c->reserved || c->pool->queue.first) kt_pg__wake(c->pool);
}

/* ---- dispatch ---- */

static bool is_slow(const kt_pg_conn *c) {
  return c->slot_n && kt_pg__now(c->pool) - c->progress_ns > KT_PG_SLOW_MS * UINT64_C(1000000);
}

static bool is_shared(const kt_pg_conn *c) {
  return is_free(c) && !c->reserved && c->runs < c->pool->pg->config.pipeline_max;
}

/* The one with the least to do, those that are stuck last. */
static kt_pg_conn *find_shared(kt_pg_pool *p) {
  kt_pg_conn *best = NULL;
  bool best_slow = false;
  for (kt_pg_conn *c = p->conns; c; c = c->next) {
    if (!is_shared(c)) continue;
    bool slow = is_slow(c);
    if (best && (slow != best_slow ? slow : c->runs >= best->runs)) continue;
    best = c;
    best_slow = slow;
  }
  return best;
}

static void cannot_send(kt_pg_conn *c, kt_pg_op *op) {
  kt_pg__leave(c, op);
  broke(c);
  if (op->resends++ < KT_PG_RESENDS_MAX)
    kt_pg__requeue(c->pool, op); /* no Sync went with it, so it had no effect */
  else
    kt_pg__finish(op, KT_PG_NOMEM);
}

static void send_shared(kt_pg_conn *c, kt_pg_op *op) {
  bool shares = op->statement->read_only && !op->alone && op->set_n == 1;
  if (!shares && c->unsynced && !kt_pg__sync(c, NULL)) broke(c);
  if (!kt_pg__send(c, op)) {
    cannot_send(c, op);
    return;
  }
  if (!shares && !kt_pg__sync(c, op->statement->read_only ? NULL : op)) broke(c);
}

static void flush(kt_pg_pool *p) {
  for (kt_pg_conn *c = p->conns; c; c = c->next) {
    if (c->state != CONN_READY || c->broken) continue;
    if (c->unsynced && !c->lease && !c->ending && !kt_pg__sync(c, NULL)) broke(c);
    kt_pg__conn_watch(c);
  }
}

/* Connections are wanted for leases that wait, and where the others are busy. */
static void open_connections(kt_pg_pool *p, uint32_t unmet_leases, bool starved) {
  if (p->retry || p->closing) return;
  uint32_t wanted = unmet_leases;
  kt_pg_conn *best = find_shared(p);
  if (starved || (best && (best->runs >= KT_PG_SPREAD || is_slow(best)))) wanted++;
  uint32_t min = p->pg->config.connections_min, max = p->pg->config.connections_max;
  if (p->conn_n < min && wanted < min - p->conn_n) wanted = min - p->conn_n;
  if (p->backoff_ms && wanted > 1) wanted = 1; /* one tries for all */
  while (p->connecting_n < wanted && p->conn_n < max && !p->retry)
    if (!kt_pg__conn_open(p)) {
      kt_pg__connect_failed(p, "memory is out", false);
      return;
    }
}

/* For leases that wait while all connections are shared: as many as wait get no more to do. */
static void reserve(kt_pg_pool *p, uint32_t unmet) {
  uint32_t taken = lease_count(p), max = leases_max(p);
  for (kt_pg_conn *c = p->conns; c; c = c->next) {
    c->reserved = c->reserved && unmet;
    if (!c->reserved) continue;
    unmet--;
    taken++;
  }
  while (unmet && taken < max && p->conn_n >= p->pg->config.connections_max) {
    kt_pg_conn *c = find_shared(p);
    if (!c) return;
    c->reserved = true;
    unmet--;
    taken++;
  }
}

static void close_finished(kt_pg_pool *p) {
  for (kt_pg_conn *c = p->conns, *next; c; c = next) {
    next = c->next;
    bool idle = !c->lease && !c->ending && !c->cancelling && c->slot_n == 0;
    if (c->broken) {
      char line[KT_PG_ERROR_SIZE];
      kt_pg__line(line, sizeof line, PQerrorMessage(c->pg));
      kt_pg__lost(p, line);
      kt_pg__conn_close(c, line);
    } else if (c->closing || (c->retiring && idle)) {
      kt_pg__conn_close(c, NULL);
    }
  }
}

static void dispatch(void *pool) {
  kt_pg_pool *p = pool;
  close_finished(p);
  kt_pg_conn *c = NULL;
  bool starved = false, all_taken = false;
  for (kt_pg_op *op = p->queue.first, *next; op && !(starved && all_taken); op = next) {
    next = op->next;
    if (op->kind == KT_PG_LEASE) {
      kt_pg_conn *idle = all_taken ? NULL : find_idle(p);
      all_taken = !idle;
      if (!idle) continue;
      leave_queue(p, op);
      grant(p, op, idle);
      continue;
    }
    if (starved) continue;
    if (!c || !is_shared(c)) c = find_shared(p);
    starved = !c;
    if (starved) continue;
    leave_queue(p, op);
    send_shared(c, op);
  }
  uint32_t unmet = p->lease_waits;
  if (p->queue_n) KT_PG_COUNT(p->counters.queue_waits, p->queue_n);
  flush(p);
  open_connections(p, unmet, starved);
  reserve(p, unmet);
}

/* ---- connections come and go ---- */

static void log_line(kt_pg_pool *p, kt_log_level level, const char *format, const char *text) {
  char line[KT_PG_ERROR_SIZE + 300];
  snprintf(line, sizeof line, format, p->pg->where, text);
  kt_reactor_log(p->reactor, level, line);
}

void kt_pg__lost(kt_pg_pool *p, const char *why) {
  KT_PG_COUNT(p->counters.lost, 1);
  if (!atomic_exchange(&p->pg->down, true))
    log_line(p, KT_LOG_WARNING, "PostgreSQL (%s) ended a connection, making another: %s", why);
}

void kt_pg__connected(kt_pg_conn *c) {
  kt_pg_pool *p = c->pool;
  KT_PG_COUNT(p->counters.connects, 1);
  p->backoff_ms = 0;
  if (atomic_load_explicit(&p->pg->down, memory_order_relaxed) && atomic_exchange(&p->pg->down, false))
    log_line(p, KT_LOG_INFO, "PostgreSQL (%s) answers again%s", "");
  kt_pg__wake(p);
}

static void retry(void *pool) {
  kt_pg_pool *p = pool;
  p->retry = NULL;
  kt_pg__wake(p);
}

static uint32_t jitter(uint32_t ms) {
  uint32_t half = ms / 2;
  return half + (uint32_t)((uint64_t)random() % (half + 1));
}

void kt_pg__connect_failed(kt_pg_pool *p, const char *error, bool late) {
  const kt_pg_config *config = &p->pg->config;
  kt_pg__line(p->error, sizeof p->error, error);
  if (p->closing) return;
  KT_PG_COUNT(p->counters.connect_failures, 1);
  if (late) p->first_host++;
  if (!atomic_exchange(&p->pg->down, true))
    log_line(p, KT_LOG_ERROR, "PostgreSQL (%s) cannot be reached, trying on: %s", p->error);
  p->backoff_ms = p->backoff_ms ? p->backoff_ms * 2 : config->reconnect_min_ms;
  if (p->backoff_ms > config->reconnect_max_ms) p->backoff_ms = config->reconnect_max_ms;
  if (!p->retry) p->retry = kt_reactor_after(p->reactor, jitter(p->backoff_ms), retry, p);
}

static void look_after(kt_pg_pool *p, kt_pg_conn *c, uint64_t now) {
  const kt_pg_config *config = &p->pg->config;
  const uint64_t ms = 1000000;
  if (c->state != CONN_READY) return;
  uint64_t silent = now - c->progress_ns, idle = now - c->idle_ns;
  bool stuck = c->slot_n && (c->pinged || kt_pg__runs_left(c));
  if (stuck && config->health_timeout_ms && silent > config->health_timeout_ms * ms) {
    static const char why[] = "the server gave no answer within health_timeout_ms";
    kt_pg__lost(p, why);
    kt_pg__conn_close(c, why);
    return;
  }
  if (c->slot_n || !is_free(c)) return;
  if (config->idle_timeout_ms && idle > config->idle_timeout_ms * ms && p->conn_n > config->connections_min) {
    kt_pg__conn_close(c, NULL);
    return;
  }
  if (!config->health_interval_ms || idle < config->health_interval_ms * ms) return;
  if (kt_pg__send_plain(c, p->ping) && kt_pg__sync(c, NULL))
    c->pinged = true;
  else
    broke(c);
}

static void pulse(void *pool) {
  kt_pg_pool *p = pool;
  uint64_t now = kt_pg__now(p);
  for (kt_pg_conn *c = p->conns, *next; c; c = next) {
    next = c->next;
    look_after(p, c, now);
  }
  if (p->conn_n < p->pg->config.connections_min || p->queue.first) kt_pg__wake(p);
  p->pulse = kt_reactor_after(p->reactor, KT_PG_PULSE_MS, pulse, p);
}

/* ---- the pool ---- */

static void at_end(void *pool) { kt_pg__pool_close(pool); }

kt_pg_pool *kt_pg__pool_create(kt_pg *pg, kt_reactor *r) {
  kt_pg_pool *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->pg = pg;
  p->reactor = r;
  p->deadline_at_ns = UINT64_MAX;
  if (getrandom(&p->names, sizeof p->names, GRND_NONBLOCK) != sizeof p->names)
    p->names = (uint32_t)getpid() << 16 ^ kt_reactor_index(r) ^ (uint32_t)kt_reactor_now_ns(r);
  p->turn = (kt_hook){.run = dispatch, .context = p};
  p->end = (kt_hook){.run = at_end, .context = p};
  p->ping = kt_pg__statement_create(p, 0, &(kt_pg_text){.sql = "SELECT 1", .read_only = true});
  p->rollback = kt_pg__statement_create(p, 0, &(kt_pg_text){.sql = "ROLLBACK"});
  p->pulse = p->ping && p->rollback ? kt_reactor_after(r, KT_PG_PULSE_MS, pulse, p) : NULL;
  if (!p->pulse) {
    kt_pg__statements_free(p);
    free(p);
    return NULL;
  }
  kt_reactor_at_end(r, &p->end);
  return p;
}

static void cancel_timer(kt_pg_pool *p, kt_timer_handle **timer) {
  if (*timer) kt_reactor_cancel(p->reactor, *timer);
  *timer = NULL;
}

void kt_pg__pool_close(kt_pg_pool *p) {
  if (p->closing) return;
  p->closing = true;
  snprintf(p->error, sizeof p->error, "the server ends");
  kt_reactor_unhook(&p->turn);
  kt_reactor_unhook(&p->end);
  while (p->queue.first) {
    kt_pg_op *op = p->queue.first;
    leave_queue(p, op);
    kt_pg__finish(op, KT_PG_UNAVAILABLE);
  }
  while (p->conns) kt_pg__conn_close(p->conns, NULL);
  cancel_timer(p, &p->pulse);
  cancel_timer(p, &p->deadline);
  cancel_timer(p, &p->retry);
  cancel_timer(p, &p->cancel);
  kt_pg__statements_free(p);
  kt_pg__pool_ended(p);
}

const char *kt_pg_pool_error(const kt_pg_pool *p) { return p->error; }

kt_status kt_pg_next(kt_pg_op *op) {
  kt_pg_conn *c = op->conn;
  if (op->outcome != KT_PG_WAITS) return KT_END;
  if (c && !op->result) {
    c->paused = c->hushed = false;
    kt_pg__process(c);
    kt_pg__conn_watch(c);
  }
  if (op->result) return KT_OK;
  if (op->outcome != KT_PG_WAITS) return KT_END;
  op->waiting = true;
  return KT_AGAIN;
}
