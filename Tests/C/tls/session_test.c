/* Sessions against OpenSSL's own client, in memory; names; what is wrong with files. */
#include "pair.h"
#include "random.h"

#include "tls/names.h"
#include "tls/tls.h"

static const char *certified_name(pair *p) {
  static char name[100];
  X509 *c = SSL_get0_peer_certificate(p->client);
  CHECK(c);
  X509_NAME_get_text_by_NID(X509_get_subject_name(c), NID_commonName, name, sizeof name);
  return name;
}

TEST("a client and the server talk, whatever pieces the wire gives") {
  kt_tls_context *c = make_context(NULL, NULL);
  for (size_t piece = 1; piece < 400; piece = piece < 20 ? piece + 1 : piece * 2) {
    pair p = begin(c, "a.example");
    p.piece = piece;
    CHECK_EQ(shake_hands(&p), KT_OK);
    static uint8_t text[50000], clear[sizeof text];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)random_number();
    CHECK(SSL_write(p.client, text, sizeof text) == sizeof text);
    size_t n = 0;
    CHECK_EQ(carry_to_server(&p, clear, sizeof clear, &n), KT_OK);
    CHECK(n == sizeof text && memcmp(clear, text, n) == 0);
    CHECK_EQ(p.server->ops->seal(p.server, text, sizeof text), KT_OK);
    p.server->ops->end(p.server);
    carry_to_client(&p);
    size_t got = 0;
    int r;
    memset(clear, 0, sizeof clear);
    while ((r = SSL_read(p.client, clear + got, (int)(sizeof clear - got))) > 0) got += (size_t)r;
    CHECK(got == sizeof text && memcmp(clear, text, got) == 0);
    SSL_shutdown(p.client);
    n = 0;
    CHECK_EQ(carry_to_server(&p, clear, 10, &n), KT_END);
    end(&p);
  }
  kt_tls_context_drop(c);
}

TEST("the certificate is the one of the name that is asked for, else the first") {
  kt_tls_context *c = make_context(NULL, NULL);
  static const char *cases[][2] = {{"a.example", "a.example"},   {"www.a.example", "a.example"},
                                   {"b.example", "b.example"},   {"B.EXAMPLE", "b.example"},
                                   {"x.b.example", "a.example"}, {"other.example", "a.example"}, {NULL, "a.example"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pair p = begin(c, cases[i][0]);
    CHECK_EQ(shake_hands(&p), KT_OK);
    if (strcmp(certified_name(&p), cases[i][1]) != 0)
      KT_FAIL("%s got %s", cases[i][0] ? cases[i][0] : "no name", certified_name(&p));
    end(&p);
  }
  kt_tls_context_drop(c);
}

static kt_status offer(kt_tls_context *c, const char *protocols, kt_bytes *chosen) {
  static uint8_t name[20];
  pair p = begin(c, "a.example");
  SSL_set_alpn_protos(p.client, (const uint8_t *)protocols, (unsigned)strlen(protocols));
  kt_status st = shake_hands(&p);
  if (st == KT_OK) {
    kt_bytes alpn = kt_tls_session_info(p.server)->alpn;
    memcpy(name, alpn.p ? alpn.p : name, alpn.n);
    *chosen = kt_bytes_make(name, alpn.n);
  }
  end(&p);
  return st;
}

TEST("the protocol is HTTP/2 where both know it, and the handshake fails without a common one") {
  kt_tls_context *c = make_context(NULL, NULL);
  kt_bytes chosen;
  CHECK_EQ(offer(c, "\x08http/1.1\x02h2", &chosen), KT_OK);
  CHECK_BYTES(chosen, "h2");
  CHECK_EQ(offer(c, "\x08http/1.1", &chosen), KT_OK);
  CHECK_BYTES(chosen, "http/1.1");
  CHECK_EQ(offer(c, "", &chosen), KT_OK);
  CHECK_EQ(chosen.n, 0);
  CHECK_EQ(offer(c, "\x06spdy/3", &chosen), KT_EIO);
  kt_tls_context_drop(c);
  kt_tls_config only1 = kt_tls_config_default();
  only1.h2 = false;
  c = make_context(&only1, NULL);
  CHECK_EQ(offer(c, "\x02h2\x08http/1.1", &chosen), KT_OK);
  CHECK_BYTES(chosen, "http/1.1");
  kt_tls_context_drop(c);
}

static kt_status connect_with(kt_tls_context *c, int version) {
  pair p = begin(c, "a.example");
  SSL_set_min_proto_version(p.client, version);
  SSL_set_max_proto_version(p.client, version);
  SSL_set_security_level(p.client, 0);
  kt_status st = shake_hands(&p);
  end(&p);
  return st;
}

TEST("TLS 1.3 and 1.2 are spoken, older versions are not, and 1.2 only where it may be") {
  kt_tls_context *c = make_context(NULL, NULL);
  CHECK_EQ(connect_with(c, TLS1_3_VERSION), KT_OK);
  CHECK_EQ(connect_with(c, TLS1_2_VERSION), KT_OK);
  CHECK(connect_with(c, TLS1_1_VERSION) != KT_OK);
  kt_tls_context_drop(c);
  kt_tls_config new = kt_tls_config_default();
  new.tls12 = false;
  c = make_context(&new, NULL);
  CHECK_EQ(connect_with(c, TLS1_3_VERSION), KT_OK);
  CHECK_EQ(connect_with(c, TLS1_2_VERSION), KT_EIO);
  kt_tls_context_drop(c);
}

/* Connects, resumes what `session` holds, and leaves the new session there. */
static bool resumes(kt_tls_context *c, SSL_SESSION **session) {
  pair p = begin(c, "a.example");
  if (*session) SSL_set_session(p.client, *session);
  CHECK_EQ(shake_hands(&p), KT_OK);
  char byte;
  SSL_read(p.client, &byte, 1); /* the ticket comes behind the handshake */
  SSL_SESSION_free(*session);
  *session = SSL_get1_session(p.client);
  bool resumed = kt_tls_session_info(p.server)->resumed;
  SSL_set_shutdown(p.client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  end(&p);
  return resumed;
}

TEST("a ticket is resumed with another context, for two rotations of the keys and no longer") {
  kt_tls_tickets *tickets = kt_tls_tickets_create();
  kt_tls_context *first = make_context(NULL, tickets), *second = make_context(NULL, tickets);
  SSL_SESSION *session = NULL, *old;
  CHECK(!resumes(first, &session));
  CHECK(resumes(second, &session));
  old = SSL_SESSION_dup(session);
  CHECK(kt_tls_tickets_rotate(tickets) && kt_tls_tickets_rotate(tickets));
  CHECK(resumes(first, &session));
  CHECK(kt_tls_tickets_rotate(tickets));
  CHECK(resumes(first, &session)); /* its client had got a newer one */
  CHECK(!resumes(first, &old));
  SSL_SESSION_free(session);
  SSL_SESSION_free(old);
  kt_tls_context_drop(first);
  kt_tls_context_drop(second);
  kt_tls_tickets_drop(tickets);
}

static kt_status show(kt_tls_context *c, const identity *who, kt_bytes *subject) {
  static uint8_t text[200];
  pair p = begin(c, "a.example");
  if (who) {
    SSL_use_certificate(p.client, who->certificate);
    SSL_use_PrivateKey(p.client, who->key);
  }
  kt_status st = shake_hands(&p);
  if (st == KT_OK) {
    kt_bytes s = kt_tls_session_info(p.server)->peer_subject;
    if (s.n) memcpy(text, s.p, s.n);
    *subject = kt_bytes_make(text, s.n);
  }
  end(&p);
  return st;
}

TEST("clients show certificates where they are asked to, and only those of the authority count") {
  make_files();
  kt_tls_config config = kt_tls_config_default();
  config.client_ca_file = authority.chain_file;
  config.client_auth = KT_CLIENT_AUTH_OPTIONAL;
  kt_tls_context *c = make_context(&config, NULL);
  kt_bytes subject;
  CHECK_EQ(show(c, &b, &subject), KT_OK);
  CHECK_BYTES(subject, "CN=b.example");
  CHECK_EQ(show(c, NULL, &subject), KT_OK);
  CHECK_EQ(subject.n, 0);
  CHECK_EQ(show(c, &stranger, &subject), KT_EIO);
  kt_tls_context_drop(c);
  config.client_auth = KT_CLIENT_AUTH_REQUIRED;
  c = make_context(&config, NULL);
  CHECK_EQ(show(c, &b, &subject), KT_OK);
  CHECK_EQ(show(c, NULL, &subject), KT_EIO);
  CHECK_EQ(show(c, &stranger, &subject), KT_EIO);
  kt_tls_context_drop(c);
}

TEST("bytes that are no TLS end a session, HTTP is told apart") {
  kt_tls_context *c = make_context(NULL, NULL);
  for (int round = 0; round < 200; round++) {
    pair p = begin(c, NULL);
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)random_number();
    if (round == 0) memcpy(bytes, "GET / HTTP/1.1\r\n", 16);
    if (round % 2) memcpy(bytes, "\x16\x03\x01\x00\xf0\x01", 6);
    const uint8_t *at = bytes;
    size_t n;
    p.server->context = &p.to_client;
    kt_status st = p.server->ops->open(p.server, &at, bytes + sizeof bytes, NULL, 0, &n);
    CHECK(st == KT_EIO || st == KT_AGAIN);
    CHECK_EQ(kt_tls_session_met_http(p.server), round == 0);
    if (st == KT_EIO) CHECK(kt_tls_session_reason(p.server));
    if (st == KT_EIO) CHECK_EQ(p.server->ops->seal(p.server, "x", 1), KT_EIO);
    end(&p);
  }
  kt_tls_context_drop(c);
}

static void expect_error(const kt_tls_config *config, const char *part) {
  char error[300] = "";
  if (kt_tls_context_create(config, NULL, error, sizeof error)) KT_FAIL("no error, wanted '%s'", part);
  if (!strstr(error, part)) KT_FAIL("'%s' does not say '%s'", error, part);
}

TEST("what is wrong with a file is told with its name") {
  make_files();
  kt_tls_certificate one = {a.chain_file, a.key_file, NULL};
  kt_tls_config config = kt_tls_config_default();
  expect_error(&config, "needs a certificate");
  config.certificates = &one;
  config.certificate_count = 1;
  one.chain_file = "/nowhere.pem";
  expect_error(&config, "'/nowhere.pem': No such file");
  one.chain_file = a.key_file;
  expect_error(&config, "nothing such in PEM");
  one.chain_file = a.chain_file;
  one.key_file = b.key_file;
  expect_error(&config, "does not belong to the certificate");
  one.key_file = a.chain_file;
  expect_error(&config, "private key from");
  expect_error(&config, "nothing such in PEM");
  one.key_file = a.key_file;
  one.ocsp_file = "/nowhere.der";
  expect_error(&config, "/nowhere.der");
  one.ocsp_file = a.key_file;
  expect_error(&config, "is not an OCSP response in DER");
  one.ocsp_file = NULL;
  config.client_auth = KT_CLIENT_AUTH_REQUIRED;
  expect_error(&config, "client_ca_file");
  config.client_ca_file = a.key_file;
  expect_error(&config, a.key_file);
  config.client_auth = KT_CLIENT_AUTH_OFF;
  identity expired = make_identity(folder, "expired", "DNS:e", &authority, -1);
  one = (kt_tls_certificate){expired.chain_file, expired.key_file, NULL};
  expect_error(&config, "has expired");
  FILE *f = fopen(expired.key_file, "w");
  CHECK(f && PEM_write_PrivateKey(f, a.key, EVP_aes_128_cbc(), (uint8_t *)"pw", 2, NULL, NULL) == 1 && fclose(f) == 0);
  one = (kt_tls_certificate){a.chain_file, expired.key_file, NULL};
  expect_error(&config, "is encrypted");
  drop_identity(&expired);
}

TEST("memory may run out at any allocation of ours") {
  make_files();
  kt_tls_certificate files[] = {{a.chain_file, a.key_file, NULL}};
  kt_tls_config config = kt_tls_config_default();
  config.certificates = files;
  config.certificate_count = 1;
  bool done = false;
  for (uint64_t n = 1; !done && n < 100; n++) {
    char error[300];
    kt_fail_allocation(n);
    kt_tls_tickets *tickets = kt_tls_tickets_create();
    kt_tls_context *c = tickets ? kt_tls_context_create(&config, tickets, error, sizeof error) : NULL;
    kt_filter *f = c ? kt_tls_accept(c) : NULL;
    done = f != NULL;
    if (f) f->ops->destroy(f);
    kt_tls_context_drop(c);
    kt_tls_tickets_drop(tickets);
  }
  kt_fail_allocation(0);
  CHECK(done);
}

/* A list walked from the front. */
TEST("names are found as a slow search finds them") {
  for (int round = 0; round < 300; round++) {
    kt__names names = {0};
    char all[12][20];
    unsigned count = 1 + (unsigned)random_below(12);
    for (unsigned i = 0; i < count; i++) {
      snprintf(all[i], sizeof all[i], "%s%c.%c", random_below(3) ? "" : "*.", (char)('a' + random_below(3)),
               (char)('x' + random_below(2)));
      CHECK(kt__names_add_text(&names, all[i], strlen(all[i]), i));
    }
    kt__names_sort(&names);
    char asked[20], wild[20];
    snprintf(asked, sizeof asked, "%s%c.%c", random_below(2) ? "" : "w.", (char)('A' + random_below(3)),
             (char)('x' + random_below(2)));
    for (char *p = asked; *p; p++) wild[p - asked] = (char)kt_lower((uint8_t)*p), wild[p - asked + 1] = 0;
    long expected = -1;
    for (unsigned i = 0; i < count && expected < 0; i++)
      if (strcmp(all[i], wild) == 0) expected = (long)i;
    char parent[24];
    snprintf(parent, sizeof parent, "*%s", strchr(wild, '.'));
    for (unsigned i = 0; i < count && expected < 0; i++)
      if (strcmp(all[i], parent) == 0) expected = (long)i;
    size_t found;
    bool is_found = kt__names_find(&names, asked, &found);
    if (is_found != (expected >= 0) || (is_found && found != (size_t)expected))
      KT_FAIL("%s: %ld and %ld", asked, is_found ? (long)found : -1, expected);
    kt__names_deinit(&names);
  }
}
