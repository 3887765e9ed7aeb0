/* json.h: the JSON cursor and writer that generated code drives (RFC 8259).
 *
 * The cursor pulls one value after the other from a body that is wholly in memory; it builds nothing and allocates
 * nothing. Generated code knows what it expects, so it asks for it: peek, then object/member, array/element, string,
 * int64, uint64, double, boolean, null or skip. The first malformed byte ends the work: `error` and `fault` keep what
 * and where, `p` moves to `end`, and every later call says "no more" without a check in the caller.
 *
 * Workload: bodies of 50 bytes to a few KiB, keys of 2 to 16 bytes, mostly without escapes and ASCII. So the paths for
 * short clean strings and short integers are inline here and everything else is a call.
 *
 * Invariant: start <= p <= end, and no byte at or behind `end` is ever read. */
#ifndef KATANA_JSON_H
#define KATANA_JSON_H

#include "katana/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For what a caller is built of; without it Swift calls these and passes their results through memory. */
#define KT__JSON_INLINE static inline __attribute__((always_inline))

/* Arrays and objects inside each other. Bounds the stack of every walker; beyond it a body is hostile or a mistake. */
#define KT_JSON_DEPTH_MAX 64

typedef enum kt_json_error {
  KT_JSON_OK = 0,
  KT_JSON_TRUNCATED, /* the body ends inside a value */
  KT_JSON_SYNTAX,    /* a byte that cannot stand here (RFC 8259 §2) */
  KT_JSON_CONTROL,   /* an unescaped control character in a string (§7) */
  KT_JSON_ESCAPE,    /* an unknown escape in a string (§7) */
  KT_JSON_SURROGATE, /* an escaped surrogate without its partner (§8.2) */
  KT_JSON_NUMBER,    /* a malformed number: 01, 1., .5, +1, 1e (§6) */
  KT_JSON_DEPTH,     /* deeper than KT_JSON_DEPTH_MAX */
  KT_JSON_UTF8,      /* the body is not UTF-8 (§8.1) */
  KT_JSON_TRAILING,  /* something follows the value */
} kt_json_error;

typedef enum kt_json_type {
  KT_JSON_NONE = 0, /* no value here; `error` is set */
  KT_JSON_NULL,
  KT_JSON_BOOLEAN,
  KT_JSON_NUMBER_VALUE,
  KT_JSON_STRING,
  KT_JSON_ARRAY,
  KT_JSON_OBJECT,
} kt_json_type;

typedef struct kt_json {
  const uint8_t *_Null_unspecified p; /* the next byte */
  const uint8_t *_Null_unspecified end;
  const uint8_t *_Null_unspecified start;
  const uint8_t *_Null_unspecified fault; /* where the first error stands */
  uint8_t error;                          /* kt_json_error */
  uint8_t depth;                          /* open arrays and objects */
  bool fresh;                             /* the innermost of them was opened just now */
} kt_json;

/* A string as it stands in the body, without the quotes. */
typedef struct kt_json_text {
  const uint8_t *_Null_unspecified p;
  size_t n;
  size_t decoded_n; /* bytes after unescaping; n when there are no escapes */
  bool escaped;
  bool ascii; /* every decoded byte is below 0x80 */
} kt_json_text;

/* A member name. `head` holds its first eight bytes, little end first, zero-filled; `tail` its last eight when it is
 * longer than that. Names up to 16 bytes are told apart by (n, head, tail) alone. An escaped name must be decoded
 * first: its words are those of the raw text. */
typedef struct kt_json_key {
  kt_json_text text;
  uint64_t head;
  uint64_t tail;
} kt_json_key;

/* How a number fits the type that was asked for. */
typedef enum kt_json_fit {
  KT_JSON_FITS = 0,
  KT_JSON_FRACTION, /* not an integer */
  KT_JSON_RANGE,    /* beyond the type */
  KT_JSON_BROKEN,   /* malformed; `error` is set */
} kt_json_fit;

static inline void kt_json_init(kt_json *_Nonnull c, kt_bytes body) {
  c->p = c->start = body.p;
  c->end = body.n == 0 ? body.p : body.p + body.n;
  c->fault = NULL;
  c->error = KT_JSON_OK;
  c->depth = 0;
  c->fresh = false;
}

/* Ends the work: keeps the first error and where it stands. */
void kt_json_fail(kt_json *_Nonnull c, kt_json_error error, const uint8_t *_Null_unspecified at);

/* Out-of-line parts of the inline functions below. */
bool kt__json_text_slow(kt_json *_Nonnull c, const uint8_t *_Nonnull begin, const uint8_t *_Nonnull at,
                        kt_json_text *_Nonnull out);
kt_json_fit kt__json_int64_slow(kt_json *_Nonnull c, int64_t *_Nonnull out);

static inline void kt_json_space(kt_json *_Nonnull c) {
  while (c->p < c->end && *c->p <= 0x20 && (*c->p == ' ' || *c->p == '\n' || *c->p == '\r' || *c->p == '\t')) c->p++;
}

/* The type of the next value, by its first byte. */
static inline kt_json_type kt_json_peek(kt_json *_Nonnull c) {
  kt_json_space(c);
  if (c->p >= c->end) {
    kt_json_fail(c, KT_JSON_TRUNCATED, c->end);
    return KT_JSON_NONE;
  }
  switch (*c->p) {
    case '"': return KT_JSON_STRING;
    case '{': return KT_JSON_OBJECT;
    case '[': return KT_JSON_ARRAY;
    case 't':
    case 'f': return KT_JSON_BOOLEAN;
    case 'n': return KT_JSON_NULL;
    case '-':
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
      return KT_JSON_NUMBER_VALUE;
    default: kt_json_fail(c, KT_JSON_SYNTAX, c->p); return KT_JSON_NONE;
  }
}

/* Whether the next value is a string, or a number; what peek says, and quicker where it is so. */
KT__JSON_INLINE bool kt_json_is_string(kt_json *_Nonnull c) {
  return (c->p < c->end && *c->p == '"') || kt_json_peek(c) == KT_JSON_STRING;
}

KT__JSON_INLINE bool kt_json_is_number(kt_json *_Nonnull c) {
  return (c->p < c->end && (uint8_t)(*c->p - '0') < 10) || kt_json_peek(c) == KT_JSON_NUMBER_VALUE;
}

/* Enters the array or object whose bracket is next (peek said so). Then call kt_json_element or kt_json_member until
 * it says false. */
static inline bool kt_json_enter(kt_json *_Nonnull c) {
  if (c->depth == KT_JSON_DEPTH_MAX) {
    kt_json_fail(c, KT_JSON_DEPTH, c->p);
    return false;
  }
  c->p++;
  c->depth++;
  c->fresh = true;
  return true;
}

/* Moves to the next item of the innermost array or object: false at its end, which is consumed, and on an error. */
KT__JSON_INLINE bool kt__json_next(kt_json *_Nonnull c, uint8_t close) {
  kt_json_space(c);
  if (c->p >= c->end) {
    kt_json_fail(c, KT_JSON_TRUNCATED, c->end);
    return false;
  }
  if (*c->p == close) {
    c->p++;
    c->depth--;
    c->fresh = false;
    return false;
  }
  if (c->fresh) {
    c->fresh = false;
    return true;
  }
  if (*c->p != ',') {
    kt_json_fail(c, KT_JSON_SYNTAX, c->p);
    return false;
  }
  c->p++;
  kt_json_space(c);
  return true;
}

static inline bool kt_json_element(kt_json *_Nonnull c) { return kt__json_next(c, ']'); }

#if defined(__SSE2__)
typedef unsigned char kt__u8x16 __attribute__((vector_size(16)));
typedef char kt__i8x16 __attribute__((vector_size(16)));
typedef uint64_t kt__u64x2 __attribute__((vector_size(16)));
/* At 16 - n begins a mask of n bytes. */
static const uint8_t kt__json_keep[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                          255, 255, 255, 255, 255, 255, 255, 255};
#endif

/* The string whose quote is next (peek said so). Escapes are checked, surrogates included, but not decoded. */
KT__JSON_INLINE bool kt_json_string(kt_json *_Nonnull c, kt_json_text *_Nonnull out) {
  const uint8_t *begin = c->p + 1, *p = begin, *end = c->end;
  unsigned high = 0;
#if defined(__SSE2__)
  while (end - p >= 16) {
    kt__u8x16 v;
    memcpy(&v, p, 16);
    kt__i8x16 stop = (kt__i8x16)((v == '"') | (v == '\\') | (v < 0x20));
    unsigned stops = (unsigned)__builtin_ia32_pmovmskb128(stop);
    unsigned highs = (unsigned)__builtin_ia32_pmovmskb128((kt__i8x16)v);
    if (stops != 0) {
      p += __builtin_ctz(stops);
      high |= highs & (stops ^ (stops - 1)); /* the bytes before the stop; the stop itself is ASCII */
      goto stopped;
    }
    high |= highs;
    p += 16;
  }
#endif
  while (p < end && *p != '"' && *p != '\\' && *p >= 0x20) high |= *p++ & 0x80u;
  if (p == end) {
    kt_json_fail(c, KT_JSON_TRUNCATED, end);
    return false;
  }
#if defined(__SSE2__)
stopped:
#endif
  if (*p != '"') return kt__json_text_slow(c, begin, begin, out);
  out->p = begin;
  out->n = out->decoded_n = (size_t)(p - begin);
  out->escaped = false;
  out->ascii = high == 0;
  c->p = p + 1;
  return true;
}

/* A string of at most 15 bytes without escapes: its bytes as two words, filled with zeros, and how many they are. False
 * for every other value and near the body's end, with the cursor where it was: ask kt_json_string then. */
KT__JSON_INLINE bool kt_json_short_string(kt_json *_Nonnull c, uint64_t *_Nonnull head, uint64_t *_Nonnull tail,
                                          uint32_t *_Nonnull n, bool *_Nonnull ascii) {
#if defined(__SSE2__)
  if (c->end - c->p < 17 || *c->p != '"') return false;
  kt__u8x16 v, keep;
  memcpy(&v, c->p + 1, 16);
  unsigned stops = (unsigned)__builtin_ia32_pmovmskb128((kt__i8x16)((v == '"') | (v == '\\') | (v < 0x20)));
  if (stops == 0) return false;
  unsigned count = (unsigned)__builtin_ctz(stops);
  if (c->p[1 + count] != '"') return false;
  memcpy(&keep, kt__json_keep + 16 - count, 16);
  v &= keep;
  *ascii = __builtin_ia32_pmovmskb128((kt__i8x16)v) == 0;
  *head = ((kt__u64x2)v)[0];
  *tail = ((kt__u64x2)v)[1];
  *n = count;
  c->p += count + 2;
  return true;
#else
  (void)c, (void)head, (void)tail, (void)n, (void)ascii;
  return false;
#endif
}

/* Decodes a text that kt_json_string accepted into `out`, which has room for decoded_n bytes. */
void kt_json_unescape(const kt_json_text *_Nonnull text, uint8_t *_Nonnull out);

/* The words of a name (see kt_json_key). Reads inside [p, p + n) only. */
static inline uint64_t kt_json_head(const uint8_t *_Null_unspecified p, size_t n) {
  uint64_t word = 0;
  if (n >= 8) {
    memcpy(&word, p, 8);
  } else if (n >= 4) {
    uint32_t low, high;
    memcpy(&low, p, 4);
    memcpy(&high, p + n - 4, 4);
    word = low | (uint64_t)high << (8 * (n - 4));
  } else if (n > 0) {
    word = p[0] | (uint64_t)p[n / 2] << (8 * (n / 2)) | (uint64_t)p[n - 1] << (8 * (n - 1));
  }
  return word;
}

static inline uint64_t kt_json_tail(const uint8_t *_Null_unspecified p, size_t n) {
  uint64_t word = 0;
  if (n > 8) memcpy(&word, p + n - 8, 8);
  return word;
}

/* The name of a member, with the cursor at its quote. */
static inline bool kt__json_name(kt_json *_Nonnull c, kt_json_key *_Nonnull key) {
  if (c->p >= c->end || *c->p != '"') {
    kt_json_fail(c, c->p >= c->end ? KT_JSON_TRUNCATED : KT_JSON_SYNTAX, c->p);
    return false;
  }
  if (!kt_json_string(c, &key->text)) return false;
  key->head = kt_json_head(key->text.p, key->text.n);
  key->tail = kt_json_tail(key->text.p, key->text.n);
  if (c->p < c->end && *c->p != ':') kt_json_space(c);
  if (c->p >= c->end || *c->p != ':') {
    kt_json_fail(c, c->p >= c->end ? KT_JSON_TRUNCATED : KT_JSON_SYNTAX, c->p);
    return false;
  }
  c->p++;
  return true;
}

/* The next member of the innermost object: its name, with the cursor moved behind the colon. False at the object's
 * end and on an error. */
static inline bool kt_json_member(kt_json *_Nonnull c, kt_json_key *_Nonnull key) {
  return kt__json_next(c, '}') && kt__json_name(c, key);
}

/* The member names of a struct, made once and never freed. Bodies mostly have their members in the order in which the
 * contract declares them, so that the name which is next is compared with the one that is expected, quotes and colon
 * included, and only looked up when it is another. */
typedef struct kt_json_name {
  const uint8_t *_Nonnull text; /* `"name":` behind a comma; readable for KT__JSON_NAME_PAD bytes more */
  uint32_t text_n;              /* 0 for a name that JSON escapes: it is never expected, only looked up */
  uint32_t n;                   /* of the name, which begins at text + 1 */
  uint64_t head, tail;          /* see kt_json_key */
} kt_json_name;

typedef struct kt_json_names {
  const kt_json_name *_Nonnull names;
  const uint16_t *_Nonnull slots; /* hash table: index + 1, 0 is empty */
  uint32_t count, mask;
} kt_json_names;

#define KT_JSON_NAMES_MAX 1024     /* names of one struct */
#define KT_JSON_NAME_SIZE_MAX 1024 /* bytes of one of them */
#define KT__JSON_NAME_PAD 16

/* Each of `names` is one name, unescaped and UTF-8, no two alike; NULL when memory is short or there are more or longer
 * names than the limits say. The memory is one block, which free() gives back. */
const kt_json_names *_Nullable kt_json_names_create(const kt_bytes *_Nonnull names, size_t count);

/* The out-of-line half of kt_json_member_of: the cursor is at the name. */
bool kt__json_member_other(kt_json *_Nonnull c, const kt_json_names *_Nonnull names, int32_t expected,
                           int32_t *_Nonnull index);

/* Whether the body goes on with the `n` bytes of a name's text. */
KT__JSON_INLINE bool kt__json_goes_on(const kt_json *_Nonnull c, const uint8_t *_Nonnull text, size_t n) {
  size_t room = (size_t)(c->end - c->p);
#if defined(__SSE2__)
  if (n <= 16 && room >= 16) {
    kt__u8x16 a, b;
    memcpy(&a, c->p, 16);
    memcpy(&b, text, 16);
    unsigned equal = (unsigned)__builtin_ia32_pmovmskb128((kt__i8x16)(a == b));
    return (~equal & ((1u << n) - 1)) == 0;
  }
#endif
  return room >= n && memcmp(c->p, text, n) == 0;
}

/* The next member of the innermost object as the index of its name; the cursor moves behind the colon. `*index` is
 * what the call before gave, -1 at first. A name that is not among them gives a negative number. False at the object's
 * end and on an error. */
static inline bool kt_json_member_of(kt_json *_Nonnull c, const kt_json_names *_Nonnull names,
                                     int32_t *_Nonnull index) {
  int32_t expected = *index < 0 ? -1 - *index : *index + 1;
  if (!kt__json_next(c, '}')) return false;
  if ((uint32_t)expected < names->count) {
    const kt_json_name *name = names->names + expected;
    if (name->text_n != 0 && kt__json_goes_on(c, name->text, name->text_n)) {
      c->p += name->text_n;
      *index = expected;
      return true;
    }
  }
  return kt__json_member_other(c, names, expected, index);
}

/* The same when the member is the one that is expected, no whitespace stands before it and its name is short. False for
 * every other one, with nothing changed: ask kt_json_member_of then. */
KT__JSON_INLINE bool kt_json_member_expected(kt_json *_Nonnull c, const kt_json_names *_Nonnull names,
                                             int32_t *_Nonnull index) {
#if defined(__SSE2__)
  uint32_t expected = (uint32_t)(*index + 1); /* behind one that is unknown it is no guess */
  if (expected >= names->count || c->end - c->p < 16) return false;
  const kt_json_name *name = names->names + expected;
  unsigned comma = !c->fresh, n = name->text_n + comma;
  if (n > 16 || name->text_n == 0) return false;
  kt__u8x16 a, b;
  memcpy(&a, c->p, 16);
  memcpy(&b, name->text - comma, 16);
  unsigned equal = (unsigned)__builtin_ia32_pmovmskb128((kt__i8x16)(a == b));
  if ((~equal & ((1u << n) - 1)) != 0) return false;
  c->p += n;
  c->fresh = false;
  *index = (int32_t)expected;
  return true;
#else
  (void)c, (void)names, (void)index;
  return false;
#endif
}

/* A member of a struct that lies in memory as Swift lays it out. Those of a kind are read here, all others by the
 * caller. */
typedef enum kt_json_field_kind {
  KT_JSON_FIELD_OTHER = 0,
  KT_JSON_FIELD_INT64,
  KT_JSON_FIELD_INT32,
  KT_JSON_FIELD_DOUBLE,
  KT_JSON_FIELD_BOOLEAN,
  KT_JSON_FIELD_STRING, /* sixteen bytes of a String; little-endian machines of 64 bits only */
} kt_json_field_kind;

typedef struct kt_json_field {
  const uint8_t *_Nonnull text; /* of its name, as in kt_json_name */
  uint32_t text_n;
  uint32_t offset;
  int64_t low, high; /* bounds of an integer, lengths of a string in code points */
  uint8_t kind;      /* kt_json_field_kind */
  int8_t some;       /* where the byte of an optional is that says whether there is a value; -1 for one without */
} kt_json_field;

/* Reads members from the one behind *member on, in their order, to `memory`, as long as they are written in this
 * order, of a kind and plain, and their bit is not in *seen. *member is the last, *seen has the bit of each. True when
 * a value is next, that of *member: a string without escapes and in bounds that is too long to lie in a String was read
 * then, to *text, and text->p is NULL for every other. False when a name is next, or the object's end. */
bool kt_json_fields_read(kt_json *_Nonnull c, const kt_json_field *_Nonnull fields, uint32_t count,
                         void *_Nonnull memory, uint64_t *_Nonnull seen, int32_t *_Nonnull member,
                         kt_json_text *_Nonnull text);

static const uint32_t kt__json_ten_to[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/* How many digits stand at `p`, of which it looks at eight, and their value. Without a branch for each: numbers of a
 * column are of different lengths. */
KT__JSON_INLINE size_t kt__json_digits(const uint8_t *_Nonnull p, const uint8_t *_Nonnull end,
                                       uint64_t *_Nonnull value) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (end - p >= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    word ^= 0x3030303030303030u; /* digits are 0 to 9 now */
    uint64_t others = (word | (word + 0x7676767676767676u)) & 0x8080808080808080u; /* right up to the first of them */
    size_t n = others == 0 ? 8 : (size_t)__builtin_ctzll(others) / 8;
    if (n == 0) {
      *value = 0;
      return 0;
    }
    word <<= 8 * (8 - n); /* zeros in front */
    word = word * 10 + (word >> 8);
    const uint64_t pairs = 0x000000FF000000FFu; /* every other pair of digits, times 100 and 10^6, or 1 and 10^4 */
    *value = ((word & pairs) * 0x000F424000000064u + (word >> 16 & pairs) * 0x0000271000000001u) >> 32;
    return n;
  }
#endif
  size_t n = 0;
  *value = 0;
  for (; n < 8 && p + n < end && (uint8_t)(p[n] - '0') < 10; n++) *value = *value * 10 + (uint64_t)(p[n] - '0');
  return n;
}

/* The digits of an integer of at most 15 of them at `p`; gives what is behind them. NULL for everything else. */
KT__JSON_INLINE const uint8_t *_Nullable kt__json_magnitude(const uint8_t *_Nonnull p, const uint8_t *_Nonnull end,
                                                            int64_t *_Nonnull out) {
  uint64_t value, more;
  size_t n = kt__json_digits(p, end, &value);
  if (n == 8) {
    size_t more_n = kt__json_digits(p + 8, end, &more);
    value = value * kt__json_ten_to[more_n] + more;
    n += more_n;
  }
  const uint8_t *digits = p;
  p += n;
  bool plain = n != 0 && n < 16 && (*digits != '0' || n == 1) &&
               (p == end || !((uint8_t)(*p - '0') < 10 || *p == '.' || (*p | 0x20) == 'e'));
  if (!plain) return NULL;
  *out = (int64_t)value;
  return p;
}

/* The same of one with a minus at `p`. Apart, so that where the digits begin does not wait for a look at the sign. */
const uint8_t *_Nullable kt__json_negative(const uint8_t *_Nonnull p, const uint8_t *_Nonnull end,
                                           int64_t *_Nonnull out);

/* The integer of at most 15 digits at `p`; gives what is behind it. NULL for everything else. */
KT__JSON_INLINE const uint8_t *_Nullable kt__json_plain_integer(const uint8_t *_Nonnull p, const uint8_t *_Nonnull end,
                                                                int64_t *_Nonnull out) {
  if (p < end && *p == '-') return kt__json_negative(p, end, out);
  return kt__json_magnitude(p, end, out);
}

/* The number that is next (peek said so) as an integer. 1.0 and 1e2 are integers (JSON Schema §6.1.1 decides by value,
 * not by spelling); 1.5 is KT_JSON_FRACTION. The cursor moves behind the number unless it is KT_JSON_BROKEN. */
KT__JSON_INLINE kt_json_fit kt_json_int64(kt_json *_Nonnull c, int64_t *_Nonnull out) {
  const uint8_t *behind = kt__json_plain_integer(c->p, c->end, out);
  if (behind == NULL) return kt__json_int64_slow(c, out);
  c->p = behind;
  return KT_JSON_FITS;
}

kt_json_fit kt_json_uint64(kt_json *_Nonnull c, uint64_t *_Nonnull out);

/* The number that is next, correctly rounded (to nearest, ties to even) whatever its length. Beyond the largest double
 * is KT_JSON_RANGE; below the smallest is 0. */
kt_json_fit kt_json_double(kt_json *_Nonnull c, double *_Nonnull out);

/* How many elements the innermost array seems to have, at its first: a guess by the commas of the next 64 bytes, which
 * may stand in strings, too. 0 when it does not end there. */
size_t kt_json_elements_near(const kt_json *_Nonnull c);

/* true or false, or null, when peek said so. False on an error. */
bool kt_json_boolean(kt_json *_Nonnull c, bool *_Nonnull out);
bool kt_json_null(kt_json *_Nonnull c);

/* A boolean that is next without whitespace before it. False for everything else, with the cursor where it was. */
KT__JSON_INLINE bool kt_json_plain_boolean(kt_json *_Nonnull c, bool *_Nonnull out) {
  if (c->end - c->p < 5) return false;
  bool truth = memcmp(c->p, "true", 4) == 0; /* no branch by which of them it is: that is anyone's guess */
  if (!(truth | (memcmp(c->p + 1, "alse", 4) == 0 && *c->p == 'f'))) return false;
  *out = truth;
  c->p += 5 - truth;
  return true;
}

/* Moves behind the next value, checking its grammar. No recursion. */
bool kt_json_skip(kt_json *_Nonnull c);

/* True when nothing but whitespace follows and no error has happened. */
bool kt_json_finish(kt_json *_Nonnull c);

/* A second walk over a body that tells where a value stands, as a JSON pointer (RFC 6901). Decoders note the offset of
 * a value that is wrong, which costs nothing, and only a body with violations is walked again. */
typedef struct kt_json_step {
  kt_json_text key; /* in an object; p is NULL in an array */
  uint64_t index;
} kt_json_step;

typedef struct kt_json_path {
  kt_json cursor;
  uint8_t depth;
  kt_json_step steps[KT_JSON_DEPTH_MAX];
} kt_json_path;

void kt_json_path_init(kt_json_path *_Nonnull w, kt_bytes body);
/* Walks on to the value that begins at or spans `offset`; offsets must not fall between calls. */
void kt_json_path_to(kt_json_path *_Nonnull w, size_t offset);
/* The length of the pointer, and its bytes when `out` is not NULL and has room for them. */
size_t kt_json_path_write(const kt_json_path *_Nonnull w, uint8_t *_Nullable out);

/* --- Writing. The caller keeps the buffer and makes room; every function returns the new end. --- */

#define KT_JSON_INT_MAX 20    /* bytes of the longest 64-bit integer */
#define KT_JSON_DOUBLE_MAX 25 /* bytes of the longest double */

/* Bytes that `n` bytes of UTF-8 take inside quotes, the quotes not counted. */
size_t kt_json_escaped_size(const uint8_t *_Null_unspecified p, size_t n);
/* Copies UTF-8, escaping what §7 demands and nothing else. */
uint8_t *_Nonnull kt_json_escape(uint8_t *_Nonnull out, const uint8_t *_Null_unspecified p, size_t n);
/* Text of up to 15 bytes, which come in words as kt_json_key has them and zeros behind them, in its quotes. NULL when
 * something in it is to be escaped. At `out` there is room for 18 bytes. */
static inline uint8_t *_Nullable kt_json_quote_short(uint8_t *_Nonnull out, uint64_t head, uint64_t tail, size_t n) {
  uint8_t *end = out + n + 1;
  out[0] = '"';
#if defined(__SSE2__)
  kt__u8x16 v = (kt__u8x16)(kt__u64x2){head, tail}; /* not read back from `out`: that load waits for both stores */
  memcpy(out + 1, &v, 16);
  kt__i8x16 stop = (kt__i8x16)(((v ^ 2) <= 0x20) | (v == '\\')); /* XOR with 2 swaps the quote with 0x20 */
  if (((unsigned)__builtin_ia32_pmovmskb128(stop) & ((1u << n) - 1)) != 0) return NULL;
#else
  memcpy(out + 1, &head, 8);
  memcpy(out + 9, &tail, 8);
  for (const uint8_t *p = out + 1; p < end; p++)
    if (*p < 0x20 || *p == '"' || *p == '\\') return NULL;
#endif
  *end = '"';
  return end + 1;
}

uint8_t *_Nonnull kt_json_write_int64(uint8_t *_Nonnull out, int64_t value);
uint8_t *_Nonnull kt_json_write_uint64(uint8_t *_Nonnull out, uint64_t value);
/* The shortest decimal that reads back as `value`, when it has at most 15 digits and is in [1e-5, 1e15]: prices,
 * measures, coordinates. NULL for all others; Swift's description, which is shortest and exact for every double, then
 * does the work (the writer in Sources/Katana/JSON). No locale is consulted. */
uint8_t *_Nullable kt_json_write_short_double(uint8_t *_Nonnull out, double value);

#ifdef __cplusplus
}
#endif

#endif
