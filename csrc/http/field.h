/* field.h: known field names by perfect hash. */
#ifndef KT_HTTP_FIELD_H
#define KT_HTTP_FIELD_H

#include "katana/http.h"

/* The id of a field name, without case; KT_FIELD_OTHER when it has none. */
uint16_t kt_field_lookup(const uint8_t *name, size_t n);
/* The name in its usual spelling; "" for KT_FIELD_OTHER. */
kt_bytes kt_field_name(uint16_t id);

#endif
