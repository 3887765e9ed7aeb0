/* Text written inside quotes. Most has nothing to escape and 5 to 45 bytes; bodies bring some of kilobytes. */
#include "json/json.h"

#include "base/scan.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

static const uint8_t hex[] = "0123456789abcdef";

/* 0: as it is; 'u': six bytes; else the letter behind the backslash. */
static uint8_t escape_letter(uint8_t byte) {
  switch (byte) {
    case '"': case '\\': return byte;
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return byte < 0x20 ? 'u' : 0;
  }
}

static unsigned extra_size(uint8_t byte) {
  uint8_t letter = escape_letter(byte);
  return letter == 0 ? 0 : letter == 'u' ? 5 : 1;
}

static uint8_t *escape_byte(uint8_t *out, uint8_t byte) {
  uint8_t letter = escape_letter(byte);
  *out++ = '\\';
  *out++ = letter;
  if (letter != 'u') return out;
  *out++ = '0';
  *out++ = '0';
  *out++ = hex[byte >> 4];
  *out++ = hex[byte & 15];
  return out;
}

typedef uint8_t lanes __attribute__((vector_size(16)));
typedef uint64_t lanes_words __attribute__((vector_size(16)));

static inline lanes load16(const uint8_t *p) {
  lanes v;
  memcpy(&v, p, 16);
  return v;
}

/* One bit for each byte that is to be escaped, LANE_BITS apart. */
static inline uint64_t escapes(lanes v) {
  lanes stops = (lanes)(((v ^ 2) <= 0x20) | (v == '\\')); /* XOR with 2 swaps the quote with 0x20 */
#if defined(__SSE2__)
#define LANE_BITS 1
  return (uint64_t)_mm_movemask_epi8((__m128i)stops);
#elif defined(__ARM_NEON)
#define LANE_BITS 4
  uint8x8_t nibbles = vshrn_n_u16((uint16x8_t)stops, 4);
  return vget_lane_u64(vreinterpret_u64_u8(nibbles), 0) & 0x8888888888888888u;
#else
#define LANE_BITS 1
  uint64_t bits = 0;
  for (int i = 0; i < 16; i++) bits |= (uint64_t)(stops[i] & 1) << i;
  return bits;
#endif
}

static inline size_t first_lane(uint64_t bits) { return (size_t)__builtin_ctzll(bits) / LANE_BITS; }

/* The n bytes at p, n < 16, to out and with zeros behind them to a vector. */
static inline lanes copy_short(uint8_t *out, const uint8_t *p, size_t n) {
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
  lanes any = {0};
  memcpy(&any, p, n);
  memcpy(out, p, n);
  return any;
#endif
  lanes_words v = {0, 0};
  if (n >= 8) {
    uint64_t first, last;
    memcpy(&first, p, 8);
    memcpy(&last, p + n - 8, 8);
    memcpy(out, &first, 8);
    memcpy(out + n - 8, &last, 8);
    v = (lanes_words){first, last >> 8 * (15 - n) >> 8};
  } else if (n >= 4) {
    uint32_t first, last;
    memcpy(&first, p, 4);
    memcpy(&last, p + n - 4, 4);
    memcpy(out, &first, 4);
    memcpy(out + n - 4, &last, 4);
    v[0] = first | (uint64_t)last << 8 * (n - 4);
  } else if (n > 0) {
    uint8_t first = p[0], middle = p[n / 2], last = p[n - 1];
    out[0] = first;
    out[n / 2] = middle;
    out[n - 1] = last;
    v[0] = (uint64_t)first | (uint64_t)middle << 8 * (n / 2) | (uint64_t)last << 8 * (n - 1);
  }
  return (lanes)v;
}

size_t kt_json_escaped_size(const uint8_t *p, size_t n) {
  if (n == 0) return 0;
  const uint8_t *end = p + n;
  size_t size = n;
  p = kt_scan_unescaped(p, end);
  while (end - p >= 16) {
    lanes sums = {0};
    for (int i = 0; i < 51 && end - p >= 16; i++, p += 16) { /* 51 times 5 is what a lane can hold */
      lanes v = load16(p), marks = (lanes)((v == '"') | (v == '\\')), control = (lanes)(v < 0x20);
      lanes letter = (lanes)((v - 8 < 6) & (v != 11)); /* \b \t \n \f \r */
      sums += (marks & 1) + (control & 5) - (letter & 4);
    }
    for (int i = 0; i < 16; i++) size += sums[i];
  }
  for (; p < end; p++) size += extra_size(*p);
  return size;
}

/* Whole loads are stored before it is known how much of them counts: at `out` there is room for all of [p, end). All
 * that is to be escaped in sixteen bytes comes from one comparison; to load anew behind each escape made them wait for
 * each other, and took three times as long where there are many. */
uint8_t *kt_json_escape(uint8_t *out, const uint8_t *p, size_t n) {
  const uint8_t *end = n == 0 ? p : p + n;
  if (n >= 128) { /* most texts have nothing to escape */
    size_t clean = (size_t)(kt_scan_unescaped(p, end) - p);
    memcpy(out, p, clean);
    out += clean;
    p += clean;
  }
  for (; end - p >= 32; p += 16) { /* not 16: a load may begin at any byte of these */
    const uint8_t *from = p;
    memcpy(out, from, 16);
    for (uint64_t bits = escapes(load16(p)); bits != 0; bits &= bits - 1) {
      const uint8_t *at = p + first_lane(bits);
      out = escape_byte(out + (at - from), *at);
      from = at + 1;
      memcpy(out, from, 16);
    }
    out += p + 16 - from;
  }
  while (p < end) {
    size_t room = (size_t)(end - p), k = room < 16 ? room : 16;
    lanes v = k == 16 ? load16(p) : copy_short(out, p, k);
    if (k == 16) memcpy(out, &v, 16);
    uint64_t bits = escapes(v);
    size_t clean = bits == 0 ? 16 : first_lane(bits);
    if (clean >= k) {
      out += k;
      p += k;
      continue;
    }
    out = escape_byte(out + clean, p[clean]);
    p += clean + 1;
  }
  return out;
}
