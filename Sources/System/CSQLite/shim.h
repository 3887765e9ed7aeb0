#include <sqlite3.h>

/* sqlite3_config takes variable arguments, which Swift cannot pass. Both settings want to be made before SQLite's first
 * use. Without statistics, because they count all memory under one lock. Without a stock of 20 pages for each cache,
 * because every INSERT … RETURNING makes a cache, and 87 KB that come and go keep malloc giving memory back to the
 * kernel. */
static inline int katana_sqlite_configure(void) {
  int status = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  return status == SQLITE_OK ? sqlite3_config(SQLITE_CONFIG_PAGECACHE, (void *)0, 0, 0) : status;
}
