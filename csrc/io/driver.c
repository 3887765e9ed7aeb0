#include "io/driver.h"

#include "io/uring.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static kt_uring_probed uring;

static void probe(void) { kt_uring_probe(&uring); }

const kt_driver *kt_driver_choose(const char *name, const char **reason) {
  if (!name || strcmp(name, "auto") == 0) {
    *reason = "as fast as io_uring with one socket per request, and everywhere";
    return &kt_driver_epoll;
  }
  if (strcmp(name, "epoll") == 0) {
    *reason = "asked for";
    return &kt_driver_epoll;
  }
  if (strcmp(name, "uring") != 0) {
    *reason = "known here: auto, epoll, uring";
    return NULL;
  }
  pthread_once(&once, probe);
  *reason = *uring.why_not ? uring.why_not : uring.features;
  return *uring.why_not ? NULL : &kt_driver_uring;
}
