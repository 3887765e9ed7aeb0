/* parameters.c: a connection string, with what Katana adds to it. */
#include "pg/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void kt_pg__line(char *to, size_t n, const char *message) {
  if (to != message) snprintf(to, n, "%s", message ? message : "memory is out");
  size_t end = strlen(to);
  while (end > 0 && (to[end - 1] == '\n' || to[end - 1] == ' ')) to[--end] = 0;
  for (char *c = to; *c; c++)
    if (*c == '\n' || *c == '\t') *c = ' ';
}

static void set(kt_pg_parameters *p, const char *keyword, const char *value) {
  for (size_t i = 0; i < p->n; i++)
    if (strcmp(p->keywords[i], keyword) == 0) {
      p->values[i] = value;
      return;
    }
  p->keywords[p->n] = keyword;
  p->values[p->n++] = value;
}

static void set_unless_given(kt_pg_parameters *p, const char *keyword, const char *value) {
  if (!kt_pg__parameter(p, keyword)) set(p, keyword, value);
}

const char *kt_pg__parameter(const kt_pg_parameters *p, const char *keyword) {
  for (size_t i = 0; i < p->n; i++)
    if (strcmp(p->keywords[i], keyword) == 0) return p->values[i];
  return NULL;
}

/* Behind what the string itself sets, so that it wins. */
static bool add_settings(kt_pg_parameters *p, const kt_pg_config *config) {
  if (!config->statement_timeout_ms && !config->idle_in_transaction_session_timeout_ms) return true;
  const char *given = kt_pg__parameter(p, "options");
  size_t room = (given ? strlen(given) : 0) + 128;
  p->settings = malloc(room);
  if (!p->settings) return false;
  int at = 0;
  if (config->statement_timeout_ms)
    at += snprintf(p->settings, room, "-c statement_timeout=%u ", config->statement_timeout_ms);
  if (config->idle_in_transaction_session_timeout_ms)
    at += snprintf(p->settings + at, room - (size_t)at, "-c idle_in_transaction_session_timeout=%u ",
                   config->idle_in_transaction_session_timeout_ms);
  snprintf(p->settings + at, room - (size_t)at, "%s", given ? given : "");
  set(p, "options", p->settings);
  return true;
}

bool kt_pg__parameters_init(kt_pg_parameters *p, const kt_pg_config *config, char *error, size_t error_n) {
  *p = (kt_pg_parameters){0};
  char *message = NULL;
  p->options = PQconninfoParse(config->conninfo, &message);
  if (!p->options) {
    char line[KT_PG_ERROR_SIZE];
    kt_pg__line(line, sizeof line, message);
    snprintf(error, error_n,
             "the connection string of PostgreSQL cannot be read: %s (write postgres://user@host:5432/database, or "
             "postgres://user@/database?host=/run/postgresql for a Unix socket)",
             line);
    PQfreemem(message);
    return false;
  }
  size_t count = 0;
  for (PQconninfoOption *o = p->options; o->keyword; o++) count += o->val != NULL;
  p->keywords = calloc(count + 8, sizeof *p->keywords);
  p->values = calloc(count + 8, sizeof *p->values);
  if (!p->keywords || !p->values) {
    kt_pg__parameters_deinit(p);
    snprintf(error, error_n, "memory is out");
    return false;
  }
  for (PQconninfoOption *o = p->options; o->keyword; o++)
    if (o->val) set(p, o->keyword, o->val);
  set(p, "client_encoding", "UTF8"); /* Swift's strings are */
  set_unless_given(p, "fallback_application_name", "katana");
  set_unless_given(p, "gssencmode", "disable"); /* looking for a ticket reads files */
  if (!add_settings(p, config)) {
    kt_pg__parameters_deinit(p);
    snprintf(error, error_n, "memory is out");
    return false;
  }
  return true;
}

void kt_pg__parameters_deinit(kt_pg_parameters *p) {
  PQconninfoFree(p->options);
  free(p->keywords);
  free(p->values);
  free(p->settings);
  *p = (kt_pg_parameters){0};
}
