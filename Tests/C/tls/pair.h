/* pair.h: a session and OpenSSL's own client, with a wire in memory between. */
#ifndef KT_TEST_TLS_PAIR_H
#define KT_TEST_TLS_PAIR_H

#include "certificates.h"

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

#endif
