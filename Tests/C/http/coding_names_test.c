#include "check.h"
#include "http/http.h"

static kt_coding find(const char *name) { return kt_coding_find(kt_bytes_make(name, strlen(name))); }

TEST("a coding is found by its name, without case") {
  CHECK_EQ(find("gzip"), KT_CODING_GZIP);
  CHECK_EQ(find("GZip"), KT_CODING_GZIP);
  CHECK_EQ(find("BR"), KT_CODING_BR);
  CHECK_EQ(find("zstd"), KT_CODING_ZSTD);
  CHECK_EQ(find("deflate"), KT_CODING_DEFLATE);
  CHECK_EQ(find("identity"), KT_CODING_IDENTITY);
}

TEST("x-gzip is gzip, and gzip is written without the x") {
  CHECK_EQ(find("X-Gzip"), KT_CODING_GZIP);
  CHECK_BYTES(kt_coding_name(KT_CODING_GZIP), "gzip");
}

TEST("no other name is a coding") {
  const char *const names[] = {"", "g", "gzi", "gzipp", "x-br", "*", "compress", "gzip "};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) CHECK_EQ(find(names[i]), KT_CODING_UNKNOWN);
  CHECK_BYTES(kt_coding_name(KT_CODING_UNKNOWN), "");
}

TEST("every coding is found by the name that it is written with") {
  for (unsigned c = 0; c < KT_CODING_UNKNOWN; c = c ? 2 * c : 1) CHECK_EQ(kt_coding_find(kt_coding_name(c)), c);
}
