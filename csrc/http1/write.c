#include "http1/write.h"

#include "base/scan.h"
#include "http/date.h"

static uint8_t *put(uint8_t *out, const void *text, size_t n) {
  memcpy(out, text, n);
  return out + n;
}
#define PUT(out, literal) put(out, literal, sizeof(literal) - 1)

static uint8_t *put_number(uint8_t *out, uint64_t v) {
  if (v < 100) {
    if (v >= 10) *out++ = (uint8_t)('0' + v / 10);
    *out++ = (uint8_t)('0' + v % 10);
    return out;
  }
  uint8_t digits[20];
  size_t n = 0;
  do {
    digits[n++] = (uint8_t)('0' + v % 10);
    v /= 10;
  } while (v);
  while (n) *out++ = digits[--n];
  return out;
}

/* The reason phrase may be empty, its space may not (RFC 9112 §4). */
static uint8_t *put_status(uint8_t *out, uint16_t status) {
  if (status == 200) return PUT(out, "HTTP/1.1 200 OK\r\n");
  out = PUT(out, "HTTP/1.1 ");
  out = put_number(out, status);
  *out++ = ' ';
  const char *reason = kt_reason(status);
  out = put(out, reason, strlen(reason));
  return PUT(out, "\r\n");
}

size_t kt_h1_write_head(uint8_t *out, const kt_h1_response *r) {
  uint8_t *p = put_status(out, r->status);
  p = PUT(p, "Date: ");
  p = put(p, r->date, KT_DATE_SIZE);
  if (r->content_type.n) {
    p = PUT(p, "\r\nContent-Type: ");
    p = put(p, r->content_type.p, r->content_type.n);
  }
  bool framed = r->status >= 200 && r->status != 204 && r->status != 304;
  if (framed && r->chunked) {
    p = PUT(p, "\r\nTransfer-Encoding: chunked");
  } else if (framed && r->content_length >= 0) {
    p = PUT(p, "\r\nContent-Length: ");
    p = put_number(p, (uint64_t)r->content_length);
  }
  if (r->close)
    p = PUT(p, "\r\nConnection: close");
  else if (r->keep_alive_10)
    p = PUT(p, "\r\nConnection: keep-alive");
  p = PUT(p, "\r\n\r\n");
  return (size_t)(p - out);
}

size_t kt_h1_add_field(uint8_t *out, size_t n, kt_bytes name, kt_bytes value) {
  uint8_t *p = put(out + n - 2, name.p, name.n);
  p = PUT(p, ": ");
  if (value.n) p = put(p, value.p, value.n);
  p = PUT(p, "\r\n\r\n");
  return (size_t)(p - out);
}

bool kt_h1_field_valid(kt_bytes name, kt_bytes value) {
  if (name.n == 0 || kt_scan_token(name.p, name.p + name.n) != name.p + name.n) return false;
  return value.n == 0 || kt_scan_value(value.p, value.p + value.n) == value.p + value.n;
}
