/* ssmtranslate: the folder that a model is fetched into
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * FOLDER appears with all its files at once, or not at all. Until then they are in
 * .FOLDER.part beside it, which is locked by whoever fetches: another process waits.
 */
#ifndef SSMT_CLI_FETCH_FOLDER_H
#define SSMT_CLI_FETCH_FOLDER_H

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _FetchFolder FetchFolder;

/* Makes and locks the partial folder for `path`. Says on stderr when it has to wait. */
FetchFolder *fetch_folder_open (const char *path, GCancellable *cancellable, GError **error);
/* Unlocks it; what is in it stays. */
void fetch_folder_close (FetchFolder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchFolder, fetch_folder_close)

/* Where files go. */
const char *fetch_folder_get_part (FetchFolder *self);

/* Sets `current` when the folder is there with the files that `card` names, `files` (of RegistryFile). FALSE with *error set
 * when there is something that was not fetched, which nobody may overwrite. */
gboolean fetch_folder_check (const char *path, JsonObject *card, const GPtrArray *files,
    gboolean *current, GError **error);

/* Empties the partial folder, unless it is of the same files, and writes `card` to its
 * registry.json. */
gboolean fetch_folder_begin (FetchFolder *self, JsonObject *card, GError **error);
/* All is there: the partial folder takes its place, and what was there before goes. */
gboolean fetch_folder_finish (FetchFolder *self, GError **error);

G_END_DECLS

#endif /* SSMT_CLI_FETCH_FOLDER_H */
