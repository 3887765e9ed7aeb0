/* Known field names, methods, and fields of a request by name. */
#include "check.h"
#include "http/http.h"

#include <ctype.h>

TEST("every known name has its id, in any case") {
  for (uint16_t id = 1; id < KT_FIELD_COUNT; id++) {
    kt_bytes name = kt_field_name(id);
    CHECK(name.n > 0);
    uint8_t other[32];
    CHECK_EQ(kt_field_lookup(name.p, name.n), id);
    for (size_t i = 0; i < name.n; i++) other[i] = (uint8_t)toupper(name.p[i]);
    CHECK_EQ(kt_field_lookup(other, name.n), id);
    for (size_t i = 0; i < name.n; i++) other[i] = (uint8_t)tolower(name.p[i]);
    CHECK_EQ(kt_field_lookup(other, name.n), id);
  }
  CHECK_EQ(kt_field_name(KT_FIELD_COUNT).n, 0);
}

TEST("a name one byte away from a known one has none") {
  for (uint16_t id = 1; id < KT_FIELD_COUNT; id++) {
    kt_bytes name = kt_field_name(id);
    uint8_t other[32];
    memcpy(other, name.p, name.n);
    other[name.n] = 'x';
    CHECK_EQ(kt_field_lookup(other, name.n + 1), KT_FIELD_OTHER);
    if (name.n > 2) CHECK(kt_field_lookup(other, name.n - 1) != id);
    for (size_t at = 0; at < name.n; at++)
      for (unsigned c = 0; c < 256; c++) {
        memcpy(other, name.p, name.n);
        other[at] = (uint8_t)c;
        uint16_t found = kt_field_lookup(other, name.n);
        if (tolower((int)c) == tolower(name.p[at])) CHECK_EQ(found, id);
        else CHECK(found != id);
      }
  }
  CHECK_EQ(kt_field_lookup((const uint8_t *)"", 0), KT_FIELD_OTHER);
}

TEST("bytes that differ from letters by their case bit are not letters") {
  CHECK_EQ(kt_field_lookup((const uint8_t *)"X\rRequest\rId", 12), KT_FIELD_OTHER);
  CHECK_EQ(kt_field_lookup((const uint8_t *)"Content\rType", 12), KT_FIELD_OTHER);
}

TEST("methods are case-sensitive") {
  for (uint8_t m = 0; m < KT_METHOD_COUNT; m++) {
    const char *name = kt_method_name(m);
    CHECK_EQ(kt_method_lookup((const uint8_t *)name, strlen(name)), m);
    char lower[16] = "";
    for (size_t i = 0; name[i]; i++) lower[i] = (char)tolower(name[i]);
    CHECK_EQ(kt_method_lookup((const uint8_t *)lower, strlen(name)), KT_METHOD_UNKNOWN);
    CHECK_EQ(kt_method_lookup((const uint8_t *)name, strlen(name) - 1), KT_METHOD_UNKNOWN);
  }
  CHECK_EQ(kt_method_lookup((const uint8_t *)"GETS", 4), KT_METHOD_UNKNOWN);
  CHECK_EQ(kt_method_lookup((const uint8_t *)"PROPFIND", 8), KT_METHOD_UNKNOWN);
}

TEST("a field that stands twice gives its first value, by id and by name") {
  kt_field fields[] = {
      {.name = (const uint8_t *)"x-a", .name_n = 3, .value = (const uint8_t *)"1", .value_n = 1, .id = KT_FIELD_OTHER},
      {.name = (const uint8_t *)"ACCEPT", .name_n = 6, .value = (const uint8_t *)"2", .value_n = 1,
       .id = KT_FIELD_ACCEPT},
      {.name = (const uint8_t *)"X-A", .name_n = 3, .value = (const uint8_t *)"3", .value_n = 1, .id = KT_FIELD_OTHER},
      {.name = (const uint8_t *)"X-Empty", .name_n = 7, .value = (const uint8_t *)"", .value_n = 0,
       .id = KT_FIELD_OTHER},
  };
  kt_request r = {.fields = fields, .field_count = 4, .field_max = 4};
  r.known[KT_FIELD_ACCEPT] = 2;
  CHECK_BYTES(kt_request_find(&r, KT_BYTES("X-a")), "1");
  CHECK_BYTES(kt_request_find(&r, KT_BYTES("accept")), "2");
  CHECK_BYTES(kt_request_field(&r, KT_FIELD_ACCEPT), "2");
  CHECK(kt_request_find(&r, KT_BYTES("x-empty")).p != NULL);
  CHECK(kt_request_find(&r, KT_BYTES("x-b")).p == NULL);
  CHECK(kt_request_find(&r, KT_BYTES("host")).p == NULL);
}

TEST("status codes have the phrases of RFC 9110, unknown ones none") {
  CHECK(strcmp(kt_reason(200), "OK") == 0);
  CHECK(strcmp(kt_reason(413), "Content Too Large") == 0);
  CHECK(strcmp(kt_reason(431), "Request Header Fields Too Large") == 0);
  for (unsigned s = 0; s < 70000; s++) CHECK(kt_reason((uint16_t)s) != NULL);
  CHECK(*kt_reason(0) == 0 && *kt_reason(299) == 0 && *kt_reason(65535) == 0);
}
