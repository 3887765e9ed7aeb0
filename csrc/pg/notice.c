#include "pg/internal.h"

#include <stdio.h>
#include <string.h>

static uint64_t hash(const char *text) {
  uint64_t h = 0xcbf29ce484222325u;
  for (; *text; text++) h = (h ^ (uint8_t)*text) * 0x100000001b3u;
  return h;
}

/* The oldest is forgotten when there is no room. */
static bool is_new(kt_pg *pg, uint64_t h) {
  pthread_mutex_lock(&pg->lock);
  size_t n = pg->notice_n < KT_PG_NOTICES ? pg->notice_n : KT_PG_NOTICES;
  bool known = false;
  for (size_t i = 0; i < n && !known; i++) known = pg->notices[i] == h;
  if (!known) pg->notices[pg->notice_n++ % KT_PG_NOTICES] = h;
  pthread_mutex_unlock(&pg->lock);
  return !known;
}

void kt_pg__notice(void *conn, const PGresult *r) {
  kt_pg_conn *c = conn;
  const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
  if (!message) return;
  const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
  if (severity && strcmp(severity, "FATAL") == 0) { /* why the connection ends, which is told as such */
    kt_pg__line(c->pool->error, sizeof c->pool->error, message);
    return;
  }
  if (!is_new(c->pool->pg, hash(message))) return;
  char line[KT_PG_ERROR_SIZE];
  snprintf(line, sizeof line, "PostgreSQL says (%s, SQLSTATE %s; told once): %s", severity ? severity : "NOTICE",
           state ? state : "00000", message);
  kt_log_level level = severity && strcmp(severity, "WARNING") == 0 ? KT_LOG_WARNING : KT_LOG_INFO;
  kt_reactor_log(c->pool->reactor, level, line);
}
