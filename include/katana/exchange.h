/* exchange.h: one request and its response, as a handler sees them.
 *
 * An exchange (RFC 9110 §3.4) belongs to one reactor and is touched on that reactor's thread only. A synchronous
 * handler ends the response before it returns. An asynchronous one calls kt_exchange_suspend before it returns, ends
 * the response later and then calls kt_exchange_leave; until then the request, its arena and the pointer stay valid,
 * even when the connection is gone. */
#ifndef KATANA_EXCHANGE_H
#define KATANA_EXCHANGE_H

#include "katana/http.h"
#include "katana/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kt_exchange kt_exchange;
typedef struct kt_reactor kt_reactor;

typedef void (*kt_handler_fn)(void *_Null_unspecified context, kt_exchange *_Nonnull exchange);

/* Says whether a request may go on. False: it was answered. Called once the head is routed, before a byte of content is
 * read or asked for; it must not suspend. */
typedef bool (*kt_authorise_fn)(void *_Null_unspecified context, kt_exchange *_Nonnull exchange);

/* When the handler runs and who holds the content. */
typedef enum kt_body_mode {
  KT_BODY_BUFFER = 0, /* handler runs when the whole content is in memory */
  KT_BODY_STREAM = 1, /* handler runs when the head is routed and pulls the content */
} kt_body_mode;

/* Phases of a request. Each has a timestamp in the exchange, taken from the reactor's turn clock. */
typedef enum kt_phase {
  KT_PHASE_ACCEPTED = 0,
  KT_PHASE_HEAD,
  KT_PHASE_ROUTED,
  KT_PHASE_AUTHORISED,
  KT_PHASE_POLICIES,
  KT_PHASE_BODY,
  KT_PHASE_HANDLER,
  KT_PHASE_RESPONSE,
  KT_PHASE_DONE,
  KT_PHASE_COUNT,
} kt_phase;

kt_request *_Nonnull kt_exchange_request(kt_exchange *_Nonnull x);
kt_reactor *_Nonnull kt_exchange_reactor(kt_exchange *_Nonnull x);
/* Of the connection that the request came on; NULL without TLS, and after the connection has gone. */
const kt_tls_info *_Nullable kt_exchange_tls(kt_exchange *_Nonnull x);
uint64_t kt_exchange_phase_ns(kt_exchange *_Nonnull x, kt_phase phase);

/* Bytes from the request's arena, 16-byte aligned, valid until the handler has ended or left. NULL when memory is
 * out. */
void *_Nullable kt_exchange_alloc(kt_exchange *_Nonnull x, size_t n);

/* The whole content, for KT_BODY_BUFFER routes. Its codings are taken off; the request's fields stay as sent. */
kt_bytes kt_exchange_body(kt_exchange *_Nonnull x);

/* Appends to what kt_exchange_body gives: for a KT_BODY_STREAM route whose handler first authorises and then collects
 * what kt_exchange_read gives it. A last call with no bytes makes it whole: kt_exchange_read begins it again, as for a
 * KT_BODY_BUFFER route. KT_ENOMEM: the request was answered. */
kt_status kt_exchange_collect(kt_exchange *_Nonnull x, kt_bytes content);

/* Who makes the request, as authorisation found out. `release` is called with it when the exchange ends, not
 * when another one takes its place. */
void *_Nullable kt_exchange_principal(kt_exchange *_Nonnull x);
void kt_exchange_set_principal(kt_exchange *_Nonnull x, void *_Nullable principal,
                               void (*_Nullable release)(void *_Null_unspecified principal));

/* X-Request-Id of the request when it has 1 to KT_REQUEST_ID_SIZE_MAX letters, digits and "-._~+/=:", else one of 32
 * hexadecimal digits that no other request has. The same at each call; valid as long as the request. */
#define KT_REQUEST_ID_SIZE_MAX 128
kt_bytes kt_exchange_request_id(kt_exchange *_Nonnull x);

/* When the response must have begun, on the clock of kt_reactor_now_ns. While content is streamed it may be later. */
uint64_t kt_exchange_deadline_ns(kt_exchange *_Nonnull x);

typedef void (*kt_ready_fn)(void *_Null_unspecified context);

/* Streaming content, without its codings. KT_OK: *chunk is valid until the next call; KT_AGAIN: nothing has arrived,
 * kt_exchange_wait for it; KT_END: the content is complete; KT_ECANCELED: it cannot be completed. */
kt_status kt_exchange_read(kt_exchange *_Nonnull x, kt_bytes *_Nonnull chunk);
/* After KT_AGAIN: `ready` is called once on the reactor when reading again makes sense. */
void kt_exchange_wait(kt_exchange *_Nonnull x, kt_ready_fn _Nonnull ready, void *_Null_unspecified context);

/* Trailer fields of the request, whether Trailer announced them or not. There are none before the content was read to
 * its end: for KT_BODY_BUFFER routes it was, others have seen KT_END. */
kt_trailers kt_exchange_trailers(kt_exchange *_Nonnull x);

/* Queries that the handler sent to databases: counted by drivers, read by tests and telemetry. */
void kt_exchange_count_query(kt_exchange *_Nonnull x);
uint32_t kt_exchange_query_count(kt_exchange *_Nonnull x);

/* Declares that the response ends after the handler has returned. */
void kt_exchange_suspend(kt_exchange *_Nonnull x);

/* The asynchronous handler will not touch the exchange again; pairs with kt_exchange_suspend. A response that has not
 * ended by now is answered 500, or broken off when its head was sent. */
void kt_exchange_leave(kt_exchange *_Nonnull x);

/* True once the peer left, the deadline passed or the response cannot be sent any more. */
bool kt_exchange_cancelled(kt_exchange *_Nonnull x);

/* Called once on the reactor when the exchange is cancelled; NULL clears it. */
void kt_exchange_on_cancel(kt_exchange *_Nonnull x, kt_ready_fn _Nullable fn, void *_Null_unspecified context);

/* Calls `ready` once on the reactor after delay_ms, or earlier when the exchange is cancelled. Zero lets other work that
 * is ready go first. One sleep at a time (KT_EINVAL otherwise). Allocates nothing. */
kt_status kt_exchange_sleep(kt_exchange *_Nonnull x, uint64_t delay_ms, kt_ready_fn _Nonnull ready,
                            void *_Null_unspecified context);

/* Adds a response field. Name and value are copied. Call before the head is sent. Names that the server owns
 * (Content-Length, Transfer-Encoding, Connection, Trailer, Date) and bytes that cannot stand in a field (RFC 9110 §5.5)
 * are refused with KT_EINVAL. */
kt_status kt_response_field(kt_exchange *_Nonnull x, kt_bytes name, kt_bytes value);

/* Head, content and end in one call. Bodies of HEAD, 204 and 304 are dropped by construction. `type` may be empty.
 * Content may be coded on its way (kt_route_spec.coding): then Content-Encoding and Vary are set, a strong ETag becomes
 * weak, and Content-Length is that of the coded content or absent. Not where the handler set Content-Encoding. Large
 * content is encoded after the call (kt_config.encode_whole_max): bytes from kt_exchange_alloc must stay as they are
 * then, others are copied. */
kt_status kt_response_send(kt_exchange *_Nonnull x, uint16_t status, kt_bytes type, const void *_Null_unspecified body,
                           size_t n);

/* Streaming response: head first. `length` is the content's size or -1 when unknown (chunked for 1.1, close for 1.0). */
kt_status kt_response_start(kt_exchange *_Nonnull x, uint16_t status, kt_bytes type, int64_t length);

/* Copies content into the connection's queue; where it is coded and the length was not declared, all of it can be
 * decoded when it arrives. Coded content is encoded within the call: write it in pieces, and others are served between
 * them. KT_OK: go on; KT_AGAIN: taken, but kt_response_wait before the next write; KT_ECANCELED: the peer left;
 * KT_EINVAL: more than the declared length, or no response was started. */
kt_status kt_response_write(kt_exchange *_Nonnull x, const void *_Null_unspecified p, size_t n);
/* KT_AGAIN: `ready` will be called once on the reactor when the queue has room and others were served, or the exchange
 * is cancelled; anything else: it will not, there is nothing to wait for. */
kt_status kt_response_wait(kt_exchange *_Nonnull x, kt_ready_fn _Nonnull ready, void *_Null_unspecified context);

/* Writes `bytes` into a streamed response of unknown length whenever it was silent for interval_ms, so that nobody on
 * the way takes the connection for dead and a client that left is noticed. The bytes must outlive the exchange. */
void kt_response_beat(kt_exchange *_Nonnull x, uint32_t interval_ms, kt_bytes bytes);

/* Before the head: the response will end with trailer fields (RFC 9110 §6.5). `names` is a list for Trailer, separated
 * by commas, and is copied; it may be empty where they are not known yet. With `may_be_lost` they go to clients of
 * HTTP/1.1, too, that did not ask for them (TE: trailers): whoever passes the message on may drop them. KT_EINVAL: the
 * response has begun, or this is no list of names; KT_EFORBIDDEN: one of them may not be a trailer field; KT_EFULL,
 * KT_ENOMEM. */
kt_status kt_response_announce(kt_exchange *_Nonnull x, kt_bytes names, bool may_be_lost);

/* Of a response that was started: whether trailer fields will be sent. On HTTP/1.1 they take chunks, which content of a
 * declared length has none of, and a client that asked for them, or `may_be_lost`; on HTTP/2 they always are. Never
 * where there is no content: HEAD, 204, 304. */
bool kt_response_sends_trailers(kt_exchange *_Nonnull x);

/* Between kt_response_start and kt_response_end: adds a trailer field, to follow the content. Name and value are
 * copied; where none will be sent they are checked and dropped. KT_EFORBIDDEN: what frames, routes, authenticates or
 * describes a message comes too late behind it (RFC 9110 §6.5.1); KT_EINVAL: bytes that cannot stand in a field, or not
 * a time for it; KT_EFULL: more than 100 of them, or 8 KiB; KT_ECANCELED. */
kt_status kt_response_trailer(kt_exchange *_Nonnull x, kt_bytes name, kt_bytes value);

/* Ends the response. The request stays readable until the handler returns or leaves. A body shorter than declared
 * breaks the connection and gives KT_EINVAL. */
kt_status kt_response_end(kt_exchange *_Nonnull x);

/* Ends the exchange by breaking the connection, so that the client sees an incomplete message (RFC 9112 §8). */
void kt_response_abort(kt_exchange *_Nonnull x);

/* Sends `status` as application/problem+json (RFC 9457) with a fixed title and an optional detail. */
kt_status kt_response_problem(kt_exchange *_Nonnull x, uint16_t status, kt_bytes detail);

bool kt_response_started(kt_exchange *_Nonnull x);
/* 0 before the response has started. */
uint16_t kt_response_status(kt_exchange *_Nonnull x);

#ifdef __cplusplus
}
#endif

#endif
