/* ssmtranslate: files over HTTP, in a build without libsoup
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/fetch-http.h"

void
fetch_http_init (void)
{
}

FetchHttp *
fetch_http_new (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "this ssmt was built without libsoup 3 and cannot fetch");
  return NULL;
}

void
fetch_http_free (FetchHttp *self)
{
}

GBytes *
fetch_http_get (
    FetchHttp *self, const char *url, gsize max, GCancellable *cancellable, GError **error)
{
  g_return_val_if_reached (NULL);
}

gboolean
fetch_http_download (FetchHttp *self, const char *url, const char *path, guint64 size, guint64 max,
    FetchProgress progress, gpointer data, GCancellable *cancellable, GError **error)
{
  g_return_val_if_reached (FALSE);
}
