/* ssmt models: what both lists share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_MODELS_COMMON_H
#define SSMT_CLI_MODELS_COMMON_H

#include <json-glib/json-glib.h>

#include "ssmt/ssmt.h"

G_BEGIN_DECLS

typedef struct {
  gboolean available, json;
  char *from; /* NULL: the default registry */
} ModelsOptions;

/* FALSE: they are wrong, which has been said. */
gboolean models_options_parse (ModelsOptions *options, int *argc, char ***argv);
void models_options_clear (ModelsOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ModelsOptions, models_options_clear)

/* "en-fr"; NULL: the model names no languages. */
char *models_dup_pair (const SsmtModelInfo *info);

/* Members of an object; `value` may be NULL. */
void models_add_string (JsonBuilder *json, const char *key, const char *value);
void models_add_bytes (JsonBuilder *json, guint64 bytes);
void models_add_boolean (JsonBuilder *json, const char *key, gboolean value);

G_END_DECLS

#endif /* SSMT_CLI_MODELS_COMMON_H */
