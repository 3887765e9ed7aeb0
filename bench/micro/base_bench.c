/* base_bench.c: scanning, UTF-8, arena, timers, buffers, histogram, checksum. The rings are in rings_bench.c.
 *
 * The figures beside the rows count one kind of work each; where ours cannot be repeated without its opposite (an armed
 * timer has to be cancelled, a buffer given back), both are in the operation. */
#include "base/base.h"
#include "micro.h"

#include <sys/uio.h>

/* ---- scanning ---- */

/* Text of a field's value with one CRLF at its end: the scan stops at the CR, as no other byte may not stand there. */
typedef struct line {
  uint8_t *p;
  size_t n;
} line;

static line line_of(size_t n) {
  line l = {malloc(n), n};
  for (size_t i = 0; i < n; i++) l.p[i] = (uint8_t)('a' + i % 26);
  memcpy(l.p + n - 2, "\r\n", 2);
  return l;
}

static void crlf(void *context, uint64_t count) {
  const line *l = context;
  while (count--) {
    const uint8_t *end = kt_scan_value(l->p, l->p + l->n);
    if (end != l->p + l->n - 2 || end[0] != '\r' || end[1] != '\n') abort();
  }
}

/* Letters with a byte behind them that stops every scan, within much longer input. */
typedef struct scan {
  const uint8_t *(*find)(const uint8_t *p, const uint8_t *end);
  const uint8_t *p, *stop, *end;
} scan;

static scan scan_of(const uint8_t *(*find)(const uint8_t *p, const uint8_t *end), size_t n) {
  uint8_t *p = malloc(n + 1000);
  memset(p, 'a', n + 1000);
  p[n] = '\n';
  return (scan){find, p, p + n, p + n + 1000};
}

static void find(void *context, uint64_t count) {
  const scan *s = context;
  while (count--)
    if (s->find(s->p, s->end) != s->stop) abort();
}

typedef struct text {
  size_t (*prefix)(const uint8_t *p, size_t n);
  uint8_t *p;
  size_t n;
} text;

static text text_of(const char *unit, size_t n) {
  text t = {kt_utf8_prefix, malloc(n), 0};
  for (size_t k = strlen(unit); t.n + k <= n; t.n += k) memcpy(t.p + t.n, unit, k);
  return t;
}

static void utf8(void *context, uint64_t count) {
  const text *t = context;
  while (count--)
    if (t->prefix(t->p, t->n) != t->n) abort();
}

static const char *named(const char *row, const char *variant) {
  static char name[64];
  snprintf(name, sizeof name, "%s %s", row, variant);
  return name;
}

static void variant_rows(const kt_scan_variant *v, scan name, text mixed) {
  scan value = name;
  name.find = v->token;
  value.find = v->value;
  mixed.prefix = v->utf8;
  micro_row(named("token 12 B", v->name), "the end of a name of 12 bytes found", find, &name, 0);
  micro_row(named("value 12 B", v->name), "the end of a value of 12 bytes found", find, &value, 0);
  micro_row(named("utf8 mixed", v->name), "1 KB of Cyrillic words checked", utf8, &mixed, 0);
}

static void scan_rows(void) {
  line short_line = line_of(1536), long_line = line_of(16384);
  micro_row("crlf 1.5 KB", "the CRLF at the end of 1.5 KB found", crlf, &short_line, 50e6);
  micro_row("crlf 16 KB", "the CRLF at the end of 16 KB found", crlf, &long_line, 2.6e6);
  scan name = scan_of(kt_scan_token, 12), value = scan_of(kt_scan_value, 100), string = scan_of(kt_scan_unescaped, 30);
  micro_row("token 12 B", "the end of a name of 12 bytes found", find, &name, 0);
  micro_row("value 100 B", "the end of a value of 100 bytes found", find, &value, 0);
  micro_row("unescaped 30 B", "the end of a JSON string of 30 bytes found", find, &string, 0);
  static const char *const scripts[][2] = {
      {"ascii", "a"}, {"cyrillic", "\xd0\x96"}, {"cjk", "\xe6\xbc\xa2"}, {"emoji", "\xf0\x9f\x98\x80"}};
  for (size_t i = 0; i < 4; i++) {
    text few = text_of(scripts[i][1], 24), many = text_of(scripts[i][1], 21 * 1024);
    char row[40];
    snprintf(row, sizeof row, "utf8 %s 24 B", scripts[i][0]);
    micro_row(row, "24 bytes of UTF-8 checked", utf8, &few, 0);
    snprintf(row, sizeof row, "utf8 %s 21 KB", scripts[i][0]);
    micro_row(row, "21 KB of UTF-8 checked", utf8, &many, 0);
    free(few.p);
    free(many.p);
  }
  text mixed = text_of("\xd0\xa1\xd1\x82\xd0\xbe\xd0\xbb, ", 1024);
  for (const kt_scan_variant *const *v = kt_scan_variants; *v; v++)
    if ((*v)->usable()) variant_rows(*v, name, mixed);
}

/* ---- arena ---- */

#define PER_REQUEST 64 /* 4 KiB: fills the first block and takes one from the pool */

static void arena(void *context, uint64_t count) {
  kt_arena *a = context;
  for (uint64_t i = 0; i < count; i++) {
    uint8_t *p = kt_arena_alloc(a, 64);
    if (!p) abort();
    *p = 1;
    MICRO_USE(p);
    if (i % PER_REQUEST == PER_REQUEST - 1) kt_arena_reset(a);
  }
  kt_arena_reset(a);
}

/* ---- timers ---- */

#define TIMERS 10000
#define DAY_MS UINT64_C(86400000)

static kt_wheel wheel;
static kt_timer timers[TIMERS];
static uint64_t fired;

static void fire(kt_timer *t) {
  (void)t;
  fired++;
}

/* Delays of 5 to 65 s, as of idle connections, in no order. */
static uint64_t delay_ms(uint64_t i) { return 5000 + i * 7919 % 60000; }

static void timers_start(void) {
  kt_wheel_init(&wheel, 1000);
  for (int i = 0; i < TIMERS; i++) kt_timer_init(&timers[i], fire);
}

static void timer_add(void *context, uint64_t count) {
  (void)context;
  static uint64_t at;
  while (count--) {
    kt_wheel_arm(&wheel, &timers[at % TIMERS], wheel.now + delay_ms(at));
    at++;
  }
}

static void timer_cancel(void *context, uint64_t count) {
  (void)context;
  static uint64_t at;
  while (count--) {
    kt_timer *t = &timers[at % TIMERS];
    kt_wheel_arm(&wheel, t, wheel.now + delay_ms(at));
    kt_wheel_cancel(&wheel, t);
    at++;
  }
}

static void timer_tick(void *context, uint64_t count) {
  (void)context;
  while (count--)
    if (kt_wheel_advance(&wheel, wheel.now + 1) != 0) abort();
}

/* Arming 10,000 timers is not timed, so that this cannot go through micro_row; otherwise it is timed as there. */
static void timer_execute_row(const char *name, const char *operation, uint64_t spread_ms, double seed) {
  if (!micro_wanted(name)) return;
  size_t n = 0;
  double took = 0;
  uint64_t end = micro_now() + (uint64_t)(micro_seconds * 1.2e9), warm = micro_now() + (uint64_t)(micro_seconds * 2e8);
  timers_start();
  for (uint64_t now = micro_now(); now < end && n < MICRO_SAMPLES_MAX; now = micro_now()) {
    for (uint64_t i = 0; i < TIMERS; i++) kt_wheel_arm(&wheel, &timers[i], wheel.now + 1 + i * 7919 % spread_ms);
    uint64_t began = micro_now();
    if (kt_wheel_advance(&wheel, wheel.now + spread_ms) != TIMERS) abort();
    double sample = (double)(micro_now() - began);
    if (now < warm) continue;
    micro_samples[n++] = sample;
    took += sample;
  }
  if (n == 0) return;
  qsort(micro_samples, n, sizeof *micro_samples, micro_compare);
  micro_print(name, operation, (double)n / took * 1e9, micro_samples[n / 2], micro_samples[n * 99 / 100], seed);
}

static void timer_rows(void) {
  timers_start();
  timer_add(NULL, TIMERS);
  micro_row("timer add", "one of 10,000 armed timers armed anew: cancelled, armed", timer_add, NULL, 4.3e6);
  timers_start();
  timer_add(NULL, TIMERS / 2); /* others stand in the same slots */
  for (int i = TIMERS / 2; i < TIMERS; i++) kt_wheel_cancel(&wheel, &timers[i]);
  micro_row("timer cancel", "a timer armed and cancelled beside others", timer_cancel, NULL, 25e6);
  timers_start();
  for (uint64_t i = 0; i < TIMERS; i++) kt_wheel_arm(&wheel, &timers[i], wheel.now + 1000 * DAY_MS + delay_ms(i));
  micro_row("timer tick", "the time moved on by 1 ms with 10,000 timers armed and none due", timer_tick, NULL, 16.7e6);
  timer_execute_row("timer execute 10k", "10,000 timers that are due at one tick fired", 1, 32e3);
  timer_execute_row("timer execute 10k spread", "10,000 timers that are due over 1 s fired in one advance", 1000, 0);
}

/* ---- buffers: each is taken from the pool and given back within the operation ---- */

static kt_buf_pool pool;
static uint8_t source[16384], target[16384];

static kt_buf *take(void) {
  kt_buf *b = kt_buf_get(&pool);
  if (!b) abort();
  return b;
}

static inline void append(kt_buf *b, const uint8_t *from, uint32_t n) {
  if (n > b->cap - b->end) abort();
  memcpy(b->data + b->end, from, n);
  b->end += n;
}

static inline void consume(kt_buf *b, uint32_t n) {
  if (n > b->end - b->start) abort();
  b->start += n;
}

static inline void append_consume(uint64_t count, uint32_t n) {
  while (count--) {
    kt_buf *b = take();
    append(b, source, n);
    MICRO_USE(b->data);
    consume(b, n);
    kt_buf_put(&pool, b);
  }
}

static void append_64(void *context, uint64_t count) {
  (void)context;
  append_consume(count, 64);
}

static void append_4k(void *context, uint64_t count) {
  (void)context;
  append_consume(count, 4096);
}

static void read_write_256(void *context, uint64_t count) {
  (void)context;
  while (count--) {
    kt_buf *b = take();
    append(b, source, 256);
    MICRO_USE(b->data);
    memcpy(target, b->data + b->start, 256);
    consume(b, 256);
    MICRO_USE(target);
    kt_buf_put(&pool, b);
  }
}

/* Written in place, as a response head is. */
static void reserve_128(void *context, uint64_t count) {
  (void)context;
  while (count--) {
    kt_buf *b = take();
    if (b->cap - b->end < 128) abort();
    memset(b->data + b->end, (int)count, 128);
    b->end += 128;
    MICRO_USE(b->data);
    kt_buf_put(&pool, b);
  }
}

/* What a flush does before its system call: three buffers are filled, chained, listed for writev, given back. */
static void gather_3(void *context, uint64_t count) {
  (void)context;
  while (count--) {
    kt_buf *first = NULL;
    for (int i = 0; i < 3; i++) {
      kt_buf *b = take();
      append(b, source, 64);
      b->next = first;
      first = b;
    }
    struct iovec iov[3];
    int n = 0;
    for (kt_buf *b = first; b; b = b->next) iov[n++] = (struct iovec){b->data + b->start, b->end - b->start};
    MICRO_USE(iov);
    while (first) {
      kt_buf *b = first;
      first = b->next;
      kt_buf_put(&pool, b);
    }
  }
}

static void buffer_rows(void) {
  kt_buf_pool_init(&pool, sizeof source, 64);
  micro_row("buffer 64 B", "64 bytes appended and consumed", append_64, NULL, 16.7e6);
  micro_row("buffer 4 KB", "4 KB appended and consumed", append_4k, NULL, 12.5e6);
  micro_row("buffer 256 B r+w", "256 bytes copied in and out", read_write_256, NULL, 16.7e6);
  micro_row("buffer 128 B reserve", "128 bytes reserved, filled in place, committed", reserve_128, NULL, 16.7e6);
  micro_row("buffer gather 3", "3 buffers of 64 bytes filled and listed for writev", gather_3, NULL, 14.3e6);
  kt_buf_pool_deinit(&pool);
}

/* ---- histogram, checksum ---- */

#define LATENCIES 4096 /* a power of two */

static kt_histogram histogram;
static uint32_t latencies_ns[LATENCIES];

/* 20 us to 1.3 s, each power of two as likely as the next. */
static void fill_latencies(void) {
  uint64_t seed = 1;
  for (int i = 0; i < LATENCIES; i++) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    latencies_ns[i] = (20000 + (uint32_t)(seed >> 40) % 20000) << (seed >> 32 & 15);
  }
}

static void record(void *context, uint64_t count) {
  (void)context;
  for (uint64_t i = 0; i < count; i++) {
    kt_histogram_record(&histogram, latencies_ns[i % LATENCIES]);
    MICRO_USE(&histogram); /* or count, sum, min and max would stay in registers until the batch's end */
  }
}

static void percentile(void *context, uint64_t count) {
  (void)context;
  while (count--) {
    uint64_t p99 = kt_histogram_percentile(&histogram, 99);
    MICRO_USE(p99);
  }
}

typedef struct checksum {
  uint32_t (*update)(uint32_t state, const uint8_t *p, size_t n);
  size_t n;
} checksum;

static void crc(void *context, uint64_t count) {
  const checksum *c = context;
  while (count--) {
    uint32_t sum = kt_crc32c(0, source, c->n);
    MICRO_USE(sum);
  }
}

static void crc_variant(void *context, uint64_t count) {
  const checksum *c = context;
  while (count--) {
    uint32_t sum = c->update(~0u, source, c->n);
    MICRO_USE(sum);
  }
}

static void sum_rows(void) {
  fill_latencies();
  kt_histogram_init(&histogram);
  micro_row("histogram record", "a latency of 20 us to 1.3 s recorded", record, NULL, 0);
  record(NULL, LATENCIES);
  micro_row("histogram percentile", "the 99th percentile asked for", percentile, NULL, 0);
  checksum small = {NULL, 64}, usual = {NULL, 1024}, large = {NULL, 16384}, tables = {NULL, 1024};
  for (const kt_crc32c_variant *v = kt_crc32c_variants; v->name; v++) tables.update = v->update; /* the last one */
  micro_row("crc32c 64 B", "CRC32C of 64 bytes", crc, &small, 0);
  micro_row("crc32c 1 KB", "CRC32C of 1 KB", crc, &usual, 0);
  micro_row("crc32c 16 KB", "CRC32C of 16 KB", crc, &large, 0);
  micro_row("crc32c 1 KB tables", "CRC32C of 1 KB without the processor's instruction", crc_variant, &tables, 0);
}

int main(int argc, char **argv) {
  micro_begin(argc, argv);
  scan_rows();

  kt_arena_pool blocks;
  kt_arena request;
  kt_arena_pool_init(&blocks);
  kt_arena_init(&request, &blocks);
  micro_row("arena 64 B", "64 bytes taken; after 64 times all given back", arena, &request, 5e6);
  kt_arena_deinit(&request);
  kt_arena_pool_deinit(&blocks);

  timer_rows();
  buffer_rows();
  sum_rows();
}
