/* internal.h: what the files of this room share. */
#ifndef KT_PG_INTERNAL_H
#define KT_PG_INTERNAL_H

#include "pg/pg.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>

#define KT_PG_NOTICES 64      /* texts of notices that are remembered as told */
#define KT_PG_HOSTS_MAX 64    /* hosts and addresses of one connection string */
#define KT_PG_COUNT(counter, n) __atomic_store_n(&(counter), (counter) + (n), __ATOMIC_RELAXED)

typedef struct kt_pg_conn kt_pg_conn;
typedef struct kt_pg_hub kt_pg_hub;

/* A connection string taken apart, NULL-terminated for PQconnectStartParams. */
typedef struct kt_pg_parameters {
  const char **keywords, **values;
  PQconninfoOption *options; /* owns most of the values */
  size_t n;
  char *settings; /* -c name=value … */
} kt_pg_parameters;

struct kt_pg {
  kt_pg_config config;
  kt_pg_parameters parameters;
  bool writes_only; /* target_session_attrs asks for a primary: one that has become a standby is left */
  char where[200];  /* host and port for messages */
  atomic_bool down; /* somebody has logged that the server cannot be reached */
  pthread_mutex_t lock;
  kt_pg_pool *pools;           /* under lock */
  uint32_t live_n;             /* pools that have not ended; under lock */
  bool released;               /* under lock */
  _Atomic(kt_pg_pool *) *slots; /* by the reactor's index: pools in a list that only grows while the database lives */
  kt_pg_hub *hub;              /* under lock until it is there; NULL: nobody listens */
  uint64_t notices[KT_PG_NOTICES]; /* hashes; under lock */
  size_t notice_n;
};

struct kt_pg_statement {
  uint32_t id;   /* dense in the pool */
  char name[24]; /* on a connection that never forgot its statements */
  bool read_only;
  uint64_t variant;
  kt_pg_statement *next; /* another variant */
  char *sql;
  Oid *parameters, *columns;
  int parameter_n, column_n;
};

typedef struct kt_pg_list {
  kt_pg_op *first, *last;
} kt_pg_list;

struct kt_pg_pool {
  kt_pg *pg;
  kt_reactor *reactor; /* NULL: it has ended */
  kt_pg_pool *next;    /* of the database */
  kt_pg_pool *next_slot;
  kt_hook turn, end;
  bool closing;
  kt_timer_handle *pulse, *deadline, *retry, *cancel;
  uint64_t deadline_at_ns;
  kt_pg_list queue;
  uint32_t queue_n, lease_waits; /* LEASEs among them */
  kt_pg_conn *conns;
  uint16_t conn_n, connecting_n;
  uint32_t backoff_ms; /* 0: the last attempt succeeded */
  uint32_t first_host; /* where the list of hosts begins: turned when an attempt took too long */
  kt_pg_statement **statements; /* by index */
  size_t statement_cap;
  uint32_t statement_n;
  uint32_t names; /* random, in the name of each statement: where a pooler shares sessions, nobody's is another's */
  kt_pg_statement *ping, *rollback;
  /* Arguments of one statement, as libpq wants them. */
  const char **values;
  int *lengths, *formats;
  size_t argument_cap;
  kt_pg_counters counters;
  char error[KT_PG_ERROR_SIZE];
};

/* What the server will answer, in order. */
typedef enum kt_pg_answer { ANSWER_PREPARE, ANSWER_RUN, ANSWER_SYNC } kt_pg_answer;

typedef struct kt_pg_slot {
  uint8_t answer;
  bool began;     /* some result of it was seen */
  bool left;      /* its waiter went */
  bool single;    /* PQsetSingleRowMode was called */
  bool fence;     /* of a Sync behind a cancel */
  uint32_t set;   /* of the op */
  kt_pg_op *op;   /* NULL: nobody waits. Of a Sync: who waits for the commit */
  kt_pg_statement *statement;
} kt_pg_slot;

typedef enum kt_pg_state { CONN_RESOLVING, CONN_CONNECTING, CONN_READY } kt_pg_state;

enum { PREPARED_NOT, PREPARED_SENT, PREPARED_YES, PREPARED_CHECKED };

struct kt_pg_conn {
  kt_pg_pool *pool;
  kt_pg_conn *next, **at;
  PGconn *pg;
  kt_foreign *watch;
  unsigned watched;
  uint8_t state; /* kt_pg_state */
  bool broken;   /* to be closed at the end of this event or turn */
  bool closing;  /* to be closed at the end of this turn, whatever it does */
  bool retiring; /* to be closed when it is idle */
  bool reserved; /* becomes a lease when it is idle */
  bool ending;   /* its lease has ended, what it left has not */
  bool rolling;  /* ROLLBACK is under way for that */
  bool unsynced; /* statements were sent that no Sync follows yet */
  bool cancelling, fenced; /* a cancel is on its way; the Sync behind it is */
  bool paused;   /* a stream's reader has not taken the row at hand */
  bool hushed;   /* and more has arrived: not watched for reading meanwhile */
  bool pinged;
  kt_pg_lease *lease;
  struct kt_pg_resolution *resolution;
  struct kt_pg_cancellation *cancellation;
  kt_timer_handle *timer; /* of connecting; of ending */
  kt_pg_op *copy; /* the COPY that waits for its turn, or runs */
  uint8_t copy_state;
  bool copy_is_text; /* the server takes lines, not COPY's binary form */
  kt_pg_slot *slots; /* a ring */
  uint32_t slot_cap, slot_at, slot_n;
  uint32_t runs;   /* slots that are ANSWER_RUN */
  uint32_t left_n; /* those whose waiter went */
  uint64_t progress_ns; /* when the answer that is due now became due */
  uint64_t idle_ns;     /* since when there is nothing */
  uint8_t *prepared;    /* by statement id */
  uint32_t prepared_cap, prepared_n;
  uint32_t generation;  /* of the names of what is prepared */
};

struct kt_pg_lease {
  kt_pg_pool *pool;
  kt_pg_conn *conn; /* NULL: it has ended */
  kt_pg_statement *begin;
};

static inline uint64_t kt_pg__now(const kt_pg_pool *p) { return kt_reactor_now_ns(p->reactor); }

/* ---- parameters.c ---- */
bool kt_pg__parameters_init(kt_pg_parameters *p, const kt_pg_config *config, char *error, size_t error_n);
void kt_pg__parameters_deinit(kt_pg_parameters *p);
const char *kt_pg__parameter(const kt_pg_parameters *p, const char *keyword);
/* Message of libpq on one line. */
void kt_pg__line(char *to, size_t n, const char *message);

/* ---- resolve.c ---- */
typedef struct kt_pg_hosts {
  char *host, *hostaddr, *port;
} kt_pg_hosts;
void kt_pg__hosts_free(kt_pg_hosts *h);
/* Calls kt_pg__conn_resolved, now or later. */
void kt_pg__resolve(kt_pg_conn *c);
void kt_pg__resolve_abandon(kt_pg_conn *c);

/* ---- conn.c ---- */
/* Begins to connect. False when memory is out. */
bool kt_pg__conn_open(kt_pg_pool *p);
void kt_pg__conn_resolved(kt_pg_conn *c, const kt_pg_hosts *hosts, const char *error);
/* Closes it, whatever it does, and tells who waited for it. */
void kt_pg__conn_close(kt_pg_conn *c, const char *why);
/* Watches for what is needed now. */
void kt_pg__conn_watch(kt_pg_conn *c);

/* ---- pipeline.c ---- */
/* Sends an op behind what was sent. False: the connection is broken, or memory out; the op is not queued. */
bool kt_pg__send(kt_pg_conn *c, kt_pg_op *op);
/* A statement without parameters for which nobody waits. */
bool kt_pg__send_plain(kt_pg_conn *c, kt_pg_statement *s);
bool kt_pg__sync(kt_pg_conn *c, kt_pg_op *op);
/* A Sync behind a cancel: what comes after it is safe from it. */
bool kt_pg__fence(kt_pg_conn *c);
/* Takes what has arrived. */
void kt_pg__process(kt_pg_conn *c);
bool kt_pg__is_gone(kt_pg_conn *c);
/* Everything that is under way has failed. */
void kt_pg__fail_all(kt_pg_conn *c);
void kt_pg__leave(kt_pg_conn *c, kt_pg_op *op);
/* A stream is under way. */
bool kt_pg__streams(const kt_pg_conn *c);
/* Whether what the server runs now may be something that nobody waits for: it answers what lies between two Syncs at
 * its end, unless its buffer is full before. */
bool kt_pg__runs_left(const kt_pg_conn *c);
kt_pg_slot *kt_pg__head(const kt_pg_conn *c);
void kt_pg__forget_prepared(kt_pg_conn *c);

/* ---- pool.c ---- */
void kt_pg__finish(kt_pg_op *op, kt_pg_outcome outcome);
/* Back to the queue's front, to be sent again. */
void kt_pg__requeue(kt_pg_pool *p, kt_pg_op *op);
void kt_pg__connected(kt_pg_conn *c);
/* A connection that was ready ended by itself. */
void kt_pg__lost(kt_pg_pool *p, const char *why);
void kt_pg__connect_failed(kt_pg_pool *p, const char *error, bool late);
/* Nothing is under way on it. */
void kt_pg__drained(kt_pg_conn *c);
void kt_pg__wake(kt_pg_pool *p); /* looks at the queue at the end of this turn */
void kt_pg__watch_deadline(kt_pg_pool *p, uint64_t at_ns);
kt_pg_pool *kt_pg__pool_create(kt_pg *pg, kt_reactor *r);
/* Closes everything; on the reactor's thread. */
void kt_pg__pool_close(kt_pg_pool *p);

/* ---- database.c ---- */
void kt_pg__pool_ended(kt_pg_pool *p);

/* ---- cancel.c ---- */
void kt_pg__cancel_later(kt_pg_pool *p);
void kt_pg__cancel_abandon(kt_pg_conn *c);

/* ---- copy.c ---- */
void kt_pg__copy_begin(kt_pg_conn *c);
void kt_pg__copy_go_on(kt_pg_conn *c);
bool kt_pg__copy_sends(const kt_pg_conn *c); /* has rows that libpq was not given yet */

/* ---- listen.c ---- */
void kt_pg__hub_close(kt_pg_hub *h);

/* ---- notice.c ---- */
void kt_pg__notice(void *conn, const PGresult *result);

/* ---- statement.c ---- */
void kt_pg__statements_free(kt_pg_pool *p);
/* Internal ones. */
kt_pg_statement *kt_pg__statement_create(kt_pg_pool *p, uint64_t variant, const kt_pg_text *text);

#endif
