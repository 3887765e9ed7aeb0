/* json_bench.c: the cursor over a product and over a list of products, strings written.
 *
 * "validate" checks the body's UTF-8, skips its one value and asserts that nothing follows: all of RFC 8259 and no
 * values. The bound beside it is the check of UTF-8 alone, which reads every byte once. */
#include "operations.h"

#define LIST_SIZE (21 * 1024)

/* "[product,product,...]", as many as fit. */
static kt_bytes product_list(void) {
  static char list[LIST_SIZE];
  size_t n = 0, product_n = sizeof input_product - 1;
  while (n + 1 + product_n + 1 <= LIST_SIZE) {
    list[n] = n ? ',' : '[';
    memcpy(list + n + 1, input_product, product_n);
    n += 1 + product_n;
  }
  list[n++] = ']';
  return kt_bytes_make(list, n);
}

static void utf8(void *context, uint64_t count) {
  kt_bytes body = *(kt_bytes *)context;
  while (count--)
    if (!kt_utf8_valid(body.p, body.n)) abort();
}

static void escape(void *context, uint64_t count) {
  static uint8_t out[2 * LIST_SIZE];
  kt_bytes text = *(kt_bytes *)context;
  while (count--) {
    if (kt_json_escaped_size(text.p, text.n) > sizeof out) abort();
    uint8_t *end = kt_json_escape(out, text.p, text.n);
    MICRO_USE(end);
  }
}

static void write_numbers(void *context, uint64_t count) {
  uint8_t out[KT_JSON_INT_MAX + KT_JSON_DOUBLE_MAX];
  while (count--) {
    uint8_t *end = kt_json_write_int64(out, 4711 + (int64_t)(count & 1023));
    MICRO_USE(end);
    end = kt_json_write_short_double(out, 249.95);
    MICRO_USE(end);
  }
}

int main(int argc, char **argv) {
  micro_begin(argc, argv);
  kt_bytes product = KT_BYTES(input_product), list = product_list();
  char what[80];
  snprintf(what, sizeof what, "a product of %zu bytes, all of its grammar", product.n);
  micro_row("validate product", what, op_validate, &product, 0);
  micro_row("utf8 product", "its UTF-8 alone", utf8, &product, 0);
  snprintf(what, sizeof what, "a list of %zu bytes, all of its grammar", list.n);
  micro_row("validate list", what, op_validate, &list, 0);
  micro_row("utf8 list", "its UTF-8 alone", utf8, &list, 0);
  kt_bytes plain = KT_BYTES("Round table of oiled oak, seats four. Made in Oslo, delivered in two parcels.");
  kt_bytes quoted = KT_BYTES("She said \"four\",\nand meant \"five\".\n\tThe path is C:\\tables\\oslo.");
  kt_bytes brief = KT_BYTES("Round table, oiled oak");
  micro_row("escape short", "22 bytes without an escape measured and written", escape, &brief, 0);
  micro_row("escape plain", "77 bytes without an escape measured and written", escape, &plain, 0);
  micro_row("escape quoted", "63 bytes with 9 escapes measured and written", escape, &quoted, 0);
  micro_row("escape list", "the list's bytes as a string, quotes escaped", escape, &list, 0);
  micro_row("write numbers", "an integer and a price", write_numbers, NULL, 0);
}
