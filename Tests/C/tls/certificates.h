/* certificates.h: certificates for tests, made on the spot. */
#ifndef KT_TEST_CERTIFICATES_H
#define KT_TEST_CERTIFICATES_H

#include "check.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>

typedef struct identity {
  EVP_PKEY *key;
  X509 *certificate;
  char chain_file[64], key_file[64];
} identity;

static void write_pem(identity *id, const char *folder, const char *name) {
  snprintf(id->chain_file, sizeof id->chain_file, "%s/%s.pem", folder, name);
  snprintf(id->key_file, sizeof id->key_file, "%s/%s.key", folder, name);
  FILE *f = fopen(id->chain_file, "w");
  CHECK(f && PEM_write_X509(f, id->certificate) == 1 && fclose(f) == 0);
  f = fopen(id->key_file, "w");
  CHECK(f && PEM_write_PrivateKey(f, id->key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0);
}

/* `names` as in "DNS:a.example,DNS:*.b.example"; signed by `issuer`, or by itself; valid from now for `days`. */
static identity make_identity(const char *folder, const char *name, const char *names, const identity *issuer,
                              int days) {
  identity id = {.key = EVP_EC_gen("P-256"), .certificate = X509_new()};
  X509 *c = id.certificate;
  static long serial = 1;
  X509_set_version(c, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(c), serial++);
  X509_gmtime_adj(X509_getm_notBefore(c), days < 0 ? days * 86400 - 86400 : -60);
  X509_gmtime_adj(X509_getm_notAfter(c), days * 86400);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0);
  X509_set_issuer_name(c, X509_get_subject_name(issuer ? issuer->certificate : c));
  X509_set_pubkey(c, id.key);
  X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, names ? NID_subject_alt_name : NID_basic_constraints,
                                          names ? names : "critical,CA:TRUE");
  CHECK(e && X509_add_ext(c, e, -1) == 1);
  X509_EXTENSION_free(e);
  CHECK(X509_sign(c, issuer ? issuer->key : id.key, EVP_sha256()) > 0);
  write_pem(&id, folder, name);
  return id;
}

static void drop_identity(identity *id) {
  unlink(id->chain_file);
  unlink(id->key_file);
  EVP_PKEY_free(id->key);
  X509_free(id->certificate);
}

#endif
