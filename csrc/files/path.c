#include "files/path.h"

static bool is_dots(kt_bytes c) { return c.p[0] == '.' && (c.n == 1 || (c.n == 2 && c.p[1] == '.')); }

static const char *component_refused(kt_bytes c, bool first, bool hidden) {
  if (c.n == 0) return "the path has an empty segment";
  if (c.n > KT_FILES_COMPONENT_SIZE_MAX) return "a segment of the path is too long";
  if (is_dots(c)) return "the path has a dot segment";
  if (c.p[0] != '.' || hidden || (first && kt_bytes_equal(c, KT_BYTES(".well-known")))) return NULL;
  return "the path names a hidden file";
}

static bool has_bad_byte(kt_bytes path) {
  for (size_t i = 0; i < path.n; i++)
    if (path.p[i] < 0x20 || path.p[i] == 0x7f || path.p[i] == '\\') return true;
  return false;
}

const char *kt_files_path_refused(kt_bytes path, bool hidden) {
  if (path.n > KT_FILES_PATH_SIZE_MAX) return "the path is too long";
  if (has_bad_byte(path)) return "the path has a control character or a backslash";
  for (size_t begin = 0; begin < path.n;) { /* a slash at the end opens no segment */
    const uint8_t *slash = memchr(path.p + begin, '/', path.n - begin);
    size_t end = slash ? (size_t)(slash - path.p) : path.n;
    const char *why = component_refused(kt_bytes_make(path.p + begin, end - begin), begin == 0, hidden);
    if (why) return why;
    begin = end + 1;
  }
  return NULL;
}
