/* driver.h: the I/O driver that the environment names in KATANA_IO; "auto" without it. Each test of io and server runs
 * on every driver. */
#ifndef KT_TEST_DRIVER_H
#define KT_TEST_DRIVER_H

#include "io/driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define TEST_SKIPPED 77 /* ctest's SKIP_RETURN_CODE */

static const char *test_driver_name(void) {
  const char *name = getenv("KATANA_IO");
  return name ? name : "auto";
}

/* Ends the program as skipped where the kernel has no such driver. */
static const kt_driver *test_driver(void) {
  const char *reason;
  const kt_driver *driver = kt_driver_choose(test_driver_name(), &reason);
  if (driver) return driver;
  printf("skipped: no I/O driver '%s': %s\n", test_driver_name(), reason);
  exit(TEST_SKIPPED);
}

/* recv(2), for a thread that a ring belonged to: its end interrupts what the thread waits in, without a signal. */
static ssize_t peer_recv(int fd, void *to, size_t n, int flags) {
  size_t got = 0;
  for (;;) {
    ssize_t part = recv(fd, (char *)to + got, n - got, flags);
    if (part < 0 && errno == EINTR) continue;
    if (part <= 0) return got ? (ssize_t)got : part;
    got += (size_t)part;
    if (got == n || !(flags & MSG_WAITALL)) return (ssize_t)got;
  }
}

#endif
