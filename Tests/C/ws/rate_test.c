/* Token buckets with time driven by hand. */
#include "ws/rate.h"
#include "check.h"

TEST("a full bucket gives its burst at once and then what time brings") {
  kt_ws_rate r;
  kt_ws_rate_init(&r, 3, 1000);
  for (int i = 0; i < 3; i++) CHECK(kt_ws_rate_take(&r, 10, 3, 1, 1000));
  CHECK(!kt_ws_rate_take(&r, 10, 3, 1, 1000));
  CHECK(!kt_ws_rate_take(&r, 10, 3, 1, 1099));
  CHECK(kt_ws_rate_take(&r, 10, 3, 1, 1100));
  CHECK(!kt_ws_rate_take(&r, 10, 3, 1, 1100));
}

TEST("a bucket never holds more than its burst, even after ages") {
  kt_ws_rate r;
  kt_ws_rate_init(&r, 2, 0);
  CHECK(kt_ws_rate_take(&r, 1, 2, 1, 0));
  CHECK(!kt_ws_rate_take(&r, 1, 2, 3, 2000));
  CHECK(kt_ws_rate_take(&r, 1, 2, 2, 2000));
  CHECK(kt_ws_rate_take(&r, 1u << 31, 2, 2, 2000 + (1ull << 33))); /* the product of both is 0 in 64 bits */
  kt_ws_rate_init(&r, 2, 0);
  CHECK(!kt_ws_rate_take(&r, 1, 2, 3, 1000000));
}

TEST("what is refused costs nothing") {
  kt_ws_rate r;
  kt_ws_rate_init(&r, 5, 0);
  CHECK(!kt_ws_rate_take(&r, 1, 5, 6, 0));
  CHECK(kt_ws_rate_take(&r, 1, 5, 5, 0));
}

TEST("a rate of 0 is no limit") {
  kt_ws_rate r;
  kt_ws_rate_init(&r, 0, 0);
  for (int i = 0; i < 1000; i++) CHECK(kt_ws_rate_take(&r, 0, 0, 1000000, 0));
}

TEST("small steps of time add up") {
  kt_ws_rate r;
  kt_ws_rate_init(&r, 1, 0);
  CHECK(kt_ws_rate_take(&r, 1, 1, 1, 0));
  for (uint64_t now = 1; now < 1000; now++) CHECK(!kt_ws_rate_take(&r, 1, 1, 1, now));
  CHECK(kt_ws_rate_take(&r, 1, 1, 1, 1000));
}
