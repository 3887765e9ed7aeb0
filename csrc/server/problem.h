/* problem.h: problem details for answers that the server gives itself (RFC 9457 §3). */
#ifndef KT_SERVER_PROBLEM_H
#define KT_SERVER_PROBLEM_H

#include "server/exchange.h"

#define KT_PROBLEM_DETAIL_MAX 512 /* longer details are cut */

/* Sends {"type":"about:blank","title":…,"status":…,"detail":…}. `detail` may be empty. */
kt_status kt__problem_send(kt_exchange *x, uint16_t status, kt_bytes detail);

#endif
