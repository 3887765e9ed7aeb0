/* date.h: HTTP dates (RFC 9110 §5.6.7). */
#ifndef KT_HTTP_DATE_H
#define KT_HTTP_DATE_H

#include "katana/bytes.h"

#define KT_DATE_SIZE 29

/* IMF-fixdate of a time in seconds since 1970, years 0 to 9999, without a terminator. */
void kt_date_format(int64_t unix_seconds, char out[KT_DATE_SIZE]);
/* Reads IMF-fixdate, the RFC 850 form and the asctime form. False when it is none of them. A two-digit year more than
 * 50 years after `now` means the century before (§5.6.7). */
bool kt_date_parse(kt_bytes text, int64_t now, int64_t *unix_seconds);

#endif
