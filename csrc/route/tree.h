/* tree.h: the compiled form. Everything is an index into a flat array. */
#ifndef KT_ROUTE_TREE_H
#define KT_ROUTE_TREE_H

#include "route/route.h"

#define KT__NO_NODE UINT32_MAX

/* The first and the last eight bytes of a segment, the first in the lowest bits; of a shorter one both are all of it
 * and zeros. */
#define KT__WORDS_SIZE 16
typedef struct kt__words {
  uint64_t head, tail;
} kt__words;

/* A literal segment, and the node behind it. */
typedef struct kt__edge {
  kt__words words;
  uint32_t text, text_n;
  uint32_t node; /* KT__NO_NODE: an empty slot, whose text_n no segment has */
} kt__edge;

/* A literal text before, between or behind the parameters of a mixed segment; before and behind it may be empty. */
typedef struct kt__piece {
  uint32_t text, text_n;
} kt__piece;

/* A segment of literals and parameters, and the node behind it. */
typedef struct kt__mixed {
  size_t size_min; /* of a segment that matches: one byte for each parameter */
  uint32_t pieces; /* the first of param_n + 1 */
  uint32_t param_n;
  uint32_t left;   /* how many siblings come after it */
  uint32_t node;
} kt__mixed;

/* What may follow a node. Most nodes have one way, and a walk takes it without a look at the others. With
 * KT__WAY_MIXED there are mixed segments, whatever else there is. The order lets the compiler tell them apart with the
 * comparisons that it makes anyway. */
enum { KT__WAY_NONE, KT__WAY_REST, KT__WAY_SEVERAL, KT__WAY_ONLY, KT__WAY_TABLE, KT__WAY_PARAM, KT__WAY_MIXED };

/* An only literal child, and what has no other use than to lead to it, is one text with slashes in it. Its node follows
 * at once, so that the place of the next node is known before this one is read: a walk waits for loads that depend on
 * one another longer than for anything else. */
typedef struct kt__node {
  kt__words words;   /* of the text, with an only literal child */
  uint32_t text, text_n;
  uint32_t edges;    /* of several literal children: the first slot of a hash table, see kt__slot */
  uint32_t param;    /* node behind a parameter segment */
  uint32_t rest;     /* node of "{rest*}" */
  uint32_t values;   /* one per bit of methods, lowest first */
  uint16_t methods;  /* 0: no template ends here */
  uint8_t edge_bits; /* 1 << edge_bits slots, one of them empty at least; 0: no such table */
  uint8_t way;
  bool only : 1;       /* one literal child */
  uint32_t mixed : 31; /* the first mixed child, with KT__WAY_MIXED */
} kt__node;

struct kt_route_tree {
  kt__node *nodes;
  kt__edge *edges;
  kt__mixed *mixed;
  kt__piece *pieces;
  uint32_t *values;
  uint8_t *text;
};

static inline uint64_t kt__load4(const uint8_t *p) {
  return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;
}

static inline uint64_t kt__load8(const uint8_t *p) { return kt__load4(p) | kt__load4(p + 4) << 32; }

/* Loads that overlap cover what is no multiple of their size. */
static inline kt__words kt__segment_words(const uint8_t *p, size_t n) {
  if (n >= 8) return (kt__words){kt__load8(p), kt__load8(p + n - 8)};
  uint64_t all = 0;
  if (n >= 4)
    all = kt__load4(p) | kt__load4(p + n - 4) << 8 * (n - 4);
  else if (n > 0)
    all = (uint64_t)p[0] | (uint64_t)p[n / 2] << 8 * (n / 2) | (uint64_t)p[n - 1] << 8 * (n - 1);
  return (kt__words){all, all};
}

/* Up to KT__WORDS_SIZE bytes, words and length are all there is to a segment. */
static inline uint64_t kt__words_hash(kt__words w) {
  uint64_t h = w.head + w.tail * 0x9e3779b97f4a7c15u;
  return (h ^ h >> 32) * 0xd6e8feb86659fd93u;
}

/* The slot in which a segment stands, or before it one that was taken; the last slot's next is slot 0. */
static inline uint32_t kt__slot(uint64_t hash, unsigned bits) { return (uint32_t)(hash >> (64 - bits)); }

static inline uint64_t kt__segment_hash(const uint8_t *p, size_t n) {
  kt__words w = kt__segment_words(p, n);
  for (size_t i = 8; n > KT__WORDS_SIZE && i < n - 8; i++) w.head = (w.head ^ p[i]) * 0x100000001b3u;
  return kt__words_hash(w);
}

#endif
