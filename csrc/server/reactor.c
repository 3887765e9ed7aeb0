#include "server/reactor.h"

#include "server/coded.h"
#include "tls/tls.h"
#include "server/conn.h"
#include "server/secure.h"
#include "server/websocket.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Thread_local kt_reactor *current;

kt_reactor *kt_reactor_current(void) { return current; }
uint16_t kt_reactor_index(kt_reactor *r) { return r->index; }
void *kt_reactor_data(kt_reactor *r) { return r->data; }
void kt_reactor_set_data(kt_reactor *r, void *data) { r->data = data; }
uint64_t kt_reactor_now_ns(kt_reactor *r) { return r->loop.now_ns; }

void kt_reactor_post(kt_reactor *r, kt_task_fn fn, void *context, void *argument) {
  kt_loop_post(&r->loop, (kt_task){fn, context, argument});
}

void kt__reactor_log(kt_reactor *r, kt_log_level level, const char *message) {
  if (r->config->log) r->config->log(r->config->log_context, level, message);
}

void kt_reactor_log(kt_reactor *r, kt_log_level level, const char *message) { kt__reactor_log(r, level, message); }

void kt_exchange_log(kt_exchange *x, kt_log_level level, const char *message) {
  kt__reactor_log(x->reactor, level, message);
}

const char *kt__reactor_date(kt_reactor *r) {
  if (r->date_second != r->loop.unix_seconds) {
    r->date_second = r->loop.unix_seconds;
    kt_date_format(r->date_second, r->date);
  }
  return r->date;
}

static void stop_if_empty(kt_reactor *r) {
  if (r->draining && r->conn_n == 0 && r->out_n == 0) kt_loop_stop(&r->loop);
}

/* ---- exchanges ---- */

kt_exchange *kt__reactor_take_exchange(kt_reactor *r) {
  kt_exchange *x = r->idle;
  if (x) {
    r->idle = x->next;
    r->idle_n--;
  } else {
    x = kt__exchange_create(r);
    if (!x) return NULL;
  }
  r->out_n++;
  return x;
}

void kt__reactor_give_exchange(kt_reactor *r, kt_exchange *x) {
  if (x->held) kt__reactor_let_go(r, x->held);
  kt__exchange_reset(x);
  r->out_n--;
  stop_if_empty(r);
  x->next = r->idle;
  r->idle = x;
  r->idle_n++;
}

static void trim_idle(kt_reactor *r, uint32_t keep) {
  while (r->idle_n > keep) {
    kt_exchange *x = r->idle;
    r->idle = x->next;
    r->idle_n--;
    kt__exchange_destroy(x);
  }
}

/* ---- route tables ---- */

static void drop_held(kt__held *held) {
  kt__routes_drop(held->routes);
  kt_free(held);
}

void kt__reactor_let_go(kt_reactor *r, kt__held *held) {
  held->in_flight--;
  if (held->in_flight == 0 && held != r->held) drop_held(held);
}

static kt__held *new_held(kt_routes *routes) {
  kt__held *held = kt_calloc(1, sizeof *held);
  if (!held) return NULL;
  kt__routes_hold(routes);
  held->routes = routes;
  return held;
}

void kt__reactor_publish(kt_reactor *r, kt_routes *routes) {
  kt__held *next = new_held(routes);
  if (!next) {
    kt__reactor_log(r, KT_LOG_ERROR, "out of memory: the new route table is not used on this reactor");
    return;
  }
  kt__held *before = r->held;
  r->held = next;
  if (before->in_flight == 0) drop_held(before);
}

/* ---- accepting ---- */

static void refuse_connection(kt_reactor *r, int fd) {
  static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
                             "Content-Length: 0\r\n\r\n";
  KT_COUNT(r->shed, 1);
  kt__limit_met(r, KT_LIMIT_CONNECTIONS, fd, NULL);
  if (write(fd, busy, sizeof busy - 1) < 0) { /* the peer is gone already; closing is all that is left */
  }
  close(fd);
}

void kt__reactor_take(kt_reactor *r, int fd) {
  if (r->conn_n >= r->config->connections_max)
    refuse_connection(r, fd);
  else
    kt__conn_open(r, fd);
  if (r->draining && r->first) r->first->protocol->drain(r->first); /* accepted by the kernel while the listener stopped */
}

static void on_accepted(kt_listener *l, int fd) {
  kt_reactor *r = (kt_reactor *)((char *)l - offsetof(kt_reactor, listener));
  r->starved_logged = false;
  kt__reactor_take(r, fd);
}

static void on_starved(kt_listener *l, int error) {
  kt_reactor *r = (kt_reactor *)((char *)l - offsetof(kt_reactor, listener));
  if (r->starved_logged) return;
  r->starved_logged = true;
  char line[160];
  snprintf(line, sizeof line, "accepting pauses: %s; raise the limit on open files or lower connections_max",
           strerror(error));
  kt__reactor_log(r, KT_LOG_WARNING, line);
}

/* ---- draining ---- */

void kt__reactor_conn_gone(kt_reactor *r) {
  r->conn_n--;
  stop_if_empty(r);
}

static void close_all(kt_reactor *r) {
  while (r->first) kt__conn_close(r->first);
}

static void abandon(kt_reactor *r) {
  char line[96];
  snprintf(line, sizeof line, "%u handlers did not end after their connections were closed", r->out_n);
  kt__reactor_log(r, KT_LOG_WARNING, line);
  r->abandoned = true;
  kt_loop_stop(&r->loop);
}

static void give_up(kt_timer *t) {
  kt_reactor *r = (kt_reactor *)((char *)t - offsetof(kt_reactor, drain_timer));
  if (r->conn_n == 0 && r->out_n == 0) return; /* it has stopped, and this turn is one behind the end */
  if (r->gave_up) {
    abandon(r);
    return;
  }
  r->gave_up = true;
  if (r->conn_n) {
    char line[96];
    snprintf(line, sizeof line, "the drain deadline passed with %u connections open", r->conn_n);
    kt__reactor_log(r, KT_LOG_WARNING, line);
  }
  kt_wheel_arm(&r->loop.wheel, &r->drain_timer, r->loop.now_ms + KT_ABANDON_MS);
  close_all(r);
}

void kt__reactor_drain(kt_reactor *r, uint32_t deadline_ms) {
  uint64_t at = r->loop.now_ms + deadline_ms;
  if (kt_timer_armed(&r->drain_timer) && r->drain_timer.expires <= at) return;
  kt_wheel_arm(&r->loop.wheel, &r->drain_timer, at);
  if (r->draining) return;
  r->draining = true;
  kt_listener_stop(&r->listener);
  for (kt_conn *c = r->first, *next; c; c = next) {
    next = c->next;
    c->protocol->drain(c);
  }
  kt__websockets_drain(r);
  stop_if_empty(r);
}

/* ---- turns ---- */

static void resume_connections(kt_reactor *r) {
  kt_conn *c = r->to_resume;
  r->to_resume = NULL;
  while (c) { /* c stays in no list, so that closing another connection cannot reach it */
    kt_conn *next = c->next_resume;
    r->resuming = next;
    c->in_resume = false;
    c->protocol->pump(c);
    c = r->resuming;
  }
}

static void run_jobs(kt_reactor *r) {
  if (!r->jobs_wanted) return;
  r->jobs_wanted = false;
  if (r->jobs) r->jobs(r->jobs_context);
}

static void flush_connections(kt_reactor *r) {
  kt_conn *c;
  while ((c = r->to_flush)) {
    r->to_flush = c->next_flush;
    c->in_flush = false;
    kt__conn_flush(c);
  }
}

/* Those that hooks schedule meanwhile wait for the next turn. */
static void run_hooks(kt_hook **list) {
  kt_hook *now = *list;
  *list = NULL;
  if (now) now->at = &now;
  while (now) {
    kt_hook *h = now;
    kt_reactor_unhook(h);
    h->run(h->context);
  }
}

/* Those that yielded in the turn before. */
static void take_yielded(kt_reactor *r) {
  kt_conn **end = &r->to_resume;
  while (*end) end = &(*end)->next_resume;
  *end = r->yielded;
  r->yielded = NULL;
}

/* A sleep of nothing ends behind what was ready, not with the next turn, which would be a system call away. */
static bool end_turn(void *owner) {
  kt_reactor *r = owner;
  const kt_wheel *wheel = &r->loop.wheel;
  if (r->yielded) take_yielded(r);
  for (int pass = 0; pass < KT_PASSES_MAX && (r->to_resume || r->jobs_wanted || kt_wheel_is_due(wheel)); pass++) {
    resume_connections(r);
    run_jobs(r);
    kt_wheel_fire_due(&r->loop.wheel);
  }
  run_hooks(&r->turn_hooks);
  __atomic_store_n(&r->allocations, kt_allocations(), __ATOMIC_RELAXED);
  flush_connections(r);
  if (r->queued) { /* behind the others' output, which need not wait for it */
    kt__coded_turn(r);
    flush_connections(r);
  }
  kt__coded_end_turn(r);
  trim_idle(r, KT_EXCHANGES_KEPT);
  return r->to_resume || r->yielded || r->jobs_wanted || r->queued || r->turn_hooks;
}

static void schedule(kt_hook **list, kt_hook *hook) {
  if (hook->at) return;
  hook->next = *list;
  hook->at = list;
  if (hook->next) hook->next->at = &hook->next;
  *list = hook;
}

void kt_reactor_at_turn_end(kt_reactor *r, kt_hook *hook) { schedule(&r->turn_hooks, hook); }
void kt_reactor_at_end(kt_reactor *r, kt_hook *hook) { schedule(&r->end_hooks, hook); }

void kt_reactor_unhook(kt_hook *hook) {
  if (!hook->at) return;
  *hook->at = hook->next;
  if (hook->next) hook->next->at = hook->at;
  hook->at = NULL;
  hook->next = NULL;
}

void kt_reactor_set_jobs(kt_reactor *r, kt_ready_fn run, void *context) {
  r->jobs = run;
  r->jobs_context = context;
}

void kt_reactor_want_jobs(kt_reactor *r) { r->jobs_wanted = true; }

kt_status kt__reactor_init(kt_reactor *r, kt_server *s, uint16_t index, int listen_fd, kt_routes *routes) {
  r->server = s;
  r->index = index;
  r->listen_fd = listen_fd;
  r->date_second = -1;
  r->listener.fd = -1;
  const char *reason;
  const kt_driver *driver = kt_driver_choose(r->config->io, &reason);
  if (!driver) return KT_EINVAL;
  uint32_t buf_size = r->config->head_size_max + 4096;
  kt_status st = kt_loop_init(&r->loop, driver, buf_size, KT_BUFFERS_KEPT);
  if (st != KT_OK) return st;
  r->loop.end_turn = end_turn;
  r->loop.owner = r;
  kt_slab_init(&r->conns, sizeof(kt_conn), 64);
  kt_arena_pool_init(&r->arenas);
  kt_encoder_pool_init(&r->encoders);
  kt_timer_init(&r->drain_timer, give_up);
  kt__balance_init(r);
  r->held = new_held(routes);
  if (!r->held) return KT_ENOMEM;
  r->listener.accepted = on_accepted;
  r->listener.starved = on_starved;
  return listen_fd < 0 ? KT_OK : kt_listener_start(&r->listener, &r->loop, listen_fd);
}

void kt__reactor_deinit(kt_reactor *r) {
  if (!r->loop.driver) return;
  kt_listener_stop(&r->listener);
  kt__balance_deinit(r);
  trim_idle(r, 0);
  if (r->held) drop_held(r->held);
  kt_tls_context_drop(r->tls);
  kt_encoder_pool_deinit(&r->encoders);
  kt_arena_pool_deinit(&r->arenas);
  kt_slab_deinit(&r->conns);
  kt_loop_deinit(&r->loop);
}

static void pin(kt_reactor *r) {
  const kt_topology *t = kt__server_topology(r->server);
  if (kt_cpu_bind(&t->cpus[r->index % t->count], t) != KT_OK)
    kt__reactor_log(r, KT_LOG_WARNING, "the kernel refused to pin a reactor to its processor");
}

static void rotate_tickets(kt_timer *t) {
  kt_reactor *r = (kt_reactor *)((char *)t - offsetof(kt_reactor, tickets_timer));
  kt__server_rotate_tickets(r->server);
  kt_wheel_arm(&r->loop.wheel, t, r->loop.now_ms + KT_TICKETS_ROTATE_MS);
}

/* One reactor does it for all. */
static void start_rotation(kt_reactor *r) {
  kt_timer_init(&r->tickets_timer, rotate_tickets);
  if (r->tls && r->index == 0) kt_wheel_arm(&r->loop.wheel, &r->tickets_timer, r->loop.now_ms + KT_TICKETS_ROTATE_MS);
}

/* sendfile(2) has no MSG_NOSIGNAL. The signal is the writing thread's own, so that blocking it here is enough. */
static void block_sigpipe(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void *kt__reactor_main(void *reactor) {
  kt_reactor *r = reactor;
  current = r;
  block_sigpipe();
  if (r->config->pin) pin(r);
  if (r->config->reactor_began) r->config->reactor_began(r->config->reactor_context, r);
  kt__balance_start(r);
  start_rotation(r);
  kt_loop_run(&r->loop);
  kt__balance_stop(r);
  close_all(r);
  do kt_loop_turn(&r->loop, false); /* closed streams give their memory back */
  while (r->conn_n > 0);
  run_hooks(&r->end_hooks);
  if (r->config->reactor_ended) r->config->reactor_ended(r->config->reactor_context, r);
  kt_h2_memory_trim();
  current = NULL;
  return NULL;
}

/* ---- descriptors of libraries ---- */

_Static_assert(KT_WATCH_READ == KT__WATCH_READ && KT_WATCH_WRITE == KT__WATCH_WRITE, "the wall's numbers are io's");

kt_foreign *kt_reactor_watch(kt_reactor *r, int fd, unsigned events, kt_foreign_fn ready, void *context) {
  return kt_foreign_watch(&r->loop, fd, events, ready, context);
}

kt_status kt_reactor_rewatch(kt_reactor *r, kt_foreign *watch, unsigned events) {
  (void)r;
  return kt_foreign_want(watch, events);
}

void kt_reactor_unwatch(kt_reactor *r, kt_foreign *watch) {
  (void)r;
  kt_foreign_unwatch(watch);
}

/* ---- timers ---- */

struct kt_timer_handle {
  kt_timer timer;
  kt_ready_fn fn;
  void *context;
};

static void fire(kt_timer *t) {
  kt_timer_handle *h = (kt_timer_handle *)t;
  kt_ready_fn fn = h->fn;
  void *context = h->context;
  kt_free(h);
  fn(context);
}

kt_timer_handle *kt_reactor_after(kt_reactor *r, uint64_t delay_ms, kt_ready_fn fn, void *context) {
  kt_timer_handle *h = kt_malloc(sizeof *h);
  if (!h) return NULL;
  kt_timer_init(&h->timer, fire);
  h->fn = fn;
  h->context = context;
  kt_wheel_arm(&r->loop.wheel, &h->timer, r->loop.now_ms + delay_ms);
  return h;
}

void kt_reactor_cancel(kt_reactor *r, kt_timer_handle *h) {
  kt_wheel_cancel(&r->loop.wheel, &h->timer);
  kt_free(h);
}
