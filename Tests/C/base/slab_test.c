#include "base/base.h"
#include "check.h"

TEST("objects do not overlap and are aligned to 16 bytes") {
  kt_slab s;
  kt_slab_init(&s, 40, 7);
  uint8_t *out[50];
  for (unsigned i = 0; i < 50; i++) {
    out[i] = kt_slab_get(&s);
    CHECK(out[i] && ((uintptr_t)out[i] & 15) == 0);
    memset(out[i], (int)i, 40);
  }
  for (unsigned i = 0; i < 50; i++)
    for (unsigned k = 0; k < 40; k++) CHECK_EQ(out[i][k], i);
  CHECK_EQ(s.live, 50);
  for (unsigned i = 0; i < 50; i++) kt_slab_put(&s, out[i]);
  kt_slab_deinit(&s);
}

TEST("an object given back is the next one taken, and asks for no memory") {
  kt_slab s;
  kt_slab_init(&s, 8, 4);
  void *a = kt_slab_get(&s), *b = kt_slab_get(&s);
  uint64_t before = kt_allocations();
  for (int i = 0; i < 100; i++) {
    kt_slab_put(&s, a);
    CHECK(kt_slab_get(&s) == a);
  }
  CHECK_EQ(kt_allocations(), before);
  kt_slab_put(&s, a);
  kt_slab_put(&s, b);
  CHECK_EQ(s.live, 0);
  kt_slab_deinit(&s);
}

TEST("one allocation serves a whole chunk of objects") {
  kt_slab s;
  kt_slab_init(&s, 100, 16);
  uint64_t before = kt_allocations();
  void *out[33];
  for (int i = 0; i < 33; i++) out[i] = kt_slab_get(&s);
  CHECK_EQ(kt_allocations() - before, 3);
  for (int i = 0; i < 33; i++) kt_slab_put(&s, out[i]);
  kt_slab_deinit(&s);
}

TEST("when memory is out there is no object, and the slab goes on afterwards") {
  kt_slab s;
  kt_slab_init(&s, 32, 2);
  void *a = kt_slab_get(&s), *b = kt_slab_get(&s);
  kt_fail_allocation(1);
  CHECK(!kt_slab_get(&s));
  CHECK_EQ(s.live, 2);
  void *c = kt_slab_get(&s);
  CHECK(c && c != a && c != b);
  kt_slab_put(&s, a);
  kt_slab_put(&s, b);
  kt_slab_put(&s, c);
  kt_slab_deinit(&s);
}
