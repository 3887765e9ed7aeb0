/* route.h: from a path and a method to a route.
 *
 * A table is compiled once and then only read, by all reactors at the same time. It holds 5 to
 * 10,000 routes; a lookup runs once per request, mostly of 1 to 5 short segments.
 *
 * Templates. "/products/{id}/stock": segments between slashes, each one of
 *   literal      products
 *   pattern      {name}.json, v{n}, a-{x}-z   one parameter with text before or behind it
 *   parameter    {id}                         a whole segment
 *   rest         {path*}                      the last segment: all that follows, slashes included
 * Parameters match one or more bytes without a slash; a rest matches zero or more bytes. Matching
 * is case-sensitive and a slash at the end counts. Braces stand for parameters only.
 *
 * Precedence. Where several templates match, segments are compared from the left and the first
 * difference decides: literal, then pattern (longer text before, then longer text behind, first),
 * then parameter, then rest. A template that lacks the method gives way to a later one that has it,
 * so POST /products/{id} answers for /products/search when search has only GET.
 *
 * The tree has one level per segment, so a node belongs to one position in the path and has one
 * parent: a search enters each node at most once. Its work is bounded by the number of nodes that
 * match (in practice the depth, at worst the templates with as many segments as the path), times a
 * binary search among the node's literals plus one comparison per pattern. No path makes it
 * exponential. It allocates nothing and its stack is bounded by KT_ROUTE_SEGMENTS_MAX. */
#ifndef KT_ROUTE_ROUTE_H
#define KT_ROUTE_ROUTE_H

#include "katana/http.h"

#define KT_ROUTE_SEGMENTS_MAX 64  /* in one template: the search recurses once per segment */
#define KT_ROUTE_TEMPLATE_MAX 8192 /* bytes of one template: no target is longer by default */

typedef struct kt_route_def {
  kt_bytes path;  /* template; not needed after the compilation */
  uint8_t method; /* kt_method, one below KT_METHOD_COUNT */
  uint32_t value; /* the caller's, comes back in kt_route_match */
} kt_route_def;

typedef struct kt_route_tree kt_route_tree;

typedef enum kt_route_result {
  KT_ROUTE_FOUND = 0,
  KT_ROUTE_NOT_FOUND = 1,          /* no template matches the path */
  KT_ROUTE_METHOD_NOT_ALLOWED = 2, /* some do, none has the method */
} kt_route_result;

typedef struct kt_route_match {
  uint32_t value;           /* when found */
  uint16_t methods_allowed; /* bits 1 << kt_method. Found: the template's. Not allowed: those of all
                             * templates that match. GET brings HEAD; OPTIONS only when defined */
  uint8_t param_count;      /* when found */
} kt_route_match;

/* NULL with one line in `error` (when error_n > 0) when a template is wrong, two definitions are the
 * same or memory is out. The order of definitions does not matter. */
kt_route_tree *kt_route_compile(const kt_route_def *defs, size_t n, char *error, size_t error_n);
void kt_route_tree_destroy(kt_route_tree *tree);

/* Any thread. `path` is decoded and normalised. `params` has room for KT_PARAMS_MAX slices; the
 * first param_count of them, in template order, borrow from `path`, the others are undefined.
 * HEAD finds the template's HEAD, else its GET. */
kt_route_result kt_route_find(const kt_route_tree *tree, kt_bytes path, uint8_t method,
                              kt_bytes *params, kt_route_match *match);

bool kt_route_tree_check(const kt_route_tree *tree);

#endif
