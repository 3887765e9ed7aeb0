#include "route/segment.h"

/* The bytes before the first brace. */
static size_t literal_size(kt_bytes text) {
  size_t n = 0;
  while (n < text.n && text.p[n] != '{' && text.p[n] != '}') n++;
  return n;
}

static kt_bytes behind(kt_bytes text, size_t n) { return kt_bytes_make(text.p + n, text.n - n); }

static void add_literal(kt__segment *s, kt_bytes text, size_t n) {
  if (s->param_n <= KT_PARAMS_MAX) s->literals[s->param_n] = kt_bytes_make(text.p, n);
  s->literal_size += n;
}

const char *kt__segment_parse(kt_bytes text, kt__segment *out) {
  *out = (kt__segment){.kind = KT__LITERAL};
  bool rest = false;
  for (kt_bytes left = text;;) {
    size_t n = literal_size(left);
    add_literal(out, left, n);
    left = behind(left, n);
    if (left.n == 0) break;
    if (left.p[0] == '}') return "closes a brace that it did not open";
    if (n == 0 && out->param_n > 0) return "has two parameters without a literal between them";
    kt_bytes name = behind(left, 1);
    n = literal_size(name);
    if (n == name.n || name.p[n] != '}') return "does not close a brace";
    if (n == 0 || (n == 1 && name.p[0] == '*')) return "has a parameter without a name";
    rest = rest || name.p[n - 1] == '*';
    out->param_n++;
    left = behind(name, n + 1);
  }
  if (rest && (out->param_n > 1 || out->literal_size > 0))
    return "takes the rest of the path and has more than that parameter";
  if (out->param_n > 0) out->kind = rest ? KT__REST : out->literal_size > 0 ? KT__MIXED : KT__PARAM;
  return NULL;
}

bool kt__segment_same_shape(const kt__segment *a, const kt__segment *b) {
  if (a->kind != b->kind || a->param_n != b->param_n) return false;
  for (unsigned i = 0; i <= a->param_n; i++)
    if (!kt_bytes_equal(a->literals[i], b->literals[i])) return false;
  return true;
}
