/* ssmtranslate: what stands in a model folder beside weights (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_FOLDER_H
#define SSMT_FOLDER_H

#include <glib.h>

G_BEGIN_DECLS

/* Adds names and contents of all files that say what the weights mean: configuration, vocabularies, rules of
 * tokenizers, packed or not. Of what is too large to be one the name counts alone. */
gboolean ssmt_folder_digest (const char *folder, GChecksum *sum, GError **error);

/* Whether FOLDER/NAME is a link that leads elsewhere than to a file of the same folder, or to where
 * the Hugging Face cache keeps files. */
gboolean ssmt_folder_leads_out (const char *folder, const char *name);

G_END_DECLS

#endif /* SSMT_FOLDER_H */
