/* ssmtranslate: files over HTTP
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All of a session happens on the thread that made it.
 */
#ifndef SSMT_CLI_FETCH_HTTP_H
#define SSMT_CLI_FETCH_HTTP_H

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _FetchHttp FetchHttp;

/* `total`: 0 where it is not known. */
typedef void (*FetchProgress) (guint64 done, guint64 total, gpointer data);

/* Once, while the program has one thread: it may change the environment. */
void fetch_http_init (void);

/* NULL with %G_IO_ERROR_NOT_SUPPORTED: this program was built without HTTP, or has no TLS. */
FetchHttp *fetch_http_new (GError **error);
void fetch_http_free (FetchHttp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchHttp, fetch_http_free)

/* What is at `url`, of at most `max` bytes. */
GBytes *fetch_http_get (
    FetchHttp *self, const char *url, gsize max, GCancellable *cancellable, GError **error);

/* Makes PATH.part whole and calls it PATH.whole. What PATH.part holds already is kept where the
 * server says, by the mark in PATH.etag, that it is still the same file; an attempt that breaks
 * off leaves both for the next. At most `max` bytes; `size`: exactly so many, 0: not known. */
gboolean fetch_http_download (FetchHttp *self, const char *url, const char *path, guint64 size,
    guint64 max, FetchProgress progress, gpointer data, GCancellable *cancellable, GError **error);

G_END_DECLS

#endif /* SSMT_CLI_FETCH_HTTP_H */
