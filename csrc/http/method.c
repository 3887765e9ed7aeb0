#include "http/method.h"

static const struct {
  const char *name;
  size_t n;
} methods[KT_METHOD_COUNT] = {
    [KT_GET] = {"GET", 3},         [KT_HEAD] = {"HEAD", 4},       [KT_POST] = {"POST", 4},
    [KT_PUT] = {"PUT", 3},         [KT_DELETE] = {"DELETE", 6},   [KT_CONNECT] = {"CONNECT", 7},
    [KT_OPTIONS] = {"OPTIONS", 7}, [KT_TRACE] = {"TRACE", 5},     [KT_PATCH] = {"PATCH", 5},
};

uint8_t kt_method_lookup(const uint8_t *name, size_t n) {
  for (uint8_t m = 0; m < KT_METHOD_COUNT; m++)
    if (methods[m].n == n && memcmp(methods[m].name, name, n) == 0) return m;
  return KT_METHOD_UNKNOWN;
}

const char *kt_method_name(uint8_t method) { return method < KT_METHOD_COUNT ? methods[method].name : "?"; }
