/* parse.h: request heads (RFC 9112 §2 to §5). */
#ifndef KT_HTTP1_PARSE_H
#define KT_HTTP1_PARSE_H

#include "katana/http.h"

#define KT_H1_METHOD_SIZE_MAX 32    /* longer method tokens are 501 (RFC 9112 §3) */
#define KT_H1_EMPTY_LINES_MAX 2     /* ignored before a request line (§2.2) */

typedef enum kt_h1_result { KT_H1_MORE, KT_H1_DONE, KT_H1_ERROR } kt_h1_result;

typedef struct kt_h1_limits {
  uint32_t head_size_max;   /* 431 beyond */
  uint32_t target_size_max; /* 414 beyond */
  uint16_t field_count_max; /* 431 beyond; not above request->field_max */
} kt_h1_limits;

/* Lines before `at` are parsed; the line at `at` is looked at again when more bytes come. */
typedef struct kt_h1_parser {
  uint32_t at;
  uint32_t head_n;    /* DONE: bytes of the head, ignored empty lines included */
  uint16_t status;    /* ERROR: 400, 414, 431, 501 or 505 */
  uint8_t phase;      /* empty lines, request line, fields */
  uint8_t empty_n;
  uint8_t seen;       /* framing fields that were there: see framing.h */
  const char *reason; /* ERROR: what is wrong, for people */
} kt_h1_parser;

static inline void kt_h1_parser_init(kt_h1_parser *p) { *p = (kt_h1_parser){0}; }

/* Parses the head at `data`. Call again with the same `data` and a larger `n` after KT_H1_MORE; slices of the request
 * point into data, or into `scratch` (target_size_max bytes) where the path had to be decoded. request->fields and
 * field_max are the caller's. An error is reported with the first byte that cannot be right, not at the head's end.
 * A valid method that is not known gives KT_METHOD_UNKNOWN, to be answered 501. */
kt_h1_result kt_h1_parse(kt_h1_parser *p, const kt_h1_limits *limits, const uint8_t *data, size_t n, uint8_t *scratch,
                         kt_request *request);

/* For the parts of this room: keeps the status and the reason. */
kt_h1_result kt__h1_fail(kt_h1_parser *p, uint16_t status, const char *reason);

#endif
