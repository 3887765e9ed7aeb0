/* files: what a request for a static file gets, judged before a byte of the file is read.
 *
 * path.h   which relative paths may be opened at all
 * plan.h   from a request and what lies at its path to status, fields, and the pieces to send
 *
 * Nothing is opened here and no clock is read: the caller looks up the file and its coded siblings ("site.css.br"),
 * asks for a plan, and sends what the plan says. */
#ifndef KT_FILES_H
#define KT_FILES_H

#include "files/path.h"
#include "files/plan.h"

#endif
