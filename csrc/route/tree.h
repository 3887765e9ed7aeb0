/* tree.h: the compiled form. Everything is an index into a flat array. */
#ifndef KT_ROUTE_TREE_H
#define KT_ROUTE_TREE_H

#include "route/route.h"

#define KT__NO_NODE UINT32_MAX

/* A literal segment on the way to a node. Siblings are sorted by length, then bytes. */
typedef struct kt__edge {
  uint32_t text, text_n;
  uint32_t node;
} kt__edge;

typedef struct kt__node {
  uint32_t edges, edge_n;
  uint32_t param;   /* node behind a parameter segment */
  uint32_t rest;    /* node of "{rest*}" */
  uint32_t values;  /* one per bit of methods, lowest first */
  uint16_t methods; /* 0: no template ends here */
} kt__node;

struct kt_route_tree {
  kt__node *nodes;
  kt__edge *edges;
  uint32_t *values;
  uint8_t *text;
};

/* Order of siblings. */
static inline int kt__segment_compare(const uint8_t *a, size_t a_n, const uint8_t *b, size_t b_n) {
  if (a_n != b_n) return a_n < b_n ? -1 : 1;
  return a_n ? memcmp(a, b, a_n) : 0;
}

#endif
