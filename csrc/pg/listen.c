/* listen.c: notifications. They are seldom and belong to no reactor, so one thread waits for them, on one connection for
 * all channels of the database. */
#include "pg/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct kt_pg_listener {
  kt_pg_hub *hub;
  kt_pg_listener *next;
  char *channel;
  kt_pg_event_fn heard;
  void *context;
  bool listening, ended;
  bool told; /* that it is not listening */
};

/* The lock is held while callbacks run, and taken again by those that listen or stop to. */
struct kt_pg_hub {
  kt_pg *pg;
  pthread_mutex_t lock;
  pthread_t thread;
  kt_pg_listener *first;
  int wake_fd;
  bool ending;
  bool orphaned; /* closed by a callback: the thread frees it */
  uint32_t backoff_ms;
  char why[KT_PG_ERROR_SIZE]; /* the server's last word; the listener's thread only */
};

static void wake(kt_pg_hub *h) {
  uint64_t one = 1;
  while (write(h->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {}
}

/* Under the lock. Those that ended while callbacks ran are freed when none runs. */
static void sweep(kt_pg_hub *h) {
  for (kt_pg_listener **at = &h->first, *l; (l = *at);) {
    if (!l->ended) {
      at = &l->next;
      continue;
    }
    *at = l->next;
    free(l->channel);
    free(l);
  }
}

static void tell(kt_pg_hub *h, kt_pg_listener *l, kt_pg_event event, const char *text) {
  (void)h;
  if (!l->ended) l->heard(l->context, event, text);
}

static bool run(PGconn *c, const char *command, const char *channel) {
  char *name = PQescapeIdentifier(c, channel, strlen(channel));
  if (!name) return false;
  char sql[512];
  int n = snprintf(sql, sizeof sql, "%s %s", command, name);
  PQfreemem(name);
  if (n >= (int)sizeof sql) return false;
  PGresult *r = PQexec(c, sql);
  bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
  PQclear(r);
  return ok;
}

static bool is_wanted(const kt_pg_hub *h, const char *channel) {
  for (const kt_pg_listener *l = h->first; l; l = l->next)
    if (!l->ended && strcmp(l->channel, channel) == 0) return true;
  return false;
}

/* What is asked for becomes what the server knows. */
static bool agree(kt_pg_hub *h, PGconn *c) {
  pthread_mutex_lock(&h->lock);
  bool ok = true;
  for (kt_pg_listener *l = h->first; l && ok; l = l->next)
    if (l->ended && l->listening && !is_wanted(h, l->channel)) ok = run(c, "UNLISTEN", l->channel);
  sweep(h);
  for (kt_pg_listener *l = h->first; l && ok; l = l->next) {
    if (l->listening || l->ended) continue;
    ok = run(c, "LISTEN", l->channel);
    if (!ok) break;
    l->listening = true;
    l->told = false;
    tell(h, l, KT_PG_LISTENING, "");
  }
  pthread_mutex_unlock(&h->lock);
  return ok;
}

static void deliver(kt_pg_hub *h, PGconn *c) {
  PGnotify *n;
  while ((n = PQnotifies(c))) {
    pthread_mutex_lock(&h->lock);
    for (kt_pg_listener *l = h->first; l; l = l->next)
      if (l->listening && strcmp(l->channel, n->relname) == 0) tell(h, l, KT_PG_NOTIFIED, n->extra);
    pthread_mutex_unlock(&h->lock);
    PQfreemem(n);
  }
}

static void fall_silent(kt_pg_hub *h, const char *why) {
  pthread_mutex_lock(&h->lock);
  for (kt_pg_listener *l = h->first; l; l = l->next) {
    if (!l->told) tell(h, l, KT_PG_SILENT, why);
    l->told = true;
    l->listening = false;
  }
  sweep(h);
  pthread_mutex_unlock(&h->lock);
}

/* False when nothing is to be done any more. */
static bool wait_for(kt_pg_hub *h, int fd, int timeout_ms) {
  struct pollfd fds[2] = {{.fd = h->wake_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
  poll(fds, fd < 0 ? 1 : 2, timeout_ms);
  uint64_t count;
  if (fds[0].revents && read(h->wake_fd, &count, sizeof count) < 0) {}
  pthread_mutex_lock(&h->lock);
  bool ending = h->ending;
  pthread_mutex_unlock(&h->lock);
  return !ending;
}

static PGconn *connect_now(const kt_pg *pg) {
  const kt_pg_parameters *p = &pg->parameters;
  const char **keywords = calloc(p->n + 2, sizeof *keywords), **values = calloc(p->n + 2, sizeof *values);
  PGconn *c = NULL;
  if (keywords && values) {
    memcpy(keywords, p->keywords, p->n * sizeof *keywords);
    memcpy(values, p->values, p->n * sizeof *values);
    keywords[p->n] = "connect_timeout";
    values[p->n] = "5";
    c = PQconnectdbParams(keywords, values, 0);
  }
  free(keywords);
  free(values);
  return c;
}

/* Why the server ends the connection comes as a notice. */
static void take_notice(void *hub, const PGresult *r) {
  kt_pg_hub *h = hub;
  const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity && strcmp(severity, "FATAL") == 0)
    kt_pg__line(h->why, sizeof h->why, PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
}

/* Until the connection ends, or nobody wants it. */
static bool serve(kt_pg_hub *h, PGconn *c) {
  const int health_ms = h->pg->config.health_interval_ms ? (int)h->pg->config.health_interval_ms : -1;
  PQsetNoticeReceiver(c, take_notice, h);
  for (;;) {
    if (!agree(h, c)) return true;
    h->backoff_ms = 0;
    deliver(h, c); /* what came while a command was answered */
    if (!wait_for(h, PQsocket(c), health_ms)) return false;
    if (!PQconsumeInput(c)) return true;
    deliver(h, c);
    if (PQstatus(c) != CONNECTION_OK) return true;
  }
}

static uint32_t next_backoff(kt_pg_hub *h) {
  const kt_pg_config *config = &h->pg->config;
  h->backoff_ms = h->backoff_ms ? h->backoff_ms * 2 : config->reconnect_min_ms;
  if (h->backoff_ms > config->reconnect_max_ms) h->backoff_ms = config->reconnect_max_ms;
  return h->backoff_ms / 2 + (uint32_t)((uint64_t)random() % (h->backoff_ms / 2 + 1));
}

static void destroy(kt_pg_hub *h) {
  sweep(h);
  close(h->wake_fd);
  pthread_mutex_destroy(&h->lock);
  free(h);
}

static void *listen_on(void *hub) {
  kt_pg_hub *h = hub;
  bool going = true;
  while (going) {
    PGconn *c = connect_now(h->pg);
    bool ok = c && PQstatus(c) == CONNECTION_OK;
    if (ok) going = serve(h, c);
    if (!*h->why) kt_pg__line(h->why, sizeof h->why, c ? PQerrorMessage(c) : "memory is out");
    if (c) PQfinish(c);
    if (!going) break;
    fall_silent(h, *h->why ? h->why : "the server refuses to listen");
    h->why[0] = 0;
    going = wait_for(h, -1, (int)next_backoff(h));
  }
  if (h->orphaned) destroy(h);
  return NULL;
}

static kt_pg_hub *open_hub(kt_pg *pg) {
  kt_pg_hub *h = calloc(1, sizeof *h);
  if (!h) return NULL;
  h->pg = pg;
  h->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutexattr_t recursive;
  pthread_mutexattr_init(&recursive);
  pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&h->lock, &recursive);
  pthread_mutexattr_destroy(&recursive);
  if (h->wake_fd >= 0 && pthread_create(&h->thread, NULL, listen_on, h) == 0) {
    pthread_setname_np(h->thread, "pg-listen");
    return h;
  }
  if (h->wake_fd >= 0) close(h->wake_fd);
  pthread_mutex_destroy(&h->lock);
  free(h);
  return NULL;
}

kt_pg_listener *kt_pg_listen(kt_pg *pg, const char *channel, kt_pg_event_fn heard, void *context) {
  size_t n = strlen(channel);
  kt_pg_listener *l = n >= 1 && n <= KT_PG_CHANNEL_MAX ? calloc(1, sizeof *l) : NULL;
  if (!l) return NULL;
  *l = (kt_pg_listener){.channel = strdup(channel), .heard = heard, .context = context};
  pthread_mutex_lock(&pg->lock);
  if (!pg->hub) pg->hub = open_hub(pg);
  kt_pg_hub *h = pg->hub;
  pthread_mutex_unlock(&pg->lock);
  if (!h || !l->channel) {
    free(l->channel);
    free(l);
    return NULL;
  }
  l->hub = h;
  pthread_mutex_lock(&h->lock);
  l->next = h->first;
  h->first = l;
  pthread_mutex_unlock(&h->lock);
  wake(h);
  return l;
}

void kt_pg_unlisten(kt_pg_listener *l) {
  kt_pg_hub *h = l->hub;
  pthread_mutex_lock(&h->lock);
  l->ended = true;
  pthread_mutex_unlock(&h->lock);
  wake(h);
}

void kt_pg__hub_close(kt_pg_hub *h) {
  if (!h) return;
  pthread_mutex_lock(&h->lock);
  h->ending = true;
  for (kt_pg_listener *l = h->first; l; l = l->next) l->ended = true;
  pthread_mutex_unlock(&h->lock);
  wake(h);
  if (pthread_equal(h->thread, pthread_self())) {
    h->orphaned = true; /* nothing but this is looked at any more */
    pthread_detach(h->thread);
    return;
  }
  pthread_join(h->thread, NULL);
  destroy(h);
}
