/* ssmtranslate: one file of a model that is fetched
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_FETCH_FILE_H
#define SSMT_CLI_FETCH_FILE_H

#include "engine/cli/fetch-http.h"
#include "engine/cli/registry.h"

G_BEGIN_DECLS

/* Brings FOLDER/NAME there: fetched, unpacked, checked. A file of that name is such a one and stays.
 * What has arrived of it stands beside it meanwhile (NAME.part, NAME.whole) and is kept over
 * errors, unless it is the wrong thing. */
gboolean fetch_file (FetchHttp *http, const char *url, const RegistryFile *file, const char *folder,
    GCancellable *cancellable, GError **error);

G_END_DECLS

#endif /* SSMT_CLI_FETCH_FILE_H */
