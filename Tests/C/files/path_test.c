/* Which paths may be opened. */
#include "check.h"
#include "files/path.h"

static bool refused(const char *path, size_t n, bool hidden) {
  char *piece = memcpy(malloc(n + 1), path, n);
  const char *why = kt_files_path_refused(kt_bytes_make(piece, n), hidden);
  free(piece);
  return why != NULL;
}

#define REFUSED(path) CHECK(refused(path, sizeof(path) - 1, true))
#define OPENS(path) CHECK(!refused(path, sizeof(path) - 1, false))
#define HIDDEN(path) CHECK(refused(path, sizeof(path) - 1, false) && !refused(path, sizeof(path) - 1, true))

TEST("usual paths may be opened") {
  OPENS("");
  OPENS("a");
  OPENS("css/site.css");
  OPENS("docs/");
  OPENS("a b/\xc3\xa4.txt");
  OPENS("a/b..c/d.");
  OPENS("~x/$HOME/%41/*");
}

TEST("a path that could leave the folder is refused") {
  REFUSED("/");
  REFUSED("/etc/passwd");
  REFUSED("//a");
  REFUSED("..");
  REFUSED("../a");
  REFUSED("a/../b");
  REFUSED("a/..");
  REFUSED("a/../");
  REFUSED(".");
  REFUSED("./a");
  REFUSED("a/./b");
  REFUSED("a//b");
  REFUSED("a//");
}

TEST("bytes that the system or another reader takes for an end or a slash are refused") {
  REFUSED("a\0b");
  REFUSED("\0");
  REFUSED("a\\b");
  REFUSED("..\\a");
  REFUSED("a\nb");
  REFUSED("a\x7f");
}

TEST("hidden files are opened only when that is allowed, /.well-known/ always") {
  HIDDEN(".git/config");
  HIDDEN("a/.htaccess");
  HIDDEN("a/.well-known/b");
  HIDDEN(".well-knownx/b");
  HIDDEN("...");
  OPENS(".well-known/acme-challenge/x");
  OPENS(".well-known");
  HIDDEN(".well-known/.x");
}

TEST("segments and paths may be as long as the system takes and not longer") {
  static char path[KT_FILES_PATH_SIZE_MAX + 2];
  memset(path, 'a', sizeof path);
  CHECK(!refused(path, KT_FILES_COMPONENT_SIZE_MAX, false));
  CHECK(refused(path, KT_FILES_COMPONENT_SIZE_MAX + 1, false));
  for (size_t i = 255; i < sizeof path; i += 256) path[i] = '/';
  CHECK(!refused(path, KT_FILES_PATH_SIZE_MAX, false));
  CHECK(refused(path, KT_FILES_PATH_SIZE_MAX + 1, false));
}
