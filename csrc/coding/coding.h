/* coding: content codings (RFC 9110 §8.4): which one, whether at all, and the bytes themselves.
 *
 * negotiate.h  which coding a response gets
 * policy.h     whether it is coded, and the fields that follow from it
 * encoder.h    content into gzip, br or zstd, and a pool of encoders
 * decoder.h    the content of a request out of its codings, within limits
 * step.h       bytes in and room out, of both
 * heap.h       the counted memory of an encoder or decoder
 *
 * zlib, libbrotli and libzstd do the coding; nothing outside this room includes their headers. The machines open
 * nothing, know no clock and take memory from kt_malloc.
 *
 *   a response    kt_coding_decide; kt_encoder_get, and on NULL plain; feed; put
 *   a request     kt_decoder_init, _codings for each field line, feed each piece; on an error answer d.status, 415 with
 *                 Accept-Encoding: KT_DECODER_ACCEPTS */
#ifndef KT_CODING_H
#define KT_CODING_H

#include "coding/decoder.h"
#include "coding/encoder.h"
#include "coding/negotiate.h"
#include "coding/policy.h"

#endif
