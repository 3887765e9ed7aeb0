/* coded.h: content codings of responses (coded_out.c) and of requests (coded_in.c), over whatever protocol.
 *
 * Content passes through one buffer of the reactor's pool on its way. Streams of unknown length are flushed with each
 * write, so that an event leaves when it was written. What comes out counts for backpressure, what goes in counts for
 * the declared length.
 *
 * Codings are the one thing here that takes milliseconds, so no turn of the loop does much of it (coded_turn.c): a
 * slice for what events bring, another for those that queued because there was more, first come first served, behind
 * the others' output. Whole content up to encode_whole_max is encoded at once, before its head, so that its length is
 * known. Larger content leaves the handler like any response and becomes a stream that is encoded slice by slice,
 * while the peer takes what comes out. The exchange stays until then, and with it the plain bytes: in its arena, where
 * writers of JSON put them, or copied. A stream's writer and a reader of coded content are told to wait (KT_AGAIN).
 *
 * Measured on JSON, microseconds for 16 KB into an encoder of streams: gzip 200, br 85, zstd 37. */
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

/* What may still be done in this turn. */
static inline bool kt__encode_share(const kt_reactor *r) { return r->encoded < r->config->encode_slice_size; }
static inline bool kt__decode_share(const kt_reactor *r) { return r->decoded < r->config->decode_slice_size; }

/* Its turn comes in this turn of the loop or a later one: encoding or decoding goes on, or its writer is called. */
void kt__coded_queue(kt_exchange *x);
void kt__coded_unqueue(kt_exchange *x);
/* Serves those that queued, for a slice. */
void kt__coded_turn(kt_reactor *r);
/* A new share. */
void kt__coded_end_turn(kt_reactor *r);

/* Before the head is written: sets fields, out_length as the client will see it, and an encoder. `whole` is the content
 * of a response in one call, else NULL. Where memory is out the response stays plain. */
void kt__coded_begin(kt_exchange *x, kt_bytes type, const void *whole);
static inline bool kt__coded_is(const kt_exchange *x) { return x->coded.encoder != NULL; }
/* Content behind the head: the whole, which kt__coded_begin has seen, or a piece of a stream. Large content queues, and
 * the exchange has KT_X_ENCODES until its end is written. */
kt_status kt__coded_send(kt_exchange *x);
kt_status kt__coded_write(kt_exchange *x, const void *p, size_t n);
kt_status kt__coded_end(kt_exchange *x);
/* The next slice of large content. x may be the reactor's again afterwards. */
void kt__coded_go_on(kt_exchange *x);
/* Gives the encoder back, at any time. */
void kt__coded_drop(kt_exchange *x);

/* The head has Content-Encoding: 0, or the status of the refusal, with *reason and its field set. `size_max` is of the
 * decoded content. */
uint16_t kt__decoded_begin(kt_exchange *x, uint64_t size_max, const char **reason);
/* Content of a buffered request, straight into its storage; false when it was refused. With KT_X_DECODES set it waits
 * for its turn: the bytes must stay, and nothing may be added, until kt_wire.decodes has called kt__decoded_go_on and
 * the flag is off. */
bool kt__decoded_content(kt_exchange *x, const uint8_t *p, size_t n, bool is_last);
bool kt__decoded_go_on(kt_exchange *x);
/* As kt_exchange_read. */
kt_status kt__decoded_read(kt_exchange *x, kt_bytes *chunk);
void kt__decoded_drop(kt_exchange *x);

#endif
