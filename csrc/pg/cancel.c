/* cancel.c: ends on the server what nobody waits for. The rules are in pg.h. */
#include "pg/internal.h"

#include <stdlib.h>

typedef struct kt_pg_cancellation {
  kt_work work;
  kt_pg_conn *conn; /* NULL: it is closed. Reactor's thread only */
  PGcancel *cancel;
} cancellation;

static void run(kt_work *work) {
  char error[256];
  PQcancel(((cancellation *)work)->cancel, error, sizeof error); /* what then still runs is found by the pool's pulse */
}

static void done(kt_work *work) {
  cancellation *x = (cancellation *)work;
  kt_pg_conn *c = x->conn;
  PQfreeCancel(x->cancel);
  free(x);
  if (!c) return;
  c->cancellation = NULL;
  c->cancelling = false;
  if (c->copy_state) return;
  if (!kt_pg__fence(c)) c->broken = true;
  kt_pg__conn_watch(c);
  kt_pg__wake(c->pool);
}

static bool may_be_hit(const kt_pg_slot *s) {
  return s->answer != ANSWER_RUN || s->left || !s->op || s->statement->read_only;
}

static bool is_due(const kt_pg_conn *c) {
  if (c->state != CONN_READY || c->broken || c->cancelling || c->fenced) return false;
  if (c->copy_state) return !c->copy;
  if (!kt_pg__runs_left(c)) return false;
  if (kt_pg__now(c->pool) - c->progress_ns < KT_PG_CANCEL_AFTER_MS / 2 * UINT64_C(1000000)) return false;
  for (uint32_t i = 0; i < c->slot_n; i++)
    if (!may_be_hit(&c->slots[(c->slot_at + i) & (c->slot_cap - 1)])) return false;
  return true;
}

static void start(kt_pg_conn *c) {
  cancellation *x = calloc(1, sizeof *x);
  if (!x) return;
  *x = (cancellation){.work = {.run = run, .done = done}, .conn = c, .cancel = PQgetCancel(c->pg)};
  if (!x->cancel || kt_reactor_offload(c->pool->reactor, &x->work) != KT_OK) {
    PQfreeCancel(x->cancel);
    free(x);
    return;
  }
  c->cancellation = x;
  c->cancelling = true;
  KT_PG_COUNT(c->pool->counters.cancels, 1);
}

static void look(void *pool) {
  kt_pg_pool *p = pool;
  p->cancel = NULL;
  bool more = false;
  for (kt_pg_conn *c = p->conns; c; c = c->next) {
    if (is_due(c)) start(c);
    more |= c->left_n > 0 || (c->copy_state && !c->copy);
  }
  if (more) p->cancel = kt_reactor_after(p->reactor, KT_PG_RETRY_MS, look, p);
}

void kt_pg__cancel_later(kt_pg_pool *p) {
  if (!p->cancel && !p->closing) p->cancel = kt_reactor_after(p->reactor, KT_PG_CANCEL_AFTER_MS, look, p);
}

void kt_pg__cancel_abandon(kt_pg_conn *c) {
  if (!c->cancellation) return;
  c->cancellation->conn = NULL;
  kt_work_cancel(&c->cancellation->work);
  c->cancellation = NULL;
}
