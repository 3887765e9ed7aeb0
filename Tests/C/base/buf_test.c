#include "base/base.h"
#include "check.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define HIDDEN(p) __asan_address_is_poisoned(p)
#endif
#endif

static bool sound(const kt_buf_pool *p) {
  uint32_t n = 0;
  for (const kt_buf *b = p->idle; b; b = b->next, n++)
    if (b->cap != p->cap || n == p->idle_n) return false;
  return n == p->idle_n && p->idle_n <= p->idle_max;
}

TEST("a buffer comes empty, whatever its last holder left in it") {
  kt_buf_pool p;
  kt_buf_pool_init(&p, 512, 4);
  kt_buf *b = kt_buf_get(&p);
  CHECK(b && b->start == 0 && b->end == 0 && b->cap == 512 && !b->next);
  memset(b->data, 'x', 512);
  b->start = 3;
  b->end = 512;
  kt_buf_put(&p, b);
  b = kt_buf_get(&p);
  CHECK(b->start == 0 && b->end == 0 && b->cap == 512 && !b->next);
  kt_buf_put(&p, b);
  kt_buf_pool_deinit(&p);
}

TEST("the buffer given back last is taken first") {
  kt_buf_pool p;
  kt_buf_pool_init(&p, 64, 4);
  kt_buf *a = kt_buf_get(&p), *b = kt_buf_get(&p);
  kt_buf_put(&p, a);
  kt_buf_put(&p, b);
  CHECK(kt_buf_get(&p) == b);
  CHECK(kt_buf_get(&p) == a);
  kt_buf_put(&p, a);
  kt_buf_put(&p, b);
  kt_buf_pool_deinit(&p);
}

TEST("a pool keeps no more idle buffers than it may, and a steady load asks for no memory") {
  kt_buf_pool p;
  kt_buf_pool_init(&p, 64, 3);
  kt_buf *out[8];
  for (int i = 0; i < 8; i++) out[i] = kt_buf_get(&p);
  CHECK_EQ(p.live, 8);
  for (int i = 0; i < 8; i++) kt_buf_put(&p, out[i]);
  CHECK(sound(&p));
  CHECK_EQ(p.idle_n, 3);
  CHECK_EQ(p.live, 0);
  uint64_t before = kt_allocations();
  for (int i = 0; i < 1000; i++) kt_buf_put(&p, kt_buf_get(&p));
  CHECK_EQ(kt_allocations(), before);
  kt_buf_pool_deinit(&p);
}

TEST("when memory is out there is no buffer, and the pool goes on afterwards") {
  kt_buf_pool p;
  kt_buf_pool_init(&p, 64, 1);
  kt_fail_allocation(1);
  CHECK(!kt_buf_get(&p));
  CHECK_EQ(p.live, 0);
  kt_buf *b = kt_buf_get(&p);
  CHECK(b);
  kt_buf_put(&p, b);
  kt_buf_pool_deinit(&p);
}

#ifdef HIDDEN
TEST("an idle buffer may not be touched, a taken one may, to its last byte") {
  kt_buf_pool p;
  kt_buf_pool_init(&p, 100, 1);
  kt_buf *b = kt_buf_get(&p);
  CHECK(!HIDDEN(b->data) && !HIDDEN(b->data + 99));
  kt_buf_put(&p, b);
  CHECK(HIDDEN(b->data) && HIDDEN(b->data + 99));
  b = kt_buf_get(&p);
  CHECK(!HIDDEN(b->data) && !HIDDEN(b->data + 99));
  kt_buf_put(&p, b);
  kt_buf_pool_deinit(&p);
}
#endif
