/* ssmtranslate: weights in several files (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * model.safetensors.index.json [huggingface: save_pretrained]:
 *   { "metadata": ..., "weight_map": { tensor: file } }
 */
#ifndef SSMT_SHARDS_H
#define SSMT_SHARDS_H

#include <json-glib/json-glib.h>

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

typedef struct {
  char *path; /* for messages */
  JsonParser *parser;
  JsonObject *map; /* tensor -> file, all of them strings */
  GList *files;    /* each once, by name: the fingerprint needs one order */
} SsmtShardIndex;

/* `shown` is its path for messages. */
SsmtShardIndex *ssmt_shard_index_parse (
    const char *text, gsize length, const char *shown, GError **error);
SsmtShardIndex *ssmt_shard_index_load (const char *path, GError **error);
void ssmt_shard_index_free (SsmtShardIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtShardIndex, ssmt_shard_index_free)

/* TRUE with an error where the folder has pickled weights only. */
gboolean ssmt_shards_are_pickled (const char *folder, GError **error);

G_END_DECLS

#endif /* SSMT_SHARDS_H */
