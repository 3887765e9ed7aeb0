/* http1_bench.c: request heads beside two bounds and a peer, chunked coding, response heads.
 *
 * The bounds do less than a parser must: "memmem" finds the head's end and nothing else, "memmem + fields" also cuts
 * every line at its colon and stores name and value, and checks no byte of them. The peer, picohttpparser, cuts and
 * checks lines, but leaves the target as it is, knows no field by name and decides nothing about the body. Ours decodes
 * and normalises the path, gives known fields their ids and frames the message. */
#include "operations.h"
#include "picohttpparser.h"

#include <sys/types.h>

/* ---- ours ---- */

typedef struct head {
  kt_bytes bytes;
  const char *name;
  size_t cuts[3]; /* where the pieces of the fragmented rows end; the last is the end */
  double seed_whole, seed_cut;
} head;

static void parse_pieces(void *context, uint64_t count) {
  const head *h = context;
  while (count--) op_parse_once(h->bytes, h->cuts, 3);
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
      op_fields[n++] = (kt_field){line, colon + 2, (uint32_t)(line_end - colon - 3), (uint16_t)(colon - line), 0};
      line = line_end + 1;
    }
    MICRO_USE(op_fields);
  }
}

/* ---- picohttpparser, as Debian's libh2o-evloop0.13 exports it ---- */

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
  phr_parse_request = phr_open();
  if (!phr_parse_request) printf("no rows of picohttpparser: Debian's libh2o-evloop0.13 is not installed\n");
}

static void head_rows(head *h) {
  char name[32];
  snprintf(name, sizeof name, "%s whole", h->name);
  micro_row(name, "one request head parsed", op_parse, &h->bytes, h->seed_whole);
  snprintf(name, sizeof name, "%s in 3 pieces", h->name);
  micro_row(name, "one request head parsed, in 3 calls as bytes come", parse_pieces, h, h->seed_cut);
  snprintf(name, sizeof name, "%s memmem", h->name);
  micro_row(name, "one search for CRLF CRLF", find_end, h, 0);
  snprintf(name, sizeof name, "%s memmem + fields", h->name);
  micro_row(name, "that, and every line cut at its colon, unchecked", cut_lines, h, 0);
  snprintf(name, sizeof name, "%s picohttpparser", h->name);
  if (phr_parse_request) micro_row(name, "one phr_parse_request", parse_pico, h, 0);
}

int main(int argc, char **argv) {
  micro_begin(argc, argv);
  open_pico();
  head heads[] = {
      {KT_BYTES(input_browser), "703 B", {234, 468, 703}, 0.96e6, 0.88e6},
      {KT_BYTES(input_small), "49 B", {16, 32, 49}, 0, 0},
      {KT_BYTES(input_least), "38 B", {12, 25, 38}, 0, 0},
  };
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) head_rows(&heads[i]);
  kt_bytes body = op_chunked();
  micro_row("chunked 16 x 1 KB", "16 KB of content taken out of 16 chunks", op_decode_chunked, &body, 0);
  kt_h1_response ok = op_response, created = op_response;
  created.status = 201;
  micro_row("response head 200", "one head with Date, Content-Type, Content-Length", op_write_head, &ok, 0);
  micro_row("response head 201", "the same, with a status that is looked up", op_write_head, &created, 0);
}
