#include "base/base.h"
#include "check.h"

#include <pthread.h>

TEST("every allocation is counted, a failed one included") {
  uint64_t before = kt_allocations();
  void *a = kt_malloc(10);
  a = kt_realloc(a, 20);
  void *b = kt_calloc(2, 8);
  kt_free(a);
  kt_free(b);
  CHECK_EQ(kt_allocations() - before, 3);
  kt_fail_allocation(1);
  CHECK(kt_malloc(1) == NULL);
  CHECK_EQ(kt_allocations() - before, 4);
}

TEST("the n-th allocation fails, and only that one") {
  kt_fail_allocation(2);
  void *first = kt_malloc(8), *second = kt_calloc(1, 8), *third = kt_malloc(8);
  CHECK(first && !second && third);
  kt_free(first);
  kt_free(third);
}

TEST("an order to fail can be taken back") {
  kt_fail_allocation(1);
  kt_fail_allocation(0);
  void *p = kt_malloc(8);
  CHECK(p);
  kt_free(p);
}

static void *count_on_a_thread(void *result) {
  uint64_t *made = result;
  void *p = kt_malloc(8);
  *made = p ? kt_allocations() : 0;
  kt_free(p);
  return NULL;
}

TEST("the count and the order to fail belong to one thread") {
  uint64_t before = kt_allocations(), made = 0;
  kt_fail_allocation(1);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, count_on_a_thread, &made) == 0);
  pthread_join(thread, NULL);
  kt_fail_allocation(0);
  CHECK_EQ(made, 1);
  CHECK_EQ(kt_allocations(), before);
}
