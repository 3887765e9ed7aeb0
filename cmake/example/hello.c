/* A C program on the library: hello [PORT]. GET /hello/{name} greets, POST /length counts what it gets, streaming. */
#include <katana/katana.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void greet(void *context, kt_exchange *x) {
  (void)context;
  kt_bytes name = kt_request_param(kt_exchange_request(x), 0);
  char text[300];
  int n = snprintf(text, sizeof text, "Hello, %.*s!\n", (int)(name.n < 200 ? name.n : 200), (const char *)name.p);
  kt_response_send(x, 200, KT_BYTES("text/plain; charset=utf-8"), text, (size_t)n);
}

typedef struct upload {
  kt_exchange *x;
  uint64_t size;
} upload;

/* Reads what has arrived; the rest calls again. */
static void read_on(void *context) {
  upload *u = (upload *)context;
  kt_bytes chunk;
  kt_status st;
  while ((st = kt_exchange_read(u->x, &chunk)) == KT_OK) u->size += chunk.n;
  if (st == KT_AGAIN) {
    kt_exchange_wait(u->x, read_on, u);
    return;
  }
  if (st == KT_END) {
    char text[32];
    int n = snprintf(text, sizeof text, "%llu\n", (unsigned long long)u->size);
    kt_response_send(u->x, 200, KT_BYTES("text/plain"), text, (size_t)n);
  }
  kt_exchange_leave(u->x);
}

static void count(void *context, kt_exchange *x) {
  (void)context;
  kt_exchange_suspend(x);
  upload *u = (upload *)kt_exchange_alloc(x, sizeof *u);
  if (!u) {
    kt_exchange_leave(x); /* without a response: 500 */
    return;
  }
  u->x = x;
  u->size = 0;
  read_on(u);
}

int main(int argc, char **argv) {
  kt_config config = kt_config_default();
  if (argc > 1) config.port = (uint16_t)atoi(argv[1]);
  kt_route_spec routes[2] = {{0}, {0}};
  routes[0].method = KT_GET, routes[0].path = KT_BYTES("/hello/{name}"), routes[0].handler = greet;
  routes[1].method = KT_POST, routes[1].path = KT_BYTES("/length"), routes[1].handler = count;
  routes[1].body_mode = KT_BODY_STREAM;

  sigset_t ends; /* blocked before the reactors start, so that only sigwait sees them */
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);

  char error[256];
  kt_routes *table = kt_routes_create(routes, 2, NULL, error, sizeof error);
  kt_server *server = table ? kt_server_create(&config, table, error, sizeof error) : NULL;
  if (!server || kt_server_start(server) != KT_OK) {
    fprintf(stderr, "hello: %s\n", server ? "cannot start a reactor" : error);
    return 1;
  }
  printf("listening on port %u, driver %s\n", kt_server_port(server), kt_server_driver(server));
  fflush(stdout);
  int signal;
  sigwait(&ends, &signal);
  kt_server_drain(server, 5000);
  kt_server_join(server);
  kt_server_destroy(server);
  return 0;
}
