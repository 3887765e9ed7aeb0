/* coding: content codings (RFC 9110 §8.4).
 *
 * negotiate.h  which coding a response gets */
#ifndef KT_CODING_H
#define KT_CODING_H

#include "coding/negotiate.h"

#endif
