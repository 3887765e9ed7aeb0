/* form_bench.c: uploads and forms.
 *
 * The yardstick for the multipart machine is memmem over the same bytes for the same delimiter: what a reader would
 * cost that did nothing else and held the whole in memory. Contents are what files are made of (random bytes), lines of
 * text with CRLF, where every line could begin a boundary, and the start or the end of one over and over. */
#include "http/http.h"
#include "katana/form.h"
#include "micro.h"

#define BOUNDARY "------------------------504f03730a998e1d"
#define TYPE "multipart/form-data; boundary=" BOUNDARY
#define CONTENT_SIZE (1u << 20)

typedef struct body {
  uint8_t *p;
  size_t n;
  size_t piece; /* fed at once */
} body;

typedef void (*fill_fn)(uint8_t *p, size_t n);

static void fill_random(uint8_t *p, size_t n) {
  uint64_t v = 88172645463325252u;
  for (size_t i = 0; i < n; i++) {
    v ^= v << 13, v ^= v >> 7, v ^= v << 17;
    p[i] = (uint8_t)(v >> 32);
  }
}

static void repeat(uint8_t *p, size_t n, const char *line) {
  size_t line_n = strlen(line);
  for (size_t i = 0; i < n; i++) p[i] = (uint8_t)line[i % line_n];
}

static void fill_lines(uint8_t *p, size_t n) { repeat(p, n, "4711,red shoes,49.90,EUR,in stock,2026-11-21\r\n"); }
static void fill_dashes(uint8_t *p, size_t n) { repeat(p, n, "\r\n--"); }
static void fill_end(uint8_t *p, size_t n) { repeat(p, n, "1d"); } /* how the boundary ends */

static body make(fill_fn fill, size_t piece) {
  static const char head[] = "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n"
                             "Content-Type: application/octet-stream\r\n\r\n";
  static const char tail[] = "\r\n--" BOUNDARY "--\r\n";
  body b = {malloc(CONTENT_SIZE + sizeof head + sizeof tail), 0, piece};
  memcpy(b.p, head, sizeof head - 1);
  fill(b.p + sizeof head - 1, CONTENT_SIZE);
  memcpy(b.p + sizeof head - 1 + CONTENT_SIZE, tail, sizeof tail - 1);
  b.n = sizeof head - 1 + CONTENT_SIZE + sizeof tail - 1;
  return b;
}

static size_t feed(kt_multipart *m, const uint8_t *p, size_t n) {
  size_t content = 0, used;
  kt_multipart_event event;
  kt_bytes payload;
  do {
    event = kt_multipart_feed(m, p, n, &used, &payload);
    content += payload.n;
    p += used;
    n -= used;
  } while (event != KT_MULTIPART_MORE && event != KT_MULTIPART_ERROR);
  return content;
}

static void multipart(void *context, uint64_t count) {
  const body *b = context;
  while (count--) {
    kt_multipart *m = kt_multipart_create(KT_BYTES(TYPE), NULL);
    size_t content = 0;
    for (size_t at = 0; at < b->n; at += b->piece)
      content += feed(m, b->p + at, b->piece < b->n - at ? b->piece : b->n - at);
    if (kt_multipart_finish(m) != KT_MULTIPART_END || content != CONTENT_SIZE) abort();
    kt_multipart_destroy(m);
  }
}

static void find(void *context, uint64_t count) {
  static const char delimiter[] = "\r\n--" BOUNDARY "--";
  const body *b = context;
  while (count--) {
    uint8_t *at = memmem(b->p, b->n, delimiter, sizeof delimiter - 1);
    if (!at) abort();
    MICRO_USE(at);
  }
}

static void pairs(void *context, uint64_t count) {
  static uint8_t room[400];
  kt_bytes form = *(kt_bytes *)context;
  while (count--) {
    kt_urlencoded u;
    kt_bytes name, value;
    kt_urlencoded_init(&u, form, room, NULL);
    while (kt_urlencoded_next(&u, &name, &value)) MICRO_USE(value.p);
    if (u.status) abort();
  }
}

static void range(void *context, uint64_t count) {
  kt_range_set set;
  while (count--) {
    MICRO_USE(context);
    if (kt_range_parse(*(kt_bytes *)context, 1u << 30, &set) != KT_RANGE_PARTIAL) abort();
  }
}

static void too_many(void *context, uint64_t count) {
  kt_range_set set;
  while (count--) {
    MICRO_USE(context);
    if (kt_range_parse(*(kt_bytes *)context, 1u << 30, &set) != KT_RANGE_IGNORED) abort();
  }
}

static void media_type(void *context, uint64_t count) {
  while (count--) {
    MICRO_USE(context);
    kt_bytes type = kt_mime_of(*(kt_bytes *)context);
    MICRO_USE(type.p);
  }
}

static void row(const char *name, const char *operation, fill_fn fill, size_t piece, micro_fn fn) {
  if (!micro_wanted(name)) return;
  body b = make(fill, piece);
  micro_row(name, operation, fn, &b, 0);
  free(b.p);
}

int main(int argc, char **argv) {
  micro_begin(argc, argv);
  row("multipart 1 MB", "1 MB of random bytes in one part, fed in 16 KB", fill_random, 16384, multipart);
  row("multipart 1 MB whole", "the same, fed at once", fill_random, 2 * CONTENT_SIZE, multipart);
  row("memmem 1 MB", "memmem over the same bytes", fill_random, 0, find);
  row("multipart lines", "1 MB of lines with CRLF, in 16 KB", fill_lines, 16384, multipart);
  row("memmem lines", "memmem over the same bytes", fill_lines, 0, find);
  row("multipart dashes", "1 MB of CRLF and two dashes, in 16 KB", fill_dashes, 16384, multipart);
  row("memmem dashes", "memmem over the same bytes", fill_dashes, 0, find);
  row("multipart ends", "1 MB of the boundary's last two letters, in 16 KB", fill_end, 16384, multipart);
  row("memmem ends", "memmem over the same bytes", fill_end, 0, find);
  kt_bytes form = KT_BYTES("name=red+shoes&price=49.90&currency=EUR&city=k%C3%B6ln&stock=12&note=&tag=a&tag=b");
  micro_row("urlencoded 8 pairs", "8 pairs of 80 bytes decoded", pairs, &form, 0);
  kt_bytes one = KT_BYTES("bytes=1048576-2097151");
  micro_row("range", "one range read", range, &one, 0);
  static uint8_t attack[300006] = "bytes=";
  for (size_t i = 6; i < sizeof attack; i += 3) memcpy(attack + i, "0-,", 3);
  kt_bytes many = kt_bytes_make(attack, sizeof attack);
  micro_row("range attack", "a Range of 100,000 ranges ignored", too_many, &many, 0);
  kt_bytes name = KT_BYTES("assets/site.min.css");
  micro_row("media type", "the media type of a file name", media_type, &name, 0);
  return 0;
}
