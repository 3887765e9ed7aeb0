/* coding: content codings (RFC 9110 §8.4): which one, whether at all, and the bytes themselves.
 *
 * negotiate.h  which coding a response gets
 * encoder.h    content into gzip, br or zstd, and a pool of encoders
 * decoder.h    the content of a request out of its codings, within limits
 * step.h       bytes in and room out, of both
 * heap.h       the counted memory of an encoder or decoder
 *
 * zlib, libbrotli and libzstd do the coding; nothing outside this room includes their headers. The machines open
 * nothing, know no clock and take memory from kt_malloc. */
#ifndef KT_CODING_H
#define KT_CODING_H

#include "coding/decoder.h"
#include "coding/encoder.h"
#include "coding/negotiate.h"

#endif
