/* curl_bodies.h: multipart/form-data as curl 7.88.1 sent it to a server that kept the bytes. */
#ifndef KT_TEST_CURL_BODIES_H
#define KT_TEST_CURL_BODIES_H

#include <stddef.h>

typedef struct curl_body {
  const char *command, *type;
  const char *body;
  size_t n;
} curl_body;

#define CURL_BODY(command, type, body) {command, type, body, sizeof(body) - 1}

enum { CURL_FIELDS, CURL_FILES, CURL_NAMES, CURL_ESCAPES, CURL_HEADS, CURL_MIXED, CURL_COUNT };

static const curl_body curl_bodies[CURL_COUNT] = {
    [CURL_FIELDS] = CURL_BODY(
      "curl -F 'title=hello world' -F 'empty=' -F 'umlaut=grün'",
      "multipart/form-data; boundary=------------------------a997db2d2ccbc237",
      "--------------------------a997db2d2ccbc237\r\n"
      "Content-Disposition: form-data; name=\"title\"\r\n"
      "\r\n"
      "hello world\r\n"
      "--------------------------a997db2d2ccbc237\r\n"
      "Content-Disposition: form-data; name=\"empty\"\r\n"
      "\r\n"
      "\r\n"
      "--------------------------a997db2d2ccbc237\r\n"
      "Content-Disposition: form-data; name=\"umlaut\"\r\n"
      "\r\n"
      "gr\303\274n\r\n"
      "--------------------------a997db2d2ccbc237--\r\n"),
    [CURL_FILES] = CURL_BODY(
      "curl -F 'note=see file' -F 'picture=@x.bin;type=image/png' -F 'none=@none.txt'",
      "multipart/form-data; boundary=------------------------5711b4151853d327",
      "--------------------------5711b4151853d327\r\n"
      "Content-Disposition: form-data; name=\"note\"\r\n"
      "\r\n"
      "see file\r\n"
      "--------------------------5711b4151853d327\r\n"
      "Content-Disposition: form-data; name=\"picture\"; filename=\"x.bin\"\r\n"
      "Content-Type: image/png\r\n"
      "\r\n"
      "a\000b\r\n"
      "--\r\n"
      "-----\r\r\n"
      "\377\r\n"
      "--------------------------5711b4151853d327\r\n"
      "Content-Disposition: form-data; name=\"none\"; filename=\"none.txt\"\r\n"
      "Content-Type: text/plain\r\n"
      "\r\n"
      "\r\n"
      "--------------------------5711b4151853d327--\r\n"),
    [CURL_NAMES] = CURL_BODY(
      "curl -F 'a \"b\"=1' -F 'file=@\"grün \\\"q\\\" \\\\ b.txt\"'",
      "multipart/form-data; boundary=------------------------b4968a81fd703dea",
      "--------------------------b4968a81fd703dea\r\n"
      "Content-Disposition: form-data; name=\"a %22b%22\"\r\n"
      "\r\n"
      "1\r\n"
      "--------------------------b4968a81fd703dea\r\n"
      "Content-Disposition: form-data; name=\"file\"; filename=\"gr\303\274n %22q%22 \\ b.txt\"\r\n"
      "Content-Type: text/plain\r\n"
      "\r\n"
      "line one\r\n"
      "line two\n"
      "\r\n"
      "--------------------------b4968a81fd703dea--\r\n"),
    [CURL_ESCAPES] = CURL_BODY(
      "curl --form-escape -F 'a \"b\"=1' -F 'file=@\"grün \\\"q\\\" \\\\ b.txt\"'",
      "multipart/form-data; boundary=------------------------504f03730a998e1d",
      "--------------------------504f03730a998e1d\r\n"
      "Content-Disposition: form-data; name=\"a \\\"b\\\"\"\r\n"
      "\r\n"
      "1\r\n"
      "--------------------------504f03730a998e1d\r\n"
      "Content-Disposition: form-data; name=\"file\"; filename=\"gr\303\274n \\\"q\\\" \\\\ b.txt\"\r\n"
      "Content-Type: text/plain\r\n"
      "\r\n"
      "line one\r\n"
      "line two\n"
      "\r\n"
      "--------------------------504f03730a998e1d--\r\n"),
    [CURL_HEADS] = CURL_BODY(
      "curl -F 'j={\"a\":1};type=application/json;headers=\"X-Part: one\"'",
      "multipart/form-data; boundary=------------------------f1b61fe205e13ba0",
      "--------------------------f1b61fe205e13ba0\r\n"
      "Content-Disposition: form-data; name=\"j\"\r\n"
      "Content-Type: application/json\r\n"
      "X-Part: one\r\n"
      "\r\n"
      "{\"a\":1}\r\n"
      "--------------------------f1b61fe205e13ba0--\r\n"),
    [CURL_MIXED] = CURL_BODY(
      "curl -F 'two=@x.bin,none.txt'",
      "multipart/form-data; boundary=------------------------f4a446ff6f74ccc2",
      "--------------------------f4a446ff6f74ccc2\r\n"
      "Content-Disposition: form-data; name=\"two\"\r\n"
      "Content-Type: multipart/mixed; boundary=------------------------112e778f123ad253\r\n"
      "\r\n"
      "--------------------------112e778f123ad253\r\n"
      "Content-Disposition: attachment; filename=\"x.bin\"\r\n"
      "Content-Type: application/octet-stream\r\n"
      "\r\n"
      "a\000b\r\n"
      "--\r\n"
      "-----\r\r\n"
      "\377\r\n"
      "--------------------------112e778f123ad253\r\n"
      "Content-Disposition: attachment; filename=\"none.txt\"\r\n"
      "Content-Type: text/plain\r\n"
      "\r\n"
      "\r\n"
      "--------------------------112e778f123ad253--\r\n"
      "\r\n"
      "--------------------------f4a446ff6f74ccc2--\r\n"),
};

#endif
