/* timer.h: hierarchical timer wheel.
 *
 * A reactor holds one timer per connection and one per sleeping request: 10^4 to 10^5. Each is
 * re-armed or cancelled once or twice per request and almost none ever fires, so arm and cancel
 * are O(1) and touch only the timer, its neighbours and one word of the wheel; what fires may cost
 * more. Deadlines run from 1 ms to hours. Ticks are milliseconds, and time is an argument.
 *
 * A timer lives in the level that holds the highest bit in which its expiry and the wheel's time
 * differ. Two facts follow and carry the code: every timer in a lower level expires before every
 * timer in a higher one, and within a level a slot never lies behind the wheel's time. The next
 * event is therefore the first occupied slot of the lowest occupied level, found with two bit
 * scans, and an idle wheel jumps over hours at no cost. A timer moves down at most once per level. */
#ifndef KT_BASE_TIMER_H
#define KT_BASE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define KT_WHEEL_BITS 6
#define KT_WHEEL_SLOTS (1u << KT_WHEEL_BITS)
#define KT_WHEEL_LEVELS 7
/* 139 years. The wheel's time must stay below it; later deadlines mean never. */
#define KT_WHEEL_HORIZON_MS (UINT64_C(1) << (KT_WHEEL_BITS * KT_WHEEL_LEVELS))

/* Embedded in what it wakes. Armed exactly while next != NULL; must not move or die while armed. */
typedef struct kt_timer {
  struct kt_timer *next, *prev;
  uint64_t expires; /* as given to the last kt_wheel_arm */
  void (*fire)(struct kt_timer *timer);
  uint32_t slot; /* the wheel's */
} kt_timer;

typedef struct kt__timer_list {
  kt_timer *next, *prev;
} kt__timer_list;

/* A bit of occupied[level] is set exactly while that slot's list is not empty.
 * No timer in a slot has expires <= now. Lists are circular: a wheel must not move. */
typedef struct kt_wheel {
  uint64_t now;
  uint64_t occupied[KT_WHEEL_LEVELS];
  kt__timer_list due;    /* armed for a tick that had passed: they fire first in the next advance */
  kt__timer_list firing; /* those of the current tick that are still to fire */
  bool advancing;
  kt__timer_list slots[KT_WHEEL_LEVELS][KT_WHEEL_SLOTS];
} kt_wheel;

void kt_wheel_init(kt_wheel *wheel, uint64_t now_ms);

static inline void kt_timer_init(kt_timer *timer, void (*fire)(kt_timer *timer)) {
  *timer = (kt_timer){.fire = fire};
}

static inline bool kt_timer_armed(const kt_timer *timer) { return timer->next != 0; }

/* Arms, or re-arms. A deadline that has passed fires in the next kt_wheel_advance, never in the one
 * that runs: a callback that re-arms itself for now cannot hold the loop. */
void kt_wheel_arm(kt_wheel *wheel, kt_timer *timer, uint64_t expires_ms);
/* Nothing happens to a timer that is not armed. */
void kt_wheel_cancel(kt_wheel *wheel, kt_timer *timer);

/* Fires every timer with expires <= now_ms, tick by tick, and within a tick in no promised order.
 * A timer is disarmed before it fires and its memory may die in its callback; a callback may arm
 * and cancel any timer, but must not advance. Time does not run backwards: an earlier now_ms
 * counts as the last one. Returns the number of timers fired. */
uint32_t kt_wheel_advance(kt_wheel *wheel, uint64_t now_ms);

/* Milliseconds from the last advance until the wheel wants the next one; -1 when no timer is armed.
 * May be early, when timers have to move down a level, and is never late. */
int64_t kt_wheel_next_ms(const kt_wheel *wheel);

bool kt_wheel_check(const kt_wheel *wheel);

#endif
