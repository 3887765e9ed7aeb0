/* check.h: a small test runner. A test is a sentence about behaviour:
 *
 *   TEST("a chunk size that overflows is rejected") { CHECK(kt_h1_chunked_feed(...) == KT_H1_ERROR); }
 *
 * An executable runs its tests in order, or those whose sentence contains its first argument. A failing check ends its
 * test. EVENTUALLY waits for another thread. The last line is "N passed, N failed". */
#ifndef KT_TEST_CHECK_H
#define KT_TEST_CHECK_H

#include "katana/bytes.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct kt_test {
  const char *sentence;
  void (*run)(void);
  struct kt_test *next;
} kt_test;

static kt_test *kt_tests, **kt_tests_end = &kt_tests;
static jmp_buf kt_test_failed;

#define KT_TEST_JOIN2(a, b) a##b
#define KT_TEST_JOIN(a, b) KT_TEST_JOIN2(a, b)
#define TEST(sentence_) KT_TEST_DEFINE(sentence_, KT_TEST_JOIN(test_, __LINE__))
#define KT_TEST_DEFINE(sentence_, name)                                                                                \
  static void name(void);                                                                                              \
  __attribute__((constructor)) static void KT_TEST_JOIN(register_, name)(void) {                                       \
    static kt_test test = {sentence_, name, NULL};                                                                     \
    *kt_tests_end = &test;                                                                                             \
    kt_tests_end = &test.next;                                                                                         \
  }                                                                                                                    \
  static void name(void)

#define KT_FAIL(...)                                                                                                   \
  do {                                                                                                                 \
    printf("%s:%d: ", __FILE__, __LINE__);                                                                             \
    printf(__VA_ARGS__);                                                                                               \
    putchar('\n');                                                                                                     \
    longjmp(kt_test_failed, 1);                                                                                        \
  } while (0)

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) KT_FAIL("%s", #condition);                                                                       \
  } while (0)

/* Unsigned numbers. */
#define CHECK_EQ(a, b)                                                                                                 \
  do {                                                                                                                 \
    unsigned long long a_ = (unsigned long long)(a), b_ = (unsigned long long)(b);                                     \
    if (a_ != b_) KT_FAIL("%s is %llu, %s is %llu", #a, a_, #b, b_);                                                   \
  } while (0)

/* A slice against a string. */
#define CHECK_BYTES(slice, text)                                                                                       \
  do {                                                                                                                 \
    kt_bytes s_ = (slice);                                                                                             \
    if (s_.n != strlen(text) || (s_.n && memcmp(s_.p, text, s_.n) != 0))                                               \
      KT_FAIL("%s is \"%.*s\", not \"%s\"", #slice, (int)s_.n, (const char *)s_.p, text);                              \
  } while (0)

/* How long tests wait for what must come. It decides nothing but when a test that hangs is given up. */
#define PATIENCE_MS (300 * 1000)

/* Waits until the condition holds. */
#define EVENTUALLY(condition)                                                                                          \
  do {                                                                                                                 \
    for (int waited_ms_ = 0; !(condition); waited_ms_++) {                                                             \
      if (waited_ms_ == PATIENCE_MS) KT_FAIL("never: %s", #condition);                                                 \
      usleep(1000);                                                                                                    \
    }                                                                                                                  \
  } while (0)

int main(int argc, char **argv) {
  static unsigned passed, failed; /* longjmp may lose what is in registers */
  static kt_test *t;
  for (t = kt_tests; t; t = t->next) {
    if (argc > 1 && !strstr(t->sentence, argv[1])) continue;
    if (setjmp(kt_test_failed) == 0) {
      t->run();
      passed++;
    } else {
      printf("FAILED %s\n", t->sentence);
      failed++;
    }
  }
  printf("%u passed, %u failed\n", passed, failed);
  return failed != 0;
}

#endif
