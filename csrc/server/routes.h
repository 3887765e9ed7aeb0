/* routes.h: an immutable route table, shared by reactors and freed with its last request. */
#ifndef KT_SERVER_ROUTES_H
#define KT_SERVER_ROUTES_H

#include "katana/server.h"
#include "route/route.h"

#include <stdatomic.h>

typedef struct kt_route {
  kt_handler_fn handler;
  void *context;
  uint64_t body_size_max;
  uint32_t deadline_ms;
  uint8_t body_mode;
  uint8_t coding; /* kt_coded_route */
  bool body_required;
  kt_bytes media_types;
  kt_authorise_fn authorise;
  void *authorise_context;
} kt_route;

/* Holders: whoever publishes (1), each reactor that has it as its current table, each reactor's requests in flight
 * counted through that reactor's holding. */
struct kt_routes {
  atomic_uint holders;
  kt_route_tree *tree;
  void (*release)(void *context);
  uint32_t count;
  kt_route routes[];
};

void kt__routes_hold(kt_routes *t);
void kt__routes_drop(kt_routes *t);

#endif
