/* folder_look.c: from a path to open descriptors, never out of the folder. */
#include "server/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif
#define TRIES_MAX 4 /* a path walk that a rename disturbs ends with EAGAIN (openat2(2)) */

static const char *const suffixes[KT_FILES_CODINGS] = {".gz", ".br", ".zst"}; /* in the order of kt_coding's bits */

/* Without O_NONBLOCK the open of a FIFO would wait for a writer. */
static int open_beneath(int folder, const char *path, uint64_t more) {
  struct open_how how = {
      .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | more,
  };
  return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

static int open_some(const kt_folder *f, const char *path, bool wait) {
  if (!wait && !f->asks_cache) return errno = EAGAIN, -1;
  int fd = -1;
  for (int i = 0; i < TRIES_MAX && fd < 0; i++) {
    fd = open_beneath(f->fd, path, wait ? 0 : RESOLVE_CACHED);
    if (fd < 0 && (!wait || errno != EAGAIN)) break;
  }
  return fd;
}

static bool is_absence(int error) {
  switch (error) {
  case ENOENT:
  case ENOTDIR:
  case ENAMETOOLONG:
  case ELOOP:
  case EXDEV: /* leads out of the folder */
  case ENXIO: /* a socket or a device without a driver */
  case ENODEV: return true;
  default: return false;
  }
}

static int look_at(const kt_folder *f, const char *path, bool wait, kt__file *file) {
  struct stat s;
  int fd = open_some(f, path, wait);
  if (fd < 0) return is_absence(errno) ? 0 : errno;
  if (fstat(fd, &s) != 0 || !(S_ISREG(s.st_mode) || S_ISDIR(s.st_mode))) {
    close(fd);
    return 0;
  }
  file->device = s.st_dev;
  file->entry = (kt_files_entry){
      .exists = true,
      .is_directory = S_ISDIR(s.st_mode),
      .size = (uint64_t)s.st_size,
      .mtime_ns = s.st_mtim.tv_sec * INT64_C(1000000000) + s.st_mtim.tv_nsec,
      .inode = s.st_ino,
  };
  if (file->entry.is_directory)
    close(fd);
  else
    file->fd = fd;
  return 0;
}

/* A sibling that cannot be read is none; that of a file which waits for the disk may be there. */
static int look_at_coded(const kt_folder *f, char *path, size_t n, bool wait, kt__found *found) {
  for (unsigned i = 0; i < KT_FILES_CODINGS; i++) {
    memcpy(path + n, suffixes[i], strlen(suffixes[i]) + 1);
    if (look_at(f, path, wait, &found->coded[i]) == EAGAIN) return EAGAIN;
  }
  return 0;
}

static int look(const kt_folder *f, kt_bytes of, bool wait, kt__found *found) {
  char path[KT_FILES_PATH_SIZE_MAX + KT_FILES_COMPONENT_SIZE_MAX + 8] = ".";
  size_t n = of.n;
  if (n) memcpy(path, of.p, n), path[n] = 0;
  int error = look_at(f, path, wait, &found->at);
  const kt__file *file = &found->at;
  if (!error && file->entry.is_directory && f->index) {
    n += (size_t)sprintf(path + n, "%s%s", n ? "/" : "", f->index);
    error = look_at(f, path, wait, &found->index);
    file = &found->index;
  }
  if (!error && f->precompressed && file->fd >= 0) error = look_at_coded(f, path, n, wait, found);
  return error;
}

int kt__folder_look(const kt_folder *f, kt_bytes path, bool wait, kt__found *found) {
  *found = (kt__found){.at.fd = -1, .index.fd = -1};
  for (unsigned i = 0; i < KT_FILES_CODINGS; i++) found->coded[i].fd = -1;
  int error = look(f, path, wait, found);
  if (error) kt__found_close(found);
  return error;
}

static void close_file(kt__file *file) {
  if (file->fd >= 0) close(file->fd);
  file->fd = -1;
}

void kt__found_close(kt__found *found) {
  close_file(&found->at);
  close_file(&found->index);
  for (unsigned i = 0; i < KT_FILES_CODINGS; i++) close_file(&found->coded[i]);
}

/* ---- the folder ---- */

kt_folder_options kt_folder_options_default(void) {
  return (kt_folder_options){.index = "index.html", .precompressed = true, .descriptors_max = 256};
}

static bool index_is_bad(const char *index) {
  return index && (index[0] == 0 || strchr(index, '/') || strlen(index) > KT_FILES_COMPONENT_SIZE_MAX);
}

static const char *reason_of(int error) {
  if (error == ENOSYS || error == EPERM) return "the kernel has no openat2 (Linux 5.6), or a sandbox forbids it";
  return error == ENOTDIR ? "it is not a directory" : strerror(error);
}

static kt_folder *refuse(kt_folder *f, const char *path, const char *reason, char *error, size_t n) {
  snprintf(error, n, "cannot serve files of the folder '%s': %s", path, reason);
  kt_folder_drop(f);
  return NULL;
}

/* Opens the folder through itself, as files will be. */
static int probe(kt_folder *f) {
  int fd = open_beneath(f->fd, ".", 0);
  if (fd < 0) return errno;
  close(fd);
  fd = open_beneath(f->fd, ".", RESOLVE_CACHED);
  f->asks_cache = fd >= 0 || errno != EINVAL;
  if (fd >= 0) close(fd);
  return 0;
}

static char *copy(const char *text) {
  char *to = kt_malloc(strlen(text) + 1);
  return to ? strcpy(to, text) : NULL;
}

kt_folder *kt_folder_create(const char *path, const kt_folder_options *options, char *error, size_t n) {
  if (index_is_bad(options->index)) return refuse(NULL, path, "the index is not the name of a file", error, n);
  if (options->descriptors_max < 4) return refuse(NULL, path, "descriptors_max is below 4", error, n);
  kt_folder *f = kt_calloc(1, sizeof *f);
  if (!f) return refuse(NULL, path, "out of memory", error, n);
  f->hidden = options->hidden;
  f->precompressed = options->precompressed;
  f->descriptors_max = options->descriptors_max;
  f->fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
  if (f->fd < 0) return refuse(f, path, reason_of(errno), error, n);
  int failed = probe(f);
  if (failed) return refuse(f, path, reason_of(failed), error, n);
  if (options->index && !(f->index = copy(options->index))) return refuse(f, path, "out of memory", error, n);
  if (options->cache_control && !(f->cache_control = copy(options->cache_control)))
    return refuse(f, path, "out of memory", error, n);
  if (f->index) f->plan.index_name = kt_bytes_make(f->index, strlen(f->index));
  if (f->cache_control) f->plan.cache_control = kt_bytes_make(f->cache_control, strlen(f->cache_control));
  return f;
}

void kt_folder_drop(kt_folder *f) {
  if (!f) return;
  for (unsigned i = 0; i < KT_FOLDER_SLOTS; i++)
    for (kt__folder_cache *c = atomic_load(&f->slots[i]), *next; c; c = next) {
      next = c->next;
      kt__folder_forget(c);
      kt_free(c);
    }
  if (f->fd >= 0) close(f->fd);
  kt_free(f->index);
  kt_free(f->cache_control);
  kt_free(f);
}
