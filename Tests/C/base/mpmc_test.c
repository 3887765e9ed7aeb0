#include "base/base.h"
#include "check.h"
#include "random.h"
#include "spinning.h"

#include <pthread.h>

#define PRODUCERS 3
#define CONSUMERS 3
#define ITEMS 15000 /* of each producer */

static kt_mpmc queue;

/* The model: numbers go in and come out in order, so a queue of them is two counters. */
static void random_steps(uint32_t capacity) {
  CHECK(kt_mpmc_init(&queue, capacity));
  uintptr_t pushed = 0, popped = 0;
  for (int step = 0; step < 20000; step++) {
    /* Long runs of one kind, so that it is full and empty often. */
    bool pushing = random_below(64) < (step / 200 % 2 ? 40 : 24);
    if (pushing) {
      bool room = pushed - popped < capacity;
      CHECK(kt_mpmc_push(&queue, (void *)pushed) == room);
      pushed += room;
    } else {
      void *item = &queue;
      bool filled = pushed > popped;
      CHECK(kt_mpmc_pop(&queue, &item) == filled);
      if (filled) CHECK_EQ((uintptr_t)item, popped++);
      else
        CHECK(item == &queue);
    }
    kt_mpmc_check(&queue);
  }
  kt_mpmc_deinit(&queue);
}

TEST("random pushes and pops of one thread agree with a queue") {
  seed = 1;
  random_steps(2);
  random_steps(4);
  random_steps(16);
}

TEST("when memory is out there is no queue; a queue asks for memory once") {
  kt_fail_allocation(1);
  CHECK(!kt_mpmc_init(&queue, 8));
  CHECK(kt_mpmc_init(&queue, 8));
  uint64_t before = kt_allocations();
  void *item;
  for (int i = 0; i < 100; i++) CHECK(kt_mpmc_push(&queue, NULL) && kt_mpmc_pop(&queue, &item));
  CHECK_EQ(kt_allocations(), before);
  kt_mpmc_deinit(&queue);
}

TEST("the ends and what both read share no cache line") {
  CHECK(offsetof(kt_mpmc, tail) / 64 != offsetof(kt_mpmc, head) / 64);
  CHECK(offsetof(kt_mpmc, cells) / 64 != offsetof(kt_mpmc, head) / 64);
  CHECK_EQ(sizeof(kt_mpmc) % 64, 0);
}

/* What a push publishes: plain memory. Whoever pops it counts it there, so an item popped twice is a race and a 2. */
typedef struct parcel {
  uint32_t producer, number, popped;
} parcel;

static parcel parcels[PRODUCERS][ITEMS];
static atomic_uint popped_n;

static void *produce(void *context) {
  uint32_t me = (uint32_t)(uintptr_t)context;
  for (uint32_t i = 0; i < ITEMS; i++) {
    parcels[me][i] = (parcel){me, i + 1, 0};
    for (unsigned tries = 0; !kt_mpmc_push(&queue, &parcels[me][i]);) wait_a_little(&tries);
  }
  return NULL;
}

/* Of each producer, a consumer sees what it gets in the producer's order. Returns non-NULL when it did not. */
static void *consume(void *context) {
  uint32_t seen[PRODUCERS] = {0};
  bool good = true;
  unsigned tries = 0;
  while (atomic_load_explicit(&popped_n, memory_order_relaxed) < PRODUCERS * ITEMS) {
    void *item;
    if (!kt_mpmc_pop(&queue, &item)) {
      wait_a_little(&tries);
      continue;
    }
    tries = 0;
    parcel *p = item;
    good = good && p->number > seen[p->producer];
    seen[p->producer] = p->number;
    p->popped++;
    atomic_fetch_add_explicit(&popped_n, 1, memory_order_relaxed);
  }
  return good ? NULL : context;
}

static void start(pthread_t *thread, void *(*run)(void *), uintptr_t number) {
  if (pthread_create(thread, NULL, run, (void *)number) != 0) abort();
}

static void between_threads(uint32_t capacity) {
  pthread_t producers[PRODUCERS], consumers[CONSUMERS];
  atomic_store(&popped_n, 0);
  CHECK(kt_mpmc_init(&queue, capacity));
  alarm(PATIENCE_MS / 1000); /* a lost item would be waited for for ever */
  for (uintptr_t i = 0; i < PRODUCERS; i++) start(&producers[i], produce, i);
  for (uintptr_t i = 0; i < CONSUMERS; i++) start(&consumers[i], consume, i + 1);
  bool ordered = true;
  for (int i = 0; i < PRODUCERS; i++) pthread_join(producers[i], NULL);
  for (int i = 0; i < CONSUMERS; i++) {
    void *wrong;
    pthread_join(consumers[i], &wrong);
    ordered = ordered && !wrong;
  }
  alarm(0);
  CHECK(ordered);
  for (int i = 0; i < PRODUCERS; i++)
    for (int k = 0; k < ITEMS; k++) CHECK_EQ(parcels[i][k].popped, 1);
  kt_mpmc_check(&queue);
  void *item;
  CHECK(!kt_mpmc_pop(&queue, &item));
  kt_mpmc_deinit(&queue);
}

TEST("three producers and three consumers: every item once, each producer's in order, its contents seen") {
  between_threads(2);
  between_threads(64);
}
