/* route: templates compiled to a tree of segments, matched without allocation.
 *
 * Workload: tens to thousands of templates, compiled once per table; one look-up per request, of paths with one to six
 * segments. A node's literal children stand in a hash table of their own, made when the table is compiled, so that one
 * among ten thousand costs a comparison or two.
 *
 * A segment of a template is a literal, a parameter "{id}", "{rest*}", or mixed: literals and parameters side by side,
 * such as "thumbnail.{extension}", "{year}-{month}" or "{id}:publish". The path is compared decoded, so that "%23" in
 * it is the '#' of "{id}#shared".
 *
 * A mixed segment matches one segment of the path. It begins with the literal before the first parameter and ends with
 * that behind the last one. Each parameter but the last goes to the first place behind its first byte where the next
 * literal stands, the last one takes what is left, and none is empty: of "a-b-c", "{x}-{y}" makes "a" and "b-c", and
 * "--a" makes "-" and "a". Two parameters need a literal between them, or nothing would say where one ends.
 *
 * The most specific template that matches the path wins, segment by segment from the left: a literal, then mixed
 * segments, then a parameter, then "{rest*}". Among mixed segments those with more bytes in their literals come first,
 * and of equal ones that whose template stands first in the table. Only then the method is looked at, so that a path
 * has one answer to what it allows. A look-up tries the next kind when one does not lead to a template; as each node is
 * reached by one way only, it visits no node twice, and its work is bounded by the path's length and the tree's size.
 * Mixed segments behind the same beginning of a path are tried one by one, each in time linear in the segment. */
#ifndef KT_ROUTE_H
#define KT_ROUTE_H

#include "katana/http.h"

typedef struct kt_route_def {
  kt_bytes path;  /* "/products/{id}/stock", "/files/{name}.json"; "{rest*}" only as the last segment */
  uint8_t method; /* kt_method */
  uint32_t value; /* given back by a match */
} kt_route_def;

typedef struct kt_route_tree kt_route_tree;

/* NULL and one line in `error` when a template is malformed, two templates with the same method are equal but for the
 * names of their parameters, or memory is out. */
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
