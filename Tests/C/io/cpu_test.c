/* The order of processors, from copies of what the kernel tells of machines that this is not. */
#include "check.h"

#include "io/cpu.h"

#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void make_cpu(unsigned id, unsigned node, const char *siblings) {
  char path[200];
  snprintf(path, sizeof path, "mkdir -p %s/cpu/cpu%u/topology %s/cpu/cpu%u/node%u", root, id, root, id, node);
  CHECK(system(path) == 0);
  if (!siblings) return;
  snprintf(path, sizeof path, "%s/cpu/cpu%u/topology/thread_siblings_list", root, id);
  FILE *f = fopen(path, "w");
  CHECK(f && fputs(siblings, f) >= 0 && fclose(f) == 0);
}

static void make_machine(void) {
  strcpy(root, "/tmp/katana-cpus-XXXXXX");
  CHECK(mkdtemp(root) != NULL);
}

static void remove_machine(void) {
  char command[100];
  snprintf(command, sizeof command, "rm -rf %s", root);
  CHECK(system(command) == 0);
}

/* "0 1 4 5, 4 cores, 1 nodes" */
static void check_order(const uint16_t *ids, uint16_t n, const char *want) {
  static kt_topology t;
  kt_topology_of(&t, root, ids, n);
  char got[200] = "", *p = got;
  for (uint16_t i = 0; i < t.count; i++) p += sprintf(p, "%s%u", i ? " " : "", t.cpus[i].id);
  sprintf(p, ", %u cores, %u nodes", t.cores, t.nodes);
  if (strcmp(got, want) != 0) KT_FAIL("%s, not %s", got, want);
}

TEST("distinct cores come first, then their second threads") {
  make_machine();
  static const char *const siblings[] = {"0-1\n", "0-1\n", "2-3\n", "2-3\n", "4-5\n", "4-5\n"};
  for (unsigned id = 0; id < 6; id++) make_cpu(id, id / 4, siblings[id]);
  check_order((uint16_t[]){0, 1, 2, 3, 4, 5}, 6, "0 2 4 1 3 5, 3 cores, 2 nodes");
  check_order((uint16_t[]){1, 2, 3}, 3, "1 2 3, 2 cores, 1 nodes"); /* what the affinity mask leaves */
  check_order((uint16_t[]){5}, 1, "5, 1 cores, 1 nodes");
  remove_machine();
}

TEST("siblings far apart are known by the first of them") {
  make_machine();
  static const char *const siblings[] = {"0,4\n", "1,5\n", "2,6\n", "3,7\n"};
  for (unsigned id = 0; id < 8; id++) make_cpu(id, id % 4 / 2, siblings[id % 4]);
  check_order((uint16_t[]){0, 1, 2, 3, 4, 5, 6, 7}, 8, "0 1 2 3 4 5 6 7, 4 cores, 2 nodes");
  check_order((uint16_t[]){0, 4, 5}, 3, "0 5 4, 2 cores, 1 nodes");
  static kt_topology t;
  kt_topology_of(&t, root, (uint16_t[]){1, 2}, 2);
  CHECK_EQ(t.cpus[0].node, 0);
  CHECK_EQ(t.cpus[1].node, 1);
  remove_machine();
}

TEST("where the kernel tells nothing each processor is a core of node 0") {
  make_machine();
  check_order((uint16_t[]){0, 1, 2}, 3, "0 1 2, 3 cores, 1 nodes");
  remove_machine();
}

TEST("a thread that was bound to a processor runs there, and goes back") {
  kt_topology t;
  kt_topology_read(&t);
  CHECK(t.count >= 1 && t.cores >= 1 && t.nodes >= 1 && t.cores <= t.count);
  kt_placement before, after;
  kt_placement_save(&before);
  for (uint16_t i = 0; i < t.count; i++) {
    CHECK(kt_cpu_bind(&t.cpus[i], &t) == KT_OK);
    CHECK_EQ(sched_getcpu(), t.cpus[i].id);
  }
  kt_placement_restore(&before);
  kt_placement_save(&after);
  CHECK(CPU_EQUAL(&before.cpus, &after.cpus));
  CHECK(kt_cpu_quota(t.count) >= 1 && kt_cpu_quota(t.count) <= t.count);
}
