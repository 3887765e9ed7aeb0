/* json.h: the JSON cursor and writer that generated code drives (RFC 8259). */
#ifndef KATANA_JSON_H
#define KATANA_JSON_H

#include "katana/bytes.h"

#endif
