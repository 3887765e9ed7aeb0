/* The search for a boundary against one that tries every place. */
#include "check.h"
#include "random.h"
#include "form/delimiter.h"

static size_t model(const kt_delimiter *d, const uint8_t *p, size_t n) {
  for (size_t i = 0; i < n; i++) {
    size_t k = 0;
    while (k < d->n && i + k < n && p[i + k] == d->text[k]) k++;
    if (k == d->n || i + k == n) return i;
  }
  return n;
}

static void init(kt_delimiter *d, const char *boundary) {
  char type[200];
  int n = snprintf(type, sizeof type, "multipart/form-data; boundary=%s", boundary);
  CHECK_EQ(kt_delimiter_init(d, kt_bytes_make(type, (size_t)n)).status, 0);
}

/* A few letters, so that a boundary repeats itself and its beginnings and ends are everywhere. */
static void fill(uint8_t *p, size_t n, const kt_delimiter *d) {
  for (size_t i = 0; i < n;) {
    size_t from = random_below(4) ? 0 : random_below(d->n), k = 1 + random_below(d->n - from);
    if (random_below(3) == 0) from = random_below(d->n), k = 1;
    for (size_t j = 0; j < k && i < n; j++) p[i++] = d->text[from + j];
  }
}

TEST("random texts of random boundaries are searched as a slow model does it") {
  for (int round = 0; round < 60000; round++) {
    char boundary[KT_MULTIPART_BOUNDARY_SIZE_MAX + 1] = "";
    size_t boundary_n = 1 + random_below(round % 2 ? 6 : KT_MULTIPART_BOUNDARY_SIZE_MAX), letters = 1 + random_below(4);
    for (size_t i = 0; i < boundary_n; i++) boundary[i] = "a-b1"[random_below(letters)];
    kt_delimiter d;
    init(&d, boundary);
    size_t n = random_below(200);
    uint8_t *text = malloc(n + 1);
    uint8_t *piece = text + 1; /* its end is the end of what may be read */
    fill(piece, n, &d);
    size_t want = model(&d, piece, n), got = (size_t)(kt_delimiter_find(&d, piece, piece + n) - piece);
    if (got != want) KT_FAIL("%zu instead of %zu for %s in %.*s", got, want, boundary, (int)n, (const char *)piece);
    free(text);
  }
}

TEST("a boundary is found behind a long run of its last letter") {
  kt_delimiter d;
  init(&d, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  size_t n = 100000;
  uint8_t *text = malloc(n);
  memset(text, 'a', n);
  CHECK(kt_delimiter_find(&d, text, text + n) == text + n);
  memcpy(text + n - 44, d.text, 44);
  CHECK(kt_delimiter_find(&d, text, text + n) == text + n - 44);
  free(text);
}
