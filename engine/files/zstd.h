/* ssmtranslate: unpacks Zstandard
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_ZSTD_H
#define SSMT_ZSTD_H

#include <gio/gio.h>

G_BEGIN_DECLS

/* A converter as GZlibDecompressor, for .zst. NULL with %G_IO_ERROR_NOT_SUPPORTED in a build
 * without libzstd. */
GConverter *ssmt_zstd_new (GError **error);

G_END_DECLS

#endif /* SSMT_ZSTD_H */
