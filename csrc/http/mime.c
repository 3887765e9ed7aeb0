/* The table follows Debian's mime.types (package media-types 10). Where that has no type, or one of no use to the web,
 * the row is ours: the test names those. Text has charset=utf-8, since nothing else is written today; XML and JSON say
 * it themselves. */
#include "http/mime.h"

#include "base/scan.h"

#define EXTENSION_SIZE_MAX 11
#define TEXT(literal) {(const uint8_t *)(literal), sizeof(literal) - 1}

typedef struct row {
  kt_bytes extension, type;
} row;

/* Sorted by extension: the binary search takes eight steps. */
static const row rows[] = {
    {TEXT("3gp"), TEXT("video/3gpp")},
    {TEXT("7z"), TEXT("application/x-7z-compressed")},
    {TEXT("aac"), TEXT("audio/aac")},
    {TEXT("ai"), TEXT("application/postscript")},
    {TEXT("aif"), TEXT("audio/x-aiff")},
    {TEXT("aiff"), TEXT("audio/x-aiff")},
    {TEXT("apk"), TEXT("application/vnd.android.package-archive")},
    {TEXT("apng"), TEXT("image/apng")},
    {TEXT("appcache"), TEXT("text/cache-manifest; charset=utf-8")},
    {TEXT("asc"), TEXT("application/pgp-keys")},
    {TEXT("atom"), TEXT("application/atom+xml")},
    {TEXT("avi"), TEXT("video/x-msvideo")},
    {TEXT("avif"), TEXT("image/avif")},
    {TEXT("bib"), TEXT("text/x-bibtex; charset=utf-8")},
    {TEXT("bin"), TEXT("application/octet-stream")},
    {TEXT("bmp"), TEXT("image/bmp")},
    {TEXT("bz2"), TEXT("application/x-bzip2")},
    {TEXT("c"), TEXT("text/x-csrc; charset=utf-8")},
    {TEXT("cab"), TEXT("application/vnd.ms-cab-compressed")},
    {TEXT("cc"), TEXT("text/x-c++src; charset=utf-8")},
    {TEXT("cer"), TEXT("application/pkix-cert")},
    {TEXT("cpp"), TEXT("text/x-c++src; charset=utf-8")},
    {TEXT("crt"), TEXT("application/x-x509-ca-cert")},
    {TEXT("css"), TEXT("text/css; charset=utf-8")},
    {TEXT("csv"), TEXT("text/csv; charset=utf-8")},
    {TEXT("dae"), TEXT("model/vnd.collada+xml")},
    {TEXT("deb"), TEXT("application/vnd.debian.binary-package")},
    {TEXT("diff"), TEXT("text/x-diff; charset=utf-8")},
    {TEXT("dmg"), TEXT("application/x-apple-diskimage")},
    {TEXT("doc"), TEXT("application/msword")},
    {TEXT("docx"), TEXT("application/vnd.openxmlformats-officedocument.wordprocessingml.document")},
    {TEXT("dtd"), TEXT("application/xml-dtd")},
    {TEXT("eml"), TEXT("message/rfc822")},
    {TEXT("eot"), TEXT("application/vnd.ms-fontobject")},
    {TEXT("eps"), TEXT("application/postscript")},
    {TEXT("epub"), TEXT("application/epub+zip")},
    {TEXT("exe"), TEXT("application/x-msdos-program")},
    {TEXT("flac"), TEXT("audio/flac")},
    {TEXT("geojson"), TEXT("application/geo+json")},
    {TEXT("gif"), TEXT("image/gif")},
    {TEXT("glb"), TEXT("model/gltf-binary")},
    {TEXT("gltf"), TEXT("model/gltf+json")},
    {TEXT("gpx"), TEXT("application/gpx+xml")},
    {TEXT("gz"), TEXT("application/gzip")},
    {TEXT("h"), TEXT("text/x-chdr; charset=utf-8")},
    {TEXT("heic"), TEXT("image/heic")},
    {TEXT("heif"), TEXT("image/heif")},
    {TEXT("hpp"), TEXT("text/x-c++hdr; charset=utf-8")},
    {TEXT("htm"), TEXT("text/html; charset=utf-8")},
    {TEXT("html"), TEXT("text/html; charset=utf-8")},
    {TEXT("ico"), TEXT("image/vnd.microsoft.icon")},
    {TEXT("ics"), TEXT("text/calendar; charset=utf-8")},
    {TEXT("iso"), TEXT("application/x-iso9660-image")},
    {TEXT("jar"), TEXT("application/java-archive")},
    {TEXT("java"), TEXT("text/x-java; charset=utf-8")},
    {TEXT("jp2"), TEXT("image/jp2")},
    {TEXT("jpeg"), TEXT("image/jpeg")},
    {TEXT("jpg"), TEXT("image/jpeg")},
    {TEXT("js"), TEXT("text/javascript; charset=utf-8")},
    {TEXT("json"), TEXT("application/json")},
    {TEXT("jsonld"), TEXT("application/ld+json")},
    {TEXT("jxl"), TEXT("image/jxl")},
    {TEXT("kml"), TEXT("application/vnd.google-earth.kml+xml")},
    {TEXT("kmz"), TEXT("application/vnd.google-earth.kmz")},
    {TEXT("log"), TEXT("text/plain; charset=utf-8")},
    {TEXT("m3u"), TEXT("audio/mpegurl")},
    {TEXT("m3u8"), TEXT("application/vnd.apple.mpegurl")},
    {TEXT("m4a"), TEXT("audio/mp4")},
    {TEXT("m4s"), TEXT("video/iso.segment")},
    {TEXT("m4v"), TEXT("video/mp4")},
    {TEXT("map"), TEXT("application/json")},
    {TEXT("markdown"), TEXT("text/markdown; charset=utf-8")},
    {TEXT("mathml"), TEXT("application/mathml+xml")},
    {TEXT("md"), TEXT("text/markdown; charset=utf-8")},
    {TEXT("mid"), TEXT("audio/midi")},
    {TEXT("midi"), TEXT("audio/midi")},
    {TEXT("mjs"), TEXT("text/javascript; charset=utf-8")},
    {TEXT("mkv"), TEXT("video/x-matroska")},
    {TEXT("mml"), TEXT("application/mathml+xml")},
    {TEXT("mov"), TEXT("video/quicktime")},
    {TEXT("mp3"), TEXT("audio/mpeg")},
    {TEXT("mp4"), TEXT("video/mp4")},
    {TEXT("mpd"), TEXT("application/dash+xml")},
    {TEXT("mpeg"), TEXT("video/mpeg")},
    {TEXT("mpg"), TEXT("video/mpeg")},
    {TEXT("msi"), TEXT("application/x-msi")},
    {TEXT("n3"), TEXT("text/n3; charset=utf-8")},
    {TEXT("ndjson"), TEXT("application/x-ndjson")},
    {TEXT("nq"), TEXT("application/n-quads")},
    {TEXT("nt"), TEXT("application/n-triples")},
    {TEXT("obj"), TEXT("model/obj")},
    {TEXT("odg"), TEXT("application/vnd.oasis.opendocument.graphics")},
    {TEXT("odp"), TEXT("application/vnd.oasis.opendocument.presentation")},
    {TEXT("ods"), TEXT("application/vnd.oasis.opendocument.spreadsheet")},
    {TEXT("odt"), TEXT("application/vnd.oasis.opendocument.text")},
    {TEXT("oga"), TEXT("audio/ogg")},
    {TEXT("ogg"), TEXT("audio/ogg")},
    {TEXT("ogv"), TEXT("video/ogg")},
    {TEXT("opus"), TEXT("audio/ogg")},
    {TEXT("otf"), TEXT("font/otf")},
    {TEXT("p12"), TEXT("application/pkcs12")},
    {TEXT("p7c"), TEXT("application/pkcs7-mime")},
    {TEXT("parquet"), TEXT("application/vnd.apache.parquet")},
    {TEXT("patch"), TEXT("text/x-diff; charset=utf-8")},
    {TEXT("pdf"), TEXT("application/pdf")},
    {TEXT("pem"), TEXT("application/pem-certificate-chain")},
    {TEXT("pgp"), TEXT("application/pgp-encrypted")},
    {TEXT("png"), TEXT("image/png")},
    {TEXT("ppt"), TEXT("application/vnd.ms-powerpoint")},
    {TEXT("pptx"), TEXT("application/vnd.openxmlformats-officedocument.presentationml.presentation")},
    {TEXT("ps"), TEXT("application/postscript")},
    {TEXT("psd"), TEXT("image/vnd.adobe.photoshop")},
    {TEXT("py"), TEXT("text/x-python; charset=utf-8")},
    {TEXT("rar"), TEXT("application/vnd.rar")},
    {TEXT("rdf"), TEXT("application/rdf+xml")},
    {TEXT("rpm"), TEXT("application/x-redhat-package-manager")},
    {TEXT("rss"), TEXT("application/x-rss+xml")},
    {TEXT("rtf"), TEXT("application/rtf")},
    {TEXT("sh"), TEXT("application/x-sh")},
    {TEXT("sig"), TEXT("application/pgp-signature")},
    {TEXT("sql"), TEXT("application/sql")},
    {TEXT("sqlite"), TEXT("application/vnd.sqlite3")},
    {TEXT("srt"), TEXT("text/plain; charset=utf-8")},
    {TEXT("stl"), TEXT("model/stl")},
    {TEXT("svg"), TEXT("image/svg+xml")},
    {TEXT("tar"), TEXT("application/x-tar")},
    {TEXT("tex"), TEXT("text/x-tex; charset=utf-8")},
    {TEXT("text"), TEXT("text/plain; charset=utf-8")},
    {TEXT("tgz"), TEXT("application/x-gtar-compressed")},
    {TEXT("tif"), TEXT("image/tiff")},
    {TEXT("tiff"), TEXT("image/tiff")},
    {TEXT("toml"), TEXT("application/toml")},
    {TEXT("torrent"), TEXT("application/x-bittorrent")},
    {TEXT("trig"), TEXT("application/trig")},
    {TEXT("ts"), TEXT("video/mp2t")},
    {TEXT("tsv"), TEXT("text/tab-separated-values; charset=utf-8")},
    {TEXT("ttc"), TEXT("font/collection")},
    {TEXT("ttf"), TEXT("font/ttf")},
    {TEXT("ttl"), TEXT("text/turtle; charset=utf-8")},
    {TEXT("txt"), TEXT("text/plain; charset=utf-8")},
    {TEXT("usdz"), TEXT("model/vnd.usdz+zip")},
    {TEXT("vcf"), TEXT("text/vcard; charset=utf-8")},
    {TEXT("vtt"), TEXT("text/vtt; charset=utf-8")},
    {TEXT("wasm"), TEXT("application/wasm")},
    {TEXT("wav"), TEXT("audio/x-wav")},
    {TEXT("weba"), TEXT("audio/webm")},
    {TEXT("webm"), TEXT("video/webm")},
    {TEXT("webmanifest"), TEXT("application/manifest+json")},
    {TEXT("webp"), TEXT("image/webp")},
    {TEXT("wmv"), TEXT("video/x-ms-wmv")},
    {TEXT("woff"), TEXT("font/woff")},
    {TEXT("woff2"), TEXT("font/woff2")},
    {TEXT("wsdl"), TEXT("application/wsdl+xml")},
    {TEXT("xhtml"), TEXT("application/xhtml+xml")},
    {TEXT("xls"), TEXT("application/vnd.ms-excel")},
    {TEXT("xlsx"), TEXT("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")},
    {TEXT("xml"), TEXT("application/xml")},
    {TEXT("xsd"), TEXT("application/xml")},
    {TEXT("xsl"), TEXT("application/xslt+xml")},
    {TEXT("xslt"), TEXT("application/xslt+xml")},
    {TEXT("xz"), TEXT("application/x-xz")},
    {TEXT("yaml"), TEXT("application/yaml")},
    {TEXT("yml"), TEXT("application/yaml")},
    {TEXT("zip"), TEXT("application/zip")},
    {TEXT("zst"), TEXT("application/zstd")},
};

/* Beside text and what ends in +json or +xml; sorted. */
static const kt_bytes compressible[] = {
    TEXT("application/ecmascript"),
    TEXT("application/graphql"),
    TEXT("application/javascript"),
    TEXT("application/json"),
    TEXT("application/json-seq"),
    TEXT("application/msword"),
    TEXT("application/n-quads"),
    TEXT("application/n-triples"),
    TEXT("application/postscript"),
    TEXT("application/rtf"),
    TEXT("application/sql"),
    TEXT("application/toml"),
    TEXT("application/trig"),
    TEXT("application/vnd.apple.mpegurl"),
    TEXT("application/vnd.ms-excel"),
    TEXT("application/vnd.ms-fontobject"),
    TEXT("application/vnd.ms-powerpoint"),
    TEXT("application/wasm"),
    TEXT("application/x-font-ttf"),
    TEXT("application/x-javascript"),
    TEXT("application/x-ndjson"),
    TEXT("application/x-sh"),
    TEXT("application/x-tar"),
    TEXT("application/x-www-form-urlencoded"),
    TEXT("application/x-yaml"),
    TEXT("application/xml"),
    TEXT("application/xml-dtd"),
    TEXT("application/yaml"),
    TEXT("audio/mpegurl"),
    TEXT("font/collection"),
    TEXT("font/otf"),
    TEXT("font/sfnt"),
    TEXT("font/ttf"),
    TEXT("image/bmp"),
    TEXT("image/vnd.microsoft.icon"),
    TEXT("image/x-icon"),
    TEXT("image/x-ms-bmp"),
    TEXT("message/rfc822"),
    TEXT("model/obj"),
    TEXT("model/stl"),
};

static int compare(kt_bytes a, kt_bytes b) {
  int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
  return order ? order : (a.n > b.n) - (a.n < b.n);
}

static size_t lower(kt_bytes text, uint8_t *out) {
  for (size_t i = 0; i < text.n; i++) out[i] = kt_lower(text.p[i]);
  return text.n;
}

/* What stands behind the last dot, or nothing where that is longer than any extension. */
static kt_bytes extension_of(kt_bytes name) {
  for (size_t n = 0; n <= EXTENSION_SIZE_MAX && n + 1 < name.n; n++) {
    const uint8_t *c = name.p + name.n - 1 - n;
    if (*c == '.' && c[-1] != '/') return kt_bytes_make(c + 1, n);
  }
  return (kt_bytes){0, 0};
}

kt_bytes kt_mime_of(kt_bytes file_name) {
  uint8_t text[EXTENSION_SIZE_MAX];
  kt_bytes wanted = extension_of(file_name);
  if (wanted.n) wanted = kt_bytes_make(text, lower(wanted, text));
  size_t low = 0, high = wanted.n ? sizeof rows / sizeof *rows : 0;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = compare(wanted, rows[middle].extension);
    if (order == 0) return rows[middle].type;
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return KT_BYTES("application/octet-stream");
}

static bool is_listed(kt_bytes type) {
  size_t low = 0, high = sizeof compressible / sizeof *compressible;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = compare(type, compressible[middle]);
    if (order == 0) return true;
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return false;
}

/* A structured syntax suffix (RFC 6839) behind a type and a subtype of at least one letter each. */
static bool has_suffix(kt_bytes type, kt_bytes suffix) {
  if (type.n < suffix.n + 3 || memcmp(type.p + type.n - suffix.n, suffix.p, suffix.n) != 0) return false;
  const uint8_t *slash = memchr(type.p, '/', type.n - suffix.n - 1);
  return slash && slash > type.p;
}

#define TYPE_SIZE_MAX 100 /* a longer one is not in the list */

bool kt_mime_compressible(kt_bytes content_type) {
  uint8_t text[TYPE_SIZE_MAX];
  const uint8_t *semicolon = content_type.n ? memchr(content_type.p, ';', content_type.n) : NULL;
  if (semicolon) content_type.n = (size_t)(semicolon - content_type.p);
  while (content_type.n && (content_type.p[content_type.n - 1] == ' ' || content_type.p[content_type.n - 1] == '\t'))
    content_type.n--;
  if (content_type.n == 0 || content_type.n > sizeof text) return false;
  kt_bytes type = kt_bytes_make(text, lower(content_type, text));
  if (type.n > 5 && memcmp(type.p, "text/", 5) == 0) return true;
  return has_suffix(type, KT_BYTES("+json")) || has_suffix(type, KT_BYTES("+xml")) || is_listed(type);
}
