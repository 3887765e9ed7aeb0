/* policy.h: whether a response is coded at all.
 *
 * Pure decisions over a response's head and the request that it answers; the fields that follow from them are named in
 * kt_coding_plan and written by whoever writes the head.
 *
 * Secrets. Who can make a browser send requests and see how long the answers are learns, letter by letter, what stands
 * in a coded answer beside text of his choosing (BREACH, CVE-2013-3587). It needs a browser that adds credentials by
 * itself to requests of another site. So by default content goes plain
 *
 *   - when the request has such credentials (Cookie, or Authorization of a scheme that browsers repeat by themselves)
 *     and the browser does not vouch, by Sec-Fetch-Site, that a page of this origin or the user asked;
 *   - when the response sets a cookie: what such pages show is often a token.
 *
 * A Bearer token is added by a script of the site, so no other site can send it: APIs that use it are coded. A client
 * certificate is not seen here: routes behind one, that reflect input, say KT_CODED_NEVER. Routes whose content holds
 * no secret, or reflects nothing, say KT_CODED_ALWAYS.
 *
 * Validators. A coded response is other bytes than a plain one, so a strong ETag becomes weak (RFC 9110 §8.8.1).
 * If-Match compares strongly: a client that sends the weak tag back gets 412 unless the server takes W/ off tags that
 * it gave out strong. A route whose clients update by If-Match either does that or says KT_CODED_NEVER. */
#ifndef KT_CODING_POLICY_H
#define KT_CODING_POLICY_H

#include "coding/negotiate.h"
#include "katana/server.h"

/* Below it coding saves no packet: with its head a response of 860 bytes is in one of 1460 anyway. */
#define KT_CODED_SIZE_MIN 860
#define KT_CODED_SIZE_UNKNOWN UINT64_MAX

typedef struct kt_coded_response {
  uint16_t status;
  uint8_t route; /* kt_coded_route */
  bool is_head;  /* answers HEAD */
  bool sets_cookie;
  bool credentials;        /* kt_request_has_credentials */
  bool has_content_range;
  kt_bytes content_type;   /* values of fields; p is NULL for those that are absent */
  kt_bytes content_encoding;
  kt_bytes cache_control;
  kt_bytes vary;
  kt_bytes etag;
  uint64_t size; /* of the content, or KT_CODED_SIZE_UNKNOWN for a stream */
} kt_coded_response;

/* What to do. Of a response to HEAD the head says what GET's would, and there is nothing to encode. */
typedef struct kt_coding_plan {
  uint8_t coding;   /* kt_coding for Content-Encoding; identity: no such field */
  bool encode;      /* put content through an encoder; its length is known only if it ends in the first buffer */
  bool drop_length; /* no Content-Length unless that of the coded content is known */
  bool flush;       /* a stream: KT_FLUSH_SYNC after each piece */
  bool add_vary;    /* write "Vary: Accept-Encoding"; on plain answers, too, which another client would get coded */
  bool weaken_etag; /* write W/ before the ETag */
} kt_coding_plan;

/* `offered` is a set of kt_coding. */
kt_coding_plan kt_coding_decide(const kt_coded_response *r, const kt_accept_encoding *accept, unsigned offered);

/* Does the request carry credentials that another site's page may have made a browser send? */
bool kt_request_has_credentials(const kt_request *r);

#endif
