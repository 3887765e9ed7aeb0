#include "base/memory.h"
#include "route/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A node while the tree grows. */
typedef struct draft {
  struct draft **children; /* literal ones, sorted by text */
  uint32_t child_n, child_cap;
  struct draft *param, *rest;
  kt_bytes text;
  uint16_t methods;
  uint32_t values[KT_METHOD_COUNT];
  kt_bytes templates[KT_METHOD_COUNT]; /* for messages */
} draft;

typedef struct compiler {
  char *error;
  size_t error_n;
  size_t nodes, values, text;
} compiler;

static bool fail(compiler *c, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(c->error, c->error_n, format, list);
  va_end(list);
  return false;
}

static draft *new_draft(compiler *c, kt_bytes text) {
  draft *d = kt_calloc(1, sizeof *d);
  if (!d) {
    fail(c, "out of memory");
    return NULL;
  }
  d->text = text;
  c->nodes++;
  return d;
}

static void free_draft(draft *d) {
  if (!d) return;
  for (uint32_t i = 0; i < d->child_n; i++) free_draft(d->children[i]);
  free_draft(d->param);
  free_draft(d->rest);
  kt_free(d->children);
  kt_free(d);
}

/* Shorter texts first. */
static int compare(kt_bytes a, kt_bytes b) {
  if (a.n != b.n) return a.n < b.n ? -1 : 1;
  return a.n ? memcmp(a.p, b.p, a.n) : 0;
}

/* The place of `text` among the children, and whether it is taken. */
static bool find_place(const draft *d, kt_bytes text, uint32_t *place) {
  uint32_t low = 0, high = d->child_n;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = compare(d->children[middle]->text, text);
    if (order == 0) {
      *place = middle;
      return true;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  *place = low;
  return false;
}

static draft *literal_child(compiler *c, draft *d, kt_bytes text) {
  uint32_t place;
  if (find_place(d, text, &place)) return d->children[place];
  if (d->child_n == d->child_cap) {
    uint32_t cap = d->child_cap ? d->child_cap * 2 : 4;
    draft **grown = kt_realloc(d->children, cap * sizeof *grown);
    if (!grown) {
      fail(c, "out of memory");
      return NULL;
    }
    d->children = grown;
    d->child_cap = cap;
  }
  draft *child = new_draft(c, text);
  if (!child) return NULL;
  memmove(d->children + place + 1, d->children + place, (d->child_n - place) * sizeof *d->children);
  d->children[place] = child;
  d->child_n++;
  c->text += text.n + 1; /* a slash before it */
  return child;
}

static draft *other_child(compiler *c, draft **slot) {
  if (!*slot) *slot = new_draft(c, (kt_bytes){0, 0});
  return *slot;
}

static bool has(kt_bytes s, uint8_t byte) { return s.n && memchr(s.p, byte, s.n); }

/* "{name}" or "{name*}": the name has a byte and no braces. */
static bool is_param(kt_bytes s) {
  if (s.n < 3 || (s.n == 3 && s.p[1] == '*') || s.p[0] != '{' || s.p[s.n - 1] != '}') return false;
  kt_bytes name = kt_bytes_make(s.p + 1, s.n - 2);
  return !has(name, '{') && !has(name, '}');
}

static draft *segment_child(compiler *c, draft *at, const kt_route_def *def, kt_bytes s, bool last, unsigned *params) {
  if (!has(s, '{') && !has(s, '}')) return literal_child(c, at, s);
  int n = (int)def->path.n;
  if (!is_param(s)) {
    fail(c, "route %.*s: the segment '%.*s' is neither a literal nor one parameter in braces", n, def->path.p,
         (int)s.n, s.p);
    return NULL;
  }
  if (++*params > KT_PARAMS_MAX) {
    fail(c, "route %.*s: more than %d parameters", n, def->path.p, KT_PARAMS_MAX);
    return NULL;
  }
  if (s.p[s.n - 2] != '*') return other_child(c, &at->param);
  if (last) return other_child(c, &at->rest);
  fail(c, "route %.*s: '%.*s' takes the rest of the path and must be its last segment", n, def->path.p, (int)s.n, s.p);
  return NULL;
}

static bool add_end(compiler *c, draft *at, const kt_route_def *def) {
  uint16_t bit = (uint16_t)(1u << def->method);
  if (at->methods & bit) {
    kt_bytes other = at->templates[def->method];
    return fail(c, "routes %.*s and %.*s match the same paths with %s", (int)other.n, other.p, (int)def->path.n,
                def->path.p, kt_method_name(def->method));
  }
  at->methods |= bit;
  at->values[def->method] = def->value;
  at->templates[def->method] = def->path;
  c->values++;
  return true;
}

static bool add(compiler *c, draft *root, const kt_route_def *def) {
  if (def->path.n == 0 || def->path.p[0] != '/')
    return fail(c, "route '%.*s' does not begin with a slash", (int)def->path.n, def->path.p);
  if (def->method >= KT_METHOD_COUNT) return fail(c, "route %.*s: no such method", (int)def->path.n, def->path.p);
  draft *at = root;
  unsigned params = 0;
  kt_bytes rest = kt_bytes_make(def->path.p + 1, def->path.n - 1);
  for (bool last = false; !last && at;) {
    const uint8_t *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
    kt_bytes s = kt_bytes_make(rest.p, slash ? (size_t)(slash - rest.p) : rest.n);
    last = !slash;
    if (slash) rest = kt_bytes_make(slash + 1, rest.n - s.n - 1);
    at = segment_child(c, at, def, s, last, &params);
  }
  return at && add_end(c, at, def);
}

/* ---- flattening ---- */

typedef struct writer {
  kt_route_tree *tree;
  uint32_t nodes, edges, values, text;
} writer;

/* Of a table for so many children: two slots in three are taken at most. */
static unsigned edge_bits(uint32_t child_n) {
  if (child_n < 2) return 0;
  unsigned bits = 1;
  while ((1ull << bits) * 2 < child_n * 3ull) bits++;
  return bits;
}

static size_t slot_count(const draft *d) { return d->child_n > 1 ? (size_t)1 << edge_bits(d->child_n) : 0; }

static size_t all_slots(const draft *d) {
  if (!d) return 0;
  size_t n = slot_count(d) + all_slots(d->param) + all_slots(d->rest);
  for (uint32_t i = 0; i < d->child_n; i++) n += all_slots(d->children[i]);
  return n;
}

static void write_values(writer *w, kt__node *node, const draft *d) {
  node->methods = d->methods;
  node->values = w->values;
  for (unsigned m = 0; m < KT_METHOD_COUNT; m++)
    if (d->methods & (1u << m)) w->tree->values[w->values++] = d->values[m];
}

/* A free slot, from that on where a search begins. */
static kt__edge *free_slot(kt__edge *edges, unsigned bits, kt_bytes text) {
  uint32_t slot = kt__slot(kt__segment_hash(text.p, text.n), bits);
  while (edges[slot].node != KT__NO_NODE) slot = (slot + 1) & ((1u << bits) - 1);
  return &edges[slot];
}

static uint32_t write_text(writer *w, kt_bytes text) {
  uint32_t at = w->text;
  if (text.n) memcpy(w->tree->text + at, text.p, text.n);
  w->text += (uint32_t)text.n;
  return at;
}

static uint32_t write_node(writer *w, const draft *d);

static bool leads_to_one_literal(const draft *d) {
  return d->methods == 0 && d->child_n == 1 && !d->param && !d->rest;
}

static void write_only_child(writer *w, kt__node *node, const draft *child) {
  node->only = true;
  node->text = write_text(w, child->text);
  for (; leads_to_one_literal(child); child = child->children[0]) {
    write_text(w, KT_BYTES("/"));
    write_text(w, child->children[0]->text);
  }
  node->text_n = w->text - node->text;
  node->words = kt__segment_words(w->tree->text + node->text, node->text_n);
  write_node(w, child);
}

/* The slots are contiguous, so they are reserved before descending. */
static void write_children(writer *w, kt__node *node, const draft *d) {
  node->edges = w->edges;
  node->edge_bits = (uint8_t)edge_bits(d->child_n);
  kt__edge *edges = &w->tree->edges[node->edges];
  w->edges += (uint32_t)slot_count(d);
  for (size_t i = 0; i < slot_count(d); i++) edges[i] = (kt__edge){.text_n = UINT32_MAX, .node = KT__NO_NODE};
  for (uint32_t i = 0; i < d->child_n; i++) {
    kt_bytes text = d->children[i]->text;
    kt__edge *e = free_slot(edges, node->edge_bits, text);
    e->words = kt__segment_words(text.p, text.n);
    e->text = write_text(w, text);
    e->text_n = (uint32_t)text.n;
    e->node = write_node(w, d->children[i]);
  }
}

static uint8_t way_of(const draft *d) {
  if ((d->child_n > 0) + (d->param != NULL) + (d->rest != NULL) > 1) return KT__WAY_SEVERAL;
  if (d->child_n > 0) return d->child_n == 1 ? KT__WAY_ONLY : KT__WAY_TABLE;
  return d->param ? KT__WAY_PARAM : d->rest ? KT__WAY_REST : KT__WAY_NONE;
}

/* Depth is that of the longest template. */
static uint32_t write_node(writer *w, const draft *d) {
  if (!d) return KT__NO_NODE;
  uint32_t at = w->nodes++;
  kt__node node = {.way = way_of(d)};
  write_values(w, &node, d);
  if (d->child_n == 1) write_only_child(w, &node, d->children[0]); /* before the others: it takes at + 1 */
  if (d->child_n > 1) write_children(w, &node, d);
  node.param = write_node(w, d->param);
  node.rest = write_node(w, d->rest);
  w->tree->nodes[at] = node;
  return at;
}

static kt_route_tree *flatten(compiler *c, const draft *root) {
  size_t nodes = c->nodes * sizeof(kt__node), edges = all_slots(root) * sizeof(kt__edge);
  size_t values = c->values * sizeof(uint32_t);
  kt_route_tree *t = kt_malloc(sizeof *t + nodes + edges + values + c->text);
  if (!t) {
    fail(c, "out of memory");
    return NULL;
  }
  t->edges = (kt__edge *)(t + 1); /* the widest alignment first */
  t->nodes = (kt__node *)((char *)t->edges + edges);
  t->values = (uint32_t *)((char *)t->nodes + nodes);
  t->text = (uint8_t *)t->values + values;
  writer w = {.tree = t};
  write_node(&w, root);
  return t;
}

kt_route_tree *kt_route_compile(const kt_route_def *defs, size_t n, char *error, size_t error_n) {
  compiler c = {.error = error, .error_n = error_n};
  draft *root = new_draft(&c, (kt_bytes){0, 0});
  bool ok = root != NULL;
  for (size_t i = 0; ok && i < n; i++) ok = add(&c, root, &defs[i]);
  kt_route_tree *t = ok ? flatten(&c, root) : NULL;
  free_draft(root);
  return t;
}

void kt_route_tree_destroy(kt_route_tree *t) { kt_free(t); }
