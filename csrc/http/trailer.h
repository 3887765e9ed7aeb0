/* trailer.h: trailer fields (RFC 9110 §6.5), whatever the version that carries them.
 *
 * Workload: hardly any message has them; one that has sends a handful, of a hundred bytes together. So nothing is set
 * aside for them, and what there is goes to the request's arena. */
#ifndef KT_HTTP_TRAILER_H
#define KT_HTTP_TRAILER_H

#include "base/arena.h"
#include "katana/http.h"

#define KT_TRAILERS_SIZE_MAX 8192 /* bytes of a trailer section in the form of HTTP/1.1: 431 beyond */
#define KT_TRAILERS_COUNT_MAX 100 /* field lines in it: 431 beyond */

/* Invariant: count <= cap, count <= seen. */
typedef struct kt_trailer_list {
  kt_field *fields; /* in the arena */
  uint16_t count, cap;
  uint16_t seen;    /* lines, those that were dropped included */
  uint32_t size;    /* bytes of the lines seen, at least */
} kt_trailer_list;

/* Adds a line, or drops it where kt_trailer_permitted says no. The slices are kept, not their bytes. KT_EFULL: beyond
 * the limits above; KT_ENOMEM. */
kt_status kt_trailer_list_add(kt_trailer_list *list, kt_arena *arena, kt_bytes name, kt_bytes value);

/* False for what decides how a message is framed, routed, authenticated, cached or read before its content is (§6.5.1),
 * and for what belongs to a connection: whoever merged such a field would be told twice. Of names that are not known
 * here the sender has to know (the same clause). Content-Digest may follow the content (RFC 9530 §2), other Content-*
 * may not. */
bool kt_trailer_permitted(kt_bytes name);

/* A list of names for the field Trailer (§6.6.2): each a token and permitted, one at least. KT_EINVAL or
 * KT_EFORBIDDEN where it is none. */
kt_status kt_trailer_names_check(kt_bytes names);

/* The client keeps trailer fields: "trailers" in TE (§10.1.4), and TE in Connection, without which the field may be
 * another's that was passed on by someone who does not know it. Of HTTP/1.1 requests. */
bool kt_trailers_asked_for(const kt_request *r);

#endif
