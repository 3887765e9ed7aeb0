/* pipeline.c: what was sent on a connection and what is answered, in order.
 *
 * Invariant: the slots of a connection are, oldest first, what libpq holds in its command queue. */
#include "pg/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

kt_pg_slot *kt_pg__head(const kt_pg_conn *c) { return c->slot_n ? &c->slots[c->slot_at & (c->slot_cap - 1)] : NULL; }

static kt_pg_slot *slot(const kt_pg_conn *c, uint32_t i) { return &c->slots[(c->slot_at + i) & (c->slot_cap - 1)]; }

static bool grow(kt_pg_conn *c) {
  uint32_t cap = c->slot_cap ? c->slot_cap * 2 : 64;
  kt_pg_slot *grown = malloc(cap * sizeof *grown);
  if (!grown) return false;
  for (uint32_t i = 0; i < c->slot_n; i++) grown[i] = *slot(c, i);
  free(c->slots);
  c->slots = grown;
  c->slot_cap = cap;
  c->slot_at = 0;
  return true;
}

static void due(kt_pg_conn *c) { c->progress_ns = kt_pg__now(c->pool); }

static void push(kt_pg_conn *c, kt_pg_slot s) {
  if (c->slot_n == 0) due(c);
  *slot(c, c->slot_n++) = s;
  if (s.answer != ANSWER_RUN) return;
  c->runs++;
  KT_PG_COUNT(c->pool->counters.in_flight, 1);
}

static void pop(kt_pg_conn *c) {
  const kt_pg_slot *s = kt_pg__head(c);
  if (s->answer == ANSWER_RUN) {
    c->runs--;
    KT_PG_COUNT(c->pool->counters.in_flight, -1);
  }
  c->left_n -= s->left;
  c->slot_at++;
  c->slot_n--;
  due(c);
  if (c->slot_n == 0) c->idle_ns = c->progress_ns;
}

/* ---- sending ---- */

typedef char statement_name[36];

static const char *name_of(const kt_pg_conn *c, const kt_pg_statement *s, statement_name room) {
  if (c->generation == 0) return s->name;
  snprintf(room, sizeof(statement_name), "%s_%u", s->name, c->generation);
  return room;
}

static bool room_for_prepared(kt_pg_conn *c, uint32_t id) {
  if (id < c->prepared_cap) return true;
  uint32_t cap = c->prepared_cap ? c->prepared_cap : 64;
  while (cap <= id) cap *= 2;
  uint8_t *grown = realloc(c->prepared, cap);
  if (!grown) return false;
  memset(grown + c->prepared_cap, PREPARED_NOT, cap - c->prepared_cap);
  c->prepared = grown;
  c->prepared_cap = cap;
  return true;
}

/* Names are new ones, so that what is still prepared under the old ones is not in the way. */
void kt_pg__forget_prepared(kt_pg_conn *c) {
  if (c->prepared) memset(c->prepared, PREPARED_NOT, c->prepared_cap);
  c->generation++;
}

static bool prepare(kt_pg_conn *c, kt_pg_op *op, kt_pg_statement *s, const char *name) {
  if (!room_for_prepared(c, s->id)) return false;
  if (c->prepared[s->id] != PREPARED_NOT) return true;
  if (c->slot_n == c->slot_cap && !grow(c)) return false;
  if (!PQsendPrepare(c->pg, name, s->sql, s->parameter_n, s->parameters)) return false;
  c->prepared[s->id] = PREPARED_SENT;
  if (++c->prepared_n > KT_PG_PREPARED_MAX) c->retiring = true;
  KT_PG_COUNT(c->pool->counters.prepared, 1);
  push(c, (kt_pg_slot){.answer = ANSWER_PREPARE, .op = op, .statement = s});
  return true;
}

static bool execute(kt_pg_conn *c, kt_pg_op *op, kt_pg_statement *s, uint32_t set, const char *name) {
  kt_pg_pool *p = c->pool;
  if (c->slot_n == c->slot_cap && !grow(c)) return false;
  for (int i = 0; i < s->parameter_n; i++) {
    kt_bytes cell = op->cells[(size_t)set * (size_t)s->parameter_n + (size_t)i];
    p->values[i] = (const char *)cell.p;
    p->lengths[i] = (int)cell.n;
  }
  if (!PQsendQueryPrepared(c->pg, name, s->parameter_n, p->values, p->lengths, p->formats, 1)) return false;
  c->unsynced = true;
  KT_PG_COUNT(p->counters.statements, 1);
  push(c, (kt_pg_slot){.answer = ANSWER_RUN, .op = op, .statement = s, .set = set});
  return true;
}

bool kt_pg__sync(kt_pg_conn *c, kt_pg_op *op) {
  if (c->slot_n == c->slot_cap && !grow(c)) return false;
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
  bool sent = PQsendPipelineSync(c->pg) == 1; /* flushed by kt_pg__conn_watch */
#else
  bool sent = PQpipelineSync(c->pg) == 1;
#endif
  if (!sent) return false;
  c->unsynced = false;
  KT_PG_COUNT(c->pool->counters.round_trips, 1);
  push(c, (kt_pg_slot){.answer = ANSWER_SYNC, .op = op});
  return true;
}

bool kt_pg__send(kt_pg_conn *c, kt_pg_op *op) {
  statement_name room;
  const char *name = name_of(c, op->statement, room);
  if (!prepare(c, op, op->statement, name)) return false;
  op->conn = c;
  op->left = op->set_n;
  op->failed = op->again = false;
  for (uint32_t set = 0; set < op->set_n; set++)
    if (!execute(c, op, op->statement, set, name)) return false;
  return true;
}

bool kt_pg__fence(kt_pg_conn *c) {
  if (!kt_pg__sync(c, NULL)) return false;
  slot(c, c->slot_n - 1)->fence = true;
  c->fenced = true;
  return true;
}

bool kt_pg__send_plain(kt_pg_conn *c, kt_pg_statement *s) {
  statement_name room;
  const char *name = name_of(c, s, room);
  return prepare(c, NULL, s, name) && execute(c, NULL, s, 0, name);
}

/* ---- leaving ---- */

bool kt_pg__streams(const kt_pg_conn *c) {
  for (uint32_t i = 0; i < c->slot_n; i++)
    if (slot(c, i)->op && slot(c, i)->op->kind == KT_PG_STREAM) return true;
  return false;
}

bool kt_pg__runs_left(const kt_pg_conn *c) {
  for (uint32_t i = 0; i < c->slot_n; i++) {
    const kt_pg_slot *s = slot(c, i);
    if (s->left) return true;
    if (s->answer == ANSWER_SYNC) return false;
  }
  return false;
}

void kt_pg__leave(kt_pg_conn *c, kt_pg_op *op) {
  for (uint32_t i = 0; i < c->slot_n; i++) {
    kt_pg_slot *s = slot(c, i);
    if (s->op != op) continue;
    s->op = NULL;
    if (s->answer != ANSWER_RUN || s->left) continue;
    s->left = true;
    c->left_n++;
  }
  op->conn = NULL;
}

/* ---- answers ---- */

static bool is_state(const PGresult *r, const char *state) {
  const char *is = PQresultErrorField(r, PG_DIAG_SQLSTATE);
  return is && strcmp(is, state) == 0;
}

/* The server's session does not know the statement, or knows it otherwise than it is now. */
static bool is_forgotten(const PGresult *r) {
  if (is_state(r, "26000") || is_state(r, "42P05")) return true;
  const char *function = PQresultErrorField(r, PG_DIAG_SOURCE_FUNCTION);
  return is_state(r, "0A000") && function && strcmp(function, "RevalidateCachedQuery") == 0;
}

/* The session is over: what it ran did not come to an end. */
static bool is_over(const PGresult *r) {
  const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
  return PQresultStatus(r) == PGRES_FATAL_ERROR && (!severity || strcmp(severity, "ERROR") != 0);
}

static void set_error(kt_pg_op *op, PGresult *r) {
  op->failed = true;
  if (op->error)
    PQclear(r);
  else
    op->error = r;
}

static void free_results(kt_pg_op *op) {
  PQclear(op->result);
  op->result = NULL;
  for (uint32_t i = 0; op->results && i < op->set_n; i++) {
    PQclear(op->results[i]);
    op->results[i] = NULL;
  }
}

static void again(kt_pg_conn *c, kt_pg_op *op) {
  PQclear(op->error);
  op->error = NULL;
  free_results(op);
  op->alone = true;
  kt_pg__requeue(c->pool, op);
}

/* All its answers are in. */
static void conclude(kt_pg_conn *c, kt_pg_op *op) {
  op->conn = NULL;
  bool own = c->lease == NULL; /* a transaction that failed can only be rolled back */
  if (!op->failed) {
    kt_pg__finish(op, KT_PG_OK);
    return;
  }
  if (op->again && own && !op->error) { /* skipped, as another one failed */
    again(c, op);
    return;
  }
  if (op->error && is_over(op->error)) {
    c->broken = true;
    kt_pg__wake(c->pool);
    bool may = own && op->statement->read_only && op->kind == KT_PG_RUN && op->resends < KT_PG_RESENDS_MAX;
    if (may) {
      op->resends++;
      again(c, op);
      return;
    }
    kt_pg__finish(op, KT_PG_LOST);
    return;
  }
  if (op->error && is_forgotten(op->error)) {
    if (c->prepared && c->prepared[op->statement->id] >= PREPARED_YES) kt_pg__forget_prepared(c);
    if (own && op->resends < KT_PG_RESENDS_MAX) {
      op->resends++;
      again(c, op);
      return;
    }
  }
  bool mistaken = op->error && is_state(op->error, "57014") && (c->cancelling || c->fenced);
  if (mistaken && own && op->statement->read_only) {
    again(c, op);
    return;
  }
  if (op->error && is_state(op->error, "25006") && c->pool->pg->writes_only) c->retiring = true;
  if (!op->error && op->again) { /* BEGIN in front of it failed */
    kt_pg__finish(op, KT_PG_LOST);
    return;
  }
  kt_pg__finish(op, op->error ? KT_PG_REFUSED : KT_PG_NOMEM);
}

/* Types that have the same binary form. */
static bool is_text(Oid type) { return type == 25 || type == 1043 || type == 1042 || type == 19 || type == 114; }
static bool is_same(Oid is, Oid wanted) {
  const Oid first_of_users = 16384;
  return is == wanted || is >= first_of_users || wanted == 0 || (is_text(is) && is_text(wanted));
}

static bool has_columns(kt_pg_pool *p, const kt_pg_statement *s, const PGresult *r) {
  int n = PQnfields(r);
  if (s->column_n == 0) return true;
  if (n != s->column_n) {
    snprintf(p->error, sizeof p->error, "the result has %d columns, not %d", n, s->column_n);
    return false;
  }
  for (int i = 0; i < n; i++) {
    if (is_same(PQftype(r, i), s->columns[i])) continue;
    snprintf(p->error, sizeof p->error, "column %d, \"%s\", has the type with OID %u, not %u", i + 1, PQfname(r, i),
             PQftype(r, i), s->columns[i]);
    return false;
  }
  return true;
}

/* Once per connection: afterwards the server itself refuses other columns. */
static bool is_as_promised(kt_pg_conn *c, const kt_pg_statement *s, const PGresult *r) {
  if (s->id >= c->prepared_cap || c->prepared[s->id] == PREPARED_CHECKED) return true;
  if (!has_columns(c->pool, s, r)) return false;
  if (c->prepared[s->id] == PREPARED_YES) c->prepared[s->id] = PREPARED_CHECKED;
  return true;
}

static void keep(kt_pg_conn *c, kt_pg_slot *s, PGresult *r) {
  kt_pg_op *op = s->op;
  if (!is_as_promised(c, s->statement, r)) {
    PQclear(r);
    kt_pg__leave(c, op);
    kt_pg__finish(op, KT_PG_CHANGED);
    return;
  }
  PGresult **to = op->results ? &op->results[s->set] : &op->result;
  PQclear(*to);
  *to = r;
}

static void take_run(kt_pg_conn *c, kt_pg_slot *s, PGresult *r) {
  kt_pg_op *op = s->op;
  switch (PQresultStatus(r)) {
  case PGRES_SINGLE_TUPLE:
    if (!op) break;
    if (!is_as_promised(c, s->statement, r)) {
      keep(c, s, r);
      return;
    }
    op->result = r;
    c->paused = true;
    if (op->waiting) {
      op->waiting = false;
      op->done(op->context);
    }
    return;
  case PGRES_PIPELINE_ABORTED:
    if (op) op->failed = op->again = true;
    break;
  case PGRES_FATAL_ERROR:
  case PGRES_BAD_RESPONSE:
    if (is_over(r) && c->slot_n) c->broken = true;
    if (!op) break;
    set_error(op, r);
    return;
  default:
    if (!op || op->kind == KT_PG_STREAM) break;
    keep(c, s, r);
    return;
  }
  PQclear(r);
}

static void take_prepare(kt_pg_conn *c, kt_pg_slot *s, PGresult *r) {
  uint8_t *prepared = &c->prepared[s->statement->id];
  if (PQresultStatus(r) == PGRES_COMMAND_OK) {
    if (*prepared == PREPARED_SENT) *prepared = PREPARED_YES;
  } else {
    if (*prepared == PREPARED_SENT) *prepared = PREPARED_NOT;
    if (PQresultStatus(r) == PGRES_FATAL_ERROR && s->op) {
      if (is_state(r, "42P05")) kt_pg__forget_prepared(c);
      set_error(s->op, r);
      return;
    }
  }
  PQclear(r);
}

/* A Sync's own error is the commit's. */
static void take_sync(kt_pg_conn *c, kt_pg_slot *s, PGresult *r) {
  if (PQresultStatus(r) != PGRES_PIPELINE_SYNC) {
    if (s->op) {
      set_error(s->op, r);
      return;
    }
    PQclear(r);
    return;
  }
  PQclear(r);
  kt_pg_op *op = s->op;
  bool fence = s->fence;
  pop(c);
  if (fence) c->fenced = false;
  if (op) conclude(c, op);
}

/* Of a statement that may change something its caller hears when the Sync is back. */
static bool awaits_sync(const kt_pg_conn *c, const kt_pg_op *op) {
  for (uint32_t i = 0; i < c->slot_n; i++) {
    const kt_pg_slot *s = slot(c, i);
    if (s->answer == ANSWER_SYNC) return s->op == op;
  }
  return false;
}

static void end_run(kt_pg_conn *c) {
  kt_pg_slot *s = kt_pg__head(c);
  kt_pg_op *op = s->answer == ANSWER_RUN ? s->op : NULL;
  pop(c);
  if (!op) return;
  op->left--;
  if (op->left > 0) return;
  if (!awaits_sync(c, op)) conclude(c, op);
}

static void take(kt_pg_conn *c, PGresult *r) {
  kt_pg_slot *s = kt_pg__head(c);
  if (!r) {
    if (s->answer == ANSWER_SYNC) return; /* behind an error of the commit */
    if (s->began) {
      end_run(c);
    } else { /* what libpq waits for is not what was sent */
      c->broken = true;
    }
    return;
  }
  s->began = true;
  switch (s->answer) {
  case ANSWER_PREPARE: take_prepare(c, s, r); return;
  case ANSWER_RUN: take_run(c, s, r); return;
  default: take_sync(c, s, r); return;
  }
}

static bool wants_single_rows(const kt_pg_slot *s) {
  return s->answer == ANSWER_RUN && !s->single && s->op && s->op->kind == KT_PG_STREAM;
}

/* A connection that is gone has no answers any more, whatever libpq still holds of its input: with the socket it drops
 * its queue of commands, and takes the rows of the next answer for those of a Describe, an answer without rows. It finds
 * out while it reads and while it writes. */
bool kt_pg__is_gone(kt_pg_conn *c) {
  if (PQstatus(c->pg) == CONNECTION_OK) return false;
  c->broken = true;
  kt_pg__wake(c->pool);
  return true;
}

/* Rows for which nobody waits are thrown away one by one, if they came so. */
void kt_pg__process(kt_pg_conn *c) {
  kt_pg_slot *s;
  int nothing = 0;
  while ((s = kt_pg__head(c)) && !c->paused && !kt_pg__is_gone(c)) {
    if (wants_single_rows(s)) s->single = PQsetSingleRowMode(c->pg) == 1;
    if (PQisBusy(c->pg)) break;
    PGresult *r = PQgetResult(c->pg);
    nothing = r ? 0 : nothing + 1;
    if (nothing > 2) c->broken = true;
    if (c->broken && !r) break;
    take(c, r);
  }
  if (c->slot_n == 0 && !c->broken) kt_pg__drained(c);
}

/* ---- the end ---- */

static void fail_one(kt_pg_conn *c, kt_pg_op *op) {
  op->conn = NULL;
  bool may = !c->lease && op->kind == KT_PG_RUN && op->statement->read_only && op->resends < KT_PG_RESENDS_MAX &&
             !c->pool->closing;
  if (may) {
    op->resends++;
    again(c, op);
    return;
  }
  free_results(op);
  kt_pg__finish(op, KT_PG_LOST);
}

/* Youngest first, since each goes to the queue's front. */
void kt_pg__fail_all(kt_pg_conn *c) {
  kt_pg_op *copy = c->copy;
  c->copy = NULL;
  if (copy) fail_one(c, copy);
  while (c->slot_n) {
    kt_pg_slot s = *slot(c, --c->slot_n);
    if (s.answer == ANSWER_RUN) KT_PG_COUNT(c->pool->counters.in_flight, -1);
    if (!s.op) continue;
    kt_pg__leave(c, s.op);
    fail_one(c, s.op);
  }
  c->runs = c->left_n = 0;
}
