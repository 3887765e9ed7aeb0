#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

static _Thread_local uint64_t made;
static _Thread_local uint64_t fail_at; /* value of `made` that fails; 0 is none */

static bool may_allocate(void) {
  made++;
  if (fail_at == 0 || made != fail_at) return true;
  fail_at = 0;
  return false;
}

void *kt_malloc(size_t n) { return may_allocate() ? malloc(n) : NULL; }
void *kt_calloc(size_t count, size_t n) { return may_allocate() ? calloc(count, n) : NULL; }
void *kt_realloc(void *p, size_t n) { return may_allocate() ? realloc(p, n) : NULL; }
void kt_free(void *p) { free(p); }

uint64_t kt_allocations(void) { return made; }
void kt_fail_allocation(uint64_t n) { fail_at = n ? made + n : 0; }

_Noreturn void kt_assert_failed(const char *condition, const char *file, int line) {
  fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, condition);
  abort();
}
