/* Plans for static files, as text: status, fields, pieces. */
#include "check.h"
#include "base/memory.h"
#include "files/files.h"
#include "http/field.h"
#include "http/http.h"

#define NOW 1790000000
#define MTIME 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

typedef struct ask {
  kt_files_config config;
  kt_files_question q;
  kt_request r;
  kt_field fields[8];
  kt_arena_pool pool;
  kt_arena arena;
  kt_files_plan plan;
  char text[4000];
} ask;

static ask a;

static kt_files_entry file_of(uint64_t size) {
  return (kt_files_entry){.exists = true, .size = size, .mtime_ns = MTIME * 1000000000ll + 5, .inode = 7};
}

static void with(const char *name, const char *value) {
  uint16_t id = kt_field_lookup((const uint8_t *)name, strlen(name)), at = a.r.field_count++;
  a.fields[at] = (kt_field){.name = (const uint8_t *)name, .value = (const uint8_t *)value, .id = id};
  a.fields[at].name_n = (uint16_t)strlen(name);
  a.fields[at].value_n = (uint32_t)strlen(value);
  if (!a.r.known[id]) a.r.known[id] = (uint16_t)(at + 1);
}

/* A GET for a text of 1000 bytes. */
static void begin(const char *path) {
  memset(&a, 0, sizeof a);
  a.config.index_name = KT_BYTES("index.html");
  a.r.method = KT_GET;
  a.r.fields = a.fields;
  a.r.path = kt_bytes_make(path, strlen(path));
  a.q.request = &a.r;
  a.q.path = kt_bytes_make(path + 1, strlen(path) - 1);
  a.q.entry = file_of(1000);
  a.q.now = NOW;
  a.q.random[0] = 0xabc;
}

static void describe(void) {
  const kt_files_plan *p = &a.plan;
  char *o = a.text;
  o += sprintf(o, "%u", p->status);
  if (p->coding) o += sprintf(o, " coding %u%s", p->coding, p->code_now ? " now" : "");
  if (p->is_index) o += sprintf(o, " index");
  for (uint8_t i = 0; i < p->field_count; i++)
    o += sprintf(o, "\n%.*s: %.*s", (int)p->fields[i].name.n, (const char *)p->fields[i].name.p,
                 (int)p->fields[i].value.n, (const char *)p->fields[i].value.p);
  if ((p->status == 200 || p->status == 206) && !p->code_now)
    o += sprintf(o, "\nlength %llu", (unsigned long long)p->content_length);
  for (uint32_t i = 0; i < p->pieces.count; i++)
    o += sprintf(o, "\n%llu+%llu", (unsigned long long)p->pieces.list[i].offset,
                 (unsigned long long)p->pieces.list[i].length);
}

static void plan(void) {
  kt_arena_pool_init(&a.pool);
  kt_arena_init(&a.arena, &a.pool);
  CHECK_EQ(kt_files_plan_make(&a.config, &a.q, &a.arena, &a.plan), KT_OK);
  describe();
  kt_arena_deinit(&a.arena);
  kt_arena_pool_deinit(&a.pool);
}

static void gives(const char *want) {
  plan();
  if (strcmp(a.text, want) != 0) KT_FAIL("it is\n%s\nnot\n%s", a.text, want);
}

/* The entity tag of a file_of(size), with the suffix of its coding. */
static const char *tag(uint64_t size, const char *suffix, bool weak) {
  static char out[4][KT_ETAG_SIZE_MAX + 1];
  static unsigned next;
  char *o = out[next++ % 4];
  kt_files_entry e = file_of(size);
  o[kt_etag_write(o, weak, e.size, e.mtime_ns, e.inode, kt_bytes_make(suffix, strlen(suffix)))] = 0;
  return o;
}

static const char *format(const char *text, const char *etag) {
  static char out[1000];
  snprintf(out, sizeof out, text, etag);
  return out;
}

#define PLAIN "\nContent-Type: text/plain; charset=utf-8\nLast-Modified: " DATE "\nAccept-Ranges: bytes"

TEST("a file is sent whole, with what caches and players need") {
  begin("/a.txt");
  gives(format("200\nETag: %s" PLAIN "\nlength 1000\n0+1000", tag(1000, "", false)));
}

TEST("HEAD gets the fields of GET and nothing to send") {
  begin("/a.txt");
  a.r.method = KT_HEAD;
  gives(format("200\nETag: %s" PLAIN "\nlength 1000", tag(1000, "", false)));
  with("Range", "bytes=0-1");
  gives(format("200\nETag: %s" PLAIN "\nlength 1000", tag(1000, "", false)));
}

TEST("an empty file is an empty 200") {
  begin("/a.txt");
  a.q.entry = file_of(0);
  gives(format("200\nETag: %s" PLAIN "\nlength 0", tag(0, "", false)));
}

TEST("Cache-Control comes from the configuration, with 200 and 304") {
  begin("/a.txt");
  a.config.cache_control = KT_BYTES("max-age=60");
  gives(format("200\nETag: %s\nCache-Control: max-age=60" PLAIN "\nlength 1000\n0+1000", tag(1000, "", false)));
  with("If-None-Match", tag(1000, "", false));
  gives(format("304\nETag: %s\nCache-Control: max-age=60", tag(1000, "", false)));
}

TEST("methods other than GET and HEAD are refused and told so") {
  for (uint8_t m = 0; m < KT_METHOD_COUNT; m++) {
    if (m == KT_GET || m == KT_HEAD) continue;
    begin("/a.txt");
    a.r.method = m;
    gives("405\nAllow: GET, HEAD");
  }
}

TEST("what is not there is 404, and so is a file with a slash behind it") {
  begin("/a.txt");
  a.q.entry.exists = false;
  gives("404");
  begin("/a.txt/");
  gives("404");
}

TEST("preconditions are not asked about what is not there") {
  begin("/a.txt");
  a.q.entry.exists = false;
  with("If-Match", "\"x\"");
  gives("404");
}

/* ---- directories ---- */

static void begin_directory(const char *path) {
  begin(path);
  a.q.entry.is_directory = true;
  a.q.index = file_of(50);
}

TEST("a directory with an index file is that file, under the path with the slash") {
  begin_directory("/docs/");
  gives(format("200 index\nETag: %s\nContent-Type: text/html; charset=utf-8\nLast-Modified: " DATE
               "\nAccept-Ranges: bytes\nlength 50\n0+50", tag(50, "", false)));
  begin_directory("/docs");
  gives("301\nLocation: /docs/");
}

TEST("a redirect keeps the query and escapes what a target must not have") {
  begin_directory("/a b/\xc3\xa4?#%\"<");
  a.r.query = KT_BYTES("x=%20&y");
  gives("301\nLocation: /a%20b/%C3%A4%3F%23%25%22%3C/?x=%20&y");
  begin_directory("/docs");
  a.r.query = KT_BYTES("");
  gives("301\nLocation: /docs/?");
}

TEST("a redirect does not lead to another host") {
  uint8_t out[40];
  begin_directory("/x");
  CHECK(kt_uri_path(KT_BYTES("//evil.example/%2e"), out, &a.r.path) == NULL);
  a.r.path.n--; /* as if without the slash at its end */
  gives("301\nLocation: /evil.example/");
}

TEST("a directory without an index file is forbidden") {
  begin_directory("/docs/");
  a.q.index.exists = false;
  gives("403");
  begin_directory("/docs");
  a.q.index.exists = false;
  gives("403");
  begin_directory("/docs/");
  a.q.index.is_directory = true;
  gives("403");
}

/* ---- preconditions ---- */

TEST("a client that has the current version gets 304 with its tag") {
  begin("/a.txt");
  with("If-None-Match", tag(1000, "", true));
  gives(format("304\nETag: %s", tag(1000, "", false)));
  begin("/a.txt");
  with("If-Modified-Since", DATE);
  gives(format("304\nETag: %s", tag(1000, "", false)));
}

TEST("a client that insists on another version gets 412") {
  begin("/a.txt");
  with("If-Match", "\"old\"");
  gives("412");
  begin("/a.txt");
  with("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:36 GMT");
  gives("412");
}

TEST("a file from the future was modified now at the latest") {
  begin("/a.txt");
  a.q.entry.mtime_ns = (NOW + 1000) * 1000000000ll;
  plan();
  CHECK(strstr(a.text, "Last-Modified: Mon, 21 Sep 2026 14:13:20 GMT"));
}

TEST("a time before 1970 is rounded down") {
  begin("/a.txt");
  a.q.entry.mtime_ns = -1;
  plan();
  CHECK(strstr(a.text, "Last-Modified: Wed, 31 Dec 1969 23:59:59 GMT"));
}

/* ---- ranges ---- */

TEST("one range is 206 with Content-Range") {
  begin("/a.txt");
  with("Range", "bytes=-10");
  gives(format("206\nContent-Range: bytes 990-999/1000\nETag: %s" PLAIN "\nlength 10\n990+10", tag(1000, "", false)));
}

TEST("several ranges are a multipart whose length is known before") {
  begin("/a.txt");
  a.q.entry = file_of(100000);
  with("Range", "bytes=0-9,5000-5099");
  gives(format("206\nETag: %s\nContent-Type: multipart/byteranges; boundary=0000000000000abc0000000000000000"
               "\nLast-Modified: " DATE "\nAccept-Ranges: bytes\nlength 382\n0+10\n5000+100", tag(100000, "", false)));
  CHECK(a.plan.parts.set == &a.plan.pieces);
  uint8_t out[300];
  uint64_t n = kt_byteranges_head(&a.plan.parts, 0, out) + kt_byteranges_head(&a.plan.parts, 1, out) + 110;
  CHECK(memmem(out, 200, "Content-Type: text/plain; charset=utf-8\r\n", 41));
  CHECK_EQ(n + kt_byteranges_end(&a.plan.parts, out), a.plan.content_length);
}

TEST("ranges that take more bytes than the file are answered with the file") {
  begin("/a.txt");
  a.q.entry = file_of(300);
  with("Range", "bytes=0-0,100-100,299-");
  gives(format("200\nETag: %s" PLAIN "\nlength 300\n0+300", tag(300, "", false)));
  CHECK(a.plan.parts.set == NULL);
}

TEST("a range behind the end is 416 with the size") {
  begin("/a.txt");
  with("Range", "bytes=1000-");
  gives("416\nContent-Range: bytes */1000");
  CHECK_EQ(a.plan.pieces.count, 0);
}

TEST("a range that is malformed, stands twice, or is barred by If-Range is no range") {
  const char *want = format("200\nETag: %s" PLAIN "\nlength 1000\n0+1000", tag(1000, "", false));
  begin("/a.txt");
  with("Range", "bytes=9-0");
  gives(want);
  begin("/a.txt");
  with("Range", "bytes=0-1");
  with("Range", "bytes=0-1");
  gives(want);
  begin("/a.txt");
  with("Range", "bytes=0-1");
  with("If-Range", "\"old\"");
  gives(want);
  begin("/a.txt");
  with("Range", "bytes=0-1");
  with("If-Range", tag(1000, "", false));
  plan();
  CHECK_EQ(a.plan.status, 206);
}

TEST("a precondition comes before a range") {
  begin("/a.txt");
  with("Range", "bytes=5000-");
  with("If-None-Match", tag(1000, "", false));
  gives(format("304\nETag: %s", tag(1000, "", false)));
}

/* ---- codings ---- */

#define ALL (KT_CODING_GZIP | KT_CODING_BR | KT_CODING_ZSTD)

TEST("the smallest acceptable sibling is sent, with a tag of its own") {
  static const struct {
    unsigned acceptable;
    uint64_t gzip, br, zstd; /* sizes; 0: not there */
    unsigned coding;
    uint64_t size;
    const char *suffix, *name;
  } rows[] = {
      {ALL, 300, 200, 250, KT_CODING_BR, 200, "br", "br"},
      {ALL, 300, 0, 250, KT_CODING_ZSTD, 250, "zst", "zstd"},
      {KT_CODING_GZIP, 300, 200, 250, KT_CODING_GZIP, 300, "gz", "gzip"},
      {KT_CODING_GZIP | KT_CODING_BR, 100, 200, 50, KT_CODING_GZIP, 100, "gz", "gzip"},
      {ALL, 1000, 1200, 0, 0, 1000, "", NULL},
      {KT_CODING_BR, 300, 0, 0, 0, 1000, "", NULL},
      {0, 300, 200, 250, 0, 1000, "", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    begin("/a.txt");
    a.q.acceptable = rows[i].acceptable;
    uint64_t sizes[] = {rows[i].gzip, rows[i].br, rows[i].zstd};
    for (unsigned c = 0; c < KT_FILES_CODINGS; c++)
      if (sizes[c]) a.q.coded[c] = file_of(sizes[c]);
    char want[600], coding[20] = "", encoding[40] = "";
    if (rows[i].coding) sprintf(coding, " coding %u", rows[i].coding);
    if (rows[i].name) sprintf(encoding, "\nContent-Encoding: %s", rows[i].name);
    snprintf(want, sizeof want, "200%s\nETag: %s\nVary: Accept-Encoding\nContent-Type: text/plain; charset=utf-8%s"
             "\nLast-Modified: " DATE "\nAccept-Ranges: bytes\nlength %llu\n0+%llu", coding,
             tag(rows[i].size, rows[i].suffix, false), encoding, (unsigned long long)rows[i].size,
             (unsigned long long)rows[i].size);
    gives(want);
  }
}

TEST("a directory beside the file is no sibling") {
  begin("/a.txt");
  a.q.acceptable = ALL;
  a.q.coded[0] = file_of(10);
  a.q.coded[0].is_directory = true;
  gives(format("200\nETag: %s" PLAIN "\nlength 1000\n0+1000", tag(1000, "", false)));
}

TEST("ranges of a sibling are ranges of its bytes") {
  begin("/a.txt");
  a.q.acceptable = KT_CODING_BR;
  a.q.coded[1] = file_of(200);
  with("Range", "bytes=150-");
  plan();
  CHECK(strstr(a.text, "206 coding 2\nContent-Range: bytes 150-199/200") == a.text);
}

TEST("on the fly the tag is weak, the length open and no range offered") {
  begin("/a.txt");
  a.config.on_the_fly = ALL;
  a.q.acceptable = KT_CODING_GZIP | KT_CODING_BR;
  gives(format("200 coding 2 now\nETag: %s\nVary: Accept-Encoding\nContent-Type: text/plain; charset=utf-8"
               "\nContent-Encoding: br\nLast-Modified: " DATE "\n0+1000", tag(1000, "br", true)));
  with("If-None-Match", tag(1000, "br", true));
  gives(format("304 coding 2 now\nETag: %s\nVary: Accept-Encoding", tag(1000, "br", true)));
}

TEST("on the fly nothing is coded that is small, dense, unacceptable, or asked for in ranges") {
  const char *varies = "200\nETag: %s\nVary: Accept-Encoding" PLAIN "\nlength 1000\n0+1000";
  begin("/a.txt");
  a.config.on_the_fly = ALL;
  gives(format(varies, tag(1000, "", false)));
  a.q.acceptable = ALL;
  a.config.on_the_fly_size_min = 1001;
  gives(format("200\nETag: %s" PLAIN "\nlength 1000\n0+1000", tag(1000, "", false)));
  a.config.on_the_fly_size_min = 1000;
  a.q.path = KT_BYTES("a.png");
  gives(format("200\nETag: %s\nContent-Type: image/png\nLast-Modified: " DATE "\nAccept-Ranges: bytes\nlength 1000"
               "\n0+1000", tag(1000, "", false)));
  a.q.path = KT_BYTES("a.txt");
  with("Range", "bytes=0-0");
  gives(format("206\nContent-Range: bytes 0-0/1000\nETag: %s\nVary: Accept-Encoding" PLAIN "\nlength 1\n0+1",
               tag(1000, "", false)));
}

TEST("on the fly zstd goes before br and br before gzip") {
  static const uint8_t best[8] = {0, 1, 2, 2, 4, 4, 4, 4};
  for (unsigned set = 0; set < 8; set++) {
    begin("/a.txt");
    a.config.on_the_fly = ALL;
    a.q.acceptable = set;
    plan();
    CHECK_EQ(a.plan.coding, best[set]);
    a.config.on_the_fly = set;
    a.q.acceptable = ALL;
    plan();
    CHECK_EQ(a.plan.coding, best[set]);
  }
}

TEST("a sibling is sent rather than anything computed") {
  begin("/a.txt");
  a.config.on_the_fly = ALL;
  a.q.acceptable = ALL;
  a.q.coded[0] = file_of(300);
  plan();
  CHECK(a.plan.coding == KT_CODING_GZIP && !a.plan.code_now);
}

TEST("a plan allocates once, and says so when memory is out") {
  static const char *const paths[] = {"/a.txt", "/docs"};
  for (size_t i = 0; i < 2; i++) {
    begin(paths[i]);
    a.q.entry.is_directory = i == 1;
    a.q.index = file_of(10);
    kt_arena_pool_init(&a.pool);
    kt_arena_init(&a.arena, &a.pool);
    kt_fail_allocation(1);
    CHECK_EQ(kt_files_plan_make(&a.config, &a.q, &a.arena, &a.plan), KT_ENOMEM);
    kt_fail_allocation(0);
    uint64_t before = kt_allocations();
    CHECK_EQ(kt_files_plan_make(&a.config, &a.q, &a.arena, &a.plan), KT_OK);
    CHECK_EQ(kt_allocations() - before, 1);
    kt_arena_deinit(&a.arena);
    kt_arena_pool_deinit(&a.pool);
  }
}
