/* memory.h: allocation that counts itself and can be told to fail. */
#ifndef KT_BASE_MEMORY_H
#define KT_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Like their namesakes in libc. */
void *kt_malloc(size_t n);
void *kt_calloc(size_t count, size_t n);
void *kt_realloc(void *p, size_t n);
void kt_free(void *p);

/* Allocations made by this thread so far. */
uint64_t kt_allocations(void);
/* Lets the n-th next allocation of this thread fail (1 is the next), once; 0 lets none fail. For tests. */
void kt_fail_allocation(uint64_t n);

/* Our own errors end the process at once, in debug and sanitizer builds. A peer's bytes never reach one. */
#if !defined(NDEBUG) && (defined(KT_DEBUG) || !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__))
#define KT_CHECKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KT_CHECKS 1
#endif
#endif

_Noreturn void kt_assert_failed(const char *condition, const char *file, int line);
#ifdef KT_CHECKS
#define KT_ASSERT(condition) ((condition) ? (void)0 : kt_assert_failed(#condition, __FILE__, __LINE__))
#else
#define KT_ASSERT(condition) ((void)sizeof(condition))
#endif

#endif
