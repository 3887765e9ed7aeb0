/* Chunked coding on any bytes: the same content, end and status however the bytes are cut; and a decoder in the style of
 * RFC 9112 §7.1.3, which looks at the whole message, agrees wherever it can read it. The first byte is the cut. */
#include "http1/chunked.h"

#include "base/scan.h"

#include <assert.h>
#include <stdlib.h>

typedef struct outcome {
  kt_h1_result result;
  uint16_t status;
  size_t consumed, content_n, section_n;
  uint8_t *content;
  uint8_t section[KT_TRAILERS_SIZE_MAX];
} outcome;

/* A section is as many fields as were counted: names that are tokens, values without blanks around them. */
static void assert_fields(const uint8_t *p, size_t n, unsigned count) {
  uint8_t *copy = malloc(n);
  memcpy(copy, p, n);
  kt_bytes section = kt_bytes_make(copy, n), name, value;
  for (; kt_h1_next_trailer(&section, &name, &value); count--) {
    assert(count > 0 && kt_scan_token(name.p, name.p + name.n) == name.p + name.n && name.n > 0);
    assert(value.n == 0 || (value.p[0] > ' ' && value.p[value.n - 1] > ' '));
    assert(kt_scan_value(value.p, value.p + value.n) == value.p + value.n);
  }
  assert(count == 0 && section.n == 2);
  free(copy);
}

static outcome decode(const uint8_t *data, size_t n, size_t step) {
  outcome o = {.result = KT_H1_MORE, .content = malloc(n + 1)};
  kt_h1_chunked c;
  kt_h1_chunked_init(&c);
  while (o.result == KT_H1_MORE && o.consumed < n) {
    size_t left = n - o.consumed, used, piece = step < left ? step : left, before = c.trailer_n;
    kt_bytes content;
    o.result = kt_h1_chunked_feed(&c, data + o.consumed, piece, &used, &content);
    assert(used <= piece && used > 0);
    if (content.n) {
      assert(content.p >= data + o.consumed && content.p + content.n <= data + o.consumed + used);
      memcpy(o.content + o.content_n, content.p, content.n);
      o.content_n += content.n;
    } else if (o.result == KT_H1_MORE) {
      assert(used == piece);
    }
    o.consumed += used;
    if (o.result == KT_H1_ERROR) break;
    size_t came = c.trailer_n - before;
    assert(came <= used && c.trailer_n <= KT_TRAILERS_SIZE_MAX);
    if (came) memcpy(o.section + before, data + o.consumed - came, came);
    o.section_n = c.trailer_n;
  }
  if (o.result == KT_H1_DONE) assert_fields(o.section, o.section_n, c.trailer_count);
  if (o.result == KT_H1_ERROR) {
    assert(c.reason && (c.status == 400 || c.status == 431));
    o.status = c.status;
  }
  return o;
}

/* Messages without extensions and trailers, read as the pseudo-code of §7.1.3 does. -1 when it is not such a message. */
static int64_t slow(const uint8_t *data, size_t n, uint8_t *out, size_t *consumed) {
  size_t i = 0, content = 0;
  for (;;) {
    uint64_t size = 0;
    size_t digits = 0;
    for (; i < n && strchr("0123456789abcdefABCDEF", data[i]) && data[i]; i++, digits++)
      size = size * 16 + (uint64_t)(data[i] <= '9' ? data[i] - '0' : (data[i] | 0x20) - 'a' + 10);
    if (digits == 0 || digits > 16 || n - i < 2 || data[i] != '\r' || data[i + 1] != '\n') return -1;
    i += 2;
    if (size > n - i) return -1;
    memcpy(out + content, data + i, size);
    content += size;
    i += size;
    if (n - i < 2 || data[i] != '\r' || data[i + 1] != '\n') return -1;
    i += 2;
    *consumed = i;
    if (size == 0) return (int64_t)content;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  if (n == 0) return 0;
  size_t step = 1 + data[0] % 32, consumed;
  data++;
  n--;
  outcome whole = decode(data, n, n + 1), pieces = decode(data, n, step);
  assert(whole.result == pieces.result && whole.status == pieces.status && whole.consumed == pieces.consumed);
  assert(whole.result == KT_H1_ERROR ||
         (whole.section_n == pieces.section_n && memcmp(whole.section, pieces.section, whole.section_n) == 0));
  assert(whole.content_n == pieces.content_n && memcmp(whole.content, pieces.content, whole.content_n) == 0);
  uint8_t *content = malloc(n + 1);
  int64_t length = slow(data, n, content, &consumed);
  if (length >= 0) {
    assert(whole.result == KT_H1_DONE && whole.consumed == consumed && (int64_t)whole.content_n == length);
    assert(memcmp(content, whole.content, whole.content_n) == 0);
  }
  free(content);
  free(whole.content);
  free(pieces.content);
  return 0;
}
