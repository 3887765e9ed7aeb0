/* spinning.h: how threads of a test wait for each other at a queue. */
#ifndef KT_TEST_SPINNING_H
#define KT_TEST_SPINNING_H

#include <unistd.h>

#define SPINS_MAX 200

/* Spins for a while, so that threads meet at the queue, and sleeps then: sched_yield would hand whole time slices to
 * others on a busy processor. `tries` counts those that failed in a row. */
static void wait_a_little(unsigned *tries) {
  if (++*tries > SPINS_MAX) usleep(1);
}

#endif
