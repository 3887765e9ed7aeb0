/* coded.h: content codings of responses (coded_out.c) and of requests (coded_in.c), over whatever protocol.
 *
 * Content passes through one buffer of the reactor's pool on its way. Streams of unknown length are flushed with each
 * write, so that an event leaves when it was written. What comes out counts for backpressure, what goes in counts for
 * the declared length. Whole content is encoded in one go, 2 to 6 ms a megabyte: what is larger belongs in a stream. */
#ifndef KT_SERVER_CODED_H
#define KT_SERVER_CODED_H

#include "server/exchange.h"

/* Requests whose content a reactor decodes at a time: 503 beyond. What decoders may hold is bounded. */
#define KT_DECODERS_MAX 256

/* Can the response that begins be coded at all, to this client or to another (RFC 9110 §12.5.5)? */
static inline bool kt__coded_concerns(const kt_exchange *x) {
  bool may_be_large = x->out_length < 0 || x->out_length >= KT_CODED_SIZE_MIN || x->status == 304;
  return may_be_large && x->reactor->config->compress;
}

/* Before the head is written: sets fields, out_length as the client will see it, and an encoder. `whole` is the content
 * of a response in one call, else NULL. Where memory is out the response stays plain. */
void kt__coded_begin(kt_exchange *x, kt_bytes type, const void *whole);
static inline bool kt__coded_is(const kt_exchange *x) { return x->coded.encoder != NULL; }
/* Content behind the head: the whole, which kt__coded_begin has seen, or a piece of a stream. */
kt_status kt__coded_send(kt_exchange *x);
kt_status kt__coded_write(kt_exchange *x, const void *p, size_t n);
kt_status kt__coded_end(kt_exchange *x);
/* Gives the encoder back, at any time. */
void kt__coded_drop(kt_exchange *x);

/* The head has Content-Encoding: 0, or the status of the refusal, with *reason and its field set. `size_max` is of the
 * decoded content. */
uint16_t kt__decoded_begin(kt_exchange *x, uint64_t size_max, const char **reason);
/* Content of a buffered request, straight into its storage; false when it was refused. */
bool kt__decoded_content(kt_exchange *x, const uint8_t *p, size_t n, bool is_last);
/* As kt_exchange_read. */
kt_status kt__decoded_read(kt_exchange *x, kt_bytes *chunk);
void kt__decoded_drop(kt_exchange *x);

#endif
