/* request.h: the head of a request from the fields of a stream (RFC 9113 §8.2, §8.3). nghttp2 has checked their order,
 * their bytes and which must be there. */
#ifndef KT_HTTP2_REQUEST_H
#define KT_HTTP2_REQUEST_H

#include "base/base.h"
#include "http/http.h"

typedef struct kt_h2_head_limits {
  uint32_t head_size_max;   /* names and values, 32 bytes more for each field (§6.5.2): 431 beyond */
  uint32_t target_size_max; /* 414 beyond */
  uint16_t field_count_max; /* 431 beyond; not above request->field_max */
} kt_h2_head_limits;

typedef struct kt_h2_head {
  kt_request *request;
  kt_arena *arena; /* where slices of the request live */
  size_t size;
  uint32_t crumbs;   /* Cookie fields */
  uint16_t status;   /* 0, or what the request is to be refused with */
  const char *reason; /* of the refusal, for people */
  bool extended;     /* :protocol is there (RFC 8441) */
  kt_bytes protocol;
} kt_h2_head;

void kt_h2_head_init(kt_h2_head *h, kt_request *request, kt_arena *arena);
/* Copies a field. After a refusal nothing more is kept. False when memory is out. */
bool kt_h2_head_add(kt_h2_head *h, const kt_h2_head_limits *limits, kt_bytes name, kt_bytes value);
/* The fields are complete; `scratch` has target_size_max bytes. Look at status afterwards. False when memory is out. */
bool kt_h2_head_finish(kt_h2_head *h, bool ended, uint8_t *scratch);

#endif
