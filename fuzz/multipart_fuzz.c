/* multipart/form-data on any bytes: the same parts, contents and end however the bytes are cut, and no content that
 * holds a boundary; and pairs and a Content-Type of the same bytes. The first byte is the cut. */
#include "katana/form.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define DELIMITER "\r\n--b0undary"

/* What was told: for each event a letter, then names and contents, runs joined. */
typedef struct story {
  uint8_t *text;
  size_t n;
  uint8_t last;
} story;

static void add(story *s, const void *p, size_t n) {
  s->text = realloc(s->text, s->n + n + 1);
  if (n) memcpy(s->text + s->n, p, n);
  s->n += n;
}

static void add_slice(story *s, kt_bytes slice) {
  assert(kt_utf8_valid(slice.p, slice.n));
  add(s, slice.p ? "|" : "-", 1);
  add(s, slice.p, slice.n);
}

static void check_content(kt_bytes c, const uint8_t *p, size_t n) {
  bool inside = c.p >= p && c.p + c.n <= p + n;
  assert(c.n > 0 && (inside || c.n < sizeof DELIMITER));
  assert(!memmem(c.p, c.n, DELIMITER, sizeof DELIMITER - 1));
}

static void tell(story *s, const kt_multipart *m, kt_multipart_event event, kt_bytes payload) {
  if (event == KT_MULTIPART_MORE || event == KT_MULTIPART_ERROR) return; /* why and where is told at the end */
  if (event != KT_MULTIPART_PART_DATA || s->last != event) add(s, &"?<:>."[event], 1);
  s->last = (uint8_t)event;
  if (event == KT_MULTIPART_PART_BEGIN) {
    const kt_multipart_part *part = kt_multipart_current(m);
    assert(part->name.p && part->field_count <= 4);
    add_slice(s, part->name);
    add_slice(s, part->filename);
  }
  if (event == KT_MULTIPART_PART_DATA) add(s, payload.p, payload.n);
}

static story read_form(const uint8_t *data, size_t n, size_t step) {
  static const kt_multipart_limits limits = {
      .body_size_max = 3000, .part_size_max = 1000, .part_count_max = 5, .head_size_max = 300, .field_count_max = 4};
  kt_multipart *m = kt_multipart_create(KT_BYTES("multipart/form-data; boundary=b0undary"), &limits);
  story s = {0};
  kt_multipart_event event = KT_MULTIPART_MORE;
  for (size_t at = 0; at < n && event != KT_MULTIPART_ERROR;) {
    size_t piece = step < n - at ? step : n - at, used;
    kt_bytes payload;
    event = kt_multipart_feed(m, data + at, piece, &used, &payload);
    assert(used <= piece && (event != KT_MULTIPART_MORE || used == piece));
    if (event == KT_MULTIPART_PART_DATA) check_content(payload, data + at, used);
    tell(&s, m, event, payload);
    at += used;
  }
  do {
    size_t used;
    kt_bytes payload;
    event = kt_multipart_feed(m, NULL, 0, &used, &payload);
    tell(&s, m, event, payload);
  } while (event != KT_MULTIPART_MORE && event != KT_MULTIPART_ERROR);
  if (kt_multipart_finish(m) == KT_MULTIPART_ERROR) {
    char line[100];
    assert(kt_multipart_status(m) >= 400 && kt_multipart_reason(m));
    add(&s, line, (size_t)snprintf(line, sizeof line, "%u %s", kt_multipart_status(m), kt_multipart_reason(m)));
  }
  kt_multipart_destroy(m);
  return s;
}

static void read_pairs(kt_bytes body) {
  uint8_t *room = malloc(body.n + 1);
  kt_urlencoded u;
  kt_bytes name, value;
  kt_urlencoded_init(&u, body, room, NULL);
  while (kt_urlencoded_next(&u, &name, &value)) {
    assert(u.status == 0 && kt_utf8_valid(name.p, name.n) && kt_utf8_valid(value.p, value.n));
    assert(u.out >= room && (size_t)(u.out - room) + u.rest.n <= body.n);
  }
  free(room);
}

static void read_type(kt_bytes type) {
  char line[300] = "multipart/form-data; boundary=";
  size_t k = strlen(line), n = type.n < sizeof line - k ? type.n : sizeof line - k;
  memcpy(line + k, type.p, n);
  kt_multipart *m = kt_multipart_create(kt_bytes_make(line, k + n), NULL);
  assert(kt_multipart_status(m) == 0 || kt_multipart_reason(m));
  kt_multipart_destroy(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  if (n == 0) return 0;
  size_t step = 1 + data[0] % 40;
  data++;
  n--;
  story whole = read_form(data, n, n + 1), pieces = read_form(data, n, step);
  assert(whole.n == pieces.n && (whole.n == 0 || memcmp(whole.text, pieces.text, whole.n) == 0));
  free(whole.text);
  free(pieces.text);
  read_pairs(kt_bytes_make(data, n));
  if (n) read_type(kt_bytes_make(data, n));
  return 0;
}
