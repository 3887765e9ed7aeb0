/* An HTTP/2 session on any bytes after the preface: events come in their order, content is counted, and no stream is
 * told of after it closed. Whoever asks gets a small answer, now or when the next piece comes. The first two bytes of
 * the input are choices and the cut; where the first is odd, the rest is not taken as bytes but as frames whose lengths
 * are put right, so that mutations reach further. */
#include "http2/http2.h"

#include <assert.h>
#include <stdlib.h>

#define STREAMS_MAX 256
#define INPUT_MAX 65536

typedef struct owner owner;
typedef struct stream {
  owner *owner;
  int32_t id;
  bool open, head, ended, answered, later, trailed;
  kt_trailer_list trailers;
  size_t out_n, in_n;
  kt_arena arena;
  kt_field fields[32];
  kt_request request;
} stream;

struct owner {
  kt_h2_session *session;
  kt_h2_head head;
  kt_arena_pool pool;
  stream *streams[STREAMS_MAX];
  uint8_t choices;
  size_t room; /* what may be written before the queue is full */
};

static const kt_h2_head_limits limits = {.head_size_max = 4096, .target_size_max = 512, .field_count_max = 32};

static void *on_begin(void *context, int32_t id) {
  owner *o = context;
  for (stream **at = o->streams; at < o->streams + STREAMS_MAX; at++) {
    if (*at) continue;
    stream *s = *at = calloc(1, sizeof *s);
    s->owner = o;
    s->id = id;
    s->open = true;
    kt_arena_init(&s->arena, &o->pool);
    s->request = (kt_request){.fields = s->fields, .field_max = 32};
    kt_h2_head_init(&o->head, &s->request, &s->arena);
    return s;
  }
  return NULL;
}

static bool on_field(void *context, kt_bytes name, kt_bytes value) {
  stream *s = context;
  assert(s->open && !s->head && name.n > 0);
  return kt_h2_head_add(&s->owner->head, &limits, name, value);
}

static void answer(stream *s) {
  static const kt_bytes fields[] = {{(const uint8_t *)"content-length", 14}, {(const uint8_t *)"300", 3}};
  s->answered = true;
  s->out_n = 300;
  kt_h2_respond(s->owner->session, s->id, 200, fields, 1, s->request.method == KT_HEAD);
}

/* What is not refused has a path and an authority; the slices are the stream's own. */
static void assert_sound(const stream *s) {
  const kt_request *r = &s->request;
  assert(r->field_count <= 32 && r->method_text.n > 0);
  if (r->method == KT_CONNECT) return;
  assert(r->path.n > 0 && (r->path.p[0] == '/' || (r->path.n == 1 && r->path.p[0] == '*')));
  assert(!memmem(r->path.p, r->path.n, "//", 2) && !memmem(r->path.p, r->path.n, "/../", 4));
  assert(r->authority.n > 0);
  unsigned cookies = 0;
  for (unsigned i = 0; i < r->field_count; i++) {
    cookies += r->fields[i].id == KT_FIELD_COOKIE;
    for (unsigned j = 0; j < r->fields[i].name_n; j++) assert(r->fields[i].name[j] > ' ');
    for (unsigned j = 0; j < r->fields[i].value_n; j++) assert(!memchr("\r\n", r->fields[i].value[j], 3));
  }
  assert(cookies <= 1);
}

static void on_head(void *context, bool ended) {
  stream *s = context;
  uint8_t scratch[512];
  assert(s->open && !s->head);
  s->head = true;
  s->ended = ended;
  if (kt_h2_head_finish(&s->owner->head, ended, scratch) && !s->owner->head.status) assert_sound(s);
  if (s->owner->choices & 2)
    s->later = true;
  else
    answer(s);
}

static void on_data(void *context, const uint8_t *p, size_t n) {
  stream *s = context;
  assert(s->open && s->head && !s->ended && n > 0);
  uint8_t sum = 0;
  for (size_t i = 0; i < n; i++) sum ^= p[i];
  s->in_n += n + (sum & 0);
  if (!(s->owner->choices & 4)) kt_h2_consume(s->owner->session, s->id, n);
}

/* Copied as the server does; what is forbidden is dropped. */
static bool on_trailer(void *context, kt_bytes name, kt_bytes value) {
  stream *s = context;
  assert(s->open && s->head && !s->ended && name.n > 0 && name.p[0] != ':');
  uint8_t *text = kt_arena_alloc(&s->arena, name.n + value.n);
  memcpy(text, name.p, name.n);
  if (value.n) memcpy(text + name.n, value.p, value.n);
  kt_trailer_list_add(&s->trailers, &s->arena, kt_bytes_make(text, name.n), kt_bytes_make(text + name.n, value.n));
  assert(s->trailers.count <= KT_TRAILERS_COUNT_MAX);
  for (unsigned i = 0; i < s->trailers.count; i++)
    assert(kt_trailer_permitted(kt_bytes_make(s->trailers.fields[i].name, s->trailers.fields[i].name_n)));
  return true;
}

static void on_ended(void *context) {
  stream *s = context;
  assert(s->open && s->head && !s->ended);
  s->ended = true;
}

static void release(stream *s) {
  kt_arena_deinit(&s->arena);
  free(s);
}

static void on_closed(void *context, uint32_t error) {
  (void)error;
  stream *s = context;
  assert(s->open);
  s->open = false;
  stream **at = s->owner->streams;
  while (*at != s) at++;
  *at = NULL;
  release(s);
}

static void on_sent(void *context) {
  stream *s = context;
  assert(s->open && s->answered);
  if (!s->ended) kt_h2_reset(s->owner->session, s->id, KT_H2_NO_ERROR);
}

static void on_glitch(void *context, kt_h2_glitch kind) { (void)context, (void)kind; }

static size_t on_content(void *context, size_t room, bool *last) {
  stream *s = context;
  size_t n = s->out_n < room ? s->out_n : room;
  assert(s->open && s->answered && !s->trailed);
  *last = n == s->out_n;
  if (!*last || !(s->owner->choices & 64)) return n;
  static const kt_bytes fields[] = {{(const uint8_t *)"x-sum", 5}, {(const uint8_t *)"300", 3}};
  s->trailed = true;
  return kt_h2_trail(s->owner->session, s->id, fields, 1) == KT_OK ? n : KT_H2_CONTENT_LOST;
}

static kt_status on_write_content(void *context, void *of, size_t n) {
  (void)context;
  stream *s = of;
  assert(s->open && n <= s->out_n);
  s->out_n -= n;
  return KT_OK;
}

static kt_status on_write(void *context, const void *p, size_t n) {
  (void)p;
  owner *o = context;
  if (o->room < n) return KT_AGAIN;
  o->room -= n;
  return KT_OK;
}

static const kt_h2_events events = {on_begin, on_field, on_head,  on_data,    on_trailer,       on_ended,
                                    on_closed, on_sent,  on_glitch, on_content, on_write_content, on_write};

static void answer_the_late(owner *o) {
  for (size_t i = 0; i < STREAMS_MAX; i++) {
    stream *s = o->streams[i];
    if (!s || !s->later) continue;
    s->later = false;
    answer(s);
  }
}

static bool turn(owner *o, const uint8_t *p, size_t n) {
  uint8_t *piece = malloc(n ? n : 1);
  if (n) memcpy(piece, p, n);
  bool ok = kt_h2_receive(o->session, piece, n);
  free(piece);
  o->room = o->choices & 8 ? 100 : 1 << 20;
  kt_status st = kt_h2_send(o->session);
  answer_the_late(o);
  return ok && st != KT_EIO;
}

/* Pieces of the input become frames: a length in one byte, then type, flags, stream, payload. */
static size_t frame(const uint8_t *data, size_t n, uint8_t *out) {
  size_t out_n = 0;
  while (n >= 4 && out_n + 300 < INPUT_MAX) {
    size_t length = data[0] < n - 4 ? data[0] : n - 4;
    const uint8_t head[] = {0, 0, (uint8_t)length, data[1], data[2], 0, 0, 0, data[3] & 0x1f};
    memcpy(out + out_n, head, sizeof head);
    memcpy(out + out_n + sizeof head, data + 4, length);
    out_n += sizeof head + length;
    data += 4 + length;
    n -= 4 + length;
  }
  return out_n;
}

static void run(owner *o, const uint8_t *p, size_t n, size_t step) {
  static const uint8_t hello[] = KT_H2_PREFACE "\0\0\0\4\0\0\0\0";
  bool goes_on = turn(o, hello, sizeof hello);
  for (size_t at = 0; goes_on && at < n; at += step) goes_on = turn(o, p + at, n - at < step ? n - at : step);
  if (o->choices & 16) kt_h2_shut_down(o->session, false, KT_H2_NO_ERROR);
  if (o->choices & 32) kt_h2_shut_down(o->session, true, KT_H2_ENHANCE_YOUR_CALM);
  if (goes_on) turn(o, NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  static uint8_t framed[INPUT_MAX];
  if (n < 2 || n > INPUT_MAX) return 0;
  owner o = {.choices = data[0]};
  size_t step = 1 + data[1] % 64 * 16;
  kt_h2_settings settings = {.streams_max = 8, .stream_window = 65535, .session_window = 65535, .head_size_max = 4096};
  kt_arena_pool_init(&o.pool);
  o.session = kt_h2_session_create(&settings, &events, &o);
  if (data[0] & 1)
    run(&o, framed, frame(data + 2, n - 2, framed), step);
  else
    run(&o, data + 2, n - 2, step);
  kt_h2_session_destroy(o.session);
  for (size_t i = 0; i < STREAMS_MAX; i++)
    if (o.streams[i]) release(o.streams[i]);
  kt_arena_pool_deinit(&o.pool);
  return 0;
}
