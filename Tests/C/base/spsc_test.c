#include "base/base.h"
#include "check.h"
#include "random.h"
#include "spinning.h"

#include <pthread.h>

#define ITEMS 60000

/* The model: numbers go in and come out in order, so a queue of them is two counters. */
static kt_spsc ring;
static uintptr_t pushed, popped;

static void push_one(size_t capacity) {
  bool room = pushed - popped < capacity;
  CHECK(kt_spsc_push(&ring, (void *)pushed) == room);
  pushed += room;
}

static void pop_one(void) {
  void *item;
  bool filled = pushed > popped;
  CHECK(kt_spsc_pop(&ring, &item) == filled);
  if (filled) CHECK_EQ((uintptr_t)item, popped++);
}

static void push_many(size_t capacity) {
  void *items[40];
  size_t n = random_below(41), room = capacity - (pushed - popped);
  for (size_t i = 0; i < n; i++) items[i] = (void *)(pushed + i);
  size_t took = kt_spsc_push_many(&ring, items, n);
  CHECK_EQ(took, n < room ? n : room);
  pushed += took;
}

static void pop_many(void) {
  void *items[40];
  size_t n = random_below(41), filled = pushed - popped;
  size_t got = kt_spsc_pop_many(&ring, items, n);
  CHECK_EQ(got, n < filled ? n : filled);
  for (size_t i = 0; i < got; i++) CHECK_EQ((uintptr_t)items[i], popped++);
}

static void random_steps(uint32_t capacity, size_t first_position) {
  CHECK(kt_spsc_init(&ring, capacity));
  ring.head_seen = ring.tail_seen = first_position;
  atomic_store(&ring.tail, first_position);
  atomic_store(&ring.head, first_position);
  pushed = popped = 0;
  for (int step = 0; step < 20000; step++) {
    switch (random_below(6)) {
    case 0: push_many(capacity); break;
    case 1: pop_many(); break;
    case 2: case 3: push_one(capacity); break;
    default: pop_one();
    }
    kt_spsc_check(&ring);
  }
  kt_spsc_deinit(&ring);
}

TEST("random pushes and pops, one and many, agree with a queue, also where positions wrap") {
  static const uint32_t capacities[] = {1, 2, 8, 32, 64};
  seed = 1;
  for (int i = 0; i < 5; i++) {
    random_steps(capacities[i], 0);
    random_steps(capacities[i], (size_t)0 - 50);
  }
}

TEST("a full ring refuses, and an empty one gives nothing and leaves the item alone") {
  CHECK(kt_spsc_init(&ring, 2));
  void *item = &seed;
  CHECK(!kt_spsc_pop(&ring, &item) && item == &seed);
  CHECK(kt_spsc_push(&ring, NULL) && kt_spsc_push(&ring, &ring) && !kt_spsc_push(&ring, NULL));
  CHECK(kt_spsc_pop(&ring, &item) && !item);
  CHECK(kt_spsc_push(&ring, NULL) && !kt_spsc_push(&ring, NULL));
  CHECK(kt_spsc_pop(&ring, &item) && item == &ring);
  kt_spsc_deinit(&ring);
}

TEST("when memory is out there is no ring; a ring asks for memory once") {
  kt_fail_allocation(1);
  CHECK(!kt_spsc_init(&ring, 8));
  CHECK(kt_spsc_init(&ring, 8));
  uint64_t before = kt_allocations();
  void *item;
  for (int i = 0; i < 100; i++) CHECK(kt_spsc_push(&ring, NULL) && kt_spsc_pop(&ring, &item));
  CHECK_EQ(kt_allocations(), before);
  kt_spsc_deinit(&ring);
}

TEST("the sides and what both read share no cache line") {
  CHECK(offsetof(kt_spsc, tail) / 64 != offsetof(kt_spsc, head) / 64);
  CHECK(offsetof(kt_spsc, tail) / 64 == offsetof(kt_spsc, head_seen) / 64);
  CHECK(offsetof(kt_spsc, head) / 64 == offsetof(kt_spsc, tail_seen) / 64);
  CHECK(offsetof(kt_spsc, slots) / 64 != offsetof(kt_spsc, head) / 64);
  CHECK_EQ(sizeof(kt_spsc) % 64, 0);
}

static uint32_t written[ITEMS]; /* plain memory that a push publishes */

/* By ones and by sevens in turn. */
static void *produce(void *context) {
  (void)context;
  unsigned tries = 0;
  for (uint32_t i = 0; i < ITEMS;) {
    void *items[7];
    uint32_t n = i % 2 && ITEMS - i >= 7 ? 7 : 1;
    for (uint32_t k = 0; k < n; k++) {
      written[i + k] = i + k + 1;
      items[k] = &written[i + k];
    }
    size_t done = n == 1 ? kt_spsc_push(&ring, items[0]) : kt_spsc_push_many(&ring, items, n);
    if (done == 0) wait_a_little(&tries);
    else tries = 0;
    i += (uint32_t)done;
  }
  return NULL;
}

static bool consume(void) {
  bool good = true;
  unsigned tries = 0;
  for (uint32_t taken = 0; taken < ITEMS;) {
    void *items[5];
    size_t n = taken % 2 ? kt_spsc_pop_many(&ring, items, 5) : kt_spsc_pop(&ring, items);
    if (n == 0) wait_a_little(&tries);
    else tries = 0;
    for (size_t i = 0; i < n; i++) good = good && *(uint32_t *)items[i] == ++taken;
    if (!good) taken = ITEMS;
  }
  return good;
}

TEST("between two threads nothing is lost, doubled or out of order, and what was written before is seen") {
  memset(written, 0, sizeof written);
  CHECK(kt_spsc_init(&ring, 16));
  alarm(PATIENCE_MS / 1000); /* a lost item would be waited for for ever */
  pthread_t producer;
  if (pthread_create(&producer, NULL, produce, NULL) != 0) abort();
  bool good = consume();
  void *item;
  while (!good && pthread_tryjoin_np(producer, NULL) != 0) kt_spsc_pop(&ring, &item); /* lets it end */
  if (good) pthread_join(producer, NULL);
  alarm(0);
  CHECK(good);
  kt_spsc_check(&ring);
  CHECK(!kt_spsc_pop(&ring, &item));
  kt_spsc_deinit(&ring);
}
