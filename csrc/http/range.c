#include "http/range.h"

#include "base/memory.h"
#include "base/scan.h"

/* 1*DIGIT. A number beyond 64 bits is as good as the greatest: it lies behind the end of everything. */
static bool read_number(kt_bytes *s, uint64_t *value) {
  uint64_t v = 0;
  size_t i = 0;
  for (; i < s->n && (uint8_t)(s->p[i] - '0') < 10; i++) {
    unsigned digit = s->p[i] - '0';
    v = v > (UINT64_MAX - digit) / 10 ? UINT64_MAX : v * 10 + digit;
  }
  *s = kt_bytes_make(s->p + i, s->n - i);
  *value = v;
  return i > 0;
}

static bool read_byte(kt_bytes *s, uint8_t c) {
  if (s->n == 0 || s->p[0] != c) return false;
  *s = kt_bytes_make(s->p + 1, s->n - 1);
  return true;
}

static void skip_blanks(kt_bytes *s) {
  while (s->n && (s->p[0] == ' ' || s->p[0] == '\t')) s->p++, s->n--;
}

/* suffix-range (§14.1.2): the last bytes, or all when there are fewer. */
static bool read_suffix(kt_bytes *s, uint64_t size, kt_range *r) {
  uint64_t n;
  if (!read_number(s, &n)) return false;
  r->length = n < size ? n : size;
  r->offset = size - r->length;
  return true;
}

/* int-range: first "-" [last], both counted from 0, both included. */
static bool read_int_range(kt_bytes *s, uint64_t size, kt_range *r) {
  uint64_t first, last = UINT64_MAX;
  if (!read_number(s, &first) || !read_byte(s, '-')) return false;
  bool has_last = s->n && (uint8_t)(s->p[0] - '0') < 10;
  if (has_last && (!read_number(s, &last) || last < first)) return false;
  if (first >= size) {
    r->offset = r->length = 0;
    return true;
  }
  r->offset = first;
  r->length = (last < size ? last + 1 : size) - first;
  return true;
}

static bool read_range(kt_bytes *s, uint64_t size, kt_range *r) {
  return read_byte(s, '-') ? read_suffix(s, size, r) : read_int_range(s, size, r);
}

static bool is_near(kt_range a, kt_range b) {
  kt_range low = a.offset <= b.offset ? a : b, high = a.offset <= b.offset ? b : a;
  uint64_t end = low.offset + low.length;
  return high.offset <= end || high.offset - end <= KT_RANGE_GAP_MAX;
}

static kt_range cover(kt_range a, kt_range b) {
  uint64_t begin = a.offset < b.offset ? a.offset : b.offset;
  uint64_t a_end = a.offset + a.length, b_end = b.offset + b.length;
  return (kt_range){begin, (a_end > b_end ? a_end : b_end) - begin};
}

static void take_out(kt_range_set *set, uint32_t index) {
  set->count--;
  memmove(set->list + index, set->list + index + 1, (set->count - index) * sizeof *set->list);
}

/* Adds a range. One that it comes near to grows by it, is taken out and added in its turn, until nothing is near; so it
 * ends in the earliest place of those that went into it. */
static void add(kt_range_set *set, kt_range r) {
  uint32_t place = set->count;
  for (uint32_t i = 0; i < set->count; i++) {
    if (!is_near(set->list[i], r)) continue;
    r = cover(set->list[i], r);
    take_out(set, i);
    if (i < place) place = i;
    i = UINT32_MAX; /* it grew: look at all of them again */
  }
  memmove(set->list + place + 1, set->list + place, (set->count - place) * sizeof *set->list);
  set->list[place] = r;
  set->count++;
}

/* "bytes=", the unit without case (§14.1). */
static bool read_unit(kt_bytes *s) {
  static const uint8_t unit[] = "bytes=";
  if (s->n < 6 || !kt_ci_equal(s->p, unit, 6)) return false;
  *s = kt_bytes_make(s->p + 6, s->n - 6);
  return true;
}

kt_range_result kt_range_parse(kt_bytes value, uint64_t size, kt_range_set *set) {
  uint32_t named = 0;
  kt_range r;
  set->count = 0;
  set->too_many = false;
  if (!read_unit(&value)) return KT_RANGE_IGNORED;
  for (;;) {
    skip_blanks(&value);
    if (value.n == 0) break;
    if (read_byte(&value, ',')) continue; /* an empty element (§5.6.1.2), or the comma behind a range */
    bool is_suffix = value.p[0] == '-';
    set->too_many = named++ == KT_RANGES_MAX;
    if (set->too_many || !read_range(&value, size, &r)) return KT_RANGE_IGNORED;
    skip_blanks(&value);
    if (value.n && value.p[0] != ',') return KT_RANGE_IGNORED;
    if (r.length) add(set, r);
    else if (is_suffix && size == 0) return KT_RANGE_IGNORED;
  }
  if (named == 0) return KT_RANGE_IGNORED;
  return set->count ? KT_RANGE_PARTIAL : KT_RANGE_UNSATISFIABLE;
}

static size_t put_number(char *out, uint64_t v) {
  char digits[20];
  size_t n = 0;
  do digits[n++] = (char)('0' + v % 10);
  while (v /= 10);
  for (size_t i = 0; i < n; i++) out[i] = digits[n - 1 - i];
  return n;
}

size_t kt_content_range_write(char out[KT_CONTENT_RANGE_SIZE_MAX], kt_range range, uint64_t size) {
  KT_ASSERT(range.length > 0 && range.offset + range.length <= size);
  char *o = out;
  memcpy(o, "bytes ", 6);
  o += 6;
  o += put_number(o, range.offset);
  *o++ = '-';
  o += put_number(o, range.offset + range.length - 1);
  *o++ = '/';
  o += put_number(o, size);
  return (size_t)(o - out);
}

size_t kt_content_range_write_none(char out[KT_CONTENT_RANGE_SIZE_MAX], uint64_t size) {
  memcpy(out, "bytes */", 8);
  return 8 + put_number(out + 8, size);
}
