#include "server/life.h"

#include "server/coded.h"
#include "server/problem.h"

/* Out of line, so that a request that is served pays for no registers that its refusal needs. */
#define RARE __attribute__((noinline))

static kt_bytes text(const char *s) { return kt_bytes_make(s, s ? strlen(s) : 0); }

static RARE kt__life refuse(kt_exchange *x, uint16_t status, const char *detail) {
  kt__problem_send(x, status, text(detail));
  return KT_LIFE_RESPONDED;
}

/* GET first, because a list that begins with it is what people expect to read. OPTIONS is answered by us. */
static size_t allow_list(uint16_t methods, char *out) {
  size_t n = 0;
  methods |= 1u << KT_OPTIONS;
  for (uint8_t m = 0; m < KT_METHOD_COUNT; m++) {
    if (!(methods & (1u << m))) continue;
    const char *name = kt_method_name(m);
    if (n) n += (size_t)(memcpy(out + n, ", ", 2), 2);
    memcpy(out + n, name, strlen(name));
    n += strlen(name);
  }
  return n;
}

static void add_allow(kt_exchange *x, uint16_t methods) {
  char list[96];
  size_t n = allow_list(methods, list);
  kt_response_field(x, KT_BYTES("Allow"), kt_bytes_make(list, n));
}

static RARE kt__life answer_options(kt_exchange *x, uint16_t methods) {
  add_allow(x, methods);
  kt_response_send(x, 204, (kt_bytes){0, 0}, NULL, 0);
  return KT_LIFE_RESPONDED;
}

static RARE kt__life method_not_allowed(kt_exchange *x, uint16_t methods) {
  if (x->request.method == KT_OPTIONS) return answer_options(x, methods);
  add_allow(x, methods);
  return refuse(x, 405, "this resource does not support the request method");
}

/* Content that nobody will read, whose end the client may be far from: RFC 9110 §10.1.1, RFC 9112 §9.3. */
static bool has_content(const kt_request *r) {
  return r->body_kind == KT_BODY_CHUNKED || (r->body_kind == KT_BODY_LENGTH && r->content_length > 0);
}

/* RFC 9110 §15.5.16, with the names that POST (W3C LDP §7.1) and PATCH (RFC 5789 §3.1) have for the list. */
static kt__life refuse_type(kt_exchange *x, const char *detail) {
  kt_bytes types = x->route->media_types;
  kt_response_field(x, KT_BYTES("Accept"), types);
  if (x->request.method == KT_POST) kt_response_field(x, KT_BYTES("Accept-Post"), types);
  if (x->request.method == KT_PATCH) kt_response_field(x, KT_BYTES("Accept-Patch"), types);
  return refuse(x, 415, detail);
}

static kt__life check_content(kt_exchange *x) {
  const kt_request *r = &x->request;
  const kt_route *route = x->route;
  x->body_max = route->body_size_max ? route->body_size_max : x->reactor->config->body_size_max;
  if (r->known[KT_FIELD_CONTENT_ENCODING] && has_content(r)) {
    const char *reason;
    uint16_t status = kt__decoded_begin(x, x->body_max, &reason);
    if (status) return refuse(x, status, reason);
  }
  if (r->body_kind == KT_BODY_LENGTH && r->content_length > x->body_max) {
    kt__limit_met_by(x, KT_LIMIT_BODY_SIZE);
    return refuse(x, 413, "the content is larger than this resource accepts");
  }
  if (!has_content(r)) {
    if (route->body_required) return refuse(x, 400, "this operation needs content");
    x->flags |= KT_X_BODY_DONE;
    return KT_LIFE_RUN;
  }
  if (route->media_types.n) {
    kt_bytes type = kt_request_field(r, KT_FIELD_CONTENT_TYPE);
    if (!kt_media_type_matches(type, route->media_types))
      return refuse_type(x, "the content's media type is not one that this resource reads");
    if (!kt_media_charset_is_utf8(type)) return refuse_type(x, "text is read as UTF-8 only");
  }
  return route->body_mode == KT_BODY_STREAM ? KT_LIFE_RUN : KT_LIFE_BODY;
}

/* What is answered here leaves the content unread; who called settles it, after the hook has returned. */
static bool authorise(kt_exchange *x) {
  x->flags |= KT_X_IN_HANDLER;
  bool may_pass = x->route->authorise(x->route->authorise_context, x);
  x->flags &= ~(uint32_t)KT_X_IN_HANDLER;
  if (may_pass) return true;
  if (!(x->flags & KT_X_ENDED)) kt__problem_send(x, 500, KT_BYTES("authorisation ended without a response"));
  return false;
}

static kt__life route(kt_exchange *x) {
  kt_request *r = &x->request;
  kt_route_match match;
  int found = kt_route_find(x->held->routes->tree, r->path, r->method, r->params, &match);
  r->param_count = match.param_count;
  kt__life_phase(x, KT_PHASE_ROUTED);
  if (found == KT_ROUTE_NOT_FOUND) return refuse(x, 404, "no resource has this path");
  if (found == KT_ROUTE_METHOD_NOT_ALLOWED) return method_not_allowed(x, match.methods);
  x->route = &x->held->routes->routes[match.value];
  x->deadline_ms = x->route->deadline_ms ? x->route->deadline_ms : x->reactor->config->request_timeout_ms;
  /* Authorisation and policies are columns of the route; a route without them passes at once. */
  x->phase_ns[KT_PHASE_AUTHORISED] = x->phase_ns[KT_PHASE_POLICIES] = x->phase_ns[KT_PHASE_ROUTED];
  if (x->route->authorise && !authorise(x)) return KT_LIFE_RESPONDED;
  return check_content(x);
}

static bool is_asterisk(kt_bytes path) { return path.n == 1 && path.p[0] == '*'; }

kt__life kt__life_head(kt_exchange *x) {
  kt_request *r = &x->request;
  KT_COUNT(x->reactor->requests, 1);
  kt__life_phase(x, KT_PHASE_HEAD);
  x->held = kt__reactor_hold(x->reactor);
  if (r->method == KT_HEAD) x->flags |= KT_X_NO_CONTENT;
  if (!r->keep_alive) x->flags |= KT_X_CLOSE;
  if (r->expect_continue) x->flags |= KT_X_CONTINUE;
  if (r->method == KT_METHOD_UNKNOWN) return refuse(x, 501, "the request method is not known here");
  if (r->method == KT_CONNECT) {
    x->flags |= KT_X_CLOSE; /* what follows may be meant for a tunnel (RFC 9110 §9.3.6) */
    return refuse(x, 501, "this server is not a tunnel");
  }
  if (r->expect_other) return refuse(x, 417, "the only expectation met here is 100-continue");
  if (is_asterisk(r->path)) return answer_options(x, 1u << KT_GET | 1u << KT_HEAD | 1u << KT_POST | 1u << KT_PUT |
                                                         1u << KT_DELETE | 1u << KT_PATCH);
  return route(x);
}

bool kt__life_reserve(kt_exchange *x, size_t n) {
  if (x->storage_n + n <= x->storage_cap) return true;
  size_t cap = x->storage_cap ? x->storage_cap * 2 : 8192;
  while (cap < x->storage_n + n) cap *= 2;
  uint8_t *grown = kt_realloc(x->storage, cap);
  if (!grown) {
    kt__life_refuse(x, 503, KT_BYTES("out of memory for the content"));
    return false;
  }
  x->storage = grown;
  x->storage_cap = cap;
  return true;
}

bool kt__life_content(kt_exchange *x, const uint8_t *p, size_t n) {
  x->body_taken += n;
  if (x->body_taken > x->body_max) {
    kt__limit_met_by(x, KT_LIMIT_BODY_SIZE);
    kt__life_refuse(x, 413, KT_BYTES("the content is larger than this resource accepts"));
    return false;
  }
  if (x->decoded) return kt__decoded_content(x, p, n, false);
  if (!kt__life_reserve(x, n)) return false;
  memcpy(x->storage + x->storage_n, p, n);
  x->storage_n += n;
  x->body = (kt_bytes){x->storage, x->storage_n};
  return true;
}

void kt__life_run(kt_exchange *x) {
  bool collected = (x->flags & KT_X_BODY_DONE) && x->route->body_mode == KT_BODY_BUFFER;
  if (x->flags & KT_X_BODY_DONE) kt__life_phase(x, KT_PHASE_BODY);
  if (x->decoded && collected && !kt__decoded_content(x, NULL, 0, true)) return;
  if (x->route->body_required && collected && x->body.n == 0) {
    kt__life_refuse(x, 400, KT_BYTES("this operation needs content"));
    return;
  }
  kt__life_phase(x, KT_PHASE_HANDLER);
  x->flags |= KT_X_IN_HANDLER;
  x->route->handler(x->route->context, x);
  x->flags &= ~(uint32_t)KT_X_IN_HANDLER;
  if (!(x->flags & (KT_X_SUSPENDED | KT_X_ENDED)))
    kt__life_refuse(x, 500, KT_BYTES("the handler ended without a response"));
  else
    kt__exchange_settle(x);
}

void kt__life_refuse(kt_exchange *x, uint16_t status, kt_bytes detail) {
  if (x->flags & KT_X_ENDED) return;
  if (x->flags & KT_X_STARTED)
    kt_response_abort(x);
  else
    kt__problem_send(x, status, detail);
  kt__exchange_settle(x);
}

void kt__life_refuse_head(kt_exchange *x, uint16_t status, const char *detail) {
  if (status == 431) kt__limit_met_by(x, KT_LIMIT_HEAD_SIZE);
  if (status == 414) kt__limit_met_by(x, KT_LIMIT_TARGET_SIZE);
  kt__life_refuse(x, status, text(detail));
}
