// Counts the heap allocations of a process into a file that another process maps or reads.
//
// Loaded with LD_PRELOAD; MALLOC_COUNT_FILE names an existing file of at least 8 bytes, whose first
// 8 bytes become the count since the start of the process. Every entry of the allocator counts once,
// realloc included. Calls go to glibc's own entries, because dlsym allocates before it can answer.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t early; // Allocations before the constructor has run.
static _Atomic(_Atomic uint64_t *) counter = &early;

static void count(void) {
  atomic_fetch_add_explicit(atomic_load_explicit(&counter, memory_order_acquire), 1,
                            memory_order_relaxed);
}

__attribute__((constructor)) static void map_counter(void) {
  const char *path = getenv("MALLOC_COUNT_FILE");
  int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *map = mmap(NULL, sizeof early, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (map == MAP_FAILED) return;
  _Atomic uint64_t *shared = map;
  atomic_fetch_add(shared, atomic_load(&early));
  atomic_store_explicit(&counter, shared, memory_order_release);
}

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  count();
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
    return EINVAL;
  }
  void *made = memalign(alignment, size);
  if (made == NULL) return ENOMEM;
  *block = made;
  return 0;
}
