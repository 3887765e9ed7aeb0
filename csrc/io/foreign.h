/* foreign.h: descriptors that belong to a library which reads and writes them itself, such as libpq: the loop says when
 * that makes sense.
 *
 * Workload: a few per loop, each for minutes, almost always watched for reading only. Writing is watched for while the
 * peer takes nothing. */
#ifndef KT_IO_FOREIGN_H
#define KT_IO_FOREIGN_H

#include "io/stream.h"

typedef struct kt_foreign kt_foreign;
/* `events` are those of KT__WATCH_READ and KT__WATCH_WRITE that are wanted and at hand; an error counts as both. */
typedef void (*kt_foreign_fn)(void *context, unsigned events);

/* Level-triggered. NULL when memory is out or the kernel refuses. The file stays open until the watch has ended. */
kt_foreign *kt_foreign_watch(kt_loop *l, int fd, unsigned events, kt_foreign_fn ready, void *context);
/* From now on these events; none is a pause. KT_EIO: the kernel refuses, nothing can be relied on. */
kt_status kt_foreign_want(kt_foreign *f, unsigned events);
/* No event follows. The library may have closed its descriptor before. */
void kt_foreign_unwatch(kt_foreign *f);
/* Frees those that are still there; the driver is closed. */
void kt_foreign__deinit(kt_loop *l);

#endif
