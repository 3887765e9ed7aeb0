/* memory.h: the only way this library allocates.
 *
 * Allocation is what a steady request path does not do, so its cost here is free to include one
 * thread-local count and one comparison. The count is the number that benchmarks hold to a budget;
 * the comparison lets a test fail the n-th allocation in the very binary that ships. */
#ifndef KT_BASE_MEMORY_H
#define KT_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define KT_CACHE_LINE 64

/* As in libc; kt_realloc and kt_free take what any of these gave. A size of 0 gives a pointer. */
void *kt_malloc(size_t n) __attribute__((malloc, alloc_size(1)));
void *kt_calloc(size_t count, size_t n) __attribute__((malloc, alloc_size(1, 2)));
void *kt_realloc(void *p, size_t n) __attribute__((alloc_size(2)));
void kt_free(void *p);

/* Begins on a cache line. Ends with kt_free; kt_realloc would lose the alignment. */
void *kt_malloc_lines(size_t n) __attribute__((malloc, alloc_size(1)));

/* Calls above, kt_free aside, that this thread has made, failed ones included. */
uint64_t kt_allocations(void);

/* For tests: the n-th allocation of this thread from now fails, once; 0 takes the order back. */
void kt_allocation_fail(uint64_t n);

/* Memory that is ours but handed to nobody: a touch is an error under AddressSanitizer, and
 * nothing elsewhere. */
#if defined(__SANITIZE_ADDRESS__)
#define KT__ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KT__ASAN 1
#endif
#endif

#ifdef KT__ASAN
void __asan_poison_memory_region(void const volatile *p, size_t n);
void __asan_unpoison_memory_region(void const volatile *p, size_t n);
#define KT_POISON(p, n) __asan_poison_memory_region((p), (n))
#define KT_UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define KT_POISON(p, n) ((void)(p), (void)(n))
#define KT_UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#endif
