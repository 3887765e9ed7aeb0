#include "base/base.h"
#include "check.h"

/* Pieces of random sizes stay apart: each is filled with its number and read back at the end. */
static void fill_and_read_back(kt_arena *a, unsigned seed, unsigned count, size_t size_max) {
  static uint8_t *at[400];
  static size_t size[400];
  srand(seed);
  for (unsigned i = 0; i < count; i++) {
    size[i] = 1 + (size_t)rand() % size_max;
    at[i] = kt_arena_alloc(a, size[i]);
    CHECK(at[i] && ((uintptr_t)at[i] & 15) == 0);
    memset(at[i], (int)i & 0xff, size[i]);
    CHECK(a->at <= a->end);
  }
  for (unsigned i = 0; i < count; i++)
    for (size_t k = 0; k < size[i]; k++) CHECK_EQ(at[i][k], i & 0xff);
}

TEST("pieces are aligned to 16 bytes and do not overlap, from bytes to 100 KB") {
  kt_arena_pool p;
  kt_arena a;
  kt_arena_pool_init(&p);
  kt_arena_init(&a, &p);
  for (unsigned round = 0; round < 40; round++) {
    fill_and_read_back(&a, round, round % 2 ? 20 : 400, round % 2 ? 100000 : 1 + round * 20);
    kt_arena_reset(&a);
  }
  kt_arena_deinit(&a);
  kt_arena_pool_deinit(&p);
}

TEST("an arena that is not used allocates nothing") {
  kt_arena_pool p;
  kt_arena a;
  uint64_t before = kt_allocations();
  kt_arena_pool_init(&p);
  kt_arena_init(&a, &p);
  kt_arena_reset(&a);
  kt_arena_deinit(&a);
  CHECK_EQ(kt_allocations(), before);
}

TEST("requests that are alike allocate nothing after the first one") {
  kt_arena_pool p;
  kt_arena a;
  kt_arena_pool_init(&p);
  kt_arena_init(&a, &p);
  uint64_t before = 0;
  for (int request = 0; request < 100; request++) {
    if (request == 1) before = kt_allocations();
    for (int i = 0; i < 50; i++) CHECK(kt_arena_alloc(&a, 100 + (size_t)i * 100));
    kt_arena_reset(&a);
  }
  CHECK_EQ(kt_allocations(), before);
  kt_arena_deinit(&a);
  kt_arena_pool_deinit(&p);
}

TEST("blocks of one arena serve the next one through their pool") {
  kt_arena_pool p;
  kt_arena a, b;
  kt_arena_pool_init(&p);
  kt_arena_init(&a, &p);
  kt_arena_init(&b, &p);
  CHECK(kt_arena_alloc(&a, KT_ARENA_BLOCK_SIZE));
  kt_arena_reset(&a);
  CHECK_EQ(p.idle_n, 1);
  uint64_t before = kt_allocations();
  CHECK(kt_arena_alloc(&b, KT_ARENA_BLOCK_SIZE));
  CHECK_EQ(kt_allocations(), before);
  kt_arena_deinit(&a);
  kt_arena_deinit(&b);
  kt_arena_pool_deinit(&p);
}

TEST("a pool does not keep what is larger than a block, nor more than its share") {
  kt_arena_pool p;
  kt_arena a;
  kt_arena_pool_init(&p);
  kt_arena_init(&a, &p);
  CHECK(kt_arena_alloc(&a, 10 * KT_ARENA_BLOCK_SIZE));
  kt_arena_reset(&a);
  CHECK_EQ(p.idle_n, 0);
  for (int i = 0; i < KT_ARENA_BLOCKS_KEPT + 10; i++)
    CHECK(kt_arena_alloc(&a, KT_ARENA_BLOCK_SIZE));
  kt_arena_reset(&a);
  CHECK_EQ(p.idle_n, KT_ARENA_BLOCKS_KEPT);
  kt_arena_deinit(&a);
  kt_arena_pool_deinit(&p);
}

TEST("a size near the end of the address space is refused, not wrapped round") {
  kt_arena_pool p;
  kt_arena a;
  kt_arena_pool_init(&p);
  kt_arena_init(&a, &p);
  CHECK(kt_arena_alloc(&a, 16));
  for (size_t less = 0; less < 31; less++) CHECK(!kt_arena_alloc(&a, SIZE_MAX - less));
  CHECK(kt_arena_alloc(&a, 16));
  kt_arena_deinit(&a);
  kt_arena_pool_deinit(&p);
}

TEST("whichever allocation fails, the arena says so and goes on afterwards") {
  static const size_t sizes[] = {100, 1900, 200, 30000, 60000, 200000, 10};
  for (uint64_t n = 1; n < 8; n++) {
    kt_arena_pool p;
    kt_arena a;
    kt_arena_pool_init(&p);
    kt_arena_init(&a, &p);
    kt_fail_allocation(n);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      uint8_t *piece = kt_arena_alloc(&a, sizes[i]);
      if (!piece) piece = kt_arena_alloc(&a, sizes[i]);
      CHECK(piece);
      memset(piece, 1, sizes[i]);
    }
    kt_fail_allocation(0);
    kt_arena_deinit(&a);
    kt_arena_pool_deinit(&p);
  }
}

TEST("an arena knows its own bytes, in small blocks and large ones, and no others") {
  kt_arena_pool p;
  kt_arena a;
  kt_arena_pool_init(&p);
  kt_arena_init(&a, &p);
  uint8_t other[16];
  CHECK(!kt_arena_holds(&a, other, 1));
  uint8_t *pieces[] = {kt_arena_alloc(&a, 10), kt_arena_alloc(&a, 5000), kt_arena_alloc(&a, 200000)};
  static const size_t sizes[] = {10, 5000, 200000};
  for (size_t i = 0; i < 3; i++) {
    CHECK(kt_arena_holds(&a, pieces[i], sizes[i]) && kt_arena_holds(&a, pieces[i] + 1, sizes[i] - 1));
    CHECK(!kt_arena_holds(&a, pieces[i], SIZE_MAX));
  }
  CHECK(!kt_arena_holds(&a, pieces[2], 200001) && !kt_arena_holds(&a, pieces[2] - 1, 10));
  CHECK(!kt_arena_holds(&a, other, sizeof other) && !kt_arena_holds(&a, NULL, 0));
  kt_arena_deinit(&a);
  kt_arena_pool_deinit(&p);
}
