#include "http/uri.h"

#include "base/scan.h"

static int hex(uint8_t c) {
  if ((uint8_t)(c - '0') < 10) return c - '0';
  c |= 0x20;
  return (uint8_t)(c - 'a') < 6 ? c - 'a' + 10 : -1;
}

/* Of a byte that is known to be a digit. */
static int hex_value(uint8_t c) { return (c & 0xf) + (c >> 6) * 9; }

static int escape(const uint8_t *p, const uint8_t *end) {
  if (end - p < 3 || !(kt_byte_class[p[1]] & kt_byte_class[p[2]] & KT_BYTE_HEX)) return -1;
  return hex_value(p[1]) << 4 | hex_value(p[2]);
}

int64_t kt_percent_decode(kt_bytes in, uint8_t *out, bool plus) {
  const uint8_t *p = in.p, *end = in.p + in.n;
  uint8_t *o = out;
  while (p < end) {
    if (*p == '%') {
      int c = escape(p, end);
      if (c < 0) return -1;
      *o++ = (uint8_t)c;
      p += 3;
    } else {
      *o++ = plus && *p == '+' ? ' ' : *p;
      p++;
    }
  }
  return kt_utf8_valid(out, (size_t)(o - out)) ? o - out : -1;
}

/* The bytes of a normal form: no escape, no backslash, and behind a slash neither a slash nor a dot, as far as the
 * first byte tells: "/.well-known" takes the long way and comes back unchanged. */
static bool is_plain_pair(uint8_t before, uint8_t c) {
  return c != '%' && c != '\\' && !(before == '/' && (c == '/' || c == '.'));
}

#ifdef KT__LANES
static unsigned not_plain_at(const uint8_t *p) {
  return kt__lanes_bits(kt__uri_not_plain(kt__lanes_load(p), kt__lanes_load(p + 1)));
}
#endif

/* How much of the path, which begins with a slash, is in its normal form. */
static size_t plain_size(const uint8_t *p, size_t n) {
  size_t pairs = n - 1, i = 0;
#ifdef KT__LANES
  if (pairs > 0 && pairs < KT__LANES) {
    unsigned stops = kt__lanes_bits(kt__uri_not_plain(kt__lanes_short(p, pairs), kt__lanes_short(p + 1, pairs)));
    return stops ? 1 + (size_t)__builtin_ctz(kt__lanes_unfold(stops, pairs)) : n;
  }
  for (; i < pairs; i += KT__LANES) {
    if (pairs - i < KT__LANES) i = pairs - KT__LANES; /* overlaps the one before */
    unsigned stops = not_plain_at(p + i);
    if (stops) return 1 + i + (size_t)__builtin_ctz(stops);
  }
  return n;
#endif
  while (i < pairs && is_plain_pair(p[i], p[i + 1])) i++;
  return 1 + i;
}

/* What a decoded path may need besides: an answer of false is sure. */
typedef struct doubts {
  bool utf8; /* it has bytes beyond ASCII */
  bool dots; /* it has an empty or dot segment */
#ifdef KT__LANES
  kt__lanes utf8_lanes, dots_lanes; /* the same, as bytes with their high bit set */
#endif
} doubts;

/* Copies up to the next byte that needs a look; a byte stands before p. */
static size_t copy_bytes(uint8_t *out, const uint8_t *p, const uint8_t *end, doubts *doubt) {
  const uint8_t *begin = p;
  for (; p < end && *p != '%' && *p != '\\'; p++) {
    if (*p >= 0x80) doubt->utf8 = true;
    if (p[-1] == '/' && (*p == '/' || *p == '.')) doubt->dots = true;
    *out++ = *p;
  }
  return (size_t)(p - begin);
}

#ifdef KT__LANES
static void copy_short(uint8_t *out, const uint8_t *p, size_t n) {
  if (n >= 8) {
    uint64_t first, last;
    memcpy(&first, p, 8);
    memcpy(&last, p + n - 8, 8);
    memcpy(out, &first, 8);
    memcpy(out + n - 8, &last, 8);
  } else {
    for (size_t i = 0; i < n; i++) out[i] = p[i];
  }
}

/* Of the sixteen bytes at p, a bit for each at which a copy stops. */
static inline unsigned look(const uint8_t *p, kt__lanes v, doubts *doubt) {
  kt__lanes before = kt__lanes_load(p - 1);
  doubt->utf8_lanes |= v;
  doubt->dots_lanes |= (kt__lanes)((before == '/') & ((v == '/') | (v == '.')));
  return kt__lanes_bits((v == '%') | (v == '\\'));
}

/* As copy_bytes, for paths of more than sixteen bytes, of which one at least is behind. Sixteen are written where fewer
 * count: `out` has room for as many as are left to read. What is left of the path is looked at in a load that ends with
 * it. */
static inline size_t copy_lanes(uint8_t *out, const uint8_t *p, const uint8_t *end, doubts *doubt) {
  const uint8_t *begin = p;
  for (; end - p >= KT__LANES; p += KT__LANES, out += KT__LANES) {
    kt__lanes v = kt__lanes_load(p);
    memcpy(out, &v, sizeof v);
    unsigned stops = look(p, v, doubt);
    if (stops) return (size_t)(p - begin) + (size_t)__builtin_ctz(stops);
  }
  size_t left = (size_t)(end - p);
  copy_short(out, p, left);
  const uint8_t *last = end - KT__LANES;
  unsigned stops = look(last, kt__lanes_load(last), doubt) >> (KT__LANES - left);
  return (size_t)(p - begin) + (stops ? (size_t)__builtin_ctz(stops) : left);
}

/* Sixteen bytes at a time, of which the last may be behind `plain`, but not behind the path. */
static void copy_plain(uint8_t *out, kt_bytes raw, size_t plain) {
  for (size_t i = 0; i < plain; i += KT__LANES) {
    if (i > raw.n - KT__LANES) i = raw.n - KT__LANES;
    kt__lanes v = kt__lanes_load(raw.p + i);
    memcpy(out + i, &v, sizeof v);
  }
}
#endif

static const char *decode_escape(const uint8_t *p, const uint8_t *end, uint8_t *out, doubts *doubt) {
  int c = escape(p, end);
  if (c < 0) return "the path has a malformed percent-escape";
  if (c == '/') return "the path has an escaped slash";
  if (c < 0x20 || c == 0x7f) return "the path has an escaped control character";
  if (c == '\\') return "the path has a backslash";
  if (c == '.') doubt->dots = true;
  if (c >= 0x80) doubt->utf8 = true;
  *out = (uint8_t)c;
  return NULL;
}

/* The path begins with `plain` bytes in normal form, a slash at least. Escapes bring no slash, so the segments of `raw`
 * are those of `out`. */
static const char *decode(kt_bytes raw, size_t plain, uint8_t *out, size_t *n, doubts *doubt) {
  const uint8_t *p = raw.p + plain, *end = raw.p + raw.n;
  uint8_t *o = out + plain;
  bool lanes = false;
#ifdef KT__LANES
  lanes = raw.n > KT__LANES;
  if (lanes) copy_plain(out, raw, plain);
#endif
  if (!lanes) memcpy(out, raw.p, plain);
  while (p < end) {
    if (*p == '\\') return "the path has a backslash";
    if (*p == '%') { /* others follow often */
      const char *why = decode_escape(p, end, o++, doubt);
      if (why) return why;
      p += 3;
      continue;
    }
#ifdef KT__LANES
    size_t run = lanes ? copy_lanes(o, p, end, doubt) : copy_bytes(o, p, end, doubt);
#else
    size_t run = copy_bytes(o, p, end, doubt);
#endif
    p += run;
    o += run;
  }
#ifdef KT__LANES
  if (kt__lanes_bits(doubt->utf8_lanes)) doubt->utf8 = true;
  if (kt__lanes_bits(doubt->dots_lanes)) doubt->dots = true;
#endif
  *n = (size_t)(o - out);
  return doubt->utf8 && !kt_utf8_valid(out, *n) ? "the path is not UTF-8" : NULL;
}

/* In place: the write position never passes the read position. `at` stands behind the slash that opened a segment. */
static const char *remove_dots(uint8_t *path, size_t *n) {
  size_t at = 1, i = 1;
  while (i < *n) {
    size_t end = i;
    while (end < *n && path[end] != '/') end++;
    size_t length = end - i;
    bool last = end == *n;
    if (length == 0 || (length == 1 && path[i] == '.')) {
      /* nothing: the slash before stands for it */
    } else if (length == 2 && path[i] == '.' && path[i + 1] == '.') {
      if (at == 1) return "the path leaves the root";
      at--;
      while (path[at - 1] != '/') at--;
    } else {
      memmove(path + at, path + i, length);
      at += length;
      if (!last) path[at++] = '/';
    }
    i = end + 1;
  }
  *n = at;
  return NULL;
}

const char *kt_uri_path(kt_bytes raw, uint8_t *out, kt_bytes *path) {
  if (raw.n == 0 || raw.p[0] != '/') return "the path does not begin with a slash";
  size_t plain = plain_size(raw.p, raw.n), n;
  if (plain == raw.n) {
    *path = raw;
    return NULL;
  }
  doubts doubt = {0};
  const char *why = decode(raw, plain, out, &n, &doubt);
  if (!why && doubt.dots) why = remove_dots(out, &n);
  if (!why) *path = kt_bytes_make(out, n);
  return why;
}

#ifdef KT__LANES
/* Bits of the bytes that are none of letters, digits, dots and hyphens, which nearly every host is made of. Dot and
 * hyphen are neighbours in ASCII. */
static unsigned beyond_plain_host(kt__lanes v) {
  kt__lanes lower = v | 0x20;
  return ~kt__lanes_bits(((lower - 'a') < 26) | ((v - '0') < 10) | ((v - '-') < 2)) & 0xffff;
}

/* How much of the text is so; n > 0. */
static size_t plain_host_size(const uint8_t *p, size_t n) {
  size_t at = 0;
  for (; n - at >= KT__LANES; at += KT__LANES) {
    unsigned stops = beyond_plain_host(kt__lanes_load(p + at));
    if (stops) return at + (size_t)__builtin_ctz(stops);
  }
  if (at == n) return n;
  unsigned stops = beyond_plain_host(kt__lanes_short(p + at, n - at));
  return stops ? at + (size_t)__builtin_ctz(kt__lanes_unfold(stops, n - at)) : n;
}
#endif

/* reg-name: unreserved, pct-encoded, sub-delims (RFC 3986 §3.2.2). IPv4 addresses are reg-names, too. */
static bool is_reg_name(kt_bytes host) {
  for (size_t i = 0; i < host.n; i++) {
    uint8_t c = host.p[i];
    if (kt_byte_class[c] & KT_BYTE_HOST) continue;
    if (c != '%' || i + 2 >= host.n || hex(host.p[i + 1]) < 0 || hex(host.p[i + 2]) < 0) return false;
    i += 2;
  }
  return host.n > 0;
}

/* Brackets around hexadecimal groups; how many groups there are does not matter here. */
static bool is_ip_literal(kt_bytes host) {
  if (host.n < 4 || host.p[host.n - 1] != ']') return false;
  bool colon = false;
  for (size_t i = 1; i + 1 < host.n; i++) {
    uint8_t c = host.p[i];
    if (c == ':') colon = true;
    else if (hex(c) < 0 && c != '.') return false;
  }
  return colon;
}

static bool is_port(kt_bytes port) {
  if (port.n == 4) { /* as nearly all are that are written */
    uint32_t digits;
    memcpy(&digits, port.p, 4);
    return (digits & 0xf0f0f0f0) == 0x30303030 && ((digits + 0x06060606) & 0xf0f0f0f0) == 0x30303030;
  }
  unsigned v = 0;
  for (size_t i = 0; i < port.n; i++) {
    if ((uint8_t)(port.p[i] - '0') >= 10) return false;
    v = v * 10 + (unsigned)(port.p[i] - '0');
    if (v > 65535) return false;
  }
  return true;
}

static bool split(kt_bytes authority, kt_bytes *host, kt_bytes *port) {
  size_t end = authority.n;
  *port = (kt_bytes){0, 0};
  if (end && authority.p[0] == '[') {
    const uint8_t *close = memchr(authority.p, ']', end);
    if (!close) return false;
    end = (size_t)(close - authority.p) + 1;
  } else {
    const uint8_t *colon = end ? memchr(authority.p, ':', end) : NULL;
    if (colon) end = (size_t)(colon - authority.p);
  }
  *host = kt_bytes_make(authority.p, end);
  if (end == authority.n) return true;
  if (authority.p[end] != ':') return false;
  *port = kt_bytes_make(authority.p + end + 1, authority.n - end - 1);
  return true;
}

static __attribute__((noinline)) bool is_other_authority(kt_bytes authority) {
  kt_bytes host, port;
  if (!split(authority, &host, &port) || !is_port(port)) return false;
  return host.n && host.p[0] == '[' ? is_ip_literal(host) : is_reg_name(host);
}

bool kt_uri_authority_valid(kt_bytes authority) {
#ifdef KT__LANES
  if (authority.n == 0) return false;
  size_t n = plain_host_size(authority.p, authority.n);
  if (n == authority.n) return true;
  if (n > 0 && authority.p[n] == ':') return is_port(kt_bytes_make(authority.p + n + 1, authority.n - n - 1));
#endif
  return is_other_authority(authority);
}

bool kt_uri_connect_valid(kt_bytes authority) {
  kt_bytes host, port;
  return split(authority, &host, &port) && port.n > 0 && kt_uri_authority_valid(authority);
}
