/* budget_bench.c: does one named operation so many times and nothing else, for bench/budgets.py to count instructions.
 *
 *   budget_bench            lists the names
 *   budget_bench NAME COUNT */
#include "operations.h"

typedef struct operation {
  const char *name;
  micro_fn run;
  void *context;
} operation;

static operation route_operation(const char *name, const char *wanted, size_t route_n) {
  static op_table t;
  if (strcmp(name, wanted) == 0) op_fill(&t, route_n); /* ten thousand routes take a while under valgrind */
  return (operation){name, op_hit, &t};
}

int main(int argc, char **argv) {
  const char *wanted = argc == 3 ? argv[1] : "";
  kt_bytes browser = KT_BYTES(input_browser), small = KT_BYTES(input_small), least = KT_BYTES(input_least);
  kt_bytes chunked = op_chunked(), product = KT_BYTES(input_product);
  kt_h1_response response = op_response;
  operation operations[] = {
      {"parse-703", op_parse, &browser},
      {"parse-49", op_parse, &small},
      {"parse-38", op_parse, &least},
      {"chunked-16x1k", op_decode_chunked, &chunked},
      {"response-head", op_write_head, &response},
      route_operation("route-hit-100", wanted, 100),
      route_operation("route-hit-10000", wanted, 10000),
      {"json-product", op_validate, &product},
  };
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
    if (argc == 3 && strcmp(operations[i].name, wanted) == 0) {
      operations[i].run(operations[i].context, strtoull(argv[2], NULL, 10));
      return 0;
    }
    if (argc != 3) puts(operations[i].name);
  }
  if (argc == 3) fprintf(stderr, "no operation is called %s\n", wanted);
  return argc == 3;
}
