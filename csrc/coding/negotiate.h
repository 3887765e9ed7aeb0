/* negotiate.h: which coding a response gets (Accept-Encoding, RFC 9110 §12.5.3).
 *
 * Workload: once for each response that may be coded; one line of 10 to 40 bytes, nearly always "gzip, deflate, br" or
 * the same with zstd. The lines are read where they stand, nothing is copied. */
#ifndef KT_CODING_NEGOTIATE_H
#define KT_CODING_NEGOTIATE_H

#include "http/coding_names.h"
#include "katana/http.h"

/* Our order is zstd, br, gzip: by cost per byte, where the sizes differ by a few percent. On 21 KB of JSON at the
 * default levels zstd takes 1.8 ns a byte, br 4.1, gzip 5.9, and zstd's output is the smallest, br's 5 % and gzip's 2 %
 * larger; on 1 KB zstd takes half of what the others do (bench/micro/README.md). */
#define KT_CODINGS_OFFERED (KT_CODING_ZSTD | KT_CODING_BR | KT_CODING_GZIP)

#define KT_WEIGHT_UNNAMED (-1)

/* Weights in thousandths, or KT_WEIGHT_UNNAMED. */
typedef struct kt_accept_encoding {
  int16_t gzip, br, zstd, identity, any; /* any is "*" */
  bool malformed;
} kt_accept_encoding;

/* As without the field. */
void kt_accept_encoding_init(kt_accept_encoding *a);
/* Reads one field line; several lines are one list (§5.3). A coding that is named twice has the lower weight, so that
 * a refusal holds wherever it stands. Unknown codings are passed over. */
void kt_accept_encoding_line(kt_accept_encoding *a, kt_bytes value);
/* All lines of a request. */
void kt_accept_encoding_of(const kt_request *r, kt_accept_encoding *a);

typedef struct kt_negotiated {
  uint8_t coding;  /* kt_coding */
  bool acceptable; /* false: the client refused identity and all that is offered */
} kt_negotiated;

/* The best of the set `offered` for the client: the highest weight, then our order above, then identity.
 *
 * Identity without a weight of its own has that of "*"; without either it is the last resort. It is what a client gets
 * that sent no field, though §12.5.3 calls any coding acceptable then: what says nothing is mostly a script that can
 * decode nothing. A malformed field gets identity, too: plain content is what everybody reads.
 *
 * When nothing is acceptable ("identity;q=0" and no coding of ours) the answer is identity all the same. §12.5.3
 * demands nothing there: a response without coding SHOULD be sent unless identity is refused, and then §12.4.1 leaves
 * the choice between 406 and disregarding the field. 406 would need content that the client refused as well. */
kt_negotiated kt_negotiate(const kt_accept_encoding *a, unsigned offered);

#endif
