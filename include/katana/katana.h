/* katana.h: the wall between C and Swift.
 *
 * Only what Swift calls or reads stands under include/katana. Everything else is private to csrc. Names that begin
 * with kt_ are public; names with kt__ belong to the C library and may change at any time. */
#ifndef KATANA_KATANA_H
#define KATANA_KATANA_H

#include "katana/bytes.h"
#include "katana/files.h"
#include "katana/form.h"
#include "katana/http.h"
#include "katana/json.h"
#include "katana/json_view.h"
#include "katana/exchange.h"
#include "katana/server.h"
#include "katana/tls.h"
#include "katana/websocket.h"

#endif
