/* histogram.h: how often which values were seen, in buckets whose width grows with the value.
 *
 * Workload: a latency is recorded for every request; percentiles are asked for every few seconds, from the sum of all
 * reactors' histograms. Latencies span from 1 us to minutes and are read with two digits or three, so buckets are
 * exact below 256 and then 128 to each power of two. With a thousand to each, a histogram would take 450 KB in place of
 * 58, and recording would miss the second-level cache; the third digit of a percentile is noise.
 *
 * Error: percentiles are never less than the true value and exceed it by less than 1/128 (0.79 %) of it. Count, sum,
 * mean, least and greatest are exact. The range is all of uint64_t, whatever the unit is.
 *
 * Threads: one at a time; each recording thread has its own, and whoever merges them must hold both still. Memory: a
 * fixed size, the caller's; nothing here allocates. */
#ifndef KT_BASE_HISTOGRAM_H
#define KT_BASE_HISTOGRAM_H

#include <stdint.h>

#define KT_HISTOGRAM_BITS 7 /* 2^7 buckets to a power of two */
#define KT_HISTOGRAM_BUCKETS ((64 - KT_HISTOGRAM_BITS + 1) << KT_HISTOGRAM_BITS)

/* Invariant: count is the sum of counts; min and max lie in the first and last bucket that is not empty; min <= max,
 * unless count is 0, when they are UINT64_MAX and 0. */
typedef struct kt_histogram {
  uint64_t count;
  uint64_t min, max;
  unsigned __int128 sum;
  uint64_t counts[KT_HISTOGRAM_BUCKETS];
} kt_histogram;

/* Also forgets what was recorded. */
void kt_histogram_init(kt_histogram *h);

/* The leading bit and the 7 after it; the rest is what a bucket does not tell apart. Values below 2^8 lose nothing. */
static inline uint32_t kt__histogram_bucket(uint64_t value) {
  uint32_t top = 63 - (uint32_t)__builtin_clzll(value | (UINT64_C(1) << KT_HISTOGRAM_BITS));
  uint32_t lost = top - KT_HISTOGRAM_BITS;
  return (lost << KT_HISTOGRAM_BITS) + (uint32_t)(value >> lost);
}

static inline void kt_histogram_record(kt_histogram *h, uint64_t value) {
  h->counts[kt__histogram_bucket(value)]++;
  h->count++;
  h->sum += value;
  if (value < h->min) h->min = value;
  if (value > h->max) h->max = value;
}

/* Adds all that `from` has seen. */
void kt_histogram_merge(kt_histogram *h, const kt_histogram *from);

/* The value that `percent` of all recorded ones do not exceed: the greatest of its bucket, and never more than the
 * greatest recorded. `percent` is from 0, the least value's bucket, to 100. 0 when nothing was recorded. */
uint64_t kt_histogram_percentile(const kt_histogram *h, double percent);
/* 0 when nothing was recorded. */
double kt_histogram_mean(const kt_histogram *h);
uint64_t kt_histogram_min(const kt_histogram *h);
uint64_t kt_histogram_max(const kt_histogram *h);

/* Asserts the invariant; for tests. */
void kt_histogram_check(const kt_histogram *h);

#endif
