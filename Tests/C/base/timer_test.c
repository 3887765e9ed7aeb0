/* The wheel against a dumb model: an array of timers that is searched for what is due. */
#include "base/base.h"
#include "check.h"

#define COUNT 60
#define HOUR_MS UINT64_C(3600000)

typedef struct probe {
  kt_timer timer; /* first: fire() casts back */
  bool armed;     /* the model's half */
  bool late;      /* armed in a callback for a tick that had come: may wait for the next advance */
  uint64_t expires, tick;
} probe;

static kt_wheel wheel;
static probe probes[COUNT];
static uint64_t seed, now, last_tick;
static unsigned fired;
static bool wrong, advancing;

static uint64_t random_number(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  return seed ^= seed << 17;
}

static uint64_t random_delay(void) {
  static const uint64_t spans[] = {1,       5,       64,           65,            4096,
                                   5000,    HOUR_MS, 48 * HOUR_MS, 9000 * HOUR_MS};
  return random_number() % (spans[random_number() % 9] + 1);
}

/* Up to 2 ms before, and not before the beginning of time. */
static uint64_t passed(uint64_t at) {
  uint64_t ago = random_number() % 3;
  return at > ago ? at - ago : 0;
}

/* The tick at which a timer armed at `at` has to fire: what has passed counts as `at`. */
static void model_arm(probe *p, uint64_t expires, uint64_t at) {
  p->armed = true;
  p->expires = expires;
  p->tick = expires > at ? expires : at;
  p->late = advancing && expires <= at;
}

static void arm(probe *p, uint64_t expires) {
  model_arm(p, expires, wheel.now);
  kt_wheel_arm(&wheel, &p->timer, expires);
}

static void cancel(probe *p) {
  p->armed = false;
  kt_wheel_cancel(&wheel, &p->timer);
}

/* Half of the callbacks disturb a random timer, themselves included. */
static void disturb(void) {
  probe *p = &probes[random_number() % COUNT];
  switch (random_number() % 6) {
  case 0: cancel(p); break;
  case 1: arm(p, wheel.now + random_delay()); break;
  case 2: arm(p, passed(wheel.now)); break;
  }
}

static void on_fire(kt_timer *t) {
  probe *p = (probe *)t;
  /* Not armed, early, or behind one of a later tick. */
  if (!p->armed || p->tick > now || p->tick < last_tick || kt_timer_armed(t)) wrong = true;
  last_tick = p->tick;
  p->armed = false;
  fired++;
  disturb();
}

static void start(uint64_t at) {
  now = at;
  kt_wheel_init(&wheel, at);
  for (int i = 0; i < COUNT; i++) {
    probes[i] = (probe){0};
    kt_timer_init(&probes[i].timer, on_fire);
  }
  wrong = advancing = false;
}

/* Does the model hold something that should have fired? */
static bool overlooked(void) {
  for (int i = 0; i < COUNT; i++)
    if (probes[i].armed && !probes[i].late && probes[i].tick <= now) return true;
  return false;
}

static uint64_t model_next(void) {
  uint64_t next = UINT64_MAX;
  for (int i = 0; i < COUNT; i++)
    if (probes[i].armed && probes[i].tick < next) next = probes[i].tick;
  return next;
}

static void check_all(void) {
  kt_wheel_check(&wheel);
  CHECK(!wrong);
  for (int i = 0; i < COUNT; i++) CHECK(probes[i].armed == kt_timer_armed(&probes[i].timer));
  uint64_t next = model_next();
  int64_t wait = kt_wheel_next_ms(&wheel);
  if (next == UINT64_MAX) CHECK(wait == -1);
  else
    CHECK(wait >= 0 && (uint64_t)wait <= (next > now ? next - now : 0));
}

static void advance(uint64_t to) {
  now = to;
  last_tick = 0;
  fired = 0;
  advancing = true;
  uint32_t told = kt_wheel_advance(&wheel, to);
  advancing = false;
  CHECK_EQ(told, fired);
  CHECK(!overlooked());
}

TEST("random arming, cancelling and waiting agrees with a sorted list") {
  static const uint64_t starts[] = {0, 1, 63, 4095, 4096, 123456789, (UINT64_C(1) << 30) - 3};
  for (unsigned round = 0; round < 140; round++) {
    seed = 0x9e3779b97f4a7c15u + round;
    start(starts[round % 7]);
    for (int step = 0; step < 600; step++) {
      probe *p = &probes[random_number() % COUNT];
      switch (random_number() % 4) {
      case 0: cancel(p); break;
      case 1: advance(now + random_delay()); break;
      default: arm(p, random_number() % 20 ? now + random_delay() : passed(now));
      }
      check_all();
    }
  }
}

TEST("a loop that sleeps as long as the wheel says is never late") {
  seed = 42;
  start(1000);
  for (int i = 0; i < COUNT; i++) arm(&probes[i], now + random_delay());
  for (int step = 0; step < 20000; step++) {
    int64_t wait = kt_wheel_next_ms(&wheel);
    if (wait < 0) break;
    uint64_t next = model_next();
    CHECK(now + (uint64_t)wait <= (next > now ? next : now));
    advance(now + (uint64_t)wait);
    check_all();
  }
}

static kt_timer *self;
static unsigned self_fired;
static void fire_again(kt_timer *t) {
  self_fired++;
  kt_wheel_arm(&wheel, t, wheel.now);
}

TEST("a timer that arms itself for now fires once per advance") {
  start(10);
  kt_timer t;
  kt_timer_init(&t, fire_again);
  kt_wheel_arm(&wheel, &t, 15);
  self_fired = 0;
  CHECK_EQ(kt_wheel_advance(&wheel, 20), 1);
  CHECK_EQ(kt_wheel_next_ms(&wheel), 0);
  CHECK_EQ(kt_wheel_advance(&wheel, 20), 1);
  CHECK_EQ(self_fired, 2);
  kt_wheel_cancel(&wheel, &t);
  CHECK(kt_wheel_next_ms(&wheel) == -1);
}

static void free_self(kt_timer *t) {
  kt_free(t);
  self = NULL;
}

TEST("a callback may free its own timer") {
  start(0);
  self = kt_malloc(sizeof *self);
  CHECK(self);
  kt_timer_init(self, free_self);
  kt_wheel_arm(&wheel, self, 100000);
  CHECK_EQ(kt_wheel_advance(&wheel, 99999), 0);
  CHECK_EQ(kt_wheel_advance(&wheel, 100000), 1);
  CHECK(!self);
}

static kt_timer victim;
static void cancel_victim(kt_timer *t) {
  (void)t;
  kt_wheel_cancel(&wheel, &victim);
}

TEST("a callback may cancel a timer of the same tick that has not fired yet") {
  start(0);
  kt_timer first;
  kt_timer_init(&first, cancel_victim);
  kt_timer_init(&victim, fire_again);
  kt_wheel_arm(&wheel, &first, 7);
  kt_wheel_arm(&wheel, &victim, 7);
  CHECK_EQ(kt_wheel_advance(&wheel, 7), 1);
  CHECK(!kt_timer_armed(&victim));
}

TEST("time that runs backwards fires nothing") {
  start(1000);
  arm(&probes[0], 1001);
  CHECK_EQ(kt_wheel_advance(&wheel, 5), 0);
  CHECK_EQ(wheel.now, 1000);
  seed = 7;
  advance(1001);
  CHECK_EQ(fired, 1);
}

TEST("cancelling what is not armed does nothing") {
  start(0);
  cancel(&probes[0]);
  arm(&probes[0], 5);
  cancel(&probes[0]);
  cancel(&probes[0]);
  CHECK(kt_wheel_next_ms(&wheel) == -1);
  kt_wheel_check(&wheel);
}
