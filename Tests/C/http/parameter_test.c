/* Parameters of field values (RFC 9110 §5.6.6). */
#include "check.h"
#include "http/parameter.h"

/* "name=value" of each, values without their quotes, a "|" behind each, and a "!" where the text is malformed. */
static void gives(const char *input, const char *want) {
  char got[400] = "";
  size_t n = strlen(input);
  uint8_t *piece = memcpy(malloc(n + 1), input, n), *out = malloc(n + 1);
  kt_bytes rest = kt_bytes_make(piece, n), name, value;
  kt_parameter_result result;
  while ((result = kt_parameter_next(&rest, &name, &value)) == KT_PARAMETER_FOUND) {
    size_t value_n = kt_parameter_unquote(value, out);
    CHECK(value_n <= value.n);
    sprintf(got + strlen(got), "%.*s=%.*s|", (int)name.n, (const char *)name.p, (int)value_n, (const char *)out);
  }
  if (result == KT_PARAMETER_MALFORMED) strcat(got, "!");
  free(piece);
  free(out);
  if (strcmp(got, want) != 0) KT_FAIL("%s gives %s, not %s", input, got, want);
}

TEST("parameters are read one by one, blanks and empty ones passed over") {
  gives("", "");
  gives(" ", "");
  gives(";", "");
  gives("; a=b", "a=b|");
  gives(";a=b;c=d", "a=b|c=d|");
  gives(" ;\t; a=b ; c=\"d\" ;", "a=b|c=d|");
}

TEST("quotes hold anything; a backslash escapes quotes and backslashes alone") {
  gives("; a=\"\"", "a=|");
  gives("; a=\"b; c=d\"; e=f", "a=b; c=d|e=f|");
  gives("; a=\"b\\\"c\"", "a=b\"c|");
  gives("; a=\"C:\\dir\\file\"", "a=C:\\dir\\file|");
  gives("; a=\"b\\\\\"; c=d", "a=b\\|c=d|");
  gives("; a=\"\xc3\xa4\"", "a=\xc3\xa4|");
}

TEST("what is no parameter ends the walk") {
  gives("a=b", "!");
  gives("; a", "!");
  gives("; a=", "!");
  gives("; =b", "!");
  gives("; a =b", "!");
  gives("; a= b", "!");
  gives("; a=b c=d", "a=b|!");
  gives("; a=\"b\"c=d", "a=b|!");
  gives("; a=\"b", "!");
  gives("; a=\"b\\\"", "!");
  gives("; a=\"b\x01\"", "!");
  gives("; a=(b)", "!");
}
