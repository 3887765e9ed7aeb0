/* postgres.h: a PostgreSQL server of the test's own, on a Unix socket in a private folder, removed at exit. */
#ifndef KT_TEST_PG_POSTGRES_H
#define KT_TEST_PG_POSTGRES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char postgres_folder[64];

static int postgres_do(const char *script) {
  char command[2048];
  snprintf(command, sizeof command,
           "cd /tmp; as=; [ $(id -u) = 0 ] && as='setpriv --reuid=postgres --regid=postgres --clear-groups'; "
           "bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1); d=%s; { %s ; } >/dev/null 2>&1",
           postgres_folder, script);
  return system(command);
}

static int postgres_start_again(void) {
  return postgres_do("$as $bin/pg_ctl -D $d/data -w -t 300 -l $d/log "
                     "-o \"-k $d -h '' -c fsync=off -c max_connections=100\" start");
}

static void postgres_stop(void) { postgres_do("$as $bin/pg_ctl -D $d/data -w -t 300 -m immediate stop"); }

/* A shell that ends the server when this process has ended, in whichever way. */
static FILE *postgres_watcher;
static void postgres_remove(void) {
  if (postgres_watcher) pclose(postgres_watcher);
  postgres_watcher = NULL;
}
static void postgres_watch(void) {
  char command[512];
  snprintf(command, sizeof command,
           "cat >/dev/null; cd /tmp; as=; "
           "[ $(id -u) = 0 ] && as='setpriv --reuid=postgres --regid=postgres --clear-groups'; "
           "$as $(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/pg_ctl -D %s/data -m immediate stop "
           ">/dev/null 2>&1; rm -rf %s",
           postgres_folder, postgres_folder);
  postgres_watcher = popen(command, "we");
}

static void postgres_start(void) {
  if (*postgres_folder) return;
  strcpy(postgres_folder, "/tmp/katana-pg-XXXXXX");
  if (!mkdtemp(postgres_folder)) abort();
  postgres_watch();
  atexit(postgres_remove);
  if (postgres_do("[ -z \"$as\" ] || chown postgres:postgres $d; "
                  "$as $bin/initdb -D $d/data -U postgres -A trust --no-sync") != 0 ||
      postgres_start_again() != 0) {
    printf("PostgreSQL does not start: apt-get install postgresql\n");
    exit(1);
  }
}

static const char *postgres_url(void) {
  static char url[128];
  postgres_start();
  snprintf(url, sizeof url, "postgres://postgres@/postgres?host=%s", postgres_folder);
  return url;
}

#endif
