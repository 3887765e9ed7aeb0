#include "http/lanes.h"
#include "route/tree.h"

#define MARKED_MAX 64 /* most paths are shorter */

/* Out of line, so that what nearly every look-up does pays for no registers that the rest needs. */
#define RARE __attribute__((noinline))

typedef struct search {
  const kt_route_tree *tree;
  kt_bytes *params;
  const uint8_t *path, *end;
  uint64_t ends; /* bit i: a segment ends before path[i], at a slash or the path's end, for i < MARKED_MAX */
  uint8_t param_count;
} search;

/* A path is searched for slashes once and not a segment at a time, which is most of what a look-up would cost. */
static uint64_t mark_ends(kt_bytes path) {
  size_t n = path.n < MARKED_MAX ? path.n : MARKED_MAX;
  uint64_t ends = path.n < MARKED_MAX ? 1ull << path.n : 0;
#ifdef KT__LANES
  if (n < KT__LANES) return ends | kt__lanes_unfold(kt__lanes_bits(kt__lanes_short(path.p, n) == '/'), n);
  for (size_t i = 0; i + KT__LANES <= n; i += KT__LANES)
    ends |= (uint64_t)kt__lanes_bits(kt__lanes_load(path.p + i) == '/') << i;
  size_t last = n - KT__LANES; /* overlaps the one before */
  return ends | (uint64_t)kt__lanes_bits(kt__lanes_load(path.p + last) == '/') << last;
#else
  for (size_t i = 0; i < n; i++) ends |= (uint64_t)(path.p[i] == '/') << i;
  return ends;
#endif
}

static RARE const uint8_t *far_end(const search *s, const uint8_t *p) {
  const uint8_t *slash = p < s->end ? memchr(p, '/', (size_t)(s->end - p)) : NULL;
  return slash ? slash : s->end;
}

/* The first slash at or behind p, or the path's end. */
static inline const uint8_t *segment_end(const search *s, const uint8_t *p) {
  size_t at = (size_t)(p - s->path);
  if (at < MARKED_MAX) {
    uint64_t left = s->ends >> at;
    if (left) return p + __builtin_ctzll(left);
    p = s->path + MARKED_MAX;
  }
  return far_end(s, p);
}

/* kt__segment_words of the segment [p, p + n). With eight bytes of path behind its beginning two loads hold them, and
 * its length, which nobody can predict, decides no branch. */
static inline kt__words words_of(const search *s, const uint8_t *p, size_t n) {
  static const uint64_t masks[9] = {0,          0xff,         0xffff,         0xffffff,        0xffffffff,
                                    ~0ull >> 24, ~0ull >> 16, ~0ull >> 8, ~0ull};
  if (s->end - p < 8) return kt__segment_words(p, n);
  uint64_t mask = masks[n < 8 ? n : 8];
  return (kt__words){kt__load8(p) & mask, kt__load8(n < 8 ? p : p + n - 8) & mask};
}

static bool same(kt__words a, kt__words b) { return ((a.head ^ b.head) | (a.tail ^ b.tail)) == 0; }

static inline const kt__node *node_at(const search *s, uint32_t at) { return &s->tree->nodes[at]; }

static RARE bool is_long_text(const search *s, uint32_t text, const uint8_t *p, size_t n) {
  return memcmp(s->tree->text + text, p, n) == 0;
}

/* Whether the text to an only child stands at p, and a segment ends behind it. */
static inline bool is_text(const search *s, const kt__node *node, const uint8_t *p) {
  size_t n = node->text_n, left = (size_t)(s->end - p);
  if (left < n || (left > n && p[n] != '/')) return false;
  if (n > KT__WORDS_SIZE) return is_long_text(s, node->text, p, n);
  return same(node->words, words_of(s, p, n));
}

static RARE const kt__node *long_child(const search *s, const kt__node *node, const uint8_t *p, size_t n) {
  const kt__edge *edges = s->tree->edges + node->edges;
  uint32_t slot = kt__slot(kt__segment_hash(p, n), node->edge_bits);
  for (;; slot = (slot + 1) & ((1u << node->edge_bits) - 1)) {
    const kt__edge *e = &edges[slot];
    if (e->node == KT__NO_NODE) return NULL;
    if (e->text_n == n && is_long_text(s, e->text, p, n)) return node_at(s, e->node);
  }
}

static inline const kt__node *table_child(const search *s, const kt__node *node, const uint8_t *p, size_t n) {
  if (n > KT__WORDS_SIZE) return long_child(s, node, p, n);
  kt__words words = words_of(s, p, n);
  const kt__edge *edges = s->tree->edges + node->edges;
  uint32_t slot = kt__slot(kt__words_hash(words), node->edge_bits);
  for (;; slot = (slot + 1) & ((1u << node->edge_bits) - 1)) {
    const kt__edge *e = &edges[slot];
    if (e->text_n == n && same(e->words, words)) return node_at(s, e->node);
    if (e->node == KT__NO_NODE) return NULL;
  }
}

static inline void take(search *s, const uint8_t *p, const uint8_t *end) {
  s->params[s->param_count++] = kt_bytes_make(p, (size_t)(end - p));
}

static inline const kt__node *if_end(const kt__node *node) { return node->methods ? node : NULL; }

static const kt__node *walk(search *s, const kt__node *node, const uint8_t *p);

static const kt__node *walk_behind(search *s, const kt__node *node, const uint8_t *end) {
  return end == s->end ? if_end(node) : walk(s, node, end + 1);
}

static const kt__node *try_literal(search *s, const kt__node *node, const uint8_t *p, const uint8_t *end) {
  if (node->only) return is_text(s, node, p) ? walk_behind(s, node + 1, p + node->text_n) : NULL;
  const kt__node *child = node->edge_bits ? table_child(s, node, p, (size_t)(end - p)) : NULL;
  return child ? walk_behind(s, child, end) : NULL;
}

static inline bool is_piece(const search *s, const kt__piece *piece, const uint8_t *p) {
  return memcmp(s->tree->text + piece->text, p, piece->text_n) == 0;
}

/* The parameters of the segment [p, end), if it matches. Where an inner literal stands first it leaves most to what
 * follows, so no other place need be tried, and each byte is searched once. */
static bool take_mixed(search *s, const kt__mixed *m, const uint8_t *p, const uint8_t *end) {
  const kt__piece *piece = s->tree->pieces + m->pieces, *last = piece + m->param_n;
  if ((size_t)(end - p) < m->size_min || !is_piece(s, piece, p) || !is_piece(s, last, end - last->text_n)) return false;
  p += piece->text_n;
  end -= last->text_n;
  while (++piece < last) {
    if (p == end) return false;
    const uint8_t *at = memmem(p + 1, (size_t)(end - p) - 1, s->tree->text + piece->text, piece->text_n);
    if (!at) return false;
    take(s, p, at);
    p = at + piece->text_n;
  }
  if (p == end) return false;
  take(s, p, end);
  return true;
}

static RARE const kt__node *try_mixed(search *s, const kt__node *node, const uint8_t *p, const uint8_t *end) {
  uint8_t param_count = s->param_count;
  for (const kt__mixed *m = &s->tree->mixed[node->mixed];; m++) {
    const kt__node *found = take_mixed(s, m, p, end) ? walk_behind(s, node_at(s, m->node), end) : NULL;
    if (found || m->left == 0) return found;
    s->param_count = param_count;
  }
}

static inline const kt__node *try_params(search *s, const kt__node *node, const uint8_t *p, const uint8_t *end,
                                         uint8_t param_count) {
  if (node->param != KT__NO_NODE && p < end) {
    s->param_count = param_count;
    take(s, p, end);
    const kt__node *found = walk_behind(s, node_at(s, node->param), end);
    if (found) return found;
  }
  if (node->rest == KT__NO_NODE || p == s->end) return NULL;
  s->param_count = param_count;
  take(s, p, s->end);
  return if_end(node_at(s, node->rest));
}

/* Every way from a node in its turn; what a way took is given back when it leads to no template. The depth is bounded
 * by the longest template. */
static RARE const kt__node *try_all(search *s, const kt__node *node, const uint8_t *p) {
  const uint8_t *end = segment_end(s, p);
  uint8_t param_count = s->param_count;
  const kt__node *found = try_literal(s, node, p, end);
  return found ? found : try_params(s, node, p, end, param_count);
}

/* The same where there are mixed segments, apart so that only they pay for them. */
static RARE const kt__node *try_all_mixed(search *s, const kt__node *node, const uint8_t *p) {
  const uint8_t *end = segment_end(s, p);
  uint8_t param_count = s->param_count;
  const kt__node *found = try_literal(s, node, p, end);
  if (!found) {
    s->param_count = param_count;
    found = try_mixed(s, node, p, end);
  }
  return found ? found : try_params(s, node, p, end, param_count);
}

/* p stands behind a slash. Where there is one way, it is walked in the loop. */
static const kt__node *walk(search *s, const kt__node *node, const uint8_t *p) {
  for (;; p++) {
    if (node->way == KT__WAY_ONLY) {
      if (!is_text(s, node, p)) return NULL;
      p += node->text_n;
      node++;
    } else if (node->way == KT__WAY_PARAM) {
      const uint8_t *end = segment_end(s, p);
      if (p == end) return NULL;
      take(s, p, end);
      node = node_at(s, node->param);
      p = end;
    } else if (node->way == KT__WAY_TABLE) {
      const uint8_t *end = segment_end(s, p);
      node = table_child(s, node, p, (size_t)(end - p));
      if (!node) return NULL;
      p = end;
    } else if (node->way > KT__WAY_PARAM) {
      return try_all_mixed(s, node, p);
    } else {
      return try_all(s, node, p);
    }
    if (p == s->end) return if_end(node);
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
  search s = {.tree = t, .params = params, .path = path.p, .end = path.p + path.n, .ends = mark_ends(path)};
  const kt__node *node = walk(&s, t->nodes, path.p + 1);
  if (!node) return KT_ROUTE_NOT_FOUND;
  match->methods = with_head(node->methods);
  match->param_count = s.param_count;
  if (method == KT_HEAD && !(node->methods & (1u << KT_HEAD))) method = KT_GET;
  if (method >= KT_METHOD_COUNT || !(node->methods & (1u << method))) return KT_ROUTE_METHOD_NOT_ALLOWED;
  match->value = value_of(t, node, method);
  return KT_ROUTE_FOUND;
}
