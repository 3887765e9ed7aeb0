/* folder.h: the files of a folder as a reactor knows them: open descriptors by path.
 *
 * Workload: a site has tens to thousands of files and nearly all requests are for the same few; a request for one of
 * them should cost no system call but the reads. A file changes a few times a day, and a second is soon enough to see
 * it. So each reactor keeps what a path led to (the file or its directory's index, and the coded siblings, present or
 * not) and looks again when that is a second old. What is not there is not kept: the kernel remembers that, and whoever
 * tries names would drive out what is in use. */
#ifndef KT_SERVER_FOLDER_H
#define KT_SERVER_FOLDER_H

#include "files/files.h"
#include "server/reactor.h"

#include "katana/files.h"

#include <stdatomic.h>

#define KT_FOLDER_TRUST_MS 1000 /* how long what a path led to is believed */
#define KT_FOLDER_BUCKETS 256   /* of a reactor's table; 256 descriptors by default make short chains */
#define KT_FOLDER_SLOTS 64      /* where reactors find their table; more reactors share slots */
#define KT_FOLDER_PIECE_SIZE (64 * 1024)  /* read and queued at once, from the page cache */
#define KT_FOLDER_COLD_SIZE (256 * 1024)  /* read at once by a worker */
#define KT_FOLDER_BURST_SIZE (1024 * 1024) /* of one response before others have their turn */

typedef struct kt__file {
  kt_files_entry entry;
  uint64_t device;
  int fd; /* -1 unless it is a file */
} kt__file;

/* What a path leads to. */
typedef struct kt__found {
  kt__file at, index, coded[KT_FILES_CODINGS];
} kt__found;

/* Invariant: descriptors is the sum over the entries in the table. */
typedef struct kt__folder_cache {
  struct kt__folder_cache *next; /* in its slot */
  const kt_reactor *reactor;
  struct kt__folder_entry *buckets[KT_FOLDER_BUCKETS];
  struct kt__folder_entry *newest, *oldest; /* by last use */
  uint32_t descriptors;
  uint8_t piece[KT_FOLDER_PIECE_SIZE];
} kt__folder_cache;

/* Invariant: an entry out of the table lives as long as responses use it. */
typedef struct kt__folder_entry {
  struct kt__folder_entry *next; /* in its bucket */
  struct kt__folder_entry *newer, *older;
  kt__found found;
  uint64_t checked_ms;
  uint32_t uses; /* responses under way */
  uint32_t hash;
  bool in_table;
  size_t path_n;
  uint8_t path[];
} kt__folder_entry;

struct kt_folder {
  int fd;
  bool hidden, precompressed;
  bool asks_cache; /* the kernel knows RESOLVE_CACHED (Linux 5.12) */
  uint32_t descriptors_max;
  kt_files_config plan; /* its texts are the folder's */
  char *index, *cache_control;
  _Atomic(kt__folder_cache *) slots[KT_FOLDER_SLOTS];
};

/* Looks a path up that kt_files_path_refused lets pass, without a slash at its end. 0, or an errno value: EAGAIN only
 * without `wait`, when the kernel would have to ask the disk. What does not exist, leads out of the folder, or is
 * neither file nor directory, is found not to exist. Any thread. */
int kt__folder_look(const kt_folder *f, kt_bytes path, bool wait, kt__found *found);
void kt__found_close(kt__found *found);

/* The table of this reactor; NULL when memory is out. */
kt__folder_cache *kt__folder_cache_of(kt_folder *f, kt_reactor *r);
/* An entry that may be believed, counted for one response, or NULL. */
kt__folder_entry *kt__folder_find(kt__folder_cache *c, kt_bytes path, uint64_t now_ms);
/* Takes what was found over and gives it as an entry, counted; NULL, and it is closed, when memory is out. */
kt__folder_entry *kt__folder_keep(kt__folder_cache *c, uint32_t descriptors_max, kt_bytes path, kt__found *found,
                                  uint64_t now_ms);
void kt__folder_let_go(kt__folder_entry *e);
/* Forgets all entries. */
void kt__folder_forget(kt__folder_cache *c);

#endif
