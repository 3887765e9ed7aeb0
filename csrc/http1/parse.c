#include "http1/parse.h"

#include "base/scan.h"
#include "http/field.h"
#include "http/lanes.h"
#include "http/method.h"
#include "http/uri.h"
#include "http1/framing.h"
#include "http1/target.h"

enum { PHASE_EMPTY_LINES, PHASE_REQUEST_LINE, PHASE_FIELDS };

kt_h1_result kt__h1_fail(kt_h1_parser *p, uint16_t status, const char *reason) {
  p->status = status;
  p->reason = reason;
  return KT_H1_ERROR;
}

/* RFC 9112 §2.2: a server SHOULD ignore at least one empty line before the request line. */
static kt_h1_result skip_empty_lines(kt_h1_parser *p, const uint8_t *data, size_t n) {
  while (p->at < n && data[p->at] == '\r') {
    if (p->at + 1 == n) return KT_H1_MORE;
    if (data[p->at + 1] != '\n') return kt__h1_fail(p, 400, "a CR without LF");
    if (++p->empty_n > KT_H1_EMPTY_LINES_MAX) return kt__h1_fail(p, 400, "empty lines before the request line");
    p->at += 2;
  }
  if (p->at == n) return KT_H1_MORE;
  p->phase = PHASE_REQUEST_LINE;
  return KT_H1_DONE;
}

static __attribute__((noinline)) kt_h1_result parse_other_version(kt_h1_parser *p, const uint8_t *v,
                                                                  const uint8_t *end, kt_request *r) {
  static const char shape[] = "HTTP/0.0\r\n"; /* 0: a digit */
  size_t have = (size_t)(end - v);
  for (size_t i = 0; i < 10; i++) {
    /* Before the line's end is looked at, so that the answer does not depend on how much of it came. */
    if (i == 8 && v[5] != '1') return kt__h1_fail(p, 505, "only HTTP/1.x is spoken here");
    if (i == have) return KT_H1_MORE;
    bool digit = shape[i] == '0';
    if (digit ? (uint8_t)(v[i] - '0') >= 10 : v[i] != (uint8_t)shape[i])
      return kt__h1_fail(p, 400, "the request line does not end with an HTTP version");
  }
  r->version_minor = v[7] == '0' ? 0 : 1;
  return KT_H1_DONE;
}

/* "HTTP/1.1" CRLF, as far as it is there. */
static inline kt_h1_result parse_version(kt_h1_parser *p, const uint8_t *v, const uint8_t *end, kt_request *r) {
  if (end - v < 10 || memcmp(v, "HTTP/1.1\r\n", 10) != 0) return parse_other_version(p, v, end, r);
  r->version_minor = 1;
  return KT_H1_DONE;
}

/* The end of a request target, and whether it is a path in normal form with nothing behind it. */
static const uint8_t *scan_target(const uint8_t *target, const uint8_t *end, bool *plain) {
  *plain = false;
#ifdef KT__LANES
  if (target < end && *target == '/') {
    unsigned marked = 0; /* bytes of the target that a plain path has not */
    for (const uint8_t *p = target; end - p >= KT__LANES; p += KT__LANES) {
      kt__lanes c = kt__lanes_load(p), before = kt__lanes_load(p - 1); /* behind the method there is a space */
      unsigned marks = kt__lanes_bits(kt__uri_not_plain(before, c) | (kt__lanes)((c == '?') | (c == '#')));
      unsigned stops = kt__lanes_outside_ascii(c, 0x21);
      if (stops) {
        *plain = (marked | (marks & (stops ^ (stops - 1)))) == 0;
        return p + __builtin_ctz(stops);
      }
      marked |= marks;
    }
  }
#endif
  return kt_scan_target(target, end);
}

/* Where the method ends. GET is what nearly all requests ask for, and one comparison knows it. */
static const uint8_t *scan_method(const uint8_t *line, const uint8_t *end, uint8_t *method) {
  if (end - line >= 4 && memcmp(line, "GET ", 4) == 0) {
    *method = KT_GET;
    return line + 3;
  }
  const uint8_t *method_end = kt_scan_token(line, end);
  *method = kt_method_lookup(line, (size_t)(method_end - line));
  return method_end;
}

/* RFC 9112 §3: method SP request-target SP HTTP-version CRLF, single spaces. */
static kt_h1_result parse_request_line(kt_h1_parser *p, const kt_h1_limits *limits, const uint8_t *line,
                                       const uint8_t *end, uint8_t *scratch, kt_request *r) {
  uint8_t method;
  bool plain;
  const uint8_t *method_end = scan_method(line, end, &method);
  size_t method_n = (size_t)(method_end - line);
  if (method_n > KT_H1_METHOD_SIZE_MAX) return kt__h1_fail(p, 501, "the method is too long");
  if (method_end == end) return KT_H1_MORE;
  if (*method_end != ' ' || method_n == 0) return kt__h1_fail(p, 400, "the request line does not begin with a method");
  const uint8_t *target = method_end + 1;
  const uint8_t *target_end = scan_target(target, end, &plain);
  size_t target_n = (size_t)(target_end - target);
  if (target_n > limits->target_size_max) return kt__h1_fail(p, 414, "the request target is too long");
  if (target_end == end) return KT_H1_MORE;
  if (*target_end != ' ' || target_n == 0)
    return kt__h1_fail(p, 400, "the request target has a byte that may not stand there");
  r->method_text = kt_bytes_make(line, method_n);
  r->method = method;
  r->target = kt_bytes_make(target, target_n);
  if (r->method == KT_METHOD_UNKNOWN && method_n == 3 && memcmp(line, "PRI", 3) == 0)
    return kt__h1_fail(p, 400, "HTTP/2 is not spoken on this port");
  kt_h1_result result = parse_version(p, target_end + 1, end, r);
  if (result != KT_H1_DONE) return result;
  if (plain && method != KT_CONNECT) {
    r->path = r->target;
    r->query = r->authority = (kt_bytes){0, 0};
  } else {
    result = kt__h1_target(p, r, scratch);
    if (result != KT_H1_DONE) return result;
  }
  p->at += (uint32_t)(target_end + 1 + 10 - line);
  p->phase = PHASE_FIELDS;
  p->seen = 0;
  r->field_count = 0;
  memset(r->known, 0, sizeof r->known);
  kt__h1_framing_begin(r);
  return KT_H1_DONE;
}

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t'; }

/* Every request has it, and first as a rule. */
static bool is_host(kt_bytes name) {
  uint32_t word, host;
  if (name.n != 4) return false;
  memcpy(&word, name.p, 4);
  memcpy(&host, "host", 4);
  return (word | 0x20202020) == host; /* only letters become letters */
}

static kt_h1_result add_field(kt_h1_parser *p, uint16_t field_max, kt_request *r, kt_bytes name, kt_bytes value) {
  if (r->field_count >= field_max) return kt__h1_fail(p, 431, "too many fields");
  uint16_t id = is_host(name) ? KT_FIELD_HOST : kt_field_lookup(name.p, name.n);
  r->fields[r->field_count++] = (kt_field){name.p, value.p, (uint32_t)value.n, (uint16_t)name.n, id};
  if (id == KT_FIELD_OTHER)
    return name.n <= UINT16_MAX ? KT_H1_DONE : kt__h1_fail(p, 431, "a field name is too long");
  if (r->known[id] == 0) r->known[id] = r->field_count;
  if (id == KT_FIELD_HOST) return kt__h1_host(p, value);
  return kt__h1_is_framing(id) ? kt__h1_framing_field(p, r, id, value) : KT_H1_DONE;
}

typedef struct field_line {
  kt_bytes name, value;
  const uint8_t *next; /* the line behind it */
} field_line;

#ifdef KT__LANES
/* Letters, digits and hyphens: what nearly every name is made of. Not all of a token. */
static unsigned beyond_plain_name(kt__lanes v) {
  kt__lanes lower = v | 0x20;
  return ~kt__lanes_bits(((lower - 'a') < 26) | ((v - '0') < 10) | (v == '-')) & 0xffff;
}

/* Not all that a value may have: HTAB and obs-text are rare. */
static unsigned beyond_plain_value(kt__lanes v) { return kt__lanes_outside_ascii(v, 0x20); }

/* The first byte in [p, end) that `beyond` finds, or end. Behind the last full load comes one that overlaps it: the
 * caller knows sixteen bytes before `end`. */
static inline __attribute__((always_inline)) const uint8_t *find(const uint8_t *p, const uint8_t *end,
                                                                 unsigned (*beyond)(kt__lanes)) {
  for (; end - p >= KT__LANES; p += KT__LANES) {
    unsigned stops = beyond(kt__lanes_load(p));
    if (stops) return p + __builtin_ctz(stops);
  }
  unsigned stops = beyond(kt__lanes_load(end - KT__LANES)) >> (KT__LANES - (end - p));
  return stops ? p + __builtin_ctz(stops) : end;
}

/* A field line as clients send it. False for every other: then cut_field reads it from its first byte, and finds what
 * is wrong with it, if anything is. The line's end is searched from the line's beginning, so that where the next line
 * begins does not wait for the colon of this one. */
static inline bool cut_plain_field(const uint8_t *line, const uint8_t *end, bool first, field_line *out) {
  const uint8_t *line_end = find(line, end, beyond_plain_value);
  if (end - line_end < 2 || memcmp(line_end, "\r\n", 2) != 0) return false;
  bool is_host_line = first && line_end - line >= 6 && memcmp(line, "Host: ", 6) == 0; /* so it begins nearly always */
  const uint8_t *colon = is_host_line ? line + 4 : find(line, end, beyond_plain_name); /* at line_end at the latest */
  if (colon == line || *colon != ':') return false;
  const uint8_t *value = colon + 1;
  if (*value == ' ') value++;
  if (*value == ' ' || line_end[-1] == ' ') return false;
  *out = (field_line){kt_bytes_make(line, (size_t)(colon - line)), kt_bytes_make(value, (size_t)(line_end - value)),
                      line_end + 2};
  return true;
}
#endif

/* One field line: name ":" OWS value OWS CRLF (RFC 9112 §5). */
static __attribute__((noinline)) kt_h1_result cut_field(kt_h1_parser *p, const uint8_t *line, const uint8_t *end,
                                                        field_line *out) {
  if (is_blank(*line)) /* obs-fold (§5.2), or whitespace before the first field (§2.2) */
    return kt__h1_fail(p, 400, "a field line begins with whitespace");
  const uint8_t *colon = kt_scan_token(line, end);
  if (colon == end) return KT_H1_MORE;
  if (*colon != ':' || colon == line) return kt__h1_fail(p, 400, "a field name has a byte that may not stand there");
  const uint8_t *value = colon + 1;
  while (value < end && is_blank(*value)) value++;
  const uint8_t *value_end = kt_scan_value(value, end);
  if (value_end == end) return KT_H1_MORE;
  if (*value_end != '\r') return kt__h1_fail(p, 400, "a field value has a byte that may not stand there");
  if (value_end + 1 == end) return KT_H1_MORE;
  if (value_end[1] != '\n') return kt__h1_fail(p, 400, "a CR without LF");
  out->next = value_end + 2;
  while (value_end > value && is_blank(value_end[-1])) value_end--;
  out->name = kt_bytes_make(line, (size_t)(colon - line));
  out->value = kt_bytes_make(value, (size_t)(value_end - value));
  return KT_H1_DONE;
}

static kt_h1_result parse_fields(kt_h1_parser *p, const kt_h1_limits *limits, const uint8_t *data, size_t n,
                                 kt_request *r) {
  const uint8_t *line = data + p->at, *end = data + n;
  const uint16_t field_max = limits->field_count_max < r->field_max ? limits->field_count_max : r->field_max;
  kt_h1_result result = KT_H1_MORE;
  while (line < end) {
    if (*line == '\r') {
      if (line + 1 == end) break;
      if (line[1] != '\n') return kt__h1_fail(p, 400, "a CR without LF");
      line += 2;
      result = KT_H1_DONE;
      break;
    }
    field_line field;
    bool cut = false;
#ifdef KT__LANES
    cut = n >= KT__LANES && cut_plain_field(line, end, r->field_count == 0, &field);
#endif
    if (!cut) {
      result = cut_field(p, line, end, &field);
      if (result == KT_H1_MORE) break;
      if (result == KT_H1_ERROR) return result;
    }
    result = add_field(p, field_max, r, field.name, field.value);
    if (result != KT_H1_DONE) return result;
    result = KT_H1_MORE;
    line = field.next;
  }
  p->at = (uint32_t)(line - data);
  return result;
}

static kt_h1_result parse(kt_h1_parser *p, const kt_h1_limits *limits, const uint8_t *data, size_t n, uint8_t *scratch,
                          kt_request *r) {
  kt_h1_result result = KT_H1_DONE;
  if (p->phase == PHASE_EMPTY_LINES) result = skip_empty_lines(p, data, n);
  if (result == KT_H1_DONE && p->phase == PHASE_REQUEST_LINE)
    result = parse_request_line(p, limits, data + p->at, data + n, scratch, r);
  if (result == KT_H1_DONE) result = parse_fields(p, limits, data, n, r);
  return result;
}

kt_h1_result kt_h1_parse(kt_h1_parser *p, const kt_h1_limits *limits, const uint8_t *data, size_t n, uint8_t *scratch,
                         kt_request *r) {
  /* Bytes beyond the limit are not looked at, so that the answer does not depend on how the input was cut. */
  size_t limit = limits->head_size_max;
  kt_h1_result result = parse(p, limits, data, n < limit ? n : limit, scratch, r);
  if (result == KT_H1_MORE && n >= limit) return kt__h1_fail(p, 431, "the request's head is too long");
  if (result != KT_H1_DONE) return result;
  p->head_n = p->at;
  return kt__h1_framing_end(p, r);
}
