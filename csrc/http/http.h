/* http: what all protocol versions share: methods, known fields, dates, targets, media types,
 * parameters, codings, entity tags, preconditions, ranges, trailer fields.
 *
 * Pure functions over bytes; the vocabulary itself (kt_request, kt_field_id, kt_method) is in katana/http.h because
 * Swift reads it. */
#ifndef KT_HTTP_H
#define KT_HTTP_H

#include "http/coding_names.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/etag.h"
#include "http/field.h"
#include "http/media.h"
#include "http/method.h"
#include "http/mime.h"
#include "http/parameter.h"
#include "http/range.h"
#include "http/trailer.h"
#include "http/uri.h"
#include "katana/http.h"

#endif
