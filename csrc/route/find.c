#include "http/lanes.h"
#include "route/tree.h"

#define MARKED_MAX 64 /* most paths are shorter */

typedef struct search {
  const kt_route_tree *tree;
  kt_bytes *params;
  const uint8_t *path;
  uint64_t slashes; /* bit i: path[i] is a slash, for i < marked_n */
  size_t marked_n;
  uint8_t param_count;
} search;

/* A path is searched for slashes once and not a segment at a time, which is most of what a look-up would cost. */
static void mark_slashes(search *s, kt_bytes path) {
  s->path = path.p;
  s->slashes = 0;
  s->marked_n = 0;
#ifdef KT__LANES
  size_t n = path.n < MARKED_MAX ? path.n : MARKED_MAX;
  if (n < KT__LANES) {
    s->slashes = kt__lanes_unfold(kt__lanes_bits(kt__lanes_short(path.p, n) == '/'), n);
  } else {
    for (size_t i = 0; i + KT__LANES <= n; i += KT__LANES)
      s->slashes |= (uint64_t)kt__lanes_bits(kt__lanes_load(path.p + i) == '/') << i;
    size_t last = n - KT__LANES; /* overlaps the one before */
    s->slashes |= (uint64_t)kt__lanes_bits(kt__lanes_load(path.p + last) == '/') << last;
  }
  s->marked_n = n;
#endif
}

/* The first slash at or behind the beginning of `rest`, which ends where the path does. */
static const uint8_t *next_slash(const search *s, kt_bytes rest) {
  size_t at = (size_t)(rest.p - s->path);
  if (at < s->marked_n) {
    uint64_t left = s->slashes >> at;
    if (left) return rest.p + __builtin_ctzll(left);
    rest = kt_bytes_make(s->path + s->marked_n, rest.n - (s->marked_n - at));
  }
  return rest.n ? memchr(rest.p, '/', rest.n) : NULL;
}

/* kt__segment_key of a segment of the path. With eight bytes of path before its end, one load holds it, and its length,
 * which nobody can predict, decides no branch. */
static uint64_t key_of(const search *s, kt_bytes segment) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  const uint8_t *end = segment.p + segment.n;
  if (end - s->path >= 8 && segment.n > 0) {
    uint64_t word;
    memcpy(&word, end - 8, 8);
    return word >> (segment.n < 8 ? 64 - 8 * segment.n : 0);
  }
#endif
  return kt__segment_key(segment.p, segment.n);
}

static uint32_t literal_child(const search *s, const kt__node *node, kt_bytes segment) {
  if (node->edge_n == 0) return KT__NO_NODE;
  const kt_route_tree *t = s->tree;
  uint64_t key = key_of(s, segment);
  uint32_t low = 0, high = node->edge_n;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    const kt__edge *e = &t->edges[node->edges + middle];
    int order = kt__segment_compare(e->key, t->text + e->text, e->text_n, key, segment.p, segment.n);
    if (order == 0) return e->node;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return KT__NO_NODE;
}

static uint32_t end_at(const search *s, uint32_t node) { return s->tree->nodes[node].methods ? node : KT__NO_NODE; }

/* `rest` begins behind a slash. The last way that is left is walked in the loop, others by a call that may come back
 * without a template; the parameters taken since then are given back. The depth is bounded by the longest template. */
static uint32_t walk(search *s, uint32_t at, kt_bytes rest) {
  for (;;) {
    const kt__node *node = &s->tree->nodes[at];
    const uint8_t *slash = next_slash(s, rest);
    kt_bytes segment = kt_bytes_make(rest.p, slash ? (size_t)(slash - rest.p) : rest.n);
    kt_bytes behind = slash ? kt_bytes_make(slash + 1, rest.n - segment.n - 1) : (kt_bytes){0, 0};
    uint32_t literal = literal_child(s, node, segment);
    uint32_t param = segment.n ? node->param : KT__NO_NODE;
    uint8_t param_count = s->param_count;

    if (literal != KT__NO_NODE && (param != KT__NO_NODE || node->rest != KT__NO_NODE)) {
      uint32_t end = slash ? walk(s, literal, behind) : end_at(s, literal);
      if (end != KT__NO_NODE) return end;
      s->param_count = param_count;
      literal = KT__NO_NODE;
    }
    if (param != KT__NO_NODE) s->params[s->param_count++] = segment;
    if (param != KT__NO_NODE && node->rest != KT__NO_NODE) {
      uint32_t end = slash ? walk(s, param, behind) : end_at(s, param);
      if (end != KT__NO_NODE) return end;
      s->param_count = param_count;
      param = KT__NO_NODE;
    }
    uint32_t next = literal != KT__NO_NODE ? literal : param;
    if (next == KT__NO_NODE) {
      if (node->rest == KT__NO_NODE || rest.n == 0) return KT__NO_NODE;
      s->params[s->param_count++] = rest;
      return end_at(s, node->rest);
    }
    if (!slash) return end_at(s, next);
    at = next;
    rest = behind;
  }
}

static uint16_t with_head(uint16_t methods) {
  return methods & (1u << KT_GET) ? methods | 1u << KT_HEAD : methods;
}

static uint32_t value_of(const kt_route_tree *t, const kt__node *node, uint8_t method) {
  unsigned before = node->methods & ((1u << method) - 1);
  if (before == 0) return t->values[node->values];
  return t->values[node->values + (unsigned)__builtin_popcount(before)];
}

kt_route_result kt_route_find(const kt_route_tree *t, kt_bytes path, uint8_t method, kt_bytes *params,
                              kt_route_match *match) {
  *match = (kt_route_match){0};
  if (path.n == 0 || path.p[0] != '/') return KT_ROUTE_NOT_FOUND;
  search s = {.tree = t, .params = params};
  mark_slashes(&s, path);
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
