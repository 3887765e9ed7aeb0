#include "base/histogram.h"

#include "base/memory.h"

#include <string.h>

void kt_histogram_init(kt_histogram *h) {
  memset(h, 0, sizeof *h);
  h->min = UINT64_MAX;
}

void kt_histogram_merge(kt_histogram *h, const kt_histogram *from) {
  for (uint32_t i = 0; i < KT_HISTOGRAM_BUCKETS; i++) h->counts[i] += from->counts[i];
  h->count += from->count;
  h->sum += from->sum;
  if (from->min < h->min) h->min = from->min;
  if (from->max > h->max) h->max = from->max;
}

/* The greatest value of a bucket. Buckets from 2^7 on come in groups that lose one more bit than those before. */
static uint64_t greatest(uint32_t bucket) {
  uint32_t group = bucket >> KT_HISTOGRAM_BITS, lost = group ? group - 1 : 0;
  uint64_t kept = bucket - (lost << KT_HISTOGRAM_BITS);
  return ((kept + 1) << lost) - 1; /* the very last one wraps to UINT64_MAX */
}

/* Which of the values in ascending order, from 1: the first that has `percent` of them at or below itself. */
static uint64_t rank(uint64_t count, double percent) {
  double exact = percent / 100 * (double)count;
  if (exact >= (double)count) return count;
  uint64_t whole = exact > 0 ? (uint64_t)exact : 0;
  whole += (double)whole < exact * (1 - 0x1p-50); /* 99.9 % of 1000 is the 999th, not what rounding makes of it */
  return whole ? whole : 1;
}

uint64_t kt_histogram_percentile(const kt_histogram *h, double percent) {
  if (h->count == 0) return 0;
  uint64_t wanted = rank(h->count, percent), seen = 0;
  uint32_t last = kt__histogram_bucket(h->max);
  for (uint32_t i = kt__histogram_bucket(h->min); i < last; i++) {
    seen += h->counts[i];
    if (seen >= wanted) return greatest(i);
  }
  return h->max;
}

double kt_histogram_mean(const kt_histogram *h) { return h->count ? (double)h->sum / (double)h->count : 0; }
uint64_t kt_histogram_min(const kt_histogram *h) { return h->count ? h->min : 0; }
uint64_t kt_histogram_max(const kt_histogram *h) { return h->max; }

void kt_histogram_check(const kt_histogram *h) {
  uint64_t sum = 0;
  uint32_t first = KT_HISTOGRAM_BUCKETS, last = 0;
  for (uint32_t i = 0; i < KT_HISTOGRAM_BUCKETS; i++) {
    sum += h->counts[i];
    if (h->counts[i] == 0) continue;
    if (first == KT_HISTOGRAM_BUCKETS) first = i;
    last = i;
  }
  KT_ASSERT(sum == h->count);
  if (h->count == 0) {
    KT_ASSERT(h->min == UINT64_MAX && h->max == 0 && h->sum == 0);
    return;
  }
  KT_ASSERT(h->min <= h->max);
  KT_ASSERT(kt__histogram_bucket(h->min) == first && kt__histogram_bucket(h->max) == last);
  KT_ASSERT(h->sum >= h->max && h->sum <= (unsigned __int128)h->max * h->count);
  (void)first, (void)last;
}
