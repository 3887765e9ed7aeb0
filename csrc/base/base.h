/* base.h: the bottom room. It knows libc and nothing of ours above include/katana/bytes.h.
 *
 * Workload. A reactor answers some 10^5 requests a second on one core. Per request it takes one
 * read buffer and gives it back, bumps an arena a few times, scans a dozen short slices and re-arms
 * one timer. Per connection it takes one slab object. Once in a while another thread hands it a
 * task. So everything here belongs to one reactor and is not locked; the only types that two
 * threads may touch at once are kt_mpsc and the immutable tables.
 *
 *   assert.h  KT_ASSERT: our own errors stop the program in debug and sanitizer builds
 *   memory.h  malloc and friends with a per-thread count, and a way to make the n-th call fail
 *   status.h  names of kt_status
 *   buf.h     pooled byte buffers of one size
 *   slab.h    fixed-size objects
 *   arena.h   memory that dies with its request
 *   timer.h   hierarchical timer wheel, time is an argument
 *   mpsc.h    ring of tasks from other threads
 *   scan.h    SIMD scans for the protocol rooms, UTF-8, comparison without case
 *   hash.h    64-bit hash of bytes
 *
 * Each structure has kt_*_check, which holds its invariant against the fields and is called by the
 * tests. Nothing here opens, sleeps, logs or reads a clock. */
#ifndef KT_BASE_BASE_H
#define KT_BASE_BASE_H

#include "base/arena.h"
#include "base/assert.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/mpsc.h"
#include "base/scan.h"
#include "base/slab.h"
#include "base/status.h"
#include "base/timer.h"
#include "katana/bytes.h"

#endif
