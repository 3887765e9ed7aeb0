#include "files/plan.h"

#include "base/memory.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/mime.h"

static const struct {
  kt_bytes name, suffix; /* as in Content-Encoding; in entity tags */
} codings[KT_FILES_CODINGS] = {
    {{(const uint8_t *)"gzip", 4}, {(const uint8_t *)"gz", 2}},
    {{(const uint8_t *)"br", 2}, {(const uint8_t *)"br", 2}},
    {{(const uint8_t *)"zstd", 4}, {(const uint8_t *)"zst", 3}},
};

#define MULTIPART_TYPE "multipart/byteranges; boundary="

/* Values that a plan writes, in one allocation. */
typedef struct texts {
  char etag[KT_ETAG_SIZE_MAX];
  char date[KT_DATE_SIZE];
  char content_range[KT_CONTENT_RANGE_SIZE_MAX];
  char multipart_type[sizeof MULTIPART_TYPE - 1 + KT_BYTERANGES_BOUNDARY_SIZE];
} texts;

/* The work on one plan. */
typedef struct maker {
  const kt_files_config *config;
  const kt_files_question *q;
  kt_files_plan *plan;
  kt_arena *arena;
  const kt_files_entry *file; /* the file or the index file */
  const kt_files_entry *sent; /* that, or its coded sibling */
  kt_bytes type;
  texts *text;
  kt_validators validators;
  bool varies; /* another Accept-Encoding might get another coding */
} maker;

static void add(maker *k, kt_bytes name, kt_bytes value) {
  KT_ASSERT(k->plan->field_count < KT_FILES_FIELDS_MAX);
  k->plan->fields[k->plan->field_count++] = (kt_files_field){name, value};
}

static kt_status finish(maker *k, uint16_t status) {
  k->plan->status = status;
  return KT_OK;
}

/* ---- which file, which coding ---- */

static bool is_file(const kt_files_entry *e) { return e->exists && !e->is_directory; }

static uint8_t smallest_sibling(const maker *k) {
  uint64_t size = k->file->size;
  uint8_t best = KT_CODING_IDENTITY;
  for (unsigned i = 0; i < KT_FILES_CODINGS; i++) {
    const kt_files_entry *e = &k->q->coded[i];
    if (!(k->q->acceptable & 1u << i) || !is_file(e) || e->size >= size) continue;
    size = e->size;
    best = (uint8_t)(1u << i);
  }
  return best;
}

static bool has_sibling(const maker *k) {
  for (unsigned i = 0; i < KT_FILES_CODINGS; i++)
    if (is_file(&k->q->coded[i])) return true;
  return false;
}

/* zstd before br before gzip: on the fly speed counts. */
static uint8_t best_of(unsigned set) {
  return set & KT_CODING_ZSTD ? KT_CODING_ZSTD : set & KT_CODING_BR ? KT_CODING_BR : (uint8_t)(set & KT_CODING_GZIP);
}

static void choose_coding(maker *k) {
  kt_files_plan *plan = k->plan;
  bool worth_it = k->config->on_the_fly && k->file->size >= k->config->on_the_fly_size_min &&
                  kt_mime_compressible(k->type);
  k->varies = worth_it || has_sibling(k);
  k->sent = k->file;
  plan->coding = smallest_sibling(k);
  if (plan->coding) {
    k->sent = &k->q->coded[__builtin_ctz(plan->coding)];
  } else if (worth_it && !k->q->request->known[KT_FIELD_RANGE]) {
    plan->coding = best_of(k->q->acceptable & k->config->on_the_fly);
    plan->code_now = plan->coding != KT_CODING_IDENTITY;
  }
}

/* ---- validators ---- */

static int64_t seconds_of(int64_t ns) { return ns / 1000000000 - (ns % 1000000000 < 0); }

static void read_validators(maker *k) {
  const kt_files_entry *e = k->sent;
  kt_bytes suffix = k->plan->coding ? codings[__builtin_ctz(k->plan->coding)].suffix : (kt_bytes){0, 0};
  size_t n = kt_etag_write(k->text->etag, k->plan->code_now, e->size, e->mtime_ns, e->inode, suffix);
  int64_t modified = seconds_of(e->mtime_ns);
  k->validators = (kt_validators){.exists = true, .last_modified = modified < k->q->now ? modified : k->q->now};
  kt_etag_parse(kt_bytes_make(k->text->etag, n), &k->validators.etag);
}

static kt_bytes etag_value(const maker *k) {
  kt_bytes opaque = k->validators.etag.opaque;
  return kt_bytes_make(k->text->etag, opaque.n + (k->validators.etag.weak ? 2 : 0));
}

/* What caches need with 200, 206 and 304 (§15.4.5). */
static void add_cache_fields(maker *k) {
  add(k, KT_BYTES("ETag"), etag_value(k));
  if (k->varies) add(k, KT_BYTES("Vary"), KT_BYTES("Accept-Encoding"));
  if (k->config->cache_control.n) add(k, KT_BYTES("Cache-Control"), k->config->cache_control);
}

/* ---- content ---- */

static void add_content_fields(maker *k, kt_bytes type) {
  add(k, KT_BYTES("Content-Type"), type);
  if (k->plan->coding) add(k, KT_BYTES("Content-Encoding"), codings[__builtin_ctz(k->plan->coding)].name);
  kt_date_format(k->validators.last_modified, k->text->date);
  add(k, KT_BYTES("Last-Modified"), kt_bytes_make(k->text->date, KT_DATE_SIZE));
  if (!k->plan->code_now) add(k, KT_BYTES("Accept-Ranges"), KT_BYTES("bytes"));
}

static kt_status whole(maker *k) {
  bool sends = k->q->request->method == KT_GET && k->sent->size > 0;
  k->plan->content_length = k->sent->size;
  k->plan->pieces.count = sends;
  k->plan->pieces.list[0] = (kt_range){0, k->sent->size};
  add_cache_fields(k);
  add_content_fields(k, k->type);
  return finish(k, 200);
}

static kt_status one_range(maker *k) {
  kt_range range = k->plan->pieces.list[0];
  size_t n = kt_content_range_write(k->text->content_range, range, k->sent->size);
  k->plan->content_length = range.length;
  add(k, KT_BYTES("Content-Range"), kt_bytes_make(k->text->content_range, n));
  add_cache_fields(k);
  add_content_fields(k, k->type);
  return finish(k, 206);
}

static kt_status several_ranges(maker *k) {
  kt_files_plan *plan = k->plan;
  kt_byteranges_init(&plan->parts, &plan->pieces, k->sent->size, k->type, k->q->random);
  plan->content_length = kt_byteranges_length(&plan->parts);
  if (plan->content_length >= k->sent->size) {
    plan->parts.set = NULL;
    return whole(k);
  }
  char *type = k->text->multipart_type;
  memcpy(type, MULTIPART_TYPE, sizeof MULTIPART_TYPE - 1);
  memcpy(type + sizeof MULTIPART_TYPE - 1, plan->parts.boundary, KT_BYTERANGES_BOUNDARY_SIZE);
  add_cache_fields(k);
  add_content_fields(k, kt_bytes_make(type, sizeof k->text->multipart_type));
  return finish(k, 206);
}

static kt_status unsatisfiable(maker *k) {
  size_t n = kt_content_range_write_none(k->text->content_range, k->sent->size);
  add(k, KT_BYTES("Content-Range"), kt_bytes_make(k->text->content_range, n));
  return finish(k, 416);
}

/* §14.2: GET alone has ranges, and a Range that stands twice is no Range. */
static kt_range_result read_range(maker *k) {
  const kt_request *r = k->q->request;
  uint16_t at = r->known[KT_FIELD_RANGE];
  if (r->method != KT_GET || at == 0 || !kt_condition_if_range(r, &k->validators, k->q->now)) return KT_RANGE_IGNORED;
  for (; at < r->field_count; at++)
    if (r->fields[at].id == KT_FIELD_RANGE) return KT_RANGE_IGNORED;
  return kt_range_parse(kt_request_field(r, KT_FIELD_RANGE), k->sent->size, &k->plan->pieces);
}

static kt_status content(maker *k) {
  switch (read_range(k)) {
  case KT_RANGE_PARTIAL: return k->plan->pieces.count == 1 ? one_range(k) : several_ranges(k);
  case KT_RANGE_UNSATISFIABLE: return unsatisfiable(k);
  default: return whole(k);
  }
}

static kt_status file(maker *k) {
  k->text = kt_arena_alloc(k->arena, sizeof *k->text);
  if (!k->text) return KT_ENOMEM;
  k->type = kt_mime_of(k->plan->is_index ? k->config->index_name : k->q->path);
  choose_coding(k);
  read_validators(k);
  switch (kt_condition_judge(k->q->request, &k->validators, k->q->now)) {
  case KT_CONDITION_FAILED: return finish(k, 412);
  case KT_CONDITION_NOT_MODIFIED: add_cache_fields(k); return finish(k, 304);
  default: return content(k);
  }
}

/* ---- directories ---- */

/* pchar of RFC 3986 §3.3 and the slash. */
static bool stands_in_path(uint8_t c) {
  uint8_t letter = c | 0x20;
  return (uint8_t)(letter - 'a') < 26 || (uint8_t)(c - '0') < 10 || (c && strchr("-._~!$&'()*+,;=:@/", c));
}

static size_t escape(kt_bytes path, uint8_t *out) {
  uint8_t *o = out;
  for (size_t i = 0; i < path.n; i++) {
    uint8_t c = path.p[i];
    if (stands_in_path(c)) {
      *o++ = c;
    } else {
      *o++ = '%';
      *o++ = (uint8_t)"0123456789ABCDEF"[c >> 4];
      *o++ = (uint8_t)"0123456789ABCDEF"[c & 15];
    }
  }
  return (size_t)(o - out);
}

/* From the path in its normal form, which begins with one slash: as sent, "//host" would lead to another host. */
static kt_status redirect(maker *k) {
  const kt_request *r = k->q->request;
  uint8_t *out = kt_arena_alloc(k->arena, 3 * r->path.n + 2 + r->query.n);
  if (!out) return KT_ENOMEM;
  size_t n = escape(r->path, out);
  out[n++] = '/';
  if (r->query.p) {
    out[n++] = '?';
    if (r->query.n) memcpy(out + n, r->query.p, r->query.n);
    n += r->query.n;
  }
  add(k, KT_BYTES("Location"), kt_bytes_make(out, n));
  return finish(k, 301);
}

/* Relative links on the index page need the slash. */
static kt_status directory(maker *k, bool has_slash) {
  if (!is_file(&k->q->index)) return finish(k, 403);
  if (!has_slash) return redirect(k);
  k->file = &k->q->index;
  k->plan->is_index = true;
  return file(k);
}

kt_status kt_files_plan_make(const kt_files_config *config, const kt_files_question *q, kt_arena *arena,
                             kt_files_plan *plan) {
  const kt_request *r = q->request;
  maker k = {.config = config, .q = q, .plan = plan, .arena = arena, .file = &q->entry};
  *plan = (kt_files_plan){0};
  if (r->method != KT_GET && r->method != KT_HEAD) {
    add(&k, KT_BYTES("Allow"), KT_BYTES("GET, HEAD"));
    return finish(&k, 405);
  }
  bool has_slash = r->path.n && r->path.p[r->path.n - 1] == '/';
  if (!q->entry.exists) return finish(&k, 404);
  if (q->entry.is_directory) return directory(&k, has_slash);
  return has_slash ? finish(&k, 404) : file(&k);
}
