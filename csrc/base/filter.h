/* filter.h: what a stream's bytes pass on their way to and from the wire, as TLS does. A filter is a machine without
 * hands: it takes wire bytes and clear bytes, and gives clear bytes and wire bytes. */
#ifndef KT_BASE_FILTER_H
#define KT_BASE_FILTER_H

#include "base/buf.h"
#include "katana/bytes.h"

typedef struct kt_filter kt_filter;

typedef struct kt_filter_ops {
  /* Takes wire bytes from *wire on, and gives clear ones. KT_OK with *n > 0; KT_AGAIN: every wire byte was taken, more
   * are needed; KT_END: the peer said that no more comes; KT_EIO: it cannot go on. What it wrote goes out in any case.
   * With room for none it stops when bytes may be sealed: KT_OK with *n == 0. */
  kt_status (*open)(kt_filter *f, const uint8_t **wire, const uint8_t *wire_end, void *to, size_t room, size_t *n);
  /* Writes clear bytes; all of them, or KT_EIO. Not before open has answered KT_OK. */
  kt_status (*seal)(kt_filter *f, const void *p, size_t n);
  /* Writes that no more comes. */
  void (*end)(kt_filter *f);
  /* What the kernel needs to seal from the next byte on in the filter's place, in the form of setsockopt(TLS_TX)
   * (linux/tls.h): its size, or 0 where that cannot be. NULL: it never can. The stream then sets handed_over; seal and
   * end are not called any more, and nothing is written. */
  size_t (*seals)(kt_filter *f, void *info, size_t room);
  /* After that: the alert (RFC 8446 §6) with which the connection ends; false: none. */
  bool (*last_alert)(kt_filter *f, uint8_t alert[2]);
  void (*destroy)(kt_filter *f);
} kt_filter_ops;

struct kt_filter {
  const kt_filter_ops *ops;
  /* Where wire bytes are written; false when memory is out. The stream's. */
  bool (*write)(void *context, const void *p, size_t n);
  void *context;
  /* The stream's, too: wire bytes not yet opened, clear bytes not yet sealed. */
  kt_buf *wire;
  kt_buf *clear_head, *clear_tail;
  size_t clear_n;
  bool handed_over; /* the kernel seals */
  bool keeps;       /* it was asked to and refused */
};

#endif
