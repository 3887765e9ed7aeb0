/* Content codings of responses and requests, over real sockets. */
#define LARGE_SIZE 700000
#define PACKED_MAX LARGE_SIZE
#include "coded_content.h"

#include "base/memory.h"

#include <stdatomic.h>

#define TEXT_SIZE 20000

/* Text that shrinks, but not to nothing; the handler's thread and the client's each have theirs. */
static const char *words(size_t n) {
  static _Thread_local char text[LARGE_SIZE + 1];
  unsigned seed = 7;
  for (size_t i = 0; i < LARGE_SIZE; i++) {
    seed = seed * 1103515245 + 12345;
    text[i] = (char)("etaoin shrdlucmf"[seed >> 28]);
  }
  text[n] = 0;
  return text;
}

static size_t size_of(kt_exchange *x) {
  kt_bytes query = kt_exchange_request(x)->query;
  size_t n = 0;
  for (size_t i = 0; i < query.n; i++) n = n * 10 + (size_t)(query.p[i] - '0');
  return query.n ? n : TEXT_SIZE;
}

static void text(void *context, kt_exchange *x) {
  (void)context;
  size_t n = size_of(x);
  kt_response_send(x, 200, KT_BYTES("text/plain"), words(n), n);
}

/* `context` is "name: value" of a field that the handler sets. */
static void with_field(void *context, kt_exchange *x) {
  const char *line = context, *colon = strchr(line, ':');
  CHECK(kt_response_field(x, kt_bytes_make(line, (size_t)(colon - line)),
                          kt_bytes_make(colon + 2, strlen(colon + 2))) == KT_OK);
  text(NULL, x);
}

static void image(void *context, kt_exchange *x) {
  (void)context;
  kt_response_send(x, 200, KT_BYTES("image/png"), words(TEXT_SIZE), TEXT_SIZE);
}

static void with_status(void *context, kt_exchange *x) {
  kt_response_field(x, KT_BYTES("ETag"), KT_BYTES("\"a\""));
  uint16_t status = (uint16_t)(uintptr_t)context;
  kt_response_send(x, status, KT_BYTES("text/plain"), words(TEXT_SIZE), TEXT_SIZE);
}

/* In pieces, with or without a length; the reader may be slow. */
typedef struct piecewise {
  kt_exchange *x;
  size_t size, at;
} piecewise;

static _Atomic(size_t) written; /* of the last stream */
static void write_on(void *context) {
  piecewise *p = context;
  while (p->at < p->size) {
    size_t n = p->size - p->at < 5000 ? p->size - p->at : 5000;
    kt_status st = kt_response_write(p->x, words(LARGE_SIZE) + p->at % LARGE_SIZE, n);
    if (st < 0) break;
    p->at += n;
    atomic_store(&written, p->at);
    if (st == KT_AGAIN && kt_response_wait(p->x, write_on, p) == KT_AGAIN) return;
  }
  kt_exchange *x = p->x;
  if (!kt_exchange_cancelled(x)) kt_response_end(x);
  free(p);
  kt_exchange_leave(x);
}

static void pieces(void *context, kt_exchange *x) {
  piecewise *p = malloc(sizeof *p);
  *p = (piecewise){x, size_of(x), 0};
  kt_exchange_suspend(x);
  kt_response_start(x, 200, KT_BYTES("text/plain"), context ? (int64_t)p->size : -1);
  write_on(p);
}

/* Declares 2000 bytes and writes another number. */
static void misjudges(void *context, kt_exchange *x) {
  (void)context;
  size_t n = size_of(x);
  kt_response_start(x, 200, KT_BYTES("text/plain"), 2000);
  kt_status st = kt_response_write(x, words(n), n);
  CHECK((n > 2000) == (st == KT_EINVAL));
  CHECK(kt_response_end(x) == (n == 2000 ? KT_OK : KT_EINVAL));
}

/* Writes an event, and the next one when it is told to. */
static _Atomic(kt_exchange *) events_of;
static void events(void *context, kt_exchange *x) {
  (void)context;
  kt_exchange_suspend(x);
  kt_response_start(x, 200, KT_BYTES("text/event-stream"), -1);
  kt_response_write(x, "data: first\n\n", 13);
  atomic_store(&events_of, x);
}
static void write_event(void *context, void *argument) {
  (void)argument;
  kt_exchange *x = context;
  if (kt_exchange_cancelled(x)) return;
  kt_response_write(x, "data: next\n\n", 12);
}
static void leave_events(void *context, void *argument) {
  (void)argument;
  kt_exchange *x = context;
  if (!kt_exchange_cancelled(x)) kt_response_end(x);
  kt_exchange_leave(x);
}

static void leaves_early(void *context, kt_exchange *x) {
  (void)context;
  kt_bytes chunk;
  kt_exchange_read(x, &chunk);
  kt_response_send(x, 200, KT_BYTES("text/plain"), "enough", 6);
}

static void fails_next(void *context, kt_exchange *x) {
  (void)context;
  size_t n = size_of(x);
  kt_response_send(x, 204, (kt_bytes){0, 0}, NULL, 0);
  kt_fail_allocation(n);
}

#define FIELD(path_, line_) {.method = KT_GET, .path = KT_BYTES(path_), .handler = with_field, .context = (line_)}
#define STATUS(path_, n_) {.method = KT_GET, .path = KT_BYTES(path_), .handler = with_status, .context = (void *)(n_)}
static const kt_route_spec routes[] = {
    ROUTE(KT_GET, "/text", text),
    ROUTE(KT_HEAD, "/text", text),
    ROUTE(KT_GET, "/image", image),
    ROUTE(KT_GET, "/pieces", pieces),
    {.method = KT_GET, .path = KT_BYTES("/known"), .handler = pieces, .context = ""},
    ROUTE(KT_GET, "/misjudges", misjudges),
    ROUTE(KT_GET, "/events", events),
    ROUTE(KT_GET, "/fail", fails_next),
    {.method = KT_GET, .path = KT_BYTES("/never"), .handler = text, .coding = KT_CODED_NEVER},
    {.method = KT_GET, .path = KT_BYTES("/always"), .handler = text, .coding = KT_CODED_ALWAYS},
    FIELD("/etag", "ETag: \"a\""),
    FIELD("/weak", "ETag: W/\"a\""),
    FIELD("/vary", "Vary: Origin"),
    FIELD("/varies", "Vary: Origin, accept-encoding"),
    FIELD("/cookie", "Set-Cookie: a=b"),
    FIELD("/coded", "Content-Encoding: br"),
    FIELD("/fixed", "Cache-Control: private, no-transform"),
    FIELD("/range", "Content-Range: bytes 0-19999/30000"),
    STATUS("/204", 204),
    STATUS("/206", 206),
    STATUS("/304", 304),
    STATUS("/404", 404),
    ROUTE(KT_POST, "/whole", whole),
    {.method = KT_POST, .path = KT_BYTES("/small"), .handler = whole, .body_size_max = 1000},
    {.method = KT_POST, .path = KT_BYTES("/pulls"), .handler = pulls, .body_mode = KT_BODY_STREAM},
    {.method = KT_POST, .path = KT_BYTES("/pulls-small"), .handler = pulls, .body_mode = KT_BODY_STREAM,
     .body_size_max = 1000},
    {.method = KT_POST, .path = KT_BYTES("/early"), .handler = leaves_early, .body_mode = KT_BODY_STREAM},
};
#define ROUTES routes, sizeof routes / sizeof *routes

/* ---- a client ---- */

static size_t heard_n, content_n;
static uint8_t content[1 << 20];

static void hear_binary(int fd) {
  ssize_t got;
  heard_n = 0;
  while (heard_n < sizeof heard - 1 && (got = peer_recv(fd, heard + heard_n, sizeof heard - 1 - heard_n, 0)) > 0)
    heard_n += (size_t)got;
  heard[heard_n] = 0;
}

/* Cuts head and content apart and takes chunks off; false when the content is not whole. */
static bool cut(void) {
  char *end = strstr(heard, "\r\n\r\n");
  if (!end) return false;
  end[2] = 0;
  char *p = end + 4, *stop_at = heard + heard_n;
  content_n = 0;
  if (!has(heard, "Transfer-Encoding: chunked\r\n")) {
    content_n = (size_t)(stop_at - p);
    memcpy(content, p, content_n);
    const char *length = strstr(heard, "Content-Length: ");
    return !length || strtoull(length + 16, NULL, 10) == content_n;
  }
  while (p < stop_at) {
    size_t n = strtoull(p, &p, 16);
    p += 2;
    if (n == 0) return p + 2 == stop_at;
    memcpy(content + content_n, p, n);
    content_n += n;
    p += n + 2;
  }
  return false;
}

/* The response to a request with these fields; its head is in `heard`. */
static bool get(const harness *h, const char *method, const char *target, const char *fields) {
  int fd = dial(h);
  char request[512];
  snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n", method, target, fields);
  say(fd, request);
  hear_binary(fd);
  close(fd);
  return cut();
}
#define ACCEPTS(list_) "Accept-Encoding: " list_ "\r\n"

static bool decodes_to(const char *coding, const char *text_, size_t n) {
  static uint8_t out[LARGE_SIZE + 1];
  kt_decoder d;
  kt_decoder_init(&d, sizeof out);
  CHECK(kt_decoder_codings(&d, kt_bytes_make(coding, strlen(coding))) == 0);
  kt_coding_step step = {content, content_n, out, sizeof out};
  bool done = kt_decoder_feed(&d, &step, true) == KT_DECODE_DONE;
  size_t got = sizeof out - step.out_n;
  kt_decoder_deinit(&d);
  return done && got == n && memcmp(out, text_, n) == 0;
}

static bool is_coded(const char *coding) {
  char line[64];
  snprintf(line, sizeof line, "Content-Encoding: %s\r\n", coding);
  return has(heard, line) && has(heard, "Vary: ") && content_n < TEXT_SIZE * 3 / 4 &&
         decodes_to(coding, words(TEXT_SIZE), TEXT_SIZE);
}
static bool is_plain(void) {
  return !has(heard, "Content-Encoding") && content_n == TEXT_SIZE && memcmp(content, words(TEXT_SIZE), TEXT_SIZE) == 0;
}

/* ---- responses ---- */

TEST("a whole response gets the coding that the client weighs most, and its length") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  static const char *const cases[][2] = {
      {ACCEPTS("gzip"), "gzip"},
      {ACCEPTS("br"), "br"},
      {ACCEPTS("zstd"), "zstd"},
      {ACCEPTS("gzip, deflate, br"), "br"},
      {ACCEPTS("gzip, deflate, br, zstd"), "zstd"},
      {ACCEPTS("gzip;q=1.0, br;q=0.5, *;q=0"), "gzip"},
      {ACCEPTS("zstd;q=0, *"), "br"},
      {ACCEPTS("gzip;q=0.1") ACCEPTS("br;q=0.2"), "br"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    CHECK(get(&h, "GET", "/text", cases[i][0]));
    if (!is_coded(cases[i][1])) KT_FAIL("%s: %s", cases[i][0], heard);
    CHECK(has(heard, "Content-Length: ") && !has(heard, "chunked") && has(heard, "Vary: Accept-Encoding\r\n"));
  }
  stop(&h);
}

TEST("a response is plain when the client wants no coding, and where the switch is off") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  CHECK(get(&h, "GET", "/text", "") && is_plain() && has(heard, "Vary: Accept-Encoding\r\n"));
  CHECK(get(&h, "GET", "/text", ACCEPTS("identity")) && is_plain() && has(heard, "Vary: Accept-Encoding\r\n"));
  CHECK(get(&h, "GET", "/text", ACCEPTS("gzip;q=0, br;q=0")) && is_plain());
  CHECK(get(&h, "GET", "/text", ACCEPTS("gzip;q=x")) && is_plain());
  stop(&h);
  c.compress = false;
  h = serve(&c, ROUTES);
  CHECK(get(&h, "GET", "/text", ACCEPTS("gzip")) && is_plain() && !has(heard, "Vary"));
  stop(&h);
}

TEST("small, coded, unshrinking, partial and fixed content stays as it is") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  static const char *const targets[] = {"/image", "/fixed", "/range", "/206", "/never"};
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    CHECK(get(&h, "GET", targets[i], ACCEPTS("gzip")));
    if (!is_plain() || has(heard, "Vary") || has(heard, "W/")) KT_FAIL("%s: %s", targets[i], heard);
  }
  CHECK(get(&h, "GET", "/text?859", ACCEPTS("gzip")) && content_n == 859 && !has(heard, "Content-Encoding"));
  CHECK(get(&h, "GET", "/text?860", ACCEPTS("gzip")) && content_n < 860 && has(heard, "Content-Encoding"));
  CHECK(get(&h, "GET", "/coded", ACCEPTS("gzip")) && content_n == TEXT_SIZE && has(heard, "Content-Encoding: br\r\n"));
  CHECK(!has(heard, "gzip"));
  CHECK(get(&h, "GET", "/204", ACCEPTS("gzip")) && content_n == 0 && !has(heard, "Content-Encoding"));
  CHECK(get(&h, "GET", "/404", ACCEPTS("gzip")) && is_coded("gzip"));
  stop(&h);
}

TEST("Vary is merged, a strong entity tag becomes weak, 304 has both") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  CHECK(get(&h, "GET", "/vary", ACCEPTS("gzip")) && is_coded("gzip"));
  CHECK(has(heard, "Vary: Origin, Accept-Encoding\r\n"));
  CHECK(get(&h, "GET", "/varies", ACCEPTS("gzip")) && has(heard, "Vary: Origin, accept-encoding\r\n"));
  CHECK(get(&h, "GET", "/etag", ACCEPTS("gzip")) && is_coded("gzip") && has(heard, "ETag: W/\"a\"\r\n"));
  CHECK(get(&h, "GET", "/weak", ACCEPTS("gzip")) && is_coded("gzip") && has(heard, "ETag: W/\"a\"\r\n"));
  CHECK(get(&h, "GET", "/etag", ACCEPTS("identity")) && is_plain() && has(heard, "ETag: \"a\"\r\n"));
  CHECK(get(&h, "GET", "/304", ACCEPTS("gzip")) && content_n == 0 && has(heard, "ETag: W/\"a\"\r\n"));
  CHECK(has(heard, "Vary: Accept-Encoding\r\n") && !has(heard, "Content-Encoding"));
  stop(&h);
}

TEST("what may tell a secret by its length goes plain, unless the route vouches for it") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  CHECK(get(&h, "GET", "/text", ACCEPTS("gzip") "Cookie: a=b\r\n") && is_plain() && has(heard, "Vary: Accept-Enc"));
  CHECK(get(&h, "GET", "/text", ACCEPTS("gzip") "Authorization: Basic YTpi\r\n") && is_plain());
  CHECK(get(&h, "GET", "/cookie", ACCEPTS("gzip")) && is_plain());
  CHECK(get(&h, "GET", "/text", ACCEPTS("gzip") "Cookie: a=b\r\nSec-Fetch-Site: same-origin\r\n") && is_coded("gzip"));
  CHECK(get(&h, "GET", "/text", ACCEPTS("gzip") "Authorization: Bearer x\r\n") && is_coded("gzip"));
  CHECK(get(&h, "GET", "/always", ACCEPTS("gzip") "Cookie: a=b\r\n") && is_coded("gzip"));
  stop(&h);
}

TEST("HEAD has the fields of GET and no content") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  int fd = dial(&h);
  say(fd, "HEAD /text HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" ACCEPTS("gzip") "\r\n");
  hear_binary(fd);
  close(fd);
  CHECK(begins(heard, "HTTP/1.1 200") && has(heard, "Content-Encoding: gzip\r\n") && has(heard, "Vary: Accept-Enc"));
  CHECK(!has(heard, "Content-Length") && strstr(heard, "\r\n\r\n") + 4 == heard + heard_n);
  stop(&h);
}

TEST("content that does not end in the first buffer is chunked, for HTTP/1.0 the connection ends it") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  static const char *const codings[] = {"gzip", "br", "zstd"};
  for (size_t i = 0; i < 3; i++) {
    char accepts[64];
    snprintf(accepts, sizeof accepts, "Accept-Encoding: %s\r\n", codings[i]);
    CHECK(get(&h, "GET", "/text?700000", accepts) && has(heard, "chunked") && !has(heard, "Content-Length"));
    CHECK(content_n > 100000 && decodes_to(codings[i], words(LARGE_SIZE), LARGE_SIZE));
  }
  int fd = dial(&h);
  say(fd, "GET /text?700000 HTTP/1.0\r\n" ACCEPTS("gzip") "\r\n");
  hear_binary(fd);
  close(fd);
  CHECK(cut() && !has(heard, "chunked") && decodes_to("gzip", words(LARGE_SIZE), LARGE_SIZE));
  stop(&h);
}

TEST("streams are coded, with a length and without, and connections go on after them") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  static const char *const codings[] = {"gzip", "br", "zstd"};
  for (size_t i = 0; i < 3; i++) {
    char accepts[64];
    snprintf(accepts, sizeof accepts, "Accept-Encoding: %s\r\n", codings[i]);
    CHECK(get(&h, "GET", "/pieces", accepts) && is_coded(codings[i]) && has(heard, "chunked"));
    CHECK(get(&h, "GET", "/known", accepts) && is_coded(codings[i]) && has(heard, "chunked"));
    CHECK(get(&h, "GET", "/pieces?700000", accepts) && decodes_to(codings[i], words(LARGE_SIZE), LARGE_SIZE));
  }
  int fd = dial(&h);
  say(fd, "GET /pieces HTTP/1.1\r\nHost: a\r\n" ACCEPTS("br") "\r\nGET /text?5 HTTP/1.1\r\nHost: a\r\n"
          "Connection: close\r\n\r\n");
  hear_binary(fd);
  CHECK(heard_n > 5 && memcmp(heard + heard_n - 5, words(5), 5) == 0);
  close(fd);
  stop(&h);
}

TEST("a declared length counts what is written, not what comes out") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  CHECK(get(&h, "GET", "/misjudges?2000", ACCEPTS("gzip")) && decodes_to("gzip", words(2000), 2000));
  CHECK(!get(&h, "GET", "/misjudges?1999", ACCEPTS("gzip")));
  CHECK(!get(&h, "GET", "/misjudges?2001", ACCEPTS("gzip")));
  stop(&h);
}

TEST("a slow reader holds a coded stream up, and gets all of it") {
  kt_config c = test_config();
  c.write_high_size = 16 * 1024;
  c.write_low_size = 4 * 1024;
  harness h = serve(&c, ROUTES);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 4096;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(kt_server_port(h.server)),
                           .sin_addr = {htonl(INADDR_LOOPBACK)}};
  CHECK(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
  say(fd, "GET /pieces?700000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" ACCEPTS("gzip") "\r\n");
  usleep(100000);
  hear_binary(fd);
  close(fd);
  CHECK(cut() && decodes_to("gzip", words(LARGE_SIZE), LARGE_SIZE));
  fd = dial(&h); /* more than the kernel's buffers hold */
  say(fd, "GET /pieces?35000000 HTTP/1.1\r\nHost: a\r\n" ACCEPTS("zstd") "\r\n");
  size_t before, now = 0;
  do {
    before = now;
    usleep(200000);
  } while ((now = atomic_load(&written)) != before);
  CHECK(now > 0 && now < 35000000);
  close(fd);
  stop(&h);
}

/* Decodes what has come until `wanted` is seen. */
static bool event_comes(int fd, kt_decoder *d, const char *wanted) {
  char seen[256] = {0};
  size_t seen_n = 0;
  while (!has(seen, wanted)) {
    ssize_t got = peer_recv(fd, heard, sizeof heard - 1, 0);
    if (got <= 0) return false;
    heard_n = (size_t)got;
    heard[got] = 0;
    char *p = begins(heard, "HTTP/1.1") ? strstr(heard, "\r\n\r\n") + 4 : heard;
    while (p < heard + heard_n) {
      size_t n = strtoull(p, &p, 16);
      kt_coding_step step = {(uint8_t *)p + 2, n, (uint8_t *)seen + seen_n, sizeof seen - 1 - seen_n};
      if (kt_decoder_feed(d, &step, false) != KT_DECODE_MORE) return false;
      seen_n = sizeof seen - 1 - step.out_n;
      p += n + 4;
    }
  }
  return true;
}

TEST("each event of a coded stream arrives before the next is written") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  static const char *const codings[] = {"gzip", "br", "zstd"};
  for (size_t i = 0; i < 3; i++) {
    atomic_store(&events_of, NULL);
    int fd = dial(&h);
    char request[128];
    snprintf(request, sizeof request, "GET /events HTTP/1.1\r\nHost: a\r\nAccept-Encoding: %s\r\n\r\n", codings[i]);
    say(fd, request);
    kt_decoder d;
    kt_decoder_init(&d, 1000);
    kt_decoder_codings(&d, kt_bytes_make(codings[i], strlen(codings[i])));
    CHECK(event_comes(fd, &d, "data: first\n\n"));
    kt_exchange *x;
    while (!(x = atomic_load(&events_of))) usleep(1000);
    for (int n = 0; n < 3; n++) {
      kt_reactor_post(kt_exchange_reactor(x), write_event, x, NULL);
      CHECK(event_comes(fd, &d, "data: next\n\n"));
    }
    if (i == 1) { /* a client that leaves in the middle */
      close(fd);
      usleep(20000);
      kt_reactor_post(kt_exchange_reactor(x), write_event, x, NULL);
    }
    kt_reactor_post(kt_exchange_reactor(x), leave_events, x, NULL);
    kt_decoder_deinit(&d);
    if (i != 1) close(fd);
  }
  stop(&h);
}

/* ---- requests ---- */

/* Sends `packed` by length, or in chunks of 1000. */
static const char *post(const harness *h, const char *target, const char *coding, bool chunked) {
  int fd = dial(h);
  char head[256];
  int n = snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Encoding: %s\r\n",
                   target, coding);
  if (chunked) snprintf(head + n, sizeof head - (size_t)n, "Transfer-Encoding: chunked\r\n\r\n");
  else snprintf(head + n, sizeof head - (size_t)n, "Content-Length: %zu\r\n\r\n", packed_n);
  say(fd, head);
  if (!chunked) say_bytes(fd, packed, packed_n);
  for (size_t at = 0; chunked && at < packed_n; at += 1000) {
    size_t part = packed_n - at < 1000 ? packed_n - at : 1000;
    snprintf(head, sizeof head, "%zx\r\n", part);
    say(fd, head);
    say_bytes(fd, packed + at, part);
    say(fd, "\r\n");
  }
  if (chunked) say(fd, "0\r\n\r\n");
  hear_all(fd);
  close(fd);
  return heard;
}

TEST("coded content reaches handlers decoded, buffered and streamed, by length and in chunks") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  static const struct {
    kt_coding coding;
    const char *name;
  } codings[] = {{KT_CODING_GZIP, "gzip"}, {KT_CODING_BR, "BR"}, {KT_CODING_ZSTD, "zstd"}, {KT_CODING_GZIP, "x-gzip"}};
  static const char *const targets[] = {"/whole", "/pulls"};
  static const size_t sizes[] = {1, 20000, 500000};
  for (size_t i = 0; i < 4 * 2 * 3 * 2; i++) {
    size_t size = sizes[i / 2 % 3];
    pack(codings[i / 12].coding, words(size), size);
    post(&h, targets[i / 6 % 2], codings[i / 12].name, i % 2);
    if (!has(heard, sum_line(words(size), size))) KT_FAIL("%s %s: %s", codings[i / 12].name, targets[i / 6 % 2], heard);
  }
  memcpy(packed, "plain", packed_n = 5);
  CHECK(has(post(&h, "/whole", "identity", false), "5 bytes"));
  stop(&h);
}

TEST("an unknown coding is 415 and says what is read, and so is any where the switch is off") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  pack(KT_CODING_GZIP, words(100), 100);
  CHECK(begins(post(&h, "/whole", "compress", false), "HTTP/1.1 415"));
  CHECK(has(heard, "Accept-Encoding: gzip, deflate, br, zstd\r\n"));
  CHECK(begins(post(&h, "/pulls", "gzip, gzip, gzip", false), "HTTP/1.1 415"));
  CHECK(begins(post(&h, "/pulls", "gzip;q=1", false), "HTTP/1.1 400"));
  stop(&h);
  c.decompress = false;
  h = serve(&c, ROUTES);
  CHECK(begins(post(&h, "/whole", "gzip", false), "HTTP/1.1 415") && has(heard, "Accept-Encoding: identity\r\n"));
  CHECK(has(post(&h, "/whole", "identity", false), "200 OK"));
  stop(&h);
}

TEST("malformed and truncated content is 400, bytes behind its end too") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  static const char *const targets[] = {"/whole", "/pulls"};
  static const kt_coding codings[] = {KT_CODING_GZIP, KT_CODING_BR, KT_CODING_ZSTD};
  static const char *const names[] = {"gzip", "br", "zstd"};
  for (size_t i = 0; i < 12; i++) {
    bool chunked = i % 2;
    const char *target = targets[i / 2 % 2], *name = names[i / 4];
    pack(codings[i / 4], words(5000), 5000);
    packed_n--;
    CHECK(begins(post(&h, target, name, chunked), "HTTP/1.1 400") && has(heard, "ends before"));
    packed_n += 2;
    packed[packed_n - 1] = 'x';
    CHECK(begins(post(&h, target, name, chunked), "HTTP/1.1 400"));
    memset(packed, 0xff, 100);
    CHECK(begins(post(&h, target, name, chunked), "HTTP/1.1 400"));
  }
  stop(&h);
}

TEST("the limit is that of the decoded content: one byte more is 413, and so is a bomb") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  static const char *const targets[] = {"/small", "/pulls-small"};
  for (size_t i = 0; i < 4; i++) {
    pack(KT_CODING_GZIP, words(1000), 1000);
    CHECK(has(post(&h, targets[i / 2], "gzip", i % 2), sum_line(words(1000), 1000)));
    pack(KT_CODING_GZIP, words(1001), 1001);
    CHECK(begins(post(&h, targets[i / 2], "gzip", i % 2), "HTTP/1.1 413"));
  }
  size_t size = 50 * 1024 * 1024;
  void *zeros = calloc(1, size);
  static const kt_coding codings[] = {KT_CODING_GZIP, KT_CODING_BR, KT_CODING_ZSTD};
  static const char *const names[] = {"gzip", "br", "zstd"};
  for (size_t i = 0; i < 3; i++) {
    pack(codings[i], zeros, size);
    CHECK(begins(post(&h, "/whole", names[i], false), "HTTP/1.1 413"));
    CHECK(begins(post(&h, "/pulls", names[i], true), "HTTP/1.1 413"));
  }
  free(zeros);
  stop(&h);
}

TEST("memory comes back when a client leaves in the middle of coded content, or a handler does") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  pack(KT_CODING_ZSTD, words(300000), 300000);
  static const char *const targets[] = {"/whole", "/pulls", "/early"};
  for (int i = 0; i < 30; i++) {
    int fd = dial(&h);
    char head[256];
    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Encoding: zstd\r\nContent-Length: %zu\r\n\r\n",
             targets[i % 3], packed_n);
    say(fd, head);
    say_bytes(fd, packed, packed_n * (size_t)(i % 10) / 10);
    close(fd);
  }
  pack(KT_CODING_GZIP, words(60000), 60000);
  int fd = dial(&h);
  char head[256];
  snprintf(head, sizeof head, "POST /early HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n"
                              "Content-Length: %zu\r\n\r\n", packed_n);
  say(fd, head);
  say_bytes(fd, packed, packed_n);
  CHECK(has(hear_until(fd, "enough"), "200 OK"));
  say(fd, "GET /text?5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); /* the rest was skipped */
  CHECK(has(hear_all(fd), "200 OK"));
  close(fd);
  stop(&h); /* the pools' asserts and the leak checker look now */
}

TEST("when memory runs out at any point a coded message fails or goes plain, and the server goes on") {
  unsigned refused = 0, plain = 0;
  for (int n = 1; n < 60; n++) {
    kt_config c = test_config();
    harness h = serve(&c, ROUTES);
    char target[32];
    snprintf(target, sizeof target, "/fail?%d", n / 2);
    get(&h, "GET", target, "");
    if (n % 2) {
      get(&h, "GET", n % 4 == 1 ? "/pieces" : "/text", ACCEPTS("br"));
      if (is_plain()) plain++;
    } else {
      pack(KT_CODING_GZIP, words(20000), 20000);
      if (has(post(&h, "/whole", "gzip", true), "HTTP/1.1 503")) refused++;
    }
    get(&h, "GET", "/text", ACCEPTS("gzip")); /* the failure may still wait for its allocation */
    CHECK(get(&h, "GET", "/text", ACCEPTS("gzip")) && is_coded("gzip"));
    stop(&h);
  }
  CHECK(refused >= 2 && plain >= 2);
}

TEST("requests that accept a coding allocate nothing once encoders are warm, others never") {
  kt_config c = test_config();
  harness h = serve(&c, ROUTES);
  int fd = dial(&h);
  uint64_t before = 0;
  for (int i = 0; i < 20; i++) {
    if (i == 10) before = kt_server_counters(h.server).allocations;
    say(fd, "GET /text?2000 HTTP/1.1\r\nHost: a\r\n" ACCEPTS("gzip") "\r\n");
    hear_until(fd, "\r\n\r\n");
    usleep(2000);
    while (recv(fd, heard, sizeof heard, MSG_DONTWAIT) > 0) {}
  }
  CHECK_EQ(kt_server_counters(h.server).allocations, before);
  close(fd);
  stop(&h);
}
