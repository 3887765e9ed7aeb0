/* cpu.h: which processors this process may use, in which order reactors take them, and staying on one. */
#ifndef KT_IO_CPU_H
#define KT_IO_CPU_H

#include "base/base.h"

#include <sched.h>

#define KT_CPUS_MAX 1024

typedef struct kt_cpu {
  uint16_t id;
  uint16_t node;    /* NUMA node; 0 where the kernel tells none */
  uint16_t sibling; /* usable threads of the same core that come before this one */
} kt_cpu;

/* Usable processors: distinct cores first, then their second threads. At least one. */
typedef struct kt_topology {
  kt_cpu cpus[KT_CPUS_MAX];
  uint16_t count, cores, nodes;
} kt_topology;

/* The processors of the affinity mask. */
void kt_topology_read(kt_topology *t);
/* The processors `ids` as the files under `sysfs` describe them; /sys/devices/system, or a copy in a test. */
void kt_topology_of(kt_topology *t, const char *sysfs, const uint16_t *ids, uint16_t n);

/* Reactors worth starting on `all` processors under the cgroup's quota, at least 1. */
uint16_t kt_cpu_quota(uint16_t all);

/* Keeps the calling thread on a processor and its new memory on that processor's node. KT_EIO when the kernel
 * refuses. */
kt_status kt_cpu_bind(const kt_cpu *cpu, const kt_topology *t);

/* Where the calling thread may run and allocate, to go back after kt_cpu_bind. */
#define KT_NODES_MAX 1024
typedef struct kt_placement {
  cpu_set_t cpus;
  unsigned long nodes[KT_NODES_MAX / (8 * sizeof(unsigned long))];
  int policy;
  bool has_policy;
} kt_placement;
void kt_placement_save(kt_placement *p);
void kt_placement_restore(const kt_placement *p);

#endif
