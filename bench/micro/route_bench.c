/* route_bench.c: look-ups in tables of 10 to 10,000 routes, which operations.h describes. "hit" decodes the path, too;
 * "find" is the look-up alone. */
#include "operations.h"

static void find(void *context, uint64_t count) {
  op_table *t = context;
  for (uint64_t i = 0; i < count; i++) op_look_up(t, t->decoded[i % OP_PATHS], KT_GET, KT_ROUTE_FOUND);
}

static void find_nothing(void *context, uint64_t count) {
  op_table *t = context;
  for (uint64_t i = 0; i < count; i++) op_look_up(t, t->unknown[i % OP_PATHS], KT_GET, KT_ROUTE_NOT_FOUND);
}

static void find_other_method(void *context, uint64_t count) {
  op_table *t = context;
  for (uint64_t i = 0; i < count; i++) op_look_up(t, t->decoded[i % OP_PATHS], KT_POST, KT_ROUTE_METHOD_NOT_ALLOWED);
}

int main(int argc, char **argv) {
  micro_begin(argc, argv);
  static const size_t sizes[] = {10, 100, 500, 10000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    static op_table t;
    op_fill(&t, sizes[i]);
    char name[32];
    snprintf(name, sizeof name, "hit of %zu", sizes[i]);
    micro_row(name, "a raw path decoded and found, 2 parameters", op_hit, &t, 0.83e6);
    snprintf(name, sizeof name, "find in %zu", sizes[i]);
    micro_row(name, "a decoded path found, 2 parameters", find, &t, 0);
    snprintf(name, sizeof name, "404 of %zu", sizes[i]);
    micro_row(name, "a path that matches all but its last two segments", find_nothing, &t, 0.92e6);
    snprintf(name, sizeof name, "405 of %zu", sizes[i]);
    micro_row(name, "a decoded path found, its method not", find_other_method, &t, 0.74e6);
    kt_route_tree_destroy(t.tree);
  }
}
