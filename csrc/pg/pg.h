/* pg: PostgreSQL through libpq, on reactors. A library of its own, so that services without it do not link libpq.
 *
 * Workload: a reactor sends some thousand short statements a second, each prepared before, and waits for none of them.
 * So each reactor has a pool of its own: a few connections in pipeline mode that its requests share. What is queued in a
 * turn goes out at its end (kt_reactor_at_turn_end), read-only statements under one Sync, which is one write. Whatever
 * may change something has a Sync of its own in front and behind: statements between two Syncs are one transaction. A
 * transaction, a stream and a COPY have a connection for themselves: a lease.
 *
 * When one of the read-only statements that share a Sync fails, the server skips those behind it. They are sent again,
 * each with a Sync of its own, so that nothing is sent more than twice for that reason. A read-only statement that was
 * under way when its connection ended is sent again, too; of any other its caller must hear.
 *
 * Statements that share a Sync share a transaction, hence now() and transaction_timestamp(), and the server answers them
 * together: what comes from one turn waits for the slowest of that turn.
 *
 * Deadlines: a statement that was not sent is dropped. One that was sent is left behind: its caller goes on, its result
 * is thrown away, and if it still runs KT_PG_CANCEL_AFTER_MS later it is cancelled. PQcancel blocks and is therefore a
 * worker's work (kt_reactor_offload). It hits whatever the connection runs when it arrives, so it is only sent while
 * everything else under way there is read-only or left behind as well; what it hits by mistake is sent again. Nothing new
 * is sent until the cancel is through and a Sync has come back behind it.
 *
 * The result of a statement that may change something is told when its Sync has come back: only then it is committed,
 * and deferred constraints have been checked.
 *
 * Everything but kt_pg_create, kt_pg_check, kt_pg_release, kt_pg_counters_of and kt_pg_listen belongs to the reactor's
 * thread. Memory: what a reactor waits for lies with its waiter; a pool allocates per connection and per statement text,
 * libpq per result. */
#ifndef KT_PG_H
#define KT_PG_H

#include "katana/server.h"

typedef struct pg_result PGresult;

#define KT_PG_CANCEL_AFTER_MS 20  /* what a statement that nobody waits for may go on before it is cancelled */
#define KT_PG_SLOW_MS 5           /* a connection whose next answer takes longer is not given more */
#define KT_PG_SPREAD 16           /* statements under way on each connection before another one is opened */
#define KT_PG_RESENDS_MAX 3       /* how often a read-only statement is sent again because its connection ended */
#define KT_PG_PULSE_MS 500        /* how often a pool looks after its idle connections */
#define KT_PG_RETRY_MS 100        /* until a cancel that no worker had time for is tried again */
#define KT_PG_PREPARED_MAX 2000   /* statements on a connection; beyond, it is replaced when it is idle */
#define KT_PG_COPY_CHUNK 65536    /* bytes of COPY handed to libpq at a time */
#define KT_PG_CHANNEL_MAX 63      /* bytes of a channel's name: PostgreSQL cuts longer ones off */
#define KT_PG_ERROR_SIZE 512      /* a message about a connection */

typedef struct kt_pg kt_pg;
typedef struct kt_pg_pool kt_pg_pool;
typedef struct kt_pg_lease kt_pg_lease;
typedef struct kt_pg_statement kt_pg_statement;

/* Times in milliseconds. Bounds are those of one reactor. */
typedef struct kt_pg_config {
  const char *_Nonnull conninfo; /* URL or key = value (libpq, "Connection Strings"); not kept */
  uint16_t connections_min;      /* kept open */
  uint16_t connections_max;
  uint32_t pipeline_max;         /* statements under way on a shared connection */
  uint32_t queue_max;            /* statements and transactions that wait: beyond, KT_PG_EXHAUSTED */
  uint32_t queue_timeout_ms;     /* how long they may */
  uint32_t connect_timeout_ms;   /* of one attempt */
  uint32_t reconnect_min_ms;     /* until the second attempt; doubled each time, with jitter */
  uint32_t reconnect_max_ms;
  uint32_t health_interval_ms;   /* a connection that was silent for so long is asked for a sign of life; 0: never */
  uint32_t health_timeout_ms;    /* without an answer it is closed */
  uint32_t idle_timeout_ms;      /* a connection beyond connections_min that was idle for so long is closed; 0: never */
  uint32_t rollback_timeout_ms;  /* for a transaction that was left to end; its connection is closed then */
  uint32_t statement_timeout_ms;                   /* of the server; 0: as it is configured */
  uint32_t idle_in_transaction_session_timeout_ms; /* of the server; 0: as it is configured */
} kt_pg_config;

kt_pg_config kt_pg_config_default(void);

/* Connects to nothing yet. NULL and one line in `error`: the string is wrong, a bound is, or memory is out. */
kt_pg *_Nullable kt_pg_create(const kt_pg_config *_Nonnull config, char *_Nonnull error, size_t error_n);
/* Connects, asks and disconnects: blocks for connect_timeout_ms at most. False and one line in `error`: who, where, why,
 * and what to do. Any thread but a reactor's. */
bool kt_pg_check(kt_pg *_Nonnull pg, char *_Nonnull error, size_t error_n);
/* Closes all connections, on their reactors. Nobody waits for a statement. Any thread. */
void kt_pg_release(kt_pg *_Nullable pg);

typedef struct kt_pg_counters {
  uint64_t statements;   /* sent */
  uint64_t round_trips;  /* Syncs sent: at most so many writes */
  uint64_t prepared;
  uint64_t resent;
  uint64_t connects;     /* that succeeded */
  uint64_t connect_failures;
  uint64_t lost;         /* connections that ended by themselves */
  uint64_t queue_waits;  /* what was not sent in the turn that it came in */
  uint64_t refused_full; /* KT_PG_EXHAUSTED and KT_PG_UNAVAILABLE */
  uint64_t cancels;
  uint64_t open, leased, queued, in_flight; /* now */
} kt_pg_counters;
/* Of all reactors. Any thread. */
kt_pg_counters kt_pg_counters_of(kt_pg *_Nonnull pg);

/* The reactor's pool, made when it is first asked for. NULL: memory is out, or the reactor is another's thread. */
kt_pg_pool *_Nullable kt_pg_pool_of(kt_pg *_Nonnull pg, kt_reactor *_Nonnull reactor);

/* A text as this reactor sends it. `index` is small and dense, `variant` any number. NULL: not added yet. */
kt_pg_statement *_Nullable kt_pg_statement_find(kt_pg_pool *_Nonnull pool, size_t index, uint64_t variant);
typedef struct kt_pg_text {
  const char *_Nonnull sql;
  const uint32_t *_Nullable parameters; /* types by OID */
  size_t parameter_n;
  const uint32_t *_Nullable columns; /* what the result must have; none: anything */
  size_t column_n;
  bool read_only;
} kt_pg_text;
/* Copies everything. NULL when memory is out. */
kt_pg_statement *_Nullable kt_pg_statement_add(kt_pg_pool *_Nonnull pool, size_t index, uint64_t variant,
                                               const kt_pg_text *_Nonnull text);

typedef enum kt_pg_outcome {
  KT_PG_WAITS,
  KT_PG_OK,
  KT_PG_REFUSED,     /* by the server: `error` says why */
  KT_PG_LOST,        /* the connection ended after it was sent */
  KT_PG_UNAVAILABLE, /* no connection could be made: kt_pg_pool_error says why; not sent */
  KT_PG_EXHAUSTED,   /* no connection had time; not sent */
  KT_PG_LATE,        /* its deadline passed */
  KT_PG_CHANGED,     /* the result has other columns than kt_pg_text.columns: kt_pg_pool_error names the first */
  KT_PG_NOMEM,
  KT_PG_STREAMS,     /* a stream on the same lease has not ended, and would never: its reader waits for this one */
} kt_pg_outcome;

typedef enum kt_pg_kind {
  KT_PG_RUN,
  KT_PG_STREAM, /* on a lease */
  KT_PG_COPY,   /* on a lease */
  KT_PG_LEASE,  /* waits for a connection of its own */
} kt_pg_kind;

/* What somebody waits for. The waiter's memory, zero but for what it sets, from submission until `done`. */
typedef struct kt_pg_op {
  uint8_t kind;                          /* kt_pg_kind */
  uint8_t outcome;                       /* kt_pg_outcome */
  uint32_t set_n;                        /* executions; rows of a COPY */
  kt_pg_statement *_Nullable statement;  /* not of KT_PG_LEASE */
  const kt_bytes *_Nullable cells;       /* set_n times the statement's parameters in binary form; p is NULL for NULL */
  uint64_t deadline_ns;                  /* on the clock of kt_reactor_now_ns */
  kt_ready_fn _Nonnull done;             /* called once; of a stream, for each KT_AGAIN of kt_pg_next and at first */
  void *_Null_unspecified context;
  void *_Nullable waiter; /* the submitter's to use */
  /* What came of it. Results are the waiter's to free (kt_pg_result_free). */
  PGresult *_Nullable *_Nullable results; /* room for set_n of them; of a RUN with one set NULL will do */
  PGresult *_Nullable result;             /* of a RUN of one set, and a COPY; of a stream: the row at hand */
  PGresult *_Nullable error;              /* KT_PG_REFUSED, and KT_PG_LOST where the server said why */
  kt_pg_lease *_Nullable lease;           /* KT_PG_LEASE */
  /* The driver's. */
  struct kt_pg_conn *_Nullable conn; /* that it was sent on */
  struct kt_pg_op *_Nullable next, *_Nullable previous;
  kt_pg_pool *_Nullable pool;
  uint64_t queue_ns; /* when it has waited long enough */
  uint32_t left;     /* executions without a result */
  uint8_t resends;
  bool queued, alone, again, failed, waiting;
  size_t at; /* rows of a COPY that were sent */
} kt_pg_op;

/* A RUN on a shared connection, or a LEASE. `done` may be called before this returns. */
void kt_pg_submit(kt_pg_pool *_Nonnull pool, kt_pg_op *_Nonnull op);
/* Anything but a LEASE on a leased connection, in order. `done` may be called before this returns. */
void kt_pg_submit_on(kt_pg_lease *_Nonnull lease, kt_pg_op *_Nonnull op);
/* Nobody waits any more: `done` is not called, the memory is the waiter's. Does nothing when it is done already. */
void kt_pg_abandon(kt_pg_op *_Nonnull op);

/* KT_OK: op->result holds the next row, to be freed; KT_AGAIN: `done` will be called; KT_END: op->outcome tells. */
kt_status kt_pg_next(kt_pg_op *_Nonnull op);

/* This statement goes in front of the next one, in the same write: BEGIN. */
void kt_pg_lease_open(kt_pg_lease *_Nonnull lease, kt_pg_statement *_Nonnull begin);
/* That statement was not sent yet, as nothing followed it. */
bool kt_pg_lease_is_unused(const kt_pg_lease *_Nonnull lease);
/* False: the connection has ended, and with it whatever was not committed. */
bool kt_pg_lease_is_alive(const kt_pg_lease *_Nonnull lease);
/* Gives the connection back. What still runs is ended, a transaction that is open is rolled back. Frees the lease. */
void kt_pg_lease_end(kt_pg_lease *_Nonnull lease);

/* Ends the session. Frees the lease. */
void kt_pg_lease_close(kt_pg_lease *_Nonnull lease);

/* What last kept connections from being made; one line, valid until the next turn. */
const char *_Nonnull kt_pg_pool_error(const kt_pg_pool *_Nonnull pool);

size_t kt_pg_result_rows(const PGresult *_Nonnull result);
size_t kt_pg_result_columns(const PGresult *_Nonnull result);
/* Rows that were changed, or that there are. */
uint64_t kt_pg_result_affected(PGresult *_Nonnull result);
/* A transaction's end that was a rollback. */
bool kt_pg_result_is_rollback(PGresult *_Nonnull result);
/* Writes the cells of a row, which lie in the result. */
void kt_pg_result_row(const PGresult *_Nonnull result, size_t row, kt_bytes *_Nonnull cells);
/* A field of an error by its letter (libpq, PQresultErrorField), NULL where it has none. */
const char *_Nullable kt_pg_result_error(const PGresult *_Nonnull result, char field);
void kt_pg_result_free(PGresult *_Nullable result);

/* Notifications, on a thread of their own with one connection, which is made anew when it ends. */
typedef struct kt_pg_listener kt_pg_listener;
typedef enum kt_pg_event {
  KT_PG_LISTENING,  /* `text` is empty: from now on notifications come; those before are lost */
  KT_PG_NOTIFIED,   /* `text` is the payload */
  KT_PG_SILENT,     /* `text` says why: the connection ended and is made anew */
} kt_pg_event;
typedef void (*kt_pg_event_fn)(void *_Null_unspecified context, kt_pg_event event, const char *_Nonnull text);
/* Calls `heard` on the listener's thread. NULL when memory or threads are out, or the channel has no name or
 * a longer one than KT_PG_CHANNEL_MAX. Any thread. */
kt_pg_listener *_Nullable kt_pg_listen(kt_pg *_Nonnull pg, const char *_Nonnull channel, kt_pg_event_fn _Nonnull heard,
                                       void *_Null_unspecified context);
/* No call follows, and none is under way, unless this is the listener's thread. Any thread. */
void kt_pg_unlisten(kt_pg_listener *_Nonnull listener);

#endif
