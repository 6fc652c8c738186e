/* ssmtranslate: what a BPE model knows (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Read from a tokenizer.json by bpe-model.c, used on words by bpe-merge.c.
 */
#ifndef SSMT_BPE_MODEL_H
#define SSMT_BPE_MODEL_H

#include "engine/tokens/bpe-parts.h"

G_BEGIN_DECLS

#define SSMT_BPE_MAX_PIECE 4096 /* bytes */

/* From pairs of ids, and characters, to what they make. */
typedef struct {
  guint64 key; /* 0: free */
  guint32 rank;
  gint32 id;
} SsmtBpeEntry;

typedef struct {
  SsmtBpeEntry *entries;
  guint64 mask;
  guint shift;
} SsmtBpeMap;

static inline void
ssmt_bpe_map_init (SsmtBpeMap *map, gsize n)
{
  gsize size = 16;

  map->shift = 60;
  for (; size < 2 * n; size *= 2)
    map->shift--;
  map->entries = g_new0 (SsmtBpeEntry, size);
  map->mask = size - 1;
}

static inline SsmtBpeEntry *
ssmt_bpe_map_slot (const SsmtBpeMap *map, guint64 key)
{
  guint64 i = (key * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)) >> map->shift;

  for (;; i++) {
    SsmtBpeEntry *entry = &map->entries[i & map->mask];

    if (entry->key == key || entry->key == 0)
      return entry;
  }
}

static inline const SsmtBpeEntry *
ssmt_bpe_map_find (const SsmtBpeMap *map, guint64 key)
{
  const SsmtBpeEntry *entry = ssmt_bpe_map_slot (map, key);

  return entry->key ? entry : NULL;
}

static inline void
ssmt_bpe_map_set (SsmtBpeMap *map, guint64 key, guint32 rank, gint32 id)
{
  *ssmt_bpe_map_slot (map, key) = (SsmtBpeEntry){ key, rank, id };
}

static inline guint64
ssmt_bpe_pair_key (gint32 left, gint32 right)
{
  return (guint64) (left + 1) << 32 | (guint32) right;
}

struct _SsmtBpeModel {
  GHashTable *ids; /* borrowed: piece -> id + 1 */
  SsmtBpeMap chars, pairs;
  GHashTable *special; /* pieces that text must not become */
  gint32 unknown;      /* -1: dropped */
  gint32 bytes[256];   /* -1: none */
  gboolean byte_fallback, fuse_unknown, whole_words;
};

static inline gint32
ssmt_bpe_model_id (const SsmtBpeModel *self, const char *piece)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (self->ids, piece)) - 1;
}

static inline gboolean
ssmt_bpe_model_is_special (const SsmtBpeModel *self, gint32 id)
{
  return g_hash_table_contains (self->special, GINT_TO_POINTER (id));
}

G_END_DECLS

#endif /* SSMT_BPE_MODEL_H */
