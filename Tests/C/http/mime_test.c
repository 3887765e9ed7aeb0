/* Media types by extension, against the list of the system where it has one. */
#include "check.h"
#include "http/mime.h"

static kt_bytes type_of(const char *name) { return kt_mime_of(kt_bytes_make(name, strlen(name))); }
static bool compressible(const char *type) { return kt_mime_compressible(kt_bytes_make(type, strlen(type))); }

TEST("a file's type comes from what stands behind its last dot, in any case") {
  CHECK_BYTES(type_of("index.html"), "text/html; charset=utf-8");
  CHECK_BYTES(type_of("a/b.c/Site.CSS"), "text/css; charset=utf-8");
  CHECK_BYTES(type_of("jquery.min.js"), "text/javascript; charset=utf-8");
  CHECK_BYTES(type_of("x.json"), "application/json");
  CHECK_BYTES(type_of("x.wasm"), "application/wasm");
  CHECK_BYTES(type_of("x.svg"), "image/svg+xml");
  CHECK_BYTES(type_of("site.webmanifest"), "application/manifest+json");
  CHECK_BYTES(type_of("video.3gp"), "video/3gpp");
  CHECK_BYTES(type_of("x.zst"), "application/zstd");
}

TEST("a name that tells nothing is a stream of octets") {
  static const char *const names[] = {"", "README", ".html", "a/.html", "a.", "a.unknown", "a.html/b", "a.webmanifests",
                                      "a.htmlhtmlhtmlhtml", ".", "..", "a.ht\xc3\xb6", "/", "a..", "a.3"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char *piece = memcpy(malloc(strlen(names[i]) + 1), names[i], strlen(names[i]));
    kt_bytes type = kt_mime_of(kt_bytes_make(piece, strlen(names[i])));
    free(piece);
    CHECK_BYTES(type, "application/octet-stream");
  }
}

/* Rows in which we differ from Debian, and those that it has twice or not at all. */
static bool is_ours(const char *extension) {
  static const char *const ours[] = {"3gp", "bz2", "gpx", "log", "map", "mid", "midi", "ndjson", "parquet", "sh",
                                     "toml", "ts", "weba", "xsd", "yaml", "yml"};
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    if (strcmp(ours[i], extension) == 0) return true;
  return false;
}

TEST("every type that we know is Debian's") {
  FILE *f = fopen("/etc/mime.types", "r");
  if (!f) return; /* package media-types */
  char line[2000];
  unsigned known = 0;
  while (fgets(line, sizeof line, f)) {
    if (line[0] == '#') continue;
    char *type = strtok(line, " \t\n"), *extension;
    while (type && (extension = strtok(NULL, " \t\n"))) {
      char name[100];
      snprintf(name, sizeof name, "file.%s", extension);
      kt_bytes got = type_of(name);
      if (strchr(extension, '.') || is_ours(extension)) continue;
      if (kt_bytes_equal(got, KT_BYTES("application/octet-stream"))) continue;
      size_t n = strlen(type);
      bool is_text = strncmp(type, "text/", 5) == 0;
      if (memcmp(got.p, type, n) != 0 || got.n != n + (is_text ? strlen("; charset=utf-8") : 0))
        KT_FAIL("%s is %.*s, not %s", extension, (int)got.n, (const char *)got.p, type);
      known++;
    }
  }
  fclose(f);
  CHECK(known >= 140);
}

TEST("text, JSON, XML and code are worth compressing, media and archives are not") {
  static const char *const good[] = {"text/html; charset=utf-8", "TEXT/CSS", "application/json", "application/json;x=y",
                                     "application/problem+json", "image/svg+xml", "application/wasm", "font/ttf",
                                     "application/xml ; a=b", "application/javascript", "message/rfc822",
                                     "Application/JSON ;a=b", "application/ld+json; profile=x", "text/event-stream",
                                     "application/atom+xml", "application/x-ndjson", "application/json-seq", "a/b+xml"};
  static const char *const bad[] = {"", "text", "text/", "image/png", "video/mp4", "application/zip", "font/woff2",
                                    "application/octet-stream", "application/jso", "application/jsonx", "x",
                                    "application/gzip", ";", " ", "+json", "/+json", "a/+xml", "a+json", "a/b; c=+json",
                                    "application/json+gzip"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    if (!compressible(good[i])) KT_FAIL("%s is not", good[i]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (compressible(bad[i])) KT_FAIL("%s is", bad[i]);
}

TEST("each extension of web pages leads to its row") {
  /* A table out of order would lose some of these to the binary search. */
  static const char *const names[] = {"a.3gp", "a.7z", "a.aac", "a.avif", "a.bmp", "a.c", "a.css", "a.csv",
                                      "a.gif", "a.gz", "a.htm", "a.html", "a.ico", "a.ics", "a.jpeg", "a.jpg",
                                      "a.js", "a.jsonld", "a.jxl", "a.m3u8", "a.map", "a.md", "a.mjs", "a.mp3",
                                      "a.mp4", "a.mpd", "a.ogg", "a.otf", "a.pdf", "a.png", "a.rss", "a.svg",
                                      "a.tar", "a.tiff", "a.ts", "a.ttf", "a.txt", "a.vtt", "a.wav", "a.webm",
                                      "a.webp", "a.woff", "a.woff2", "a.xhtml", "a.xlsx", "a.xml", "a.xz",
                                      "a.yaml", "a.yml", "a.zip", "a.zst"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (kt_bytes_equal(type_of(names[i]), KT_BYTES("application/octet-stream"))) KT_FAIL("%s is not known", names[i]);
}
