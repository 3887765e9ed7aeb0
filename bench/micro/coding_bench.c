/* coding_bench.c: JSON of 1 KB and 21 KB through each coding, encoders made and reused, memory of encoders.
 *
 * The JSON is a page of products that differ as products do: names of a few words, prices, dates, identifiers. The list
 * in json_bench.c repeats one product and would flatter every coding. */
#include "coding/coding.h"
#include "micro.h"

#define SMALL_SIZE 1024
#define LARGE_SIZE (21 * 1024)
#define EVENT_SIZE 512 /* of a stream */

static uint64_t random_state = 88172645463325252u;

static unsigned random_below(unsigned n) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (unsigned)(random_state % n);
}

static const char *const words[] = {"round", "table", "oak",   "oiled", "chair", "lamp",  "brass", "shelf", "walnut",
                                    "linen", "sofa",  "small", "large", "green", "white", "desk",  "steel", "wool"};

static const char *word(void) { return words[random_below(sizeof words / sizeof *words)]; }

static size_t product(char *out, size_t room) {
  return (size_t)snprintf(
      out, room,
      "{\"id\":%u,\"sku\":\"%c%c-%05u\",\"name\":\"%s %s %s\",\"price\":%u.%02u,\"currency\":\"EUR\",\"stock\":%u,"
      "\"tags\":[\"%s\",\"%s\"],\"created\":\"2026-%02u-%02uT%02u:%02u:%02uZ\",\"active\":%s},",
      100000 + random_below(900000), 'A' + random_below(26), 'A' + random_below(26), random_below(100000), word(),
      word(), word(), random_below(2000), random_below(100), random_below(500), word(), word(), 1 + random_below(12),
      1 + random_below(28), random_below(24), random_below(60), random_below(60), random_below(4) ? "true" : "false");
}

static kt_bytes page(size_t size) {
  char *out = malloc(size + 512);
  size_t n = 1;
  out[0] = '[';
  while (n < size) n += product(out + n, size + 512 - n);
  out[size - 1] = ']';
  return kt_bytes_make(out, size);
}

typedef struct work {
  kt_encoder_pool pool;
  kt_coding coding;
  int level;
  uint64_t hint;
  kt_bytes body;
  size_t coded_n, memory;
} work;

static uint8_t room[64 * 1024];

static void feed(kt_encoder *e, kt_coding_step *step, kt_flush flush) {
  if (!e || kt_encoder_feed(e, step, flush) != KT_ENCODE_DONE) abort();
}

/* A stream is fed in events and flushed after each. */
static void encode(void *context, uint64_t count) {
  work *w = context;
  while (count--) {
    kt_encoder *e = kt_encoder_get(&w->pool, w->coding, w->level, w->hint);
    kt_coding_step step = {w->body.p, 0, room, sizeof room};
    for (size_t at = 0; w->hint == KT_ENCODER_SIZE_UNKNOWN && at + EVENT_SIZE < w->body.n; at += EVENT_SIZE) {
      step.in_n = EVENT_SIZE;
      feed(e, &step, KT_FLUSH_SYNC);
    }
    step.in_n = (size_t)(w->body.p + w->body.n - step.in);
    feed(e, &step, KT_FLUSH_END);
    w->coded_n = sizeof room - step.out_n;
    w->memory = kt_encoder_memory(e);
    kt_encoder_put(&w->pool, e);
  }
}

/* The same with an encoder that nobody used before. */
static void encode_anew(void *context, uint64_t count) {
  work *w = context;
  while (count--) {
    encode(w, 1);
    kt_encoder_pool_deinit(&w->pool);
    kt_encoder_pool_init(&w->pool);
  }
}

static void row(const char *name, kt_coding coding, int level, bool stream, kt_bytes body) {
  work w = {.coding = coding, .level = level, .hint = stream ? KT_ENCODER_SIZE_UNKNOWN : body.n, .body = body};
  char what[120], made[80];
  snprintf(made, sizeof made, "%s, new", name);
  if (!micro_wanted(name)) return;
  kt_encoder_pool_init(&w.pool);
  encode(&w, 1);
  kt_encoder_pool_deinit(&w.pool);
  kt_encoder_pool_init(&w.pool);
  encode(&w, 1);
  snprintf(what, sizeof what, "%zu B to %zu B, %zu KiB of encoder", body.n, w.coded_n, w.memory / 1024);
  micro_row(name, what, encode, &w, 0);
  if (level == KT_LEVEL_DEFAULT) micro_row(made, "the same with a new encoder", encode_anew, &w, 0);
  kt_encoder_pool_deinit(&w.pool);
}

static const kt_coding codings[] = {KT_CODING_GZIP, KT_CODING_BR, KT_CODING_ZSTD};

static void rows(const char *size, kt_bytes body, bool stream) {
  char name[64];
  for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
    snprintf(name, sizeof name, "%s %s%s", kt_coding_name(codings[i]).p, size, stream ? " stream" : "");
    row(name, codings[i], KT_LEVEL_DEFAULT, stream, body);
  }
}

typedef struct coded {
  kt_coding coding;
  kt_bytes content;
} coded;

static void decode(void *context, uint64_t count) {
  coded *c = context;
  while (count--) {
    kt_decoder d;
    kt_decoder_init(&d, sizeof room);
    kt_coding_step step = {c->content.p, c->content.n, room, sizeof room};
    kt_decoder_codings(&d, kt_coding_name(c->coding));
    if (kt_decoder_feed(&d, &step, true) != KT_DECODE_DONE) abort();
    kt_decoder_deinit(&d);
  }
}

static void decode_row(kt_coding coding, kt_bytes body) {
  static uint8_t bytes[64 * 1024];
  char name[64], what[80];
  kt_encoder_pool pool;
  kt_encoder_pool_init(&pool);
  kt_coding_step step = {body.p, body.n, bytes, sizeof bytes};
  kt_encoder *e = kt_encoder_get(&pool, coding, KT_LEVEL_DEFAULT, body.n);
  feed(e, &step, KT_FLUSH_END);
  kt_encoder_put(&pool, e);
  kt_encoder_pool_deinit(&pool);
  coded c = {coding, kt_bytes_make(bytes, sizeof bytes - step.out_n)};
  snprintf(name, sizeof name, "%s decode %zu KB", kt_coding_name(coding).p, body.n / 1024);
  snprintf(what, sizeof what, "%zu B of a request to %zu B, decoder made and freed", c.content.n, body.n);
  micro_row(name, what, decode, &c, 0);
}

static void negotiate(void *context, uint64_t count) {
  kt_bytes line = *(kt_bytes *)context;
  while (count--) {
    kt_accept_encoding a;
    kt_accept_encoding_init(&a);
    kt_accept_encoding_line(&a, line);
    kt_negotiated got = kt_negotiate(&a, KT_CODINGS_OFFERED);
    MICRO_USE(got.coding);
  }
}

static void decide(void *context, uint64_t count) {
  kt_accept_encoding a;
  kt_accept_encoding_init(&a);
  kt_accept_encoding_line(&a, *(kt_bytes *)context);
  kt_coded_response r = {.status = 200, .content_type = KT_BYTES("application/json"), .size = LARGE_SIZE};
  while (count--) {
    kt_coding_plan plan = kt_coding_decide(&r, &a, KT_CODINGS_OFFERED);
    MICRO_USE(plan.coding);
  }
}

/* All levels of a coding: what the defaults were chosen from. Asked for by name: coding_bench level. */
static void levels(kt_bytes body) {
  if (!micro_filter || !strstr(micro_filter, "level")) return;
  for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
    for (int level = 1; level <= KT_LEVEL_MAX; level++) {
      char name[64];
      snprintf(name, sizeof name, "%s level %d", kt_coding_name(codings[i]).p, level);
      row(name, codings[i], level, false, body);
      snprintf(name, sizeof name, "%s level %d stream", kt_coding_name(codings[i]).p, level);
      row(name, codings[i], level, true, body);
    }
  }
}

int main(int argc, char **argv) {
  micro_begin(argc, argv);
  kt_bytes small = page(SMALL_SIZE), large = page(LARGE_SIZE);
  rows("1 KB", small, false);
  rows("21 KB", large, false);
  rows("1 KB", small, true);
  rows("21 KB", large, true);
  for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
    decode_row(codings[i], small);
    decode_row(codings[i], large);
  }
  kt_bytes browser = KT_BYTES("gzip, deflate, br, zstd");
  micro_row("negotiate", "a browser's Accept-Encoding read, a coding chosen", negotiate, &browser, 0);
  micro_row("decide", "a response of JSON held against the policy", decide, &browser, 0);
  levels(small);
  levels(large);
}
