/* assert.h: what must hold whatever the peer sends. Bytes from the network never trip these. */
#ifndef KT_BASE_ASSERT_H
#define KT_BASE_ASSERT_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(undefined_behavior_sanitizer) || __has_feature(memory_sanitizer)
#define KT_SANITIZED 1
#endif
#endif

/* SwiftPM passes DEBUG to debug builds and, unlike cmake, no NDEBUG to release builds; so an
 * optimised build checks only when it is told to or sanitized. */
#if defined(KT_SANITIZED) || defined(DEBUG) || defined(KT_DEBUG) || !defined(__OPTIMIZE__)
#define KT_CHECKED 1
#define KT_ASSERT(x) ((x) ? (void)0 : kt__assert_failed(#x, __FILE__, __LINE__))
#else
#define KT_ASSERT(x) ((void)sizeof(!(x)))
#endif

#define KT_LIKELY(x) __builtin_expect(!!(x), 1)
#define KT_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Writes file:line and the expression to stderr and aborts. */
_Noreturn void kt__assert_failed(const char *expression, const char *file, int line);

#endif
