/* segment.h: what one segment of a template says. */
#ifndef KT_ROUTE_SEGMENT_H
#define KT_ROUTE_SEGMENT_H

#include "route/route.h"

typedef enum kt__segment_kind { KT__LITERAL, KT__MIXED, KT__PARAM, KT__REST } kt__segment_kind;

typedef struct kt__segment {
  kt__segment_kind kind;
  unsigned param_n;                     /* may be more than KT_PARAMS_MAX, then there are no literals */
  kt_bytes literals[KT_PARAMS_MAX + 1]; /* before, between and behind the parameters, views of the text */
  size_t literal_size;                  /* of all of them */
} kt__segment;

/* NULL, or what is wrong with the text: a phrase to put behind its name. */
const char *kt__segment_parse(kt_bytes text, kt__segment *out);

/* Equal but for the names of parameters. */
bool kt__segment_same_shape(const kt__segment *a, const kt__segment *b);

#endif
