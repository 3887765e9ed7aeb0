/* target.h: request targets (RFC 9112 §3.2). */
#ifndef KT_HTTP1_TARGET_H
#define KT_HTTP1_TARGET_H

#include "http1/parse.h"

/* Fills path, query and, for the absolute form, authority from r->target. */
kt_h1_result kt__h1_target(kt_h1_parser *p, kt_request *r, uint8_t *scratch);

#endif
