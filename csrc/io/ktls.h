/* ktls.h: TLS records that the kernel seals (Linux 5.1 with its tls module), so that sendfile(2) works under TLS. */
#ifndef KT_IO_KTLS_H
#define KT_IO_KTLS_H

#include "base/base.h"

#define KT_KTLS_INFO_MAX 64 /* bytes of the largest cipher's description, AES-256-GCM's, and to spare */

/* Why the kernel does not seal for this process, found out once, by doing it on a loopback connection; NULL: it does. */
const char *kt_ktls_why_not(void);

/* From here on the kernel seals what is sent on a connected TCP socket; `info` is as of setsockopt(TLS_TX). KT_EIO with
 * errno; what is sent is then not sealed. */
kt_status kt_ktls_begin(int fd, const void *info, size_t n);
/* Sends an alert behind all else on such a socket, without waiting: KT_OK, after which it may be shut down, KT_AGAIN when
 * it has no room, or KT_EIO. */
kt_status kt_ktls_alert(int fd, const uint8_t alert[2]);

#endif
