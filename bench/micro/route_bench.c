/* route_bench.c: look-ups in tables of 10 to 10,000 routes.
 *
 * A table is that of an API with a third as many collections: "/api/v1/<collection>", ".../{id}" and
 * ".../{id}/reviews/{review}", GET on all three. The rows ask for the last form with 1024 paths that differ, so that
 * neither the branch predictor nor the first-level cache knows the answer beforehand. A "hit" is what a request costs:
 * its raw path decoded (one value has an escape) and looked up; "find" is the look-up alone. */
#include "http/uri.h"
#include "micro.h"
#include "route/route.h"

#define PATHS 1024 /* a power of two */
#define PATH_SIZE_MAX 96

typedef struct table {
  size_t route_n;
  kt_route_tree *tree;
  kt_bytes raw[PATHS], decoded[PATHS], unknown[PATHS];
} table;

static uint32_t seed = 1;
static uint32_t pick(uint32_t n) {
  seed = seed * 1664525 + 1013904223;
  return (uint32_t)((uint64_t)seed * n >> 32);
}

static kt_bytes text(const char *format, const char *noun, size_t k) {
  char *out = malloc(PATH_SIZE_MAX);
  int n = snprintf(out, PATH_SIZE_MAX, format, noun, k, 1000 + pick(9000), 10 + pick(90));
  return kt_bytes_make(out, (size_t)n);
}

/* Collections have names of usual lengths; beyond the first nouns they are numbered. */
static const char *noun(size_t k) {
  static const char *const nouns[] = {"products", "orders", "customers", "carts", "shipments", "invoices", "users",
                                      "payments", "returns", "stock"};
  return nouns[k % (sizeof nouns / sizeof *nouns)];
}

static void fill(table *t, size_t route_n) {
  static const char *const forms[] = {"/api/v1/%s%zu", "/api/v1/%s%zu/{id}", "/api/v1/%s%zu/{id}/reviews/{review}"};
  t->route_n = route_n;
  kt_route_def *defs = calloc(route_n, sizeof *defs);
  for (size_t i = 0; i < route_n; i++)
    defs[i] = (kt_route_def){.path = text(forms[i % 3], noun(i / 3), i / 3), .method = KT_GET, .value = (uint32_t)i};
  char error[256];
  t->tree = kt_route_compile(defs, route_n, error, sizeof error);
  if (!t->tree) abort();
  free(defs);
  for (size_t i = 0; i < PATHS; i++) {
    size_t k = pick((uint32_t)(route_n / 3));
    t->raw[i] = text("/api/v1/%s%zu/red%%20%u/reviews/%u", noun(k), k);
    t->unknown[i] = text("/api/v1/%s%zu/%u/prices/%u", noun(k), k);
    uint8_t *out = malloc(PATH_SIZE_MAX);
    if (kt_uri_path(t->raw[i], out, &t->decoded[i])) abort();
  }
}

static void look_up(const table *t, kt_bytes path, uint8_t method, kt_route_result wanted) {
  kt_bytes params[KT_PARAMS_MAX];
  kt_route_match match;
  if (kt_route_find(t->tree, path, method, params, &match) != wanted) abort();
  MICRO_USE(params);
}

static void hit(void *context, uint64_t count) {
  table *t = context;
  uint8_t out[PATH_SIZE_MAX];
  for (uint64_t i = 0; i < count; i++) {
    kt_bytes path;
    if (kt_uri_path(t->raw[i % PATHS], out, &path)) abort();
    look_up(t, path, KT_GET, KT_ROUTE_FOUND);
  }
}

static void find(void *context, uint64_t count) {
  table *t = context;
  for (uint64_t i = 0; i < count; i++) look_up(t, t->decoded[i % PATHS], KT_GET, KT_ROUTE_FOUND);
}

static void find_nothing(void *context, uint64_t count) {
  table *t = context;
  for (uint64_t i = 0; i < count; i++) look_up(t, t->unknown[i % PATHS], KT_GET, KT_ROUTE_NOT_FOUND);
}

static void find_other_method(void *context, uint64_t count) {
  table *t = context;
  for (uint64_t i = 0; i < count; i++) look_up(t, t->decoded[i % PATHS], KT_POST, KT_ROUTE_METHOD_NOT_ALLOWED);
}

int main(int argc, char **argv) {
  micro_begin(argc, argv);
  static const size_t sizes[] = {10, 100, 500, 10000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    static table t;
    fill(&t, sizes[i]);
    char name[32];
    snprintf(name, sizeof name, "hit of %zu", sizes[i]);
    micro_row(name, "a raw path decoded and found, 2 parameters", hit, &t, 0.83e6);
    snprintf(name, sizeof name, "find in %zu", sizes[i]);
    micro_row(name, "a decoded path found, 2 parameters", find, &t, 0);
    snprintf(name, sizeof name, "404 of %zu", sizes[i]);
    micro_row(name, "a path that matches all but its last two segments", find_nothing, &t, 0.92e6);
    snprintf(name, sizeof name, "405 of %zu", sizes[i]);
    micro_row(name, "a decoded path found, its method not", find_other_method, &t, 0.74e6);
    kt_route_tree_destroy(t.tree);
  }
}
