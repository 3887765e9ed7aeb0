/* The tree against a dumb model: every template is held against the path, and of those that match
 * the most specific one wins, segment by segment from the left. */
#include "check.h"
#include "base/memory.h"
#include "route/route.h"

#include <time.h>

#define ROUTES_MAX 40
#define PATH_MAX_N 160

typedef struct route {
  char path[PATH_MAX_N];
  uint8_t method;
} route;

static uint64_t seed;
static uint32_t below(uint32_t n) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33) % n;
}

typedef enum kind { LITERAL, MIXED, PARAMETER, REST } kind;

static kind kind_of(const char *segment, size_t n) {
  const char *open = memchr(segment, '{', n), *close = memchr(segment, '}', n);
  if (!open) return LITERAL;
  if (open > segment || close < segment + n - 1) return MIXED;
  return segment[n - 2] == '*' ? REST : PARAMETER;
}

/* Tries every size of each parameter, the least first. */
static bool model_mixed(const char *t, size_t tn, const char *p, size_t pn, kt_bytes out[], unsigned *count) {
  if (tn == 0) return pn == 0;
  if (*t != '{') return pn > 0 && *t == *p && model_mixed(t + 1, tn - 1, p + 1, pn - 1, out, count);
  size_t name = (size_t)((const char *)memchr(t, '}', tn) - t) + 1;
  unsigned own = (*count)++;
  for (size_t n = 1; n <= pn; n++) {
    out[own] = kt_bytes_make(p, n);
    if (model_mixed(t + name, tn - name, p + n, pn - n, out, count)) return true;
    *count = own + 1;
  }
  return false;
}

/* Does the path match? Parameters go to `out` in order. */
static bool model_match(const char *t, const char *p, kt_bytes out[], unsigned *count) {
  *count = 0;
  while (*t == '/' && *p == '/') {
    size_t tn = strcspn(++t, "/"), pn = strcspn(++p, "/");
    kind k = kind_of(t, tn);
    if (k == REST) {
      out[(*count)++] = kt_bytes_make(p, strlen(p));
      return *p != 0;
    }
    if (k == PARAMETER) {
      if (pn == 0) return false;
      out[(*count)++] = kt_bytes_make(p, pn);
    } else if (k == MIXED) {
      if (!model_mixed(t, tn, p, pn, out, count)) return false;
    } else if (tn != pn || memcmp(t, p, tn) != 0) {
      return false;
    }
    t += tn;
    p += pn;
  }
  return *t == 0 && *p == 0;
}

/* The template without the names of its parameters. */
static void write_shape(char *out, const char *t) {
  for (; *t; t++) {
    *out++ = *t;
    if (*t != '{') continue;
    t = strchr(t, '}');
    if (t[-1] == '*') *out++ = '*';
    *out++ = '}';
  }
  *out = 0;
}

/* What is less comes first. */
static int rank(const char *segment, size_t n) {
  static const int ranks[] = {
      [LITERAL] = 0, [MIXED] = PATH_MAX_N, [PARAMETER] = PATH_MAX_N + 1, [REST] = PATH_MAX_N + 2};
  kind k = kind_of(segment, n);
  int literal_n = (int)n;
  for (size_t i = 0; i < n; i++) literal_n -= segment[i] == '{' || segment[i] == '}';
  return k == MIXED ? ranks[k] - literal_n : ranks[k];
}

/* The first route whose shape begins with these n bytes, which end with a segment. */
static int first_with(const route *routes, const char *begin, size_t n) {
  char shape[PATH_MAX_N];
  for (int i = 0;; i++) {
    write_shape(shape, routes[i].path);
    if (strncmp(shape, begin, n) == 0 && (shape[n] == '/' || shape[n] == 0)) return i;
  }
}

/* Of two templates that match a path: negative when a wins, zero when they differ in names only. */
static int compare(const route *routes, const char *a, const char *b) {
  char shapes[2][PATH_MAX_N];
  write_shape(shapes[0], a);
  write_shape(shapes[1], b);
  for (const char *p = shapes[0], *q = shapes[1]; *p && *q;) {
    size_t pn = strcspn(p + 1, "/"), qn = strcspn(q + 1, "/");
    int order = rank(p + 1, pn) - rank(q + 1, qn);
    if (order) return order;
    if (pn != qn || memcmp(p, q, pn + 1) != 0)
      return first_with(routes, shapes[0], (size_t)(p + 1 + pn - shapes[0])) -
             first_with(routes, shapes[1], (size_t)(q + 1 + qn - shapes[1]));
    p += 1 + pn;
    q += 1 + qn;
  }
  return 0;
}

typedef struct answer {
  kt_route_result result;
  uint32_t value;
  uint16_t methods;
  unsigned param_count;
  kt_bytes params[KT_PARAMS_MAX];
} answer;

static answer model_find(const route *routes, unsigned n, const char *path, uint8_t method) {
  answer best = {.result = KT_ROUTE_NOT_FOUND};
  kt_bytes params[KT_PARAMS_MAX];
  const char *best_path = NULL;
  unsigned count, own = UINT32_MAX, get = UINT32_MAX;
  for (unsigned i = 0; i < n; i++) {
    if (!model_match(routes[i].path, path, params, &count)) continue;
    int order = best_path ? compare(routes, routes[i].path, best_path) : -1;
    if (order > 0) continue;
    if (order < 0) {
      best = (answer){.result = KT_ROUTE_METHOD_NOT_ALLOWED, .param_count = count};
      memcpy(best.params, params, sizeof params);
      best_path = routes[i].path;
      own = get = UINT32_MAX;
    }
    best.methods |= (uint16_t)(1u << routes[i].method);
    if (routes[i].method == method) own = i;
    if (routes[i].method == KT_GET) get = i;
  }
  if (best.methods & 1u << KT_GET) best.methods |= 1u << KT_HEAD;
  if (own == UINT32_MAX && method == KT_HEAD) own = get;
  if (own != UINT32_MAX) best.result = KT_ROUTE_FOUND;
  best.value = own;
  return best;
}

static void check_path(const kt_route_tree *t, const route *routes, unsigned n, const char *path) {
  static const uint8_t methods[] = {KT_GET, KT_HEAD, KT_POST, KT_PATCH, KT_METHOD_UNKNOWN};
  uint8_t method = methods[below(5)];
  answer want = model_find(routes, n, path, method);
  kt_route_match have;
  kt_bytes params[KT_PARAMS_MAX];
  kt_bytes slice = kt_bytes_make(path, strlen(path));
  kt_route_result result = kt_route_find(t, slice, method, params, &have);
  if (result != want.result) KT_FAIL("%s: %d, not %d", path, (int)result, (int)want.result);
  if (result == KT_ROUTE_NOT_FOUND) return;
  CHECK_EQ(have.methods, want.methods);
  if (result != KT_ROUTE_FOUND) return;
  CHECK_EQ(have.value, want.value);
  CHECK_EQ(have.param_count, want.param_count);
  for (unsigned i = 0; i < want.param_count; i++) CHECK(kt_bytes_equal(params[i], want.params[i]));
}

/* Few different segments, so that templates and paths meet often; those of eight to eighteen bytes differ in length, or
 * where neither the first nor the last eight bytes tell. */
static const char *const literals[] = {"a", "b", "aa", "ab", "", "products", "productz", "productproduct",
                                       "productproductt", "products-a-products", "products-b-products"};
enum { LITERALS = sizeof literals / sizeof *literals };

/* Of two letters, so that a literal of a mixed segment stands in many places. */
static void add_letters(char *out, unsigned least, unsigned most) {
  out += strlen(out);
  for (unsigned n = least + below(most - least + 1); n > 0; n--) *out++ = below(3) ? 'a' : 'b';
  *out = 0;
}

static void add_mixed(char *out) {
  add_letters(out, 0, 2);
  for (unsigned n = below(3); n > 0; n--) {
    strcat(out, below(2) ? "{x}" : "{long*name}");
    add_letters(out, 1, 2);
  }
  strcat(out, "{y}");
  add_letters(out, 0, 2);
}

static void random_path(char *out, bool template) {
  unsigned depth = 1 + below(5);
  *out = 0;
  for (unsigned i = 0; i < depth; i++) {
    strcat(out, "/");
    uint32_t r = below(12);
    if (template && r < 4) strcat(out, below(2) ? "{x}" : "{y}");
    else if (template && r == 4 && i == depth - 1) strcat(out, "{rest*}");
    else if (template && r > 8) add_mixed(out);
    else if (!template && r > 5) add_letters(out, 1, 8);
    else strcat(out, literals[below(LITERALS)]);
  }
}

/* Equal but for the names of parameters. */
static bool equivalent(const char *a, const char *b) {
  char shapes[2][PATH_MAX_N];
  write_shape(shapes[0], a);
  write_shape(shapes[1], b);
  return strcmp(shapes[0], shapes[1]) == 0;
}

static unsigned random_table(route *routes) {
  static const uint8_t methods[] = {KT_GET, KT_HEAD, KT_POST, KT_PATCH};
  unsigned n = 0;
  for (unsigned tries = 1 + below(ROUTES_MAX); tries > 0; tries--) {
    route *r = &routes[n];
    random_path(r->path, true);
    r->method = methods[below(4)];
    bool taken = false;
    for (unsigned i = 0; i < n; i++)
      taken = taken || (routes[i].method == r->method && equivalent(routes[i].path, r->path));
    n += !taken;
  }
  return n;
}

TEST("thousands of random tables answer as a search through all templates does") {
  for (unsigned round = 0; round < 4000; round++) {
    seed = round;
    route routes[ROUTES_MAX];
    kt_route_def defs[ROUTES_MAX];
    char error[200] = "", path[PATH_MAX_N];
    unsigned n = random_table(routes);
    for (uint32_t i = 0; i < n; i++)
      defs[i] = (kt_route_def){kt_bytes_make(routes[i].path, strlen(routes[i].path)),
                               routes[i].method, i};
    kt_route_tree *t = kt_route_compile(defs, n, error, sizeof error);
    if (!t) KT_FAIL("%s", error);
    for (unsigned i = 0; i < 50; i++) {
      random_path(path, false);
      check_path(t, routes, n, path);
    }
    kt_route_tree_destroy(t);
  }
}

enum { MANY = 10000 };

TEST("a table of 10,000 routes finds each of them") {
  static char paths[MANY][40];
  static kt_route_def defs[MANY];
  static const char *const shapes[] = {"/resource-%05u", "/r%u/{id}", "/all/%u/x", "/all/{x}/y%u"};
  char error[200] = "", path[48];
  for (uint32_t i = 0; i < MANY; i++) {
    int n = snprintf(paths[i], sizeof paths[i], shapes[i % 4], i);
    defs[i] = (kt_route_def){kt_bytes_make(paths[i], (size_t)n), KT_GET, i};
  }
  kt_route_tree *t = kt_route_compile(defs, MANY, error, sizeof error);
  if (!t) KT_FAIL("%s", error);
  static const char *const asked[] = {"/resource-%05u", "/r%u/7", "/all/%u/x", "/all/3/y%u"};
  kt_bytes params[KT_PARAMS_MAX];
  kt_route_match match;
  for (uint32_t i = 0; i < MANY; i++) {
    int n = snprintf(path, sizeof path, asked[i % 4], i);
    kt_bytes slice = kt_bytes_make(path, (size_t)n);
    CHECK(kt_route_find(t, slice, KT_GET, params, &match) == KT_ROUTE_FOUND);
    CHECK_EQ(match.value, i);
    path[n - 1] = '!';
    kt_route_result changed = kt_route_find(t, slice, KT_GET, params, &match);
    CHECK(i % 4 == 1 ? changed == KT_ROUTE_FOUND : changed == KT_ROUTE_NOT_FOUND);
  }
  kt_route_tree_destroy(t);
}

/* All literal and parameter choices of `depth` segments, none of which ends in "z". */
static unsigned binary_table(kt_route_def *defs, char paths[][64], unsigned depth) {
  unsigned n = 1u << depth;
  for (unsigned i = 0; i < n; i++) {
    paths[i][0] = 0;
    for (unsigned d = 0; d < depth; d++) strcat(paths[i], i >> d & 1 ? "/{x}" : "/a");
    strcat(paths[i], "/end");
    defs[i] = (kt_route_def){kt_bytes_make(paths[i], strlen(paths[i])), KT_GET, i};
  }
  return n;
}

TEST("a path that every template almost matches costs no more than the table") {
  enum { DEPTH = 10 };
  static char paths[1u << DEPTH][64];
  static kt_route_def defs[1u << DEPTH];
  char error[200] = "";
  kt_route_tree *t = kt_route_compile(defs, binary_table(defs, paths, DEPTH), error, sizeof error);
  if (!t) KT_FAIL("%s", error);
  kt_bytes params[KT_PARAMS_MAX];
  kt_route_match match;
  static const char path[] = "/a/a/a/a/a/a/a/a/a/a/z";
  clock_t began = clock();
  for (int i = 0; i < 100; i++)
    CHECK(kt_route_find(t, KT_BYTES(path), KT_GET, params, &match) == KT_ROUTE_NOT_FOUND);
  double each = (double)(clock() - began) / CLOCKS_PER_SEC / 100;
  CHECK(each < 0.05); /* 2,047 nodes: some 100 us, sanitized some ms */
  kt_bytes end = KT_BYTES("/a/b/a/a/a/a/a/a/a/a/end");
  CHECK(kt_route_find(t, end, KT_GET, params, &match) == KT_ROUTE_FOUND);
  CHECK_EQ(match.value, 2);
  kt_route_tree_destroy(t);
}

TEST("a mixed segment whose literals almost match everywhere costs time linear in the path") {
  enum { SIZE = 1 << 20, NEEDLE = 2000 };
  static char path[SIZE + 1], template[3 * NEEDLE];
  char error[200] = "", *end = template;
  *end++ = '/';
  for (int i = 0; i < 2; i++) {
    end = stpcpy(end, "{x}");
    memset(end, 'a', NEEDLE / 2);
    *(end += NEEDLE / 2) = 'b';
    memset(++end, 'a', NEEDLE / 4);
    end += NEEDLE / 4;
  }
  end = stpcpy(end, "{y}a");
  kt_route_def def = {kt_bytes_make(template, (size_t)(end - template)), KT_GET, 0};
  kt_route_tree *t = kt_route_compile(&def, 1, error, sizeof error);
  if (!t) KT_FAIL("%s", error);
  memset(path, 'a', SIZE);
  path[0] = '/';
  kt_bytes params[KT_PARAMS_MAX];
  kt_route_match match;
  clock_t began = clock();
  CHECK(kt_route_find(t, kt_bytes_make(path, SIZE), KT_GET, params, &match) == KT_ROUTE_NOT_FOUND);
  CHECK((double)(clock() - began) / CLOCKS_PER_SEC < 0.1); /* some ms; a comparison at every byte takes a second */
  kt_route_tree_destroy(t);
}
