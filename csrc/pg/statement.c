#include "pg/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void destroy(kt_pg_statement *s) {
  if (!s) return;
  free(s->sql);
  free(s->parameters);
  free(s->columns);
  free(s);
}

static bool copy_oids(Oid **to, int *n, const uint32_t *from, size_t count) {
  *n = (int)count;
  if (count == 0) return true;
  *to = malloc(count * sizeof **to);
  if (!*to) return false;
  for (size_t i = 0; i < count; i++) (*to)[i] = from[i];
  return true;
}

static bool room_for_arguments(kt_pg_pool *p, size_t n) {
  if (n <= p->argument_cap) return true;
  const char **values = realloc(p->values, n * sizeof *values);
  if (values) p->values = values;
  int *lengths = realloc(p->lengths, n * sizeof *lengths);
  if (lengths) p->lengths = lengths;
  int *formats = realloc(p->formats, n * sizeof *formats);
  if (formats) p->formats = formats;
  if (!values || !lengths || !formats) return false;
  for (size_t i = 0; i < n; i++) formats[i] = 1;
  p->argument_cap = n;
  return true;
}

kt_pg_statement *kt_pg__statement_create(kt_pg_pool *p, uint64_t variant, const kt_pg_text *text) {
  if (!room_for_arguments(p, text->parameter_n)) return NULL;
  kt_pg_statement *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->variant = variant;
  s->read_only = text->read_only;
  s->sql = strdup(text->sql);
  bool ok = s->sql && copy_oids(&s->parameters, &s->parameter_n, text->parameters, text->parameter_n) &&
            copy_oids(&s->columns, &s->column_n, text->columns, text->column_n);
  if (!ok) {
    destroy(s);
    return NULL;
  }
  s->id = p->statement_n++;
  snprintf(s->name, sizeof s->name, "k%08x_%u", p->names, s->id);
  return s;
}

kt_pg_statement *kt_pg_statement_find(kt_pg_pool *p, size_t index, uint64_t variant) {
  if (index >= p->statement_cap) return NULL;
  for (kt_pg_statement *s = p->statements[index]; s; s = s->next)
    if (s->variant == variant) return s;
  return NULL;
}

static bool room_for_index(kt_pg_pool *p, size_t index) {
  if (index < p->statement_cap) return true;
  size_t cap = p->statement_cap ? p->statement_cap : 64;
  while (cap <= index) cap *= 2;
  kt_pg_statement **grown = realloc(p->statements, cap * sizeof *grown);
  if (!grown) return false;
  memset(grown + p->statement_cap, 0, (cap - p->statement_cap) * sizeof *grown);
  p->statements = grown;
  p->statement_cap = cap;
  return true;
}

kt_pg_statement *kt_pg_statement_add(kt_pg_pool *p, size_t index, uint64_t variant, const kt_pg_text *text) {
  if (!room_for_index(p, index)) return NULL;
  kt_pg_statement *s = kt_pg__statement_create(p, variant, text);
  if (!s) return NULL;
  s->next = p->statements[index];
  p->statements[index] = s;
  return s;
}

void kt_pg__statements_free(kt_pg_pool *p) {
  for (size_t i = 0; i < p->statement_cap; i++)
    for (kt_pg_statement *s = p->statements[i], *next; s; s = next) {
      next = s->next;
      destroy(s);
    }
  free(p->statements);
  destroy(p->ping);
  destroy(p->rollback);
  free(p->values);
  free(p->lengths);
  free(p->formats);
}
