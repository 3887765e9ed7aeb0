/* byteranges.c: the parts of multipart/byteranges (RFC 9110 §14.6). */
#include "http/range.h"

static void put_hex(char out[16], uint64_t v) {
  for (unsigned i = 0; i < 16; i++) out[i] = "0123456789abcdef"[v >> (60 - 4 * i) & 15];
}

void kt_byteranges_init(kt_byteranges *b, const kt_range_set *set, uint64_t size, kt_bytes content_type,
                        const uint64_t random[2]) {
  *b = (kt_byteranges){.set = set, .size = size, .content_type = content_type};
  put_hex(b->boundary, random[0]);
  put_hex(b->boundary + 16, random[1]);
}

/* Where text goes, or only how long it is. */
typedef struct writer {
  uint8_t *out; /* NULL: count */
  size_t n;
} writer;

static void put(writer *w, const void *p, size_t n) {
  if (w->out && n) memcpy(w->out + w->n, p, n);
  w->n += n;
}
#define PUT(w, literal) put(w, literal, sizeof(literal) - 1)

static void put_boundary(writer *w, const kt_byteranges *b, bool first) {
  if (!first) PUT(w, "\r\n");
  PUT(w, "--");
  put(w, b->boundary, sizeof b->boundary);
}

size_t kt_byteranges_head_size_max(const kt_byteranges *b) {
  return sizeof "\r\n--\r\nContent-Type: \r\nContent-Range: \r\n\r\n" + sizeof b->boundary + b->content_type.n +
         KT_CONTENT_RANGE_SIZE_MAX;
}

size_t kt_byteranges_head(const kt_byteranges *b, uint32_t index, uint8_t *out) {
  writer w = {out, 0};
  put_boundary(&w, b, index == 0);
  if (b->content_type.n) {
    PUT(&w, "\r\nContent-Type: ");
    put(&w, b->content_type.p, b->content_type.n);
  }
  char range[KT_CONTENT_RANGE_SIZE_MAX];
  PUT(&w, "\r\nContent-Range: ");
  put(&w, range, kt_content_range_write(range, b->set->list[index], b->size));
  PUT(&w, "\r\n\r\n");
  return w.n;
}

size_t kt_byteranges_end(const kt_byteranges *b, uint8_t *out) {
  writer w = {out, 0};
  put_boundary(&w, b, false);
  PUT(&w, "--\r\n");
  return w.n;
}

uint64_t kt_byteranges_length(const kt_byteranges *b) {
  uint64_t length = kt_byteranges_end(b, NULL);
  for (uint32_t i = 0; i < b->set->count; i++) length += kt_byteranges_head(b, i, NULL) + b->set->list[i].length;
  return length;
}
