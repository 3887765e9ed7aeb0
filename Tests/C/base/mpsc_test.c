#include "base/base.h"
#include "check.h"
#include "spinning.h"

#include <pthread.h>

#define PRODUCERS 4
#define TASKS 20000

static void nothing(void *context, void *argument) {
  (void)context;
  (void)argument;
}

static kt_task numbered(uintptr_t n) { return (kt_task){nothing, NULL, (void *)n}; }

TEST("tasks of one producer come out in order, round after round") {
  kt_mpsc q;
  CHECK(kt_mpsc_init(&q, 64));
  uintptr_t in = 0, out = 0;
  for (int round = 0; round < 1000; round++) {
    for (int i = 0; i < 1 + round % 4; i++) CHECK(kt_mpsc_push(&q, numbered(in++)));
    kt_task task;
    while (kt_mpsc_pop(&q, &task)) CHECK_EQ((uintptr_t)task.argument, out++);
    CHECK_EQ(in, out);
  }
  kt_mpsc_deinit(&q);
}

/* The model: numbers go in and come out in order, so a queue of them is two counters. */
static void random_steps(uint32_t capacity) {
  kt_mpsc q;
  uintptr_t in = 0, out = 0;
  CHECK(kt_mpsc_init(&q, capacity));
  for (int step = 0; step < 20000; step++) {
    /* Long runs of mostly one kind, so that it is full and empty often. */
    if (rand() % 64 < (step / 200 % 2 ? 40 : 24)) {
      bool room = in - out < capacity;
      CHECK(kt_mpsc_push(&q, numbered(in)) == room);
      in += room;
    } else {
      kt_task task;
      bool filled = in > out;
      CHECK(kt_mpsc_pop(&q, &task) == filled);
      if (filled) CHECK_EQ((uintptr_t)task.argument, out++);
    }
    CHECK(kt_mpsc_empty(&q) == (in == out));
    kt_mpsc_check(&q);
  }
  kt_mpsc_deinit(&q);
}

TEST("random pushes and pops agree with a queue") {
  srand(1);
  random_steps(2);
  random_steps(4);
  random_steps(16);
}

static void fill_past_the_end(uint32_t capacity) {
  kt_mpsc q;
  kt_task task;
  CHECK(kt_mpsc_init(&q, capacity));
  for (uintptr_t i = 0; i < capacity; i++) CHECK(kt_mpsc_push(&q, numbered(i)));
  CHECK(!kt_mpsc_push(&q, numbered(capacity)));
  CHECK(kt_mpsc_pop(&q, &task));
  CHECK_EQ((uintptr_t)task.argument, 0);
  CHECK(kt_mpsc_push(&q, numbered(capacity)));
  CHECK(!kt_mpsc_push(&q, numbered(capacity + 1)));
  for (uintptr_t i = 1; i <= capacity; i++) {
    CHECK(kt_mpsc_pop(&q, &task));
    CHECK_EQ((uintptr_t)task.argument, i);
  }
  kt_mpsc_deinit(&q);
}

TEST("a full ring refuses, and takes again what was made room for") {
  fill_past_the_end(2);
  fill_past_the_end(8);
}

TEST("an empty ring says so and gives nothing") {
  kt_mpsc q;
  kt_task task;
  CHECK(kt_mpsc_init(&q, 2));
  CHECK(kt_mpsc_empty(&q) && !kt_mpsc_pop(&q, &task));
  CHECK(kt_mpsc_push(&q, numbered(1)));
  CHECK(!kt_mpsc_empty(&q));
  CHECK(kt_mpsc_pop(&q, &task) && kt_mpsc_empty(&q));
  kt_mpsc_deinit(&q);
}

TEST("when memory is out there is no ring") {
  kt_mpsc q;
  kt_fail_allocation(1);
  CHECK(!kt_mpsc_init(&q, 8));
}

typedef struct producer {
  pthread_t thread;
  kt_mpsc *ring;
  uint32_t written[TASKS]; /* plain memory that the task publishes */
} producer;

static producer producers[PRODUCERS];

static void *produce(void *context) {
  producer *p = context;
  for (uint32_t i = 0; i < TASKS; i++) {
    p->written[i] = i + 1;
    for (unsigned tries = 0; !kt_mpsc_push(p->ring, (kt_task){nothing, p, &p->written[i]});) wait_a_little(&tries);
  }
  return NULL;
}

/* Joins before it returns: a failed check must not leave threads that use its frame. */
static bool consume(kt_mpsc *q, uint32_t seen[PRODUCERS]) {
  bool good = true;
  unsigned tries = 0;
  for (uint32_t taken = 0; taken < PRODUCERS * TASKS;) {
    kt_task task;
    if (!kt_mpsc_pop(q, &task)) {
      wait_a_little(&tries);
      continue;
    }
    tries = 0;
    uint32_t *next = &seen[(producer *)task.context - producers];
    good = good && *(uint32_t *)task.argument == ++*next;
    taken++;
  }
  for (int i = 0; i < PRODUCERS; i++) pthread_join(producers[i].thread, NULL);
  return good;
}

TEST("four producers lose nothing, keep their order and publish what they wrote before") {
  kt_mpsc q;
  uint32_t seen[PRODUCERS] = {0};
  CHECK(kt_mpsc_init(&q, 64));
  for (int i = 0; i < PRODUCERS; i++) {
    producers[i].ring = &q;
    if (pthread_create(&producers[i].thread, NULL, produce, &producers[i]) != 0) abort();
  }
  CHECK(consume(&q, seen));
  for (int i = 0; i < PRODUCERS; i++) CHECK_EQ(seen[i], TASKS);
  CHECK(kt_mpsc_empty(&q));
  kt_mpsc_deinit(&q);
}
