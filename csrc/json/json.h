/* json: cursor, numbers, strings, writer (RFC 8259).
 *
 * The public face is katana/json.h, whose inline half lives there so that Swift can inline it. This room holds the
 * rest: cursor.c (errors, escapes, literals, skipping), names.c (members of a struct), number.c, path.c (where a value
 * stands), escape.c (text written), write.c (numbers written).
 * Bytes in, values out: no allocation but for the names of a struct, no I/O, no locale, no state between calls. */
#ifndef KATANA_CSRC_JSON_H
#define KATANA_CSRC_JSON_H

#include "katana/json.h"

static inline bool kt__json_digit(uint8_t byte) { return (uint8_t)(byte - '0') < 10; }

/* Finds the end of the number that begins at `p` by its grammar (§6); NULL and *at when it is malformed. */
const uint8_t *kt__json_number_end(const uint8_t *p, const uint8_t *end, const uint8_t **at);

#endif
