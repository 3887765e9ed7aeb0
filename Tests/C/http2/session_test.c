/* An HTTP/2 session, fed with frames made by hand: the same bytes give the same events however they are cut, and no
 * allocation that fails does harm. */
#include "check.h"

#include "http2/closed.h"
#include "http2/memory.h"
#include "http2/session.h"

#include <stdarg.h>

/* A session that ran out of memory while it sent is not given back whole, see kt_h2_session_destroy. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libnghttp2\n"; }

/* ---- bytes of a client ---- */

typedef struct bytes {
  uint8_t p[8192];
  size_t n;
} bytes;

static void put(bytes *b, const void *p, size_t n) {
  memcpy(b->p + b->n, p, n);
  b->n += n;
}

static void put_frame(bytes *b, uint8_t type, uint8_t flags, uint32_t id, const void *payload, size_t n) {
  uint8_t head[] = {(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n,  type, flags, (uint8_t)(id >> 24),
                    (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id};
  put(b, head, sizeof head);
  put(b, payload, n);
}

/* A literal without indexing; both are shorter than 127 bytes. */
static void put_field(bytes *block, const char *name, const char *value) {
  uint8_t lengths[] = {0, (uint8_t)strlen(name)}, value_n = (uint8_t)strlen(value);
  put(block, lengths, 2);
  put(block, name, strlen(name));
  put(block, &value_n, 1);
  put(block, value, value_n);
}

static void put_request(bytes *b, uint32_t id, const char *method, const char *path, bool end) {
  bytes block = {.n = 0};
  put_field(&block, ":method", method);
  put_field(&block, ":scheme", "http");
  put_field(&block, ":authority", "a");
  put_field(&block, ":path", path);
  put_frame(b, 1, end ? 5 : 4, id, block.p, block.n);
}

static void put_hello(bytes *b) {
  put(b, KT_H2_PREFACE, KT_H2_PREFACE_SIZE);
  put_frame(b, 4, 0, 0, "", 0);
}

/* ---- an owner that writes down what it is told, and echoes ---- */

#define STREAMS_MAX 8

typedef struct owner owner;
typedef struct stream {
  owner *owner;
  int32_t id;
  bool used, open, head, ended, responded;
  size_t out_n; /* content to send */
} stream;

struct owner {
  kt_h2_session *session;
  stream streams[STREAMS_MAX];
  char log[4096];
  size_t log_n;
  char content[64]; /* of all streams */
  size_t content_n;
  size_t sent; /* bytes */
  uint32_t error; /* of the last GOAWAY or RST_STREAM that was written */
  char frames[200]; /* of streams, as they were written */
  bool refuses, full, trails;
};

static void say(owner *o, const char *format, ...) {
  va_list list;
  va_start(list, format);
  o->log_n += (size_t)vsnprintf(o->log + o->log_n, sizeof o->log - o->log_n, format, list);
  va_end(list);
  if (o->log_n >= sizeof o->log) o->log_n = sizeof o->log - 1;
}

static void *on_begin(void *context, int32_t id) {
  owner *o = context;
  if (o->refuses) return NULL;
  for (stream *s = o->streams; s < o->streams + STREAMS_MAX; s++) {
    if (s->used) continue;
    *s = (stream){.owner = o, .id = id, .used = true, .open = true};
    say(o, "begin %d;", id);
    return s;
  }
  return NULL;
}

static bool on_field(void *context, kt_bytes name, kt_bytes value) {
  stream *s = context;
  if (s->head) abort();
  say(s->owner, "%.*s=%.*s;", (int)name.n, (const char *)name.p, (int)value.n, (const char *)value.p);
  return true;
}

static void respond(stream *s) {
  static const kt_bytes fields[] = {{(const uint8_t *)"x", 1}, {(const uint8_t *)"y", 1}};
  s->responded = kt_h2_respond(s->owner->session, s->id, 200, fields, 1, false) == KT_OK;
}

static void on_head(void *context, bool ended) {
  stream *s = context;
  s->head = true;
  say(s->owner, "head %d%s;", s->id, ended ? " ended" : "");
  s->ended = ended;
  if (ended) s->out_n = 5;
  respond(s);
}

static void on_data(void *context, const uint8_t *p, size_t n) {
  stream *s = context;
  for (size_t i = 0; i < n && s->owner->content_n + 1 < sizeof s->owner->content; i++)
    s->owner->content[s->owner->content_n++] = (char)p[i];
  s->out_n += n;
  kt_h2_consume(s->owner->session, s->id, n);
  kt_h2_resume(s->owner->session, s->id);
}

static bool on_trailer(void *context, kt_bytes name, kt_bytes value) {
  stream *s = context;
  if (!s->head || s->ended) abort();
  say(s->owner, "trailer %d %.*s=%.*s;", s->id, (int)name.n, (const char *)name.p, (int)value.n, (const char *)value.p);
  return true;
}

static void on_ended(void *context) {
  stream *s = context;
  s->ended = true;
  say(s->owner, "ended %d;", s->id);
  kt_h2_resume(s->owner->session, s->id);
}

static void on_closed(void *context, uint32_t error) {
  stream *s = context;
  if (!s->open) abort();
  say(s->owner, "closed %d %u;", s->id, error);
  s->open = s->used = false;
}

static void on_sent(void *context) {
  stream *s = context;
  say(s->owner, "sent %d;", s->id);
}

static void on_glitch(void *context, kt_h2_glitch kind) {
  owner *o = context;
  say(o, "glitch %d;", kind);
}

static size_t on_content(void *context, size_t room, bool *last) {
  stream *s = context;
  size_t n = s->out_n < room ? s->out_n : room;
  static const kt_bytes fields[] = {{(const uint8_t *)"X-Sum", 5}, {(const uint8_t *)"5", 1}};
  *last = s->ended && n == s->out_n;
  if (*last && s->owner->trails && kt_h2_trail(s->owner->session, s->id, fields, 1) != KT_OK) return KT_H2_CONTENT_LOST;
  return n;
}

static kt_status on_write_content(void *context, void *of, size_t n) {
  owner *o = context;
  stream *s = of;
  if (s->out_n < n) abort();
  s->out_n -= n;
  o->sent += n;
  return KT_OK;
}

static kt_status on_write(void *context, const void *p, size_t n) {
  owner *o = context;
  const uint8_t *b = p;
  if (o->full) return KT_AGAIN;
  if (n >= 17 && b[3] == 7) o->error = b[16];
  if (n == 13 && b[3] == 3) o->error = b[12];
  size_t at = strlen(o->frames);
  if (n >= 9 && b[8] && b[3] <= 1 && at + 20 < sizeof o->frames)
    sprintf(o->frames + at, "%s%s %u;", b[3] ? "HEADERS" : "DATA", b[4] & 1 ? " END" : "", b[2]);
  o->sent += n;
  return KT_OK;
}

static const kt_h2_events events = {on_begin, on_field, on_head,  on_data,    on_trailer,       on_ended,
                                    on_closed, on_sent,  on_glitch, on_content, on_write_content, on_write};
static const kt_h2_settings settings = {
    .streams_max = 4, .stream_window = 65535, .session_window = 65535, .head_size_max = 4096};

static void feed(owner *o, const bytes *b, size_t step) {
  for (size_t at = 0; at < b->n; at += step) {
    uint8_t *piece = malloc(step); /* its end is guarded under ASan */
    size_t n = b->n - at < step ? b->n - at : step;
    memcpy(piece, b->p + at, n);
    bool ok = kt_h2_receive(o->session, piece, n);
    free(piece);
    if (!ok || kt_h2_send(o->session) == KT_EIO) return;
  }
}

/* What a session tells of the bytes. */
static owner *tell_and(const bytes *b, size_t step, bool trails) {
  owner *o = calloc(1, sizeof *o);
  o->trails = trails;
  o->session = kt_h2_session_create(&settings, &events, o);
  if (o->session) {
    feed(o, b, step);
    kt_h2_session_destroy(o->session);
  }
  return o;
}

static owner *tell(const bytes *b, size_t step) { return tell_and(b, step, false); }

#define FIELDS(method, path) ":method=" method ";:scheme=http;:authority=a;:path=" path ";"

/* ---- tests ---- */

TEST("a request is told as its fields, its content and its end, and then its answer's") {
  bytes b = {.n = 0};
  put_hello(&b);
  put_request(&b, 1, "POST", "/p", false);
  put_frame(&b, 0, 0, 1, "he", 2);
  put_frame(&b, 0, 1, 1, "llo", 3);
  owner *o = tell(&b, b.n);
  CHECK_BYTES(kt_bytes_make(o->log, o->log_n),
              "glitch 3;begin 1;" FIELDS("POST", "/p") "head 1;ended 1;sent 1;closed 1 0;");
  CHECK_BYTES(kt_bytes_make(o->content, o->content_n), "hello");
  CHECK_EQ(o->error, 0);
  free(o);
}

static int updates_blamed(const bytes *b) {
  owner *o = tell(b, b->n);
  char wanted[32];
  snprintf(wanted, sizeof wanted, "glitch %d;", KT_H2_GLITCH_WINDOW_UPDATE);
  int n = 0;
  for (const char *p = o->log; (p = strstr(p, wanted)); p++) n++;
  free(o);
  return n;
}

TEST("window updates that requests and content call for are no glitches, others are") {
  bytes b = {.n = 0};
  put_hello(&b);
  for (int i = 0; i < 5; i++) put_frame(&b, 8, 0, 0, "\0\0\0\1", 4);
  CHECK_EQ(updates_blamed(&b), 5);
  for (uint32_t id = 1; id < 7; id += 2) put_request(&b, id, "GET", "/", true);
  for (int i = 0; i < 3 * KT_H2_UPDATES_PER_REQUEST; i++) put_frame(&b, 8, 0, 0, "\0\0\0\1", 4);
  CHECK_EQ(updates_blamed(&b), 5);
  for (int i = 0; i < 4; i++) put_frame(&b, 8, 0, 1, "\0\0\0\1", 4); /* of a stream that is over */
  CHECK_EQ(updates_blamed(&b), 9);
}

static void put_everything(bytes *b) {
  put_hello(b);
  put_request(b, 1, "GET", "/a", true);
  put_frame(b, 6, 0, 0, "12345678", 8);
  put_request(b, 3, "POST", "/b", false);
  put_frame(b, 0, 8, 3, "\2xy\0\0", 5);
  put_frame(b, 0x42, 0xff, 9, "unknown", 7);
  put_request(b, 5, "GET", "/c", false);
  put_frame(b, 3, 0, 5, "\0\0\0\x8", 4);
  put_frame(b, 8, 0, 0, "\0\1\0\0", 4);
  put_frame(b, 2, 0, 7, "\0\0\0\0\xf", 5);
  put_frame(b, 1, 4 | 1, 3, "\0\1t\1u", 5);
  bytes bad = {.n = 0};
  put_field(&bad, "X", "y");
  put_frame(b, 1, 5, 7, bad.p, bad.n);
  put_frame(b, 0, 0, 7, "late", 4);
  put_request(b, 9, "GET", "/d", true);
}

/* Content may be told in more pieces, and answers may end earlier between them; what is told of each stream stays. */
static void of_stream(const char *log, int id, char *out) {
  static const char *const names[] = {"begin", "head", "trailer", "closed", "sent"};
  *out = 0;
  for (const char *p = log; *p; p = strchr(p, ';') ? strchr(p, ';') + 1 : p + strlen(p))
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
      char wanted[32];
      int n = snprintf(wanted, sizeof wanted, "%s %d", names[i], id);
      if (strncmp(p, wanted, (size_t)n) == 0) strncat(out, p, (size_t)(strchr(p, ';') - p + 1));
    }
}

TEST("bytes cut anywhere give the same events") {
  bytes b = {.n = 0};
  put_everything(&b);
  owner *whole = tell(&b, b.n);
  for (size_t step = 1; step < b.n; step++) {
    owner *cut = tell(&b, step);
    for (int id = 1; id < 11; id += 2) {
      char a[300], c[300];
      of_stream(whole->log, id, a);
      of_stream(cut->log, id, c);
      if (strcmp(a, c) != 0) KT_FAIL("in steps of %zu: \"%s\", not \"%s\"", step, c, a);
    }
    CHECK_BYTES(kt_bytes_make(cut->content, cut->content_n), "xy");
    CHECK_EQ(cut->error, 1); /* of stream 7 */
    free(cut);
  }
  free(whole);
}

static void put_trailers(bytes *b, uint32_t id) {
  bytes block = {.n = 0};
  put_field(&block, "x-sum", "7");
  put_field(&block, "x-time", "1 ms");
  put_frame(b, 1, 5, id, block.p, block.n);
}

TEST("trailer fields of a request come between its content and its end") {
  bytes b = {.n = 0};
  put_hello(&b);
  put_request(&b, 1, "POST", "/p", false);
  put_frame(&b, 0, 0, 1, "hello", 5);
  put_trailers(&b, 1);
  put_request(&b, 3, "POST", "/q", false);
  put_trailers(&b, 3);
  owner *o = tell(&b, b.n);
  CHECK_BYTES(kt_bytes_make(o->log, o->log_n),
              "glitch 3;begin 1;" FIELDS("POST", "/p") "head 1;trailer 1 x-sum=7;trailer 1 x-time=1 ms;ended 1;"
              "begin 3;" FIELDS("POST", "/q") "head 3;trailer 3 x-sum=7;trailer 3 x-time=1 ms;ended 3;"
              "sent 1;closed 1 0;sent 3;closed 3 0;");
  CHECK_EQ(o->error, 0);
  free(o);
}

TEST("trailer fields of a response follow its content and end the stream") {
  bytes b = {.n = 0};
  put_hello(&b);
  put_request(&b, 1, "GET", "/", true);
  for (size_t step = 1; step <= b.n; step++) {
    owner *o = tell_and(&b, step, true);
    CHECK_BYTES(kt_bytes_make(o->frames, strlen(o->frames)), "HEADERS 6;DATA 5;HEADERS END 8;");
    CHECK(strstr(o->log, "sent 1;closed 1 0;"));
    free(o);
  }
}

TEST("trailer fields of a response without content follow its head") {
  bytes b = {.n = 0};
  put_hello(&b);
  put_request(&b, 1, "POST", "/", false);
  put_frame(&b, 0, 1, 1, "", 0);
  owner *o = tell_and(&b, b.n, true);
  CHECK(strstr(o->log, "sent 1;closed 1 0;"));
  CHECK_BYTES(kt_bytes_make(o->frames, strlen(o->frames)), "HEADERS 6;HEADERS END 8;");
  free(o);
}

TEST("DATA for a stream that was answered ends the connection; for one that we refused it is dropped") {
  bytes b = {.n = 0};
  put_hello(&b);
  put_request(&b, 1, "GET", "/", true);
  size_t before = b.n;
  put_frame(&b, 0, 0, 1, "x", 1);
  owner *o = calloc(1, sizeof *o);
  o->session = kt_h2_session_create(&settings, &events, o);
  feed(o, &(bytes){.n = 0}, 1);
  bytes first = b;
  first.n = before;
  feed(o, &first, before);
  CHECK(strstr(o->log, "closed 1 0;"));
  CHECK(kt_h2_receive(o->session, b.p + before, b.n - before));
  kt_h2_send(o->session);
  CHECK_EQ(o->error, 5);
  CHECK(kt_h2_is_over(o->session));
  kt_h2_session_destroy(o->session);
  free(o);

  o = calloc(1, sizeof *o);
  o->refuses = true;
  o->session = kt_h2_session_create(&settings, &events, o);
  feed(o, &b, b.n);
  CHECK_EQ(o->error, 2); /* INTERNAL_ERROR on the stream */
  CHECK(!kt_h2_is_over(o->session));
  kt_h2_session_destroy(o->session);
  free(o);
}

TEST("a queue that is full pauses the session, and it goes on where it stood") {
  bytes b = {.n = 0};
  put_hello(&b);
  put_request(&b, 1, "GET", "/", true);
  owner *o = calloc(1, sizeof *o);
  o->full = true;
  o->session = kt_h2_session_create(&settings, &events, o);
  CHECK(kt_h2_receive(o->session, b.p, b.n));
  CHECK(kt_h2_send(o->session) == KT_AGAIN);
  CHECK(kt_h2_send(o->session) == KT_AGAIN);
  CHECK_EQ(o->sent, 0);
  o->full = false;
  CHECK(kt_h2_send(o->session) == KT_OK);
  CHECK(strstr(o->log, "sent 1;closed 1 0;"));
  kt_h2_session_destroy(o->session);
  owner *unpaused = tell(&b, b.n);
  CHECK_EQ(o->sent, unpaused->sent);
  free(unpaused);
  free(o);
}

TEST("a stream that was forgotten is told of no more") {
  bytes b = {.n = 0};
  put_hello(&b);
  put_request(&b, 1, "POST", "/", false);
  owner *o = calloc(1, sizeof *o);
  o->session = kt_h2_session_create(&settings, &events, o);
  feed(o, &b, b.n);
  size_t told = o->log_n;
  kt_h2_forget(o->session, 1);
  kt_h2_reset(o->session, 1, KT_H2_CANCEL);
  bytes rest = {.n = 0};
  put_frame(&rest, 0, 1, 1, "x", 1);
  feed(o, &rest, rest.n);
  CHECK(!strstr(o->log + told, "ended 1") && !strstr(o->log + told, "closed 1") && o->content_n == 0);
  CHECK_EQ(o->error, KT_H2_CANCEL);
  kt_h2_session_destroy(o->session);
  free(o);
}

TEST("after the last GOAWAY the session is over when its streams are") {
  bytes b = {.n = 0};
  put_hello(&b);
  put_request(&b, 1, "POST", "/", false);
  owner *o = calloc(1, sizeof *o);
  o->session = kt_h2_session_create(&settings, &events, o);
  feed(o, &b, b.n);
  kt_h2_shut_down(o->session, false, KT_H2_NO_ERROR);
  kt_h2_shut_down(o->session, true, KT_H2_NO_ERROR);
  kt_h2_send(o->session);
  CHECK(!kt_h2_is_over(o->session));
  bytes rest = {.n = 0};
  put_request(&rest, 3, "POST", "/late", false);
  put_frame(&rest, 0, 1, 3, "x", 1); /* sent before GOAWAY came: no error */
  put_frame(&rest, 0, 1, 1, "x", 1);
  feed(o, &rest, rest.n);
  CHECK(strstr(o->log, "closed 1 0;") && !strstr(o->log, "begin 3"));
  CHECK(kt_h2_is_over(o->session));
  CHECK_EQ(o->error, 0);
  kt_h2_session_destroy(o->session);
  free(o);
}

TEST("when memory runs out at any point the session ends or goes on, and nothing is lost or touched again") {
  bytes b = {.n = 0};
  put_everything(&b);
  bool trails = false;
  for (size_t step = 7;; step = b.n, trails = true) {
    for (uint64_t n = 1;; n++) {
      kt_h2_memory_trim(); /* so that each one is an allocation */
      uint64_t before = kt_allocations();
      kt_fail_allocation(n);
      owner *o = tell_and(&b, step, trails);
      kt_fail_allocation(0);
      uint64_t made = kt_allocations() - before;
      free(o);
      if (made < n) {
        CHECK(n > 20);
        break;
      }
    }
    if (step == b.n) break;
  }
}

TEST("what is remembered of closed streams tells begun from skipped ones, and never forbids what we dropped") {
  kt__h2_closed c = {0};
  CHECK(kt__h2_note_headers(&c, 1) && kt__h2_note_headers(&c, 7) && !kt__h2_note_headers(&c, 7));
  CHECK(kt__h2_is_closed(&c, 5) && !kt__h2_was_begun(&c, 5) && !kt__h2_was_begun(&c, 3));
  CHECK(kt__h2_is_closed(&c, 1) && kt__h2_was_begun(&c, 1));
  CHECK(!kt__h2_is_closed(&c, 9) && !kt__h2_is_closed(&c, 2));
  kt__h2_note_dropped(&c, 3);
  kt__h2_note_dropped(&c, 1);
  CHECK(!kt__h2_is_closed(&c, 3) && kt__h2_is_closed(&c, 5));
  CHECK(kt__h2_note_headers(&c, 7 + 128) && kt__h2_was_begun(&c, 7) && !kt__h2_was_begun(&c, 9));
  CHECK(kt__h2_note_headers(&c, INT32_MAX) && kt__h2_was_begun(&c, 7 + 128) && !kt__h2_was_begun(&c, INT32_MAX - 2));
}
