#include "check.h"
#include "base/memory.h"
#include "route/route.h"

static kt_bytes text(const char *s) { return kt_bytes_make(s, strlen(s)); }

static char error[256];
static kt_bytes params[KT_PARAMS_MAX];
static kt_route_match match;

typedef struct line {
  uint8_t method;
  const char *path;
} line;

/* The value of a route is its place in the table. */
static kt_route_tree *compile(const line *lines, size_t n) {
  kt_route_def defs[32];
  for (size_t i = 0; i < n; i++)
    defs[i] = (kt_route_def){text(lines[i].path), lines[i].method, (uint32_t)i};
  error[0] = 0;
  return kt_route_compile(defs, n, error, sizeof error);
}

#define COMPILE(lines) compile(lines, sizeof(lines) / sizeof *(lines))

static int find(const kt_route_tree *t, uint8_t method, const char *path) {
  return kt_route_find(t, text(path), method, params, &match);
}

static bool finds(const kt_route_tree *t, const char *path, uint32_t value) {
  return find(t, KT_GET, path) == KT_ROUTE_FOUND && match.value == value;
}

static bool misses(const kt_route_tree *t, const char *path) {
  return find(t, KT_GET, path) == KT_ROUTE_NOT_FOUND;
}

TEST("a literal wins over a parameter, whichever was defined first") {
  static const line tables[][3] = {
      {{KT_GET, "/products/search"}, {KT_GET, "/products/{id}"}, {KT_GET, "/products/{id}/stock"}},
      {{KT_GET, "/products/{id}"}, {KT_GET, "/products/{id}/stock"}, {KT_GET, "/products/search"}},
      {{KT_GET, "/products/{id}/stock"}, {KT_GET, "/products/search"}, {KT_GET, "/products/{id}"}},
  };
  for (int i = 0; i < 3; i++) {
    kt_route_tree *t = COMPILE(tables[i]);
    CHECK(t);
    CHECK(find(t, KT_GET, "/products/search") == KT_ROUTE_FOUND);
    CHECK(strcmp(tables[i][match.value].path, "/products/search") == 0);
    CHECK(find(t, KT_GET, "/products/search/stock") == KT_ROUTE_FOUND);
    CHECK(strcmp(tables[i][match.value].path, "/products/{id}/stock") == 0);
    CHECK_BYTES(params[0], "search");
    CHECK(find(t, KT_GET, "/products/7") == KT_ROUTE_FOUND);
    CHECK_EQ(match.param_count, 1);
    CHECK_BYTES(params[0], "7");
    kt_route_tree_destroy(t);
  }
}

TEST("a literal that leads nowhere gives way to a parameter, and its parameters are forgotten") {
  static const line lines[] = {
      {KT_GET, "/a/{x}/b"}, {KT_GET, "/a/c/{y}"}, {KT_GET, "/a/c/{y}/{z}/e"}};
  kt_route_tree *t = COMPILE(lines);
  CHECK(t);
  CHECK(finds(t, "/a/c/b", 1));
  CHECK(finds(t, "/a/d/b", 0));
  CHECK(finds(t, "/a/c/1/2/e", 2));
  CHECK_EQ(match.param_count, 2);
  CHECK_BYTES(params[0], "1");
  CHECK_BYTES(params[1], "2");
  CHECK(misses(t, "/a/c/1/2/f"));
  CHECK(misses(t, "/a/d/c"));
  kt_route_tree_destroy(t);
}

TEST("a slash at the end counts and an empty segment is no parameter") {
  static const line lines[] = {
      {KT_GET, "/"}, {KT_GET, "/a"}, {KT_GET, "/b/"}, {KT_GET, "/c/{x}"}, {KT_GET, "/d/{x}/e"}};
  kt_route_tree *t = COMPILE(lines);
  CHECK(t);
  CHECK(finds(t, "/", 0) && finds(t, "/a", 1) && finds(t, "/b/", 2) && finds(t, "/c/1", 3));
  CHECK(misses(t, "/a/") && misses(t, "/b") && misses(t, "/c/") && misses(t, "/c"));
  CHECK(misses(t, "/d//e") && misses(t, "//") && misses(t, "/A"));
  CHECK(misses(t, "") && misses(t, "*") && misses(t, "a"));
  kt_route_tree_destroy(t);
}

TEST("a rest takes everything behind it, slashes included, but not nothing") {
  static const line lines[] = {{KT_GET, "/files/{path*}"}, {KT_GET, "/files/{id}/info"}};
  kt_route_tree *t = COMPILE(lines);
  CHECK(t);
  CHECK(finds(t, "/files/a/b//c/", 0));
  CHECK_EQ(match.param_count, 1);
  CHECK_BYTES(params[0], "a/b//c/");
  CHECK(finds(t, "/files/a/info", 1));
  CHECK(finds(t, "/files/a/info/more", 0));
  CHECK_BYTES(params[0], "a/info/more");
  CHECK(misses(t, "/files/") && misses(t, "/files"));
  kt_route_tree_destroy(t);
}

TEST("HEAD falls back to GET, but its own route comes first") {
  static const line lines[] = {{KT_GET, "/a"}, {KT_GET, "/b"}, {KT_HEAD, "/b"}, {KT_POST, "/c"}};
  kt_route_tree *t = COMPILE(lines);
  CHECK(t);
  CHECK(find(t, KT_HEAD, "/a") == KT_ROUTE_FOUND && match.value == 0);
  CHECK(find(t, KT_HEAD, "/b") == KT_ROUTE_FOUND && match.value == 2);
  CHECK(find(t, KT_GET, "/b") == KT_ROUTE_FOUND && match.value == 1);
  CHECK(find(t, KT_HEAD, "/c") == KT_ROUTE_METHOD_NOT_ALLOWED);
  kt_route_tree_destroy(t);
}

TEST("a method that a path lacks is told with those that it has") {
  static const line lines[] = {
      {KT_GET, "/a/{x}"}, {KT_DELETE, "/a/{x}"}, {KT_PATCH, "/a/{x}"}, {KT_POST, "/b"}};
  kt_route_tree *t = COMPILE(lines);
  CHECK(t);
  unsigned get = 1u << KT_GET | 1u << KT_HEAD | 1u << KT_DELETE | 1u << KT_PATCH;
  CHECK(find(t, KT_PUT, "/a/1") == KT_ROUTE_METHOD_NOT_ALLOWED);
  CHECK_EQ(match.methods, get);
  CHECK(find(t, KT_METHOD_UNKNOWN, "/a/1") == KT_ROUTE_METHOD_NOT_ALLOWED);
  CHECK(find(t, KT_OPTIONS, "/b") == KT_ROUTE_METHOD_NOT_ALLOWED);
  CHECK_EQ(match.methods, 1u << KT_POST);
  CHECK(find(t, KT_PATCH, "/a/1") == KT_ROUTE_FOUND && match.value == 2);
  kt_route_tree_destroy(t);
}

static bool refused(uint8_t method, const char *path, const char *reason) {
  line lines[] = {{KT_GET, "/fine"}, {method, path}};
  kt_route_tree *t = COMPILE(lines);
  bool told = !t && strstr(error, reason) && strstr(error, path) && !strchr(error, '\n');
  kt_route_tree_destroy(t);
  if (!told) printf("%s: %s\n", path, error);
  return told;
}

TEST("a template that is wrong is refused with one line that names it and the reason") {
  CHECK(refused(KT_GET, "", "slash"));
  CHECK(refused(KT_GET, "a/b", "slash"));
  static const char *const unclosed[] = {"/{", "/a{b", "/{a/b}", "/{a{b}", "/{a}-{"};
  for (int i = 0; i < 5; i++) CHECK(refused(KT_GET, unclosed[i], "does not close a brace"));
  CHECK(refused(KT_GET, "/}", "closes a brace that it did not open"));
  CHECK(refused(KT_GET, "/{a}}", "closes a brace that it did not open"));
  CHECK(refused(KT_GET, "/{}", "a parameter without a name"));
  CHECK(refused(KT_GET, "/{*}", "a parameter without a name"));
  CHECK(refused(KT_GET, "/a-{}", "a parameter without a name"));
  CHECK(refused(KT_GET, "/{a}{b}", "the segment '{a}{b}' has two parameters without a literal between them"));
  CHECK(refused(KT_GET, "/x{a}-{b}{c}.", "two parameters without a literal between them"));
  CHECK(refused(KT_GET, "/a-{rest*}", "takes the rest of the path and has more than that parameter"));
  CHECK(refused(KT_GET, "/{a}-{rest*}", "takes the rest of the path and has more than that parameter"));
  CHECK(refused(KT_GET, "/{rest*}/a", "last segment"));
  CHECK(refused(KT_METHOD_COUNT, "/a", "method"));
}

TEST("two templates that differ in parameter names only are the same, for one method") {
  static const line same[] = {{KT_GET, "/a/{x}/b"}, {KT_POST, "/a/{z}/b"}, {KT_GET, "/a/{y}/b"}};
  CHECK(!COMPILE(same));
  CHECK(strstr(error, "/a/{x}/b") && strstr(error, "/a/{y}/b") && strstr(error, "GET"));
  static const line apart[] = {
      {KT_GET, "/a/{x}"}, {KT_POST, "/a/{y}"}, {KT_GET, "/a/{y*}"}, {KT_GET, "/a/x"}};
  kt_route_tree *t = COMPILE(apart);
  CHECK(t);
  kt_route_tree_destroy(t);
}

TEST("sixteen parameters are taken, a seventeenth is refused") {
  char path[KT_PARAMS_MAX * 4 + 5] = "";
  for (int i = 0; i < KT_PARAMS_MAX; i++) strcat(path, "/{p}");
  line one = {KT_GET, path};
  kt_route_tree *t = compile(&one, 1);
  CHECK(t);
  CHECK(finds(t, "/0/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f", 0));
  CHECK_EQ(match.param_count, KT_PARAMS_MAX);
  CHECK_BYTES(params[15], "f");
  kt_route_tree_destroy(t);
  strcat(path, "/{p}");
  CHECK(refused(KT_GET, path, "more than 16 parameters"));
}

TEST("sixteen parameters of one segment are taken, a seventeenth is refused") {
  char path[KT_PARAMS_MAX * 4 + 5] = "/";
  for (int i = 0; i < KT_PARAMS_MAX; i++) strcat(path, i ? "-{p}" : "{p}");
  line one = {KT_GET, path};
  kt_route_tree *t = compile(&one, 1);
  CHECK(t);
  CHECK(finds(t, "/0-1-2-3-4-5-6-7-8-9-a-b-c-d-e-f", 0));
  CHECK_EQ(match.param_count, KT_PARAMS_MAX);
  CHECK_BYTES(params[15], "f");
  kt_route_tree_destroy(t);
  strcat(path, "-{p}");
  CHECK(refused(KT_GET, path, "more than 16 parameters"));
}

/* One template, a path, and the parameters with a bar between them, or NULL where the path does not match. */
typedef struct split {
  const char *template, *path, *params;
} split;

static bool splits(const split *one) {
  line l = {KT_GET, one->template};
  char joined[200] = "";
  kt_route_tree *t = compile(&l, 1);
  if (!t) return false;
  bool found = finds(t, one->path, 0);
  for (unsigned i = 0; found && i < match.param_count; i++) {
    if (i) strcat(joined, "|");
    strncat(joined, (const char *)params[i].p, params[i].n);
  }
  kt_route_tree_destroy(t);
  bool right = found == (one->params != NULL) && (!found || strcmp(joined, one->params) == 0);
  if (!right) printf("%s %s: %s\n", one->template, one->path, found ? joined : "not found");
  return right;
}

TEST("a mixed segment gives each parameter what stands before the next literal, and the last what is left") {
  static const split all[] = {
      {"/files/{id}/thumbnail.{extension}", "/files/7/thumbnail.png", "7|png"},
      {"/files/{id}/thumbnail.{extension}", "/files/7/thumbnail.", NULL},
      {"/files/{id}/thumbnail.{extension}", "/files/7/thumbnailXpng", NULL},
      {"/files/{id}/thumbnail.{extension}", "/files/7/thumbnail.a.b", "7|a.b"},
      {"/a/{name}.json", "/a/b.json", "b"},
      {"/a/{name}.json", "/a/b.json.json", "b.json"},
      {"/a/{name}.json", "/a/.json", NULL},
      {"/a/{name}.json", "/a/b.jso", NULL},
      {"/a/{name}.json", "/a/b.json/", NULL},
      {"/a/{name}.json", "/a/b/c.json", NULL},
      {"/a/{name}.json/b", "/a/x.json/b", "x"},
      {"/report.{year}-{month}", "/report.2026-11", "2026|11"},
      {"/report.{year}-{month}", "/report.2026-11-21", "2026|11-21"},
      {"/report.{year}-{month}", "/report.-11", NULL},
      {"/report.{year}-{month}", "/report.2026-", NULL},
      {"/report.{year}-{month}", "/report.--11", "-|11"},
      {"/report.{year}-{month}", "/report.", NULL},
      {"/items/{id}:publish", "/items/a:b:publish", "a:b"},
      {"/items/{id}:publish", "/items/:publish:publish", ":publish"},
      {"/files/{id}#shared", "/files/7#shared", "7"},
      {"/{a}ab{b}ab{c}", "/abababab", NULL}, /* the first takes "ab" and the second, too: nothing is left */
      {"/{a}ab{b}ab{c}", "/ababababc", "ab|ab|c"},
      {"/{a}aa{b}a", "/aaaaa", "a|a"},
      {"/{a}aa{b}a", "/aaaa", NULL},
      {"/x{a}x", "/xx", NULL},
      {"/x{a}x", "/x", NULL},
      {"/x{a}x", "/xxx", "x"},
      {"/{a}é{b}", "/üé€", "ü|€"},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) CHECK(splits(&all[i]));
}

TEST("a literal comes first, then mixed segments by their literal text, then a parameter, then a rest") {
  static const line lines[] = {
      {KT_GET, "/{rest*}"},    {KT_GET, "/{x}"}, {KT_GET, "/{x}.b"},    {KT_GET, "/a.{x}"},
      {KT_GET, "/{x}.gz"},     {KT_GET, "/{x}.tar.gz"}, {KT_GET, "/a.b"}, {KT_GET, "/a.{x}.gz"},
      {KT_GET, "/a.{x}/end"},  {KT_GET, "/{x}.b/{y}/end"}};
  kt_route_tree *t = COMPILE(lines);
  CHECK(t);
  CHECK(finds(t, "/a.b", 6) && finds(t, "/c.b", 2) && finds(t, "/a.c", 3) && finds(t, "/c", 1));
  CHECK(finds(t, "/a.b.b", 2)); /* as much literal text, and its template comes first */
  CHECK(finds(t, "/a.tar.gz", 5) && finds(t, "/a.b.gz", 7) && finds(t, "/b.gz", 4));
  CHECK(finds(t, "/a.c/end", 8) && finds(t, "/a.b/end", 8) && finds(t, "/a.b/c/end", 9) && finds(t, "/a.c/c/end", 0));
  CHECK_EQ(match.param_count, 1);
  CHECK_BYTES(params[0], "a.c/c/end");
  kt_route_tree_destroy(t);
}

TEST("a mixed segment that leads nowhere gives way, and its parameters are forgotten") {
  static const line lines[] = {{KT_GET, "/{a}-{b}-x/{c}/1"}, {KT_GET, "/{a}-x/{b}/2"}, {KT_GET, "/{a}/{b}/3"},
                               {KT_GET, "/p-q-x/{c}/9"}};
  kt_route_tree *t = COMPILE(lines);
  CHECK(t);
  CHECK(finds(t, "/p-q-x/r/1", 0) && match.param_count == 3);
  CHECK(finds(t, "/p-q-x/r/2", 1) && match.param_count == 2);
  CHECK_BYTES(params[0], "p-q");
  CHECK_BYTES(params[1], "r");
  CHECK(finds(t, "/p-q-x/r/3", 2) && match.param_count == 2);
  CHECK_BYTES(params[0], "p-q-x");
  CHECK(misses(t, "/p-q-x/r/4") && misses(t, "/-/r/1"));
  kt_route_tree_destroy(t);
}

TEST("a mixed segment is found beside the only literal, wherever that leads") {
  static const line lines[] = {{KT_GET, "/a/b/c"}, {KT_GET, "/a/{x}-y"}, {KT_GET, "/a/b/{x}-y/d"}};
  kt_route_tree *t = COMPILE(lines);
  CHECK(t);
  CHECK(finds(t, "/a/b/c", 0) && finds(t, "/a/b-y", 1) && finds(t, "/a/b/b-y/d", 2));
  CHECK(misses(t, "/a/b-y/c") && misses(t, "/a/b/c-y") && misses(t, "/a/b"));
  kt_route_tree_destroy(t);
}

TEST("mixed segments that differ in parameter names only are the same") {
  static const line same[] = {{KT_GET, "/{x}-{y}.z"}, {KT_GET, "/{a}.{b}-z"}, {KT_GET, "/{p}-{q}.z"}};
  CHECK(!COMPILE(same));
  CHECK(strstr(error, "/{x}-{y}.z") && strstr(error, "/{p}-{q}.z") && strstr(error, "GET"));
  static const line apart[] = {{KT_GET, "/{x}-"}, {KT_GET, "/-{x}"}, {KT_POST, "/{y}-"}, {KT_GET, "/{y}-/a"}};
  kt_route_tree *t = COMPILE(apart);
  CHECK(t);
  CHECK(finds(t, "/a-", 0) && match.methods == (1u << KT_GET | 1u << KT_HEAD | 1u << KT_POST));
  CHECK(finds(t, "/-a", 1) && finds(t, "/-a-", 0) && finds(t, "/a-/a", 3));
  kt_route_tree_destroy(t);
}

TEST("an empty table is a table that finds nothing") {
  kt_route_tree *t = kt_route_compile(NULL, 0, error, sizeof error);
  CHECK(t);
  CHECK(misses(t, "/") && misses(t, "/a"));
  kt_route_tree_destroy(t);
}

TEST("whichever allocation fails, the compilation says so and leaks nothing") {
  static const line lines[] = {
      {KT_GET, "/a/{x}/b"}, {KT_GET, "/a/c/{y*}"}, {KT_PUT, "/d"}, {KT_GET, "/e"},
      {KT_GET, "/f"},       {KT_GET, "/g/h/i"},    {KT_GET, "/j"}, {KT_GET, "/k"},
      {KT_GET, "/{x}-a"},   {KT_GET, "/{x}-{y}"},  {KT_GET, "/{x}-b/{y}.c"}};
  uint64_t before = kt_allocations();
  kt_route_tree *t = COMPILE(lines);
  uint64_t needed = kt_allocations() - before;
  kt_route_tree_destroy(t);
  CHECK(t && needed > 10);
  for (uint64_t n = 1; n <= needed; n++) {
    kt_fail_allocation(n);
    CHECK(!COMPILE(lines));
    CHECK(strcmp(error, "out of memory") == 0);
  }
  kt_fail_allocation(0);
}

TEST("a look-up allocates nothing") {
  static const line lines[] = {{KT_GET, "/a/{x}/b"}, {KT_GET, "/a/c/{y*}"}, {KT_GET, "/m/{x}long{y}"}};
  kt_route_tree *t = COMPILE(lines);
  CHECK(t);
  uint64_t before = kt_allocations();
  CHECK(finds(t, "/a/1/b", 0) && finds(t, "/a/c/1/2", 1) && finds(t, "/m/1long2", 2) && misses(t, "/x"));
  CHECK_EQ(kt_allocations(), before);
  kt_route_tree_destroy(t);
}
