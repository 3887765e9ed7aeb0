/* range.h: byte ranges (RFC 9110 §14) and the parts of multipart/byteranges (§14.6).
 *
 * Workload: nearly every Range asks for one piece: a player that seeks, a download that goes on. PDF readers ask for a
 * handful. A header field of 16 KiB has room for 4000 ranges, and only an attacker fills it (CVE-2011-3192), so the set
 * is small, its ranges never overlap, and whoever wants more gets the whole. */
#ifndef KT_HTTP_RANGE_H
#define KT_HTTP_RANGE_H

#include "katana/bytes.h"

/* Ranges in one request. §14.2 lets a server ignore a set that looks like an attack; reading stops there. */
#define KT_RANGES_MAX 16
/* Two ranges with a gap of no more bytes are sent as one: the head of a part is as long (§15.3.7.2). */
#define KT_RANGE_GAP_MAX 80
#define KT_CONTENT_RANGE_SIZE_MAX 68    /* "bytes ", three numbers of 20 digits, "-", "/" */
#define KT_BYTERANGES_BOUNDARY_SIZE 32

/* Invariant: length > 0, and offset + length is at most the size of the representation. */
typedef struct kt_range {
  uint64_t offset, length; /* bytes */
} kt_range;

/* Invariant: between any two ranges lie more than KT_RANGE_GAP_MAX bytes. */
typedef struct kt_range_set {
  uint32_t count;
  bool too_many; /* were named; the result is KT_RANGE_IGNORED */
  kt_range list[KT_RANGES_MAX]; /* in the order in which the client named them */
} kt_range_set;

typedef enum kt_range_result {
  KT_RANGE_IGNORED = 0,       /* answer as if there were no Range: an unknown unit, a malformed set, too many ranges */
  KT_RANGE_PARTIAL = 1,       /* 206 with what is in the set */
  KT_RANGE_UNSATISFIABLE = 2, /* 416 */
} kt_range_result;

/* Reads a Range value for a representation of `size` bytes. Ranges that lie behind its end are dropped, those that
 * overlap or nearly touch become one, in the place of the first. Last bytes of an empty representation are all of it,
 * which no Content-Range can say: ignored. Only GET has ranges, and If-Range comes first (conditional.h). */
kt_range_result kt_range_parse(kt_bytes value, uint64_t size, kt_range_set *set);

/* "bytes 0-499/1234". Returns the length. */
size_t kt_content_range_write(char out[KT_CONTENT_RANGE_SIZE_MAX], kt_range range, uint64_t size);
/* Content-Range of a 416: "bytes *" and "/1234". */
size_t kt_content_range_write_none(char out[KT_CONTENT_RANGE_SIZE_MAX], uint64_t size);

/* A body of multipart/byteranges: for each range its part head and its bytes, then the end. */
typedef struct kt_byteranges {
  const kt_range_set *set;
  uint64_t size;         /* of the whole representation */
  kt_bytes content_type; /* of the representation; it may be empty */
  char boundary[KT_BYTERANGES_BOUNDARY_SIZE];
} kt_byteranges;

/* Makes the boundary of 128 random bits, so that no content can hold it but by chance. */
void kt_byteranges_init(kt_byteranges *b, const kt_range_set *set, uint64_t size, kt_bytes content_type,
                        const uint64_t random[2]);
/* The longest part head. */
size_t kt_byteranges_head_size_max(const kt_byteranges *b);
/* Writes what stands before the bytes of range `index`, the line end behind the range before it included. Returns the
 * length; with `out` NULL it only counts. */
size_t kt_byteranges_head(const kt_byteranges *b, uint32_t index, uint8_t *out);
/* Writes what stands behind the last range; KT_BYTERANGES_BOUNDARY_SIZE + 8 bytes at most, `out` as above. */
size_t kt_byteranges_end(const kt_byteranges *b, uint8_t *out);
/* Content-Length of the whole body. */
uint64_t kt_byteranges_length(const kt_byteranges *b);

#endif
