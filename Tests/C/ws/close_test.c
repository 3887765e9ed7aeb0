/* Close codes and reasons (RFC 6455 §5.5.1, §7.4). */
#include "ws/close.h"
#include "check.h"

static bool in_the_registry(unsigned code) {
  static const unsigned codes[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if (codes[i] == code) return true;
  return false;
}

TEST("of all codes those may stand in a frame that have a meaning there, and those of libraries and applications") {
  for (unsigned code = 0; code <= UINT16_MAX; code++) {
    bool may = in_the_registry(code) || (code >= 3000 && code < 5000);
    CHECK_EQ(kt_ws_close_code_valid((uint16_t)code), may);
    uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    uint16_t got;
    kt_bytes reason;
    CHECK_EQ(kt_ws_close_read(kt_bytes_make(payload, 2), &got, &reason), may ? 0 : KT_WS_CLOSE_PROTOCOL);
    CHECK_EQ(got, may ? code : KT_WS_CLOSE_NONE);
  }
}

TEST("an empty payload is no code, one byte is an error, a reason is UTF-8") {
  uint16_t code;
  kt_bytes reason;
  CHECK_EQ(kt_ws_close_read(KT_BYTES(""), &code, &reason), 0);
  CHECK_EQ(code, KT_WS_CLOSE_NONE);
  CHECK_EQ(kt_ws_close_read(kt_bytes_make("\x03\xe8", 1), &code, &reason), KT_WS_CLOSE_PROTOCOL);
  CHECK_EQ(kt_ws_close_read(KT_BYTES("\x03\xe8gr\xc3\xbc"), &code, &reason), 0);
  CHECK_EQ(code, 1000);
  CHECK_BYTES(reason, "gr\xc3\xbc");
  CHECK_EQ(kt_ws_close_read(KT_BYTES("\x03\xe8gr\xc3"), &code, &reason), KT_WS_CLOSE_DATA);
  CHECK_EQ(reason.n, 0);
}

TEST("what is written is read back") {
  uint8_t out[KT_WS_CONTROL_SIZE_MAX];
  char longest[KT_WS_REASON_SIZE_MAX + 1] = {0};
  memset(longest, 'x', KT_WS_REASON_SIZE_MAX);
  uint16_t code;
  kt_bytes reason;
  CHECK_EQ(kt_ws_close_write(out, KT_WS_CLOSE_NONE, KT_BYTES("")), 0);
  CHECK_EQ(kt_ws_close_write(out, 4999, kt_bytes_make(longest, KT_WS_REASON_SIZE_MAX)), sizeof out);
  CHECK_EQ(kt_ws_close_read(kt_bytes_make(out, sizeof out), &code, &reason), 0);
  CHECK_EQ(code, 4999);
  CHECK_BYTES(reason, longest);
}
