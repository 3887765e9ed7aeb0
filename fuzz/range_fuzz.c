/* What static files read of a request, on any bytes: ranges, lists of entity tags,
 * preconditions, parameters, paths. The first byte is a size. */
#include "files/files.h"
#include "http/http.h"

#include <assert.h>
#include <stdlib.h>

static void check_set(const kt_range_set *set, uint64_t size) {
  assert(set->count > 0 && set->count <= KT_RANGES_MAX);
  for (uint32_t i = 0; i < set->count; i++) {
    kt_range a = set->list[i];
    assert(a.length > 0 && a.offset < size && a.length <= size - a.offset);
    for (uint32_t j = 0; j < i; j++) {
      kt_range b = set->list[j], low = a.offset < b.offset ? a : b, high = a.offset < b.offset ? b : a;
      assert(low.offset + low.length <= high.offset);
      assert(high.offset - (low.offset + low.length) > KT_RANGE_GAP_MAX);
    }
  }
}

static void check_parts(const kt_range_set *set, uint64_t size) {
  kt_byteranges b;
  kt_byteranges_init(&b, set, size, KT_BYTES("text/plain"), (const uint64_t[]){1, 2});
  uint8_t out[400];
  uint64_t n = kt_byteranges_end(&b, out);
  for (uint32_t i = 0; i < set->count; i++) {
    size_t head_n = kt_byteranges_head(&b, i, out);
    assert(head_n <= kt_byteranges_head_size_max(&b) && head_n <= sizeof out);
    n += head_n + set->list[i].length;
  }
  assert(n == kt_byteranges_length(&b));
}

static void ranges(kt_bytes value, uint64_t size) {
  kt_range_set set;
  if (kt_range_parse(value, size, &set) != KT_RANGE_PARTIAL) return;
  check_set(&set, size);
  check_parts(&set, size);
}

static void tags(kt_bytes list) {
  kt_bytes rest = list;
  kt_etag tag, again;
  size_t before = rest.n;
  while (kt_etag_next(&rest, &tag)) {
    assert(rest.n < before && tag.opaque.n >= 2);
    assert(kt_etag_parse(tag.opaque, &again) && kt_etag_same(again, again));
    before = rest.n;
  }
}

static const kt_field_id ids[] = {KT_FIELD_IF_MATCH,      KT_FIELD_IF_NONE_MATCH, KT_FIELD_IF_MODIFIED_SINCE,
                                  KT_FIELD_IF_UNMODIFIED_SINCE, KT_FIELD_IF_RANGE, KT_FIELD_RANGE};

/* The bytes as a field that `size` chooses, and the plan that comes of it. */
static void plan(kt_bytes value, uint64_t size) {
  kt_field f = {.value = value.p, .value_n = (uint32_t)value.n, .id = ids[size % 6]};
  kt_request r = {.path = KT_BYTES("/a.txt"), .fields = &f, .field_count = 1};
  r.known[f.id] = 1;
  kt_files_config config = {.index_name = KT_BYTES("index.html")};
  kt_files_question q = {.request = &r, .path = KT_BYTES("a.txt"), .now = 1790000000};
  q.entry = (kt_files_entry){.exists = true, .size = size, .mtime_ns = 784111777000000000, .inode = 3};
  kt_files_plan p;
  kt_arena_pool pool;
  kt_arena arena;
  kt_arena_pool_init(&pool);
  kt_arena_init(&arena, &pool);
  assert(kt_files_plan_make(&config, &q, &arena, &p) == KT_OK);
  assert(p.status == 200 || p.status == 206 || p.status == 304 || p.status == 412 || p.status == 416);
  if (p.status == 200) assert(p.content_length == size);
  if (p.status == 206) assert(p.content_length <= size);
  kt_arena_deinit(&arena);
  kt_arena_pool_deinit(&pool);
}

static void parameters(kt_bytes text) {
  kt_bytes rest = text, name, value;
  uint8_t *out = malloc(text.n + 1);
  while (kt_parameter_next(&rest, &name, &value) == KT_PARAMETER_FOUND)
    assert(name.n > 0 && value.n > 0 && kt_parameter_unquote(value, out) <= value.n);
  free(out);
}

static void path(kt_bytes p) {
  kt_mime_of(p);
  kt_mime_compressible(p);
  if (kt_files_path_refused(p, true)) return;
  assert(p.n == 0 || p.p[0] != '/');
  assert(!memmem(p.p, p.n, "/../", 4) && !memmem(p.p, p.n, "//", 2) && !memchr(p.p, 0, p.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  if (n == 0) return 0;
  static const uint64_t sizes[] = {0, 1, 100, 1024, 1u << 20, UINT64_MAX};
  uint64_t size = data[0] < 6 ? sizes[data[0]] : data[0];
  kt_bytes text = {data + 1, n - 1};
  ranges(text, size);
  tags(text);
  plan(text, size);
  parameters(text);
  path(text);
  return 0;
}
