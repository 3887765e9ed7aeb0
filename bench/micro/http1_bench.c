/* http1_bench.c: request heads beside two bounds and a peer, chunked coding, response heads.
 *
 * The bounds do less than a parser must: "memmem" finds the head's end and nothing else, "memmem + fields" also cuts
 * every line at its colon and stores name and value, and checks no byte of them. The peer, picohttpparser, cuts and
 * checks lines, but leaves the target as it is, knows no field by name and decides nothing about the body. Ours decodes
 * and normalises the path, gives known fields their ids and frames the message. */
#include "http1/http1.h"
#include "inputs.h"
#include "micro.h"

#include <dlfcn.h>
#include <sys/types.h>

#define FIELDS_MAX 100

/* ---- ours ---- */

typedef struct head {
  const char *name;
  kt_bytes bytes;
  size_t cuts[3]; /* where the pieces of the fragmented rows end; the last is the end */
  double seed_whole, seed_cut;
} head;

static const kt_h1_limits limits = {.head_size_max = 16384, .target_size_max = 8192, .field_count_max = FIELDS_MAX};
static kt_field fields[FIELDS_MAX];
static uint8_t scratch[8192];

static void parse_once(const head *h, const size_t *ends, size_t pieces) {
  static kt_request request;
  kt_h1_parser parser;
  kt_h1_parser_init(&parser);
  request.fields = fields;
  request.field_max = FIELDS_MAX;
  kt_h1_result result = KT_H1_MORE;
  for (size_t i = 0; i < pieces; i++) result = kt_h1_parse(&parser, &limits, h->bytes.p, ends[i], scratch, &request);
  if (result != KT_H1_DONE || parser.head_n != h->bytes.n) abort();
  MICRO_USE(&request);
}

static void parse_whole(void *context, uint64_t count) {
  const head *h = context;
  while (count--) parse_once(h, &h->bytes.n, 1);
}

static void parse_pieces(void *context, uint64_t count) {
  const head *h = context;
  while (count--) parse_once(h, h->cuts, 3);
}

/* ---- bounds ---- */

static void find_end(void *context, uint64_t count) {
  const head *h = context;
  while (count--) {
    const uint8_t *end = memmem(h->bytes.p, h->bytes.n, "\r\n\r\n", 4);
    MICRO_USE(end);
  }
}

static void cut_lines(void *context, uint64_t count) {
  const head *h = context;
  while (count--) {
    const uint8_t *end = (const uint8_t *)memmem(h->bytes.p, h->bytes.n, "\r\n\r\n", 4) + 2;
    const uint8_t *line = (const uint8_t *)memchr(h->bytes.p, '\n', h->bytes.n) + 1;
    size_t n = 0;
    while (line < end) {
      const uint8_t *line_end = memchr(line, '\n', (size_t)(end - line));
      const uint8_t *colon = memchr(line, ':', (size_t)(line_end - line));
      fields[n++] = (kt_field){line, colon + 2, (uint32_t)(line_end - colon - 3), (uint16_t)(colon - line), 0};
      line = line_end + 1;
    }
    MICRO_USE(fields);
  }
}

/* ---- picohttpparser, as Debian's libh2o-evloop0.13 exports it ---- */

typedef struct phr_header {
  const char *name;
  size_t name_len;
  const char *value;
  size_t value_len;
} phr_header;

typedef int (*phr_parse_request_fn)(const char *buf, size_t len, const char **method, size_t *method_len,
                                    const char **path, size_t *path_len, int *minor_version, phr_header *headers,
                                    size_t *num_headers, size_t last_len);
static phr_parse_request_fn phr_parse_request;

static void parse_pico(void *context, uint64_t count) {
  const head *h = context;
  static phr_header headers[FIELDS_MAX];
  while (count--) {
    const char *method, *path;
    size_t method_n, path_n, n = FIELDS_MAX;
    int minor;
    int used = phr_parse_request((const char *)h->bytes.p, h->bytes.n, &method, &method_n, &path, &path_n, &minor,
                                 headers, &n, 0);
    if (used != (int)h->bytes.n) abort();
    MICRO_USE(headers);
  }
}

static void open_pico(void) {
  static const char *const names[] = {"libh2o-evloop.so.0.13", "libh2o.so.0.13", "libh2o-evloop.so", "libh2o.so"};
  for (size_t i = 0; i < sizeof names / sizeof *names && !phr_parse_request; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library) phr_parse_request = (phr_parse_request_fn)dlsym(library, "phr_parse_request");
  }
  if (!phr_parse_request) printf("no rows of picohttpparser: Debian's libh2o-evloop0.13 is not installed\n");
}

static void head_rows(head *h) {
  char name[32];
  snprintf(name, sizeof name, "%s whole", h->name);
  micro_row(name, "one request head parsed", parse_whole, h, h->seed_whole);
  snprintf(name, sizeof name, "%s in 3 pieces", h->name);
  micro_row(name, "one request head parsed, in 3 calls as bytes come", parse_pieces, h, h->seed_cut);
  snprintf(name, sizeof name, "%s memmem", h->name);
  micro_row(name, "one search for CRLF CRLF", find_end, h, 0);
  snprintf(name, sizeof name, "%s memmem + fields", h->name);
  micro_row(name, "that, and every line cut at its colon, unchecked", cut_lines, h, 0);
  snprintf(name, sizeof name, "%s picohttpparser", h->name);
  if (phr_parse_request) micro_row(name, "one phr_parse_request", parse_pico, h, 0);
}

/* ---- chunked coding and response heads ---- */

#define CHUNKED_MAX (17 * 1024)
static uint8_t chunked[CHUNKED_MAX];

/* 16 KB of content in chunks of 1 KB. */
static size_t fill_chunked(void) {
  size_t n = 0;
  for (int i = 0; i < 16; i++) {
    n += kt_h1_chunk_head(chunked + n, 1024);
    memset(chunked + n, 'x', 1024);
    n += 1024;
    memcpy(chunked + n, "\r\n", 2);
    n += 2;
  }
  memcpy(chunked + n, "0\r\n\r\n", 5);
  return n + 5;
}

static void decode_chunked(void *context, uint64_t count) {
  kt_bytes in = *(kt_bytes *)context;
  while (count--) {
    kt_h1_chunked c;
    kt_h1_chunked_init(&c);
    size_t at = 0, content = 0;
    kt_h1_result result;
    do {
      size_t consumed;
      kt_bytes payload;
      result = kt_h1_chunked_feed(&c, in.p + at, in.n - at, &consumed, &payload);
      at += consumed;
      content += payload.n;
    } while (result == KT_H1_MORE && at < in.n);
    if (result != KT_H1_DONE || content != 16384) abort();
  }
}

static void write_head(void *context, uint64_t count) {
  uint8_t out[KT_H1_HEAD_SIZE_MAX + 64];
  while (count--) {
    size_t n = kt_h1_write_head(out, context);
    MICRO_USE(n);
    MICRO_USE(out);
  }
}

int main(int argc, char **argv) {
  micro_begin(argc, argv);
  open_pico();
  head heads[] = {
      {"703 B", KT_BYTES(input_browser), {234, 468, 703}, 0.96e6, 0.88e6},
      {"49 B", KT_BYTES(input_small), {16, 32, 49}, 0, 0},
      {"38 B", KT_BYTES(input_least), {12, 25, 38}, 0, 0},
  };
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) head_rows(&heads[i]);
  kt_bytes body = {chunked, fill_chunked()};
  micro_row("chunked 16 x 1 KB", "16 KB of content taken out of 16 chunks", decode_chunked, &body, 0);
  kt_h1_response ok = {.status = 200, .content_length = 1234, .date = "Sun, 06 Nov 1994 08:49:37 GMT",
                       .content_type = KT_BYTES("application/json")};
  micro_row("response head 200", "one head with Date, Content-Type, Content-Length", write_head, &ok, 0);
  kt_h1_response created = ok;
  created.status = 201;
  micro_row("response head 201", "the same, with a status that is looked up", write_head, &created, 0);
}
