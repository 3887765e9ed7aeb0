#include "tls/names.h"

#include <openssl/x509v3.h>
#include <stdlib.h>

#define NAME_SIZE_MAX 255 /* RFC 1035 §2.3.4 */

static void lower(char *to, const char *from, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] = (char)kt_lower((uint8_t)from[i]);
  to[n] = 0;
}

bool kt__names_add_text(kt__names *names, const char *text, size_t n, size_t index) {
  if (n == 0 || n > NAME_SIZE_MAX || memchr(text, 0, n)) return true; /* names nothing that a client may ask for */
  if (names->n == names->cap) {
    size_t cap = names->cap ? names->cap * 2 : 8;
    kt__name *grown = kt_realloc(names->all, cap * sizeof *grown);
    if (!grown) return false;
    names->all = grown;
    names->cap = cap;
  }
  char *copy = kt_malloc(n + 1);
  if (!copy) return false;
  lower(copy, text, n);
  names->all[names->n++] = (kt__name){copy, index};
  return true;
}

bool kt__names_add(kt__names *names, X509 *certificate, size_t index) {
  GENERAL_NAMES *list = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  bool ok = true;
  for (int i = 0; ok && i < sk_GENERAL_NAME_num(list); i++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(list, i);
    if (name->type != GEN_DNS) continue;
    const ASN1_STRING *text = name->d.dNSName;
    ok = kt__names_add_text(names, (const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text), index);
  }
  GENERAL_NAMES_free(list);
  return ok;
}

static int by_text(const void *a, const void *b) {
  const kt__name *x = a, *y = b;
  int order = strcmp(x->text, y->text);
  return order ? order : (x->certificate > y->certificate) - (x->certificate < y->certificate);
}

void kt__names_sort(kt__names *names) {
  if (names->n) qsort(names->all, names->n, sizeof *names->all, by_text);
}

static bool find(const kt__names *names, const char *text, size_t *index) {
  size_t low = 0, high = names->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (strcmp(names->all[middle].text, text) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == names->n || strcmp(names->all[low].text, text) != 0) return false;
  *index = names->all[low].certificate;
  return true;
}

bool kt__names_find(const kt__names *names, const char *name, size_t *index) {
  char text[NAME_SIZE_MAX + 2];
  size_t n = strlen(name);
  if (n && name[n - 1] == '.') n--;
  if (n == 0 || n > NAME_SIZE_MAX) return false;
  lower(text + 1, name, n);
  if (find(names, text + 1, index)) return true;
  char *dot = strchr(text + 1, '.');
  if (!dot || dot == text + 1) return false;
  dot[-1] = '*';
  return find(names, dot - 1, index);
}

void kt__names_deinit(kt__names *names) {
  for (size_t i = 0; i < names->n; i++) kt_free(names->all[i].text);
  kt_free(names->all);
  *names = (kt__names){0};
}
