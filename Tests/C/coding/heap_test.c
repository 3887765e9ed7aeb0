#include "base/memory.h"
#include "check.h"
#include "coding/heap.h"

TEST("a heap gives no more than its bound, whatever is asked for") {
  kt_coding_heap h;
  kt_coding_heap_init(&h, 10000);
  CHECK(kt_coding_heap_alloc(&h, 10001) == NULL);
  CHECK(kt_coding_heap_alloc(&h, SIZE_MAX) == NULL);
  CHECK(kt__coding_alloc_array(&h, UINT32_MAX, UINT32_MAX) == NULL);
  void *p = kt_coding_heap_alloc(&h, 6000);
  CHECK(p && h.bytes >= 6000);
  CHECK(kt_coding_heap_alloc(&h, 6000) == NULL);
  kt_coding_heap_free(&h, p);
  p = kt_coding_heap_alloc(&h, 7000);
  CHECK(p && h.bytes_most <= 10000);
  kt_coding_heap_free(&h, p);
  kt_coding_heap_deinit(&h);
  CHECK_EQ(h.bytes, 0);
}

TEST("a block given back serves the next request of its size, and no other") {
  kt_coding_heap h;
  kt_coding_heap_init(&h, 10000);
  void *a = kt_coding_heap_alloc(&h, 100), *b = kt_coding_heap_alloc(&h, 200);
  CHECK(a && b && (uintptr_t)a % 16 == 0 && (uintptr_t)b % 16 == 0);
  kt_coding_heap_free(&h, a);
  kt_coding_heap_free(&h, b);
  uint64_t before = kt_allocations();
  CHECK(kt_coding_heap_alloc(&h, 100) == a && kt_coding_heap_alloc(&h, 200) == b);
  CHECK_EQ(kt_allocations(), before);
  CHECK(kt_coding_heap_alloc(&h, 100) != a);
  kt_coding_heap_free_all(&h);
  kt_coding_heap_deinit(&h);
}

TEST("all blocks in use are freed at once, in whatever order others were given back") {
  kt_coding_heap h;
  void *p[5];
  for (unsigned given = 0; given < 32; given++) {
    kt_coding_heap_init(&h, 10000);
    for (unsigned i = 0; i < 5; i++) p[i] = kt_coding_heap_alloc(&h, 10 + i);
    for (unsigned i = 0; i < 5; i++)
      if (given >> i & 1) kt_coding_heap_free(&h, p[i]);
    kt_coding_heap_free_all(&h);
    CHECK(h.used == NULL);
    kt_coding_heap_deinit(&h);
    CHECK_EQ(h.bytes, 0);
  }
}
