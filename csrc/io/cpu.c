#include "io/cpu.h"

#include <dirent.h>
#include <numa.h>
#include <numaif.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first of the threads that share this processor's core, which names the core; itself when nothing tells. */
static uint16_t core_of(const char *sysfs, uint16_t id) {
  char path[256];
  snprintf(path, sizeof path, "%s/cpu/cpu%u/topology/thread_siblings_list", sysfs, id);
  FILE *f = fopen(path, "re");
  if (!f) return id;
  unsigned first = id;
  if (fscanf(f, "%u", &first) != 1) first = id;
  fclose(f);
  return (uint16_t)first;
}

/* A processor's folder has an entry "nodeN". */
static uint16_t node_of(const char *sysfs, uint16_t id) {
  char path[256];
  snprintf(path, sizeof path, "%s/cpu/cpu%u", sysfs, id);
  DIR *folder = opendir(path);
  if (!folder) return 0;
  unsigned node = 0;
  for (struct dirent *e; (e = readdir(folder));)
    if (strncmp(e->d_name, "node", 4) == 0 && sscanf(e->d_name + 4, "%u", &node) == 1) break;
  closedir(folder);
  return (uint16_t)node;
}

static int compare(const void *a, const void *b) {
  const kt_cpu *x = a, *y = b;
  return x->sibling != y->sibling ? x->sibling - y->sibling : x->id - y->id;
}

void kt_topology_of(kt_topology *t, const char *sysfs, const uint16_t *ids, uint16_t n) {
  static _Thread_local uint16_t cores[KT_CPUS_MAX];
  uint64_t nodes[KT_NODES_MAX / 64] = {0};
  *t = (kt_topology){.count = n};
  for (uint16_t i = 0; i < n; i++) {
    kt_cpu *cpu = &t->cpus[i];
    *cpu = (kt_cpu){.id = ids[i], .node = node_of(sysfs, ids[i])};
    cores[i] = core_of(sysfs, ids[i]);
    for (uint16_t k = 0; k < i; k++) cpu->sibling += cores[k] == cores[i];
    t->cores += cpu->sibling == 0;
    uint64_t bit = (uint64_t)1 << cpu->node % 64, *word = &nodes[cpu->node / 64 % (KT_NODES_MAX / 64)];
    t->nodes += !(*word & bit);
    *word |= bit;
  }
  qsort(t->cpus, n, sizeof *t->cpus, compare);
}

void kt_topology_read(kt_topology *t) {
  uint16_t ids[KT_CPUS_MAX], n = 0;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    for (int i = 0; i < CPU_SETSIZE && n < KT_CPUS_MAX; i++)
      if (CPU_ISSET(i, &set)) ids[n++] = (uint16_t)i;
  if (n == 0) ids[n++] = 0;
  kt_topology_of(t, "/sys/devices/system", ids, n);
}

/* cgroup v2 writes "max 100000" or "200000 100000": quota and period in microseconds. */
uint16_t kt_cpu_quota(uint16_t all) {
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

kt_status kt_cpu_bind(const kt_cpu *cpu, const kt_topology *t) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu->id, &set);
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) return KT_EIO;
  if (t->nodes > 1 && numa_available() >= 0) numa_set_preferred(cpu->node);
  return KT_OK;
}

void kt_placement_save(kt_placement *p) {
  memset(p, 0, sizeof *p);
  pthread_getaffinity_np(pthread_self(), sizeof p->cpus, &p->cpus);
  p->has_policy = get_mempolicy(&p->policy, p->nodes, KT_NODES_MAX, NULL, 0) == 0;
}

void kt_placement_restore(const kt_placement *p) {
  pthread_setaffinity_np(pthread_self(), sizeof p->cpus, &p->cpus);
  if (p->has_policy) set_mempolicy(p->policy, p->nodes, KT_NODES_MAX);
}
