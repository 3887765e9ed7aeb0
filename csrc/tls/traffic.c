#include "tls/traffic.h"

#include <linux/tls.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>

#define IV_SIZE 12    /* of all ciphers of TLS 1.3 */
#define KEY_SIZE_MAX 32

#ifndef TLS_CIPHER_CHACHA20_POLY1305
#define TLS_CIPHER_CHACHA20_POLY1305 54
#endif

/* Of linux/tls.h, where the kernel's headers are older than the cipher. */
typedef struct chacha20_poly1305 {
  struct tls_crypto_info info;
  uint8_t iv[IV_SIZE], key[32], rec_seq[8];
} chacha20_poly1305;

static bool hex(const char *text, uint8_t *to, size_t n) {
  for (size_t i = 0; i < n; i++) {
    unsigned byte;
    if (sscanf(text + 2 * i, "%2x", &byte) != 1) return false;
    to[i] = (uint8_t)byte;
  }
  return true;
}

/* "SERVER_TRAFFIC_SECRET_0 <client random> <secret>" */
void kt__traffic_learn(kt__traffic *t, const char *line) {
  static const char label[] = "SERVER_TRAFFIC_SECRET_0 ";
  if (strncmp(line, label, sizeof label - 1) != 0) return;
  const char *secret = strrchr(line, ' ') + 1;
  size_t n = strlen(secret) / 2;
  kt__traffic_forget(t);
  if (n <= sizeof t->secret && hex(secret, t->secret, n)) t->secret_n = (uint8_t)n;
}

void kt__traffic_forget(kt__traffic *t) { OPENSSL_cleanse(t, sizeof *t); }

/* HKDF-Expand-Label with an empty context. */
static bool expand(const kt__traffic *t, const char *label, uint8_t *to, size_t n) {
  uint8_t info[64];
  int info_n = snprintf((char *)info, sizeof info, "%c%c%ctls13 %s%c", 0, (int)n, (int)strlen(label) + 6, label, 0);
  char digest[8];
  snprintf(digest, sizeof digest, "SHA%u", t->secret_n * 8u);
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)t->secret, t->secret_n),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, (size_t)info_n),
      OSSL_PARAM_construct_end(),
  };
  EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
  EVP_KDF_CTX *c = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
  bool ok = c && EVP_KDF_derive(c, to, n, params) == 1;
  EVP_KDF_CTX_free(c);
  EVP_KDF_free(kdf);
  return ok;
}

void kt__traffic_next(kt__traffic *t) {
  kt__traffic next = {.secret_n = t->secret_n};
  bool ok = t->secret_n && expand(t, "traffic upd", next.secret, t->secret_n);
  kt__traffic_forget(t);
  if (ok) *t = next;
  kt__traffic_forget(&next);
}

/* ---- for the kernel ---- */

typedef struct keys {
  uint8_t key[KEY_SIZE_MAX], iv[IV_SIZE], sequence[8];
} keys;

#define DESCRIBE_GCM(kind, bits, k)                                                                                    \
  struct tls12_crypto_info_aes_gcm_##bits kind = {                                                                     \
      .info = {.version = TLS_1_3_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_##bits}};                                 \
  memcpy(kind.key, (k)->key, sizeof kind.key);                                                                         \
  memcpy(kind.salt, (k)->iv, sizeof kind.salt);                                                                        \
  memcpy(kind.iv, (k)->iv + sizeof kind.salt, sizeof kind.iv);                                                         \
  memcpy(kind.rec_seq, (k)->sequence, sizeof kind.rec_seq)

static size_t put(void *info, size_t room, void *from, size_t n) {
  if (n <= room) memcpy(info, from, n);
  OPENSSL_cleanse(from, n);
  return n <= room ? n : 0;
}

static size_t describe(uint16_t cipher, const keys *k, void *info, size_t room) {
  if (cipher == 0x1301) {
    DESCRIBE_GCM(gcm, 128, k);
    return put(info, room, &gcm, sizeof gcm);
  }
  if (cipher == 0x1302) {
    DESCRIBE_GCM(gcm, 256, k);
    return put(info, room, &gcm, sizeof gcm);
  }
  chacha20_poly1305 chacha = {.info = {.version = TLS_1_3_VERSION, .cipher_type = TLS_CIPHER_CHACHA20_POLY1305}};
  memcpy(chacha.key, k->key, sizeof chacha.key);
  memcpy(chacha.iv, k->iv, sizeof chacha.iv);
  memcpy(chacha.rec_seq, k->sequence, sizeof chacha.rec_seq);
  return put(info, room, &chacha, sizeof chacha);
}

size_t kt__traffic_describe(const kt__traffic *t, uint16_t cipher, void *info, size_t room) {
  if (t->secret_n == 0 || cipher < 0x1301 || cipher > 0x1303) return 0;
  keys k;
  size_t key_n = cipher == 0x1301 ? 16 : 32, n = 0;
  for (int i = 0; i < 8; i++) k.sequence[i] = (uint8_t)(t->records >> (56 - 8 * i));
  if (expand(t, "key", k.key, key_n) && expand(t, "iv", k.iv, sizeof k.iv)) n = describe(cipher, &k, info, room);
  OPENSSL_cleanse(&k, sizeof k);
  return n;
}
