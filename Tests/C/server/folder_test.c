/* Files of a folder, over HTTP/1.1 on a socket. The folder is made anew for each test. */
#include "harness.h"

#include "katana/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

static char root[64];  /* holds "site", which is served, and "outside" */
static kt_folder *folder;

static const char *path_of(const char *name) {
  static char path[300];
  snprintf(path, sizeof path, "%s/%s", root, name);
  return path;
}

static void write_file(const char *name, const void *p, size_t n) {
  int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  CHECK(fd >= 0 && write(fd, p, n) == (ssize_t)n);
  close(fd);
}
static void write_text(const char *name, const char *text) { write_file(name, text, strlen(text)); }

/* Bytes that tell their offset. */
static char *pattern(size_t n) {
  char *p = malloc(n);
  for (size_t i = 0; i < n; i++) p[i] = (char)((i * 2654435761u) >> 13);
  return p;
}

static void make_site(void) {
  strcpy(root, "/var/tmp/katana-folder-XXXXXX");
  CHECK(mkdtemp(root));
  CHECK(mkdir(path_of("site"), 0755) == 0 && mkdir(path_of("site/docs"), 0755) == 0);
  CHECK(mkdir(path_of("site/bare"), 0755) == 0);
  write_text("outside", "secret");
  write_text("site/hello.txt", "hello, file");
  write_text("site/docs/index.html", "<p>docs");
  write_text("site/.hidden", "secret");
}

static void remove_site(void) {
  char command[100];
  snprintf(command, sizeof command, "rm -rf %s", root);
  CHECK(system(command) == 0);
}

static harness serve_folder(const kt_config *config, const kt_folder_options *options) {
  char error[256];
  folder = kt_folder_create(path_of("site"), options, error, sizeof error);
  if (!folder) KT_FAIL("%s", error);
  kt_route_spec specs[] = {
      {.method = KT_GET, .path = KT_BYTES("/static"), .handler = kt_folder_serve, .context = folder},
      {.method = KT_GET, .path = KT_BYTES("/static/"), .handler = kt_folder_serve, .context = folder},
      {.method = KT_GET, .path = KT_BYTES("/static/{path*}"), .handler = kt_folder_serve, .context = folder},
  };
  return serve(config, specs, 3);
}

static harness serve_site(void) {
  make_site();
  kt_config c = test_config();
  kt_folder_options o = kt_folder_options_default();
  return serve_folder(&c, &o);
}

static void stop_site(harness *h) {
  stop(h);
  kt_folder_drop(folder);
  remove_site();
}

static void ask_with(int fd, const char *method, const char *path, const char *fields) {
  char text[1200];
  snprintf(text, sizeof text, "%s /static%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n", method, path, fields);
  say(fd, text);
}

/* The whole answer. */
static const char *get_with(harness *h, const char *path, const char *fields) {
  int fd = dial(h);
  ask_with(fd, "GET", path, fields);
  hear_all(fd);
  close(fd);
  return heard;
}
static const char *get(harness *h, const char *path) { return get_with(h, path, ""); }

static bool ok(const char *answer) { return begins(answer, "HTTP/1.1 200 OK\r\n"); }
static bool absent(const char *answer) { return begins(answer, "HTTP/1.1 404 ") && !has(answer, "secret"); }
static bool content_is(const char *answer, const char *content) {
  const char *end = strstr(answer, "\r\n\r\n");
  return end && strcmp(end + 4, content) == 0;
}

/* The value of a field of what was heard. */
static const char *field(const char *name) {
  static char value[128];
  value[0] = 0;
  const char *at = strstr(heard, name);
  if (at) sscanf(at + strlen(name), ": %127[^\r]", value);
  return value;
}

/* Reads an answer of any size and holds its content against bytes. */
static void check_content(int fd, const char *expected, size_t n) {
  const char *head_end;
  size_t got = 0;
  while (!(head_end = memmem(heard, got, "\r\n\r\n", 4))) {
    ssize_t some = peer_recv(fd, heard + got, 4096, 0);
    CHECK(some > 0);
    got += (size_t)some;
  }
  size_t at = got - (size_t)(head_end + 4 - heard);
  CHECK(at <= n && memcmp(head_end + 4, expected, at) == 0);
  while (at < n) {
    ssize_t some = peer_recv(fd, heard, sizeof heard, 0);
    CHECK(some > 0);
    CHECK((size_t)some <= n - at && memcmp(heard, expected + at, (size_t)some) == 0);
    at += (size_t)some;
  }
}

static unsigned open_descriptors(void) {
  unsigned n = 0;
  DIR *d = opendir("/proc/self/fd");
  while (readdir(d)) n++;
  closedir(d);
  return n;
}

TEST("a file is sent with its type, size and validators; HEAD gets the same head") {
  harness h = serve_site();
  const char *answer = get(&h, "/hello.txt");
  CHECK(ok(answer) && content_is(answer, "hello, file"));
  CHECK(has(answer, "Content-Type: text/plain; charset=utf-8\r\n") && has(answer, "Content-Length: 11\r\n"));
  CHECK(has(answer, "ETag: \"") && has(answer, "Last-Modified: ") && has(answer, "Accept-Ranges: bytes\r\n"));
  int fd = dial(&h);
  ask_with(fd, "HEAD", "/hello.txt", "");
  answer = hear_all(fd);
  CHECK(ok(answer) && content_is(answer, "") && has(answer, "Content-Length: 11\r\n") && has(answer, "ETag: \""));
  close(fd);
  fd = dial(&h);
  ask_with(fd, "POST", "/hello.txt", "");
  CHECK(begins(hear_all(fd), "HTTP/1.1 405 "));
  close(fd);
  stop_site(&h);
}

TEST("a directory is redirected to its slash and shows its index; without one it is 403") {
  harness h = serve_site();
  CHECK(begins(get(&h, "/docs?a=1"), "HTTP/1.1 301 ") && has(heard, "Location: /static/docs/?a=1\r\n"));
  CHECK(ok(get(&h, "/docs/")) && content_is(heard, "<p>docs") && has(heard, "Content-Type: text/html"));
  CHECK(begins(get(&h, "/bare/"), "HTTP/1.1 403 "));
  CHECK(begins(get(&h, ""), "HTTP/1.1 403 ")); /* the folder itself has no index */
  write_text("site/index.html", "<p>home");
  usleep(1100 * 1000);
  CHECK(begins(get(&h, ""), "HTTP/1.1 301 ") && has(heard, "Location: /static/\r\n"));
  CHECK(ok(get(&h, "/")) && content_is(heard, "<p>home"));
  CHECK(absent(get(&h, "/hello.txt/")));
  stop_site(&h);
}

TEST("one range, several, one behind the end; If-Range decides") {
  harness h = serve_site();
  CHECK(begins(get_with(&h, "/hello.txt", "Range: bytes=7-\r\n"), "HTTP/1.1 206 ") && content_is(heard, "file"));
  CHECK(has(heard, "Content-Range: bytes 7-10/11\r\n"));
  CHECK(begins(get_with(&h, "/hello.txt", "Range: bytes=11-\r\n"), "HTTP/1.1 416 "));
  CHECK(has(heard, "Content-Range: bytes */11\r\n"));
  size_t n = 300000;
  char *bytes = pattern(n);
  write_file("site/big", bytes, n);
  CHECK(begins(get_with(&h, "/big", "Range: bytes=5-104, 200000-299999\r\n"), "HTTP/1.1 206 "));
  CHECK(has(heard, "Content-Type: multipart/byteranges; boundary="));
  const char *first = memmem(heard, sizeof heard, bytes + 5, 100);
  CHECK(first && memmem(first, 110000, bytes + 200000, 100000));
  CHECK(has(heard, "Content-Range: bytes 5-104/300000\r\n"));
  CHECK(ok(get_with(&h, "/hello.txt", "Range: bytes=7-\r\nIf-Range: \"other\"\r\n")));
  CHECK(content_is(heard, "hello, file"));
  char same[200];
  snprintf(same, sizeof same, "Range: bytes=7-\r\nIf-Range: %s\r\n", field("ETag"));
  CHECK(begins(get_with(&h, "/hello.txt", same), "HTTP/1.1 206 "));
  free(bytes);
  stop_site(&h);
}

TEST("preconditions get 304 and 412") {
  harness h = serve_site();
  char same[200], since[200];
  get(&h, "/hello.txt");
  snprintf(same, sizeof same, "If-None-Match: %s\r\n", field("ETag"));
  snprintf(since, sizeof since, "If-Modified-Since: %s\r\n", field("Last-Modified"));
  CHECK(begins(get_with(&h, "/hello.txt", same), "HTTP/1.1 304 ") && content_is(heard, "") && has(heard, "ETag: "));
  CHECK(!has(heard, "Content-Length"));
  CHECK(begins(get_with(&h, "/hello.txt", since), "HTTP/1.1 304 "));
  CHECK(begins(get_with(&h, "/hello.txt", "If-Match: \"other\"\r\n"), "HTTP/1.1 412 "));
  CHECK(ok(get_with(&h, "/hello.txt", "If-None-Match: \"other\"\r\n")));
  stop_site(&h);
}

TEST("coded siblings go to those who take them") {
  harness h = serve_site();
  write_text("site/a.css", "body { color: black }");
  write_text("site/a.css.br", "br of it");
  write_text("site/a.css.gz", "gzip of it");
  CHECK(ok(get(&h, "/a.css")) && content_is(heard, "body { color: black }"));
  CHECK(has(heard, "Vary: Accept-Encoding\r\n") && !has(heard, "Content-Encoding"));
  CHECK(ok(get_with(&h, "/a.css", "Accept-Encoding: gzip, br\r\n")) && content_is(heard, "br of it"));
  CHECK(has(heard, "Content-Encoding: br\r\n") && has(heard, "Content-Type: text/css"));
  CHECK(content_is(get_with(&h, "/a.css", "Accept-Encoding: gzip, br;q=0\r\n"), "gzip of it"));
  CHECK(content_is(get_with(&h, "/a.css", "Accept-Encoding: zstd\r\n"), "body { color: black }"));
  stop_site(&h);
}

TEST("nothing outside the folder is sent, however it is asked for") {
  harness h = serve_site();
  CHECK(symlink("../outside", path_of("site/link")) == 0);
  CHECK(symlink("/etc/passwd", path_of("site/absolute")) == 0);
  CHECK(symlink("..", path_of("site/docs/up")) == 0); /* stays inside */
  CHECK(symlink("../..", path_of("site/docs/out")) == 0);
  CHECK(symlink("/proc/self/root", path_of("site/magic")) == 0);
  CHECK(absent(get(&h, "/link")) && absent(get(&h, "/absolute")) && absent(get(&h, "/docs/out/outside")));
  CHECK(absent(get(&h, "/magic/etc/passwd")));
  CHECK(ok(get(&h, "/docs/up/hello.txt")));
  const char *bad[] = {"/../outside", "/%2e%2e/outside", "/docs/../../outside", "/docs/%2e%2e/%2E%2E/outside",
                       "/..%2foutside", "/docs%2f..%2f..%2foutside", "//../outside", "/..%5coutside", "/%00",
                       "/hello.txt%00.html", "/....//outside"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const char *answer = get(&h, bad[i]);
    if (!begins(answer, "HTTP/1.1 40") || has(answer, "secret")) KT_FAIL("%s: %.200s", bad[i], answer);
  }
  stop_site(&h);
}

TEST("hidden files are absent unless the folder shows them; /.well-known/ is there") {
  harness h = serve_site();
  CHECK(mkdir(path_of("site/.well-known"), 0755) == 0);
  write_text("site/.well-known/security.txt", "Contact: us");
  CHECK(absent(get(&h, "/.hidden")));
  CHECK(ok(get(&h, "/.well-known/security.txt")));
  stop_site(&h);
  make_site();
  kt_config c = test_config();
  kt_folder_options o = kt_folder_options_default();
  o.hidden = true;
  h = serve_folder(&c, &o);
  CHECK(ok(get(&h, "/.hidden")));
  stop_site(&h);
}

TEST("a FIFO is no file, and keeps nobody waiting") {
  harness h = serve_site();
  CHECK(mkfifo(path_of("site/fifo"), 0644) == 0);
  CHECK(absent(get(&h, "/fifo")));
  stop_site(&h);
}

static uint64_t clock_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

TEST("a file that is replaced is seen a second later; one that is absent at once") {
  harness h = serve_site();
  CHECK(absent(get(&h, "/new")));
  write_text("site/new", "now");
  uint64_t began_ms = clock_ms();
  CHECK(ok(get(&h, "/new")) && content_is(heard, "now"));
  write_text("site/new.tmp", "later");
  char from[300];
  strcpy(from, path_of("site/new.tmp"));
  CHECK(rename(from, path_of("site/new")) == 0);
  bool is_old = content_is(get(&h, "/new"), "now"); /* by the cached descriptor */
  CHECK(is_old || clock_ms() - began_ms >= 1000);
  usleep(1100 * 1000);
  CHECK(content_is(get(&h, "/new"), "later"));
  CHECK(unlink(path_of("site/new")) == 0);
  usleep(1100 * 1000);
  CHECK(absent(get(&h, "/new")));
  stop_site(&h);
}

TEST("300 files through a cache of 8 descriptors") {
  make_site();
  kt_config c = test_config();
  kt_folder_options o = kt_folder_options_default();
  o.descriptors_max = 8;
  char name[40], content[40];
  for (int i = 0; i < 300; i++) {
    snprintf(name, sizeof name, "site/%d.txt", i);
    snprintf(content, sizeof content, "number %d", i);
    write_text(name, content);
  }
  harness h = serve_folder(&c, &o);
  unsigned before = open_descriptors();
  for (int i = 0; i < 600; i++) {
    snprintf(name, sizeof name, "/%d.txt", i % 300);
    snprintf(content, sizeof content, "number %d", i % 300);
    CHECK(ok(get(&h, name)) && content_is(heard, content));
  }
  EVENTUALLY(open_descriptors() <= before + 8 + 2); /* and connections about to close */
  stop_site(&h);
}

TEST("a file that shrinks while it is sent breaks the connection off") {
  harness h = serve_site();
  size_t n = 32 << 20;
  char *bytes = pattern(n);
  write_file("site/big", bytes, n);
  int fd = dial(&h);
  int small = 16384;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  ask_with(fd, "GET", "/big", "");
  usleep(100 * 1000);
  CHECK(truncate(path_of("site/big"), 1000) == 0);
  size_t got = 0;
  ssize_t some;
  while ((some = peer_recv(fd, heard, sizeof heard, 0)) > 0) got += (size_t)some;
  CHECK(got > 1000 && got < n);
  close(fd);
  free(bytes);
  stop_site(&h);
}

TEST("a reader that is slow gets all of a large file, and keeps little of it in memory") {
  harness h = serve_site();
  size_t n = 12 << 20;
  char *bytes = pattern(n);
  write_file("site/big", bytes, n);
  int fd = dial(&h), other = dial(&h);
  ask_with(fd, "GET", "/big", "");
  usleep(200 * 1000);
  ask_with(other, "GET", "/hello.txt", "");
  CHECK(ok(hear_all(other)));
  CHECK(kt_server_counters(h.server).bytes_out < n);
  check_content(fd, bytes, n);
  close(fd), close(other);
  free(bytes);
  stop_site(&h);
}

TEST("a client that takes nothing of a file is given up") {
  make_site();
  kt_config c = test_config();
  c.write_timeout_ms = 200;
  kt_folder_options o = kt_folder_options_default();
  size_t n = 32 << 20;
  char *bytes = pattern(n);
  write_file("site/big", bytes, n);
  harness h = serve_folder(&c, &o);
  int fd = dial(&h);
  ask_with(fd, "GET", "/big", "");
  EVENTUALLY(kt_server_counters(h.server).timeouts != 0);
  CHECK_EQ(kt_server_counters(h.server).timeouts, 1);
  close(fd);
  free(bytes);
  stop_site(&h);
}

TEST("clients that leave while files are sent give the descriptors back") {
  make_site();
  kt_config c = test_config();
  kt_folder_options o = kt_folder_options_default();
  o.descriptors_max = 4;
  size_t n = 12 << 20;
  char *bytes = pattern(n);
  write_file("site/big", bytes, n);
  harness h = serve_folder(&c, &o);
  unsigned before = open_descriptors();
  for (int i = 0; i < 12; i++) {
    char from[300], name[40];
    strcpy(from, path_of("site/big"));
    snprintf(name, sizeof name, "site/big%d", i);
    CHECK(link(from, path_of(name)) == 0);
    int fd = dial(&h);
    ask_with(fd, "GET", name + 4, "");
    CHECK(peer_recv(fd, heard, 1000, 0) > 0);
    close(fd);
  }
  EVENTUALLY(open_descriptors() <= before + 4);
  free(bytes);
  stop_site(&h);
}

/* True when the kernel has let go of them, which not every file system allows. */
static bool forget_pages(const char *name) {
  char byte;
  struct iovec to = {&byte, 1};
  int fd = open(path_of(name), O_RDONLY);
  fdatasync(fd);
  CHECK(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
  bool gone = preadv2(fd, &to, 1, 0, RWF_NOWAIT) < 0;
  close(fd);
  return gone;
}

static void check_cold(uint16_t workers) {
  make_site();
  kt_config c = test_config();
  c.workers = workers;
  kt_folder_options o = kt_folder_options_default();
  size_t n = 5 << 20;
  char *bytes = pattern(n);
  write_file("site/big", bytes, n);
  bool cold = forget_pages("site/big");
  harness h = serve_folder(&c, &o);
  int fd = dial(&h);
  ask_with(fd, "GET", "/big", "");
  check_content(fd, bytes, n);
  kt_counters counters = kt_server_counters(h.server);
  if (workers && cold) CHECK(counters.work_done > 1); /* the look is one */
  if (!workers) CHECK_EQ(counters.work_refused, 0);
  close(fd);
  free(bytes);
  stop_site(&h);
}

TEST("what is not in the page cache is read by a worker") { check_cold(2); }
TEST("without workers, files are served all the same") { check_cold(0); }

TEST("a folder that cannot be served is refused with its reason") {
  char error[256];
  kt_folder_options o = kt_folder_options_default();
  CHECK(!kt_folder_create("/nowhere/at/all", &o, error, sizeof error));
  CHECK(strcmp(error, "cannot serve files of the folder '/nowhere/at/all': No such file or directory") == 0);
  CHECK(!kt_folder_create("/etc/passwd", &o, error, sizeof error) && has(error, "it is not a directory"));
  o.index = "a/b";
  CHECK(!kt_folder_create("/etc", &o, error, sizeof error) && has(error, "index"));
}
