/* ws_bench.c: WebSocket: masking, messages in and out, compression.
 *
 * "in" is one call of kt_ws_session_feed for one message that a read brought whole: head, unmasking, UTF-8, event. The
 * unmasking is in place, so a copy of the frame is part of the operation, as the kernel's would be. "out" writes to a
 * sink that copies into a buffer, as a connection's queue does. */
#include "micro.h"
#include "ws/mask.h"
#include "ws/ws.h"

static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};

/* ---- masking ---- */

typedef struct block {
  uint8_t *p;
  size_t n;
} block;

static void mask(void *context, uint64_t count) {
  const block *b = context;
  while (count--) {
    kt_ws_mask(b->p, b->n, key, 0);
    MICRO_USE(b->p);
  }
}

static void copy(void *context, uint64_t count) {
  const block *b = context;
  while (count--) {
    memcpy(b->p, b->p + (1 << 17), b->n);
    MICRO_USE(b->p);
  }
}

static void mask_rows(void) {
  static const struct { const char *name; size_t n; } sizes[] = {{"64 B", 64}, {"4 KB", 4096}, {"64 KB", 65536}};
  uint8_t *area = calloc(1, 1 << 18);
  char name[32];
  for (size_t i = 0; i < 3; i++) {
    block b = {area + 1, sizes[i].n}; /* no payload is aligned */
    snprintf(name, sizeof name, "unmask %s", sizes[i].name);
    micro_row(name, "so many bytes unmasked in place", mask, &b, 0);
    snprintf(name, sizeof name, "copy %s", sizes[i].name);
    micro_row(name, "so many bytes copied, for comparison", copy, &b, 0);
  }
  free(area);
}

/* ---- messages ---- */

typedef struct room {
  kt_ws_session session;
  kt_bytes message; /* to send, or the frame to read */
  bool text;
  uint8_t out[1 << 17];
  size_t out_n;
} room;

static kt_status take_output(void *context, kt_bytes bytes) {
  room *r = context;
  memcpy(r->out + r->out_n, bytes.p, bytes.n);
  r->out_n += bytes.n;
  return KT_OK;
}

static void read_message(void *context, uint64_t count) {
  room *r = context;
  kt_ws_event e;
  while (count--) {
    memcpy(r->out, r->message.p, r->message.n);
    kt_ws_session_feed(&r->session, r->out, r->message.n, 0, &e);
    if (e.kind != KT_WS_EVENT_MESSAGE) abort();
    MICRO_USE(e.payload.p);
  }
}

static void send_message(void *context, uint64_t count) {
  room *r = context;
  while (count--) {
    r->out_n = 0;
    if (kt_ws_session_send(&r->session, r->text, r->message) != KT_OK) abort();
    MICRO_USE(r->out);
  }
}

static void both_ways(void *context, uint64_t count) {
  room *r = context;
  kt_ws_event e;
  static uint8_t frame[256];
  while (count--) {
    memcpy(frame, r->message.p, r->message.n);
    kt_ws_session_feed(&r->session, frame, r->message.n, 0, &e);
    r->out_n = 0;
    if (e.kind != KT_WS_EVENT_MESSAGE || kt_ws_session_send(&r->session, e.text, e.payload) != KT_OK) abort();
    MICRO_USE(r->out);
  }
}

static room *open_room(kt_ws_deflate_params params, const kt_ws_config *config) {
  static room r;
  kt_ws_session_deinit(&r.session);
  kt_ws_session_init(&r.session, config, KT_WS_SERVER, params, (kt_ws_sink){take_output, NULL, &r}, 0);
  r.text = true;
  return &r;
}

/* A frame as a client sends it; compressed by a session of ours in the client's place. */
static kt_bytes masked_frame(uint8_t *out, kt_bytes payload, bool compressed) {
  kt_ws_frame f = {KT_WS_TEXT, true, compressed, key, payload.n};
  size_t n = kt_ws_head_write(out, &f);
  memcpy(out + n, payload.p, payload.n);
  kt_ws_mask(out + n, payload.n, key, 0);
  return kt_bytes_make(out, n + payload.n);
}

static void message_rows(void) {
  static const kt_ws_deflate_params none = {0};
  static uint8_t frame[8192];
  kt_bytes text = KT_BYTES("{\"op\":\"add\",\"id\":1234567,\"n\":12}");
  if (text.n != 32) abort();
  room *r = open_room(none, &kt_ws_config_default);
  r->message = masked_frame(frame, text, false);
  micro_row("text 32 B in", "one message read, whole, to an event", read_message, r, 0);
  micro_row("text 32 B echoed", "that, and sent back", both_ways, r, 0);
  r->message = text;
  micro_row("text 32 B out", "one message sent", send_message, r, 0);
}

/* ---- compression ---- */

static kt_bytes json_input(void) {
  static char json[1100];
  size_t n = 0;
  for (int i = 0; n < 1024; i++)
    n += (size_t)snprintf(json + n, sizeof json - n, "{\"id\":%d,\"name\":\"Product %d\",\"price\":%d.%02d},", i * 37,
                          i * 7 % 13, i * 997 % 100, i * 31 % 100);
  return kt_bytes_make(json, 1024);
}

static void deflate_rows(void) {
  static const kt_ws_deflate_params kept = {true, false, false, 12, 12}, fresh = {true, true, true, 12, 12};
  static uint8_t frame[8192];
  char name[40];
  for (unsigned level = 1; level <= 6; level += 5) {
    kt_ws_config config = kt_ws_config_default;
    config.deflate_level = (uint8_t)level;
    room *r = open_room(fresh, &config);
    r->message = json_input();
    snprintf(name, sizeof name, "1 KB JSON out, level %u", level);
    micro_row(name, "one message compressed and sent, no context", send_message, r, 0);
    if (micro_wanted(name)) printf("%28s %zu bytes\n", "", r->out_n);
    r = open_room(kept, &config);
    r->message = json_input();
    snprintf(name, sizeof name, "1 KB JSON out, level %u, kept", level);
    micro_row(name, "the same, again and again, with context", send_message, r, 0);
    if (micro_wanted(name)) printf("%28s %zu bytes\n", "", r->out_n);
  }
  room *r = open_room(fresh, &kt_ws_config_default);
  r->message = json_input();
  send_message(r, 1);
  size_t head_n = r->out[1] == 126 ? 4 : 2;
  kt_bytes packed = masked_frame(frame, kt_bytes_make(r->out + head_n, r->out_n - head_n), true);
  r->message = packed;
  micro_row("1 KB JSON in, inflated", "one compressed message read to an event", read_message, r, 0);
}

int main(int argc, char **argv) {
  micro_begin(argc, argv);
  mask_rows();
  message_rows();
  deflate_rows();
}
