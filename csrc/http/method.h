/* method.h: request methods (RFC 9110 §9, RFC 5789). */
#ifndef KT_HTTP_METHOD_H
#define KT_HTTP_METHOD_H

#include "katana/http.h"

/* The method with this name, case-sensitive (§9.1); KT_METHOD_UNKNOWN for every other token. */
uint8_t kt_method_lookup(const uint8_t *name, size_t n);

#endif
