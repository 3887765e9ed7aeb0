/* route: templates compiled to a tree of segments, matched without allocation.
 *
 * Workload: tens to thousands of templates, compiled once per table; one look-up per request, of paths with one to six
 * segments. A node's literal children stand in a hash table of their own, made when the table is compiled, so that one
 * among ten thousand costs a comparison or two.
 *
 * The most specific template that matches the path wins, segment by segment from the left: a literal before a
 * parameter, a parameter before "{rest*}". Only then the method is looked at, so that a path has one answer to what it
 * allows. A look-up tries the next kind when one does not lead to a template; as each node is reached by one way only,
 * it visits no node twice, and its work is bounded by the path's length and the tree's size. */
#ifndef KT_ROUTE_H
#define KT_ROUTE_H

#include "katana/http.h"

typedef struct kt_route_def {
  kt_bytes path;  /* "/products/{id}/stock"; "{rest*}" only as the last segment */
  uint8_t method; /* kt_method */
  uint32_t value; /* given back by a match */
} kt_route_def;

typedef struct kt_route_tree kt_route_tree;

/* NULL and one line in `error` when a template is malformed, two templates with the same method match the same paths,
 * or memory is out. */
kt_route_tree *kt_route_compile(const kt_route_def *defs, size_t n, char *error, size_t error_n);
void kt_route_tree_destroy(kt_route_tree *t);

typedef enum kt_route_result { KT_ROUTE_FOUND, KT_ROUTE_NOT_FOUND, KT_ROUTE_METHOD_NOT_ALLOWED } kt_route_result;

typedef struct kt_route_match {
  uint32_t value;
  uint16_t methods; /* what the path allows, one bit per kt_method; GET implies HEAD */
  uint8_t param_count;
} kt_route_match;

/* `path` is decoded and normalised; `params` has room for KT_PARAMS_MAX. An empty segment is no parameter. HEAD falls
 * back to GET. */
kt_route_result kt_route_find(const kt_route_tree *t, kt_bytes path, uint8_t method, kt_bytes *params,
                              kt_route_match *match);

#endif
