/* ssmtranslate: text <-> token ids (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_TOKENIZER_H
#define SSMT_TOKENIZER_H

#include <string.h>

#include "engine/tokens/budget.h"

G_BEGIN_DECLS

typedef struct _SsmtTokenizer SsmtTokenizer;

/* Loads a SentencePiece model, or a Hugging Face tokenizer.json (byte-pair
 * encoding). Thread-safe to use once loaded. No C++ exception leaves it. */
SsmtTokenizer *ssmt_tokenizer_load (const char *path, GError **error);
/* A SentencePiece model whose pieces have the ids that `vocabulary` gives; it is a file as
 * ssmt_vocabulary_load() reads. */
SsmtTokenizer *ssmt_tokenizer_load_renumbered (
    const char *path, const char *vocabulary, GError **error);
SsmtTokenizer *ssmt_tokenizer_load_huggingface (const char *path, GError **error);
void ssmt_tokenizer_free (SsmtTokenizer *tokenizer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtTokenizer, ssmt_tokenizer_free)

guint32 ssmt_tokenizer_get_size (const SsmtTokenizer *tokenizer);

/* Appends the ids of `text` (valid UTF-8) to `ids` (of gint32). Symbols of the
 * model such as "<sep>" or "</s>" that stand in the text as text must not become control ids.
 * `budget`: NULL for one of its own; what has ended it is the error. */
gboolean ssmt_tokenizer_encode (const SsmtTokenizer *tokenizer, const char *text, gssize length,
    GArray *ids, SsmtBudget *budget, GError **error);

/* Text of `n` ids; ids outside the vocabulary and control symbols give nothing;
 * byte pieces that make no valid UTF-8 become U+FFFD. "" where the budget is spent. */
char *ssmt_tokenizer_decode (
    const SsmtTokenizer *tokenizer, const gint32 *ids, gsize n, SsmtBudget *budget);

/* The id of the piece with exactly this name, a control symbol's too; -1: there is none. */
gint32 ssmt_tokenizer_find_piece (const SsmtTokenizer *tokenizer, const char *name);

/* The piece with this id where a vocabulary names it (ssmt_tokenizer_load_renumbered()); else NULL. */
const char *ssmt_tokenizer_get_named_piece (const SsmtTokenizer *tokenizer, guint32 id);

/* For people: "SentencePiece unigram, 8000 pieces, byte fallback" */
char *ssmt_tokenizer_describe (const SsmtTokenizer *tokenizer);

/* Whether two arrays of gint32 are the same tokens. */
static inline gboolean
ssmt_tokens_equal (const GArray *a, const GArray *b)
{
  return a->len == b->len
      && (a->len == 0 || memcmp (a->data, b->data, a->len * sizeof (gint32)) == 0);
}

G_END_DECLS

#endif /* SSMT_TOKENIZER_H */
