/* base: what every room stands on; it knows libc and nothing else.
 *
 * memory.h     allocation with a counter and a way to fail the n-th one in tests; KT_ASSERT for our own errors
 * buf.h        buffers of one size and a free list of them
 * filter.h     what a stream's bytes pass on their way to and from the wire
 * ring.h       circular buffer of bytes
 * slab.h       objects of one size in chunks
 * arena.h      a request's bump allocator
 * timer.h      hierarchical timer wheel driven by a time that the caller passes in
 * spsc.h       bounded ring of pointers from one thread to one other
 * mpsc.h       bounded ring of tasks from many threads to one
 * mpmc.h       bounded queue of pointers from many threads to many
 * histogram.h  percentiles of recorded values
 * scan.h       byte classes, comparison without case, UTF-8, with SIMD variants chosen once
 * crc32c.h     a checksum, with the processor's instruction where it has one
 * utf8.c       the UTF-8 functions of katana/bytes.h, a byte at a time */
#ifndef KT_BASE_H
#define KT_BASE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/crc32c.h"
#include "base/filter.h"
#include "base/histogram.h"
#include "base/memory.h"
#include "base/mpmc.h"
#include "base/mpsc.h"
#include "base/ring.h"
#include "base/scan.h"
#include "base/slab.h"
#include "base/spsc.h"
#include "base/timer.h"
#include "katana/bytes.h"

#endif
