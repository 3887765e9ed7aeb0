/* holder.h: a process that was forked and holds what was open then, as each one does that another thread starts, until
 * it has become its program. */
#ifndef KT_TEST_HOLDER_H
#define KT_TEST_HOLDER_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t forked_holder(void) {
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pause();
    _exit(0);
  }
  CHECK(child > 0);
  return child;
}

static void end_holder(pid_t child) {
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}

#endif
