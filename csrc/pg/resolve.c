/* resolve.c: libpq looks names of hosts up in the DNS while it connects, and waits for the answer. So names become
 * addresses before, on a worker's thread; numeric addresses and Unix sockets need none. */
#include "pg/internal.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
  char host[256], address[64], port[8];
} entry;

typedef struct entries {
  entry *at;
  size_t n;
} entries;

typedef struct kt_pg_resolution {
  kt_work work;
  kt_pg_conn *conn; /* NULL: it is not wanted any more. Reactor's thread only */
  entries given, found;
  char error[KT_PG_ERROR_SIZE];
} resolution;

void kt_pg__hosts_free(kt_pg_hosts *h) {
  free(h->host);
  free(h->hostaddr);
  free(h->port);
  *h = (kt_pg_hosts){0};
}

static const char *given(const kt_pg *pg, const char *keyword, const char *variable) {
  const char *value = kt_pg__parameter(&pg->parameters, keyword);
  return value ? value : getenv(variable);
}

static size_t element(const char **from, char *to, size_t room) {
  size_t n = strcspn(*from, ",");
  snprintf(to, room, "%.*s", (int)n, *from);
  *from += n + ((*from)[n] == ',');
  return n;
}

static size_t count_elements(const char *list) {
  size_t n = 1;
  for (; *list; list++) n += *list == ',';
  return n;
}

static bool is_path(const char *host) { return *host == 0 || *host == '/' || *host == '@'; }

static bool is_numeric(const char *host) {
  char bare[256];
  snprintf(bare, sizeof bare, "%.*s", (int)strcspn(host, "%"), host); /* fe80::1%eth0 */
  uint8_t address[16];
  return inet_pton(AF_INET, bare, address) == 1 || inet_pton(AF_INET6, bare, address) == 1;
}

/* A single port counts for all hosts. */
static void split(entries *e, const char *hosts, const char *ports) {
  bool one_port = !ports || count_elements(ports) == 1;
  const char *host_at = hosts, *port_at = ports ? ports : "";
  for (size_t i = 0; i < e->n; i++) {
    entry *at = &e->at[i];
    element(&host_at, at->host, sizeof at->host);
    if (one_port)
      snprintf(at->port, sizeof at->port, "%s", ports ? ports : "");
    else
      element(&port_at, at->port, sizeof at->port);
    if (!is_path(at->host) && is_numeric(at->host) && strlen(at->host) < sizeof at->address)
      snprintf(at->address, sizeof at->address, "%s", at->host);
  }
}

static bool needs_looking_up(const entry *e) { return !is_path(e->host) && !*e->address; }

static char *join(const entries *e, size_t first, size_t field, size_t field_size) {
  size_t room = e->n * (field_size + 1) + 1, at = 0;
  char *text = malloc(room);
  if (!text) return NULL;
  *text = 0;
  for (size_t i = 0; i < e->n; i++) {
    const char *value = (const char *)&e->at[(first + i) % e->n] + field;
    at += (size_t)snprintf(text + at, room - at, "%s%s", i ? "," : "", value);
  }
  return text;
}

#define JOIN(e, first, field) join(e, first, offsetof(entry, field), sizeof((entry *)0)->field)

static void tell(kt_pg_conn *c, const entries *e) {
  size_t first = c->pool->first_host % e->n;
  kt_pg_hosts h = {JOIN(e, first, host), JOIN(e, first, address), JOIN(e, first, port)};
  kt_pg__conn_resolved(c, &h, h.host && h.hostaddr && h.port ? NULL : "memory is out");
  kt_pg__hosts_free(&h);
}

/* Worker's thread. */
static void look_up(resolution *r, const entry *e) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all = NULL;
  int failed = getaddrinfo(e->host, NULL, &hints, &all);
  if (failed) {
    snprintf(r->error, sizeof r->error, "the name \"%s\" has no address: %s", e->host, gai_strerror(failed));
    return;
  }
  for (struct addrinfo *a = all; a && r->found.n < KT_PG_HOSTS_MAX; a = a->ai_next) {
    entry *found = &r->found.at[r->found.n];
    *found = *e;
    if (getnameinfo(a->ai_addr, a->ai_addrlen, found->address, sizeof found->address, NULL, 0, NI_NUMERICHOST) == 0)
      r->found.n++;
  }
  freeaddrinfo(all);
}

static void run(kt_work *work) {
  resolution *r = (resolution *)work;
  for (size_t i = 0; i < r->given.n; i++) {
    const entry *e = &r->given.at[i];
    if (needs_looking_up(e))
      look_up(r, e);
    else if (r->found.n < KT_PG_HOSTS_MAX)
      r->found.at[r->found.n++] = *e;
  }
}

static void destroy(resolution *r) {
  free(r->given.at);
  free(r->found.at);
  free(r);
}

static void done(kt_work *work) {
  resolution *r = (resolution *)work;
  kt_pg_conn *c = r->conn;
  if (c) {
    c->resolution = NULL;
    if (r->found.n == 0)
      kt_pg__conn_resolved(c, NULL, *r->error ? r->error : "no host of the connection string has an address");
    else
      tell(c, &r->found);
  }
  destroy(r);
}

static void hand_over(kt_pg_conn *c, entries *e) {
  resolution *r = calloc(1, sizeof *r);
  entry *found = calloc(KT_PG_HOSTS_MAX, sizeof *found);
  if (!r || !found) {
    free(r);
    free(found);
    free(e->at);
    kt_pg__conn_resolved(c, NULL, "memory is out");
    return;
  }
  *r = (resolution){.work = {.run = run, .done = done}, .conn = c, .given = *e, .found = {found, 0}};
  if (kt_reactor_offload(c->pool->reactor, &r->work) == KT_OK) {
    c->resolution = r;
    return;
  }
  destroy(r);
  kt_pg__conn_resolved(c, NULL,
                       "looking up the host's name takes a worker thread, and none is free: configure workers, or write "
                       "its address");
}

void kt_pg__resolve(kt_pg_conn *c) {
  const kt_pg *pg = c->pool->pg;
  const char *hosts = given(pg, "host", "PGHOST"), *ports = given(pg, "port", "PGPORT");
  const char *addresses = given(pg, "hostaddr", "PGHOSTADDR");
  if (!hosts || !*hosts || (addresses && *addresses)) {
    kt_pg_hosts none = {0};
    kt_pg__conn_resolved(c, &none, NULL);
    return;
  }
  entries e = {.n = count_elements(hosts)};
  if (e.n > KT_PG_HOSTS_MAX) e.n = KT_PG_HOSTS_MAX;
  e.at = calloc(e.n, sizeof *e.at);
  if (!e.at) {
    kt_pg__conn_resolved(c, NULL, "memory is out");
    return;
  }
  split(&e, hosts, ports);
  bool look = false;
  for (size_t i = 0; i < e.n; i++) look |= needs_looking_up(&e.at[i]);
  if (look) {
    hand_over(c, &e);
    return;
  }
  tell(c, &e);
  free(e.at);
}

void kt_pg__resolve_abandon(kt_pg_conn *c) {
  if (!c->resolution) return;
  c->resolution->conn = NULL;
  kt_work_cancel(&c->resolution->work);
  c->resolution = NULL;
}
