/* Where a value stands. The walk is kt_json_skip with a memory. It stops before the value that holds the offset and
 * can be sent on to a later one, so any number of violations costs one walk. */
#include "json/json.h"

void kt_json_path_init(kt_json_path *w, kt_bytes body) {
  kt_json_init(&w->cursor, body);
  w->depth = 0;
}

/* Moves to the next item of the innermost container, keeping its step. */
static bool advance(kt_json_path *w) {
  kt_json *c = &w->cursor;
  kt_json_step *step = &w->steps[w->depth - 1];
  kt_json_key key;
  if (step->key.p == NULL) {
    if (!kt_json_element(c)) return false;
    step->index++;
    return true;
  }
  if (!kt_json_member(c, &key)) return false;
  step->key = key.text;
  return true;
}

/* Closes what ends here and moves to the next value. False at the end of the body and on an error. */
static bool leave(kt_json_path *w) {
  while (w->depth > 0) {
    if (advance(w)) return true;
    if (w->cursor.error != KT_JSON_OK) return false;
    w->depth--;
  }
  return false;
}

/* Invariant: the cursor stands before a value, that of the innermost step. Every container on the way is entered
 * rather than skipped, so all calls together read the body once. */
void kt_json_path_to(kt_json_path *w, size_t offset) {
  kt_json *c = &w->cursor;
  const uint8_t *target = c->start + offset;
  for (;;) {
    kt_json_space(c);
    if (c->p >= target) return;
    kt_json_type type = kt_json_peek(c);
    if (type == KT_JSON_ARRAY || type == KT_JSON_OBJECT) {
      if (!kt_json_enter(c)) return;
      w->steps[w->depth++] = (kt_json_step){.key = {.p = type == KT_JSON_OBJECT ? c->p : NULL}, .index = UINT64_MAX};
      if (!advance(w) && (c->error != KT_JSON_OK || (w->depth--, !leave(w)))) return;
      continue;
    }
    kt_json before = *c;
    if (!kt_json_skip(c)) return;
    if (c->p > target) {
      *c = before;
      return;
    }
    if (!leave(w)) return;
  }
}

static size_t put(uint8_t *out, size_t n, uint8_t byte) {
  if (out != NULL) out[n] = byte;
  return n + 1;
}

/* A reference token (RFC 6901 §3): '~' is ~0 and '/' is ~1. Escapes of JSON are decoded one by one, so that no room
 * for the whole name is needed. */
static size_t put_name(uint8_t *out, size_t n, const kt_json_text *name) {
  const uint8_t *p = name->p, *end = p + name->n;
  while (p < end) {
    kt_json_text part = {.p = p, .n = 1};
    uint8_t decoded[4];
    size_t decoded_n = 1;
    if (*p == '\\') {
      part.n = p[1] != 'u' ? 2 : end - p >= 12 && (p[2] | 0x20) == 'd' && p[3] >= '8' && p[6] == '\\' ? 12 : 6;
      decoded[0] = 0;
      kt_json_unescape(&part, decoded);
      decoded_n = decoded[0] < 0x80 ? 1 : decoded[0] < 0xE0 ? 2 : decoded[0] < 0xF0 ? 3 : 4;
    } else {
      decoded[0] = *p;
    }
    for (size_t i = 0; i < decoded_n; i++) {
      if (decoded[i] != '~' && decoded[i] != '/') {
        n = put(out, n, decoded[i]);
      } else {
        n = put(out, n, '~');
        n = put(out, n, decoded[i] == '~' ? '0' : '1');
      }
    }
    p += part.n;
  }
  return n;
}

size_t kt_json_path_write(const kt_json_path *w, uint8_t *out) {
  size_t n = 0;
  for (unsigned i = 0; i < w->depth; i++) {
    n = put(out, n, '/');
    if (w->steps[i].key.p != NULL) {
      n = put_name(out, n, &w->steps[i].key);
      continue;
    }
    uint8_t digits[KT_JSON_INT_MAX], *end = kt_json_write_uint64(digits, w->steps[i].index);
    for (uint8_t *p = digits; p < end; p++) n = put(out, n, *p);
  }
  return n;
}
