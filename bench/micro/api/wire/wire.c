#include "wire.h"

#include "server/conn.h"

#include <stdio.h>
#include <stdlib.h>

#define NO_DESCRIPTOR 1000000 /* where the numbers begin that streams are opened with; none is ever a descriptor's */

static kt_reactor *reactor;
static kt_stream *streams[WIRES];
static const wire_request *const *arrived;
static size_t arrived_n, answered_n;

_Noreturn static void fail(const wire_request *request, const char *what, kt_bytes answer) {
  fprintf(stderr, "%s: status %s expected\n--- request\n%.*s\n--- answer\n%.*s\n", what, request->status,
          (int)request->bytes.n, request->bytes.p, (int)answer.n, answer.p);
  exit(1);
}

static kt_status wire_add(kt_loop *l, kt_stream *s) {
  (void)l;
  streams[s->fd - NO_DESCRIPTOR] = s;
  return KT_OK;
}

static bool wire_remove(kt_loop *l, kt_stream *s) {
  (void)l;
  if (s->fd < NO_DESCRIPTOR) return true; /* the connection that began the run */
  fail(arrived[s->fd - NO_DESCRIPTOR], "a connection was closed", kt_bytes_make(NULL, 0));
}

static kt_status wire_read(kt_loop *l, kt_stream *s, void *to, size_t room, size_t *n) {
  kt_bytes bytes = arrived[s->fd - NO_DESCRIPTOR]->bytes;
  KT_ASSERT(bytes.n <= room);
  memcpy(to, bytes.p, bytes.n);
  s->flags &= (uint16_t)~KT_STREAM_READABLE;
  KT_COUNT(l->counters.bytes_in, bytes.n);
  *n = bytes.n;
  return KT_OK;
}

static kt_status wire_flush(kt_loop *l, kt_stream *s) {
  const wire_request *request = arrived[s->fd - NO_DESCRIPTOR];
  kt_bytes answer = {s->out_head->data + s->out_head->start, s->out_head->end - s->out_head->start};
  if (answer.n < 12 || memcmp(answer.p, "HTTP/1.1 ", 9) != 0 || memcmp(answer.p + 9, request->status, 3) != 0)
    fail(request, "wrong answer", answer);
  answered_n++;
  KT_COUNT(l->counters.bytes_out, s->queued);
  kt_stream__sent(s, s->queued);
  return KT_OK;
}

static void wire_poll(kt_loop *l, int wait_ms) {
  (void)wait_ms;
  kt_loop__awake(l);
  for (size_t i = 0; i < arrived_n; i++) {
    streams[i]->flags |= KT_STREAM_READABLE;
    streams[i]->events->readable(streams[i]);
    if (answered_n != i + 1) fail(arrived[i], "not one answer", kt_bytes_make(NULL, 0));
  }
}

static const kt_driver wire_driver = {
    .name = "memory",
    .add = wire_add,
    .remove = wire_remove,
    .read = wire_read,
    .flush = wire_flush,
    .poll = wire_poll,
};

void wire_open(kt_reactor *r) {
  reactor = r;
  r->loop.driver = &wire_driver;
  for (int i = 0; i < WIRES; i++) kt__conn_open(r, NO_DESCRIPTOR + i);
}

void wire_turn(const wire_request *const *requests, size_t n) {
  arrived = requests;
  arrived_n = n;
  answered_n = 0;
  kt_loop_turn(&reactor->loop, false);
}
