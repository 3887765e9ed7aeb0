/* timer.h: hierarchical timer wheel (G. Varghese, A. Lauck, 1987), one tick a millisecond.
 *
 * Workload: one timer per connection, armed once and then left alone while its due time is pushed out by a plain
 * store; nearly all are cancelled or re-armed long before they fire. So arming and cancelling are O(1) list work, and
 * the time is an argument, so that tests turn it by hand.
 *
 * Level k has 64 slots of 64^k ms: 7 levels reach 139 years, so that no clock
 * that counts from a machine's start leaves them. Advancing
 * takes a whole slot at a time and skips empty ones with a bitmap per level. */
#ifndef KT_BASE_TIMER_H
#define KT_BASE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define KT_WHEEL_LEVELS 7
#define KT_WHEEL_BITS 6
#define KT_WHEEL_SLOTS (1 << KT_WHEEL_BITS)

typedef struct kt_timer kt_timer;
struct kt_timer {
  kt_timer *next, *prev; /* both NULL while not armed */
  uint64_t expires;      /* ms */
  void (*fire)(kt_timer *t);
  uint8_t level, slot;
};

/* Invariant: bit s of busy[k] is set exactly when slots[k][s] is not empty; every armed timer expires after `now`, or
 * stands in `due`. */
typedef struct kt_wheel {
  uint64_t now;
  uint64_t busy[KT_WHEEL_LEVELS];
  kt_timer slots[KT_WHEEL_LEVELS][KT_WHEEL_SLOTS]; /* list heads */
  kt_timer due;
} kt_wheel;

void kt_wheel_init(kt_wheel *w, uint64_t now_ms);
void kt_timer_init(kt_timer *t, void (*fire)(kt_timer *t));
static inline bool kt_timer_armed(const kt_timer *t) { return t->next != 0; }
/* Arms or re-arms. A time that has passed fires with the next advance. */
void kt_wheel_arm(kt_wheel *w, kt_timer *t, uint64_t expires_ms);
void kt_wheel_cancel(kt_wheel *w, kt_timer *t);
/* Moves the time on and fires what is due, earlier ticks first. A callback may arm and cancel any timer, its own
 * memory included; what it arms for now or before fires with the next tick or the
 * next advance. Returns how many fired. */
uint32_t kt_wheel_advance(kt_wheel *w, uint64_t now_ms);
/* Whether a timer was armed for a time that has passed. */
static inline bool kt_wheel_is_due(const kt_wheel *w) { return w->due.next != &w->due; }
/* Fires such timers, without moving the time on. */
uint32_t kt_wheel_fire_due(kt_wheel *w);
/* Milliseconds that may pass before the next advance is worth it: never late, perhaps early; -1 when nothing is armed.
 */
int64_t kt_wheel_next_ms(const kt_wheel *w);
/* Asserts the invariant; for tests. */
void kt_wheel_check(const kt_wheel *w);

#endif
