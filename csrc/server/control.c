/* control.c: what threads other than the reactors' may call. */
#include "server/reactor.h"

#include "server/workers.h"
#include "server/secure.h"
#include "tls/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define KT_PAGE_SIZE 4096
#define KT_FILES_BESIDE 256 /* descriptors that are not connections: listeners, rings, databases, the program's own */

struct kt_server {
  kt_config config;
  char host[64];
  char io[16];
  char ktls[200]; /* whether the kernel seals, in words; empty without TLS */
  uint16_t port;
  uint16_t count;
  uint16_t started; /* reactors whose threads run */
  uint32_t taken;   /* sockets that kt_server_take handed out; any thread */
  kt_reactor **reactors;
  kt_topology topology;
  kt_workers workers;
  kt_tls_tickets *tickets;
  kt__limits_told told;
};

kt_config kt_config_default(void) {
  return (kt_config){
      .host = "127.0.0.1",
      .port = 8080,
      .listen = true,
      .reactors = 0,
      .pin = true,
      .rebalance = true,
      .compress = true,
      .decompress = true,
      .io = "auto",
      .backlog = 1024,
      .head_size_max = 16 * 1024,
      .target_size_max = 8 * 1024,
      .field_count_max = 100,
      .body_size_max = 10 * 1024 * 1024,
      .h2_streams_max = 100,
      .h2_window_size = 256 * 1024,
      .drain_size_max = 64 * 1024,
      .pipeline_max = 64,
      .write_high_size = 256 * 1024,
      .write_low_size = 64 * 1024,
      .encode_whole_max = 32 * 1024,
      .encode_slice_size = KT_ENCODER_SLICE_SIZE,
      .decode_slice_size = 64 * 1024,
      .connections_max = 65536,
      .handshake_timeout_ms = 10 * 1000,
      .head_timeout_ms = 10 * 1000,
      .idle_timeout_ms = 75 * 1000,
      .body_timeout_ms = 20 * 1000,
      .body_rate_min = 500,
      .workers = 16,
      .work_queue_max = 256,
      .write_timeout_ms = 30 * 1000,
      .request_timeout_ms = 30 * 1000,
  };
}

static bool fail(char *error, size_t n, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(error, n, format, list);
  va_end(list);
  return false;
}

static bool check(const kt_config *c, char *error, size_t n) {
  const char *reason;
  if (!kt_driver_choose(c->io, &reason)) return fail(error, n, "no I/O driver '%s': %s", c->io, reason);
  if (c->head_size_max < 512 || c->head_size_max > 1024 * 1024)
    return fail(error, n, "head_size_max is %u; it must be 512 to 1048576 bytes", c->head_size_max);
  if (c->target_size_max == 0 || c->target_size_max > c->head_size_max)
    return fail(error, n, "target_size_max is %u; it must be 1 to head_size_max (%u) bytes", c->target_size_max,
                c->head_size_max);
  if (c->h2_streams_max == 0 || c->h2_window_size < 65535 || c->h2_window_size > 1 << 28)
    return fail(error, n, "h2_streams_max must be at least 1, and h2_window_size 65535 to 268435456 bytes");
  if (c->field_count_max == 0) return fail(error, n, "field_count_max is 0; a request has at least a Host field");
  if (c->write_low_size >= c->write_high_size)
    return fail(error, n, "write_low_size (%u) must be below write_high_size (%u)", c->write_low_size,
                c->write_high_size);
  /* Zero would not be "never" but "at once", or a peer that may hold a connection for ever. */
  const struct {
    const char *name;
    uint32_t value;
  } positive[] = {
      {"pipeline_max", c->pipeline_max},
      {"connections_max", c->connections_max},
      {"handshake_timeout_ms", c->handshake_timeout_ms},
      {"head_timeout_ms", c->head_timeout_ms},
      {"body_timeout_ms", c->body_timeout_ms},
      {"write_timeout_ms", c->write_timeout_ms},
      {"request_timeout_ms", c->request_timeout_ms},
  };
  for (size_t i = 0; i < sizeof positive / sizeof *positive; i++)
    if (positive[i].value == 0) return fail(error, n, "%s is 0; it must be at least 1", positive[i].name);
  if (c->encode_slice_size < 1024 || c->decode_slice_size < 1024)
    return fail(error, n, "encode_slice_size and decode_slice_size must be at least 1024 bytes");
  return true;
}

static bool explain_bind(const kt_server *s, kt_status st, char *error, size_t n) {
  if (st == KT_EINVAL)
    return fail(error, n, "'%s' is not a numeric IPv4 or IPv6 address to listen on, such as 127.0.0.1 or ::", s->host);
  if (errno == EADDRINUSE)
    return fail(error, n, "cannot listen on %s:%u: the port is in use; choose another port or stop its user", s->host,
                s->config.port);
  if (errno == EACCES)
    return fail(error, n, "cannot listen on %s:%u: low ports need CAP_NET_BIND_SERVICE; choose one from 1024 on",
                s->host, s->config.port);
  if (errno == EADDRNOTAVAIL)
    return fail(error, n, "cannot listen on %s:%u: no interface of this machine has the address", s->host,
                s->config.port);
  return fail(error, n, "cannot listen on %s:%u: %s", s->host, s->config.port, strerror(errno));
}

/* On pages of its own, written first by a thread that is bound to the reactor's node. */
static kt_reactor *new_reactor(void) {
  size_t size = (sizeof(kt_reactor) + KT_PAGE_SIZE - 1) / KT_PAGE_SIZE * KT_PAGE_SIZE;
  kt_reactor *r = aligned_alloc(KT_PAGE_SIZE, size);
  return r ? memset(r, 0, size) : NULL;
}

static bool open_reactor(kt_server *s, uint16_t i, kt_routes *routes, char *error, size_t n) {
  kt_reactor *r = s->reactors[i] = new_reactor();
  if (!r) return fail(error, n, "out of memory");
  int fd = -1;
  kt_status st = s->config.listen ? kt_listener_bind(&fd, s->host, s->port, s->config.backlog) : KT_OK;
  if (st != KT_OK) return explain_bind(s, st, error, n);
  if (fd >= 0 && s->port == 0) s->port = kt_listener_port(fd);
  r->config = &s->config;
  r->told = &s->told;
  st = kt__reactor_init(r, s, i, fd, routes);
  if (st == KT_OK) return true;
  if (fd >= 0) close(fd);
  return fail(error, n, "cannot set reactor %u up: %s", i, st == KT_ENOMEM ? "out of memory" : strerror(errno));
}

static void adopt(kt_server *s, const kt_config *config) {
  s->config = *config;
  snprintf(s->host, sizeof s->host, "%s", config->host ? config->host : "127.0.0.1");
  snprintf(s->io, sizeof s->io, "%s", config->io ? config->io : "auto");
  s->config.host = s->host;
  s->config.io = s->io;
  s->config.tls = NULL; /* the caller's */
  s->port = config->listen ? config->port : 0;
  kt_topology_read(&s->topology);
  s->count = config->reactors ? config->reactors : kt_cpu_quota(s->topology.count);
}

/* A process begins with a soft limit made for programs that use select(2). What is missing to connections_max is told
 * in the debug log now, and as a warning when accepting has to pause for it. */
static void raise_open_files(const kt_server *s) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  rlim_t wanted = (rlim_t)s->count * s->config.connections_max + KT_FILES_BESIDE;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == wanted) return;
  char line[160];
  snprintf(line, sizeof line, "%llu files may be open, connections_max would need %llu; ulimit -Hn raises it",
           (unsigned long long)limit.rlim_cur, (unsigned long long)wanted);
  if (s->config.log) s->config.log(s->config.log_context, KT_LOG_DEBUG, line);
}

/* ---- TLS ---- */

static void use_tls(void *reactor, void *context) {
  kt_reactor *r = reactor;
  kt_tls_context_drop(r->tls);
  r->tls = context;
}

/* False where it is demanded and cannot be had. */
static bool choose_ktls(kt_server *s, kt_tls_config *config, char *error, size_t n) {
  if (config->ktls == KT_KTLS_OFF) {
    snprintf(s->ktls, sizeof s->ktls, "off");
    return true;
  }
  const char *why_not = kt_ktls_why_not();
  if (why_not && config->ktls == KT_KTLS_ON) return fail(error, n, "kTLS: %s", why_not);
  if (why_not) config->ktls = KT_KTLS_OFF;
  snprintf(s->ktls, sizeof s->ktls, "%s%s", why_not ? "no, " : "for files", why_not ? why_not : "");
  return true;
}

static kt_tls_context *read_tls(kt_server *s, const kt_tls_config *asked, char *error, size_t n) {
  char why[256];
  kt_tls_config config = *asked;
  if (!choose_ktls(s, &config, error, n)) return NULL;
  kt_tls_context *c = kt_tls_context_create(&config, s->tickets, why, sizeof why);
  if (!c) fail(error, n, "TLS: %s", why);
  return c;
}

static bool begin_tls(kt_server *s, const kt_tls_config *config, char *error, size_t n) {
  s->tickets = kt_tls_tickets_create();
  if (!s->tickets) return fail(error, n, "TLS: out of memory or randomness");
  kt_tls_context *c = read_tls(s, config, error, n);
  if (!c) return false;
  for (uint16_t i = 0; i < s->count; i++) {
    kt_tls_context_hold(c);
    s->reactors[i]->tls = c;
  }
  kt_tls_context_drop(c);
  return true;
}

bool kt_server_reload_tls(kt_server *s, const kt_tls_config *config, char *error, size_t n) {
  if (!s->tickets) return fail(error, n, "TLS: the server was created without it");
  kt_tls_context *c = read_tls(s, config, error, n);
  if (!c) return false;
  for (uint16_t i = 0; i < s->count; i++) {
    kt_tls_context_hold(c);
    kt_reactor_post(s->reactors[i], use_tls, s->reactors[i], c);
  }
  kt_tls_context_drop(c);
  return true;
}

void kt__server_rotate_tickets(kt_server *s) {
  if (!kt_tls_tickets_rotate(s->tickets) && s->config.log)
    s->config.log(s->config.log_context, KT_LOG_WARNING, "no randomness for a new key of session tickets");
}

static bool open_reactors(kt_server *s, kt_routes *routes, char *error, size_t n) {
  s->reactors = kt_calloc(s->count, sizeof *s->reactors);
  if (!s->reactors) return fail(error, n, "out of memory");
  kt_placement before;
  kt_placement_save(&before);
  bool ok = true;
  for (uint16_t i = 0; ok && i < s->count; i++) {
    if (s->config.pin) kt_cpu_bind(&s->topology.cpus[i % s->topology.count], &s->topology);
    ok = open_reactor(s, i, routes, error, n);
  }
  kt_placement_restore(&before);
  return ok;
}

kt_server *kt_server_create(const kt_config *config, kt_routes *routes, char *error, size_t error_n) {
  if (!check(config, error, error_n)) return NULL;
  kt_server *s = kt_calloc(1, sizeof *s);
  if (!s) {
    fail(error, error_n, "out of memory");
    return NULL;
  }
  adopt(s, config);
  raise_open_files(s);
  kt_status probe = s->port ? kt_listener_probe(s->host, s->port) : KT_OK;
  bool ok = kt__workers_init(&s->workers, s->config.workers, s->config.work_queue_max) == KT_OK;
  if (!ok) fail(error, error_n, "out of memory");
  if (ok && probe != KT_OK) ok = explain_bind(s, probe, error, error_n);
  if (ok) ok = open_reactors(s, routes, error, error_n);
  if (ok && config->tls) ok = begin_tls(s, config->tls, error, error_n);
  if (!ok) {
    kt_server_destroy(s);
    return NULL;
  }
  kt__routes_drop(routes); /* each reactor holds it now */
  return s;
}

kt_status kt_server_start(kt_server *s) {
  for (uint16_t i = 0; i < s->count; i++) {
    if (pthread_create(&s->reactors[i]->thread, NULL, kt__reactor_main, s->reactors[i]) != 0) return KT_EIO;
    char name[16];
    snprintf(name, sizeof name, "reactor %u", i);
    pthread_setname_np(s->reactors[i]->thread, name);
    s->started++;
  }
  return KT_OK;
}

static void take_task(void *reactor, void *fd) { kt__reactor_take(reactor, (int)(intptr_t)fd); }

kt_status kt_server_take(kt_server *s, int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return KT_EINVAL;
  uint32_t turn = __atomic_fetch_add(&s->taken, 1, __ATOMIC_RELAXED);
  kt_reactor *r = s->reactors[turn % s->count];
  kt_reactor_post(r, take_task, r, (void *)(intptr_t)fd);
  return KT_OK;
}

static void publish_task(void *reactor, void *routes) {
  kt__reactor_publish(reactor, routes);
  kt__routes_drop(routes);
}

void kt_server_publish(kt_server *s, kt_routes *routes) {
  for (uint16_t i = 0; i < s->count; i++) {
    kt__routes_hold(routes);
    kt_reactor_post(s->reactors[i], publish_task, s->reactors[i], routes);
  }
  kt__routes_drop(routes);
}

static void drain_task(void *reactor, void *deadline_ms) {
  kt__reactor_drain(reactor, (uint32_t)(uintptr_t)deadline_ms);
}

void kt_server_drain(kt_server *s, uint32_t deadline_ms) {
  for (uint16_t i = 0; i < s->count; i++)
    kt_reactor_post(s->reactors[i], drain_task, s->reactors[i], (void *)(uintptr_t)deadline_ms);
}

void kt_server_join(kt_server *s) {
  for (uint16_t i = 0; i < s->started; i++) pthread_join(s->reactors[i]->thread, NULL);
  s->started = 0;
}

void kt_server_destroy(kt_server *s) {
  if (!s) return;
  if (s->started) {
    kt_server_drain(s, 0);
    kt_server_join(s);
  }
  for (uint16_t i = 0; s->reactors && i < s->count; i++)
    if (s->reactors[i] && s->reactors[i]->abandoned) return;
  kt__workers_deinit(&s->workers); /* first: what ends there is posted to the reactors */
  for (uint16_t i = 0; s->reactors && i < s->count && s->reactors[i]; i++) {
    kt__reactor_deinit(s->reactors[i]);
    free(s->reactors[i]);
  }
  kt_tls_tickets_drop(s->tickets);
  kt_free(s->reactors);
  kt_free(s);
}

uint16_t kt_server_port(kt_server *s) { return s->port; }
uint16_t kt_server_reactors(kt_server *s) { return s->count; }
const char *kt_server_driver(kt_server *s) { return s->reactors[0]->loop.driver->name; }

const kt_topology *kt__server_topology(const kt_server *s) { return &s->topology; }

kt_reactor *const *kt__server_reactors(const kt_server *s, uint16_t *n) {
  *n = s->count;
  return s->reactors;
}

void kt_server_describe(kt_server *s, char *text, size_t n) {
  const kt_topology *t = &s->topology;
  char place[80] = "not pinned";
  if (s->config.pin)
    snprintf(place, sizeof place, "%u core%s, %u NUMA node%s", t->cores, t->cores == 1 ? "" : "s", t->nodes,
             t->nodes == 1 ? "" : "s");
  snprintf(text, n, "reactors: %u (%s), driver: %s (%s)%s%s", s->count, place, kt_server_driver(s),
           kt_server_driver_reason(s), *s->ktls ? ", kTLS: " : "", s->ktls);
}

const char *kt_server_driver_reason(kt_server *s) {
  const char *reason;
  kt_driver_choose(s->io, &reason);
  return reason;
}

kt_status kt_reactor_offload(kt_reactor *r, kt_work *work) {
  work->reactor = r;
  return kt__workers_submit(&r->server->workers, work);
}

static uint64_t load(const uint64_t *counter) { return __atomic_load_n(counter, __ATOMIC_RELAXED); }

static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

kt_counters kt_server_counters(kt_server *s) {
  kt_counters sum = {0};
  for (uint16_t i = 0; i < s->count; i++) {
    const kt_reactor *r = s->reactors[i];
    sum.accepted += load(&r->accepted);
    sum.closed += load(&r->closed);
    sum.requests += load(&r->requests);
    sum.responses += load(&r->responses);
    sum.parse_errors += load(&r->parse_errors);
    sum.timeouts += load(&r->timeouts);
    sum.shed += load(&r->shed);
    sum.moved += load(&r->balance.moved);
    sum.handshakes += load(&r->handshakes);
    sum.handshakes_resumed += load(&r->handshakes_resumed);
    sum.handshakes_failed += load(&r->handshakes_failed);
    sum.sealed_by_kernel += load(&r->sealed_by_kernel);
    for (int l = 0; l < KT_LIMIT_COUNT; l++) sum.limits[l] += load(&r->limits[l]);
    sum.bytes_in += load(&r->loop.counters.bytes_in);
    sum.bytes_out += load(&r->loop.counters.bytes_out);
    sum.allocations += load(&r->allocations);
    sum.turns += load(&r->loop.counters.turns);
    sum.syscalls += load(&r->loop.counters.syscalls);
    sum.wakeups += load(&r->loop.counters.wakeups);
    sum.encoded_most = most(sum.encoded_most, load(&r->encoded_most));
    sum.decoded_most = most(sum.decoded_most, load(&r->decoded_most));
  }
  pthread_mutex_lock(&s->workers.lock);
  sum.work_done = s->workers.done;
  sum.work_refused = s->workers.refused;
  sum.work_cancelled = s->workers.cancelled;
  sum.work_queued = s->workers.queued;
  sum.work_running = s->workers.started - s->workers.idle;
  pthread_mutex_unlock(&s->workers.lock);
  return sum;
}
