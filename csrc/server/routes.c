#include "server/routes.h"

#include "base/base.h"

#include <stdio.h>

static kt_bytes copy_text(kt_bytes text) {
  if (text.n == 0) return (kt_bytes){0, 0};
  uint8_t *p = kt_malloc(text.n);
  if (!p) return (kt_bytes){0, 0};
  memcpy(p, text.p, text.n);
  return (kt_bytes){p, text.n};
}

static bool copy_route(kt_route *to, const kt_route_spec *from) {
  *to = (kt_route){
      .handler = from->handler,
      .context = from->context,
      .body_size_max = from->body_size_max,
      .deadline_ms = from->deadline_ms,
      .body_mode = from->body_mode,
      .coding = from->coding,
      .body_required = from->body_required,
      .authorise = from->authorise,
      .authorise_context = from->authorise_context,
      .media_types = copy_text(from->media_types),
  };
  return to->media_types.n == from->media_types.n;
}

static void free_routes(kt_routes *t) {
  for (uint32_t i = 0; i < t->count; i++) {
    if (t->release) t->release(t->routes[i].context);
    if (t->release && t->routes[i].authorise_context) t->release(t->routes[i].authorise_context);
    kt_free((void *)t->routes[i].media_types.p);
  }
  kt_route_tree_destroy(t->tree);
  kt_free(t);
}

static kt_route_tree *compile(const kt_route_spec *specs, size_t count, char *error, size_t error_n) {
  kt_route_def *defs = kt_calloc(count ? count : 1, sizeof *defs);
  if (!defs) {
    snprintf(error, error_n, "out of memory");
    return NULL;
  }
  for (size_t i = 0; i < count; i++)
    defs[i] = (kt_route_def){.path = specs[i].path, .method = specs[i].method, .value = (uint32_t)i};
  kt_route_tree *tree = kt_route_compile(defs, count, error, error_n);
  kt_free(defs);
  return tree;
}

kt_routes *kt_routes_create(const kt_route_spec *specs, size_t count, void (*release)(void *), char *error,
                            size_t error_n) {
  kt_routes *t = kt_calloc(1, sizeof *t + count * sizeof(kt_route));
  if (!t) {
    snprintf(error, error_n, "out of memory");
    return NULL;
  }
  atomic_init(&t->holders, 1);
  t->tree = compile(specs, count, error, error_n);
  if (!t->tree) {
    kt_free(t);
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    t->count++;
    if (!copy_route(&t->routes[i], &specs[i])) {
      snprintf(error, error_n, "out of memory");
      free_routes(t);
      return NULL;
    }
  }
  t->release = release;
  return t;
}

void kt_routes_destroy(kt_routes *t) {
  if (t) kt__routes_drop(t);
}

void kt__routes_hold(kt_routes *t) { atomic_fetch_add_explicit(&t->holders, 1, memory_order_relaxed); }

void kt__routes_drop(kt_routes *t) {
  if (atomic_fetch_sub_explicit(&t->holders, 1, memory_order_acq_rel) == 1) free_routes(t);
}
