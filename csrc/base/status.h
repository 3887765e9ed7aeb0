/* status.h: kt_status in words. The codes themselves are public: katana/bytes.h. */
#ifndef KT_BASE_STATUS_H
#define KT_BASE_STATUS_H

#include "katana/bytes.h"

/* What went wrong, for a log line: "memory is exhausted". A static string, never NULL. */
const char *kt_status_name(kt_status status);

#endif
