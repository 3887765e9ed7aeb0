/* crc32c.h: the CRC of Castagnoli's polynomial 0x1EDC6F41, reflected (RFC 3720 §B.4; iSCSI, ext4, gRPC, Kafka).
 *
 * Workload: bodies and records of 100 bytes to some MiB, in the pieces in which they come. Processors have an
 * instruction for it, which takes eight bytes but whose answer takes three cycles; so three stretches are summed side
 * by side and put together. What has no such instruction goes by tables, eight bytes at a time. The choice is made once
 * at start-up.
 *
 * Threads: any. No function reads outside [p, p + n). A CRC finds accidents, not forgeries. */
#ifndef KT_BASE_CRC32C_H
#define KT_BASE_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The checksum of what `crc` is the checksum of, followed by these bytes. That of nothing is 0. */
uint32_t kt_crc32c(uint32_t crc, const void *p, size_t n);

/* The variants behind kt_crc32c, for tests: name, and NULL at the end. `update` takes and gives the state that a
 * checksum is the complement of. */
typedef struct kt_crc32c_variant {
  const char *name;
  bool (*usable)(void);
  uint32_t (*update)(uint32_t state, const uint8_t *p, size_t n);
} kt_crc32c_variant;
extern const kt_crc32c_variant kt_crc32c_variants[];

#endif
