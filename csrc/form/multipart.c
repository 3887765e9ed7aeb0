#include "base/memory.h"
#include "form/form.h"

#define PADDING_MAX 32 /* blanks behind a boundary, which gateways for mail once put there; any number is allowed */

enum {
  PREAMBLE,
  BOUNDARY, /* behind a whole delimiter */
  PADDING,
  BOUNDARY_LF,
  LAST_DASH,
  HEAD_FIRST,
  HEAD,
  CONTENT,
  ENDED, /* KT_MULTIPART_END is to be given */
  EPILOGUE,
};

/* Invariant: from <= matched < delimiter.n. Bytes [from, matched) of the delimiter were consumed and are content
 * unless the rest of it follows; [0, from) was part of the line before. */
struct kt_multipart {
  uint64_t body_left, part_left; /* bytes */
  kt_multipart_limits limits;
  kt_form_fault fault;
  uint32_t parts_left;
  uint8_t state, matched, from, padding_n;
  bool has_part; /* one began; the next boundary ends one */
  bool cut; /* the content goes on beyond the limit */
  kt_delimiter delimiter;
  kt_part_head head;
};

typedef struct input {
  const uint8_t *p, *end;
} input;

kt_multipart_limits kt_multipart_limits_default(void) {
  return (kt_multipart_limits){
      .body_size_max = KT_MULTIPART_BODY_SIZE_MAX,
      .part_size_max = KT_MULTIPART_PART_SIZE_MAX,
      .part_count_max = KT_MULTIPART_PART_COUNT_MAX,
      .head_size_max = KT_MULTIPART_HEAD_SIZE_MAX,
      .field_count_max = KT_MULTIPART_FIELD_COUNT_MAX,
  };
}

kt_multipart *kt_multipart_create(kt_bytes content_type, const kt_multipart_limits *limits) {
  kt_multipart_limits l = limits ? *limits : kt_multipart_limits_default();
  size_t fields_n = l.field_count_max * sizeof(kt_field);
  kt_multipart *m = kt_malloc(sizeof *m + fields_n + l.head_size_max);
  if (!m) return NULL;
  *m = (kt_multipart){.limits = l, .body_left = l.body_size_max, .parts_left = l.part_count_max};
  m->matched = m->from = 2; /* the first delimiter stands at the start of the body, as if after a line end */
  m->fault = kt_delimiter_init(&m->delimiter, content_type);
  kt_field *fields = (kt_field *)(m + 1);
  kt_part_head_init(&m->head, (uint8_t *)(fields + l.field_count_max), l.head_size_max, fields, l.field_count_max);
  return m;
}

void kt_multipart_destroy(kt_multipart *m) { kt_free(m); }

static kt_multipart_event fail(kt_multipart *m, uint16_t status, const char *reason) {
  m->fault = (kt_form_fault){status, reason};
  return KT_MULTIPART_ERROR;
}

/* In the functions below KT_MULTIPART_MORE means that nothing is to be told and the next step may go on. */

/* Tells a run of content, as far as the part may be so long: whoever cuts the body into other pieces hears the same. */
static kt_multipart_event tell(kt_multipart *m, const uint8_t *p, size_t n, kt_bytes *payload) {
  if (m->state == PREAMBLE || n == 0) return KT_MULTIPART_MORE;
  if (n > m->part_left) {
    m->cut = true;
    n = (size_t)m->part_left;
    if (n == 0) return KT_MULTIPART_MORE;
  }
  m->part_left -= n;
  *payload = kt_bytes_make(p, n);
  return KT_MULTIPART_PART_DATA;
}

static void expect_boundary(kt_multipart *m, uint8_t matched) { m->matched = m->from = matched; }

static void leave_content(kt_multipart *m) {
  expect_boundary(m, 0);
  m->padding_n = 0;
  m->state = BOUNDARY;
}

/* The last piece ended inside what may be a delimiter. */
static kt_multipart_event resume(kt_multipart *m, input *in, kt_bytes *payload) {
  const kt_delimiter *d = &m->delimiter;
  while (in->p < in->end && m->matched < d->n && *in->p == d->text[m->matched]) in->p++, m->matched++;
  if (m->matched < d->n && in->p == in->end) return KT_MULTIPART_MORE;
  if (m->matched == d->n) {
    leave_content(m);
    return KT_MULTIPART_MORE;
  }
  size_t from = m->from, n = m->matched - from;
  expect_boundary(m, 0);
  return tell(m, d->text + from, n, payload);
}

static kt_multipart_event content(kt_multipart *m, input *in, kt_bytes *payload) {
  if (m->matched) return resume(m, in, payload);
  const uint8_t *begin = in->p, *at = kt_delimiter_find(&m->delimiter, begin, in->end);
  size_t left = (size_t)(in->end - at), match = left < m->delimiter.n ? left : m->delimiter.n;
  in->p = at + match;
  m->matched = (uint8_t)match;
  kt_multipart_event event = tell(m, begin, (size_t)(at - begin), payload);
  if (match == m->delimiter.n) leave_content(m);
  return event;
}

static kt_multipart_event end_part(kt_multipart *m, uint8_t next) {
  m->state = next;
  return m->has_part ? KT_MULTIPART_PART_END : KT_MULTIPART_MORE;
}

static kt_multipart_event go(kt_multipart *m, uint8_t state) {
  m->state = state;
  return KT_MULTIPART_MORE;
}

/* Behind a delimiter: "--", or blanks and a line end. Anything else may not be (§5.1.1: a delimiter must not appear in
 * content), and is not taken for content, because other readers take it for the end of the part. */
static kt_multipart_event boundary_byte(kt_multipart *m, uint8_t c) {
  bool is_blank = c == ' ' || c == '\t';
  switch (m->state) {
  case BOUNDARY:
    if (c == '-') return go(m, LAST_DASH);
    /* fallthrough */
  case PADDING:
    if (c == '\r') return go(m, BOUNDARY_LF);
    if (is_blank && m->padding_n++ < PADDING_MAX) return go(m, PADDING);
    break;
  case LAST_DASH:
    if (c == '-') return end_part(m, ENDED);
    break;
  case BOUNDARY_LF:
    if (c != '\n') break;
    return end_part(m, HEAD_FIRST);
  }
  return fail(m, 400, "a boundary does not end with CRLF");
}

static kt_multipart_event begin_part(kt_multipart *m) {
  if (m->parts_left-- == 0) return fail(m, 413, "the body has too many parts");
  m->has_part = true;
  m->part_left = m->limits.part_size_max;
  m->state = CONTENT;
  expect_boundary(m, 2); /* the empty line's end may belong to the delimiter: a part without content (§5.1.1) */
  return KT_MULTIPART_PART_BEGIN;
}

static kt_multipart_event head(kt_multipart *m, input *in) {
  size_t consumed;
  kt_part_result result = kt_part_head_feed(&m->head, in->p, (size_t)(in->end - in->p), &consumed, &m->fault);
  in->p += consumed;
  if (result == KT_PART_ERROR) return KT_MULTIPART_ERROR;
  return result == KT_PART_DONE ? begin_part(m) : KT_MULTIPART_MORE;
}

static kt_multipart_event step(kt_multipart *m, input *in, kt_bytes *payload) {
  switch (m->state) {
  case PREAMBLE:
  case CONTENT: return content(m, in, payload);
  case HEAD_FIRST: /* only now, so that the part that ended could be asked for its name */
    kt_part_head_begin(&m->head);
    m->state = HEAD;
    /* fallthrough */
  case HEAD: return head(m, in);
  case EPILOGUE: in->p = in->end; return KT_MULTIPART_MORE;
  default: return boundary_byte(m, *in->p++);
  }
}

static kt_multipart_event run(kt_multipart *m, input *in, kt_bytes *payload) {
  for (;;) {
    if (m->cut) return fail(m, 413, "a part is too long");
    if (m->state == ENDED) {
      m->state = EPILOGUE;
      return KT_MULTIPART_END;
    }
    if (in->p == in->end) return KT_MULTIPART_MORE;
    kt_multipart_event event = step(m, in, payload);
    if (event != KT_MULTIPART_MORE) return event;
  }
}

kt_multipart_event kt_multipart_feed(kt_multipart *m, const uint8_t *data, size_t n, size_t *consumed,
                                     kt_bytes *payload) {
  *payload = (kt_bytes){0, 0};
  *consumed = 0;
  if (m->fault.status) return KT_MULTIPART_ERROR;
  if (n == 0) data = m->delimiter.text; /* so that no one computes with NULL */
  input in = {data, data + (n < m->body_left ? n : m->body_left)};
  kt_multipart_event event = run(m, &in, payload);
  *consumed = (size_t)(in.p - data);
  m->body_left -= *consumed;
  if (event == KT_MULTIPART_MORE && *consumed < n) return fail(m, 413, "the body is too long");
  KT_ASSERT(m->from <= m->matched && m->matched < m->delimiter.n);
  return event;
}

kt_multipart_event kt_multipart_finish(kt_multipart *m) {
  if (m->fault.status) return KT_MULTIPART_ERROR;
  if (m->state == ENDED || m->state == EPILOGUE) return KT_MULTIPART_END;
  return fail(m, 400, "the body ends before its last boundary");
}

const kt_multipart_part *kt_multipart_current(const kt_multipart *m) { return &m->head.part; }
uint16_t kt_multipart_status(const kt_multipart *m) { return m->fault.status; }
const char *kt_multipart_reason(const kt_multipart *m) { return m->fault.reason; }
