/* form.h: the bodies of forms: multipart/form-data (RFC 7578) and application/x-www-form-urlencoded (WHATWG URL §5.1).
 *
 * Both are machines over bytes: they open nothing and keep no content. Who drives them decides where a file goes. */
#ifndef KATANA_FORM_H
#define KATANA_FORM_H

#include "katana/http.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- multipart/form-data ----
 *
 * Workload: uploads of kilobytes to gigabytes that come in pieces of some 16 KiB; a handful of parts with heads of 100
 * to 200 bytes, and then content in which nothing but the boundary matters. So heads are copied together, content is
 * handed on where it lies. */

#define KT_MULTIPART_BOUNDARY_SIZE_MAX 70 /* RFC 2046 §5.1.1 */

/* Defaults against hostile peers; all but the boundary can be changed. A part is cheap to send and may cost an object,
 * a file, a row (CVE-2023-24536, CVE-2023-25577). */
#define KT_MULTIPART_BODY_SIZE_MAX (10u << 20)
#define KT_MULTIPART_PART_SIZE_MAX (10u << 20)
#define KT_MULTIPART_PART_COUNT_MAX 1000
#define KT_MULTIPART_HEAD_SIZE_MAX 4096
#define KT_MULTIPART_FIELD_COUNT_MAX 16

typedef struct kt_multipart_limits {
  uint64_t body_size_max;   /* bytes of the whole body, with what stands before and behind the parts */
  uint64_t part_size_max;   /* bytes of one part's content */
  uint32_t part_count_max;
  uint16_t head_size_max;   /* bytes of one part's head; so much memory is owned */
  uint16_t field_count_max; /* field lines in one part's head */
} kt_multipart_limits;

kt_multipart_limits kt_multipart_limits_default(void);

/* What the head of a part says. */
typedef struct kt_multipart_part {
  kt_bytes name;         /* UTF-8; it may be empty */
  kt_bytes filename;     /* UTF-8 without control characters, as sent: may hold slashes and dots, so never a path to
                            open (RFC 7578 §4.2). p is NULL when there is none: no file */
  kt_bytes content_type; /* p is NULL when there is none: text/plain (§4.4) */
  const kt_field *_Null_unspecified fields; /* field_count of them: all but Content-Disposition */
  uint16_t field_count;
} kt_multipart_part;

typedef enum kt_multipart_event {
  KT_MULTIPART_MORE = 0,       /* all that was fed is consumed */
  KT_MULTIPART_PART_BEGIN = 1, /* kt_multipart_current tells which */
  KT_MULTIPART_PART_DATA = 2,  /* a run of its content */
  KT_MULTIPART_PART_END = 3,   /* it was whole */
  KT_MULTIPART_END = 4,        /* the last boundary came; what follows is skipped */
  KT_MULTIPART_ERROR = 5,      /* kt_multipart_status and kt_multipart_reason tell why; it stays so */
} kt_multipart_event;

typedef struct kt_multipart kt_multipart;

/* A machine for a body with this Content-Type, in one allocation; NULL when memory is out. With a type other than
 * multipart/form-data (415) or without a boundary as RFC 2046 §5.1.1 has it (400), it gives KT_MULTIPART_ERROR from the
 * start. `limits` are copied; NULL means the defaults. */
kt_multipart *_Nullable kt_multipart_create(kt_bytes content_type, const kt_multipart_limits *_Nullable limits);
void kt_multipart_destroy(kt_multipart *_Nullable m);

/* Takes bytes up to the next event and says in *consumed how many. To be called again with the rest, also when that is
 * empty, until it gives KT_MULTIPART_MORE or KT_MULTIPART_ERROR. With KT_MULTIPART_PART_DATA `payload` is not empty and
 * lies inside `data`, but for the start of what looked like a boundary and was none when the next bytes came: at most
 * KT_MULTIPART_BOUNDARY_SIZE_MAX + 4 bytes that `m` owns. It is valid until the next call. */
kt_multipart_event kt_multipart_feed(kt_multipart *_Nonnull m, const uint8_t *_Null_unspecified data, size_t n,
                                     size_t *_Nonnull consumed, kt_bytes *_Nonnull payload);
/* The body ended: KT_MULTIPART_END, or KT_MULTIPART_ERROR when the last boundary is missing. */
kt_multipart_event kt_multipart_finish(kt_multipart *_Nonnull m);

/* The part that began last. Its slices are valid from KT_MULTIPART_PART_BEGIN until the call that follows its
 * KT_MULTIPART_PART_END, and do not move. */
const kt_multipart_part *_Nonnull kt_multipart_current(const kt_multipart *_Nonnull m);

/* After KT_MULTIPART_ERROR: 400 for a malformed body, 413 beyond a limit, 415 for a type or a transfer encoding that is
 * not ours; 0 and NULL before. */
uint16_t kt_multipart_status(const kt_multipart *_Nonnull m);
const char *_Nullable kt_multipart_reason(const kt_multipart *_Nonnull m);

/* ---- application/x-www-form-urlencoded ----
 *
 * Workload: bodies of 20 bytes to a few KiB that are wholly in memory, a dozen pairs, most without an escape. */

#define KT_URLENCODED_PAIR_COUNT_MAX 1000
#define KT_URLENCODED_NAME_SIZE_MAX 1024
#define KT_URLENCODED_VALUE_SIZE_MAX (1u << 20)

typedef struct kt_urlencoded_limits {
  uint32_t pair_count_max;
  uint32_t name_size_max;  /* bytes as sent */
  uint32_t value_size_max; /* bytes as sent */
} kt_urlencoded_limits;

/* Invariant: `out` has room for rest.n bytes. */
typedef struct kt_urlencoded {
  kt_bytes rest;                 /* what was not walked yet */
  uint8_t *_Null_unspecified out;
  kt_urlencoded_limits limits;   /* pair_count_max counts down */
  uint16_t status;               /* 0; 400 for a bad escape or bad UTF-8, 413 beyond a limit */
  const char *_Nullable reason;
} kt_urlencoded;

/* `room` has place for body.n bytes; it and the body live as long as the pairs are used. `limits` are copied; NULL
 * means the constants above. */
void kt_urlencoded_init(kt_urlencoded *_Nonnull u, kt_bytes body, uint8_t *_Null_unspecified room,
                        const kt_urlencoded_limits *_Nullable limits);
/* Gives the next pair, decoded: '+' is a space, escapes are bytes, the result is UTF-8. Borrows from the body where
 * nothing changes, else from the room. Empty pairs are skipped; a pair without '=' has a value with p NULL. False at
 * the end and at the first fault, which `status` tells apart. */
bool kt_urlencoded_next(kt_urlencoded *_Nonnull u, kt_bytes *_Nonnull name, kt_bytes *_Nonnull value);

#ifdef __cplusplus
}
#endif

#endif
