/* h2.h: HTTP/2 on a connection. */
#ifndef KT_SERVER_H2_H
#define KT_SERVER_H2_H

#include "server/conn.h"
#include "server/exchange.h"

/* The glitch budget: what a connection may waste before it is told to calm down (GOAWAY, ENHANCE_YOUR_CALM). One is
 * taken for each stream that the peer resets (CVE-2023-44487) or makes us reset (CVE-2025-8671), each frame that breaks
 * the rules, and each PING, SETTINGS, PRIORITY, unknown or empty DATA frame; browsers that leave a page reset a hundred
 * at once. nghttp2 bounds CONTINUATION frames (CVE-2024-28182) and queued acknowledgements by itself. */
#define KT_H2_GLITCHES_MAX 300
#define KT_H2_GLITCHES_PER_S 20
#define KT_H2_LOG_MS (60 * 1000) /* between two log lines about clients beyond their budget, per reactor */
#define KT_H2_GRACE_MS 500      /* between the two GOAWAY frames of a drain (RFC 9113 §6.8) */
#define KT_H2_READS_MAX 16      /* reads per turn, so that one connection leaves room for the others */

extern const kt_protocol kt__protocol_h2;

/* HTTP/2 from now on, beginning with what is pending in `in`. */
void kt__h2_begin(kt_conn *c);

#endif
