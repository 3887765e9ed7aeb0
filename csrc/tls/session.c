#include "tls/session.h"

#include "tls/traffic.h"

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
  bool owes_keys; /* the peer asked for new keys and has not got them */
  uint8_t alert[2]; /* that OpenSSL wrote last */
  kt__traffic traffic;
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

/* The stream's queue takes everything; when memory is out the connection ends. What OpenSSL seals after the kernel took
 * over nobody could open: on_message keeps what matters. */
static int wire_write(BIO *bio, const char *p, int n) {
  session *s = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (s->filter.handed_over) return n;
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

/* ---- what the kernel is told when it takes over ---- */

static void on_secret(const SSL *ssl, const char *line) {
  session *s = SSL_get_app_data(ssl);
  if (s) kt__traffic_learn(&s->traffic, line);
}

/* RFC 8446 §4.6.3. OpenSSL answers at once or with the next bytes it writes. */
static void on_key_update(session *s, bool writes, uint8_t request) {
  if (!writes) {
    if (request == SSL_KEY_UPDATE_REQUESTED) s->owes_keys = true;
  } else if (!s->filter.handed_over) {
    s->owes_keys = false;
    kt__traffic_next(&s->traffic);
  }
}

static void on_message(int writes, int version, int type, const void *p, size_t n, SSL *ssl, void *context) {
  (void)version, (void)ssl;
  session *s = context;
  const uint8_t *bytes = p;
  if (type == SSL3_RT_HEADER)
    s->traffic.records += writes != 0;
  else if (type == SSL3_RT_ALERT && writes && n == sizeof s->alert)
    memcpy(s->alert, p, n);
  else if (type == SSL3_RT_HANDSHAKE && n == 5 && bytes[0] == SSL3_MT_KEY_UPDATE)
    on_key_update(s, writes, bytes[4]);
}

void kt_tls__session_tell_keys(SSL_CTX *ctx) { SSL_CTX_set_keylog_callback(ctx, on_secret); }

static void follow_keys(session *s) {
  SSL_set_app_data(s->ssl, s);
  SSL_set_msg_callback(s->ssl, on_message);
  SSL_set_msg_callback_arg(s->ssl, s);
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
  if (s->filter.handed_over && s->owes_keys) { /* which the kernel cannot give: nothing may be sent any more */
    s->failed = true;
    s->reason = "the peer asked for new keys where the kernel seals";
    return KT_EIO;
  }
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

static size_t ses_seals(kt_filter *f, void *info, size_t room) {
  session *s = (session *)f;
  if (s->failed || !s->done || s->owes_keys) return 0;
  uint16_t cipher = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(s->ssl));
  return kt__traffic_describe(&s->traffic, cipher, info, room);
}

/* Without one of OpenSSL's, close_notify: also where new keys cannot be had, for then nothing is wrong. */
static bool ses_last_alert(kt_filter *f, uint8_t alert[2]) {
  session *s = (session *)f;
  static const uint8_t close_notify[2] = {SSL3_AL_WARNING, SSL3_AD_CLOSE_NOTIFY};
  memcpy(alert, s->alert[0] ? s->alert : close_notify, 2);
  SSL_set_shutdown(s->ssl, SSL_SENT_SHUTDOWN | SSL_get_shutdown(s->ssl));
  return true;
}

static void ses_destroy(kt_filter *f) {
  session *s = (session *)f;
  kt__traffic_forget(&s->traffic);
  SSL_free(s->ssl);
  kt_tls_context_drop(s->context);
  kt_free(s->peer_text);
  kt_free(s);
}

static const kt_filter_ops ops = {
    .open = ses_open,
    .seal = ses_seal,
    .end = ses_end,
    .destroy = ses_destroy,
};
static const kt_filter_ops ops_of_ktls = {
    .open = ses_open,
    .seal = ses_seal,
    .end = ses_end,
    .seals = ses_seals,
    .last_alert = ses_last_alert,
    .destroy = ses_destroy,
};

kt_filter *kt_tls_accept(kt_tls_context *c) {
  session *s = kt_calloc(1, sizeof *s);
  if (!s) return NULL;
  s->filter.ops = kt_tls__context_follows_keys(c) ? &ops_of_ktls : &ops;
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
  if (s->filter.ops->seals) follow_keys(s);
  return &s->filter;
}

const kt_tls_info *kt_tls_session_info(const kt_filter *f) {
  const session *s = (const session *)f;
  return s->done ? &s->info : NULL;
}

bool kt_tls_session_met_http(const kt_filter *f) { return ((const session *)f)->met_http; }
const char *kt_tls_session_reason(const kt_filter *f) { return ((const session *)f)->reason; }
