#include "tls/context.h"

#include "tls/names.h"
#include "tls/session.h"

#include <errno.h>
#include <openssl/decodererr.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SESSIONS_KEPT 4096 /* of TLS 1.2 clients without tickets */

/* RFC 9325 §4.2, in the order of Mozilla's intermediate profile. */
static const char ciphers[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                              "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char suites13[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
static const char groups[] = "X25519:P-256:P-384";

typedef struct staple {
  uint8_t *p;
  size_t n;
} staple;

struct kt_tls_context {
  uint32_t holders;
  kt_tls_tickets *tickets;
  size_t count;
  SSL_CTX **certified; /* one per certificate */
  staple *staples;
  kt__names names;
  bool h2, ktls;
};

kt_tls_config kt_tls_config_default(void) { return (kt_tls_config){.tls12 = true, .h2 = true}; }

typedef struct problem {
  char *text;
  size_t n;
} problem;

static bool fail(problem *e, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(e->text, e->n, format, list);
  va_end(list);
  return false;
}

/* Why OpenSSL refused, in its own words or the system's. */
static const char *why(void) {
  unsigned long code = ERR_peek_error();
  if (ERR_SYSTEM_ERROR(code)) return strerror(ERR_GET_REASON(code));
  if (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE) return "nothing such in PEM";
  if (ERR_GET_LIB(code) == ERR_LIB_OSSL_DECODER && ERR_GET_REASON(code) == ERR_R_UNSUPPORTED)
    return "nothing such in PEM";
  const char *reason = code ? ERR_reason_error_string(code) : NULL;
  return reason ? reason : "unknown error";
}

/* ---- what a handshake asks for ---- */

static int choose_certificate(SSL *ssl, int *alert, void *context) {
  (void)alert;
  kt_tls_context *c = context;
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  size_t at;
  if (name && kt__names_find(&c->names, name, &at)) SSL_set_SSL_CTX(ssl, c->certified[at]);
  return SSL_TLSEXT_ERR_OK;
}

static bool offers(const unsigned char *list, unsigned n, kt_bytes protocol, const unsigned char **at) {
  for (unsigned i = 0; i < n && i + 1 + list[i] <= n; i += 1u + list[i])
    if (kt_bytes_equal(kt_bytes_make(list + i + 1, list[i]), protocol)) {
      *at = list + i + 1;
      return true;
    }
  return false;
}

/* RFC 7301 §3.2: no protocol in common ends the handshake. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *list,
                           unsigned n, void *context) {
  (void)ssl;
  const kt_tls_context *c = context;
  static const kt_bytes known[] = {{(const uint8_t *)"h2", 2}, {(const uint8_t *)"http/1.1", 8}};
  for (size_t i = c->h2 ? 0 : 1; i < 2; i++)
    if (offers(list, n, known[i], out)) {
      *out_n = (unsigned char)known[i].n;
      return SSL_TLSEXT_ERR_OK;
    }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int staple_response(SSL *ssl, void *context) {
  const staple *s = context;
  uint8_t *copy = OPENSSL_memdup(s->p, s->n);
  if (!copy) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)s->n);
  return SSL_TLSEXT_ERR_OK;
}

/* ---- files ---- */

static bool read_file(const char *path, staple *out, problem *e) {
  FILE *f = fopen(path, "rb");
  if (!f) return fail(e, "cannot read '%s': %s", path, strerror(errno));
  uint8_t bytes[64 * 1024]; /* responses have a few hundred bytes, bundles of authorities some tens of KiB */
  size_t n = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  if (n == 0 || n == sizeof bytes) return fail(e, "'%s' is empty or larger than 64 KiB", path);
  out->p = kt_malloc(n);
  if (!out->p) return fail(e, "out of memory");
  memcpy(out->p, bytes, n);
  out->n = n;
  return true;
}

/* Clients that ask for a response break the handshake off for one that is none. */
static bool read_response(const char *path, staple *out, problem *e) {
  if (!read_file(path, out, e)) return false;
  const uint8_t *at = out->p;
  OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)out->n);
  int status = response ? OCSP_response_status(response) : -1;
  OCSP_RESPONSE_free(response);
  if (status < 0) return fail(e, "'%s' is not an OCSP response in DER", path);
  if (status == OCSP_RESPONSE_STATUS_SUCCESSFUL) return true;
  return fail(e, "the OCSP response in '%s' tells of a failure: %s", path, OCSP_response_status_str(status));
}

static int no_password(char *to, int n, int writes, void *context) {
  (void)to, (void)n, (void)writes;
  *(bool *)context = true;
  return -1;
}

static bool load_key(SSL_CTX *ctx, const kt_tls_certificate *files, problem *e) {
  bool encrypted = false;
  SSL_CTX_set_default_passwd_cb(ctx, no_password);
  SSL_CTX_set_default_passwd_cb_userdata(ctx, &encrypted);
  bool ok = SSL_CTX_use_PrivateKey_file(ctx, files->key_file, SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb(ctx, NULL);
  SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
  if (encrypted)
    return fail(e, "the key in '%s' is encrypted; decrypt it with `openssl pkey -in FILE -out PLAIN`", files->key_file);
  if (!ok && ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH)
    return fail(e, "the key in '%s' does not belong to the certificate in '%s'", files->key_file, files->chain_file);
  return ok || fail(e, "cannot read a private key from '%s': %s", files->key_file, why());
}

static bool load_certificate(kt_tls_context *c, size_t i, const kt_tls_certificate *files, problem *e) {
  SSL_CTX *ctx = c->certified[i];
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(ctx, files->chain_file) != 1)
    return fail(e, "cannot read a certificate chain from '%s': %s", files->chain_file, why());
  if (!load_key(ctx, files, e)) return false;
  X509 *certificate = SSL_CTX_get0_certificate(ctx);
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
    return fail(e, "the certificate in '%s' has expired", files->chain_file);
  if (!kt__names_add(&c->names, certificate, i)) return fail(e, "out of memory");
  if (!files->ocsp_file) return true;
  if (!read_response(files->ocsp_file, &c->staples[i], e)) return false;
  SSL_CTX_set_tlsext_status_cb(ctx, staple_response);
  SSL_CTX_set_tlsext_status_arg(ctx, &c->staples[i]);
  return true;
}

/* A session began under the authorities of its time: others resume it nowhere (SSL_CTX_set_session_id_context). */
static bool name_sessions(SSL_CTX *ctx, const kt_tls_config *config, problem *e) {
  uint8_t id[32] = {0};
  if (config->client_auth != KT_CLIENT_AUTH_OFF) {
    staple file;
    if (!read_file(config->client_ca_file, &file, e)) return false;
    EVP_Digest(file.p, file.n, id, NULL, EVP_sha256(), NULL);
    id[0] ^= config->client_auth;
    kt_free(file.p);
  }
  return SSL_CTX_set_session_id_context(ctx, id, sizeof id) == 1;
}

static bool ask_clients(SSL_CTX *ctx, const kt_tls_config *config, problem *e) {
  if (config->client_auth == KT_CLIENT_AUTH_OFF) return true;
  if (!config->client_ca_file)
    return fail(e, "client certificates need client_ca_file: the authorities that may issue them");
  ERR_clear_error();
  STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(config->client_ca_file);
  if (!names || SSL_CTX_load_verify_file(ctx, config->client_ca_file) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return fail(e, "cannot read certificates from '%s': %s", config->client_ca_file, why());
  }
  SSL_CTX_set_client_CA_list(ctx, names);
  int mode = SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE;
  if (config->client_auth == KT_CLIENT_AUTH_REQUIRED) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(ctx, mode, NULL);
  return true;
}

static bool set_up(kt_tls_context *c, size_t i, const kt_tls_config *config, problem *e) {
  SSL_CTX *ctx = c->certified[i] = SSL_CTX_new(TLS_server_method());
  if (!ctx) return fail(e, "out of memory");
  SSL_CTX_set_min_proto_version(ctx, config->tls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_security_level(ctx, 2);
  SSL_CTX_sess_set_cache_size(ctx, SESSIONS_KEPT);
  SSL_CTX_set_num_tickets(ctx, 1); /* a client that opens more connections resumes one ticket on all of them */
  if (SSL_CTX_set_cipher_list(ctx, ciphers) != 1 || SSL_CTX_set_ciphersuites(ctx, suites13) != 1 ||
      SSL_CTX_set1_groups_list(ctx, groups) != 1)
    return fail(e, "this OpenSSL lacks the ciphers that are allowed here");
  SSL_CTX_set_tlsext_servername_callback(ctx, choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(ctx, c);
  SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, c);
  if (c->ktls) kt_tls__session_tell_keys(ctx);
  if (!c->tickets)
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  else if (!kt_tls__tickets_use(c->tickets, ctx))
    return fail(e, "session tickets cannot be set up");
  return ask_clients(ctx, config, e) && name_sessions(ctx, config, e);
}

static bool fill(kt_tls_context *c, const kt_tls_config *config, problem *e) {
  if (config->certificate_count == 0) return fail(e, "TLS needs a certificate and its key");
  c->certified = kt_calloc(config->certificate_count, sizeof *c->certified);
  c->staples = kt_calloc(config->certificate_count, sizeof *c->staples);
  if (!c->certified || !c->staples) return fail(e, "out of memory");
  for (; c->count < config->certificate_count; c->count++)
    if (!set_up(c, c->count, config, e) || !load_certificate(c, c->count, &config->certificates[c->count], e)) {
      c->count++; /* what was made of it goes, too */
      return false;
    }
  kt__names_sort(&c->names);
  return true;
}

kt_tls_context *kt_tls_context_create(const kt_tls_config *config, kt_tls_tickets *tickets, char *error, size_t n) {
  problem e = {error, n};
  kt_tls_context *c = kt_calloc(1, sizeof *c);
  if (!c) {
    fail(&e, "out of memory");
    return NULL;
  }
  c->holders = 1;
  c->h2 = config->h2;
  c->ktls = config->ktls != KT_KTLS_OFF;
  if (tickets) kt_tls_tickets_hold(tickets);
  c->tickets = tickets;
  if (fill(c, config, &e)) return c;
  kt_tls_context_drop(c);
  return NULL;
}

void kt_tls_context_hold(kt_tls_context *c) { __atomic_add_fetch(&c->holders, 1, __ATOMIC_RELAXED); }

void kt_tls_context_drop(kt_tls_context *c) {
  if (!c || __atomic_sub_fetch(&c->holders, 1, __ATOMIC_ACQ_REL) > 0) return;
  for (size_t i = 0; i < c->count; i++) {
    SSL_CTX_free(c->certified[i]);
    kt_free(c->staples[i].p);
  }
  kt_free(c->certified);
  kt_free(c->staples);
  kt__names_deinit(&c->names);
  kt_tls_tickets_drop(c->tickets);
  kt_free(c);
}

SSL_CTX *kt_tls__context_first(kt_tls_context *c) { return c->certified[0]; }
bool kt_tls__context_follows_keys(const kt_tls_context *c) { return c->ktls; }
