#include "http1/chunked.h"

#include "base/scan.h"

enum {
  SIZE,
  EXT_NAME_FIRST, /* after ';' */
  EXT_NAME,
  EXT_NAME_BLANK,
  EXT_VALUE_FIRST, /* after '=' */
  EXT_VALUE,
  EXT_QUOTED,
  EXT_QUOTED_PAIR,
  EXT_BLANK, /* after a value */
  SIZE_LF,
  DATA,
  DATA_CR,
  DATA_LF,
  TRAILER_FIRST,
  TRAILER_NAME,
  TRAILER_VALUE,
  TRAILER_LF,
  END_LF,
  END,
};

void kt_h1_chunked_init(kt_h1_chunked *c) { *c = (kt_h1_chunked){.state = SIZE}; }

static bool fail(kt_h1_chunked *c, const char *reason) {
  c->status = 400;
  c->reason = reason;
  return false;
}

static bool go(kt_h1_chunked *c, uint8_t state) {
  c->state = state;
  return true;
}

static int hex(uint8_t b) {
  if (!(kt_byte_class[b] & KT_BYTE_HEX)) return -1;
  return b <= '9' ? b - '0' : (b | 0x20) - 'a' + 10;
}

/* 1*HEXDIG, then an extension or the line's end; no sign, no prefix, no blank (§7.1). */
static bool size_byte(kt_h1_chunked *c, uint8_t b) {
  int digit = hex(b);
  if (digit >= 0) {
    if (++c->digits > KT_H1_CHUNK_DIGITS_MAX) return fail(c, "a chunk size is out of range");
    c->left = c->left << 4 | (unsigned)digit;
    return true;
  }
  if (c->digits == 0) return fail(c, "a chunk size is missing");
  c->extension_n = 0;
  if (b == '\r') return go(c, SIZE_LF);
  if (b == ';') return go(c, EXT_NAME_FIRST);
  return fail(c, "a chunk size has a byte that may not stand there");
}

static bool is_blank(uint8_t b) { return b == ' ' || b == '\t'; }
static bool is_token(uint8_t b) { return kt_byte_class[b] & KT_BYTE_TOKEN; }
static bool is_value(uint8_t b) { return kt_byte_class[b] & KT_BYTE_VALUE; }

/* §7.1.1. Nothing is understood, so nothing is kept, but the grammar holds: what one reader skips another may take
 * for the line's end (CVE-2025-55315). */
static bool extension_byte(kt_h1_chunked *c, uint8_t b) {
  if (++c->extension_n > KT_H1_CHUNK_EXTENSION_SIZE_MAX || ++c->extensions_n > KT_H1_CHUNK_EXTENSIONS_SIZE_MAX)
    return fail(c, "chunk extensions are too long");
  switch (c->state) {
  case EXT_NAME_FIRST:
    if (is_blank(b)) return true;
    if (is_token(b)) return go(c, EXT_NAME);
    break;
  case EXT_NAME:
  case EXT_NAME_BLANK:
    if (c->state == EXT_NAME && is_token(b)) return true;
    if (is_blank(b)) return go(c, EXT_NAME_BLANK);
    if (b == '=') return go(c, EXT_VALUE_FIRST);
    if (b == ';') return go(c, EXT_NAME_FIRST);
    if (b == '\r' && c->state == EXT_NAME) return go(c, SIZE_LF);
    break;
  case EXT_VALUE_FIRST:
    if (is_blank(b)) return true;
    if (b == '"') return go(c, EXT_QUOTED);
    if (is_token(b)) return go(c, EXT_VALUE);
    break;
  case EXT_QUOTED:
    if (b == '"') return go(c, EXT_BLANK);
    if (b == '\\') return go(c, EXT_QUOTED_PAIR);
    if (is_value(b)) return true;
    break;
  case EXT_QUOTED_PAIR:
    if (is_value(b)) return go(c, EXT_QUOTED);
    break;
  case EXT_VALUE:
    if (is_token(b)) return true;
    /* fallthrough */
  case EXT_BLANK:
    if (is_blank(b)) return go(c, EXT_BLANK);
    if (b == ';') return go(c, EXT_NAME_FIRST);
    if (b == '\r') return go(c, SIZE_LF);
    break;
  }
  return fail(c, "a chunk extension is malformed");
}

static bool too_much(kt_h1_chunked *c, const char *reason) {
  fail(c, reason);
  c->status = 431;
  return false;
}

static bool trailer_byte(kt_h1_chunked *c, uint8_t b) {
  if (++c->trailer_n > KT_TRAILERS_SIZE_MAX) return too_much(c, "the trailer section is too long");
  switch (c->state) {
  case TRAILER_FIRST:
    if (b == '\r') return go(c, END_LF);
    if (is_token(b)) return ++c->trailer_count <= KT_TRAILERS_COUNT_MAX ? go(c, TRAILER_NAME)
                                                                        : too_much(c, "too many trailer fields");
    break;
  case TRAILER_NAME:
    if (is_token(b)) return true;
    if (b == ':') return go(c, TRAILER_VALUE);
    break;
  case TRAILER_VALUE:
    if (b == '\r') return go(c, TRAILER_LF);
    if (is_value(b)) return true;
    break;
  case TRAILER_LF:
    if (b == '\n') return go(c, TRAILER_FIRST);
    break;
  case END_LF: return b == '\n' ? go(c, END) : fail(c, "the last chunk does not end with CRLF");
  }
  return fail(c, "a trailer field is malformed");
}

static bool step(kt_h1_chunked *c, uint8_t b) {
  switch (c->state) {
  case SIZE: return size_byte(c, b);
  case SIZE_LF:
    if (b != '\n') return fail(c, "a chunk size line does not end with CRLF");
    c->digits = 0;
    return go(c, c->left ? DATA : TRAILER_FIRST);
  case DATA_CR: return b == '\r' ? go(c, DATA_LF) : fail(c, "a chunk is longer than its size");
  case DATA_LF: return b == '\n' ? go(c, SIZE) : fail(c, "a chunk does not end with CRLF");
  case TRAILER_FIRST:
  case TRAILER_NAME:
  case TRAILER_VALUE:
  case TRAILER_LF:
  case END_LF: return trailer_byte(c, b);
  default: return extension_byte(c, b);
  }
}

/* The line end of a chunk and the size line of the next, as most senders write them, without a step for each byte.
 * Takes what it knows and is wholly there, and gives the bytes taken; the rest, and every error, is left to step. */
static size_t skip_usual(kt_h1_chunked *c, const uint8_t *data, size_t n) {
  size_t at = 0;
  if (c->state == DATA_CR) {
    if (n < 2 || memcmp(data, "\r\n", 2) != 0) return 0;
    c->state = SIZE;
    at = 2;
  }
  if (c->state != SIZE || c->digits != 0) return at;
  uint64_t size = 0;
  size_t end = at;
  /* Eight digits are far from what overflows; whoever sends more takes the long way. */
  for (int digit; end < n && end - at < 8 && (digit = hex(data[end])) >= 0; end++) size = size << 4 | (unsigned)digit;
  if (end == at || n - end < 2 || memcmp(data + end, "\r\n", 2) != 0) return at;
  c->left = size;
  c->extension_n = 0;
  c->state = size ? DATA : TRAILER_FIRST;
  return end + 2;
}

kt_h1_result kt_h1_chunked_feed(kt_h1_chunked *c, const uint8_t *data, size_t n, size_t *consumed, kt_bytes *payload) {
  *payload = (kt_bytes){0, 0};
  size_t i = skip_usual(c, data, n);
  kt_h1_result result = KT_H1_MORE;
  while (i < n && result == KT_H1_MORE) {
    if (c->state == DATA) {
      size_t run = n - i < c->left ? n - i : (size_t)c->left;
      *payload = kt_bytes_make(data + i, run);
      i += run;
      c->left -= run;
      if (c->left == 0) c->state = DATA_CR;
      break;
    }
    if (!step(c, data[i++]))
      result = KT_H1_ERROR;
    else if (c->state == END)
      result = KT_H1_DONE;
  }
  *consumed = i;
  return result;
}

bool kt_h1_next_trailer(kt_bytes *section, kt_bytes *name, kt_bytes *value) {
  if (section->n == 0 || section->p[0] == '\r') return false;
  const uint8_t *p = section->p, *end = memchr(p, '\r', section->n), *colon = memchr(p, ':', section->n);
  *name = kt_bytes_make(p, (size_t)(colon - p));
  *section = kt_bytes_make(end + 2, section->n - (size_t)(end + 2 - p));
  p = colon + 1;
  while (p < end && is_blank(*p)) p++;
  while (p < end && is_blank(end[-1])) end--;
  *value = kt_bytes_make(p, (size_t)(end - p));
  return true;
}

size_t kt_h1_chunk_head(uint8_t out[KT_H1_CHUNK_HEAD_SIZE_MAX], uint64_t n) {
  unsigned digits = n ? (67u - (unsigned)__builtin_clzll(n)) / 4 : 1;
  for (unsigned i = 0; i < digits; i++) out[i] = (uint8_t)"0123456789abcdef"[n >> (4 * (digits - 1 - i)) & 15];
  out[digits] = '\r';
  out[digits + 1] = '\n';
  return digits + 2;
}
