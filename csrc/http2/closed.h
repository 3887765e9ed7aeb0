/* closed.h: what must be known of streams that are over. nghttp2 forgets them where RFC 7540's priorities are off, and
 * drops what comes for them, where RFC 9113 §5.1, §5.1.1 and §6.1 make it an error.
 *
 * What comes for a stream that we have dropped may have been sent before the peer knew, and is no error; one number
 * tells: for lower streams, too, frames pass. */
#ifndef KT_HTTP2_CLOSED_H
#define KT_HTTP2_CLOSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct kt__h2_closed {
  int32_t newest;  /* stream that the peer has begun */
  uint64_t begun;  /* bit i: the peer has begun the stream newest - 2 i; else it skipped it */
  int32_t dropped; /* the last stream that we have reset or refused */
} kt__h2_closed;

void kt__h2_note_dropped(kt__h2_closed *c, int32_t id);
/* HEADERS for a stream came; true when it begins one. */
bool kt__h2_note_headers(kt__h2_closed *c, int32_t id);
/* A frame of a stream that is not there is an error. */
bool kt__h2_is_closed(const kt__h2_closed *c, int32_t id);
/* Of a closed stream: false when it was skipped. As far as is remembered. */
bool kt__h2_was_begun(const kt__h2_closed *c, int32_t id);

/* Walks over the heads of a connection's frames: of some, nghttp2 tells nothing. */
typedef struct kt__h2_walk {
  uint32_t skip; /* bytes of the preface or of a payload that are still to come */
  uint8_t head_n;
  uint8_t head[9];
} kt__h2_walk;

typedef struct kt__h2_frame_head {
  size_t begin; /* index where its bytes begin in the piece at hand */
  int32_t id;
  uint8_t type;
} kt__h2_frame_head;

/* Goes on from p[*at] to the end of the next head, where *at is left; false when the bytes end before. */
bool kt__h2_next_head(kt__h2_walk *w, const uint8_t *p, size_t n, size_t *at, kt__h2_frame_head *head);

#endif
