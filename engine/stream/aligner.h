/* ssmtranslate: makes alignments of words of scores of tokens (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_ALIGNER_H
#define SSMT_ALIGNER_H

#include "ssmt/ssmt-alignment.h"
#include "engine/tokens/tokenizer.h"

G_BEGIN_DECLS

typedef struct _SsmtAligner SsmtAligner;

/* The tokenizers and the budget must outlive it. */
SsmtAligner *ssmt_aligner_new (
    const SsmtTokenizer *source, const SsmtTokenizer *target, SsmtBudget *budget);
void ssmt_aligner_free (SsmtAligner *aligner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtAligner, ssmt_aligner_free)

/* The word, from 0, that each of the tokens belongs to: (n). */
guint *ssmt_aligner_find_words (
    const SsmtTokenizer *tokenizer, const GArray *tokens, SsmtBudget *budget);
/* The column with the largest sum of row `row` over the tokens of a word; -1: all are 0.
 * source_words: (n_columns). */
gint ssmt_aligner_find_best (const float *row, const guint *source_words, guint n_columns);

/* Where the words of a piece and of its translation, as the model has read and written them, begin
 * in the whole texts. */
typedef struct {
  const gsize *source_at, *target_at; /* (n_source), (n_target) */
  guint n_source, n_target;
} SsmtAlignerPiece;

/* Where the words of a text begin that begins at `offset`: (n). */
gsize *ssmt_aligner_find_starts (const char *text, gsize offset, guint *n);

/* One piece of the segment. scores: (target->len, memory_rows), columns beyond the source's
 * tokens are its end; NULL: not known. */
void ssmt_aligner_add (SsmtAligner *aligner, const SsmtAlignerPiece *piece, const GArray *source,
    const GArray *target, const float *scores, guint memory_rows);
/* A piece that is all there is. */
void ssmt_aligner_add_whole (SsmtAligner *aligner, const char *piece, const char *translation,
    const GArray *source, const GArray *target, const float *scores, guint memory_rows);
/* For the segment's whole texts; `plain` is `text` normalised, in which source_at counts. NULL: they
 * are longer than anybody looks at word by word, or the budget is spent. */
SsmtAlignment *ssmt_aligner_finish (
    SsmtAligner *aligner, const char *plain, const char *text, const char *translation);

G_END_DECLS

#endif /* SSMT_ALIGNER_H */
