#include "base/memory.h"
#include "route/segment.h"
#include "route/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct drafts {
  struct draft **at;
  uint32_t n, cap;
} drafts;

/* A node while the tree grows. */
typedef struct draft {
  drafts literals; /* sorted by text */
  drafts mixed;    /* in the order of a look-up */
  struct draft *param, *rest;
  kt_bytes text;       /* of the segment before it, where that is literal or mixed */
  size_t literal_size; /* of that text, without the parameters */
  uint16_t methods;
  uint32_t values[KT_METHOD_COUNT];
  kt_bytes templates[KT_METHOD_COUNT]; /* for messages */
} draft;

typedef struct compiler {
  char *error;
  size_t error_n;
  size_t nodes, mixed, pieces, values, text;
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

static void free_draft(draft *d);

static void free_drafts(drafts *list) {
  for (uint32_t i = 0; i < list->n; i++) free_draft(list->at[i]);
  kt_free(list->at);
}

static void free_draft(draft *d) {
  if (!d) return;
  free_drafts(&d->literals);
  free_drafts(&d->mixed);
  free_draft(d->param);
  free_draft(d->rest);
  kt_free(d);
}

static draft *insert(compiler *c, drafts *list, uint32_t place, kt_bytes text) {
  if (list->n == list->cap) {
    uint32_t cap = list->cap ? list->cap * 2 : 4;
    draft **grown = kt_realloc(list->at, cap * sizeof *grown);
    if (!grown) {
      fail(c, "out of memory");
      return NULL;
    }
    list->at = grown;
    list->cap = cap;
  }
  draft *child = new_draft(c, text);
  if (!child) return NULL;
  memmove(list->at + place + 1, list->at + place, (list->n - place) * sizeof *list->at);
  list->at[place] = child;
  list->n++;
  return child;
}

/* Shorter texts first. */
static int compare(kt_bytes a, kt_bytes b) {
  if (a.n != b.n) return a.n < b.n ? -1 : 1;
  return a.n ? memcmp(a.p, b.p, a.n) : 0;
}

/* The place of `text` among literals, and whether it is taken. */
static bool find_place(const drafts *list, kt_bytes text, uint32_t *place) {
  uint32_t low = 0, high = list->n;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = compare(list->at[middle]->text, text);
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
  if (find_place(&d->literals, text, &place)) return d->literals.at[place];
  draft *child = insert(c, &d->literals, place, text);
  if (child) c->text += text.n + 1; /* a slash before it */
  return child;
}

static bool has_shape(const draft *child, const kt__segment *segment) {
  kt__segment own;
  if (child->literal_size != segment->literal_size) return false;
  kt__segment_parse(child->text, &own);
  return kt__segment_same_shape(&own, segment);
}

/* More literal text comes first, and what came first stays before as much. */
static draft *mixed_child(compiler *c, draft *d, kt_bytes text, const kt__segment *segment) {
  uint32_t place = 0;
  for (; place < d->mixed.n && d->mixed.at[place]->literal_size >= segment->literal_size; place++)
    if (has_shape(d->mixed.at[place], segment)) return d->mixed.at[place];
  draft *child = insert(c, &d->mixed, place, text);
  if (!child) return NULL;
  child->literal_size = segment->literal_size;
  c->mixed++;
  c->pieces += segment->param_n + 1;
  c->text += segment->literal_size;
  return child;
}

static draft *other_child(compiler *c, draft **slot) {
  if (!*slot) *slot = new_draft(c, (kt_bytes){0, 0});
  return *slot;
}

static draft *segment_child(compiler *c, draft *at, const kt_route_def *def, kt_bytes s, bool last, unsigned *params) {
  int n = (int)def->path.n;
  kt__segment segment;
  const char *why = kt__segment_parse(s, &segment);
  if (why) {
    fail(c, "route %.*s: the segment '%.*s' %s", n, def->path.p, (int)s.n, s.p, why);
    return NULL;
  }
  *params += segment.param_n;
  if (*params > KT_PARAMS_MAX) {
    fail(c, "route %.*s: more than %d parameters", n, def->path.p, KT_PARAMS_MAX);
    return NULL;
  }
  switch (segment.kind) {
  case KT__LITERAL: return literal_child(c, at, s);
  case KT__MIXED: return mixed_child(c, at, s, &segment);
  case KT__PARAM: return other_child(c, &at->param);
  case KT__REST: break;
  }
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
  uint32_t nodes, edges, mixed, pieces, values, text;
} writer;

/* Of a table for so many children: two slots in three are taken at most. */
static unsigned edge_bits(uint32_t child_n) {
  if (child_n < 2) return 0;
  unsigned bits = 1;
  while ((1ull << bits) * 2 < child_n * 3ull) bits++;
  return bits;
}

static size_t slot_count(const draft *d) { return d->literals.n > 1 ? (size_t)1 << edge_bits(d->literals.n) : 0; }

static size_t all_slots(const draft *d) {
  if (!d) return 0;
  size_t n = slot_count(d) + all_slots(d->param) + all_slots(d->rest);
  for (uint32_t i = 0; i < d->literals.n; i++) n += all_slots(d->literals.at[i]);
  for (uint32_t i = 0; i < d->mixed.n; i++) n += all_slots(d->mixed.at[i]);
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
  return d->methods == 0 && d->literals.n == 1 && d->mixed.n == 0 && !d->param && !d->rest;
}

static void write_only_child(writer *w, kt__node *node, const draft *child) {
  node->only = true;
  node->text = write_text(w, child->text);
  for (; leads_to_one_literal(child); child = child->literals.at[0]) {
    write_text(w, KT_BYTES("/"));
    write_text(w, child->literals.at[0]->text);
  }
  node->text_n = w->text - node->text;
  node->words = kt__segment_words(w->tree->text + node->text, node->text_n);
  write_node(w, child);
}

/* The slots are contiguous, so they are reserved before descending. */
static void write_children(writer *w, kt__node *node, const draft *d) {
  node->edges = w->edges;
  node->edge_bits = (uint8_t)edge_bits(d->literals.n);
  kt__edge *edges = &w->tree->edges[node->edges];
  w->edges += (uint32_t)slot_count(d);
  for (size_t i = 0; i < slot_count(d); i++) edges[i] = (kt__edge){.text_n = UINT32_MAX, .node = KT__NO_NODE};
  for (uint32_t i = 0; i < d->literals.n; i++) {
    kt_bytes text = d->literals.at[i]->text;
    kt__edge *e = free_slot(edges, node->edge_bits, text);
    e->words = kt__segment_words(text.p, text.n);
    e->text = write_text(w, text);
    e->text_n = (uint32_t)text.n;
    e->node = write_node(w, d->literals.at[i]);
  }
}

static void write_pieces(writer *w, kt__mixed *m, kt_bytes text) {
  kt__segment segment;
  kt__segment_parse(text, &segment);
  m->pieces = w->pieces;
  m->param_n = segment.param_n;
  m->size_min = segment.literal_size + segment.param_n;
  for (unsigned i = 0; i <= segment.param_n; i++) {
    kt_bytes literal = segment.literals[i];
    w->tree->pieces[w->pieces++] = (kt__piece){.text = write_text(w, literal), .text_n = (uint32_t)literal.n};
  }
}

/* They are contiguous, as the slots are. */
static void write_mixed(writer *w, kt__node *node, const draft *d) {
  kt__mixed *m = &w->tree->mixed[w->mixed];
  node->mixed = w->mixed;
  w->mixed += d->mixed.n;
  for (uint32_t i = 0; i < d->mixed.n; i++, m++) {
    write_pieces(w, m, d->mixed.at[i]->text);
    m->left = d->mixed.n - 1 - i;
    m->node = write_node(w, d->mixed.at[i]);
  }
}

static uint8_t way_of(const draft *d) {
  if (d->mixed.n > 0) return KT__WAY_MIXED;
  if ((d->literals.n > 0) + (d->param != NULL) + (d->rest != NULL) > 1) return KT__WAY_SEVERAL;
  if (d->literals.n > 0) return d->literals.n == 1 ? KT__WAY_ONLY : KT__WAY_TABLE;
  return d->param ? KT__WAY_PARAM : d->rest ? KT__WAY_REST : KT__WAY_NONE;
}

/* Depth is that of the longest template. */
static uint32_t write_node(writer *w, const draft *d) {
  if (!d) return KT__NO_NODE;
  uint32_t at = w->nodes++;
  kt__node node = {.way = way_of(d)};
  write_values(w, &node, d);
  if (d->literals.n == 1) write_only_child(w, &node, d->literals.at[0]); /* before the others: it takes at + 1 */
  if (d->literals.n > 1) write_children(w, &node, d);
  if (d->mixed.n > 0) write_mixed(w, &node, d);
  node.param = write_node(w, d->param);
  node.rest = write_node(w, d->rest);
  w->tree->nodes[at] = node;
  return at;
}

static kt_route_tree *flatten(compiler *c, const draft *root) {
  size_t nodes = c->nodes * sizeof(kt__node), edges = all_slots(root) * sizeof(kt__edge);
  size_t mixed = c->mixed * sizeof(kt__mixed), pieces = c->pieces * sizeof(kt__piece);
  size_t values = c->values * sizeof(uint32_t);
  kt_route_tree *t = kt_malloc(sizeof *t + nodes + edges + mixed + pieces + values + c->text);
  if (!t) {
    fail(c, "out of memory");
    return NULL;
  }
  t->edges = (kt__edge *)(t + 1); /* the widest alignment first */
  t->nodes = (kt__node *)((char *)t->edges + edges);
  t->mixed = (kt__mixed *)((char *)t->nodes + nodes);
  t->pieces = (kt__piece *)((char *)t->mixed + mixed);
  t->values = (uint32_t *)((char *)t->pieces + pieces);
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
