/* tls.h: TLS of a server: certificates, client certificates, what is known of a connection. */
#ifndef KATANA_TLS_H
#define KATANA_TLS_H

#include "katana/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Files in PEM. The chain begins with the server's own certificate. The OCSP response is in DER, as `openssl ocsp
 * -respout` writes it, and is stapled (RFC 6066 §8). */
typedef struct kt_tls_certificate {
  const char *_Nonnull chain_file;
  const char *_Nonnull key_file;
  const char *_Nullable ocsp_file;
} kt_tls_certificate;

/* Whether clients show certificates: never asked for; asked for, and one that is shown must be valid; demanded. */
typedef enum kt_client_auth { KT_CLIENT_AUTH_OFF, KT_CLIENT_AUTH_OPTIONAL, KT_CLIENT_AUTH_REQUIRED } kt_client_auth;

/* Whether the kernel seals what is sent to connections that get files: where it can; demanded, and its absence is an
 * error; never. */
typedef enum kt_ktls { KT_KTLS_AUTO, KT_KTLS_ON, KT_KTLS_OFF } kt_ktls;

typedef struct kt_tls_config {
  /* Chosen by the client's server name (RFC 6066 §3) among the DNS names of the certificates, "*." included; the first
   * one serves every other name. */
  const kt_tls_certificate *_Nullable certificates;
  size_t certificate_count;
  uint8_t client_auth;                    /* kt_client_auth */
  const char *_Nullable client_ca_file;   /* PEM: whose certificates clients may show */
  bool tls12;                             /* TLS 1.2 as well as 1.3 */
  bool h2;                                /* HTTP/2 is offered (ALPN, RFC 7301) */
  uint8_t ktls;                           /* kt_ktls; what it does: csrc/tls/tls.h */
} kt_tls_config;

/* TLS 1.2 and 1.3, HTTP/2 offered, no certificate yet. */
kt_tls_config kt_tls_config_default(void);

/* What is known of a connection after its handshake. Lives as long as the connection. */
typedef struct kt_tls_info {
  const char *_Nonnull version; /* "TLSv1.3" */
  const char *_Nonnull cipher;
  kt_bytes alpn;                /* "h2", "http/1.1", or empty */
  kt_bytes server_name;         /* that the client asked for, or empty */
  bool resumed;
  /* Of a client certificate that was verified, or empty. */
  kt_bytes peer_subject;        /* RFC 4514, "CN=ada,O=Example" */
  kt_bytes peer_names;          /* subject alternative names: "DNS:a.example,URI:spiffe://b" */
  kt_bytes peer_fingerprint;    /* SHA-256 of the certificate, 32 bytes */
} kt_tls_info;

#ifdef __cplusplus
}
#endif

#endif
