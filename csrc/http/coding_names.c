#include "http/coding_names.h"

#include "base/scan.h"

static const struct {
  kt_bytes name;
  kt_coding coding;
} codings[] = {
    {{(const uint8_t *)"gzip", 4}, KT_CODING_GZIP},         {{(const uint8_t *)"br", 2}, KT_CODING_BR},
    {{(const uint8_t *)"zstd", 4}, KT_CODING_ZSTD},         {{(const uint8_t *)"deflate", 7}, KT_CODING_DEFLATE},
    {{(const uint8_t *)"identity", 8}, KT_CODING_IDENTITY}, {{(const uint8_t *)"x-gzip", 6}, KT_CODING_GZIP},
};
#define CODING_COUNT (sizeof codings / sizeof *codings)

kt_coding kt_coding_find(kt_bytes name) {
  for (size_t i = 0; i < CODING_COUNT; i++)
    if (codings[i].name.n == name.n && kt_ci_equal(codings[i].name.p, name.p, name.n)) return codings[i].coding;
  return KT_CODING_UNKNOWN;
}

kt_bytes kt_coding_name(kt_coding coding) {
  for (size_t i = 0; i < CODING_COUNT; i++)
    if (codings[i].coding == coding) return codings[i].name;
  return KT_BYTES("");
}
