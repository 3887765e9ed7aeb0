/* cpu.h: which processors this process may use, and pinning to one. */
#ifndef KT_IO_CPU_H
#define KT_IO_CPU_H

#include "base/base.h"

#define KT_CPUS_MAX 1024

/* Processors in the affinity mask, in ascending order; at least one. */
uint16_t kt_cpu_list(uint16_t *cpus, uint16_t max);
/* Reactors worth starting: the affinity mask bounded by the cgroup's quota (cpu.max), at least 1. */
uint16_t kt_cpu_usable(void);
/* Pins the calling thread. KT_EIO when the kernel refuses. */
kt_status kt_cpu_pin(uint16_t cpu);

#endif
