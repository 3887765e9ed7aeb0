/* What a session tells a kernel that seals in its place: here OpenSSL's ciphers play the kernel. */
#include "pair.h"

#include <linux/tls.h>

/* ---- a kernel ---- */

typedef struct kernel {
  const EVP_CIPHER *cipher;
  uint8_t key[32], iv[12];
  uint64_t sequence;
} kernel;

static uint64_t number(const uint8_t *p) {
  uint64_t n = 0;
  for (int i = 0; i < 8; i++) n = n << 8 | p[i];
  return n;
}

#define TAKE_GCM(k, bits, bytes)                                                                                       \
  do {                                                                                                                 \
    struct tls12_crypto_info_aes_gcm_##bits gcm;                                                                       \
    CHECK(sizeof gcm <= sizeof bytes);                                                                                 \
    memcpy(&gcm, bytes, sizeof gcm);                                                                                   \
    (k)->cipher = EVP_aes_##bits##_gcm();                                                                              \
    memcpy((k)->key, gcm.key, sizeof gcm.key);                                                                         \
    memcpy((k)->iv, gcm.salt, sizeof gcm.salt);                                                                        \
    memcpy((k)->iv + sizeof gcm.salt, gcm.iv, sizeof gcm.iv);                                                          \
    (k)->sequence = number(gcm.rec_seq);                                                                               \
  } while (0)

/* False when the session does not let go. */
static bool take_over(pair *p, kernel *k) {
  uint8_t bytes[64];
  struct tls_crypto_info info;
  *k = (kernel){0};
  size_t n = p->server->ops->seals(p->server, bytes, sizeof bytes);
  if (n == 0) return false;
  memcpy(&info, bytes, sizeof info);
  CHECK_EQ(info.version, TLS_1_3_VERSION);
  if (info.cipher_type == TLS_CIPHER_AES_GCM_128) {
    CHECK_EQ(n, sizeof(struct tls12_crypto_info_aes_gcm_128));
    TAKE_GCM(k, 128, bytes);
  } else if (info.cipher_type == TLS_CIPHER_AES_GCM_256) {
    CHECK_EQ(n, sizeof(struct tls12_crypto_info_aes_gcm_256));
    TAKE_GCM(k, 256, bytes);
  } else {
    struct tls12_crypto_info_chacha20_poly1305 chacha;
    CHECK_EQ(info.cipher_type, TLS_CIPHER_CHACHA20_POLY1305);
    CHECK_EQ(n, sizeof chacha);
    memcpy(&chacha, bytes, sizeof chacha);
    k->cipher = EVP_chacha20_poly1305();
    memcpy(k->key, chacha.key, sizeof chacha.key);
    memcpy(k->iv, chacha.iv, sizeof chacha.iv);
    k->sequence = number(chacha.rec_seq);
  }
  p->server->handed_over = true;
  return true;
}

/* RFC 8446 §5.2, §5.3 */
static void send_sealed(pair *p, kernel *k, uint8_t type, const void *bytes, int n) {
  uint8_t record[5 + 1000 + 17], nonce[12];
  int length = n + 17, got;
  const uint8_t head[5] = {23, 3, 3, (uint8_t)(length >> 8), (uint8_t)length};
  memcpy(record, head, sizeof head);
  memcpy(nonce, k->iv, sizeof nonce);
  for (int i = 0; i < 8; i++) nonce[4 + i] ^= (uint8_t)(k->sequence >> (56 - 8 * i));
  k->sequence++;
  EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
  CHECK(EVP_EncryptInit(c, k->cipher, k->key, nonce) == 1 && EVP_EncryptUpdate(c, NULL, &got, head, 5) == 1 &&
        EVP_EncryptUpdate(c, record + 5, &got, bytes, n) == 1 &&
        EVP_EncryptUpdate(c, record + 5 + n, &got, &type, 1) == 1 &&
        EVP_EncryptFinal(c, record + 5 + n + 1, &got) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, record + 5 + n + 1) == 1);
  EVP_CIPHER_CTX_free(c);
  BIO_write(SSL_get_rbio(p->client), record, 5 + length);
}

/* ---- around it ---- */

static pair connect_by(kt_tls_context *c, const char *suite) {
  pair p = begin(c, "a.example");
  CHECK(SSL_set_ciphersuites(p.client, suite) == 1);
  CHECK_EQ(shake_hands(&p), KT_OK);
  return p;
}

static void server_says(pair *p, const char *text) {
  p->server->context = &p->to_client;
  CHECK_EQ(p->server->ops->seal(p->server, text, strlen(text)), KT_OK);
  carry_to_client(p);
}

static void client_hears(pair *p, const char *text) {
  char got[100];
  int n = SSL_read(p->client, got, sizeof got);
  if (n != (int)strlen(text) || memcmp(got, text, (size_t)n) != 0) KT_FAIL("not '%s' but %d bytes", text, n);
}

static kt_status server_hears(pair *p, const char *text) {
  uint8_t got[100];
  size_t n = 0;
  kt_status st = carry_to_server(p, got, sizeof got, &n);
  if (n != strlen(text) || memcmp(got, text, n) != 0) KT_FAIL("not '%s' but %zu bytes", text, n);
  return st;
}

static void client_says(pair *p, const char *text) { CHECK(SSL_write(p->client, text, (int)strlen(text)) > 0); }

static void client_updates(pair *p, int kind) {
  CHECK(SSL_key_update(p->client, kind) == 1 && SSL_do_handshake(p->client) == 1);
}

static void expect_alert(pair *p, uint8_t level, uint8_t code) {
  uint8_t alert[2];
  CHECK(p->server->ops->last_alert(p->server, alert));
  CHECK_EQ(alert[0], level);
  CHECK_EQ(alert[1], code);
}

static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                     "TLS_CHACHA20_POLY1305_SHA256"};

TEST("a client reads on when the kernel seals with what the session told, for every cipher and at any time") {
  kt_tls_tickets *tickets = kt_tls_tickets_create();
  kt_tls_context *c = make_context(NULL, tickets);
  for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
    for (int before = 0; before < 300; before = before * 2 + 1) {
      pair p = connect_by(c, suites[i]);
      for (int n = 0; n < before; n++) {
        server_says(&p, "by OpenSSL");
        client_hears(&p, "by OpenSSL");
      }
      kernel k;
      CHECK(take_over(&p, &k));
      CHECK_EQ(k.sequence, (uint64_t)before + 1); /* and the ticket */
      send_sealed(&p, &k, 23, "by the kernel", 13);
      client_hears(&p, "by the kernel");
      client_says(&p, "still heard");
      CHECK_EQ(server_hears(&p, "still heard"), KT_AGAIN);
      expect_alert(&p, 1, 0);
      send_sealed(&p, &k, 21, "\1\0", 2);
      char byte;
      CHECK(SSL_read(p.client, &byte, 1) == 0 && SSL_get_shutdown(p.client) & SSL_RECEIVED_SHUTDOWN);
      end(&p);
    }
  kt_tls_context_drop(c);
  kt_tls_tickets_drop(tickets);
}

TEST("keys that were updated before the kernel takes over are the ones it gets") {
  kt_tls_context *c = make_context(NULL, NULL);
  for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
    for (int updates = 1; updates < 4; updates++) {
      pair p = connect_by(c, suites[i]);
      kernel k;
      for (int n = 0; n < updates; n++) {
        client_updates(&p, SSL_KEY_UPDATE_REQUESTED);
        client_says(&p, "x");
        server_hears(&p, "x");
        server_says(&p, "with new keys");
        client_hears(&p, "with new keys");
      }
      CHECK(take_over(&p, &k));
      CHECK_EQ(k.sequence, 1);
      send_sealed(&p, &k, 23, "by the kernel", 13);
      client_hears(&p, "by the kernel");
      end(&p);
    }
  kt_tls_context_drop(c);
}

TEST("a peer that has not got the keys it asked for keeps the session's") {
  kt_tls_context *c = make_context(NULL, NULL);
  pair p = connect_by(c, suites[0]);
  kernel k;
  client_updates(&p, SSL_KEY_UPDATE_REQUESTED);
  client_says(&p, "x");
  server_hears(&p, "x");
  bool answered = p.to_client.n > 0; /* an OpenSSL that does not wait for the next bytes */
  CHECK_EQ(take_over(&p, &k), answered);
  end(&p);
  kt_tls_context_drop(c);
}

TEST("a kernel's connection goes on when the peer changes its keys, and ends in good order when it asks for new ones") {
  kt_tls_context *c = make_context(NULL, NULL);
  pair p = connect_by(c, suites[1]);
  kernel k;
  CHECK(take_over(&p, &k));
  client_updates(&p, SSL_KEY_UPDATE_NOT_REQUESTED);
  client_says(&p, "with new keys");
  CHECK_EQ(server_hears(&p, "with new keys"), KT_AGAIN);
  client_updates(&p, SSL_KEY_UPDATE_REQUESTED);
  CHECK_EQ(server_hears(&p, ""), KT_EIO);
  expect_alert(&p, 1, 0);
  CHECK_EQ(p.to_client.n, 0);
  end(&p);
  kt_tls_context_drop(c);
}

TEST("a record that does not open ends a kernel's connection with OpenSSL's alert") {
  kt_tls_context *c = make_context(NULL, NULL);
  pair p = connect_by(c, suites[0]);
  kernel k;
  CHECK(take_over(&p, &k));
  uint8_t bad[5 + 40] = {23, 3, 3, 0, 40}, clear[10];
  const uint8_t *at = bad;
  size_t n;
  p.server->context = &p.to_client;
  CHECK_EQ(p.server->ops->open(p.server, &at, bad + sizeof bad, clear, sizeof clear, &n), KT_EIO);
  expect_alert(&p, SSL3_AL_FATAL, SSL_AD_BAD_RECORD_MAC);
  CHECK_EQ(p.to_client.n, 0);
  CHECK_EQ(p.server->ops->seals(p.server, bad, sizeof bad), 0);
  end(&p);
  kt_tls_context_drop(c);
}

TEST("TLS 1.2 stays the session's, and so does everything where the kernel is not wanted") {
  kt_tls_context *c = make_context(NULL, NULL);
  pair p = begin(c, "a.example");
  kernel k;
  CHECK(!take_over(&p, &k)); /* before the handshake */
  SSL_set_max_proto_version(p.client, TLS1_2_VERSION);
  CHECK_EQ(shake_hands(&p), KT_OK);
  CHECK(!take_over(&p, &k));
  server_says(&p, "as ever");
  client_hears(&p, "as ever");
  end(&p);
  kt_tls_context_drop(c);
  kt_tls_config off = kt_tls_config_default();
  off.ktls = KT_KTLS_OFF;
  c = make_context(&off, NULL);
  p = begin(c, "a.example");
  CHECK(!p.server->ops->seals);
  end(&p);
  kt_tls_context_drop(c);
}
