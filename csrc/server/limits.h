/* limits.h: limits that clients ran into. Each is counted on its reactor and told in the log with the peer's address,
 * once in KT_LIMIT_LOG_MS for all reactors: an attack is named, not echoed.
 *
 * Nothing here is on the way of a request that keeps within its limits. */
#ifndef KT_SERVER_LIMITS_H
#define KT_SERVER_LIMITS_H

#include "server/server.h"

#define KT_LIMIT_LOG_MS (60 * 1000) /* between two lines about the same limit */

/* What the log was told, by all reactors. */
typedef struct kt__limits_told {
  uint64_t next_ms[KT_LIMIT_COUNT]; /* when the next line may come */
  uint64_t count[KT_LIMIT_COUNT];   /* of the limit when the last line was written */
} kt__limits_told;

/* `fd` is the peer's socket, -1 when it is not known any more. `detail` is why, where the limit does not say it all, or
 * NULL. */
void kt__limit_met(kt_reactor *r, kt_limit limit, int fd, const char *detail);
/* Of an exchange, which may have lost its connection. */
void kt__limit_met_by(kt_exchange *x, kt_limit limit);

#endif
