/* spinning.h: ends a test whose threads spin for ever, as for an item that was lost. It counts the time that processors
 * spent on the process: that of the clock says nothing on a busy machine, where each sched_yield costs a time slice. */
#ifndef KT_TEST_SPINNING_H
#define KT_TEST_SPINNING_H

#include <sys/time.h>

#define SPINNING_MAX_S 240

/* 0 seconds: no limit any more. */
static void limit_spinning(time_t seconds) {
  struct itimerval limit = {.it_value = {.tv_sec = seconds}};
  setitimer(ITIMER_PROF, &limit, NULL); /* SIGPROF ends the process */
}

#endif
