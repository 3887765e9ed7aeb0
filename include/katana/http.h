/* http.h: what all HTTP versions share: methods, known fields, requests.
 *
 * A request is a version-neutral message (RFC 9110 §6): HTTP/1.1 fills it today; other versions fill the same type. */
#ifndef KATANA_HTTP_H
#define KATANA_HTTP_H

#include "katana/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 9110 §9, RFC 5789 and RFC 10008. The values are bit positions in method masks. */
typedef enum kt_method {
  KT_GET = 0,
  KT_HEAD = 1,
  KT_POST = 2,
  KT_PUT = 3,
  KT_DELETE = 4,
  KT_CONNECT = 5,
  KT_OPTIONS = 6,
  KT_TRACE = 7,
  KT_PATCH = 8,
  KT_QUERY = 9,
  KT_METHOD_COUNT = 10,
  KT_METHOD_UNKNOWN = 15, /* a valid token that names no method above: 501 (RFC 9110 §9.1) */
} kt_method;

/* Field names with an id of their own. Everything else is KT_FIELD_OTHER and compared by name. The enum order is the
 * index into kt_request.known; csrc/http/field.c holds the names. */
typedef enum kt_field_id {
  KT_FIELD_OTHER = 0,
  KT_FIELD_HOST,
  KT_FIELD_CONNECTION,
  KT_FIELD_CONTENT_LENGTH,
  KT_FIELD_TRANSFER_ENCODING,
  KT_FIELD_CONTENT_TYPE,
  KT_FIELD_EXPECT,
  KT_FIELD_UPGRADE,
  KT_FIELD_DATE,
  KT_FIELD_ACCEPT,
  KT_FIELD_ACCEPT_ENCODING,
  KT_FIELD_ACCEPT_LANGUAGE,
  KT_FIELD_AUTHORIZATION,
  KT_FIELD_CACHE_CONTROL,
  KT_FIELD_COOKIE,
  KT_FIELD_CONTENT_ENCODING,
  KT_FIELD_CONTENT_LANGUAGE,
  KT_FIELD_CONTENT_LOCATION,
  KT_FIELD_CONTENT_RANGE,
  KT_FIELD_ETAG,
  KT_FIELD_FORWARDED,
  KT_FIELD_IDEMPOTENCY_KEY,
  KT_FIELD_IF_MATCH,
  KT_FIELD_IF_MODIFIED_SINCE,
  KT_FIELD_IF_NONE_MATCH,
  KT_FIELD_IF_RANGE,
  KT_FIELD_IF_UNMODIFIED_SINCE,
  KT_FIELD_KEEP_ALIVE,
  KT_FIELD_LAST_MODIFIED,
  KT_FIELD_LOCATION,
  KT_FIELD_ORIGIN,
  KT_FIELD_PRAGMA,
  KT_FIELD_PROXY_CONNECTION,
  KT_FIELD_RANGE,
  KT_FIELD_REFERER,
  KT_FIELD_SERVER,
  KT_FIELD_TE,
  KT_FIELD_TRAILER,
  KT_FIELD_TRACEPARENT,
  KT_FIELD_TRACESTATE,
  KT_FIELD_USER_AGENT,
  KT_FIELD_VARY,
  KT_FIELD_VIA,
  KT_FIELD_X_FORWARDED_FOR,
  KT_FIELD_X_REQUEST_ID,
  KT_FIELD_COUNT,
} kt_field_id;

/* One field line. Slices borrow from the connection's read buffer and live as long as the request. The name is kept
 * as sent; compare without case. The value has no leading or trailing whitespace (RFC 9110 §5.5). */
typedef struct kt_field {
  const uint8_t *_Null_unspecified name;
  const uint8_t *_Null_unspecified value;
  uint32_t value_n;
  uint16_t name_n;
  uint16_t id; /* kt_field_id */
} kt_field;

/* How the content of a request is framed (RFC 9112 §6.3). */
typedef enum kt_body_kind {
  KT_BODY_NONE = 0,    /* no content */
  KT_BODY_LENGTH = 1,  /* content_length bytes follow */
  KT_BODY_CHUNKED = 2, /* length known when it ends */
} kt_body_kind;

#define KT_PARAMS_MAX 16 /* parameters in one route */

typedef struct kt_request {
  uint8_t method;        /* kt_method */
  uint8_t version_minor; /* 0 or 1; HTTP/1.2 and later minors count as 1 (RFC 9112 §2.3) */
  uint8_t body_kind;     /* kt_body_kind */
  bool keep_alive;       /* the connection may be reused after this request (RFC 9112 §9.3) */
  bool expect_continue;  /* Expect: 100-continue from a 1.1 client (RFC 9110 §10.1.1) */
  bool expect_other;     /* an expectation that we do not meet: 417 */
  bool upgrade;          /* Upgrade named in Connection */
  uint8_t param_count;
  uint16_t field_count;
  uint16_t field_max;                       /* capacity of fields */
  uint64_t content_length;                  /* when body_kind is KT_BODY_LENGTH */
  kt_bytes method_text;                     /* the method as sent */
  kt_bytes target;                          /* the request target as sent */
  kt_bytes path;                            /* decoded and normalised; "*" for the asterisk form */
  kt_bytes query;                           /* raw, without '?'; p is NULL when there was none */
  kt_bytes authority;                       /* from an absolute-form target, else from Host */
  kt_bytes params[KT_PARAMS_MAX];           /* path parameters in template order, decoded */
  uint16_t known[KT_FIELD_COUNT];           /* 1 + index of the first field with that id, 0 when absent */
  kt_field *_Null_unspecified fields;       /* field_count of them in order of arrival */
} kt_request;

/* First value of a known field; `p` is NULL when absent. */
static inline kt_bytes kt_request_field(const kt_request *_Nonnull r, kt_field_id id) {
  uint16_t at = r->known[id];
  if (at == 0) return kt_bytes_make(0, 0);
  return kt_bytes_make(r->fields[at - 1].value, r->fields[at - 1].value_n);
}

/* A path parameter; C arrays are clumsy tuples in Swift. */
static inline kt_bytes kt_request_param(const kt_request *_Nonnull r, uint8_t index) { return r->params[index]; }

/* First value of a field by name, without case; `p` is NULL when absent. */
kt_bytes kt_request_find(const kt_request *_Nonnull r, kt_bytes name);

/* Trailer fields (RFC 9110 §6.5): what the sender of a message knew only when its content had ended. They stand beside
 * the fields of the head and are never merged with them; those that may not be trailer fields (§6.5.1: framing,
 * routing, authentication, conditions, Content-* but Content-Digest …) were dropped when they came. */
typedef struct kt_trailers {
  const kt_field *_Null_unspecified fields; /* count of them in order of arrival; they live as long as the request */
  uint16_t count;
} kt_trailers;

/* First value of a trailer field by name, without case; `p` is NULL when absent. */
kt_bytes kt_trailers_find(const kt_trailers *_Nonnull trailers, kt_bytes name);

/* Walks an application/x-www-form-urlencoded string ("a=1&b=2"). Advances *rest past one pair and gives the raw
 * name and value; false at the end. Empty pairs are skipped; a pair without '=' has a value with p NULL. */
bool kt_query_next(kt_bytes *_Nonnull rest, kt_bytes *_Nonnull name, kt_bytes *_Nonnull value);

/* Percent-decodes `in` to `out` (room for in.n bytes); '+' becomes a space when `plus`. Returns the length, or -1
 * when an escape is malformed or the result is not UTF-8 (RFC 3986 §2.1, RFC 3629). */
int64_t kt_percent_decode(kt_bytes in, uint8_t *_Nonnull out, bool plus);

/* Walks a Cookie field value (RFC 6265 §4.2). Same shape as kt_query_next. */
bool kt_cookie_next(kt_bytes *_Nonnull rest, kt_bytes *_Nonnull name, kt_bytes *_Nonnull value);

/* Reason phrase of a status code, "" when unknown (RFC 9110 §15). */
const char *_Nonnull kt_reason(uint16_t status);

const char *_Nonnull kt_method_name(uint8_t method);

#ifdef __cplusplus
}
#endif

#endif
