/* The member names of a struct: one block of memory with the hash table, the entries and their texts. */
#include "json/json.h"

#include <stdlib.h>

static bool is_plain(kt_bytes name) {
  for (size_t i = 0; i < name.n; i++)
    if (name.p[i] < 0x20 || name.p[i] == '"' || name.p[i] == '\\') return false;
  return true;
}

/* The names are the contract's, so that nobody can choose ones that meet. */
static uint32_t hash(size_t n, uint64_t head, uint64_t tail) {
  uint64_t mixed = (head ^ tail * 0x9E3779B97F4A7C15u ^ n) * 0xD6E8FEB86659FD93u;
  return (uint32_t)(mixed >> 32);
}

static bool is_name(const kt_json_name *name, const uint8_t *p, size_t n, uint64_t head, uint64_t tail) {
  if (name->n != n || name->head != head || name->tail != tail) return false;
  return n <= 16 || memcmp(name->text + 1, p, n) == 0;
}

const kt_json_names *kt_json_names_create(const kt_bytes *names, size_t count) {
  if (count > KT_JSON_NAMES_MAX) return NULL;
  uint32_t slot_count = 4;
  while (slot_count < 2 * count) slot_count *= 2;
  size_t text_size = 0;
  for (size_t i = 0; i < count; i++) {
    if (names[i].n > KT_JSON_NAME_SIZE_MAX) return NULL;
    text_size += names[i].n + 4;
  }
  size_t entries_size = count * sizeof(kt_json_name), slots_size = slot_count * sizeof(uint16_t);
  uint8_t *block = calloc(1, sizeof(kt_json_names) + entries_size + slots_size + text_size + KT__JSON_NAME_PAD);
  if (block == NULL) return NULL;
  kt_json_names *table = (kt_json_names *)block;
  kt_json_name *entries = (kt_json_name *)(table + 1);
  uint16_t *slots = (uint16_t *)(entries + count);
  uint8_t *text = (uint8_t *)(slots + slot_count);
  *table = (kt_json_names){.names = entries, .slots = slots, .count = (uint32_t)count, .mask = slot_count - 1};
  for (size_t i = 0; i < count; i++) {
    size_t n = names[i].n;
    *text++ = ',';
    text[0] = '"';
    if (n != 0) memcpy(text + 1, names[i].p, n);
    memcpy(text + 1 + n, "\":", 2);
    entries[i] = (kt_json_name){.text = text,
                                .text_n = is_plain(names[i]) ? (uint32_t)n + 3 : 0,
                                .n = (uint32_t)n,
                                .head = kt_json_head(text + 1, n),
                                .tail = kt_json_tail(text + 1, n)};
    uint32_t slot = hash(n, entries[i].head, entries[i].tail) & table->mask;
    while (slots[slot] != 0) slot = (slot + 1) & table->mask;
    slots[slot] = (uint16_t)(i + 1);
    text += n + 3;
  }
  return table;
}

static int32_t find(const kt_json_names *names, const uint8_t *p, size_t n, uint64_t head, uint64_t tail) {
  for (uint32_t slot = hash(n, head, tail) & names->mask; names->slots[slot] != 0; slot = (slot + 1) & names->mask) {
    uint32_t index = names->slots[slot] - 1u;
    if (is_name(&names->names[index], p, n, head, tail)) return (int32_t)index;
  }
  return -1;
}

static int32_t find_escaped(const kt_json_names *names, const kt_json_text *text) {
  uint8_t name[KT_JSON_NAME_SIZE_MAX];
  size_t n = text->decoded_n;
  if (n > sizeof name) return -1;
  kt_json_unescape(text, name);
  return find(names, name, n, kt_json_head(name, n), kt_json_tail(name, n));
}

bool kt__json_member_other(kt_json *c, const kt_json_names *names, int32_t expected, int32_t *index) {
  kt_json_key key;
  if (!kt__json_name(c, &key)) return false;
  int32_t found = key.text.escaped ? find_escaped(names, &key.text)
                                   : find(names, key.text.p, key.text.n, key.head, key.tail);
  *index = found >= 0 ? found : -1 - expected;
  return true;
}
