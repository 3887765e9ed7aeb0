/* server.h: servers, route tables, reactors: the control side. */
#ifndef KATANA_SERVER_H
#define KATANA_SERVER_H

#include "katana/exchange.h"
#include "katana/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kt_server kt_server;

typedef enum kt_log_level { KT_LOG_DEBUG, KT_LOG_INFO, KT_LOG_WARNING, KT_LOG_ERROR } kt_log_level;
typedef void (*kt_log_fn)(void *_Null_unspecified context, kt_log_level level, const char *_Nonnull message);

/* Passes a line to the server's log. */
void kt_exchange_log(kt_exchange *_Nonnull x, kt_log_level level, const char *_Nonnull message);

/* Every limit has a default (kt_config_default) and a name here. Times are in milliseconds, sizes in bytes. */
typedef struct kt_config {
  const char *_Nullable host; /* numeric address; NULL is 127.0.0.1 */
  uint16_t port;              /* 0 lets the system choose; kt_server_port tells */
  bool listen; /* false: no address is bound, and connections come by kt_server_take only */
  uint16_t reactors;          /* 0 is one per usable processor */
  bool pin;                   /* each reactor on its own processor, distinct cores first, memory on its NUMA node */
  bool rebalance; /* whole connections move from a reactor that cannot keep up to one that can */
  const char *_Nullable io;   /* "auto", "epoll" or "uring" */
  const kt_tls_config *_Nullable tls; /* NULL: no TLS. Read while the server is created, not kept */
  bool h2c; /* HTTP/2 without TLS for clients that begin with its preface (RFC 9113 §3.3) */
  bool compress;   /* responses are coded (gzip, br, zstd) as the client accepts and the route's `coding` says */
  bool decompress; /* coded content of requests is decoded; false: such content is 415 */
  uint32_t backlog;
  uint32_t head_size_max;       /* request line and fields: 431 beyond */
  uint32_t target_size_max;     /* request target: 414 beyond */
  uint16_t field_count_max;     /* fields in a request: 431 beyond */
  uint64_t body_size_max;       /* content, decoded: 413 beyond, unless the route says otherwise */
  uint16_t h2_streams_max;      /* requests at a time on an HTTP/2 connection */
  uint32_t h2_window_size;      /* unread content of an HTTP/2 stream; four times as much of a connection */
  uint32_t drain_size_max;      /* unread content that is skipped to keep the connection */
  uint32_t pipeline_max;        /* requests answered per connection and turn */
  uint32_t write_high_size;     /* queued output at which a writer is told to wait */
  uint32_t write_low_size;      /* queued output at which it is called again */
  uint32_t encode_whole_max;    /* content that is coded at once, its length known; more is coded in slices */
  uint32_t encode_slice_size;   /* content that is encoded in one go before others are served */
  uint32_t decode_slice_size;   /* the same of coded content of requests: what goes in and what comes out */
  uint32_t connections_max;     /* per reactor; beyond it new connections get 503 and are closed */
  /* Timeouts are at least 1; only the idle one may be 0: never. */
  uint32_t handshake_timeout_ms; /* of TLS: the connection is closed */
  uint32_t head_timeout_ms;     /* first byte to complete head: 408 */
  uint32_t idle_timeout_ms;     /* between requests */
  uint32_t body_timeout_ms;     /* without a byte of content: 408 */
  uint32_t body_rate_min;       /* bytes per second of content, after a first body_timeout_ms: 408; 0: any */
  uint32_t write_timeout_ms;    /* without the peer taking a byte */
  uint32_t request_timeout_ms;  /* from routed, or the last content, to the response's start: 504 */
  uint16_t workers;            /* threads for work that blocks (kt_reactor_offload), started when needed; 0: none */
  uint32_t work_queue_max;     /* pieces of such work that wait for a thread: KT_EFULL beyond */
  kt_log_fn _Nullable log;
  void *_Null_unspecified log_context;
  /* Called on each reactor's thread before its first turn and after its last. */
  void (*_Nullable reactor_began)(void *_Null_unspecified context, kt_reactor *_Nonnull reactor);
  void (*_Nullable reactor_ended)(void *_Null_unspecified context, kt_reactor *_Nonnull reactor);
  void *_Null_unspecified reactor_context;
} kt_config;

kt_config kt_config_default(void);

/* Whether a route's responses are coded. */
typedef enum kt_coded_route {
  KT_CODED_AUTO,   /* what shrinks, unless it may tell a secret by its length, see csrc/coding/policy.h */
  KT_CODED_NEVER,
  KT_CODED_ALWAYS, /* as AUTO, whatever credentials there are: the content has no secret or reflects nothing */
} kt_coded_route;

/* One line of a route table. `path` is a template: "/products/{id}", "/report.{year}-{month}"; "{rest*}" at its end
 * takes the remaining path. csrc/route/route.h says which of several templates a path goes to. */
typedef struct kt_route_spec {
  uint8_t method; /* kt_method */
  uint8_t body_mode; /* kt_body_mode */
  kt_bytes path;
  kt_handler_fn _Nonnull handler;
  void *_Null_unspecified context;
  uint64_t body_size_max;   /* 0: the server's */
  uint32_t deadline_ms;     /* 0: the server's request_timeout_ms */
  kt_bytes media_types;     /* comma list of accepted content types, empty: any; others get 415 */
  bool body_required;       /* no content is 400 */
  uint8_t coding;           /* kt_coded_route */
  kt_authorise_fn _Nullable authorise; /* NULL: everybody */
  void *_Null_unspecified authorise_context; /* released like `context`, unless NULL */
} kt_route_spec;

typedef struct kt_routes kt_routes;

/* Compiles a table. On failure returns NULL and writes one line to `error`. `release` is called with each context when
 * the last request that used the table has ended. */
kt_routes *_Nullable kt_routes_create(const kt_route_spec *_Nonnull specs, size_t count,
                                      void (*_Nullable release)(void *_Null_unspecified context),
                                      char *_Nonnull error, size_t error_n);
/* Frees a table that was never published. */
void kt_routes_destroy(kt_routes *_Nullable routes);

/* Creates listeners and reactors. Returns NULL and one line in `error` when the configuration is wrong, the address
 * is in use, or memory is out. Takes `routes` over when it succeeds. */
kt_server *_Nullable kt_server_create(const kt_config *_Nonnull config, kt_routes *_Nonnull routes,
                                      char *_Nonnull error, size_t error_n);
kt_status kt_server_start(kt_server *_Nonnull s);
/* Serves a connected stream socket, such as an end of socketpair(2), like one that was accepted, and closes it. It is
 * non-blocking from here on. Reactors take turns. Any thread, while the server runs: a reactor that has ended leaves the
 * socket open. KT_EINVAL: the descriptor cannot be made non-blocking; it stays the caller's. */
kt_status kt_server_take(kt_server *_Nonnull s, int fd);
/* Publishes a new table. Requests that have begun keep the table they began with. Any thread. */
void kt_server_publish(kt_server *_Nonnull s, kt_routes *_Nonnull routes);
/* Reads certificates again, or others: new connections use them, the others keep theirs. False and one line in `error`
 * when they cannot be used; nothing changes then. Any thread; not for a server that was created without TLS. */
bool kt_server_reload_tls(kt_server *_Nonnull s, const kt_tls_config *_Nonnull config, char *_Nonnull error,
                          size_t error_n);
/* Stops accepting, finishes what runs, closes idle connections and gives up after the deadline. Any thread. */
void kt_server_drain(kt_server *_Nonnull s, uint32_t deadline_ms);
/* Blocks until every reactor has ended. A handler that is still suspended KT_ABANDON_MS after the drain deadline is
 * abandoned: its reactor ends, its memory stays, and tasks posted to it are dropped. */
void kt_server_join(kt_server *_Nonnull s);
void kt_server_destroy(kt_server *_Nullable s);

uint16_t kt_server_port(kt_server *_Nonnull s);
uint16_t kt_server_reactors(kt_server *_Nonnull s);
/* The driver's name, and why it is this one. */
const char *_Nonnull kt_server_driver(kt_server *_Nonnull s);
const char *_Nonnull kt_server_driver_reason(kt_server *_Nonnull s);
/* One line for a log: reactors, where they run, driver and why; with TLS, whether the kernel seals or why not. */
void kt_server_describe(kt_server *_Nonnull s, char *_Nonnull text, size_t n);

/* What a client ran into, by what it most likely meant. Counted each time; in the log once a minute, see
 * csrc/server/limits.h. */
typedef enum kt_limit {
  KT_LIMIT_HEAD_TIME,       /* head_timeout_ms */
  KT_LIMIT_BODY_TIME,       /* body_timeout_ms, body_rate_min */
  KT_LIMIT_WRITE_TIME,      /* write_timeout_ms */
  KT_LIMIT_HEAD_SIZE,       /* head_size_max, field_count_max */
  KT_LIMIT_TARGET_SIZE,     /* target_size_max */
  KT_LIMIT_BODY_SIZE,       /* body_size_max, as it came */
  KT_LIMIT_DECODED_SIZE,    /* body_size_max, decoded: a decompression bomb */
  KT_LIMIT_DECODERS,        /* requests whose content is decoded at a time */
  KT_LIMIT_RANGES,          /* ranges of a file in one request */
  KT_LIMIT_CONNECTIONS,     /* connections_max */
  KT_LIMIT_HANDSHAKE_TIME,  /* handshake_timeout_ms */
  KT_LIMIT_HANDSHAKE,       /* no limit: TLS that was not agreed on */
  KT_LIMIT_H2_RESETS,       /* from here on the connection's budget of glitches: CVE-2023-44487 */
  KT_LIMIT_H2_INVALID,      /* CVE-2025-8671 */
  KT_LIMIT_H2_CONTINUATION, /* CVE-2024-28182 */
  KT_LIMIT_H2_ACKS,         /* acknowledgements that the peer does not read */
  KT_LIMIT_H2_PING,
  KT_LIMIT_H2_SETTINGS,
  KT_LIMIT_H2_EMPTY_DATA,
  KT_LIMIT_H2_WINDOW_UPDATE,
  KT_LIMIT_H2_IDLE_FRAME, /* PRIORITY, unknown types */
  KT_LIMIT_COUNT
} kt_limit;
/* A few words for logs and metrics, of static life. */
const char *_Nonnull kt_limit_name(kt_limit limit);

/* Counters of all reactors, summed when read. */
typedef struct kt_counters {
  uint64_t accepted, closed, requests, responses, parse_errors, timeouts, shed, bytes_in, bytes_out;
  uint64_t handshakes, handshakes_resumed, handshakes_failed; /* of TLS */
  uint64_t sealed_by_kernel; /* connections that handed sealing over (kTLS) */
  uint64_t moved; /* connections given by one reactor to another */
  uint64_t turns, syscalls, wakeups;
  uint64_t encoded_most, decoded_most; /* bytes into encoders, into and out of decoders: the most in one turn */
  uint64_t allocations; /* of the C core; at most one turn old */
  uint64_t work_done, work_refused, work_cancelled;
  uint64_t work_queued, work_running; /* now */
  uint64_t limits[KT_LIMIT_COUNT]; /* by kt_limit */
} kt_counters;
kt_counters kt_server_counters(kt_server *_Nonnull s);

/* The reactor that runs on the calling thread, or NULL. */
kt_reactor *_Nullable kt_reactor_current(void);
uint16_t kt_reactor_index(kt_reactor *_Nonnull r);
void *_Null_unspecified kt_reactor_data(kt_reactor *_Nonnull r);
void kt_reactor_set_data(kt_reactor *_Nonnull r, void *_Null_unspecified data);

/* Runs `fn` on the reactor's thread, in order of posting, in its next turn. Any thread; never blocks, never drops. */
typedef void (*kt_task_fn)(void *_Null_unspecified context, void *_Null_unspecified argument);
void kt_reactor_post(kt_reactor *_Nonnull r, kt_task_fn _Nonnull fn, void *_Null_unspecified context,
                     void *_Null_unspecified argument);

/* A line in the server's log. Reactor thread only. */
void kt_reactor_log(kt_reactor *_Nonnull r, kt_log_level level, const char *_Nonnull message);

/* A descriptor of a library that reads and writes by itself: the reactor tells when that makes sense. `events` of the
 * callback are those wanted that are at hand; an error of the descriptor is both. Level-triggered. Reactor's thread. */
#define KT_WATCH_READ 1u
#define KT_WATCH_WRITE 2u
typedef struct kt_foreign kt_foreign;
typedef void (*kt_foreign_fn)(void *_Null_unspecified context, unsigned events);
/* NULL when memory is out or the kernel refuses. The file stays open until the watch has ended. */
kt_foreign *_Nullable kt_reactor_watch(kt_reactor *_Nonnull r, int fd, unsigned events, kt_foreign_fn _Nonnull ready,
                                       void *_Null_unspecified context);
/* From now on other events; none is a pause. KT_EIO: the kernel refuses, and the watch is good for nothing. */
kt_status kt_reactor_rewatch(kt_reactor *_Nonnull r, kt_foreign *_Nonnull watch, unsigned events);
/* No event follows, and the handle is gone. The library may have closed its descriptor before. */
void kt_reactor_unwatch(kt_reactor *_Nonnull r, kt_foreign *_Nonnull watch);

/* Memory of its owner's, zero but for `run` and `context`, which stays while it is scheduled. */
typedef struct kt_hook {
  kt_ready_fn _Nonnull run;
  void *_Null_unspecified context;
  struct kt_hook *_Nullable next; /* the rest belongs to the reactor */
  struct kt_hook *_Nullable *_Nullable at;
} kt_hook;
/* Runs the hook once, at the end of this turn, behind its handlers: what they queued can go out in one write. Nothing
 * happens when it is scheduled already. Reactor thread only. */
void kt_reactor_at_turn_end(kt_reactor *_Nonnull r, kt_hook *_Nonnull hook);
/* Runs the hook once, when the reactor has ended, on its thread, before reactor_ended. */
void kt_reactor_at_end(kt_reactor *_Nonnull r, kt_hook *_Nonnull hook);
/* Neither will run it any more. */
void kt_reactor_unhook(kt_hook *_Nonnull hook);

/* Work of the reactor's language runtime: `run` is called at the end of a turn, before output is flushed, whenever
 * kt_reactor_want_jobs was called since. Reactor thread only. */
void kt_reactor_set_jobs(kt_reactor *_Nonnull r, kt_ready_fn _Nullable run, void *_Null_unspecified context);
void kt_reactor_want_jobs(kt_reactor *_Nonnull r);

/* Work that blocks, away from the reactors. The memory is the submitter's again when `done` is called, which happens
 * once, on the reactor that submitted it. */
typedef struct kt_work {
  void (*_Nonnull run)(struct kt_work *_Nonnull work);  /* on a worker's thread, unless cancelled before */
  void (*_Nonnull done)(struct kt_work *_Nonnull work); /* on the reactor's thread */
  void *_Null_unspecified context;
  kt_reactor *_Null_unspecified reactor; /* the rest belongs to the server */
  struct kt_work *_Nullable next;
  uint8_t state;
} kt_work;

/* KT_EFULL when every worker is busy and the queue is full, or the server has no workers: the caller answers 503.
 * Reactor thread only. */
kt_status kt_reactor_offload(kt_reactor *_Nonnull r, kt_work *_Nonnull work);
/* True when the work had not begun and will not run; `done` is called all the same. Any thread. */
bool kt_work_cancel(kt_work *_Nonnull work);
bool kt_work_cancelled(const kt_work *_Nonnull work);

/* One-shot timer on the reactor, reactor thread only. The handle stays valid until it fired or was cancelled. */
typedef struct kt_timer_handle kt_timer_handle;
kt_timer_handle *_Nullable kt_reactor_after(kt_reactor *_Nonnull r, uint64_t delay_ms, kt_ready_fn _Nonnull fn,
                                            void *_Null_unspecified context);
void kt_reactor_cancel(kt_reactor *_Nonnull r, kt_timer_handle *_Nonnull timer);
/* Monotonic time of this turn. */
uint64_t kt_reactor_now_ns(kt_reactor *_Nonnull r);

#ifdef __cplusplus
}
#endif

#endif
