/* coded_content.h: content that a client packs, and handlers that answer with what they got of it. PACKED_MAX is the most
 * that it takes. */
#ifndef KT_TEST_CODED_CONTENT_H
#define KT_TEST_CODED_CONTENT_H

#include "harness.h"

#include "coding/coding.h"

static uint8_t packed[PACKED_MAX];
static size_t packed_n;

static void pack(kt_coding coding, const void *p, size_t n) {
  kt_encoder_pool pool;
  kt_encoder_pool_init(&pool);
  kt_encoder *e = kt_encoder_get(&pool, coding, KT_LEVEL_DEFAULT, n);
  kt_coding_step step = {p, n, packed, sizeof packed};
  CHECK(kt_encoder_feed(e, &step, KT_FLUSH_END) == KT_ENCODE_DONE);
  packed_n = sizeof packed - step.out_n;
  kt_encoder_put(&pool, e);
  kt_encoder_pool_deinit(&pool);
}

/* A request's content, in its size and sum. */

static uint32_t sum_of(uint32_t sum, const uint8_t *p, size_t n) {
  while (n--) sum = sum * 31 + *p++;
  return sum;
}

static void write_sum(char line[64], size_t n, uint32_t sum) { snprintf(line, 64, "%zu bytes, sum %u.", n, sum); }

static const char *sum_line(const void *p, size_t n) {
  static char line[64];
  write_sum(line, n, sum_of(0, p, n));
  return line;
}

static void answer_sum(kt_exchange *x, size_t n, uint32_t sum) {
  char line[64];
  write_sum(line, n, sum);
  kt_response_send(x, 200, KT_BYTES("text/plain"), line, strlen(line));
}

static void whole(void *context, kt_exchange *x) {
  (void)context;
  kt_bytes body = kt_exchange_body(x);
  answer_sum(x, body.n, sum_of(0, body.p, body.n));
}

typedef struct pulled {
  kt_exchange *x;
  size_t n;
  uint32_t sum;
} pulled;

static void pull_on(void *context) {
  pulled *p = context;
  kt_bytes chunk;
  kt_status st;
  while ((st = kt_exchange_read(p->x, &chunk)) == KT_OK) {
    p->n += chunk.n;
    p->sum = sum_of(p->sum, chunk.p, chunk.n);
  }
  if (st == KT_AGAIN) {
    kt_exchange_wait(p->x, pull_on, p);
    return;
  }
  if (st == KT_END) answer_sum(p->x, p->n, p->sum);
  kt_exchange *x = p->x;
  free(p);
  kt_exchange_leave(x);
}

static void pulls(void *context, kt_exchange *x) {
  (void)context;
  pulled *p = calloc(1, sizeof *p);
  p->x = x;
  kt_exchange_suspend(x);
  pull_on(p);
}

#endif
