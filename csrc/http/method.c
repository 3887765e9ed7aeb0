#include "http/method.h"

static const struct {
  const char *name;
  size_t n;
} methods[KT_METHOD_COUNT] = {
    [KT_GET] = {"GET", 3},         [KT_HEAD] = {"HEAD", 4},       [KT_POST] = {"POST", 4},
    [KT_PUT] = {"PUT", 3},         [KT_DELETE] = {"DELETE", 6},   [KT_CONNECT] = {"CONNECT", 7},
    [KT_OPTIONS] = {"OPTIONS", 7}, [KT_TRACE] = {"TRACE", 5},     [KT_PATCH] = {"PATCH", 5},
    [KT_QUERY] = {"QUERY", 5},
};

/* The two letters that tell the names apart lead to the only one it can be. */
static uint8_t candidate(const uint8_t *name) {
  switch (name[0]) {
  case 'H': return KT_HEAD;
  case 'P': return name[1] == 'O' ? KT_POST : name[1] == 'U' ? KT_PUT : KT_PATCH;
  case 'D': return KT_DELETE;
  case 'C': return KT_CONNECT;
  case 'O': return KT_OPTIONS;
  case 'Q': return KT_QUERY;
  default: return KT_TRACE;
  }
}

uint8_t kt_method_lookup(const uint8_t *name, size_t n) {
  if (n < 3) return KT_METHOD_UNKNOWN;
  if (n == 3 && memcmp(name, "GET", 3) == 0) return KT_GET; /* most requests, without a table */
  uint8_t m = candidate(name);
  return methods[m].n == n && memcmp(methods[m].name, name, n) == 0 ? m : KT_METHOD_UNKNOWN;
}

const char *kt_method_name(uint8_t method) { return method < KT_METHOD_COUNT ? methods[method].name : "?"; }
