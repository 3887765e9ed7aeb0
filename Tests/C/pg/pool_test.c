/* A pool on a reactor, against a real server, with each allocation failing in turn. */
#include "pg/failing.h"
#undef malloc
#undef calloc
#undef realloc
#undef strdup
#undef PQflush
#undef PQpipelineSync

#include "pg/postgres.h"
#include "server/harness.h"

#include "pg/pg.h"

#include <libpq-fe.h>
#include <stdatomic.h>

static atomic_int countdown; /* allocations until one fails; 0: none does */
static atomic_int failures;

static bool fails(void) {
  if (atomic_load(&countdown) == 0 || atomic_fetch_sub(&countdown, 1) != 1) return false;
  atomic_fetch_add(&failures, 1);
  return true;
}

void *failing_malloc(size_t n) { return fails() ? NULL : malloc(n); }
void *failing_calloc(size_t count, size_t n) { return fails() ? NULL : calloc(count, n); }
void *failing_realloc(void *p, size_t n) { return fails() ? NULL : realloc(p, n); }
char *failing_strdup(const char *text) { return fails() ? NULL : strdup(text); }

/* Whether the server has time to take all that was sent, between a flush that left something and what follows it. */
static atomic_bool server_is_faster;

int slow_PQflush(PGconn *c);
int slow_PQflush(PGconn *c) {
  int left = PQflush(c);
  struct pollfd room = {.fd = PQsocket(c), .events = POLLOUT};
  if (left > 0 && atomic_load(&server_is_faster)) poll(&room, 1, PATIENCE_MS);
  return left;
}

/* Whether the server answers what is under way, and ends the session, right before the next Sync goes out. */
static atomic_bool session_ends;

int late_PQpipelineSync(PGconn *c);
int late_PQpipelineSync(PGconn *c) {
  if (atomic_exchange(&session_ends, false)) {
    struct pollfd p = {.fd = PQsocket(c), .events = POLLIN};
    poll(&p, 1, PATIENCE_MS);
    char script[128];
    snprintf(script, sizeof script, "$bin/psql -h $d -U postgres -c 'SELECT pg_terminate_backend(%d)'", PQbackendPID(c));
    postgres_do(script);
    p.events = 0;
    poll(&p, 1, PATIENCE_MS); /* POLLHUP */
  }
  return PQpipelineSync(c);
}

static kt_pg *_Atomic pg; /* a test replaces it while the reactor runs */

typedef struct call {
  kt_pg_op op;
  kt_exchange *x;
  kt_bytes cell, cells[3];
  uint8_t number[4];
  int rows;
} call;

static void answer(kt_exchange *x, const char *text) {
  kt_response_send(x, 200, KT_BYTES("text/plain"), text, strlen(text));
  kt_exchange_leave(x);
}

static void done(void *context) {
  call *c = context;
  char text[64];
  if (c->op.outcome == KT_PG_OK && kt_pg_result_rows(c->op.result) == 1) {
    kt_bytes cell;
    kt_pg_result_row(c->op.result, 0, &cell);
    snprintf(text, sizeof text, "got %d", cell.p[3]);
  } else {
    snprintf(text, sizeof text, "outcome %d", c->op.outcome);
  }
  kt_pg_result_free(c->op.result);
  kt_pg_result_free(c->op.error);
  answer(c->x, text);
}

static call *prepare(kt_exchange *x, size_t index, const char *sql, bool read_only) {
  kt_exchange_suspend(x);
  kt_pg_pool *pool = kt_pg_pool_of(pg, kt_exchange_reactor(x));
  static const uint32_t int4 = 23;
  kt_pg_text text = {.sql = sql, .parameters = &int4, .parameter_n = 1, .columns = &int4, .column_n = 1,
                     .read_only = read_only};
  kt_pg_statement *s = pool ? kt_pg_statement_find(pool, index, 0) : NULL;
  if (pool && !s) s = kt_pg_statement_add(pool, index, 0, &text);
  if (!s) {
    answer(x, "no memory");
    return NULL;
  }
  call *c = kt_exchange_alloc(x, sizeof *c);
  memset(c, 0, sizeof *c);
  c->x = x;
  c->number[3] = 41;
  c->cell = (kt_bytes){c->number, 4};
  c->op = (kt_pg_op){.kind = KT_PG_RUN, .set_n = 1, .statement = s, .cells = &c->cell, .done = done, .context = c,
                     .deadline_ns = kt_exchange_deadline_ns(x), .pool = pool};
  return c;
}

static void read_one(void *context, kt_exchange *x) {
  (void)context;
  call *c = prepare(x, 0, "SELECT $1 + 1", true);
  if (c) kt_pg_submit(c->op.pool, &c->op);
}

static void read_slowly(void *context, kt_exchange *x) {
  (void)context;
  call *c = prepare(x, 7, "SELECT $1 + 1 FROM pg_sleep(0.3)", true);
  if (c) kt_pg_submit(c->op.pool, &c->op);
}

static void write_one(void *context, kt_exchange *x) {
  (void)context;
  call *c = prepare(x, 70, "INSERT INTO counted VALUES ($1) RETURNING n", false);
  if (c) kt_pg_submit(c->op.pool, &c->op);
}

/* Two statements in one turn, which go out in two writes. The first one's outcome is not told. */
static void first_done(void *context) {
  call *first = context, *second = (call *)first->op.waiter;
  kt_pg_result_free(first->op.result);
  kt_pg_result_free(first->op.error);
  if (second->rows++) done(second);
}

static void second_done(void *context) {
  call *second = context;
  if (second->rows++) done(second);
}

static void write_and_read(void *context, kt_exchange *x) {
  (void)context;
  call *first = prepare(x, 70, "INSERT INTO counted VALUES ($1) RETURNING n", false);
  if (!first) return;
  call *second = prepare(x, 0, "SELECT $1 + 1", true);
  if (!second) return;
  first->op.done = first_done;
  first->op.waiter = second;
  second->op.done = second_done;
  kt_pg_submit(first->op.pool, &first->op);
  kt_pg_submit(second->op.pool, &second->op);
}

/* BEGIN, one statement, and the lease is given back with the transaction open. */
static void leased_done(void *context) {
  call *c = context;
  kt_pg_lease *lease = c->op.lease;
  kt_pg_lease_end(lease);
  done(c);
}

static void lease_granted(void *context) {
  call *lease = context, *c = (call *)lease->op.waiter;
  if (lease->op.outcome != KT_PG_OK) {
    c->op.outcome = lease->op.outcome;
    done(c);
    return;
  }
  kt_pg_pool *pool = lease->op.pool;
  kt_pg_statement *begin = kt_pg_statement_find(pool, 3, 0);
  if (!begin) begin = kt_pg_statement_add(pool, 3, 0, &(kt_pg_text){.sql = "BEGIN"});
  if (begin) kt_pg_lease_open(lease->op.lease, begin);
  c->op.lease = lease->op.lease;
  c->op.done = leased_done;
  kt_pg_submit_on(c->op.lease, &c->op);
}

static void in_transaction(void *context, kt_exchange *x) {
  (void)context;
  call *c = prepare(x, 0, "SELECT $1 + 1", true);
  if (!c) return;
  call *lease = kt_exchange_alloc(x, sizeof *lease);
  memset(lease, 0, sizeof *lease);
  lease->op = (kt_pg_op){.kind = KT_PG_LEASE, .done = lease_granted, .context = lease, .waiter = c,
                         .deadline_ns = kt_exchange_deadline_ns(x)};
  kt_pg_submit(c->op.pool, &lease->op);
}

/* A stream and a COPY have a connection for themselves. */
static void granted(void *context) {
  call *lease = context, *c = (call *)lease->op.waiter;
  if (lease->op.outcome != KT_PG_OK) {
    c->op.outcome = lease->op.outcome;
    c->op.done = done;
    done(c);
    return;
  }
  c->op.lease = lease->op.lease;
  kt_pg_submit_on(c->op.lease, &c->op);
}

static void submit_alone(call *c) {
  call *lease = kt_exchange_alloc(c->x, sizeof *lease);
  memset(lease, 0, sizeof *lease);
  lease->op = (kt_pg_op){.kind = KT_PG_LEASE, .done = granted, .context = lease, .waiter = c,
                         .deadline_ns = kt_exchange_deadline_ns(c->x)};
  kt_pg_submit(c->op.pool, &lease->op);
}

static void counted(call *c, int n) {
  kt_pg_lease_end(c->op.lease);
  char text[64];
  if (c->op.outcome == KT_PG_OK)
    snprintf(text, sizeof text, "got %d", n);
  else
    snprintf(text, sizeof text, "outcome %d", c->op.outcome);
  kt_pg_result_free(c->op.result);
  kt_pg_result_free(c->op.error);
  answer(c->x, text);
}

static void rows_came(void *context) {
  call *c = context;
  kt_status s;
  while ((s = kt_pg_next(&c->op)) == KT_OK) {
    c->rows++;
    kt_pg_result_free(c->op.result);
    c->op.result = NULL;
  }
  if (s != KT_AGAIN) counted(c, c->rows);
}

static void streamed(void *context, kt_exchange *x) {
  (void)context;
  call *c = prepare(x, 5, "SELECT generate_series(1, $1)", true);
  if (!c) return;
  c->op.kind = KT_PG_STREAM;
  c->op.done = rows_came;
  submit_alone(c);
}

static void rows_went(void *context) {
  call *c = context;
  counted(c, c->op.result ? (int)kt_pg_result_affected(c->op.result) : -1);
}

static void copied(void *context, kt_exchange *x) {
  (void)context;
  call *c = prepare(x, 6, "COPY counted (n) FROM STDIN (FORMAT binary)", false);
  if (!c) return;
  c->cells[0] = c->cells[2] = c->cell; /* and a NULL */
  c->op.kind = KT_PG_COPY;
  c->op.set_n = 3;
  c->op.cells = c->cells;
  c->op.done = rows_went;
  submit_alone(c);
}

enum { MANY = 100000 };

static void copied_many(void *context, kt_exchange *x) {
  (void)context;
  call *c = prepare(x, 6, "COPY counted (n) FROM STDIN (FORMAT binary)", false);
  if (!c) return;
  static kt_bytes cells[MANY]; /* NULLs: the format's 6 bytes per row, more than a socket holds */
  c->op.kind = KT_PG_COPY;
  c->op.set_n = MANY;
  c->op.cells = cells;
  c->op.done = rows_went;
  submit_alone(c);
}

static const kt_route_spec specs[] = {
    ROUTE(KT_GET, "/copies", copied_many),
    ROUTE(KT_GET, "/copy", copied),
    ROUTE(KT_GET, "/stream", streamed),
    ROUTE(KT_GET, "/read", read_one),
    ROUTE(KT_GET, "/slow", read_slowly),
    ROUTE(KT_GET, "/pair", write_and_read),
    ROUTE(KT_GET, "/write", write_one),
    ROUTE(KT_GET, "/transaction", in_transaction),
};

static void open_database(void) {
  char error[KT_PG_ERROR_SIZE];
  kt_pg_config config = kt_pg_config_default();
  config.conninfo = postgres_url();
  config.reconnect_min_ms = 1;
  config.reconnect_max_ms = 100;
  /* Whoever waits that long for a busy machine is told so: a refusal must come from memory alone. */
  config.queue_timeout_ms = config.connect_timeout_ms = config.rollback_timeout_ms = PATIENCE_MS;
  pg = kt_pg_create(&config, error, sizeof error);
  if (!pg) KT_FAIL("%s", error);
}

static harness serve_database(void) {
  open_database();
  postgres_do("$bin/psql -h $d -U postgres -c 'CREATE TABLE counted (n int)'");
  kt_config c = test_config();
  return serve(&c, specs, sizeof specs / sizeof *specs);
}

static const char *ask(int fd, const char *path) {
  char request[128];
  snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
  say(fd, request);
  size_t n = 0;
  heard[0] = 0;
  ssize_t got;
  char *body = NULL;
  while ((!(body = strstr(heard, "\r\n\r\n")) || !body[4]) &&
         (got = peer_recv(fd, heard + n, sizeof heard - 1 - n, 0)) > 0)
    heard[n += (size_t)got] = 0;
  return body ? body + 4 : heard;
}

TEST("statements, writes and transactions are answered") {
  harness h = serve_database();
  int fd = dial(&h);
  CHECK(has(ask(fd, "/read"), "got 42"));
  CHECK(has(ask(fd, "/write"), "got 41"));
  for (int i = 0; i < 3; i++) CHECK(has(ask(fd, "/transaction"), "got 42"));
  /* A lease ends behind the answer. */
  kt_pg_counters c = kt_pg_counters_of(pg);
  EVENTUALLY((c = kt_pg_counters_of(pg)).leased == 0);
  CHECK(c.open >= 1 && c.leased == 0 && c.queued == 0);
  close(fd);
  stop(&h);
  CHECK_EQ(kt_pg_counters_of(pg).open, 0);
  kt_pg_release(pg);
}

TEST("a database is given up while its reactor runs") {
  harness h = serve_database();
  int fd = dial(&h);
  CHECK(has(ask(fd, "/read"), "got 42"));
  kt_pg_release(pg);
  open_database();
  CHECK(has(ask(fd, "/read"), "got 42"));
  close(fd);
  stop(&h);
  kt_pg_release(pg);
}

TEST("a server that starts again is found, and what was under way is sent again") {
  harness h = serve_database();
  int fd = dial(&h);
  for (int i = 0; i < 3; i++) {
    CHECK(has(ask(fd, "/read"), "got 42"));
    postgres_stop();
    CHECK(postgres_start_again() == 0);
  }
  CHECK(has(ask(fd, "/read"), "got 42"));
  close(fd);
  stop(&h);
  kt_pg_release(pg);
}

TEST("an answer that has come when the session ends is asked for again, not taken for another one") {
  harness h = serve_database();
  int first = dial(&h), second = dial(&h);
  CHECK(has(ask(first, "/slow"), "got 42")); /* prepared */
  say(first, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  EVENTUALLY(kt_pg_counters_of(pg).in_flight == 1);
  atomic_store(&session_ends, true);
  CHECK(has(ask(second, "/pair"), "got 42"));
  CHECK(!atomic_load(&session_ends));
  char text[512];
  ssize_t n = peer_recv(first, text, sizeof text - 1, 0);
  CHECK(n > 0);
  text[n] = 0;
  CHECK(has(text, "got 42"));
  close(first);
  close(second);
  stop(&h);
  kt_pg_release(pg);
}

/* Wherever memory ends: an answer, a refusal or no memory, and the next time all is well. */
static void exhaust(const char *path, const char *good) {
  for (int n = 1;; n++) {
    harness h = serve_database();
    int fd = dial(&h);
    atomic_store(&failures, 0);
    atomic_store(&countdown, n);
    const char *first = ask(fd, path);
    bool fine = has(first, good) || has(first, "no memory") || has(first, "outcome");
    bool met = atomic_load(&failures) > 0;
    atomic_store(&countdown, 0);
    if (!fine) KT_FAIL("allocation %d: %s", n, first);
    if (!has(first, good)) CHECK(met);
    CHECK(has(ask(fd, path), good));
    close(fd);
    stop(&h);
    kt_pg_release(pg);
    if (!met) {
      CHECK(n > 5);
      return;
    }
  }
}

TEST("a read survives that any allocation fails") { exhaust("/read", "got 42"); }
TEST("a write survives that any allocation fails") { exhaust("/write", "got 41"); }
TEST("a transaction survives that any allocation fails") { exhaust("/transaction", "got 42"); }
TEST("a stream survives that any allocation fails") { exhaust("/stream", "got 41"); }
TEST("a copy survives that any allocation fails") { exhaust("/copy", "got 3"); }

TEST("a copy goes on although the server takes what was left before the socket is watched") {
  harness h = serve_database();
  int fd = dial(&h);
  atomic_store(&server_is_faster, true);
  for (int i = 0; i < 5; i++) CHECK(has(ask(fd, "/copies"), "got 100000"));
  atomic_store(&server_is_faster, false);
  close(fd);
  stop(&h);
  kt_pg_release(pg);
}

TEST("a copy for which memory ends leaves all rows or none") {
  harness h = serve_database();
  int fd = dial(&h);
  for (int n = 1; n < 12; n++) {
    postgres_do("$bin/psql -h $d -U postgres -c 'TRUNCATE counted'");
    atomic_store(&failures, 0);
    atomic_store(&countdown, n);
    bool went = has(ask(fd, "/copy"), "got 3");
    atomic_store(&countdown, 0);
    char script[160];
    snprintf(script, sizeof script, "[ $($bin/psql -h $d -U postgres -Atc 'SELECT count(*) FROM counted') = %d ]",
             went ? 3 : 0);
    CHECK(postgres_do(script) == 0);
    if (!atomic_load(&failures)) break;
  }
  close(fd);
  stop(&h);
  kt_pg_release(pg);
}
