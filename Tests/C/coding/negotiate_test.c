#include "check.h"
#include "coding/negotiate.h"
#include "random.h"

#include <ctype.h>

static kt_negotiated answer(const char *line, unsigned offered) {
  kt_accept_encoding a;
  kt_accept_encoding_init(&a);
  if (line) kt_accept_encoding_line(&a, kt_bytes_make(line, strlen(line)));
  return kt_negotiate(&a, offered);
}

typedef struct example {
  const char *line;
  unsigned offered;
  kt_coding coding;
  bool acceptable;
} example;

enum { G = KT_CODING_GZIP, B = KT_CODING_BR, Z = KT_CODING_ZSTD, I = KT_CODING_IDENTITY, ALL = G | B | Z };

static void check_all(const example *examples, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const example *e = &examples[i];
    kt_negotiated got = answer(e->line, e->offered);
    if (got.coding != e->coding || got.acceptable != e->acceptable)
      KT_FAIL("\"%s\" gets %u, %d", e->line ? e->line : "(none)", got.coding, got.acceptable);
  }
}
#define CHECK_ALL(examples) check_all(examples, sizeof(examples) / sizeof *(examples))

TEST("without the field, or with an empty one, content goes plain") {
  CHECK_ALL(((const example[]){{NULL, ALL, I, true}, {"", ALL, I, true}, {" , ,", ALL, I, true}}));
}

TEST("among equal weights the server's order decides: zstd, br, gzip") {
  CHECK_ALL(((const example[]){{"gzip, deflate, br, zstd", ALL, Z, true},
                               {"gzip, deflate, br", ALL, B, true},
                               {"gzip, br;q=1.0", G | B, B, true},
                               {"gzip, deflate, br, zstd", G, G, true},
                               {"gzip, deflate, br, zstd", G | B, B, true},
                               {"gzip,identity", ALL, G, true}}));
}

TEST("the highest weight wins over the server's order") {
  CHECK_ALL(((const example[]){{"gzip;q=1.0, br;q=0.9", ALL, G, true},
                               {"gzip;q=0.5, br;q=0.501", ALL, B, true},
                               {"zstd;q=0.1, br;q=0.2, gzip;q=0.15", ALL, B, true},
                               {"gzip;q=0.001", ALL, G, true},
                               {"gzip;q=0.5, identity", ALL, I, true},
                               {"gzip;q=0.5, identity;q=0.5", ALL, G, true}}));
}

TEST("a weight of zero refuses a coding") {
  CHECK_ALL(((const example[]){{"gzip;q=0", ALL, I, true},
                               {"gzip;q=0.000, br;q=0.", ALL, I, true},
                               {"zstd;q=0, *", ALL, B, true},
                               {"gzip;q=0, gzip", ALL, I, true},
                               {"gzip, x-gzip;q=0", ALL, I, true}}));
}

TEST("an asterisk stands for what is not named") {
  CHECK_ALL(((const example[]){{"*", ALL, Z, true},
                               {"*", G, G, true},
                               {"gzip, *;q=0", ALL, G, true},
                               {"gzip;q=0.5, *", ALL, Z, true},
                               {"gzip;q=0.5, *", G, I, true},
                               {"*;q=0.3, identity;q=0.5", ALL, I, true},
                               {"br;q=0, *;q=0.3", B, I, true}}));
}

TEST("x-gzip is answered with gzip") {
  CHECK_ALL(((const example[]){{"x-gzip", ALL, G, true}, {"X-GZIP;Q=0.3", ALL, G, true}}));
}

TEST("a client that refuses identity and all that is offered is not served by it, but gets plain content") {
  CHECK_ALL(((const example[]){{"identity;q=0", ALL, I, false},
                               {"identity;q=0, compress", ALL, I, false},
                               {"*;q=0", ALL, I, false},
                               {"br, *;q=0", G, I, false},
                               {"br, *;q=0, identity", G, I, true},
                               {"br, *;q=0", ALL, B, true},
                               {"identity;q=0, gzip;q=0.1", ALL, G, true}}));
}

TEST("a malformed field gets plain content") {
  const char *const lines[] = {"gzip;q=1.001", "gzip;q=2", "gzip;q=0.1234", "gzip;q=-1", "gzip;q=.5", "gzip;q=",
                               "gzip;", "gzip;a=1", "gzip q=1", "gzip;q =1", "gzip;q= 1", "gzip;q=1;b=2", "gzip br",
                               "br, (gzip)", "gzip;q=1.1", "gzip;q=1x", "gzip;q=0.5\"", "=, br"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    kt_negotiated got = answer(lines[i], ALL);
    if (got.coding != I || !got.acceptable) KT_FAIL("\"%s\" gets %u", lines[i], got.coding);
  }
}

TEST("blanks may stand around commas and semicolons") {
  CHECK_ALL(((const example[]){{" \tgzip \t; \tq=0.5 , br ;q=0.4,", ALL, G, true}, {",,gzip,,", ALL, G, true}}));
}

TEST("all lines of a request are one list") {
  const uint8_t *name = (const uint8_t *)"accept-encoding";
  kt_field fields[] = {{name, (const uint8_t *)"br;q=0.5", 8, 15, KT_FIELD_ACCEPT_ENCODING},
                       {(const uint8_t *)"accept", (const uint8_t *)"zstd", 4, 6, KT_FIELD_ACCEPT},
                       {name, (const uint8_t *)"gzip", 4, 15, KT_FIELD_ACCEPT_ENCODING}};
  kt_request r = {.fields = fields, .field_count = 3};
  kt_accept_encoding a;
  kt_accept_encoding_of(&r, &a);
  CHECK_EQ(kt_negotiate(&a, ALL).coding, KT_CODING_IDENTITY);
  r.known[KT_FIELD_ACCEPT_ENCODING] = 1;
  kt_accept_encoding_of(&r, &a);
  CHECK(!a.malformed);
  CHECK_EQ(kt_negotiate(&a, ALL).coding, KT_CODING_GZIP);
  CHECK_EQ(kt_negotiate(&a, B | Z).coding, KT_CODING_BR);
}

/* The dumb model: split at commas, trim, split at the semicolon, compare whole weights with a list of all of them. */
typedef struct model {
  int weights[5]; /* gzip, br, zstd, identity, * */
  bool malformed;
} model;

static char *trim(char *s) {
  while (*s == ' ' || *s == '\t') s++;
  size_t n = strlen(s);
  while (n && (s[n - 1] == ' ' || s[n - 1] == '\t')) s[--n] = 0;
  return s;
}

static int model_weight(const char *s) {
  for (int w = 0; w <= 1000; w++) {
    char text[16];
    snprintf(text, sizeof text, "%d.%03d", w / 1000, w % 1000);
    for (size_t n = 5; n >= 1; n--) {
      if (strlen(s) == n && strncmp(s, text, n) == 0) return w;
      if (text[n - 1] != '0' && n != 2) break;
    }
  }
  return -1;
}

static void model_element(model *m, char *s) {
  static const char *const names[] = {"gzip", "br", "zstd", "identity", "*", "x-gzip"};
  int weight = 1000;
  char *semicolon = strchr(s, ';');
  if (semicolon) {
    *semicolon = 0;
    char *q = trim(semicolon + 1);
    bool named = tolower((unsigned char)q[0]) == 'q' && q[1] == '=';
    weight = named && semicolon[1 + strlen(semicolon + 1)] == 0 ? model_weight(q + 2) : -1;
  }
  s = trim(s);
  if (weight < 0 || !*s || strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-.=*") != strlen(s) || strchr(s, '=')) {
    m->malformed = true;
    return;
  }
  for (size_t i = 0; i < 6; i++)
    if (strcmp(s, names[i]) == 0 && (m->weights[i % 5] < 0 || weight < m->weights[i % 5])) m->weights[i % 5] = weight;
}

static kt_negotiated model_answer(const char *line, unsigned offered) {
  model m = {{-1, -1, -1, -1, -1}, false};
  char copy[256], *at = copy;
  snprintf(copy, sizeof copy, "%s", line);
  while (at) {
    char *comma = strchr(at, ',');
    if (comma) *comma++ = 0;
    if (*trim(at)) model_element(&m, trim(at));
    at = comma;
  }
  kt_negotiated plain = {KT_CODING_IDENTITY, true};
  if (m.malformed) return plain;
  for (int i = 0; i < 4; i++)
    if (m.weights[i] < 0) m.weights[i] = m.weights[4];
  int best = -1;
  static const kt_coding codings[] = {KT_CODING_GZIP, KT_CODING_BR, KT_CODING_ZSTD};
  for (int i = 2; i >= 0; i--)
    if ((offered & codings[i]) && m.weights[i] > 0 && (best < 0 || m.weights[i] > m.weights[best])) best = i;
  if (best >= 0 && m.weights[best] >= m.weights[3]) return (kt_negotiated){(uint8_t)codings[best], true};
  plain.acceptable = m.weights[3] != 0;
  return plain;
}

TEST("any line of known pieces gets what a dumb model gives") {
  static const char *const pieces[] = {"gzip", "br",   "zstd",  "identity", "*",     "x-gzip", "compress", ",",    ",",
                                       ", ",   ";q=0", ";q=0.5", " ; q=1",  ";q=0.501", ";q=1.000", ";q=0.", ";", "q=1",
                                       " ",    "\t",   ";q=1.01", ";q=0.1234", "=",  "gz"};
  for (int round = 0; round < 20000; round++) {
    char line[200] = "";
    for (size_t n = random_below(12); n; n--) strcat(line, pieces[random_below(sizeof pieces / sizeof *pieces)]);
    unsigned offered = (unsigned)random_below(8);
    kt_negotiated got = answer(line, offered), want = model_answer(line, offered);
    if (got.coding != want.coding || got.acceptable != want.acceptable)
      KT_FAIL("\"%s\" of %u gets %u, %d, not %u, %d", line, offered, got.coding, got.acceptable, want.coding,
              want.acceptable);
  }
}
