#include "json/json.h"

void kt_json_fail(kt_json *c, kt_json_error error, const uint8_t *at) {
  if (c->error == KT_JSON_OK) {
    c->error = (uint8_t)error;
    c->fault = at;
  }
  c->p = c->end;
}

/* Four hexadecimal digits at `p`, or -1. */
static int32_t hex4(const uint8_t *p, const uint8_t *end) {
  if (end - p < 4) return -1;
  int32_t value = 0;
  for (int i = 0; i < 4; i++) {
    uint8_t byte = p[i], digit = (uint8_t)(byte - '0'), letter = (uint8_t)((byte | 0x20) - 'a');
    if (digit > 9 && letter > 5) return -1;
    value = value << 4 | (digit <= 9 ? digit : letter + 10);
  }
  return value;
}

static size_t utf8_size(uint32_t scalar) { return scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4; }

/* Checks the escape at `p` (a backslash) and gives its scalar. NULL when it is malformed. */
static const uint8_t *escape_read(const uint8_t *p, const uint8_t *end, uint32_t *scalar, kt_json_error *error) {
  *error = end - p < 2 ? KT_JSON_TRUNCATED : KT_JSON_ESCAPE;
  if (end - p < 2) return NULL;
  switch (p[1]) {
    case '"': case '\\': case '/': *scalar = p[1]; return p + 2;
    case 'b': *scalar = '\b'; return p + 2;
    case 'f': *scalar = '\f'; return p + 2;
    case 'n': *scalar = '\n'; return p + 2;
    case 'r': *scalar = '\r'; return p + 2;
    case 't': *scalar = '\t'; return p + 2;
    case 'u': break;
    default: return NULL;
  }
  int32_t unit = hex4(p + 2, end);
  if (unit < 0) return NULL;
  if (unit < 0xD800 || unit > 0xDFFF) {
    *scalar = (uint32_t)unit;
    return p + 6;
  }
  *error = KT_JSON_SURROGATE;
  if (unit > 0xDBFF || end - p < 12 || p[6] != '\\' || p[7] != 'u') return NULL;
  int32_t low = hex4(p + 8, end);
  if (low < 0xDC00 || low > 0xDFFF) return NULL;
  *scalar = 0x10000 + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
  return p + 12;
}

bool kt__json_text_slow(kt_json *c, const uint8_t *begin, const uint8_t *at, kt_json_text *out) {
  const uint8_t *p = at;
  size_t decoded = 0;
  uint32_t high = 0;
  while (p < c->end && *p != '"') {
    if (*p < 0x20) {
      kt_json_fail(c, KT_JSON_CONTROL, p);
      return false;
    }
    if (*p != '\\') {
      high |= *p++ & 0x80u;
      decoded++;
      continue;
    }
    uint32_t scalar = 0;
    kt_json_error error = KT_JSON_OK;
    const uint8_t *next = escape_read(p, c->end, &scalar, &error);
    if (next == NULL) {
      kt_json_fail(c, error, p);
      return false;
    }
    decoded += utf8_size(scalar);
    high |= scalar & ~0x7Fu;
    p = next;
  }
  if (p == c->end) {
    kt_json_fail(c, KT_JSON_TRUNCATED, p);
    return false;
  }
  out->p = begin;
  out->n = (size_t)(p - begin);
  out->decoded_n = decoded;
  out->escaped = true;
  out->ascii = high == 0;
  c->p = p + 1;
  return true;
}

static uint8_t *utf8_put(uint8_t *out, uint32_t scalar) {
  switch (utf8_size(scalar)) {
    case 1: *out++ = (uint8_t)scalar; break;
    case 2:
      *out++ = (uint8_t)(0xC0 | scalar >> 6);
      *out++ = (uint8_t)(0x80 | (scalar & 0x3F));
      break;
    case 3:
      *out++ = (uint8_t)(0xE0 | scalar >> 12);
      *out++ = (uint8_t)(0x80 | (scalar >> 6 & 0x3F));
      *out++ = (uint8_t)(0x80 | (scalar & 0x3F));
      break;
    default:
      *out++ = (uint8_t)(0xF0 | scalar >> 18);
      *out++ = (uint8_t)(0x80 | (scalar >> 12 & 0x3F));
      *out++ = (uint8_t)(0x80 | (scalar >> 6 & 0x3F));
      *out++ = (uint8_t)(0x80 | (scalar & 0x3F));
  }
  return out;
}

void kt_json_unescape(const kt_json_text *text, uint8_t *out) {
  const uint8_t *p = text->p, *end = p + text->n;
  while (p < end) {
    if (*p != '\\') {
      *out++ = *p++;
      continue;
    }
    uint32_t scalar = 0;
    kt_json_error error = KT_JSON_OK;
    p = escape_read(p, end, &scalar, &error); /* never NULL: kt_json_string has checked the text */
    out = utf8_put(out, scalar);
  }
}

static bool literal(kt_json *c, const char *word, size_t n) {
  if ((size_t)(c->end - c->p) >= n && memcmp(c->p, word, n) == 0) {
    c->p += n;
    return true;
  }
  for (size_t i = 0; i < n; i++) {
    if (c->p + i == c->end) {
      kt_json_fail(c, KT_JSON_TRUNCATED, c->end);
      return false;
    }
    if (c->p[i] != (uint8_t)word[i]) {
      kt_json_fail(c, KT_JSON_SYNTAX, c->p + i);
      return false;
    }
  }
  return false;
}

bool kt_json_boolean(kt_json *c, bool *out) {
  *out = c->p < c->end && *c->p == 't';
  return *out ? literal(c, "true", 4) : literal(c, "false", 5);
}

bool kt_json_null(kt_json *c) { return literal(c, "null", 4); }

static bool skip_number(kt_json *c) {
  const uint8_t *at = NULL, *next = kt__json_number_end(c->p, c->end, &at);
  if (next == NULL) {
    kt_json_fail(c, at == c->end ? KT_JSON_TRUNCATED : KT_JSON_NUMBER, at);
    return false;
  }
  c->p = next;
  return true;
}

/* One bit for each open bracket, set for an object: with a depth of at most 64, a word is the whole stack. */
bool kt_json_skip(kt_json *c) {
  uint64_t objects = 0;
  unsigned open = 0;
  _Static_assert(KT_JSON_DEPTH_MAX <= 64, "the stack of brackets is one word");
  for (;;) {
    bool ok = true, value;
    kt_json_text text;
    switch (kt_json_peek(c)) {
      case KT_JSON_NONE: return false;
      case KT_JSON_NULL: ok = kt_json_null(c); break;
      case KT_JSON_BOOLEAN: ok = kt_json_boolean(c, &value); break;
      case KT_JSON_NUMBER_VALUE: ok = skip_number(c); break;
      case KT_JSON_STRING: ok = kt_json_string(c, &text); break;
      case KT_JSON_ARRAY:
      case KT_JSON_OBJECT:
        objects = objects << 1 | (*c->p == '{');
        ok = kt_json_enter(c);
        open++;
    }
    if (!ok) return false;
    for (;;) { /* to the next value, closing what ends here */
      if (open == 0) return true;
      kt_json_key key;
      if ((objects & 1) != 0 ? kt_json_member(c, &key) : kt_json_element(c)) break;
      if (c->error != KT_JSON_OK) return false;
      objects >>= 1;
      open--;
    }
  }
}

bool kt_json_finish(kt_json *c) {
  if (c->error != KT_JSON_OK) return false;
  kt_json_space(c);
  if (c->p == c->end) return true;
  kt_json_fail(c, KT_JSON_TRAILING, c->p);
  return false;
}

size_t kt_json_elements_near(const kt_json *c) {
  if (c->end - c->p < 64) { /* rare: a document has a page in front of its end */
    size_t count = 1;
    for (const uint8_t *p = c->p; p < c->end && *p != ']'; p++) count += *p == ',';
    return count;
  }
  uint64_t commas = 0, ends = 0;
#if defined(__SSE2__)
  for (int i = 0; i < 64; i += 16) {
    kt__u8x16 v;
    memcpy(&v, c->p + i, 16);
    commas |= (uint64_t)(unsigned)__builtin_ia32_pmovmskb128((kt__i8x16)(v == ',')) << i;
    ends |= (uint64_t)(unsigned)__builtin_ia32_pmovmskb128((kt__i8x16)(v == ']')) << i;
  }
#else
  for (int i = 0; i < 64; i++) {
    commas |= (uint64_t)(c->p[i] == ',') << i;
    ends |= (uint64_t)(c->p[i] == ']') << i;
  }
#endif
  if (ends == 0) return 0;
  return 1 + (size_t)__builtin_popcountll(commas & (ends ^ (ends - 1)));
}
