/* traffic.h: the key that seals a server's application data (RFC 8446 §7.1-7.3), followed beside OpenSSL so that a
 * kernel can go on with it. OpenSSL tells the secret in a line of its key log and every record to its message callback,
 * both documented; its own way to kernels (SSL_OP_ENABLE_KTLS) needs a socket, and begins with the handshake. */
#ifndef KT_TLS_TRAFFIC_H
#define KT_TLS_TRAFFIC_H

#include "base/base.h"

#define KT__SECRET_SIZE_MAX 48 /* SHA-384 */

typedef struct kt__traffic {
  uint64_t records; /* sealed with this secret's key: the sequence number of the next */
  uint8_t secret[KT__SECRET_SIZE_MAX];
  uint8_t secret_n; /* 0: not known, as in TLS 1.2 */
} kt__traffic;

/* Takes the secret from a key log's line, if it is that. */
void kt__traffic_learn(kt__traffic *t, const char *line);
/* After a KeyUpdate: the next generation (§7.2). When it cannot be made, nothing is known any more. */
void kt__traffic_next(kt__traffic *t);
/* Describes cipher (its code on the wire), key and sequence number as linux/tls.h does. The size, or 0. */
size_t kt__traffic_describe(const kt__traffic *t, uint16_t cipher, void *info, size_t room);
void kt__traffic_forget(kt__traffic *t);

#endif
