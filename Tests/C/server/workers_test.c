/* Work that blocks, away from the reactor. The work waits for a gate that the test opens. */
#include "harness.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct job {
  kt_work work;
  kt_exchange *x;
} job;

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_int running, ran;
static job *last_job;

static void run_job(kt_work *work) {
  (void)work;
  if (kt_reactor_current()) abort();
  atomic_fetch_add(&running, 1);
  pthread_mutex_lock(&gate);
  pthread_mutex_unlock(&gate);
  atomic_fetch_add(&ran, 1);
}

static void job_done(kt_work *work) {
  job *j = (job *)work;
  const char *text = kt_work_cancelled(work) ? "cancelled" : "worked";
  if (!kt_reactor_current()) text = "not on the reactor";
  kt_response_send(j->x, 200, KT_BYTES("text/plain"), text, strlen(text));
  kt_exchange_leave(j->x);
  free(j);
}

static void offload(void *context, kt_exchange *x) {
  (void)context;
  kt_exchange_suspend(x);
  job *j = last_job = calloc(1, sizeof *j);
  *j = (job){.work = {.run = run_job, .done = job_done}, .x = x};
  if (kt_reactor_offload(kt_exchange_reactor(x), &j->work) == KT_OK) return;
  kt_response_send(x, 503, KT_BYTES("text/plain"), "full", 4);
  kt_exchange_leave(x);
  free(j);
}

static void cancel_last(void *context, kt_exchange *x) {
  (void)context;
  const char *text = kt_work_cancel(&last_job->work) ? "in time" : "too late";
  kt_response_send(x, 200, KT_BYTES("text/plain"), text, strlen(text));
}

static const kt_route_spec specs[] = {
    ROUTE(KT_GET, "/", hello),
    ROUTE(KT_GET, "/work", offload),
    ROUTE(KT_GET, "/cancel", cancel_last),
};
#define SPECS specs, sizeof specs / sizeof *specs
#define GET_WORK "GET /work HTTP/1.1\r\nHost: a\r\n\r\n"

static harness serve_workers(uint16_t workers, uint32_t queue_max) {
  kt_config c = test_config();
  c.workers = workers;
  c.work_queue_max = queue_max;
  atomic_store(&running, 0);
  atomic_store(&ran, 0);
  return serve(&c, SPECS);
}

static void wait_for(atomic_int *count, int n) {
  EVENTUALLY(atomic_load(count) >= n);
  CHECK_EQ(atomic_load(count), n);
}

static void wait_for_queue(harness *h, uint64_t n) {
  EVENTUALLY(kt_server_counters(h->server).work_queued == n);
}

TEST("a request that blocks keeps no other request of its reactor waiting") {
  harness h = serve_workers(2, 4);
  pthread_mutex_lock(&gate);
  int slow = dial(&h), fast = dial(&h);
  say(slow, GET_WORK);
  wait_for(&running, 1);
  say(fast, GET_HELLO);
  CHECK(has(hear_until(fast, "hello"), "200"));
  CHECK_EQ(atomic_load(&ran), 0);
  pthread_mutex_unlock(&gate);
  CHECK(has(hear_until(slow, "worked"), "200"));
  close(slow), close(fast);
  stop(&h);
}

TEST("work beyond the workers waits, beyond the queue it is refused, and the counters tell") {
  harness h = serve_workers(1, 2);
  pthread_mutex_lock(&gate);
  int fds[4];
  for (int i = 0; i < 3; i++) {
    fds[i] = dial(&h);
    say(fds[i], GET_WORK);
    if (i == 0) wait_for(&running, 1);
    else wait_for_queue(&h, (uint64_t)i);
  }
  fds[3] = dial(&h);
  say(fds[3], GET_WORK);
  CHECK(has(hear_until(fds[3], "full"), "503"));
  pthread_mutex_unlock(&gate);
  for (int i = 0; i < 3; i++) CHECK(has(hear_until(fds[i], "worked"), "200"));
  kt_counters c = kt_server_counters(h.server);
  CHECK_EQ(c.work_refused, 1);
  CHECK_EQ(c.work_queued, 0);
  for (int i = 0; i < 4; i++) close(fds[i]);
  stop(&h);
}

TEST("without a queue, work goes to a free worker or is refused") {
  harness h = serve_workers(1, 0);
  for (int i = 1; i <= 3; i++) {
    pthread_mutex_lock(&gate);
    int first = dial(&h), second = dial(&h);
    say(first, GET_WORK);
    wait_for(&running, i);
    say(second, GET_WORK);
    CHECK(has(hear_until(second, "full"), "503"));
    pthread_mutex_unlock(&gate);
    CHECK(has(hear_until(first, "worked"), "200"));
    close(first), close(second);
    EVENTUALLY(kt_server_counters(h.server).work_running == 0);
  }
  stop(&h);
}

TEST("work that is cancelled before it begins does not run, and its submitter hears of it") {
  harness h = serve_workers(1, 2);
  pthread_mutex_lock(&gate);
  int first = dial(&h), second = dial(&h), third = dial(&h);
  say(first, GET_WORK);
  wait_for(&running, 1);
  say(third, "GET /cancel HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(has(hear_until(third, "too late"), "200"));
  say(second, GET_WORK);
  wait_for_queue(&h, 1);
  say(third, "GET /cancel HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(has(hear_until(third, "in time"), "200"));
  pthread_mutex_unlock(&gate);
  CHECK(has(hear_until(first, "worked"), "200"));
  CHECK(has(hear_until(second, "cancelled"), "200"));
  CHECK_EQ(atomic_load(&ran), 1);
  close(first), close(second), close(third);
  stop(&h);
}

TEST("a server without workers refuses work that blocks") {
  harness h = serve_workers(0, 2);
  int fd = dial(&h);
  say(fd, GET_WORK);
  CHECK(has(hear_until(fd, "full"), "503"));
  close(fd);
  stop(&h);
}
