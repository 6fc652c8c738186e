/* ssmtranslate: makes alignments of words of scores of tokens (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_ALIGNER_H
#define SSMT_ALIGNER_H

#include "ssmt/ssmt-alignment.h"
#include "engine/tokens/tokenizer.h"

G_BEGIN_DECLS

typedef struct _SsmtAligner SsmtAligner;

/* The tokenizers must outlive it. */
SsmtAligner *ssmt_aligner_new (const SsmtTokenizer *source, const SsmtTokenizer *target);
void ssmt_aligner_free (SsmtAligner *aligner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtAligner, ssmt_aligner_free)

/* The word, from 0, that each of the tokens belongs to: (n). */
guint *ssmt_aligner_find_words (const SsmtTokenizer *tokenizer, const GArray *tokens);
/* The column with the largest sum of row `row` over the tokens of a word; -1: all are 0.
 * source_words: (n_columns). */
gint ssmt_aligner_find_best (const float *row, const guint *source_words, guint n_columns);

/* Where no space divides two pieces, the last word of one goes on in the next. */
typedef struct {
  gboolean source, target;
} SsmtJoints;

/* One piece of the segment; `joints`: with the one before. scores: (target->len, memory_rows), columns beyond the source's
 * tokens are its end; NULL: not known. */
void ssmt_aligner_add (SsmtAligner *aligner, SsmtJoints joints, const char *piece,
    const char *translation, const GArray *source, const GArray *target, const float *scores,
    guint memory_rows);
/* For the segment's whole texts. */
SsmtAlignment *ssmt_aligner_finish (
    SsmtAligner *aligner, const char *text, const char *translation);

G_END_DECLS

#endif /* SSMT_ALIGNER_H */
