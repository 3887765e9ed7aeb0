/* framing.h: the fields that decide where a message ends and whether the connection goes on (RFC 9112 §6, §9). */
#ifndef KT_HTTP1_FRAMING_H
#define KT_HTTP1_FRAMING_H

#include "http1/parse.h"

/* Bits of kt_h1_parser.seen. */
enum {
  KT_H1_SEEN_HOST = 1,
  KT_H1_SEEN_LENGTH = 2,
  KT_H1_SEEN_CODING = 4,
  KT_H1_SEEN_CLOSE = 8,
  KT_H1_SEEN_KEEP_ALIVE = 16,
  KT_H1_SEEN_UPGRADE = 32,
};

/* Whether kt__h1_framing_field has anything to do with a field; Host is kt__h1_host's. */
static inline bool kt__h1_is_framing(uint16_t id) {
  const uint64_t ids = 1ull << KT_FIELD_CONTENT_LENGTH | 1ull << KT_FIELD_TRANSFER_ENCODING |
                       1ull << KT_FIELD_CONNECTION | 1ull << KT_FIELD_EXPECT;
  _Static_assert(KT_FIELD_COUNT <= 64, "ids are bits of a word");
  return ids >> id & 1;
}

static inline void kt__h1_framing_begin(kt_request *r) {
  r->body_kind = KT_BODY_NONE;
  r->content_length = 0;
  r->keep_alive = false;
  r->expect_continue = r->expect_other = r->upgrade = false;
  r->param_count = 0;
}

/* Host, which every request has: RFC 9112 §3.2, exactly one, and well-formed. */
kt_h1_result kt__h1_host(kt_h1_parser *p, kt_bytes value);
/* The others. */
kt_h1_result kt__h1_framing_field(kt_h1_parser *p, kt_request *r, uint16_t id, kt_bytes value);
/* The head is complete: what the fields mean together. */
kt_h1_result kt__h1_framing_end(kt_h1_parser *p, kt_request *r);

#endif
