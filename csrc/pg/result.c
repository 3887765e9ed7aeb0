#include "pg/internal.h"

#include <stdlib.h>
#include <string.h>

size_t kt_pg_result_rows(const PGresult *r) { return (size_t)PQntuples(r); }
size_t kt_pg_result_columns(const PGresult *r) { return (size_t)PQnfields(r); }

uint64_t kt_pg_result_affected(PGresult *r) {
  const char *text = PQcmdTuples(r);
  return *text ? strtoull(text, NULL, 10) : (uint64_t)PQntuples(r);
}

bool kt_pg_result_is_rollback(PGresult *r) { return strcmp(PQcmdStatus(r), "ROLLBACK") == 0; }

void kt_pg_result_row(const PGresult *r, size_t row, kt_bytes *cells) {
  int n = PQnfields(r), at = (int)row;
  for (int i = 0; i < n; i++) {
    if (PQgetisnull(r, at, i))
      cells[i] = (kt_bytes){NULL, 0};
    else
      cells[i] = (kt_bytes){(const uint8_t *)PQgetvalue(r, at, i), (size_t)PQgetlength(r, at, i)};
  }
}

const char *kt_pg_result_error(const PGresult *r, char field) { return PQresultErrorField(r, field); }
void kt_pg_result_free(PGresult *r) { PQclear(r); }
