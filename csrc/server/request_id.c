/* Ids of requests: the client's own, else 64 random bits of the thread and a number of its own in 64 bits more. */
#include "server/exchange.h"

#include "base/base.h"

#include <sys/random.h>

static bool is_id_byte(uint8_t c) {
  uint8_t lower = c | 0x20;
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-._~+/=:", c));
}

static bool is_valid(kt_bytes id) {
  if (id.n == 0 || id.n > KT_REQUEST_ID_SIZE_MAX) return false;
  for (size_t i = 0; i < id.n; i++)
    if (!is_id_byte(id.p[i])) return false;
  return true;
}

static void write_hex(uint8_t *out, uint64_t value) {
  for (int i = 15; i >= 0; i--, value >>= 4) out[i] = (uint8_t)"0123456789abcdef"[value & 15];
}

/* splitmix64's last steps: one to one, so that different numbers give different ids. */
static uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* Randomness is fetched once in the life of a thread. */
static void make(uint8_t *out) {
  static _Thread_local uint64_t seed[2];
  if (seed[0] == 0) {
    if (getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed) seed[1] = (uint64_t)(uintptr_t)seed;
    seed[0] |= 1;
  }
  write_hex(out, seed[0]);
  write_hex(out + 16, mixed(seed[1]++));
}

kt_bytes kt_exchange_request_id(kt_exchange *x) {
  if (x->request_id.p) return x->request_id;
  kt_bytes sent = kt_request_field(&x->request, KT_FIELD_X_REQUEST_ID);
  if (is_valid(sent)) return x->request_id = sent;
  uint8_t *own = kt_exchange_alloc(x, 32);
  if (!own) return KT_BYTES("-");
  make(own);
  return x->request_id = kt_bytes_make(own, 32);
}
