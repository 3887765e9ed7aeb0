/* Tables of any templates, asked for any path: the lines of the input are the templates, and the last one is the path.
 * A template that was found gives the path again when its parameters are put in, none of which is empty. */
#include "route/route.h"

#include <assert.h>
#include <stdlib.h>

enum { ROUTES_MAX = 64 };

static kt_bytes line(kt_bytes *rest) {
  const uint8_t *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
  kt_bytes out = kt_bytes_make(rest->p, end ? (size_t)(end - rest->p) : rest->n);
  size_t used = out.n + (end != NULL);
  *rest = kt_bytes_make(rest->p + used, rest->n - used);
  return out;
}

static void check_expansion(kt_bytes template, kt_bytes path, const kt_bytes *params, unsigned param_count) {
  size_t at = 0;
  unsigned used = 0;
  for (size_t i = 0; i < template.n; i++) {
    if (template.p[i] != '{') {
      assert(at < path.n && path.p[at++] == template.p[i]);
      continue;
    }
    i = (size_t)((const uint8_t *)memchr(template.p + i, '}', template.n - i) - template.p);
    assert(used < param_count);
    kt_bytes value = params[used++];
    assert(value.p == path.p + at && value.n > 0 && value.n <= path.n - at);
    assert(template.p[i - 1] == '*' || !memchr(value.p, '/', value.n));
    at += value.n;
  }
  assert(at == path.n && used == param_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  kt_route_def defs[ROUTES_MAX];
  kt_bytes params[KT_PARAMS_MAX], rest = {data, n};
  kt_route_match match;
  char error[256] = "";
  uint32_t count = 0;
  kt_bytes text = line(&rest);
  for (; rest.n > 0 && count < ROUTES_MAX; text = line(&rest), count++)
    defs[count] = (kt_route_def){text, (uint8_t)(count % 2 ? KT_POST : KT_GET), count};
  kt_route_tree *t = kt_route_compile(defs, count, error, sizeof error);
  assert((t == NULL) == (error[0] != 0));
  if (!t) return 0;
  uint8_t *path = malloc(text.n ? text.n : 1); /* apart, so that a look beyond it is seen */
  memcpy(path, text.p, text.n);
  kt_bytes asked = kt_bytes_make(path, text.n);
  for (uint8_t method = 0; method < KT_METHOD_COUNT; method++)
    if (kt_route_find(t, asked, method, params, &match) == KT_ROUTE_FOUND)
      check_expansion(defs[match.value].path, asked, params, match.param_count);
  free(path);
  kt_route_tree_destroy(t);
  return 0;
}
