/* picohttpparser.h: the parser that Debian's libh2o-evloop0.13 exports, found at run time: a peer for benchmarks, a
 * second opinion for the fuzzer. */
#ifndef KT_BENCH_PICOHTTPPARSER_H
#define KT_BENCH_PICOHTTPPARSER_H

#include <dlfcn.h>
#include <stddef.h>

typedef struct phr_header {
  const char *name;
  size_t name_len;
  const char *value;
  size_t value_len;
} phr_header;

/* Bytes of the head, -2 for more, -1 for an error. */
typedef int (*phr_parse_request_fn)(const char *buf, size_t len, const char **method, size_t *method_len,
                                    const char **path, size_t *path_len, int *minor_version, phr_header *headers,
                                    size_t *num_headers, size_t last_len);

/* NULL where the library is not installed. */
static inline phr_parse_request_fn phr_open(void) {
  static const char *const names[] = {"libh2o-evloop.so.0.13", "libh2o.so.0.13", "libh2o-evloop.so", "libh2o.so"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library) return (phr_parse_request_fn)dlsym(library, "phr_parse_request");
  }
  return NULL;
}

#endif
