#include "server/workers.h"

#include <string.h>

enum { QUEUED, TAKEN, CANCELLED };

/* From QUEUED to one of the others; false when somebody was faster. */
static bool claim(kt_work *work, uint8_t state) {
  uint8_t queued = QUEUED;
  return __atomic_compare_exchange_n(&work->state, &queued, state, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

bool kt_work_cancel(kt_work *work) { return claim(work, CANCELLED); }
bool kt_work_cancelled(const kt_work *work) { return __atomic_load_n(&work->state, __ATOMIC_ACQUIRE) == CANCELLED; }

static void tell(void *work, void *unused) {
  (void)unused;
  ((kt_work *)work)->done(work);
}

static kt_work *take(kt_workers *w) {
  kt_work *work = w->first;
  w->first = work->next;
  if (!w->first) w->last = NULL;
  w->queued--;
  return work;
}

/* Without the lock. Afterwards the memory is the submitter's. */
static bool execute(kt_work *work) {
  bool runs = claim(work, TAKEN);
  if (runs) work->run(work);
  kt_reactor_post(work->reactor, tell, work, NULL);
  return runs;
}

static void *work_on(void *workers) {
  kt_workers *w = workers;
  pthread_mutex_lock(&w->lock);
  for (;;) {
    while (!w->first && !w->ending) {
      w->idle++;
      pthread_cond_wait(&w->wake, &w->lock);
      w->idle--;
    }
    if (w->ending) break;
    kt_work *work = take(w);
    pthread_mutex_unlock(&w->lock);
    bool ran = execute(work);
    pthread_mutex_lock(&w->lock);
    if (ran)
      w->done++;
    else
      w->cancelled++;
  }
  pthread_mutex_unlock(&w->lock);
  return NULL;
}

kt_status kt__workers_init(kt_workers *w, uint16_t max, uint32_t queue_max) {
  *w = (kt_workers){.max = max, .queue_max = queue_max};
  w->threads = kt_calloc(max + 1u, sizeof *w->threads);
  if (!w->threads) return KT_ENOMEM;
  pthread_mutex_init(&w->lock, NULL);
  pthread_cond_init(&w->wake, NULL);
  return KT_OK;
}

void kt__workers_deinit(kt_workers *w) {
  if (!w->threads) return;
  pthread_mutex_lock(&w->lock);
  w->ending = true;
  pthread_cond_broadcast(&w->wake);
  pthread_mutex_unlock(&w->lock);
  for (uint16_t i = 0; i < w->started; i++) pthread_join(w->threads[i], NULL);
  pthread_cond_destroy(&w->wake);
  pthread_mutex_destroy(&w->lock);
  kt_free(w->threads);
  w->threads = NULL;
}

/* A thread for the new work, unless one waits for it already. The kernel may refuse; those that run go on. */
static void start_thread(kt_workers *w) {
  if (w->idle >= w->queued || w->started == w->max) return;
  if (pthread_create(&w->threads[w->started], NULL, work_on, w) != 0) return;
  pthread_setname_np(w->threads[w->started], "worker");
  w->started++;
}

kt_status kt__workers_submit(kt_workers *w, kt_work *work) {
  pthread_mutex_lock(&w->lock);
  uint64_t room = (uint64_t)w->queue_max + w->idle; /* idle threads are about to take what is queued */
  bool full = w->max == 0 || w->ending || (w->queued >= room && w->started == w->max);
  if (!full) {
    work->next = NULL;
    work->state = QUEUED;
    if (w->last)
      w->last->next = work;
    else
      w->first = work;
    w->last = work;
    w->queued++;
    start_thread(w);
    full = w->started == 0;
    if (full) take(w); /* no thread could be started at all; the list held nothing else */
  }
  if (full)
    w->refused++;
  else
    pthread_cond_signal(&w->wake);
  pthread_mutex_unlock(&w->lock);
  return full ? KT_EFULL : KT_OK;
}
