/* mime.h: media types of files by the extension of their name, and which types are worth compressing. */
#ifndef KT_HTTP_MIME_H
#define KT_HTTP_MIME_H

#include "katana/bytes.h"

/* The Content-Type for a file of this name by what stands behind its last dot, without case, as in "text/css;
 * charset=utf-8"; "application/octet-stream" for a name that tells nothing. A path will do. ".css" alone is a hidden
 * file without an extension. Static text. */
kt_bytes kt_mime_of(kt_bytes file_name);

/* True for a Content-Type whose content usually shrinks by half or more: text, JSON, XML, code, bare fonts and bitmaps.
 * Images, sound, video and archives are compressed already. Parameters and case do not count. */
bool kt_mime_compressible(kt_bytes content_type);

#endif
