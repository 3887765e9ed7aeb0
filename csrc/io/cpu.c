#include "io/cpu.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

uint16_t kt_cpu_list(uint16_t *cpus, uint16_t max) {
  cpu_set_t set;
  CPU_ZERO(&set);
  uint16_t n = 0;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    for (int i = 0; i < CPU_SETSIZE && n < max; i++)
      if (CPU_ISSET(i, &set)) cpus[n++] = (uint16_t)i;
  if (n == 0 && max > 0) cpus[n++] = 0;
  return n;
}

/* cgroup v2 writes "max 100000" or "200000 100000": quota and period in microseconds. */
static uint16_t quota_cpus(uint16_t all) {
  FILE *f = fopen("/sys/fs/cgroup/cpu.max", "re");
  if (!f) return all;
  char quota[32];
  unsigned long period = 0;
  int got = fscanf(f, "%31s %lu", quota, &period);
  fclose(f);
  if (got != 2 || period == 0 || quota[0] == 'm') return all;
  unsigned long cpus = (strtoul(quota, NULL, 10) + period - 1) / period;
  if (cpus == 0) cpus = 1;
  return cpus < all ? (uint16_t)cpus : all;
}

uint16_t kt_cpu_usable(void) {
  uint16_t cpus[KT_CPUS_MAX];
  return quota_cpus(kt_cpu_list(cpus, KT_CPUS_MAX));
}

kt_status kt_cpu_pin(uint16_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0 ? KT_OK : KT_EIO;
}
