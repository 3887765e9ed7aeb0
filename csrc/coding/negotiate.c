#include "coding/negotiate.h"

#include "base/scan.h"

void kt_accept_encoding_init(kt_accept_encoding *a) {
  *a = (kt_accept_encoding){.gzip = KT_WEIGHT_UNNAMED, .br = KT_WEIGHT_UNNAMED, .zstd = KT_WEIGHT_UNNAMED,
                            .identity = KT_WEIGHT_UNNAMED, .any = KT_WEIGHT_UNNAMED};
}

static void skip_blanks(kt_bytes *s) {
  while (s->n && (*s->p == ' ' || *s->p == '\t')) s->p++, s->n--;
}

static bool skip(kt_bytes *s, uint8_t lower) {
  if (s->n == 0 || kt_lower(*s->p) != lower) return false;
  s->p++, s->n--;
  return true;
}

/* qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ), §12.4.2; -1 when it is none. */
static int weight(kt_bytes *s) {
  int thousandths = 0, unit = 100;
  if (skip(s, '1')) thousandths = 1000;
  else if (!skip(s, '0')) return -1;
  if (!skip(s, '.')) return thousandths;
  for (; unit && s->n && *s->p >= '0' && *s->p <= '9'; s->p++, s->n--, unit /= 10)
    thousandths += (*s->p - '0') * unit;
  return thousandths <= 1000 ? thousandths : -1;
}

/* [ OWS ";" OWS "q=" qvalue ]; 1000 when there is none. */
static int weight_part(kt_bytes *s) {
  skip_blanks(s);
  if (!skip(s, ';')) return 1000;
  skip_blanks(s);
  if (!skip(s, 'q') || !skip(s, '=')) return -1;
  return weight(s);
}

static void lower(int16_t *at, int thousandths) {
  if (*at == KT_WEIGHT_UNNAMED || thousandths < *at) *at = (int16_t)thousandths;
}

static void note(kt_accept_encoding *a, kt_bytes name, int thousandths) {
  if (name.n == 1 && name.p[0] == '*') {
    lower(&a->any, thousandths);
    return;
  }
  switch (kt_coding_find(name)) {
  case KT_CODING_GZIP: lower(&a->gzip, thousandths); break;
  case KT_CODING_BR: lower(&a->br, thousandths); break;
  case KT_CODING_ZSTD: lower(&a->zstd, thousandths); break;
  case KT_CODING_IDENTITY: lower(&a->identity, thousandths); break;
  default: break;
  }
}

/* codings [ weight ] and what stands before the next comma. */
static bool element(kt_accept_encoding *a, kt_bytes *s) {
  const uint8_t *end = kt_scan_token(s->p, s->p + s->n);
  kt_bytes name = {s->p, (size_t)(end - s->p)};
  if (name.n == 0) return false;
  *s = kt_bytes_make(end, s->n - name.n);
  int thousandths = weight_part(s);
  if (thousandths < 0) return false;
  skip_blanks(s);
  if (s->n && *s->p != ',') return false;
  note(a, name, thousandths);
  return true;
}

void kt_accept_encoding_line(kt_accept_encoding *a, kt_bytes value) {
  for (;;) {
    skip_blanks(&value);
    if (value.n == 0) return;
    if (skip(&value, ',')) continue; /* empty elements count for nothing, §5.6.1.2 */
    if (!element(a, &value)) {
      a->malformed = true;
      return;
    }
  }
}

void kt_accept_encoding_of(const kt_request *r, kt_accept_encoding *a) {
  kt_accept_encoding_init(a);
  uint16_t first = r->known[KT_FIELD_ACCEPT_ENCODING];
  if (first == 0) return;
  for (uint16_t i = first - 1; i < r->field_count; i++)
    if (r->fields[i].id == KT_FIELD_ACCEPT_ENCODING)
      kt_accept_encoding_line(a, kt_bytes_make(r->fields[i].value, r->fields[i].value_n));
}

static int or_any(const kt_accept_encoding *a, int16_t own) { return own == KT_WEIGHT_UNNAMED ? a->any : own; }

kt_negotiated kt_negotiate(const kt_accept_encoding *a, unsigned offered) {
  const struct {
    kt_coding coding;
    int weight;
  } choices[] = {
      {KT_CODING_ZSTD, or_any(a, a->zstd)}, {KT_CODING_BR, or_any(a, a->br)}, {KT_CODING_GZIP, or_any(a, a->gzip)}};
  kt_negotiated best = {KT_CODING_IDENTITY, true};
  if (a->malformed) return best;
  int identity = or_any(a, a->identity), highest = 0;
  best.acceptable = identity != 0;
  for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
    if (!(offered & choices[i].coding) || choices[i].weight <= highest || choices[i].weight < identity) continue;
    best = (kt_negotiated){(uint8_t)choices[i].coding, true};
    highest = choices[i].weight;
  }
  return best;
}
