/* micro.h: a micro-benchmark's rows. An operation is timed in batches, so that the clock's own cost (20 ns) is not what
 * is measured; a batch is sized to take about 20 µs. Percentiles are over batches, per operation.
 *
 *   static void find(void *context, uint64_t count) { for (...) ... }      does `count` operations
 *   int main(int argc, char **argv) {
 *     micro_begin(argc, argv);
 *     micro_row("crlf 16 KB", "one scan of 16 KB for CRLF", find, &input, 2.6e6);
 *   }
 *
 * A program runs its rows in order, or those whose name contains its first argument. KATANA_MICRO_SECONDS sets the time
 * box of a row, 0.5 s unless told, after a warm-up of a fifth of it. */
#ifndef KT_BENCH_MICRO_H
#define KT_BENCH_MICRO_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MICRO_SAMPLES_MAX 200000
#define MICRO_BATCH_NS 20000

typedef void (*micro_fn)(void *context, uint64_t count);

static const char *micro_filter;
static double micro_seconds = 0.5;
static double micro_samples[MICRO_SAMPLES_MAX];

/* Keeps a value, and what led to it, from being optimised away. */
#define MICRO_USE(value) __asm__ volatile("" : : "g"(value) : "memory")

static inline uint64_t micro_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline int micro_compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static inline void micro_begin(int argc, char **argv) {
  if (argc > 1) micro_filter = argv[1];
  const char *seconds = getenv("KATANA_MICRO_SECONDS");
  if (seconds) micro_seconds = atof(seconds);
  printf("%-28s %12s %9s %9s %8s  %s\n", "row", "ops/s", "p50 ns", "p99 ns", "x seed", "an operation is");
}

static inline int micro_wanted(const char *name) { return !micro_filter || strstr(name, micro_filter); }

static inline void micro_print(const char *name, const char *operation, double ops, double p50, double p99, double seed) {
  char ratio[24] = "-";
  if (seed > 0) snprintf(ratio, sizeof ratio, "%.2f", ops / seed);
  printf("%-28s %12.4g %9.2f %9.2f %8s  %s\n", name, ops, p50, p99, ratio, operation);
  fflush(stdout);
}

/* The largest batch that takes no more than MICRO_BATCH_NS, found by doubling. */
static inline uint64_t micro_batch(micro_fn fn, void *context) {
  for (uint64_t count = 1;; count *= 2) {
    uint64_t began = micro_now();
    fn(context, count);
    if (micro_now() - began >= MICRO_BATCH_NS / 2 || count >= 1u << 24) return count;
  }
}

/* `seed`: operations per second of the KATANA C++ project on such a machine (README.md beside this file), or 0. */
static inline void micro_row(const char *name, const char *operation, micro_fn fn, void *context, double seed) {
  if (!micro_wanted(name)) return;
  uint64_t warm_until = micro_now() + (uint64_t)(micro_seconds * 2e8);
  uint64_t batch = micro_batch(fn, context);
  while (micro_now() < warm_until) fn(context, batch);
  batch = micro_batch(fn, context);
  uint64_t began = micro_now(), end = began + (uint64_t)(micro_seconds * 1e9), before = began, operations = 0;
  size_t n = 0;
  while (before < end && n < MICRO_SAMPLES_MAX) {
    fn(context, batch);
    uint64_t now = micro_now();
    micro_samples[n++] = (double)(now - before) / (double)batch;
    operations += batch;
    before = now;
  }
  qsort(micro_samples, n, sizeof *micro_samples, micro_compare);
  micro_print(name, operation, (double)operations / ((double)(before - began) / 1e9), micro_samples[n / 2],
              micro_samples[n * 99 / 100], seed);
}

#endif
