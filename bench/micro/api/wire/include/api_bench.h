/* api_bench.h: what the Swift half of api_bench calls. */
#ifndef KT_BENCH_API_BENCH_H
#define KT_BENCH_API_BENCH_H

#include <stdint.h>

/* Sends the request that leads to api_bench_begin. The server need not run yet, only listen. */
void api_bench_ask(uint16_t port);
/* In a handler: from the next turn on its reactor serves connections that are memory, runs the rows over them and ends
 * the process. The arguments are the program's. */
void api_bench_begin(int argc, char *_Nullable *_Nonnull argv);

#endif
