#include "route/tree.h"

typedef struct search {
  const kt_route_tree *tree;
  kt_bytes *params;
  uint8_t param_count;
} search;

static uint32_t literal_child(const kt_route_tree *t, const kt__node *node, kt_bytes segment) {
  uint32_t low = 0, high = node->edge_n;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    const kt__edge *e = &t->edges[node->edges + middle];
    int order = kt__segment_compare(t->text + e->text, e->text_n, segment.p, segment.n);
    if (order == 0) return e->node;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return KT__NO_NODE;
}

static uint32_t walk(search *s, uint32_t node, kt_bytes rest);

/* Takes the segment as a parameter, and gives it back when that leads nowhere. */
static uint32_t take_param(search *s, uint32_t node, kt_bytes value, kt_bytes rest, bool more) {
  s->params[s->param_count++] = value;
  uint32_t end = more ? walk(s, node, rest) : s->tree->nodes[node].methods ? node : KT__NO_NODE;
  if (end == KT__NO_NODE) s->param_count--;
  return end;
}

/* `rest` begins behind a slash. The depth is bounded by the longest template. */
static uint32_t walk(search *s, uint32_t at, kt_bytes rest) {
  const kt__node *node = &s->tree->nodes[at];
  const uint8_t *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
  kt_bytes segment = kt_bytes_make(rest.p, slash ? (size_t)(slash - rest.p) : rest.n);
  kt_bytes behind = slash ? kt_bytes_make(slash + 1, rest.n - segment.n - 1) : (kt_bytes){0, 0};

  uint32_t next = literal_child(s->tree, node, segment);
  if (next != KT__NO_NODE) {
    uint32_t end = slash ? walk(s, next, behind) : s->tree->nodes[next].methods ? next : KT__NO_NODE;
    if (end != KT__NO_NODE) return end;
  }
  if (node->param != KT__NO_NODE && segment.n) {
    uint32_t end = take_param(s, node->param, segment, behind, slash != NULL);
    if (end != KT__NO_NODE) return end;
  }
  if (node->rest != KT__NO_NODE && rest.n) return take_param(s, node->rest, rest, behind, false);
  return KT__NO_NODE;
}

static uint16_t with_head(uint16_t methods) {
  return methods & (1u << KT_GET) ? methods | 1u << KT_HEAD : methods;
}

static uint32_t value_of(const kt_route_tree *t, const kt__node *node, uint8_t method) {
  unsigned before = node->methods & ((1u << method) - 1);
  return t->values[node->values + (unsigned)__builtin_popcount(before)];
}

kt_route_result kt_route_find(const kt_route_tree *t, kt_bytes path, uint8_t method, kt_bytes *params,
                              kt_route_match *match) {
  *match = (kt_route_match){0};
  if (path.n == 0 || path.p[0] != '/') return KT_ROUTE_NOT_FOUND;
  search s = {.tree = t, .params = params};
  uint32_t at = walk(&s, 0, kt_bytes_make(path.p + 1, path.n - 1));
  if (at == KT__NO_NODE) return KT_ROUTE_NOT_FOUND;
  const kt__node *node = &t->nodes[at];
  match->methods = with_head(node->methods);
  match->param_count = s.param_count;
  if (method == KT_HEAD && !(node->methods & (1u << KT_HEAD))) method = KT_GET;
  if (method >= KT_METHOD_COUNT || !(node->methods & (1u << method))) return KT_ROUTE_METHOD_NOT_ALLOWED;
  match->value = value_of(t, node, method);
  return KT_ROUTE_FOUND;
}
