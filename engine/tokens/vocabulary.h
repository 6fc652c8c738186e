/* ssmtranslate: ids of pieces that are not those of the tokenizer's own file (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Models of OPUS-MT cut text with a SentencePiece model a side and number the pieces of both in a
 * vocab.yml or vocab.json, a mapping from piece to id.
 */
#ifndef SSMT_VOCABULARY_H
#define SSMT_VOCABULARY_H

#include <glib.h>

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

typedef struct _SsmtVocabulary SsmtVocabulary;

/* JSON where the name says so, else YAML. Ids must be whole, from 0 to below SSMT_MAX_VOCAB, and no two pieces may
 * have the same. */
SsmtVocabulary *ssmt_vocabulary_load (const char *path, GError **error);
/* The same of bytes in memory. */
SsmtVocabulary *ssmt_vocabulary_parse (GBytes *bytes, const char *path, GError **error);
void ssmt_vocabulary_free (SsmtVocabulary *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtVocabulary, ssmt_vocabulary_free)

/* One more than the largest id. */
guint32 ssmt_vocabulary_get_size (const SsmtVocabulary *self);
/* -1: it is not there. */
gint32 ssmt_vocabulary_find (const SsmtVocabulary *self, const char *piece);
/* NULL: no piece has that id. */
const char *ssmt_vocabulary_get_piece (const SsmtVocabulary *self, guint32 id);

G_END_DECLS

#endif /* SSMT_VOCABULARY_H */
