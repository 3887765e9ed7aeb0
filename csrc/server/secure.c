#include "server/secure.h"

#include "server/h1.h"
#include "server/h2.h"
#include "tls/tls.h"

bool kt__secure_begin(kt_conn *c) {
  kt_filter *f = kt_tls_accept(c->reactor->tls);
  if (!f) return false;
  kt_stream_set_filter(&c->stream, f);
  c->protocol = &kt__protocol_secure;
  return true;
}

/* Somebody wrote http: where https: was meant. */
static void answer_plain(kt_conn *c) {
  static const char answer[] = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n"
                               "Connection: close\r\nContent-Length: 94\r\n\r\n"
                               "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
                               "\"detail\":\"this port speaks TLS only\"}";
  kt_stream_drop_filter(&c->stream);
  if (kt_stream_append(&c->stream, answer, sizeof answer - 1) == KT_OK)
    kt__conn_linger(c);
  else
    kt__conn_close(c);
}

/* Peers that just leave are what scanners and health checks are: told in no log. */
static void failed(kt_conn *c) {
  KT_COUNT(c->reactor->handshakes_failed, 1);
  const char *reason = kt_tls_session_reason(c->stream.filter);
  if (reason) kt__limit_met(c->reactor, KT_LIMIT_HANDSHAKE, c->stream.fd, reason);
  if (kt_tls_session_met_http(c->stream.filter))
    answer_plain(c);
  else if (reason)
    kt__conn_linger(c); /* the alert is to arrive */
  else
    kt__conn_close(c);
}

static void pump(kt_conn *c) {
  kt_status st = kt_stream_handshake(&c->stream);
  if (st == KT_AGAIN) return;
  if (st != KT_OK) {
    failed(c);
    return;
  }
  const kt_tls_info *info = kt_tls_session_info(c->stream.filter);
  KT_COUNT(c->reactor->handshakes, 1);
  if (info->resumed) KT_COUNT(c->reactor->handshakes_resumed, 1);
  kt__conn_set_due(c, c->reactor->config->idle_timeout_ms);
  if (kt_bytes_equal(info->alpn, KT_BYTES("h2")))
    kt__h2_begin(c);
  else
    kt__conn_speak(c, &kt__protocol_h1);
}

static void timed_out(kt_conn *c) {
  KT_COUNT(c->reactor->timeouts, 1);
  kt__limit_met(c->reactor, KT_LIMIT_HANDSHAKE_TIME, c->stream.fd, NULL);
  kt__conn_close(c);
}

static void nothing(kt_conn *c) { (void)c; }

const kt_protocol kt__protocol_secure = {
    .pump = pump,
    .drained = nothing,
    .timed_out = timed_out,
    .drain = kt__conn_close,
    .closing = nothing,
};
