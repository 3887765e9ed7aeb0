/* exchange.h: the state of one request and response. */
#ifndef KT_SERVER_EXCHANGE_H
#define KT_SERVER_EXCHANGE_H

#include "http/trailer.h"
#include "server/patience.h"
#include "server/reactor.h"
#include "server/routes.h"
#include "server/server.h"

typedef struct kt_wire kt_wire;

/* A handler's request to be called once. */
typedef struct kt__callback {
  kt_ready_fn fn;
  void *context;
} kt__callback;

enum {
  KT_X_IN_HANDLER = 1,   /* the handler function is on the stack */
  KT_X_SUSPENDED = 2,    /* an asynchronous handler has not left */
  KT_X_STARTED = 4,      /* the response's head is queued */
  KT_X_ENDED = 8,        /* the response's end is queued */
  KT_X_CANCELLED = 16,   /* nothing written from now on reaches the client */
  KT_X_CLOSE = 32,       /* the connection ends after this response */
  KT_X_CHUNKED = 64,     /* response content goes out in chunks */
  KT_X_NO_CONTENT = 128, /* HEAD, 204, 304: content is counted and dropped */
  KT_X_BODY_DONE = 256,  /* the whole request content was taken from the connection */
  KT_X_CONTINUE = 512,   /* the client waits for 100 (Continue) */
  KT_X_COMPLETE = 1024,  /* the response came in one call: its end is known when its head is written */
  KT_X_TUNNEL = 2048,    /* from the response's head on, bytes pass both ways as they are */
  KT_X_EXTENDED = 4096,  /* extended CONNECT (RFC 8441), routed as GET */
  KT_X_ENCODES = 8192,   /* the response has ended for the handler; content is still to be encoded */
  KT_X_DECODES = 16384,  /* content is there, and waits for its turn to be decoded */
  KT_X_QUEUED = 32768,   /* in the reactor's list of those that wait for a turn, see coded.h */
  KT_X_COLLECTED = 65536, /* the handler of a streamed route put the content into `body` */
};
_Static_assert(KT_X_IN_HANDLER + KT_X_SUSPENDED + KT_X_STARTED + KT_X_ENDED + KT_X_CANCELLED + KT_X_CLOSE +
                       KT_X_CHUNKED + KT_X_NO_CONTENT + KT_X_BODY_DONE + KT_X_CONTINUE + KT_X_COMPLETE + KT_X_TUNNEL +
                       KT_X_EXTENDED + KT_X_ENCODES + KT_X_DECODES + KT_X_QUEUED + KT_X_COLLECTED ==
                   (1 << 17) - 1,
               "each flag has a bit of its own");

/* Of an exchange on an HTTP/2 stream, see h2.c. */
typedef struct kt__h2_stream {
  kt_exchange *prev, *next; /* streams of the connection */
  int32_t id;
  kt_buf *out_head, *out_tail; /* content that is not in a frame yet */
  size_t out_n;
  kt_buf *in_head, *in_tail; /* content that no handler has read */
  kt_timer timer;
  kt__patience patience; /* for content */
  bool collects; /* content is collected for the handler */
  bool in_ended, out_ended;
  bool trailers_beyond; /* the request's trailer fields are more than the limits allow */
  bool sent;        /* the response is out: what still comes in is dropped */
  uint32_t dropped; /* bytes of it */
  bool paused;   /* the session waits for content */
  bool stalled;  /* content waited for the peer's window when it was last looked for */
  bool settled;  /* response and handler are through; the stream is not */
} kt__h2_stream;

/* A response that is encoded on its way, see coded.h. */
typedef struct kt__coded {
  kt_encoder *encoder;
  kt_buf *first;       /* of small whole content: what was encoded before the head was written */
  kt_coding_step rest; /* of whole content: what was not. Bytes of the handler, or of the arena where it is large */
  kt_buf *copy_head, *copy_tail; /* of large content that does not lie in the arena: what is to be encoded */
  size_t left;         /* of large content: bytes to be encoded */
  bool ended;          /* first holds all */
  bool flush;          /* after each piece */
} kt__coded;

struct kt_exchange {
  kt_request request;
  kt_reactor *reactor;
  kt_conn *conn; /* NULL once detached */
  const kt_wire *wire;
  kt_exchange *next; /* in the reactor's list of idle exchanges */
  kt_exchange *next_queued;
  uint32_t flags;
  uint32_t deadline_ms; /* from routed to the response's start */

  kt__held *held; /* the table this request began with */
  const kt_route *route;

  /* Content. body is what a buffered handler sees; storage owns it when it did not fit the read buffer. */
  kt_bytes body;
  uint8_t *storage;
  size_t storage_n, storage_cap;
  uint64_t body_taken; /* content bytes seen so far */
  uint64_t body_max;
  struct kt__decoded *decoded; /* the content is coded; NULL: it is as it came */
  kt_trailer_list *trailers;   /* what came behind it; NULL: nothing. To be seen once KT_X_BODY_DONE is set */
  kt__callback read_ready, write_ready, cancelled, slept;
  kt_timer sleep_timer, beat_timer;

  /* Response. */
  uint16_t status;
  uint16_t out_field_n;
  int64_t out_length; /* declared, or -1 */
  uint64_t out_written;
  struct kt_out_field *out_fields;
  struct kt__trailing *trailing; /* see trailers.h; NULL: no trailer field was announced or added */
  kt__coded coded;
  kt_bytes beat; /* written when the response was silent for beat_ms */
  uint32_t beat_ms;
  uint64_t wrote_ms;

  kt_buf *kept; /* the read buffer of a detached connection */
  kt_arena arena;
  uint64_t phase_ns[KT_PHASE_COUNT];
  /* For policies and telemetry: filled by upper layers, cleared with the exchange. */
  uint8_t trace_context[32]; /* trace-id, parent-id and flags of a valid traceparent */
  void *principal;
  void (*principal_release)(void *principal);
  uint32_t query_n;
  kt_bytes request_id; /* p is NULL until it was asked for */

  union {
    struct {
      kt_h1_parser parser;
      kt_h1_chunked chunked;
      uint8_t *section; /* trailer_n bytes of a trailer section that is not complete, in the arena */
      uint32_t section_cap;
    } h1;
    kt__h2_stream h2;
  };
  /* field_max fields, then room for the decoded path */
};

/* A response field that the handler added; bytes live in the arena. */
typedef struct kt_out_field {
  struct kt_out_field *next;
  kt_bytes name, value;
} kt_out_field;

/* How a protocol version carries an exchange. All calls are on the reactor's thread with x->conn set. */
struct kt_wire {
  kt_status (*head)(kt_exchange *x, kt_bytes type); /* queues status line and fields */
  kt_status (*content)(kt_exchange *x, const void *p, size_t n);
  /* Whether `file` may take content of this response; NULL: never. */
  bool (*takes_files)(const kt_exchange *x);
  /* Content of a file past the queue. KT_OK with *sent > 0; KT_AGAIN: writable follows; KT_END: the file has
   * no byte there; KT_EINVAL: this content must go through memory; KT_EIO, KT_ECANCELED. */
  kt_status (*file)(kt_exchange *x, int fd, uint64_t offset, size_t n, size_t *sent);
  kt_status (*end)(kt_exchange *x); /* with the trailer fields that there are */
  bool (*trails)(const kt_exchange *x); /* of a response that began: trailer fields can go out and are read */
  void (*ended)(kt_exchange *x);    /* the response ended and the handler left: go on with the connection */
  void (*abort)(kt_exchange *x);    /* break the message off */
  kt_status (*read)(kt_exchange *x, kt_bytes *chunk); /* next piece of streamed content */
  void (*continues)(kt_exchange *x);                  /* 100 (Continue), when the client waits for it */
  void (*decodes)(kt_exchange *x); /* the turn of collected content has come: kt__decoded_go_on, then more */
  size_t (*queued)(const kt_exchange *x);
  void (*flush)(kt_exchange *x);      /* now */
  void (*flush_soon)(kt_exchange *x); /* at the end of the turn */
};

kt_exchange *kt__exchange_create(kt_reactor *r);
/* Back to the state of a new exchange; keeps memory for the next request. */
void kt__exchange_reset(kt_exchange *x);
void kt__exchange_destroy(kt_exchange *x);

/* As kt_response_field, without asking whether a handler may set the field. */
kt_status kt__response_add_field(kt_exchange *x, kt_bytes name, kt_bytes value);
/* Answers 101, or 200 to extended CONNECT; what follows is a tunnel. */
void kt__exchange_tunnel(kt_exchange *x, uint16_t status);

/* What is written from now on is dropped; calls what waits. */
void kt__exchange_cancel(kt_exchange *x);
/* Cuts the exchange off its connection: what is written from now on is dropped. Calls what waits. */
void kt__exchange_detach(kt_exchange *x);
/* Appends to a queue of buffers; false when memory is out. */
bool kt__exchange_keep(kt_exchange *x, kt_buf **head, kt_buf **tail, const uint8_t *p, size_t n);
/* The connection can take more output, or has new content. */
void kt__exchange_writable(kt_exchange *x);
void kt__exchange_readable(kt_exchange *x);
/* Gives the exchange back to its reactor when both response and handler are through. */
void kt__exchange_settle(kt_exchange *x);

static inline bool kt__exchange_is(const kt_exchange *x, uint32_t flag) { return x->flags & flag; }
static inline uint8_t *kt__exchange_scratch(kt_exchange *x) {
  return (uint8_t *)(x->request.fields + x->request.field_max);
}

#endif
