/* HTTP dates against the C library's calendar. */
#include "check.h"
#include "random.h"
#include "http/date.h"

#include <time.h>

#define NOW 1790000000 /* 2026 */

static bool parse(const char *text, int64_t *t) { return kt_date_parse(kt_bytes_make(text, strlen(text)), NOW, t); }

TEST("dates are what strftime writes, and are read back") {
  static const int64_t edges[] = {0, 951782399, 951782400, 951868800, 4107542399, 4107542400, 253402300799,
                                  -62167219200,
                                  -1, -86400, -86401};
  char want[64], got[KT_DATE_SIZE + 1] = "";
  for (int i = 0; i < 200000; i++) {
    int64_t t = (int64_t)(random_number() % 315569520000) - 62167219200;
    if (i < (int)(sizeof edges / sizeof *edges)) t = edges[i];
    struct tm tm;
    time_t time = t;
    gmtime_r(&time, &tm);
    char format[40];
    snprintf(format, sizeof format, "%%a, %%d %%b %04d %%H:%%M:%%S GMT", tm.tm_year + 1900);
    strftime(want, sizeof want, format, &tm);
    kt_date_format(t, got);
    if (memcmp(want, got, KT_DATE_SIZE) != 0) KT_FAIL("%s instead of %s", got, want);
    int64_t back;
    CHECK(parse(got, &back) && back == t);
  }
}

TEST("the three forms of RFC 9110 are one time") {
  int64_t t;
  CHECK(parse("Sun, 06 Nov 1994 08:49:37 GMT", &t) && t == 784111777);
  CHECK(parse("Sunday, 06-Nov-94 08:49:37 GMT", &t) && t == 784111777);
  CHECK(parse("Sun Nov  6 08:49:37 1994", &t) && t == 784111777);
  CHECK(parse("Wed Nov 16 08:49:37 1994", &t) && t == 784975777);
}

TEST("a year of two digits is not more than 50 years ahead") {
  int64_t t;
  CHECK(parse("Friday, 01-Jan-76 00:00:00 GMT", &t) && t == 3345062400); /* 2076, 50 years after 2026 */
  CHECK(parse("Friday, 01-Jan-77 00:00:00 GMT", &t) && t == 220924800);  /* 1977 */
}

TEST("a leap second is read, an hour 24 and a 30th of February are not") {
  int64_t t;
  CHECK(parse("Sat, 31 Dec 2016 23:59:60 GMT", &t) && t == 1483228800);
  CHECK(parse("Thu, 29 Feb 2024 00:00:00 GMT", &t));
  static const char *const bad[] = {"Thu, 29 Feb 2023 00:00:00 GMT", "Thu, 30 Feb 2024 00:00:00 GMT",
                                    "Sun, 31 Apr 2024 00:00:00 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
                                    "Sun, 32 Dec 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
                                    "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (parse(bad[i], &t)) KT_FAIL("%s was read", bad[i]);
}

TEST("every prefix and every byte that differs is refused or another date") {
  static const char *const good[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                     "Sun Nov  6 08:49:37 1994"};
  int64_t t;
  for (size_t i = 0; i < 3; i++) {
    size_t n = strlen(good[i]);
    for (size_t k = 0; k < n; k++) {
      char *piece = memcpy(malloc(k + 1), good[i], k); /* its own size: a sanitizer sees a read past it */
      CHECK(!kt_date_parse(kt_bytes_make(piece, k), NOW, &t));
      free(piece);
    }
    char other[40];
    for (size_t k = 0; k < n; k++) {
      memcpy(other, good[i], n);
      other[k] = '\xff';
      CHECK(!kt_date_parse(kt_bytes_make(other, n), NOW, &t));
    }
    memcpy(other, good[i], n);
    other[n] = ' ';
    CHECK(!kt_date_parse(kt_bytes_make(other, n + 1), NOW, &t));
  }
}
