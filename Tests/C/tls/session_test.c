/* Sessions against OpenSSL's own client, in memory; names; what is wrong with files. */
#include "certificates.h"
#include "random.h"

#include "tls/names.h"
#include "tls/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

static char folder[] = "/tmp/katana-tls-XXXXXX";
static identity authority, a, b, stranger;

static void make_files(void) {
  if (authority.key) return;
  CHECK(mkdtemp(folder));
  authority = make_identity(folder, "authority", NULL, NULL, 10);
  a = make_identity(folder, "a.example", "DNS:a.example,DNS:*.a.example", &authority, 10);
  b = make_identity(folder, "b.example", "DNS:B.example", &authority, 10);
  stranger = make_identity(folder, "stranger", NULL, NULL, 10);
}

__attribute__((destructor)) static void drop_files(void) {
  if (!authority.key) return;
  drop_identity(&authority);
  drop_identity(&a);
  drop_identity(&b);
  drop_identity(&stranger);
  rmdir(folder);
}

static kt_tls_context *make_context(const kt_tls_config *change, kt_tls_tickets *tickets) {
  make_files();
  kt_tls_certificate files[] = {{a.chain_file, a.key_file, NULL}, {b.chain_file, b.key_file, NULL}};
  kt_tls_config config = change ? *change : kt_tls_config_default();
  config.certificates = files;
  config.certificate_count = 2;
  char error[300];
  kt_tls_context *c = kt_tls_context_create(&config, tickets, error, sizeof error);
  if (!c) KT_FAIL("%s", error);
  return c;
}

/* ---- a client, and the wire between ---- */

typedef struct wire {
  uint8_t bytes[200000];
  size_t n, at;
} wire;

typedef struct pair {
  kt_filter *server;
  SSL_CTX *client_ctx;
  SSL *client;
  wire to_client;
  size_t piece; /* bytes that the server is given at a time */
} pair;

static bool write_wire(void *context, const void *p, size_t n) {
  wire *w = context;
  CHECK(w->n + n <= sizeof w->bytes);
  memcpy(w->bytes + w->n, p, n);
  w->n += n;
  return true;
}

static pair begin(kt_tls_context *c, const char *name) {
  static pair p;
  p = (pair){.server = kt_tls_accept(c), .client_ctx = SSL_CTX_new(TLS_client_method()), .piece = 100000};
  CHECK(p.server);
  p.server->write = write_wire;
  SSL_CTX_load_verify_file(p.client_ctx, authority.chain_file);
  SSL_CTX_set_verify(p.client_ctx, SSL_VERIFY_PEER, NULL);
  p.client = SSL_new(p.client_ctx);
  if (name) SSL_set_tlsext_host_name(p.client, name);
  SSL_set_bio(p.client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(p.client);
  return p;
}

static void end(pair *p) {
  p->server->ops->destroy(p->server);
  SSL_free(p->client);
  SSL_CTX_free(p->client_ctx);
}

/* What the client wrote goes to the server in pieces; the server's clear bytes are appended to `clear`. */
static kt_status carry_to_server(pair *p, uint8_t *clear, size_t room, size_t *clear_n) {
  uint8_t *bytes;
  long n = BIO_get_mem_data(SSL_get_wbio(p->client), &bytes);
  kt_status st = KT_AGAIN;
  p->server->context = &p->to_client;
  for (long at = 0; at < n;) {
    long part = (long)p->piece < n - at ? (long)p->piece : n - at;
    const uint8_t *from = bytes + at, *to = from + part;
    do {
      size_t got;
      st = p->server->ops->open(p->server, &from, to, clear + *clear_n, room - *clear_n, &got);
      *clear_n += got;
    } while (st == KT_OK && (from < to || room - *clear_n > 0));
    if (st != KT_OK && st != KT_AGAIN) break;
    CHECK(from == to);
    at += part;
  }
  (void)BIO_reset(SSL_get_wbio(p->client));
  return st;
}

static void carry_to_client(pair *p) {
  BIO_write(SSL_get_rbio(p->client), p->to_client.bytes, (int)p->to_client.n);
  p->to_client.n = 0;
}

/* KT_OK, or what ended the handshake on the server's side; the client's failure is KT_ECANCELED. */
static kt_status shake_hands(pair *p) {
  uint8_t clear[1];
  for (int turn = 0; turn < 20; turn++) {
    ERR_clear_error();
    int result = SSL_do_handshake(p->client);
    if (result != 1 && SSL_get_error(p->client, result) != SSL_ERROR_WANT_READ) {
      size_t n = 0;
      kt_status st = carry_to_server(p, clear, 1, &n);
      return st == KT_EIO ? st : KT_ECANCELED;
    }
    size_t n = 0;
    kt_status st = carry_to_server(p, clear, 1, &n);
    if (st == KT_EIO || st == KT_END) return st;
    carry_to_client(p);
    if (result == 1 && kt_tls_session_info(p->server)) return KT_OK;
  }
  return KT_AGAIN;
}

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
  one.key_file = a.key_file;
  one.ocsp_file = "/nowhere.der";
  expect_error(&config, "/nowhere.der");
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
