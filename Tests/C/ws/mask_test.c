/* Masking (RFC 6455 §5.3): every length, address and offset against the sentence of the RFC. */
#include "ws/mask.h"
#include "check.h"

static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};

static uint8_t masked(size_t i, uint64_t offset) { return (uint8_t)(i * 7 + 1) ^ key[(offset + i) % 4]; }

TEST("octet i of the payload is masked with octet i mod 4 of the key, and nothing around it") {
  uint8_t area[256];
  for (size_t n = 0; n <= 200; n++)
    for (size_t address = 0; address < 16; address++)
      for (uint64_t offset = 0; offset < 5; offset++) {
        memset(area, 0x55, sizeof area);
        for (size_t i = 0; i < n; i++) area[address + i] = (uint8_t)(i * 7 + 1);
        kt_ws_mask(area + address, n, key, offset);
        for (size_t i = 0; i < n; i++) CHECK_EQ(area[address + i], masked(i, offset));
        for (size_t i = 0; i < address; i++) CHECK_EQ(area[i], 0x55);
        for (size_t i = address + n; i < sizeof area; i++) CHECK_EQ(area[i], 0x55);
      }
}

TEST("masking in two pieces is masking in one, and masking twice is nothing") {
  uint8_t text[300], copy[300];
  for (size_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)(i * i);
  for (size_t cut = 0; cut <= sizeof text; cut++) {
    memcpy(copy, text, sizeof text);
    kt_ws_mask(copy, cut, key, 0);
    kt_ws_mask(copy + cut, sizeof text - cut, key, cut);
    kt_ws_mask(copy, sizeof text, key, 0);
    CHECK(memcmp(copy, text, sizeof text) == 0);
  }
}

TEST("an offset beyond 32 bits counts") {
  uint8_t byte = 0;
  kt_ws_mask(&byte, 1, key, (1ull << 40) + 3);
  CHECK_EQ(byte, key[3]);
}
