/* names.h: which certificate serves which name (RFC 6066 §3, RFC 9525 §6.3). Looked up once per handshake, among as many
 * names as a host serves. */
#ifndef KT_TLS_NAMES_H
#define KT_TLS_NAMES_H

#include "base/base.h"

struct x509_st;

typedef struct kt__name {
  char *text; /* lower case; "*.example.org" for a wildcard */
  size_t certificate;
} kt__name;

typedef struct kt__names {
  kt__name *all; /* sorted by text after kt__names_sort; of equal ones the first added comes first */
  size_t n, cap;
} kt__names;

/* The DNS names of a certificate. False when memory is out. */
bool kt__names_add(kt__names *names, struct x509_st *certificate, size_t index);
bool kt__names_add_text(kt__names *names, const char *text, size_t n, size_t index);
void kt__names_sort(kt__names *names);
/* The name itself, else the wildcard of its parent; a final dot does not count. */
bool kt__names_find(const kt__names *names, const char *name, size_t *index);
void kt__names_deinit(kt__names *names);

#endif
