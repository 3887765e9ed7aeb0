/* media.h: media types (RFC 9110 §8.3.1). */
#ifndef KT_HTTP_MEDIA_H
#define KT_HTTP_MEDIA_H

#include "katana/bytes.h"

/* True when the type of a Content-Type value is in `list`, "a/b, c/d" with wildcards as in Accept. Types compare
 * without case, parameters do not count. An empty or malformed value matches nothing. */
bool kt_media_type_matches(kt_bytes content_type, kt_bytes list);

/* False when a textual type (text, JSON, XML, a form that is urlencoded) names a charset that is neither UTF-8 nor its
 * subset US-ASCII, and when its parameters are malformed. Types of other kinds give their parameters other meanings. */
bool kt_media_charset_is_utf8(kt_bytes content_type);

#endif
