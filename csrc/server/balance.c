#include "server/balance.h"

#include "server/h1.h"
#include "server/h2.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* ---- how busy ---- */

/* /proc/thread-self/schedstat: nanoseconds on a processor, nanoseconds waiting for one, time slices. A kernel without
 * it leaves the processor time alone, which misses a reactor whose processor is used by others. */
static uint64_t busy_ns(const kt__balance *b) {
  char text[96];
  ssize_t n = b->account_fd < 0 ? -1 : pread(b->account_fd, text, sizeof text - 1, 0);
  if (n > 0) {
    text[n] = 0;
    char *end;
    uint64_t running = strtoull(text, &end, 10);
    return running + strtoull(end, NULL, 10);
  }
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint32_t take_load(kt_reactor *r) {
  kt__balance *b = &r->balance;
  uint64_t busy = busy_ns(b), now = r->loop.now_ns;
  uint64_t worked = busy - b->busy_ns, passed = now - b->at_ns;
  b->busy_ns = busy;
  b->at_ns = now;
  uint32_t load = passed ? (uint32_t)(worked * 1000 / passed) : 0;
  if (load > 1000) load = 1000;
  __atomic_store_n(&b->load, load, __ATOMIC_RELAXED);
  __atomic_store_n(&b->promised, false, __ATOMIC_RELAXED);
  return load;
}

/* ---- who gives how many to whom ---- */

uint32_t kt__balance_share(uint32_t load, uint32_t other, uint32_t active) {
  if (load < KT_BALANCE_BUSY || load < other + KT_BALANCE_GAP) return 0;
  uint64_t n = (uint64_t)active * (load - other) / (2 * load); /* as if each asked for the same */
  return n < KT_BALANCE_MOVES ? (uint32_t)n : KT_BALANCE_MOVES;
}

static kt_reactor *least_busy(kt_reactor *r) {
  uint16_t n;
  kt_reactor *const *all = kt__server_reactors(r->server, &n);
  kt_reactor *least = NULL;
  uint32_t least_load = 0;
  for (uint16_t i = 0; i < n; i++) {
    uint32_t load = __atomic_load_n(&all[i]->balance.load, __ATOMIC_RELAXED);
    if (all[i] == r || __atomic_load_n(&all[i]->balance.promised, __ATOMIC_RELAXED)) continue;
    if (!least || load < least_load) {
      least = all[i];
      least_load = load;
    }
  }
  return least;
}

/* An idle timeout that was pushed out since the last look means that a request ended since. */
static bool was_active(const kt_conn *c) {
  const kt_reactor *r = c->reactor;
  return c->due_ms == 0 || c->due_ms + KT_BALANCE_MS > r->loop.now_ms + r->config->idle_timeout_ms;
}

static uint32_t count_active(const kt_reactor *r) {
  uint32_t looked = 0, active = 0;
  for (const kt_conn *c = r->first; c && looked < KT_BALANCE_LOOKS; c = c->next, looked++)
    active += was_active(c) || (c->protocol == &kt__protocol_h1 && c->h1.x);
  return looked ? (uint32_t)((uint64_t)active * r->conn_n / looked) : 0;
}

uint32_t kt__balance_give(kt_reactor *r, kt_reactor *to, uint32_t n) {
  uint32_t looked = 0, given = 0;
  for (kt_conn *c = r->first, *next; c && looked < KT_BALANCE_LOOKS && given < n; c = next, looked++) {
    next = c->next;
    if (!was_active(c) || !kt__conn_is_quiet(c)) continue;
    kt__conn_give(c, to);
    given++;
  }
  return given;
}

static void give_some(kt_reactor *r, uint32_t load) {
  kt_reactor *to = least_busy(r);
  if (!to) return;
  uint32_t other = __atomic_load_n(&to->balance.load, __ATOMIC_RELAXED);
  uint32_t n = kt__balance_share(load, other, count_active(r));
  bool free = false;
  if (n == 0 || !__atomic_compare_exchange_n(&to->balance.promised, &free, true, false, __ATOMIC_RELAXED,
                                             __ATOMIC_RELAXED))
    return;
  n = kt__balance_give(r, to, n);
  if (n == 0) return;
  r->balance.rests = 2;
  char line[128];
  snprintf(line, sizeof line, "reactor %u (busy %u %%) gives %u connections to reactor %u (busy %u %%)", r->index,
           load / 10, n, to->index, other / 10);
  kt__reactor_log(r, KT_LOG_DEBUG, line);
}

static void look(kt_timer *t) {
  kt_reactor *r = (kt_reactor *)((char *)t - offsetof(kt_reactor, balance.timer));
  kt_wheel_arm(&r->loop.wheel, t, r->loop.now_ms + KT_BALANCE_MS);
  uint32_t load = take_load(r);
  if (r->draining) return;
  if (r->balance.rests > 0)
    r->balance.rests--;
  else if (load >= KT_BALANCE_BUSY)
    give_some(r, load);
}

/* ---- the way there ---- */

static kt__parcel *take_parcels(kt_reactor *r, bool last) {
  pthread_mutex_lock(&r->balance.lock);
  kt__parcel *all = r->balance.parcels;
  r->balance.parcels = NULL;
  r->balance.closed |= last; /* what was posted before is still run behind the end */
  pthread_mutex_unlock(&r->balance.lock);
  return all;
}

static void unpack(void *reactor, void *unused) {
  (void)unused;
  kt_reactor *r = reactor;
  for (kt__parcel *p = take_parcels(r, false), *next; p; p = next) {
    next = p->next;
    kt__conn_take(r, p);
    kt_free(p);
  }
}

bool kt__balance_send(kt_reactor *to, const kt__parcel *parcel) {
  kt__parcel *p = kt_malloc(sizeof *p);
  if (!p) return false;
  pthread_mutex_lock(&to->balance.lock);
  bool sent = !to->balance.closed;
  if (sent) {
    *p = *parcel;
    p->next = to->balance.parcels;
    to->balance.parcels = p;
  }
  pthread_mutex_unlock(&to->balance.lock);
  if (sent)
    kt_reactor_post(to, unpack, to, NULL);
  else
    kt_free(p);
  return sent;
}

/* ---- life ---- */

void kt__balance_init(kt_reactor *r) {
  kt_timer_init(&r->balance.timer, look);
  r->balance.account_fd = -1;
  pthread_mutex_init(&r->balance.lock, NULL);
}

void kt__balance_deinit(kt_reactor *r) { pthread_mutex_destroy(&r->balance.lock); }

void kt__balance_start(kt_reactor *r) {
  uint16_t n;
  kt__server_reactors(r->server, &n);
  if (!r->config->rebalance || n < 2) return;
  kt__balance *b = &r->balance;
  b->account_fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  b->busy_ns = busy_ns(b);
  b->at_ns = r->loop.now_ns;
  kt_wheel_arm(&r->loop.wheel, &b->timer, r->loop.now_ms + KT_BALANCE_MS);
}

void kt__balance_stop(kt_reactor *r) {
  kt_wheel_cancel(&r->loop.wheel, &r->balance.timer);
  if (r->balance.account_fd >= 0) close(r->balance.account_fd);
  for (kt__parcel *p = take_parcels(r, true), *next; p; p = next) { /* came too late */
    next = p->next;
    if (p->in) kt_buf_join(&r->loop.bufs);
    if (p->in) kt_buf_put(&r->loop.bufs, p->in);
    if (p->filter) p->filter->ops->destroy(p->filter);
    if (p->h2) kt__h2_destroy(p->h2);
    close(p->fd);
    KT_COUNT(r->closed, 1);
    kt_free(p);
  }
}
