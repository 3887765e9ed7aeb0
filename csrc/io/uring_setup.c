#include "io/uring.h"

#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Best first; a kernel that does not know a flag says EINVAL. */
static const struct rung {
  unsigned flags;
  const char *features;
} rungs[] = {
    {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, "DEFER_TASKRUN"},
    {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN, "COOP_TASKRUN, one issuer"},
    {IORING_SETUP_COOP_TASKRUN, "COOP_TASKRUN"},
    {0, "plain set-up"},
};
#define RUNGS (sizeof rungs / sizeof *rungs)

static int queue_init(struct io_uring *ring, kt_uring_probed *found) {
  int error = 0;
  for (size_t i = 0; i < RUNGS; i++) {
    struct io_uring_params p = {
        .flags = rungs[i].flags | IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
        .cq_entries = KT_URING_COMPLETIONS,
    };
    error = io_uring_queue_init_params(KT_URING_ENTRIES, ring, &p);
    if (error == 0) {
      if (found) {
        found->features = rungs[i].features;
        found->rung = (unsigned)i;
      }
      return 0;
    }
    if (error != -EINVAL) break;
  }
  return -error;
}

void kt_uring_give_back(kt_uring_group *g, unsigned id) {
  io_uring_buf_ring_add(g->ring, g->buffers + (size_t)id * KT_URING_BUFFER_SIZE, KT_URING_BUFFER_SIZE,
                        (unsigned short)id, io_uring_buf_ring_mask(KT_URING_BUFFERS), 0);
  io_uring_buf_ring_advance(g->ring, 1);
}

#define PAGE_SIZE 4096
#define GROUP_RING_SIZE ((KT_URING_BUFFERS * sizeof(struct io_uring_buf) + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE)
#define GROUP_SIZE (GROUP_RING_SIZE + (size_t)KT_URING_BUFFERS * KT_URING_BUFFER_SIZE)

static int open_group(struct io_uring *ring, kt_uring_group *g) {
  void *p = mmap(NULL, GROUP_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return errno;
  g->ring = p;
  g->buffers = (uint8_t *)p + GROUP_RING_SIZE;
  io_uring_buf_ring_init(g->ring);
  struct io_uring_buf_reg reg = {
      .ring_addr = (uint64_t)(uintptr_t)p, .ring_entries = KT_URING_BUFFERS, .bgid = KT_URING_GROUP};
  int error = io_uring_register_buf_ring(ring, &reg, 0);
  if (error) {
    munmap(p, GROUP_SIZE);
    return -error;
  }
  for (unsigned id = 0; id < KT_URING_BUFFERS; id++) kt_uring_give_back(g, id);
  return 0;
}

/* The kernel ties a ring to the thread that made it, and interrupts that thread's system calls when the ring goes. So a
 * thread that ends at once makes it. */
static int on_own_thread(void *(*fn)(void *), void *argument) {
  pthread_t thread;
  int error = pthread_create(&thread, NULL, fn, argument);
  if (!error) pthread_join(thread, NULL);
  return error;
}

typedef struct setup {
  struct io_uring *ring;
  kt_uring_group *group;
  int error;
} setup;

static void *run_setup(void *argument) {
  setup *s = argument;
  s->error = queue_init(s->ring, NULL);
  if (s->error) return NULL;
  s->error = open_group(s->ring, s->group);
  if (s->error) io_uring_queue_exit(s->ring);
  return NULL;
}

int kt_uring_setup(struct io_uring *ring, kt_uring_group *group) {
  setup s = {.ring = ring, .group = group};
  int error = on_own_thread(run_setup, &s);
  return error ? error : s.error;
}

/* liburing 2.3 declares io_uring_enable_rings but does not export it. */
int kt_uring_enable(struct io_uring *ring) {
  return syscall(SYS_io_uring_register, ring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0) < 0 ? errno : 0;
}

void kt_uring_teardown(struct io_uring *ring, kt_uring_group *group) {
  io_uring_queue_exit(ring);
  munmap(group->ring, GROUP_SIZE);
}

static void explain(kt_uring_probed *found, int error, const char *what) {
  const char *why = error == EPERM    ? "not permitted (kernel.io_uring_disabled or a seccomp filter)"
                    : error == ENOSYS ? "not in this kernel"
                    : error == ENOMEM ? "no memory (RLIMIT_MEMLOCK?)"
                    : error == EINVAL ? "this kernel is too old; 6.0 is needed"
                                      : strerror(error);
  snprintf(found->why_not, sizeof found->why_not, "%s: %s", what, why);
}

/* One byte through a multishot receive. */
static void try_receive(kt_uring_probed *found, struct io_uring *ring, const int pair[2]) {
  int error = kt_uring_enable(ring);
  if (error) {
    explain(found, error, "io_uring_register (enable)");
    return;
  }
  struct io_uring_sqe *e = io_uring_get_sqe(ring);
  io_uring_prep_recv_multishot(e, pair[0], NULL, 0, 0);
  e->flags |= IOSQE_BUFFER_SELECT;
  e->buf_group = KT_URING_GROUP;
  struct io_uring_cqe *c;
  struct __kernel_timespec limit = {.tv_sec = 1};
  error = write(pair[1], "x", 1) == 1 ? -io_uring_submit_and_wait_timeout(ring, &c, 1, &limit, NULL) : errno;
  if (error > 0)
    explain(found, error, "io_uring_enter");
  else if (c->res != 1)
    explain(found, -c->res, "multishot receive");
  else if (!(c->flags & IORING_CQE_F_MORE))
    explain(found, EINVAL, "multishot receive");
  else
    io_uring_cqe_seen(ring, c);
}

/* An offer (uring.c) that does not fit must get a completion with what went, in the call that submits it: 2 MB to a
 * peer that does not read. The driver trusts this with its clients' bytes. */
static void try_offer(kt_uring_probed *found, struct io_uring *ring, const int pair[2]) {
  struct io_uring_sqe *e = io_uring_get_sqe(ring);
  static const uint8_t bytes[2 * 1024 * 1024];
  size_t size = sizeof bytes;
  io_uring_prep_send(e, pair[0], bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL);
  e->flags |= IOSQE_CQE_SKIP_SUCCESS;
  struct io_uring_cqe *c;
  int error = io_uring_submit_and_get_events(ring);
  if (error < 0)
    explain(found, -error, "io_uring_enter");
  else if (io_uring_peek_cqe(ring, &c) != 0 || c->res <= 0 || (size_t)c->res >= size)
    explain(found, EINVAL, "a send that is cut short");
}

static void *run_probe(void *argument) {
  kt_uring_probed *found = argument;
  struct io_uring ring;
  kt_uring_group group;
  int error = queue_init(&ring, found);
  if (error) {
    explain(found, error, "io_uring_setup");
    return NULL;
  }
  error = open_group(&ring, &group);
  if (error) {
    explain(found, error, "io_uring_register (buffers)");
    io_uring_queue_exit(&ring);
    return NULL;
  }
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0) {
    try_receive(found, &ring, pair);
    if (!*found->why_not) try_offer(found, &ring, pair);
    close(pair[0]);
    close(pair[1]);
  } else {
    explain(found, errno, "socketpair");
  }
  kt_uring_teardown(&ring, &group);
  return NULL;
}

void kt_uring_probe(kt_uring_probed *found) {
  *found = (kt_uring_probed){.features = ""};
  int error = on_own_thread(run_probe, found);
  if (error) explain(found, error, "pthread_create");
}
