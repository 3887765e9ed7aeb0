/* conditional.h: preconditions (RFC 9110 §13): If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since and
 * If-Range, in the order of §13.2.2. */
#ifndef KT_HTTP_CONDITIONAL_H
#define KT_HTTP_CONDITIONAL_H

#include "http/etag.h"
#include "katana/http.h"

#define KT_DATE_NONE INT64_MIN

/* What is known of the selected representation before anything is done to it. */
typedef struct kt_validators {
  bool exists;           /* there is a current representation */
  kt_etag etag;          /* opaque.p is NULL: it has none */
  int64_t last_modified; /* seconds since 1970; KT_DATE_NONE: unknown */
} kt_validators;

typedef enum kt_condition {
  KT_CONDITION_PROCEED = 0,      /* do as the method says */
  KT_CONDITION_NOT_MODIFIED = 1, /* 304 */
  KT_CONDITION_FAILED = 2,       /* 412 */
} kt_condition;

/* Judges all preconditions but If-Range. To be asked when the answer without them would be 2xx, and before the method
 * does anything (§13.2.1). CONNECT, OPTIONS and TRACE have none. `now` reads years of two digits in old dates.
 *
 * A list of tags that is malformed counts up to the first fault. When no tag before it decided, the side that changes
 * nothing is taken: If-Match fails, If-None-Match lets GET and HEAD proceed and fails all others. A date that is
 * malformed or stands twice is ignored, as the RFC demands. */
kt_condition kt_condition_judge(const kt_request *r, const kt_validators *v, int64_t now);

/* True when Range may be used as far as If-Range goes (§13.1.5): there is none, its tag is the current one by strong
 * comparison, or its date is that of the last modification. Such a date counts only when its second is over, so that
 * no second version can bear it (§8.8.2.2). */
bool kt_condition_if_range(const kt_request *r, const kt_validators *v, int64_t now);

#endif
