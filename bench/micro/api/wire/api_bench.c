/* api_bench.c: what a request to a generated API costs when the network costs nothing.
 *
 * An operation is a request's bytes in and its answer's bytes out: head parsed, path decoded and routed, limits and
 * media type judged, parameters or JSON content decoded and validated into the contract's types, the handler called,
 * its result encoded, head and content queued. It is the contract and the generated code of Examples/Products; the
 * catalogue behind it is an array. Left out is what the kernel does: wire.h. A turn serves as many requests as a batch
 * has, up to 64, so the turn's own cost (the clock is read three times) is shared as it is under load.
 *
 * The mixes are made once, from 1024 requests whose ids, pages and prices differ:
 *   valid        of 10: 5 GET by id, 2 GET of a page of 5 products, 3 POST with 270 B of JSON
 *   with errors  of 10: 6 as above, 1 that is no JSON, 1 with four violations (both 400), 1 path that nobody serves
 *                (404) or a method that the path does not have (405), 1 with the wrong media type (415)
 * The status of every answer is checked; a wrong one ends the program. */
#include "api_bench.h"
#include "micro.h"
#include "wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUESTS 1024 /* a power of two */
#define REQUEST_SIZE_MAX 1024
#define COUNTED_OPERATIONS 65536

#define CLIENT "Host: api.example.com\r\nUser-Agent: shop/4.2\r\nAccept: application/json\r\n"
#define POST(type) "POST /products HTTP/1.1\r\n" CLIENT "Content-Type: " type "\r\nContent-Length: %d\r\n\r\n%s"
#define JSON "application/json"

typedef struct mix {
  size_t at;
  wire_request requests[REQUESTS];
  const wire_request *order[REQUESTS + WIRES]; /* its start again at its end, so that a turn's share is contiguous */
} mix;

static uint32_t pick(uint32_t n) {
  static uint32_t seed = 1;
  seed = seed * 1664525 + 1013904223;
  return (uint32_t)((uint64_t)seed * n >> 32);
}

static wire_request request_of(const char *status, const char *text) {
  char *copy = strdup(text);
  wire_request request = {.bytes = kt_bytes_make(copy, strlen(copy))};
  memcpy(request.status, status, 4);
  return request;
}

static wire_request get(const char *status, const char *target) {
  char text[REQUEST_SIZE_MAX];
  snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" CLIENT "\r\n", target);
  return request_of(status, text);
}

static wire_request get_one(void) {
  char target[64];
  snprintf(target, sizeof target, "/products/%u", 1 + pick(1024));
  return get("200", target);
}

static wire_request get_page(void) {
  char target[64];
  snprintf(target, sizeof target, "/products?limit=5&offset=%u", pick(1000));
  return get("200", target);
}

static wire_request get_unknown(void) {
  char target[64];
  snprintf(target, sizeof target, "/products/%u/reviews", pick(1024));
  return get("404", target);
}

static wire_request patch(void) {
  char text[REQUEST_SIZE_MAX];
  snprintf(text, sizeof text, "PATCH /products/%u HTTP/1.1\r\n" CLIENT "\r\n", pick(1024));
  return request_of("405", text);
}

static const char *product(void) {
  static char text[REQUEST_SIZE_MAX];
  snprintf(text, sizeof text,
           "{\"sku\":\"TABLE-%u\",\"name\":\"Caf\\u00e9 table \\\"Oslo\\\"\",\"description\":\"Round table of oiled "
           "oak, seats four. Made in K\xc3\xb6ln, delivered in two parcels, put together in ten minutes without a "
           "tool.\","
           "\"price\":%u.%02u,\"stock\":%u,\"category\":\"other\",\"tags\":[\"table\",\"oak\",\"indoor\"]}",
           1000 + pick(9000), 100 + pick(900), pick(100), pick(1000));
  return text;
}

static wire_request post(const char *status, const char *format, const char *content) {
  char text[REQUEST_SIZE_MAX];
  int n = snprintf(text, sizeof text, format, (int)strlen(content), content);
  if (n >= (int)sizeof text) abort();
  return request_of(status, text);
}

static wire_request post_valid(void) { return post("201", POST(JSON), product()); }

static wire_request post_broken(void) {
  char content[REQUEST_SIZE_MAX];
  snprintf(content, sizeof content, "%s", product());
  *strstr(content, "\"category\"") = '\'';
  return post("400", POST(JSON), content);
}

static wire_request post_invalid(void) {
  char content[REQUEST_SIZE_MAX];
  snprintf(content, sizeof content,
           "{\"sku\":\"table %u\",\"name\":\"\",\"description\":\"Round table of oiled oak, seats four. Made in "
           "K\xc3\xb6ln.\",\"price\":\"%u\",\"stock\":-1,\"category\":\"other\","
           "\"tags\":[\"table\",\"oak\",\"indoor\"]}",
           pick(1000), pick(1000));
  return post("400", POST(JSON), content);
}

static wire_request post_text(void) { return post("415", POST("text/plain"), product()); }

static wire_request any_valid(size_t i) {
  static wire_request (*const kinds[])(void) = {get_one,    get_one, post_valid, get_one,    get_page,
                                                post_valid, get_one, get_page,   post_valid, get_one};
  return kinds[i % 10]();
}

static wire_request any(size_t i) {
  switch (i % 10) {
  case 1: return post_broken();
  case 3: return post_invalid();
  case 6: return i % 20 == 6 ? get_unknown() : patch();
  case 8: return post_text();
  default: return any_valid(pick(10));
  }
}

static wire_request only_one(size_t i) { return (void)i, get_one(); }
static wire_request only_page(size_t i) { return (void)i, get_page(); }
static wire_request only_post(size_t i) { return (void)i, post_valid(); }
static wire_request only_invalid(size_t i) { return (void)i, post_invalid(); }

/* In an order that repeats only after 1024 requests. */
static mix *mix_of(wire_request (*make)(size_t i)) {
  mix *m = calloc(1, sizeof *m);
  if (!m) abort();
  for (size_t i = 0; i < REQUESTS; i++) {
    m->requests[i] = make(i);
    size_t j = pick((uint32_t)i + 1);
    m->order[i] = m->order[j];
    m->order[j] = &m->requests[i];
  }
  memcpy(m->order + REQUESTS, m->order, WIRES * sizeof *m->order);
  return m;
}

static void serve(void *context, uint64_t count) {
  mix *m = context;
  while (count > 0) {
    size_t n = count < WIRES ? (size_t)count : WIRES;
    wire_turn(m->order + m->at, n);
    m->at = (m->at + n) % REQUESTS;
    count -= n;
  }
}

/* The count that bench/load/malloc_count.c keeps in the file, NULL without one. */
static const volatile uint64_t *allocation_count(void) {
  const char *path = getenv("MALLOC_COUNT_FILE");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return NULL;
  void *map = mmap(NULL, sizeof(uint64_t), PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  return map == MAP_FAILED ? NULL : map;
}

static void row(const char *name, const char *operation, wire_request (*make)(size_t i), double seed) {
  static const volatile uint64_t *allocations;
  if (!allocations) allocations = allocation_count();
  if (!micro_wanted(name)) return;
  mix *m = mix_of(make);
  micro_row(name, operation, serve, m, seed);
  if (!allocations) return;
  uint64_t before = *allocations;
  serve(m, COUNTED_OPERATIONS);
  printf("%-28s %.2f allocations per operation\n", "", (double)(*allocations - before) / COUNTED_OPERATIONS);
}

static int argument_count;
static char **argument_list;

static void run(void *reactor, void *unused) {
  (void)unused;
  micro_begin(argument_count, argument_list);
  wire_open(reactor);
  row("get by id", "GET /products/{id}, answered with 275 B of JSON", only_one, 0);
  row("get page", "GET /products?limit=5&offset=, with 1.4 KB", only_page, 0);
  row("post", "POST /products, 270 B decoded and validated, 275 B encoded", only_post, 0);
  row("post with violations", "four violations of a POST found and written, 400", only_invalid, 0);
  row("valid", "5 get by id, 2 get page, 3 post: the tenth of it", any_valid, 1.2e6);
  row("with errors", "6 valid, 2 x 400, 404 or 405, 415: the tenth of it", any, 1.2e6);
  exit(0);
}

void api_bench_begin(int argc, char **argv) {
  argument_count = argc;
  argument_list = argv;
  kt_reactor_post(kt_reactor_current(), run, kt_reactor_current(), NULL);
}

void api_bench_ask(uint16_t port) {
  static const char request[] = "POST /begin HTTP/1.1\r\nHost: localhost\r\n\r\n";
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
      write(fd, request, sizeof request - 1) != sizeof request - 1) {
    perror("api_bench");
    exit(1);
  }
}
