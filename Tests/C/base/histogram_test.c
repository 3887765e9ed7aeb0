/* The histogram against the recorded values themselves, sorted. */
#include "base/base.h"
#include "check.h"
#include "random.h"

#define VALUES_MAX 4000

static kt_histogram histogram, other;
static uint64_t values[VALUES_MAX];
static uint32_t value_n;

/* Every number of bits is as likely as any other. */
static uint64_t random_value(void) { return random_number() >> random_number() % 64; }

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* At least the true one, by less than 1/128 of it. */
static void check_near(uint64_t got, uint64_t truth) {
  CHECK(got >= truth);
  CHECK(got == truth || (unsigned __int128)(got - truth) * 128 < truth);
}

static void check_percentiles(void) {
  static const double percents[] = {0, 0.1, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99, 100};
  qsort(values, value_n, sizeof *values, compare);
  for (int i = 0; i < 12; i++) {
    double exact = percents[i] * value_n / 100;
    uint32_t at = 0; /* the first place with at least so many values at or below it */
    while (at + 1 < value_n && (double)(at + 1) < exact - 1e-9) at++;
    check_near(kt_histogram_percentile(&histogram, percents[i]), values[at]);
  }
  CHECK_EQ(kt_histogram_percentile(&histogram, 100), values[value_n - 1]);
}

static void check_all(void) {
  kt_histogram_check(&histogram);
  CHECK_EQ(histogram.count, value_n);
  check_percentiles();
  CHECK_EQ(kt_histogram_min(&histogram), values[0]);
  CHECK_EQ(kt_histogram_max(&histogram), values[value_n - 1]);
  unsigned __int128 sum = 0;
  for (uint32_t i = 0; i < value_n; i++) sum += values[i];
  double mean = (double)sum / value_n, got = kt_histogram_mean(&histogram);
  CHECK(got >= mean * (1 - 1e-12) && got <= mean * (1 + 1e-12));
}

TEST("random values of any size: percentiles are within 1/128, and all else is exact") {
  seed = 1;
  for (uint32_t round = 0; round < 40; round++) {
    kt_histogram_init(&histogram);
    value_n = round < 10 ? round + 1 : 100 * round;
    for (uint32_t i = 0; i < value_n; i++) {
      values[i] = round % 3 ? random_value() : random_value() % 1000;
      kt_histogram_record(&histogram, values[i]);
    }
    check_all();
  }
}

TEST("a merged histogram is that of all values") {
  seed = 2;
  kt_histogram_init(&histogram);
  value_n = 0;
  for (int part = 0; part < 8; part++) {
    kt_histogram_init(&other); /* the first stays empty */
    for (int i = 0; i < 100 * part; i++) {
      values[value_n] = random_value();
      kt_histogram_record(&other, values[value_n++]);
    }
    kt_histogram_merge(&histogram, &other);
    kt_histogram_check(&histogram);
    if (value_n) check_all();
  }
}

/* Buckets follow one another without a gap, and each is one in 128 of its values wide at most. */
TEST("every power of two and its neighbours are told apart as closely as promised") {
  for (unsigned bit = 0; bit < 64; bit++) {
    for (int64_t step = -1; step <= 1; step++) {
      uint64_t value = (UINT64_C(1) << bit) + (uint64_t)step;
      kt_histogram_init(&histogram);
      kt_histogram_record(&histogram, value);
      kt_histogram_record(&histogram, UINT64_MAX); /* so that the greatest recorded does not bound the answer */
      check_near(kt_histogram_percentile(&histogram, 50), value);
    }
    CHECK(bit < 1 || kt__histogram_bucket((UINT64_C(1) << bit) - 1) + 1 == kt__histogram_bucket(UINT64_C(1) << bit));
  }
  CHECK_EQ(kt__histogram_bucket(UINT64_MAX), KT_HISTOGRAM_BUCKETS - 1);
}

TEST("99.9 % of 1000 values is the 999th, though 99.9 is no binary fraction; 50 % of three is the second") {
  kt_histogram_init(&histogram);
  for (int i = 0; i < 999; i++) kt_histogram_record(&histogram, 1);
  kt_histogram_record(&histogram, 2);
  CHECK_EQ(kt_histogram_percentile(&histogram, 99.9), 1);
  CHECK_EQ(kt_histogram_percentile(&histogram, 99.91), 2);
  kt_histogram_init(&histogram);
  for (uint64_t value = 1; value <= 3; value++) kt_histogram_record(&histogram, value);
  CHECK_EQ(kt_histogram_percentile(&histogram, 50), 2);
}

TEST("values below 256 are counted one by one") {
  for (uint64_t value = 0; value < 256; value++) CHECK_EQ(kt__histogram_bucket(value), value);
}

TEST("an empty histogram answers nothing but 0, a percentile out of range the nearest end") {
  kt_histogram_init(&histogram);
  kt_histogram_check(&histogram);
  CHECK_EQ(kt_histogram_percentile(&histogram, 99), 0);
  CHECK(kt_histogram_mean(&histogram) == 0);
  CHECK_EQ(kt_histogram_min(&histogram), 0);
  CHECK_EQ(kt_histogram_max(&histogram), 0);
  kt_histogram_record(&histogram, 3);
  kt_histogram_record(&histogram, 5);
  CHECK_EQ(kt_histogram_percentile(&histogram, -1), 3);
  CHECK_EQ(kt_histogram_percentile(&histogram, 101), 5);
}

TEST("the sum of the greatest values does not wrap, and nothing asks for memory") {
  uint64_t before = kt_allocations();
  kt_histogram_init(&histogram);
  for (int i = 0; i < 1000; i++) kt_histogram_record(&histogram, UINT64_MAX);
  CHECK(kt_histogram_mean(&histogram) == (double)UINT64_MAX);
  CHECK_EQ(kt_histogram_percentile(&histogram, 1), UINT64_MAX);
  kt_histogram_check(&histogram);
  CHECK_EQ(kt_allocations(), before);
}
