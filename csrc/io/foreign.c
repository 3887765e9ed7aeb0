#include "io/foreign.h"

#include "io/driver.h"

#include <fcntl.h>
#include <unistd.h>

/* It watches a descriptor of its own for the same file. A library may close the given one whenever it is called; what a
 * descriptor was is then no longer known, and epoll(7) could not forget it while a forked process holds the file. */
struct kt_foreign {
  kt_watch watch;
  kt_loop *loop;
  kt_foreign *next, **at; /* all of the loop's; `at` points to what points here */
  kt_foreign_fn ready;
  void *context;
};

static void ready(kt_watch *w) {
  kt_foreign *f = (kt_foreign *)w;
  f->ready(f->context, w->got);
}

static void drop(kt_foreign *f) {
  *f->at = f->next;
  if (f->next) f->next->at = f->at;
  close(f->watch.fd);
  kt_free(f);
}

static void gone(kt_watch *w) { drop((kt_foreign *)w); }

kt_foreign *kt_foreign_watch(kt_loop *l, int fd, unsigned events, kt_foreign_fn fn, void *context) {
  kt_foreign *f = kt_calloc(1, sizeof *f);
  if (!f) return NULL;
  int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  f->watch = (kt_watch){.tag = KT__TAG_WATCH, .ready = ready, .gone = gone, .fd = own, .events = (uint8_t)events};
  f->loop = l;
  f->ready = fn;
  f->context = context;
  KT_COUNT(l->counters.syscalls, 2);
  if (own < 0 || l->driver->watch(l, &f->watch) != KT_OK) {
    if (own >= 0) close(own);
    kt_free(f);
    return NULL;
  }
  f->next = l->foreign;
  f->at = &l->foreign;
  if (f->next) f->next->at = &f->next;
  l->foreign = f;
  return f;
}

kt_status kt_foreign_want(kt_foreign *f, unsigned events) {
  if (f->watch.events == events) return KT_OK;
  return f->loop->driver->rewatch(f->loop, &f->watch, events);
}

void kt_foreign_unwatch(kt_foreign *f) { f->loop->driver->unwatch(f->loop, &f->watch); }

void kt_foreign__deinit(kt_loop *l) {
  l->gone = NULL;
  while (l->foreign) drop(l->foreign);
}
