#include "http/etag.h"

#include "base/memory.h"

/* %x21 / %x23-7E / obs-text */
static bool is_etag_byte(uint8_t c) { return c >= 0x21 && c != '"' && c != 0x7f; }

/* The length of the tag at the start of `s`, 0 when there is none. W/ is case-sensitive. */
static size_t read_tag(kt_bytes s, kt_etag *tag) {
  tag->weak = s.n >= 2 && s.p[0] == 'W' && s.p[1] == '/';
  size_t begin = tag->weak ? 2 : 0, i = begin + 1;
  if (begin >= s.n || s.p[begin] != '"') return 0;
  while (i < s.n && is_etag_byte(s.p[i])) i++;
  if (i == s.n || s.p[i] != '"') return 0;
  tag->opaque = kt_bytes_make(s.p + begin, i + 1 - begin);
  return i + 1;
}

bool kt_etag_parse(kt_bytes value, kt_etag *tag) {
  size_t n = read_tag(value, tag);
  return n > 0 && n == value.n;
}

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t'; }

static kt_bytes skip_empty(kt_bytes s) {
  while (s.n && (is_blank(s.p[0]) || s.p[0] == ',')) s.p++, s.n--;
  return s;
}

bool kt_etag_next(kt_bytes *rest, kt_etag *tag) {
  kt_bytes s = skip_empty(*rest);
  if (s.n == 0) {
    *rest = s;
    return false;
  }
  size_t n = read_tag(s, tag);
  if (n == 0) return false;
  kt_bytes after = kt_bytes_make(s.p + n, s.n - n);
  while (after.n && is_blank(after.p[0])) after.p++, after.n--;
  if (after.n && after.p[0] != ',') return false; /* two tags without a comma */
  *rest = after;
  return true;
}

bool kt_etag_alike(kt_etag a, kt_etag b) { return a.opaque.p && b.opaque.p && kt_bytes_equal(a.opaque, b.opaque); }

bool kt_etag_same(kt_etag a, kt_etag b) { return !a.weak && !b.weak && kt_etag_alike(a, b); }

/* The finaliser of SplitMix64 (G. Steele, D. Lea, C. Flood, 2014): every bit of the input moves half of the output. */
static uint64_t mix(uint64_t v) {
  v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
  v = (v ^ v >> 27) * 0x94d049bb133111ebu;
  return v ^ v >> 31;
}

static char *put_hex(char *out, uint64_t v) {
  unsigned digits = v ? (67u - (unsigned)__builtin_clzll(v)) / 4 : 1;
  while (digits--) *out++ = "0123456789abcdef"[v >> (4 * digits) & 15];
  return out;
}

size_t kt_etag_write(char out[KT_ETAG_SIZE_MAX], bool weak, uint64_t size, int64_t mtime_ns, uint64_t inode,
                     kt_bytes suffix) {
  KT_ASSERT(suffix.n <= 8);
  char *o = out;
  if (weak) *o++ = 'W', *o++ = '/';
  *o++ = '"';
  o = put_hex(o, mix(mix(inode) + (uint64_t)mtime_ns));
  *o++ = '-';
  o = put_hex(o, size);
  if (suffix.n) {
    *o++ = '-';
    memcpy(o, suffix.p, suffix.n);
    o += suffix.n;
  }
  *o++ = '"';
  return (size_t)(o - out);
}
