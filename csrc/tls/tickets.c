#include "tls/tickets.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>

typedef struct key {
  uint8_t name[16], cipher[32], mac[32];
} key;

_Static_assert(sizeof(key) == KT_TLS_TICKET_KEY_SIZE, "a key is its bytes");

struct kt_tls_tickets {
  pthread_mutex_t lock; /* handshakes only */
  uint32_t holders;
  uint32_t count;
  key keys[KT_TLS_TICKET_KEYS]; /* the newest first */
};

kt_tls_tickets *kt_tls_tickets_create(void) {
  kt_tls_tickets *t = kt_calloc(1, sizeof *t);
  if (!t) return NULL;
  pthread_mutex_init(&t->lock, NULL);
  t->holders = 1;
  if (kt_tls_tickets_rotate(t)) return t;
  kt_tls_tickets_drop(t);
  return NULL;
}

void kt_tls_tickets_hold(kt_tls_tickets *t) { __atomic_add_fetch(&t->holders, 1, __ATOMIC_RELAXED); }

void kt_tls_tickets_drop(kt_tls_tickets *t) {
  if (!t || __atomic_sub_fetch(&t->holders, 1, __ATOMIC_ACQ_REL) > 0) return;
  pthread_mutex_destroy(&t->lock);
  OPENSSL_cleanse(t->keys, sizeof t->keys);
  kt_free(t);
}

bool kt_tls_tickets_rotate(kt_tls_tickets *t) {
  key next;
  if (RAND_bytes((uint8_t *)&next, sizeof next) != 1) return false;
  pthread_mutex_lock(&t->lock);
  memmove(t->keys + 1, t->keys, sizeof t->keys - sizeof *t->keys);
  t->keys[0] = next;
  if (t->count < KT_TLS_TICKET_KEYS) t->count++;
  pthread_mutex_unlock(&t->lock);
  OPENSSL_cleanse(&next, sizeof next);
  return true;
}

/* Copies the newest key, or the one of that name. Gives its age in rotations, or -1. */
static int find_key(kt_tls_tickets *t, const uint8_t *name, key *out) {
  int found = -1;
  pthread_mutex_lock(&t->lock);
  for (uint32_t i = 0; i < t->count && found < 0; i++)
    if (!name || memcmp(t->keys[i].name, name, sizeof t->keys[i].name) == 0) found = (int)i;
  if (found >= 0) *out = t->keys[found];
  pthread_mutex_unlock(&t->lock);
  return found;
}

static bool use_mac(EVP_MAC_CTX *mac, key *k) {
  char digest[] = "SHA256";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, k->mac, sizeof k->mac),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* What OpenSSL expects: 1 is done, 2 is done and the client should get a newer ticket, 0 is no such key, -1 is failed. */
static int with_key(kt_tls_tickets *t, uint8_t *name, uint8_t *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                    bool seals) {
  key k;
  int age = find_key(t, seals ? NULL : name, &k);
  if (age < 0) return 0;
  bool ok = use_mac(mac, &k);
  if (seals) {
    memcpy(name, k.name, sizeof k.name);
    ok = ok && RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
         EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, k.cipher, iv) == 1;
  } else {
    ok = ok && EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, k.cipher, iv) == 1;
  }
  OPENSSL_cleanse(&k, sizeof k);
  return ok ? 1 + (age > 0) : -1;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                     int seals) {
  kt_tls_tickets *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
  return with_key(t, name, iv, cipher, mac, seals);
}

bool kt_tls__tickets_use(kt_tls_tickets *t, SSL_CTX *ctx) {
  SSL_CTX_set_app_data(ctx, t);
  return SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1;
}
