/* workers.h: threads for work that blocks, shared by all reactors.
 *
 * Workload: a few calls a second that wait for a disk or a library, beside thousands of requests that do not. So a
 * lock and a condition are enough here, threads start when there is work for them, and what does not fit the queue is
 * refused at once rather than late. */
#ifndef KT_SERVER_WORKERS_H
#define KT_SERVER_WORKERS_H

#include "base/base.h"
#include "katana/server.h"

#include <pthread.h>

/* Invariant: queued counts the list; idle + busy == started <= max. */
typedef struct kt_workers {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  kt_work *first, *last; /* waiting, oldest first */
  uint32_t queued, queue_max;
  uint16_t started, idle, max;
  bool ending;
  pthread_t *threads;
  uint64_t done, refused, cancelled;
} kt_workers;

/* KT_ENOMEM, or KT_OK. Starts no thread yet. */
kt_status kt__workers_init(kt_workers *w, uint16_t max, uint32_t queue_max);
/* Waits for the work that runs and drops what is queued: the reactors that would be told have ended. */
void kt__workers_deinit(kt_workers *w);
/* KT_EFULL when every thread is busy and the queue is full. */
kt_status kt__workers_submit(kt_workers *w, kt_work *work);

#endif
