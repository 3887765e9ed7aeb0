/* Records: what is plain is read here, everything else by the caller (katana/json_view.h). */
#include "json/plain.h"

#include "base/memory.h"
#include "katana/json_view.h"

#define BLOCK_MIN 1024
#define BLOCK_MAX (64 * 1024) /* but for what does not fit one */

kt_json_memory kt_json_memory_of(size_t hint, void *(*block)(void *, size_t), void *owner) {
  size_t next = BLOCK_MIN;
  while (next < hint && next < BLOCK_MAX) next *= 2;
  return (kt_json_memory){.next = next, .block = block, .owner = owner};
}

static void *grow(kt_json_reading *r, size_t n) {
  kt_json_memory *m = &r->memory;
  size_t size = n > m->next ? n : m->next;
  uint8_t *block = m->block(m->owner, size);
  if (block == NULL) {
    r->short_of_memory = true;
    kt_json_fail(r->cursor, KT_JSON_TRUNCATED, r->cursor->p);
    return NULL;
  }
  if (n >= m->next) return block; /* it is full; the block before may have room */
  m->at = block + n;
  m->end = block + size;
  if (m->next < BLOCK_MAX) m->next *= 2;
  return block;
}

void *kt_json_reading_alloc(kt_json_reading *r, size_t n) {
  kt_json_memory *m = &r->memory;
  n = (n + 15) & ~(size_t)15;
  if (n > (size_t)(m->end - m->at)) return grow(r, n);
  void *p = m->at;
  m->at += n;
  return p;
}

/* Each of these begins at `p` and gives what is behind the value: the place stays in a register on its way through the
 * body, and goes through the cursor only where something is not plain. After an error that is the body's end. */
static const uint8_t *read_value(kt_json_reading *r, const kt_json_view *view, kt_json_slot *slot, const uint8_t *p);
static const uint8_t *read_other(kt_json_reading *r, const kt_json_view *view, kt_json_slot *slot, const uint8_t *p);

static const kt_json_record *record_of(kt_json_reading *r, const kt_json_view *view) {
  const kt_json_record *record = __atomic_load_n(&view->record, __ATOMIC_ACQUIRE);
  if (record != NULL) return record;
  record = r->find(view);
  /* Every thread finds the same one. */
  __atomic_store_n((const kt_json_record **)(uintptr_t)&view->record, record, __ATOMIC_RELEASE);
  return record;
}

/* A value that is what the view says and written without ado, at `p`, where NEAR_END bytes are. Gives what is behind
 * it, or NULL with nothing changed. */
KT__JSON_INLINE const uint8_t *plain(const uint8_t *p, const uint8_t *end, const kt_json_view *view,
                                     kt_json_slot *slot) {
  int64_t value;
  double number;
  bool truth;
  const uint8_t *begin = p;
  uint64_t size;
  bool ascii;
  switch (view->kind) {
    case KT_JSON_VIEW_TEXT:
      p = plain_text(p, end, &size, &ascii);
      if (p == NULL || !is_in_bounds(size, ascii, view->low, view->high)) return NULL;
      *slot = (kt_json_slot){(uintptr_t)begin + 1, size | KT_JSON_SLOT_THERE | (uint64_t)ascii << 62};
      return p;
    case KT_JSON_VIEW_INT64:
    case KT_JSON_VIEW_INT32:
      p = kt__json_plain_integer(p, end, &value);
      if (p == NULL || value < view->low || value > view->high) return NULL;
      if (view->kind == KT_JSON_VIEW_INT32) memcpy(&slot->a, &(int32_t){(int32_t)value}, 4);
      else memcpy(&slot->a, &value, 8);
      break;
    case KT_JSON_VIEW_DOUBLE:
      p = kt__json_plain_decimal(p, end, &number);
      if (p == NULL) return NULL;
      memcpy(&slot->a, &number, 8);
      break;
    case KT_JSON_VIEW_BOOLEAN:
      p = plain_boolean(p, &truth);
      if (p == NULL) return NULL;
      memcpy(&slot->a, &truth, sizeof truth);
      break;
    default: return NULL;
  }
  slot->b = KT_JSON_SLOT_THERE;
  return p;
}

/* Reads members in the order of the contract from `*index` on, to the first that is another or is in `seen`, and leaves
 * the index behind the last. */
KT__JSON_INLINE const uint8_t *read_in_order(kt_json_reading *r, const kt_json_record *record, kt_json_slot *slots,
                                             uint64_t seen, int32_t *index, const uint8_t *p) {
  const kt_json_member_view *members = record->members;
  const uint8_t *end = r->cursor->end;
  bool fresh = r->cursor->fresh;
  uint64_t rest = seen >> *index;
  int32_t at = *index, stop = rest == 0 ? (int32_t)record->count : at + __builtin_ctzll(rest);
  for (; at < stop; at++) {
    size_t comma = !fresh, step = members[at].text_n + comma;
    if (end - p <= 2 * NEAR_END || (!fresh && *p != ',') || members[at].text_n - 1 >= NEAR_END) break;
    const uint8_t *q = p + step; /* one addition, to wait for as little as possible */
    if (p[comma] <= ' ') q = behind_space(p + comma, end) + members[at].text_n;
    if (end - q <= NEAR_END || !is_name(q - members[at].text_n, members[at].text, members[at].text_n)) break;
    if (*q <= ' ') q = behind_space(q, end);
    fresh = false;
    p = end - q <= NEAR_END ? NULL : plain(q, end, &members[at].value, slots + at);
    if (p == NULL) p = read_other(r, &members[at].value, slots + at, q);
  }
  r->cursor->fresh = fresh;
  *index = at;
  return p;
}

/* Reads the members of an object that was entered. */
static const uint8_t *read_members(kt_json_reading *r, const kt_json_record *record, kt_json_slot *slots,
                                   size_t offset, const uint8_t *p) {
  kt_json *c = r->cursor;
  uint64_t seen = 0;
  int32_t member = -1;
  for (;;) {
    int32_t next = member + 1; /* behind one that is unknown it is no guess */
    if ((uint32_t)next < record->count) {
      int32_t behind = next;
      p = read_in_order(r, record, slots, seen, &behind, p);
      if (behind != next) {
        seen |= (~(uint64_t)0 >> (64 - (behind - next))) << next;
        member = behind - 1;
      }
    }
    if (p < c->end && *p == '}') {
      p++;
      c->depth--;
      c->fresh = false;
      break;
    }
    c->p = p;
    if (!kt_json_member_of(c, record->names, &member)) {
      p = c->p;
      break;
    }
    uint64_t bit = (uint64_t)1 << (member & 63);
    if (member < 0) {
      if (record->closed) r->unknown(r);
      else (void)kt_json_skip(c);
      p = c->p;
    } else if ((seen & bit) != 0) {
      r->twice(r);
      p = c->p;
    } else {
      seen |= bit;
      p = read_value(r, &record->members[member].value, slots + member, c->p);
    }
  }
  uint64_t absent = ~seen & ~(uint64_t)0 >> (64 - record->count);
  if ((record->required & absent) != 0 && c->error == KT_JSON_OK) {
    c->p = p;
    r->missing(r, record, record->required & absent, offset);
  }
  for (; absent != 0; absent &= absent - 1) {
    int index = __builtin_ctzll(absent);
    slots[index] = record->blank[index];
  }
  return p;
}

/* Whether the bracket of an object or array is at `p`, which is entered then; else the value was refused. */
static bool enter(kt_json_reading *r, kt_json_type type, const uint8_t *p) {
  kt_json *c = r->cursor;
  c->p = p;
  if (kt_json_peek(c) == type) return kt_json_enter(c);
  r->refuse(r, type);
  return false;
}

static const uint8_t *read_object(kt_json_reading *r, const kt_json_view *view, kt_json_slot *slot, const uint8_t *p) {
  kt_json *c = r->cursor;
  const kt_json_record *record = record_of(r, view);
  if (record->checked) {
    c->p = p;
    r->check(r, record);
  }
  if (p == c->end || *p != '{' || c->depth == KT_JSON_DEPTH_MAX) {
    if (!enter(r, KT_JSON_OBJECT, p)) return c->p;
    p = c->p - 1;
  } else {
    c->depth++;
    c->fresh = true;
  }
  size_t size = record->count * sizeof(kt_json_slot);
  kt_json_slot *slots = kt_json_reading_alloc(r, size + sizeof(kt_json_slot));
  if (slots == NULL) return c->p;
  kt_json_slot *whole = slots++;
  const uint8_t *behind = read_members(r, record, slots, (size_t)(p - c->start), p + 1);
  *whole = (kt_json_slot){(uintptr_t)p, (size_t)(behind - p) | KT_JSON_SLOT_THERE};
  *slot = (kt_json_slot){(uintptr_t)slots, KT_JSON_SLOT_THERE};
  return behind;
}

/* Reads items for as long as they are plain to the end of the memory that there is, and takes it. Gives the place in
 * front of the comma or bracket behind the last. */
static const uint8_t *read_plain_items(kt_json_reading *r, const kt_json_view *item, kt_json_slot **items,
                                       size_t *count, const uint8_t *p) {
  const uint8_t *end = r->cursor->end;
  kt_json_slot *slots = (kt_json_slot *)(void *)r->memory.at;
  size_t n = 0, room = (size_t)(r->memory.end - r->memory.at) / sizeof *slots;
  while (n < room && end - p > 2 * NEAR_END && (n == 0 || *p == ',')) {
    const uint8_t *q = p + (n != 0);
    if (*q <= ' ') q = behind_space(q, end);
    q = end - q < NEAR_END ? NULL : plain(q, end, item, slots + n);
    if (q == NULL) break;
    n++;
    p = q;
  }
  *items = slots;
  *count = n;
  r->memory.at += n * sizeof *slots;
  return p;
}

/* Moves to the next item; NULL at the array's end, which the cursor is behind then, and on an error. */
KT__JSON_INLINE const uint8_t *next_item(kt_json *c, const uint8_t *p) {
  if (c->end - p > NEAR_END && *p == ',' && p[1] > ' ') return p + 1;
  c->p = p;
  return kt_json_element(c) ? c->p : NULL;
}

/* Short arrays are most of them; long ones double. */
#define ROOM_MIN 4

static const uint8_t *read_array(kt_json_reading *r, const kt_json_view *view, kt_json_slot *slot, const uint8_t *p) {
  kt_json *c = r->cursor;
  if (p == c->end || *p != '[' || c->depth == KT_JSON_DEPTH_MAX) {
    if (!enter(r, KT_JSON_ARRAY, p)) return c->p;
    p = c->p - 1;
  } else {
    c->depth++;
  }
  size_t offset = (size_t)(p - c->start), count = 0;
  kt_json_slot *items = NULL;
  p = read_plain_items(r, view->item, &items, &count, p + 1);
  c->fresh = count == 0;
  if (p < c->end && *p == ']') {
    p++;
    c->depth--;
    c->fresh = false;
  } else {
    size_t room = count;
    if (count == 0) { /* the first has no comma in front of it */
      c->p = p;
      p = kt_json_element(c) ? c->p : NULL;
    } else {
      p = next_item(c, p);
    }
    for (; p != NULL; p = next_item(c, p)) {
      if (count == room) {
        room = count < ROOM_MIN ? ROOM_MIN : 2 * count;
        kt_json_slot *more = kt_json_reading_alloc(r, room * sizeof *more);
        if (more == NULL) return c->p;
        if (count != 0) memcpy(more, items, count * sizeof *more);
        items = more;
      }
      items[count] = (kt_json_slot){0, 0};
      p = read_value(r, view->item, items + count++, p);
      c->fresh = false;
    }
    p = c->p;
  }
  if (((int64_t)count < view->low || (int64_t)count > view->high) && c->error == KT_JSON_OK) {
    c->p = p;
    r->counted(r, view, count, offset);
  }
  *slot = (kt_json_slot){(uintptr_t)items, count | KT_JSON_SLOT_THERE};
  return p;
}

static const uint8_t *read_other(kt_json_reading *r, const kt_json_view *view, kt_json_slot *slot, const uint8_t *p) {
  kt_json *c = r->cursor;
  if (view->null) {
    c->p = p;
    if (kt_json_peek(c) == KT_JSON_NULL) {
      *slot = (kt_json_slot){0, 0};
      (void)kt_json_null(c);
      return c->p;
    }
    p = c->p;
  }
  if (view->kind == KT_JSON_VIEW_OBJECT) return read_object(r, view, slot, p);
  if (view->kind == KT_JSON_VIEW_ARRAY) return read_array(r, view, slot, p);
  c->p = p;
  r->other(r, view, slot);
  return c->p;
}

static const uint8_t *read_value(kt_json_reading *r, const kt_json_view *view, kt_json_slot *slot, const uint8_t *p) {
  const uint8_t *end = r->cursor->end;
  p = behind_space(p, end);
  const uint8_t *behind = end - p < NEAR_END ? NULL : plain(p, end, view, slot);
  return behind != NULL ? behind : read_other(r, view, slot, p);
}

void kt_json_view_read(kt_json_reading *r, const kt_json_view *view, kt_json_slot *slot) {
  r->cursor->p = read_value(r, view, slot, r->cursor->p);
}

typedef struct block {
  struct block *next;
  _Alignas(16) uint8_t data[];
} block;

void *kt_json_blocks_take(void *blocks, size_t n) {
  block **newest = blocks, *b = n > SIZE_MAX - sizeof *b ? NULL : kt_malloc(sizeof *b + n);
  if (b == NULL) return NULL;
  b->next = *newest;
  *newest = b;
  return b->data;
}

void kt_json_blocks_free(void **blocks) {
  for (block *b = *blocks, *next; b != NULL; b = next) {
    next = b->next;
    kt_free(b);
  }
  *blocks = NULL;
}
