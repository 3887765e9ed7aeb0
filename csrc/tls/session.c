#include "tls/session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>

#define PEER_TEXT_MAX 2048 /* subject and names of a client certificate, each */

typedef struct session {
  kt_filter filter;
  kt_tls_context *context;
  SSL *ssl;
  const uint8_t *wire, *wire_end; /* during open */
  bool done, failed, unwritten, met_http;
  const char *reason;
  kt_tls_info info;
  uint8_t fingerprint[32];
  char *peer_text;
} session;

/* ---- the wire, as OpenSSL sees it ---- */

static int wire_read(BIO *bio, char *to, int room) {
  session *s = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  size_t n = (size_t)(s->wire_end - s->wire);
  if (n == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  if (n > (size_t)room) n = (size_t)room;
  memcpy(to, s->wire, n);
  s->wire += n;
  return (int)n;
}

/* The stream's queue takes everything; when memory is out the connection ends. */
static int wire_write(BIO *bio, const char *p, int n) {
  session *s = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (s->filter.write(s->filter.context, p, (size_t)n)) return n;
  s->unwritten = true;
  return -1;
}

static long wire_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *wire_method;

static void make_method(void) {
  wire_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
  if (!wire_method) return;
  BIO_meth_set_read(wire_method, wire_read);
  BIO_meth_set_write(wire_method, wire_write);
  BIO_meth_set_ctrl(wire_method, wire_control);
}

static BIO *new_wire(session *s) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_method);
  BIO *bio = wire_method ? BIO_new(wire_method) : NULL;
  if (!bio) return NULL;
  BIO_set_data(bio, s);
  BIO_set_init(bio, 1);
  return bio;
}

/* ---- who the peer is ---- */

static void put_names(BIO *out, X509 *peer) {
  GENERAL_NAMES *list = X509_get_ext_d2i(peer, NID_subject_alt_name, NULL, NULL);
  for (int i = 0; i < sk_GENERAL_NAME_num(list); i++) {
    if (i) BIO_puts(out, ",");
    GENERAL_NAME_print(out, sk_GENERAL_NAME_value(list, i));
  }
  GENERAL_NAMES_free(list);
}

static size_t keep(char *to, BIO *text) {
  char *p;
  long n = BIO_get_mem_data(text, &p);
  if (n > PEER_TEXT_MAX) n = PEER_TEXT_MAX;
  if (n > 0) memcpy(to, p, (size_t)n);
  (void)BIO_reset(text);
  return n > 0 ? (size_t)n : 0;
}

/* RFC 4514 is OpenSSL's RFC 2253 form. Without memory for it nothing is known of the peer, which is the safe side. */
static void describe_peer(session *s, X509 *peer) {
  BIO *text = BIO_new(BIO_s_mem());
  s->peer_text = kt_malloc(2 * PEER_TEXT_MAX);
  if (text && s->peer_text) {
    X509_NAME_print_ex(text, X509_get_subject_name(peer), 0, XN_FLAG_RFC2253);
    s->info.peer_subject = kt_bytes_make(s->peer_text, keep(s->peer_text, text));
    put_names(text, peer);
    char *names = s->peer_text + PEER_TEXT_MAX;
    s->info.peer_names = kt_bytes_make(names, keep(names, text));
    if (X509_digest(peer, EVP_sha256(), s->fingerprint, NULL) == 1)
      s->info.peer_fingerprint = kt_bytes_make(s->fingerprint, sizeof s->fingerprint);
  }
  BIO_free(text);
}

static void describe(session *s) {
  const unsigned char *alpn;
  unsigned alpn_n;
  SSL_get0_alpn_selected(s->ssl, &alpn, &alpn_n);
  const char *name = SSL_get_servername(s->ssl, TLSEXT_NAMETYPE_host_name);
  s->info = (kt_tls_info){
      .version = SSL_get_version(s->ssl),
      .cipher = SSL_get_cipher_name(s->ssl),
      .alpn = kt_bytes_make(alpn, alpn_n),
      .server_name = kt_bytes_make(name, name ? strlen(name) : 0),
      .resumed = SSL_session_reused(s->ssl),
  };
  X509 *peer = SSL_get0_peer_certificate(s->ssl);
  if (peer && SSL_get_verify_result(s->ssl) == X509_V_OK) describe_peer(s, peer);
}

/* ---- the filter ---- */

static kt_status outcome(session *s, int result) {
  switch (SSL_get_error(s->ssl, result)) {
  case SSL_ERROR_WANT_READ: return s->unwritten ? KT_EIO : KT_AGAIN;
  case SSL_ERROR_ZERO_RETURN: return KT_END;
  default: break;
  }
  unsigned long code = ERR_peek_error();
  s->reason = code ? ERR_reason_error_string(code) : NULL;
  s->met_http = ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST;
  s->failed = true;
  return KT_EIO;
}

static kt_status shake_hands(session *s) {
  int result = SSL_do_handshake(s->ssl);
  if (result != 1) return outcome(s, result);
  s->done = true;
  describe(s);
  return KT_OK;
}

static kt_status open_bytes(session *s, void *to, size_t room, size_t *n) {
  if (s->failed) return KT_EIO;
  ERR_clear_error(); /* one queue per thread, and many connections */
  if (!s->done) {
    kt_status st = shake_hands(s);
    if (st != KT_OK) return st;
  }
  if (room == 0) return KT_OK;
  int result = SSL_read_ex(s->ssl, to, room, n);
  return result == 1 ? KT_OK : outcome(s, result);
}

static kt_status ses_open(kt_filter *f, const uint8_t **wire, const uint8_t *wire_end, void *to, size_t room,
                          size_t *n) {
  session *s = (session *)f;
  s->wire = *wire;
  s->wire_end = wire_end;
  *n = 0;
  kt_status st = open_bytes(s, to, room, n);
  *wire = s->wire;
  return st;
}

static kt_status ses_seal(kt_filter *f, const void *p, size_t n) {
  session *s = (session *)f;
  size_t written;
  if (s->failed || !s->done) return KT_EIO;
  ERR_clear_error();
  if (SSL_write_ex(s->ssl, p, n, &written) == 1 && !s->unwritten) return KT_OK;
  s->failed = true;
  return KT_EIO;
}

static void ses_end(kt_filter *f) {
  session *s = (session *)f;
  if (s->failed || !s->done) return;
  ERR_clear_error();
  SSL_shutdown(s->ssl);
}

static void ses_destroy(kt_filter *f) {
  session *s = (session *)f;
  SSL_free(s->ssl);
  kt_tls_context_drop(s->context);
  kt_free(s->peer_text);
  kt_free(s);
}

static const kt_filter_ops ops = {ses_open, ses_seal, ses_end, ses_destroy};

kt_filter *kt_tls_accept(kt_tls_context *c) {
  session *s = kt_calloc(1, sizeof *s);
  if (!s) return NULL;
  s->filter.ops = &ops;
  kt_tls_context_hold(c);
  s->context = c;
  s->ssl = SSL_new(kt_tls__context_first(c));
  BIO *wire = s->ssl ? new_wire(s) : NULL;
  if (!wire) {
    ses_destroy(&s->filter);
    return NULL;
  }
  SSL_set_bio(s->ssl, wire, wire);
  SSL_set_accept_state(s->ssl);
  return &s->filter;
}

const kt_tls_info *kt_tls_session_info(const kt_filter *f) {
  const session *s = (const session *)f;
  return s->done ? &s->info : NULL;
}

bool kt_tls_session_met_http(const kt_filter *f) { return ((const session *)f)->met_http; }
const char *kt_tls_session_reason(const kt_filter *f) { return ((const session *)f)->reason; }
