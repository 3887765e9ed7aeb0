/* copy.c: rows into a table by COPY … FROM STDIN, in the form that the statement asks for: binary, or text, where a cell
 * is what the type's input function reads. The protocol has no COPY in a pipeline, so the connection, which is a lease,
 * leaves pipeline mode for it. */
#include "pg/internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { COPY_NONE, COPY_ASKED, COPY_SENDING, COPY_ENDING };

static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* signature, flags, no extension */
#define HEADER_SIZE 19

static void broke(kt_pg_conn *c) {
  c->broken = true;
  kt_pg__wake(c->pool);
}

void kt_pg__copy_begin(kt_pg_conn *c) {
  bool ok = PQexitPipelineMode(c->pg) == 1 &&
            PQsendQueryParams(c->pg, c->copy->statement->sql, 0, NULL, NULL, NULL, NULL, 1) == 1;
  c->copy_state = COPY_ASKED;
  c->copy->at = 0;
  KT_PG_COUNT(c->pool->counters.statements, 1);
  KT_PG_COUNT(c->pool->counters.round_trips, 1);
  c->progress_ns = kt_pg__now(c->pool);
  if (!ok) broke(c);
  kt_pg__conn_watch(c);
}

/* Back in pipeline mode; tells who waited. */
static void end(kt_pg_conn *c) {
  kt_pg_op *op = c->copy;
  c->copy = NULL;
  c->copy_state = COPY_NONE;
  c->idle_ns = kt_pg__now(c->pool);
  if (PQenterPipelineMode(c->pg) != 1) broke(c);
  if (op) {
    op->conn = NULL;
    kt_pg__finish(op, op->error ? KT_PG_REFUSED : op->result ? KT_PG_OK : KT_PG_LOST);
  }
  if (!c->broken) kt_pg__drained(c);
}

typedef struct chunk {
  kt_pg_conn *conn;
  size_t n;
  bool ok;
  char bytes[KT_PG_COPY_CHUNK];
} chunk;

static void hand_over(chunk *k) {
  if (k->n && k->ok) k->ok = PQputCopyData(k->conn->pg, k->bytes, (int)k->n) == 1;
  k->n = 0;
}

static void put(chunk *k, const void *p, size_t n) {
  if (n > sizeof k->bytes - k->n) hand_over(k);
  if (n > sizeof k->bytes) {
    if (k->ok) k->ok = PQputCopyData(k->conn->pg, p, (int)n) == 1;
    return;
  }
  memcpy(k->bytes + k->n, p, n);
  k->n += n;
}

static void put_row(chunk *k, const kt_pg_op *op) {
  size_t count = (size_t)op->statement->parameter_n;
  const kt_bytes *cells = op->cells + op->at * count;
  uint16_t fields = htons((uint16_t)count);
  put(k, &fields, sizeof fields);
  for (size_t i = 0; i < count; i++) {
    uint32_t size = htonl(cells[i].p ? (uint32_t)cells[i].n : UINT32_MAX);
    put(k, &size, sizeof size);
    if (cells[i].p) put(k, cells[i].p, cells[i].n);
  }
}

/* A cell of a line, in which a backslash, the ends of cells and of lines are written with a backslash in front. */
static void put_text(chunk *k, kt_bytes cell) {
  const uint8_t *p = cell.p, *end = p + cell.n;
  while (p < end) {
    const uint8_t *next = p;
    while (next < end && *next != '\\' && *next != '\t' && *next != '\n' && *next != '\r') next++;
    put(k, p, (size_t)(next - p));
    if (next == end) return;
    char escaped[2] = {'\\', *next == '\t' ? 't' : *next == '\n' ? 'n' : *next == '\r' ? 'r' : '\\'};
    put(k, escaped, sizeof escaped);
    p = next + 1;
  }
}

static void put_line(chunk *k, const kt_pg_op *op) {
  size_t count = (size_t)op->statement->parameter_n;
  const kt_bytes *cells = op->cells + op->at * count;
  for (size_t i = 0; i < count; i++) {
    if (i) put(k, "\t", 1);
    if (cells[i].p)
      put_text(k, cells[i]);
    else
      put(k, "\\N", 2);
  }
  put(k, "\n", 1);
}

/* Until the socket takes no more: what libpq holds meanwhile is a chunk and a row at most. */
static void send_rows(kt_pg_conn *c) {
  kt_pg_op *op = c->copy;
  chunk k = {.conn = c, .ok = true};
  int unsent = 0;
  if (!op) {
    c->copy_state = COPY_ENDING;
    if (PQputCopyEnd(c->pg, "nobody waits for it any more") != 1) broke(c);
    return;
  }
  if (op->at == 0 && !c->copy_is_text) put(&k, header, HEADER_SIZE);
  while (k.ok && op->at < op->set_n && unsent == 0) {
    if (c->copy_is_text)
      put_line(&k, op);
    else
      put_row(&k, op);
    op->at++;
    if (k.n < KT_PG_COPY_CHUNK / 2) continue;
    hand_over(&k);
    unsent = PQflush(c->pg);
  }
  c->progress_ns = kt_pg__now(c->pool);
  if (op->at == op->set_n) {
    uint16_t trailer = 0xffff;
    if (!c->copy_is_text) put(&k, &trailer, sizeof trailer);
    hand_over(&k);
    c->copy_state = COPY_ENDING;
    k.ok = k.ok && PQputCopyEnd(c->pg, NULL) == 1;
  } else {
    hand_over(&k);
  }
  if (!k.ok) broke(c);
}

static void take(kt_pg_conn *c, PGresult *r) {
  kt_pg_op *op = c->copy;
  switch (PQresultStatus(r)) {
  case PGRES_COPY_IN:
    c->copy_state = COPY_SENDING;
    c->copy_is_text = !PQbinaryTuples(r);
    break;
  case PGRES_COMMAND_OK:
    if (op && !op->result) {
      op->result = r;
      return;
    }
    break;
  default:
    if (op && !op->error) {
      op->error = r;
      return;
    }
  }
  PQclear(r);
}

bool kt_pg__copy_sends(const kt_pg_conn *c) { return c->copy_state == COPY_SENDING; }

/* A refusal in mid-copy is an answer that comes while rows are still being sent. */
void kt_pg__copy_go_on(kt_pg_conn *c) {
  while (!c->broken && c->copy_state && !kt_pg__is_gone(c)) {
    if (c->copy_state == COPY_SENDING) {
      if (PQflush(c->pg) == 0) send_rows(c);
      if (c->copy_state == COPY_SENDING) break;
    }
    if (c->copy_state == COPY_ENDING && PQflush(c->pg) != 0) break;
    if (PQisBusy(c->pg)) break;
    PGresult *r = PQgetResult(c->pg);
    if (!r) {
      end(c);
      break;
    }
    take(c, r);
  }
  kt_pg__conn_watch(c);
}
