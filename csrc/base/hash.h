/* hash.h: 64-bit hash of bytes for tables in memory.
 *
 * Keys have 1 to 100 bytes. One widening multiplication per 16 bytes (the idea of wyhash). Good
 * enough for power-of-two tables; whoever can see the seed can make collisions, so a table that is
 * filled with a peer's keys takes a random one and bounds its chains. Values are not stable between
 * versions or byte orders: never store them. */
#ifndef KT_BASE_HASH_H
#define KT_BASE_HASH_H

#include "katana/bytes.h"

uint64_t kt_hash(kt_bytes key, uint64_t seed);

#endif
