/* form: what HTML forms and upload clients send. What users call is in katana/form.h.
 *
 * delimiter.h   the boundary of a multipart body, and the search for it
 * part.h        the head of a part
 * multipart.c   the machine that cuts a body into parts with the two above
 * urlencoded.c  pairs in one line */
#ifndef KT_FORM_H
#define KT_FORM_H

#include "form/delimiter.h"
#include "form/part.h"
#include "katana/form.h"

#endif
