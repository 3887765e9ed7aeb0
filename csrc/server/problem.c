#include "server/problem.h"

#include <stdio.h>

/* Every byte may become \u00XX. */
#define PROBLEM_SIZE_MAX (128 + 6 * KT_PROBLEM_DETAIL_MAX)

static size_t escape(char *out, kt_bytes s) {
  size_t n = 0;
  for (size_t i = 0; i < s.n && i < KT_PROBLEM_DETAIL_MAX; i++) {
    uint8_t c = s.p[i];
    if (c == '"' || c == '\\') {
      out[n++] = '\\';
      out[n++] = (char)c;
    } else if (c < 0x20 || c >= 0x7f) {
      n += (size_t)sprintf(out + n, "\\u%04x", c);
    } else {
      out[n++] = (char)c;
    }
  }
  return n;
}

kt_status kt__problem_send(kt_exchange *x, uint16_t status, kt_bytes detail) {
  char body[PROBLEM_SIZE_MAX];
  size_t n = (size_t)snprintf(body, sizeof body, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u",
                              kt_reason(status), status);
  if (detail.n) {
    n += (size_t)(memcpy(body + n, ",\"detail\":\"", 11), 11);
    n += escape(body + n, detail);
    body[n++] = '"';
  }
  body[n++] = '}';
  return kt_response_send(x, status, KT_BYTES("application/problem+json"), body, n);
}

kt_status kt_response_problem(kt_exchange *x, uint16_t status, kt_bytes detail) {
  return kt__problem_send(x, status, detail);
}
