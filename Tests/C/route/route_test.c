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
  CHECK(refused(KT_GET, "/{", "neither a literal nor one parameter"));
  CHECK(refused(KT_GET, "/}", "neither a literal nor one parameter"));
  CHECK(refused(KT_GET, "/{}", "neither a literal nor one parameter"));
  CHECK(refused(KT_GET, "/{a}{b}", "neither a literal nor one parameter"));
  CHECK(refused(KT_GET, "/a-{b}", "neither a literal nor one parameter"));
  CHECK(refused(KT_GET, "/{name}.json", "neither a literal nor one parameter"));
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

TEST("an empty table is a table that finds nothing") {
  kt_route_tree *t = kt_route_compile(NULL, 0, error, sizeof error);
  CHECK(t);
  CHECK(misses(t, "/") && misses(t, "/a"));
  kt_route_tree_destroy(t);
}

TEST("whichever allocation fails, the compilation says so and leaks nothing") {
  static const line lines[] = {
      {KT_GET, "/a/{x}/b"}, {KT_GET, "/a/c/{y*}"}, {KT_PUT, "/d"}, {KT_GET, "/e"},
      {KT_GET, "/f"},       {KT_GET, "/g/h/i"},    {KT_GET, "/j"}, {KT_GET, "/k"}};
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
  static const line lines[] = {{KT_GET, "/a/{x}/b"}, {KT_GET, "/a/c/{y*}"}};
  kt_route_tree *t = COMPILE(lines);
  CHECK(t);
  uint64_t before = kt_allocations();
  CHECK(finds(t, "/a/1/b", 0) && finds(t, "/a/c/1/2", 1) && misses(t, "/x"));
  CHECK_EQ(kt_allocations(), before);
  kt_route_tree_destroy(t);
}
