/* tree.h: the compiled form. Everything is an index into a flat array. */
#ifndef KT_ROUTE_TREE_H
#define KT_ROUTE_TREE_H

#include "route/route.h"

#define KT__NO_NODE UINT32_MAX

/* A literal segment on the way to a node. Siblings are sorted by length, key, bytes. */
typedef struct kt__edge {
  uint64_t key;
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

/* The last eight bytes, where names such as product-1 and product-2 differ; of a shorter segment all, the first in the
 * lowest byte. */
static inline uint64_t kt__segment_key(const uint8_t *p, size_t n) {
  uint64_t key = 0;
  if (n >= 8) {
    memcpy(&key, p + n - 8, 8);
  } else {
    for (size_t i = 0; i < n; i++) key |= (uint64_t)p[i] << (8 * i);
  }
  return key;
}

/* Order of siblings. The text is only read where length and key leave a question. */
static inline int kt__segment_compare(uint64_t a_key, const uint8_t *a, size_t a_n, uint64_t b_key, const uint8_t *b,
                                      size_t b_n) {
  if (a_n != b_n) return a_n < b_n ? -1 : 1;
  if (a_key != b_key) return a_key < b_key ? -1 : 1;
  return a_n > 8 ? memcmp(a, b, a_n - 8) : 0;
}

#endif
