/* Accept-Encoding, and the other lists that decide about codings, on any bytes: a line means the same cut into two at
 * any comma, and only what is offered and not refused is chosen. The first byte is what is offered. */
#include "coding/coding.h"

#include <assert.h>

static bool same(const kt_accept_encoding *a, const kt_accept_encoding *b) {
  if (a->malformed || b->malformed) return a->malformed == b->malformed;
  return a->gzip == b->gzip && a->br == b->br && a->zstd == b->zstd && a->identity == b->identity && a->any == b->any;
}

static int16_t weight_of(const kt_accept_encoding *a, unsigned coding) {
  int16_t own = coding == KT_CODING_GZIP ? a->gzip : coding == KT_CODING_BR ? a->br : a->zstd;
  return own == KT_WEIGHT_UNNAMED ? a->any : own;
}

static void check_cuts(kt_bytes line, const kt_accept_encoding *whole) {
  for (size_t i = 0; i < line.n; i++) {
    if (line.p[i] != ',') continue;
    kt_accept_encoding cut;
    kt_accept_encoding_init(&cut);
    kt_accept_encoding_line(&cut, kt_bytes_make(line.p, i));
    kt_accept_encoding_line(&cut, kt_bytes_make(line.p + i + 1, line.n - i - 1));
    assert(same(whole, &cut));
  }
}

static void check_choice(const kt_accept_encoding *a, unsigned offered) {
  kt_negotiated got = kt_negotiate(a, offered);
  if (got.coding == KT_CODING_IDENTITY) return;
  assert(got.acceptable && !a->malformed && (got.coding & offered) == got.coding);
  assert(weight_of(a, got.coding) > 0);
  for (unsigned c = 1; c <= KT_CODING_ZSTD; c *= 2)
    if (offered & c) assert(weight_of(a, c) <= weight_of(a, got.coding));
}

static void check_plan(kt_bytes text, const kt_accept_encoding *a) {
  kt_coded_response r = {.status = 200, .content_type = KT_BYTES("text/plain"), .cache_control = text, .vary = text,
                         .etag = text, .content_encoding = {0, 0}, .size = KT_CODED_SIZE_MIN};
  kt_coding_plan plan = kt_coding_decide(&r, a, KT_CODINGS_OFFERED);
  assert(plan.encode == (plan.coding != KT_CODING_IDENTITY));
  assert(!plan.weaken_etag || (plan.encode && text.p[0] == '"'));
  r.content_type = r.content_encoding = text;
  kt_coding_decide(&r, a, KT_CODINGS_OFFERED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  if (n < 1) return 0;
  unsigned offered = data[0] % 8;
  kt_bytes line = {data + 1, n - 1};
  kt_accept_encoding a;
  kt_accept_encoding_init(&a);
  kt_accept_encoding_line(&a, line);
  check_cuts(line, &a);
  check_choice(&a, offered);
  check_plan(line, &a);
  kt_decoder d;
  kt_decoder_init(&d, 100);
  assert(kt_decoder_codings(&d, line) == d.status && d.stage_n <= KT_DECODER_CODINGS_MAX);
  kt_decoder_deinit(&d);
  return 0;
}
