/* The ring against an array that is moved to the front after every read. */
#include "base/base.h"
#include "check.h"
#include "random.h"

#define CAPACITY_MAX 256

static kt_ring ring;
static uint8_t model[CAPACITY_MAX], next_byte;
static size_t model_n, capacity;
static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static void model_take(size_t n) {
  model_n -= n;
  memmove(model, model + n, model_n);
}

static void write_some(void) {
  uint8_t bytes[CAPACITY_MAX + 8];
  size_t n = random_below(capacity + 8), expected = least(n, capacity - model_n);
  for (size_t i = 0; i < n; i++) bytes[i] = (uint8_t)(next_byte + i);
  CHECK_EQ(kt_ring_write(&ring, bytes, n), expected);
  memcpy(model + model_n, bytes, expected);
  model_n += expected;
  next_byte = (uint8_t)(next_byte + expected);
}

static void read_some(void) {
  uint8_t bytes[CAPACITY_MAX + 8];
  size_t n = random_below(capacity + 8), expected = least(n, model_n);
  CHECK_EQ(kt_ring_read(&ring, bytes, n), expected);
  CHECK(memcmp(bytes, model, expected) == 0);
  model_take(expected);
}

/* Fills a random part of the room in place. */
static void reserve_some(void) {
  kt_ring_span spans[2];
  unsigned span_n = kt_ring_reserve(&ring, spans);
  size_t n = random_below(capacity - model_n + 1), done = 0;
  for (unsigned s = 0; s < span_n; s++)
    for (size_t i = 0; i < spans[s].n && done < n; i++, done++) model[model_n++] = spans[s].p[i] = next_byte++;
  CHECK_EQ(done, n);
  kt_ring_commit(&ring, n);
}

static void check_spans(void) {
  kt_bytes pending[2];
  kt_ring_span room[2];
  unsigned pending_n = kt_ring_peek(&ring, pending), room_n = kt_ring_reserve(&ring, room);
  size_t seen = 0, free_n = 0;
  for (unsigned s = 0; s < pending_n; s++) {
    CHECK(pending[s].n > 0 && seen + pending[s].n <= model_n);
    CHECK(memcmp(pending[s].p, model + seen, pending[s].n) == 0);
    seen += pending[s].n;
  }
  for (unsigned s = 0; s < room_n; s++) {
    CHECK(room[s].n > 0);
    memset(room[s].p, 0xEE, room[s].n); /* disturbs pending bytes if they overlap */
    free_n += room[s].n;
  }
  CHECK_EQ(seen, model_n);
  CHECK_EQ(free_n, capacity - model_n);
  CHECK_EQ(kt_ring_pending(&ring), model_n);
  CHECK_EQ(kt_ring_room(&ring), capacity - model_n);
  kt_ring_check(&ring);
}

static void random_steps(size_t first_position) {
  CHECK(kt_ring_init(&ring, capacity));
  ring.head = ring.tail = first_position;
  model_n = 0;
  for (int step = 0; step < 10000; step++) {
    switch (random_below(4)) {
    case 0: write_some(); break;
    case 1: read_some(); break;
    case 2: reserve_some(); break;
    default: {
      size_t n = random_below(model_n + 1);
      kt_ring_consume(&ring, n);
      model_take(n);
    }
    }
    check_spans();
  }
  kt_ring_deinit(&ring);
}

TEST("random writes, reads and work in place agree with an array, also where positions wrap") {
  static const size_t capacities[] = {1, 2, 16, 64, 256};
  seed = 1;
  for (int i = 0; i < 5; i++) {
    capacity = capacities[i];
    random_steps(0);
    random_steps((size_t)0 - 100);
  }
}

TEST("what was peeked stays where it is while more is written, and room while bytes are read") {
  CHECK(kt_ring_init(&ring, 16));
  CHECK_EQ(kt_ring_write(&ring, "0123456789ab", 12), 12);
  kt_ring_consume(&ring, 10);
  kt_bytes pending[2];
  kt_ring_span room[2];
  CHECK_EQ(kt_ring_peek(&ring, pending), 1);
  CHECK_EQ(kt_ring_reserve(&ring, room), 2);
  CHECK_EQ(room[0].n, 4);
  CHECK_EQ(room[1].n, 10);
  char two[2];
  CHECK_EQ(kt_ring_read(&ring, two, 2), 2);
  memcpy(room[0].p, "wxyz", 4);
  memcpy(room[1].p, "+", 1);
  kt_ring_commit(&ring, 5);
  CHECK_BYTES(pending[0], "ab");
  CHECK_EQ(kt_ring_peek(&ring, pending), 2);
  CHECK_BYTES(pending[0], "wxyz");
  CHECK_BYTES(pending[1], "+");
  kt_ring_deinit(&ring);
}

TEST("nothing is written to a full ring nor read from an empty one") {
  CHECK(kt_ring_init(&ring, 4));
  kt_bytes pending[2];
  kt_ring_span room[2];
  char out[4];
  CHECK_EQ(kt_ring_read(&ring, out, 4), 0);
  CHECK_EQ(kt_ring_peek(&ring, pending), 0);
  CHECK_EQ(kt_ring_write(&ring, NULL, 0), 0);
  CHECK_EQ(kt_ring_write(&ring, "abcdef", 6), 4);
  CHECK_EQ(kt_ring_write(&ring, "g", 1), 0);
  CHECK_EQ(kt_ring_reserve(&ring, room), 0);
  CHECK_EQ(kt_ring_read(&ring, out, 4), 4);
  CHECK(memcmp(out, "abcd", 4) == 0);
  kt_ring_deinit(&ring);
}

TEST("when memory is out there is no ring; a ring asks for memory once") {
  kt_fail_allocation(1);
  CHECK(!kt_ring_init(&ring, 64));
  CHECK(kt_ring_init(&ring, 64));
  uint64_t before = kt_allocations();
  char bytes[48] = {0};
  for (int i = 0; i < 100; i++) CHECK(kt_ring_write(&ring, bytes, 48) == 48 && kt_ring_read(&ring, bytes, 48) == 48);
  CHECK_EQ(kt_allocations(), before);
  kt_ring_deinit(&ring);
}
