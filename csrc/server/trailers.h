/* trailers.h: trailer fields of requests and responses, over whatever protocol.
 *
 * Those of a request are kept always, within the limits of http/trailer.h: who wants them learns of them when it is too
 * late to ask. Those of a response go out where the client reads them, else they are dropped: kt_wire.trails knows. */
#ifndef KT_SERVER_TRAILERS_H
#define KT_SERVER_TRAILERS_H

#include "server/exchange.h"

/* Of a response, in its arena. */
struct kt__trailing {
  kt_out_field *fields; /* to follow the content */
  kt_bytes names;       /* for the head, may be empty */
  uint16_t size, count; /* of fields; size as on HTTP/1.1 */
  bool may_be_lost;
};

/* A trailer field of the request, whose bytes live as long. As kt_trailer_list_add. */
kt_status kt__trailers_take(kt_exchange *x, kt_bytes name, kt_bytes value);
/* Nobody will ask for them any more. */
static inline bool kt__trailers_unwanted(const kt_exchange *x) {
  return x->flags & (KT_X_ENDED | KT_X_CANCELLED | KT_X_TUNNEL);
}

/* The value of Trailer, empty when there is none to be sent. A response in one call has none to follow. */
static inline kt_bytes kt__trailing_names(const kt_exchange *x) {
  bool follow = x->trailing && !(x->flags & KT_X_COMPLETE) && x->wire->trails(x);
  return follow ? x->trailing->names : (kt_bytes){0, 0};
}
/* What follows the content; NULL: nothing does. */
static inline const kt_out_field *kt__trailing_fields(const kt_exchange *x) {
  return x->trailing ? x->trailing->fields : NULL;
}

#endif
