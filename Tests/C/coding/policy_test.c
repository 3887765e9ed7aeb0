#include "check.h"
#include "coding/policy.h"

#define ALL (KT_CODING_GZIP | KT_CODING_BR | KT_CODING_ZSTD)

static kt_bytes bytes(const char *s) { return kt_bytes_make(s, s ? strlen(s) : 0); }

static kt_coded_response json(void) {
  return (kt_coded_response){.status = 200, .content_type = KT_BYTES("application/json"), .size = 5000};
}

static kt_coding_plan decide_for(kt_coded_response r, const char *accept) {
  kt_accept_encoding a;
  kt_accept_encoding_init(&a);
  if (accept) kt_accept_encoding_line(&a, bytes(accept));
  return kt_coding_decide(&r, &a, ALL);
}

static kt_coding_plan decide(kt_coded_response r) { return decide_for(r, "gzip"); }
static bool is_untouched(kt_coding_plan p) {
  return !p.coding && !p.encode && !p.drop_length && !p.flush && !p.add_vary && !p.weaken_etag;
}
static bool is_plain_but_varies(kt_coding_plan p) {
  return !p.coding && !p.encode && !p.drop_length && !p.flush && p.add_vary && !p.weaken_etag;
}

TEST("JSON of some size is coded as the client likes, and says that it varies") {
  kt_coding_plan p = decide(json());
  CHECK_EQ(p.coding, KT_CODING_GZIP);
  CHECK(p.encode && p.drop_length && p.add_vary && !p.flush && !p.weaken_etag);
  CHECK_EQ(decide_for(json(), "gzip, zstd").coding, KT_CODING_ZSTD);
}

TEST("a plain answer says that it varies where another client would get it coded") {
  CHECK(is_plain_but_varies(decide_for(json(), NULL)));
  CHECK(is_plain_but_varies(decide_for(json(), "identity")));
  CHECK(is_plain_but_varies(decide_for(json(), "gzip;q=0, *;q=0")));
}

TEST("a server that offers nothing touches nothing") {
  kt_accept_encoding a;
  kt_coded_response r = json();
  kt_accept_encoding_init(&a);
  kt_accept_encoding_line(&a, KT_BYTES("gzip"));
  CHECK(is_untouched(kt_coding_decide(&r, &a, 0)));
}

TEST("content below the least size is left alone") {
  kt_coded_response r = json();
  r.size = KT_CODED_SIZE_MIN - 1;
  CHECK(is_untouched(decide(r)));
  r.size++;
  CHECK(decide(r).encode);
  r.size = 0;
  CHECK(is_untouched(decide(r)));
}

TEST("a stream is coded and flushed") {
  kt_coded_response r = json();
  r.size = KT_CODED_SIZE_UNKNOWN;
  r.content_type = KT_BYTES("text/event-stream");
  kt_coding_plan p = decide(r);
  CHECK(p.encode && p.flush && p.drop_length);
}

TEST("images, video, archives and what has no type do not shrink") {
  const char *const types[] = {"image/png", "image/jpeg", "image/webp", "video/mp4", "audio/mpeg", "application/zip",
                               "application/gzip", "application/octet-stream", "application/pdf", "font/woff2", "",
                               "json", "+json", "/+json", "a/b; c=+json", "application/json+gzip", "multipart/mixed"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    kt_coded_response r = json();
    r.content_type = bytes(types[i]);
    if (!is_untouched(decide(r))) KT_FAIL("%s", types[i]);
  }
}

TEST("problems are coded like other content") {
  kt_coded_response r = json();
  r.content_type = KT_BYTES("application/problem+json");
  static const uint16_t coded[] = {200, 201, 203, 300, 400, 404, 422, 500, 503};
  for (size_t i = 0; i < sizeof coded / sizeof *coded; i++) {
    r.status = coded[i];
    CHECK(decide(r).encode);
  }
}

TEST("what has no content, or a range of it, is left alone") {
  static const uint16_t plain[] = {100, 101, 103, 204, 205, 206, 416};
  kt_coded_response r = json();
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
    r.status = plain[i];
    CHECK(is_untouched(decide(r)));
  }
  r = json();
  r.has_content_range = true;
  CHECK(is_untouched(decide(r)));
}

TEST("content that is coded already is left alone; identity is no coding") {
  kt_coded_response r = json();
  r.content_encoding = KT_BYTES("br");
  CHECK(is_untouched(decide(r)));
  r.content_encoding = KT_BYTES(" Identity");
  CHECK(decide(r).encode);
}

TEST("no-transform is obeyed, wherever it stands but in quotes") {
  const char *const obeyed[] = {"no-transform", "public, No-Transform", "max-age=5,\tno-transform , private",
                                "private=\"a\\\",b\", no-transform"};
  const char *const others[] = {"", "no-transforms", "private=\"a, no-transform, b\"", "no-transform=1", "public"};
  kt_coded_response r = json();
  for (size_t i = 0; i < 4; i++) {
    r.cache_control = bytes(obeyed[i]);
    if (!is_untouched(decide(r))) KT_FAIL("%s", obeyed[i]);
  }
  for (size_t i = 0; i < 5; i++) {
    r.cache_control = bytes(others[i]);
    if (!decide(r).encode) KT_FAIL("%s", others[i]);
  }
}

TEST("the head for HEAD is that of GET, with nothing to encode") {
  kt_coded_response r = json();
  r.is_head = true;
  r.etag = KT_BYTES("\"a\"");
  kt_coding_plan p = decide(r);
  CHECK_EQ(p.coding, KT_CODING_GZIP);
  CHECK(!p.encode && !p.flush && p.drop_length && p.add_vary && p.weaken_etag);
}

TEST("a strong ETag becomes weak with coding, and only then; a weak one stays") {
  kt_coded_response r = json();
  r.etag = KT_BYTES("\"a\"");
  CHECK(decide(r).weaken_etag);
  CHECK(!decide_for(r, NULL).weaken_etag);
  r.etag = KT_BYTES("W/\"a\"");
  CHECK(!decide(r).weaken_etag);
}

TEST("Vary is not repeated") {
  const char *const named[] = {"Accept-Encoding", "origin, accept-encoding", "*", "Origin,*"};
  const char *const others[] = {"Origin", "Accept", "X-Accept-Encoding", "Accept-Encodings"};
  kt_coded_response r = json();
  for (size_t i = 0; i < 4; i++) {
    r.vary = bytes(named[i]);
    CHECK(!decide(r).add_vary && !decide_for(r, NULL).add_vary);
    r.vary = bytes(others[i]);
    CHECK(decide(r).add_vary && decide_for(r, NULL).add_vary);
  }
}

TEST("304 varies and has the weak tag that 200 may have had") {
  kt_coded_response r = {.status = 304, .etag = KT_BYTES("\"a\"")};
  kt_coding_plan p = decide(r);
  CHECK(!p.coding && !p.encode && p.add_vary && p.weaken_etag);
  CHECK(!decide_for(r, NULL).weaken_etag);
  r.route = KT_CODED_NEVER;
  CHECK(is_untouched(decide(r)));
}

TEST("a response to credentials, or one that sets a cookie, goes plain unless the route says that it may be coded") {
  kt_coded_response r = json();
  r.credentials = true;
  CHECK(is_plain_but_varies(decide(r)));
  r.route = KT_CODED_ALWAYS;
  CHECK(decide(r).encode);
  r = json();
  r.sets_cookie = true;
  CHECK(is_plain_but_varies(decide(r)));
  r.route = KT_CODED_ALWAYS;
  CHECK(decide(r).encode);
}

TEST("a route may refuse to be coded") {
  kt_coded_response r = json();
  r.route = KT_CODED_NEVER;
  CHECK(is_untouched(decide(r)));
}

static bool credentials(kt_field_id id, const char *value, const char *site) {
  kt_field fields[2] = {{(const uint8_t *)"x", (const uint8_t *)value, (uint32_t)strlen(value), 1, (uint16_t)id}};
  kt_request r = {.fields = fields, .field_count = 1};
  r.known[id] = 1;
  if (site) {
    fields[1] = (kt_field){(const uint8_t *)"sec-fetch-site", (const uint8_t *)site, (uint32_t)strlen(site), 14, 0};
    r.field_count = 2;
  }
  return kt_request_has_credentials(&r);
}

TEST("cookies and what a browser repeats by itself are credentials, a token that a script adds is none") {
  CHECK(credentials(KT_FIELD_COOKIE, "a=b", NULL));
  CHECK(credentials(KT_FIELD_AUTHORIZATION, "Basic YTpi", NULL));
  CHECK(credentials(KT_FIELD_AUTHORIZATION, "Negotiate x", NULL));
  CHECK(credentials(KT_FIELD_AUTHORIZATION, "Bearerx y", NULL));
  CHECK(credentials(KT_FIELD_AUTHORIZATION, "", NULL));
  CHECK(!credentials(KT_FIELD_AUTHORIZATION, "Bearer x", NULL));
  CHECK(!credentials(KT_FIELD_AUTHORIZATION, "bearer x", NULL));
  CHECK(!credentials(KT_FIELD_AUTHORIZATION, "DPoP x", NULL));
  CHECK(!credentials(KT_FIELD_ACCEPT, "a=b", NULL));
}

TEST("credentials count for nothing when the browser vouches that no other site asked") {
  CHECK(!credentials(KT_FIELD_COOKIE, "a=b", "same-origin"));
  CHECK(!credentials(KT_FIELD_COOKIE, "a=b", "none"));
  CHECK(credentials(KT_FIELD_COOKIE, "a=b", "same-site"));
  CHECK(credentials(KT_FIELD_COOKIE, "a=b", "cross-site"));
  CHECK(credentials(KT_FIELD_COOKIE, "a=b", ""));
}
