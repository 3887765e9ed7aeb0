/* uring.h: setting a ring up, by the best of what the kernel has. */
#ifndef KT_IO_URING_H
#define KT_IO_URING_H

#include "base/base.h"

struct io_uring;
struct io_uring_buf_ring;

#ifndef KT_URING_ENTRIES /* the tests also build with rings that are always too small */
#define KT_URING_ENTRIES 1024     /* operations prepared between two submissions; more submit early */
#define KT_URING_COMPLETIONS 8192 /* beyond, the kernel keeps them and multishot operations are armed anew */
#define KT_URING_BUFFERS 512      /* receive buffers of a loop, for what arrives between two turns */
#define KT_URING_BUFFER_SIZE 4096
#endif
#define KT_URING_GROUP 0

/* Receive buffers that the kernel picks from. */
typedef struct kt_uring_group {
  struct io_uring_buf_ring *ring;
  uint8_t *buffers;
} kt_uring_group;

static inline const uint8_t *kt_uring_buffer(const kt_uring_group *g, unsigned id) {
  return g->buffers + (size_t)id * KT_URING_BUFFER_SIZE;
}
void kt_uring_give_back(kt_uring_group *g, unsigned id);

/* A ring that is disabled until its thread enables it, and its buffers. Returns 0 or an errno value, and then nothing
 * is left to tear down. */
int kt_uring_setup(struct io_uring *ring, kt_uring_group *group);
/* Called once, on the thread that is to use the ring. 0 or an errno value. */
int kt_uring_enable(struct io_uring *ring);
void kt_uring_teardown(struct io_uring *ring, kt_uring_group *group);

typedef struct kt_uring_probed {
  char why_not[160];    /* empty when the driver can be had */
  const char *features; /* the rung of set-up flags that was reached */
  unsigned rung;        /* 0 is the best */
} kt_uring_probed;

/* Finds out whether the kernel does, under the limits of this process, all that the driver needs, by doing it. */
void kt_uring_probe(kt_uring_probed *found);

#endif
