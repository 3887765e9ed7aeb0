#include "coding/decoder_engine.h"

#include "base/memory.h"
#include "base/scan.h"

static const kt__decoder_engine *engine_of(kt_coding coding) {
  switch (coding) {
  case KT_CODING_GZIP: return &kt__gzip_decoder;
  case KT_CODING_DEFLATE: return &kt__deflate_decoder;
  case KT_CODING_BR: return &kt__br_decoder;
  case KT_CODING_ZSTD: return &kt__zstd_decoder;
  default: return NULL;
  }
}

static bool fail(kt_decoder *d, uint16_t status, const char *reason) {
  d->status = status;
  d->reason = reason;
  return false;
}

void kt_decoder_init(kt_decoder *d, uint64_t out_max) {
  *d = (kt_decoder){.out_max = out_max};
  kt_coding_heap_init(&d->heap, KT_DECODER_MEMORY_MAX);
}

void kt_decoder_deinit(kt_decoder *d) {
  for (size_t i = 0; i < d->stage_n; i++)
    if (d->stages[i].state) d->stages[i].engine->destroy(&d->stages[i]);
  kt_coding_heap_free(&d->heap, d->between);
  kt_coding_heap_deinit(&d->heap);
}

/* The coding that was applied last is decoded first. */
static bool add(kt_decoder *d, kt_bytes name) {
  kt_coding coding = kt_coding_find(name);
  if (coding == KT_CODING_IDENTITY) return true; /* should not stand there (§8.4.1), and says nothing */
  if (coding == KT_CODING_UNKNOWN) return fail(d, 415, "the content coding is none of " KT_DECODER_ACCEPTS);
  if (d->stage_n == KT_DECODER_CODINGS_MAX) return fail(d, 415, "the content has more than two codings");
  memmove(d->stages + 1, d->stages, d->stage_n * sizeof *d->stages);
  d->stages[0] = (kt__decode_stage){.engine = engine_of(coding)};
  d->stage_n++;
  return true;
}

static void skip_blanks(kt_bytes *s) {
  while (s->n && (*s->p == ' ' || *s->p == '\t')) s->p++, s->n--;
}

uint16_t kt_decoder_codings(kt_decoder *d, kt_bytes value) {
  while (d->status == 0) {
    skip_blanks(&value);
    if (value.n == 0) break;
    size_t n = (size_t)(kt_scan_token(value.p, value.p + value.n) - value.p);
    kt_bytes name = {value.p, n};
    value = kt_bytes_make(value.p + n, value.n - n);
    skip_blanks(&value);
    if (value.n && *value.p != ',') fail(d, 400, "Content-Encoding is malformed");
    else if (name.n) add(d, name);
    if (value.n) value = kt_bytes_make(value.p + 1, value.n - 1);
  }
  return d->status;
}

/* What compressed content may have in the middle of a chain: incompressible content grows by less than an eighth. */
static uint64_t between_max(uint64_t out_max) {
  uint64_t more = out_max / 8 + KT_DECODER_BETWEEN_SIZE;
  return out_max < UINT64_MAX - more ? out_max + more : UINT64_MAX;
}

static bool begin(kt_decoder *d, size_t i) {
  kt__decode_stage *s = &d->stages[i];
  s->heap = &d->heap;
  s->out_max = i + 1 == d->stage_n ? d->out_max : between_max(d->out_max);
  if (s->engine->create(s)) return true;
  s->state = NULL;
  return fail(d, 503, "memory is out");
}

static bool within_limits(kt_decoder *d, const kt__decode_stage *s) {
  if (s->out > s->out_max) return fail(d, 413, "the decoded content is too large");
  if (s->out > KT_DECODER_FREE_SIZE && s->out / KT_DECODER_RATIO_MAX > s->in)
    return fail(d, 413, "the content expands too much");
  return true;
}

static bool note(kt_decoder *d, kt__decode_stage *s, kt__decoded result) {
  switch (result) {
  case KT__DECODED_ALL: s->whole = false; break;
  case KT__DECODED_END: s->whole = true; break;
  case KT__DECODED_MALFORMED: return fail(d, 400, s->engine->malformed);
  case KT__DECODED_MEMORY: return fail(d, 503, "memory is out");
  }
  return true;
}

/* One call of the library with room up to the limit; at the limit with room for one byte, which only tells whether
 * there is more. */
static bool run_once(kt_decoder *d, kt__decode_stage *s, kt_coding_step *step) {
  uint64_t left = s->out_max - s->out;
  uint8_t beyond;
  size_t room = step->out_n < left ? step->out_n : (size_t)left;
  kt_coding_step inner = {step->in, step->in_n, room ? step->out : &beyond, room ? room : 1};
  size_t given = inner.out_n;
  kt__decoded result = s->engine->run(s, &inner);
  s->in += step->in_n - inner.in_n;
  s->out += given - inner.out_n;
  step->in = inner.in;
  step->in_n = inner.in_n;
  if (room) {
    step->out = inner.out;
    step->out_n -= given - inner.out_n;
  }
  return note(d, s, result) && within_limits(d, s);
}

/* Ends with the input used up and all of it in the output, or with the room full. A member that has ended takes nothing
 * but another one. */
static bool run_stage(kt_decoder *d, kt__decode_stage *s, kt_coding_step *step) {
  if (!s->state && !begin(d, (size_t)(s - d->stages))) return false;
  for (;;) {
    if (s->whole && step->in_n == 0) return true;
    if (s->whole && (!s->engine->again || !s->engine->again(s)))
      return fail(d, 400, "bytes follow the end of the content");
    if (step->out_n == 0) return true;
    s->whole = false;
    size_t in_n = step->in_n, out_n = step->out_n;
    uint64_t out = s->out;
    if (!run_once(d, s, step)) return false;
    bool moved = step->in_n != in_n || step->out_n != out_n || s->out != out;
    if (!moved && !s->whole) return true;
  }
}

static bool run_chain(kt_decoder *d, kt_coding_step *step) {
  if (!d->between && !(d->between = kt_coding_heap_alloc(&d->heap, KT_DECODER_BETWEEN_SIZE)))
    return fail(d, 503, "memory is out");
  for (;;) {
    kt_coding_step second = {d->between + d->between_start, d->between_end - d->between_start, step->out, step->out_n};
    if (!run_stage(d, &d->stages[1], &second)) return false;
    step->out = second.out;
    step->out_n = second.out_n;
    d->between_start = d->between_end - second.in_n;
    if (second.in_n) return true;
    kt_coding_step first = {step->in, step->in_n, d->between, KT_DECODER_BETWEEN_SIZE};
    if (!run_stage(d, &d->stages[0], &first)) return false;
    step->in = first.in;
    step->in_n = first.in_n;
    d->between_start = 0;
    d->between_end = KT_DECODER_BETWEEN_SIZE - first.out_n;
    if (d->between_end == 0) return true;
  }
}

static bool pass(kt_decoder *d, kt_coding_step *step) {
  size_t n = step->in_n < step->out_n ? step->in_n : step->out_n;
  if (n > d->out_max) return fail(d, 413, "the content is too large");
  d->out_max -= n;
  if (n) memcpy(step->out, step->in, n);
  *step = (kt_coding_step){step->in + n, step->in_n - n, step->out + n, step->out_n - n};
  return true;
}

static bool is_complete(const kt_decoder *d) {
  for (size_t i = 0; i < d->stage_n; i++)
    if (!d->stages[i].whole) return false;
  return d->between_start == d->between_end;
}

kt_decoding kt_decoder_feed(kt_decoder *d, kt_coding_step *step, bool is_last) {
  if (d->status) return KT_DECODE_ERROR;
  if (!step->in) step->in = (const uint8_t *)""; /* no arithmetic on NULL */
  bool went = d->stage_n == 0   ? pass(d, step)
              : d->stage_n == 1 ? run_stage(d, &d->stages[0], step)
                                : run_chain(d, step);
  if (!went) return KT_DECODE_ERROR;
  if (step->out_n == 0) return KT_DECODE_ROOM;
  KT_ASSERT(step->in_n == 0);
  if (!is_last) return KT_DECODE_MORE;
  if (is_complete(d)) return KT_DECODE_DONE;
  fail(d, 400, "the content ends before its coding does");
  return KT_DECODE_ERROR;
}
