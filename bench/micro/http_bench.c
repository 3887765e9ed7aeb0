/* http_bench.c: fields, targets, dates.
 *
 * The seed project keeps fields in a map of its own that requests and responses share. We have none: a request's fields
 * are slices of what came, a response's go straight into the head. So "set" here is what a handler's field costs, the
 * check of its name and value and the bytes written; "get", "compare" and "iterate" read a parsed request. */
#include "http/http.h"
#include "http1/http1.h"
#include "base/scan.h"
#include "micro.h"

typedef struct pair {
  kt_bytes name, value;
} pair;

#define PAIR(name, value) {KT_BYTES(name), KT_BYTES(value)}

static const pair usual[5] = {
    PAIR("Content-Language", "en"),
    PAIR("Cache-Control", "private, max-age=60"),
    PAIR("ETag", "\"33a64df551425fcc55e4d42a148795d9\""),
    PAIR("Location", "/products/4711"),
    PAIR("Vary", "Accept-Encoding"),
};
static const pair custom[4] = {
    PAIR("X-Trace-Id", "4bf92f3577b34da6a3ce929d0e0e4736"),
    PAIR("X-Frame-Options", "DENY"),
    PAIR("X-Rate-Limit", "100"),
    PAIR("X-Rate-Limit-Remaining", "99"),
};

static void set(const pair *pairs, size_t pair_n, uint64_t count) {
  static const char empty_head[] = "HTTP/1.1 200 OK\r\n\r\n";
  uint8_t out[512];
  memcpy(out, empty_head, sizeof empty_head - 1);
  while (count--) {
    size_t n = sizeof empty_head - 1;
    for (size_t i = 0; i < pair_n; i++) {
      if (!kt_h1_field_valid(pairs[i].name, pairs[i].value)) abort();
      n = kt_h1_add_field(out, n, pairs[i].name, pairs[i].value);
    }
    MICRO_USE(out);
  }
}

static void set_usual(void *context, uint64_t count) { set(usual, 5, count); }
static void set_custom(void *context, uint64_t count) { set(custom, 4, count); }

static kt_field fields[16];
static kt_request request = {.fields = fields, .field_max = 16};

static void fill_request(void) {
  static const char head[] =
      "GET /products HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: bench/1.0\r\nAccept: application/json\r\n"
      "Authorization: Bearer 8f14e45fceea167a\r\nX-Request-Id: 0123456789\r\n\r\n";
  static uint8_t scratch[64];
  kt_h1_limits limits = {.head_size_max = 1024, .target_size_max = 64, .field_count_max = 16};
  kt_h1_parser parser;
  kt_h1_parser_init(&parser);
  if (kt_h1_parse(&parser, &limits, (const uint8_t *)head, sizeof head - 1, scratch, &request) != KT_H1_DONE) abort();
}

static void get_by_name(void *context, uint64_t count) {
  kt_bytes *names = context;
  while (count--)
    for (int i = 0; i < 3; i++) {
      MICRO_USE(names);
      kt_bytes value = kt_request_find(&request, names[i]);
      MICRO_USE(value.p);
    }
}

static void get_by_id(void *context, uint64_t count) {
  while (count--)
    for (int i = 0; i < 3; i++) {
      MICRO_USE(&request);
      kt_bytes value = kt_request_field(&request, ((kt_field_id *)context)[i]);
      MICRO_USE(value.p);
    }
}

static void compare(void *context, uint64_t count) {
  kt_bytes *names = context;
  while (count--) {
    MICRO_USE(names);
    bool equal = names[0].n == names[1].n && kt_ci_equal(names[0].p, names[1].p, names[0].n);
    MICRO_USE(equal);
  }
}

static void iterate(void *context, uint64_t count) {
  while (count--)
    for (uint16_t i = 0; i < request.field_count; i++) {
      MICRO_USE(request.fields[i].name);
      MICRO_USE(request.fields[i].value_n);
    }
}

static void path(void *context, uint64_t count) {
  uint8_t out[256];
  while (count--) {
    kt_bytes decoded;
    if (kt_uri_path(*(kt_bytes *)context, out, &decoded)) abort();
    MICRO_USE(decoded.p);
    MICRO_USE(out);
  }
}

static void percent(void *context, uint64_t count) {
  uint8_t out[256];
  while (count--) {
    if (kt_percent_decode(*(kt_bytes *)context, out, true) < 0) abort();
    MICRO_USE(out);
  }
}

static void date_format(void *context, uint64_t count) {
  char out[KT_DATE_SIZE];
  while (count--) {
    kt_date_format(1700000000 + (int64_t)count, out);
    MICRO_USE(out);
  }
}

static void date_parse(void *context, uint64_t count) {
  int64_t seconds;
  while (count--)
    if (!kt_date_parse(*(kt_bytes *)context, 1700000000, &seconds)) abort();
}

int main(int argc, char **argv) {
  micro_begin(argc, argv);
  fill_request();
  micro_row("fields set 5", "5 response fields checked and written", set_usual, NULL, 3.8e6);
  micro_row("fields set 4 custom", "4 response fields of no known name checked and written", set_custom, NULL, 2.8e6);
  kt_bytes wanted[] = {KT_BYTES("host"), KT_BYTES("user-agent"), KT_BYTES("authorization")};
  micro_row("fields get 3", "3 fields of a request found by name", get_by_name, wanted, 16.7e6);
  kt_field_id ids[] = {KT_FIELD_HOST, KT_FIELD_USER_AGENT, KT_FIELD_AUTHORIZATION};
  micro_row("fields get 3 by id", "3 fields of a request found by id, as generated code does", get_by_id, ids, 16.7e6);
  kt_bytes two[] = {KT_BYTES("Content-Encoding"), KT_BYTES("content-encoding")};
  micro_row("fields compare", "2 names of 16 letters compared without case", compare, two, 16.1e6);
  micro_row("fields iterate 5", "5 fields of a request visited", iterate, NULL, 16.7e6);

  kt_bytes plain = KT_BYTES("/shops/berlin/products/4711"), coded = KT_BYTES("/shops/k%C3%B6ln/products/red%20shoe");
  kt_bytes dots = KT_BYTES("/shops/./berlin/../products//4711"), query = KT_BYTES("red+shoes+%26+k%C3%B6ln");
  micro_row("path plain", "a path of 27 bytes found to be its own normal form", path, &plain, 0);
  micro_row("path escaped", "a path of 36 bytes with 3 escapes decoded", path, &coded, 0);
  micro_row("path with dots", "a path of 33 bytes with dot segments normalised", path, &dots, 0);
  micro_row("query value", "a value of 23 bytes with 3 escapes decoded", percent, &query, 0);
  kt_bytes date = KT_BYTES("Sun, 06 Nov 1994 08:49:37 GMT");
  micro_row("date format", "one IMF-fixdate written", date_format, NULL, 0);
  micro_row("date parse", "one IMF-fixdate read", date_parse, &date, 0);
}
