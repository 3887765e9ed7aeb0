/* failing.h: included in front of every file of the room under test: its allocations go through here, and one of them
 * may fail; and so do PQflush and PQpipelineSync, behind and before which things may happen. */
#ifndef KT_TEST_PG_FAILING_H
#define KT_TEST_PG_FAILING_H

#include <stdlib.h>
#include <string.h>

void *failing_malloc(size_t n);
void *failing_calloc(size_t count, size_t n);
void *failing_realloc(void *p, size_t n);
char *failing_strdup(const char *text);

#define malloc failing_malloc
#define calloc failing_calloc
#define realloc failing_realloc
#undef strdup
#define strdup failing_strdup
#define PQflush slow_PQflush
#define PQpipelineSync late_PQpipelineSync

#endif
