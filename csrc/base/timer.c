#include "base/timer.h"

#include "base/memory.h"

#define SLOT_MASK (KT_WHEEL_SLOTS - 1)
#define LEVEL_DUE KT_WHEEL_LEVELS

static void list_init(kt_timer *head) { head->next = head->prev = head; }
static bool list_empty(const kt_timer *head) { return head->next == head; }

static void list_push(kt_timer *head, kt_timer *t) {
  t->prev = head->prev;
  t->next = head;
  head->prev->next = t;
  head->prev = t;
}

static void list_remove(kt_timer *t) {
  t->prev->next = t->next;
  t->next->prev = t->prev;
  t->next = t->prev = 0;
}

void kt_wheel_init(kt_wheel *w, uint64_t now_ms) {
  w->now = now_ms;
  for (int k = 0; k < KT_WHEEL_LEVELS; k++) {
    w->busy[k] = 0;
    for (int s = 0; s < KT_WHEEL_SLOTS; s++) list_init(&w->slots[k][s]);
  }
  list_init(&w->due);
}

void kt_timer_init(kt_timer *t, void (*fire)(kt_timer *)) { *t = (kt_timer){.fire = fire}; }

/* The level is where now and expires first differ, counted from the top: all higher digits agree, so the slot comes
 * up before the wheel of that level has turned once. */
static void place(kt_wheel *w, kt_timer *t) {
  if (t->expires <= w->now) {
    t->level = LEVEL_DUE;
    list_push(&w->due, t);
    return;
  }
  unsigned top = 63u - (unsigned)__builtin_clzll(t->expires ^ w->now);
  unsigned level = top / KT_WHEEL_BITS;
  unsigned slot;
  if (level >= KT_WHEEL_LEVELS) {
    level = KT_WHEEL_LEVELS - 1; /* beyond the wheel's reach: placed anew when its last slot comes up */
    slot = SLOT_MASK;
  } else {
    slot = (t->expires >> (level * KT_WHEEL_BITS)) & SLOT_MASK;
  }
  t->level = (uint8_t)level;
  t->slot = (uint8_t)slot;
  list_push(&w->slots[level][slot], t);
  w->busy[level] |= 1ull << slot;
}

void kt_wheel_cancel(kt_wheel *w, kt_timer *t) {
  if (!kt_timer_armed(t)) return;
  list_remove(t);
  if (t->level < KT_WHEEL_LEVELS && list_empty(&w->slots[t->level][t->slot]))
    w->busy[t->level] &= ~(1ull << t->slot);
}

void kt_wheel_arm(kt_wheel *w, kt_timer *t, uint64_t expires_ms) {
  kt_wheel_cancel(w, t);
  t->expires = expires_ms;
  place(w, t);
}

/* The first time after `now` at which a slot of this level comes up, or UINT64_MAX. Slots at or before now's own digit
 * hold nothing but timers of a later turn, which only the last level's overflow slot can have. */
static uint64_t level_next(const kt_wheel *w, int level) {
  if (w->busy[level] == 0) return UINT64_MAX;
  unsigned shift = (unsigned)level * KT_WHEEL_BITS;
  unsigned digit = (w->now >> shift) & SLOT_MASK;
  uint64_t base = (w->now >> shift) & ~(uint64_t)SLOT_MASK;
  uint64_t later = digit == SLOT_MASK ? 0 : w->busy[level] >> (digit + 1);
  if (later) return (base + digit + 1 + (unsigned)__builtin_ctzll(later)) << shift;
  return (base + KT_WHEEL_SLOTS + (unsigned)__builtin_ctzll(w->busy[level])) << shift;
}

static uint64_t next_time(const kt_wheel *w) {
  uint64_t next = UINT64_MAX;
  for (int k = 0; k < KT_WHEEL_LEVELS; k++) {
    uint64_t at = level_next(w, k);
    if (at < next) next = at;
  }
  return next;
}

/* Appends all of one list to another. */
static void list_append(kt_timer *to, kt_timer *from) {
  if (list_empty(from)) return;
  from->next->prev = to->prev;
  from->prev->next = to;
  to->prev->next = from->next;
  to->prev = from->prev;
  list_init(from);
}

/* All timers of a slot of level 0 expire now. They keep their level and slot, so that cancelling one asks whether that
 * slot is empty, which is right for due timers, too. */
static void take_now(kt_wheel *w) {
  unsigned slot = w->now & SLOT_MASK;
  list_append(&w->due, &w->slots[0][slot]);
  w->busy[0] &= ~(1ull << slot);
}

/* Takes every slot that comes up at w->now and places its timers anew: into lower levels, or into due. */
static void cascade(kt_wheel *w) {
  for (int k = KT_WHEEL_LEVELS - 1; k > 0; k--) {
    unsigned shift = (unsigned)k * KT_WHEEL_BITS;
    if (w->now & ((1ull << shift) - 1)) continue;
    unsigned slot = (w->now >> shift) & SLOT_MASK;
    if (!(w->busy[k] & (1ull << slot))) continue;
    kt_timer moved;
    kt_timer *head = &w->slots[k][slot];
    moved.next = head->next;
    moved.prev = head->prev;
    moved.next->prev = moved.prev->next = &moved;
    list_init(head);
    w->busy[k] &= ~(1ull << slot);
    while (!list_empty(&moved)) {
      kt_timer *t = moved.next;
      list_remove(t);
      place(w, t);
    }
  }
  take_now(w);
}

uint32_t kt_wheel_fire_due(kt_wheel *w) {
  /* Only what is due now: a callback that arms itself for now fires next time, not forever. */
  kt_timer batch;
  if (list_empty(&w->due)) return 0;
  batch.next = w->due.next;
  batch.prev = w->due.prev;
  batch.next->prev = batch.prev->next = &batch;
  list_init(&w->due);
  uint32_t fired = 0;
  while (!list_empty(&batch)) {
    kt_timer *t = batch.next;
    list_remove(t);
    fired++;
    t->fire(t);
  }
  return fired;
}

uint32_t kt_wheel_advance(kt_wheel *w, uint64_t now_ms) {
  uint32_t fired = kt_wheel_fire_due(w);
  while (w->now < now_ms) {
    uint64_t next = next_time(w);
    if (next > now_ms) {
      w->now = now_ms;
      break;
    }
    w->now = next;
    cascade(w);
    fired += kt_wheel_fire_due(w);
  }
  return fired;
}

int64_t kt_wheel_next_ms(const kt_wheel *w) {
  if (!list_empty(&w->due)) return 0;
  uint64_t next = next_time(w);
  return next == UINT64_MAX ? -1 : (int64_t)(next - w->now);
}

void kt_wheel_check(const kt_wheel *w) {
  for (int k = 0; k < KT_WHEEL_LEVELS; k++)
    for (int s = 0; s < KT_WHEEL_SLOTS; s++) {
      const kt_timer *head = &w->slots[k][s];
      KT_ASSERT(list_empty(head) == !(w->busy[k] & (1ull << s)));
      for (const kt_timer *t = head->next; t != head; t = t->next)
        KT_ASSERT(t->expires > w->now && t->level == k && t->slot == s);
    }
  (void)w;
}
