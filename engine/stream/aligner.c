/* ssmtranslate: which words translate which
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Scores come by token and piece; they are summed over the tokens of a source word and
 * averaged over those of a target word. Where words begin is found by decoding
 * ever longer beginnings, which holds for every kind of tokenizer.
 */
#include "engine/stream/aligner.h"

#include <string.h>

typedef struct {
  guint row, column; /* of the whole */
  float score;
} Entry;

struct _SsmtAligner {
  const SsmtTokenizer *source, *target;
  guint n_target, n_source; /* words so far */
  GArray *entries;          /* of Entry */
};

/* --- words --------------------------------------------------------------- */

guint *
ssmt_aligner_find_words (const SsmtTokenizer *tokenizer, const GArray *tokens)
{
  guint *words = g_new (guint, tokens->len + 1);

  for (guint i = 0; i < tokens->len; i++) {
    g_autofree char *text = ssmt_tokenizer_decode (tokenizer, (const gint32 *) tokens->data, i + 1);
    guint n = ssmt_text_count_words (text);

    words[i] = n > 0 ? n - 1 : 0;
  }
  return words;
}

gint
ssmt_aligner_find_best (const float *row, const guint *source_words, guint n_columns)
{
  gint best = -1;
  float best_sum = 0.0f;

  for (guint j = 0; j < n_columns;) {
    guint word = source_words[j];
    float sum = 0.0f;

    for (; j < n_columns && source_words[j] == word; j++)
      sum += row[j];
    if (sum > best_sum) {
      best_sum = sum;
      best = word;
    }
  }
  return best;
}

/* --- life ---------------------------------------------------------------- */

SsmtAligner *
ssmt_aligner_new (const SsmtTokenizer *source, const SsmtTokenizer *target)
{
  SsmtAligner *aligner = g_new0 (SsmtAligner, 1);

  aligner->source = source;
  aligner->target = target;
  aligner->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  return aligner;
}

void
ssmt_aligner_free (SsmtAligner *aligner)
{
  if (aligner == NULL)
    return;
  g_array_unref (aligner->entries);
  g_free (aligner);
}

/* --- adding up ----------------------------------------------------------- */

void
ssmt_aligner_add (SsmtAligner *aligner, SsmtJoints joints, const char *piece,
    const char *translation, const GArray *source, const GArray *target, const float *scores,
    guint memory_rows)
{
  g_autofree guint *rows = ssmt_aligner_find_words (aligner->target, target);
  g_autofree guint *columns = ssmt_aligner_find_words (aligner->source, source);
  guint n_columns = MIN (source->len, memory_rows);

  aligner->n_target -= joints.target && aligner->n_target > 0;
  aligner->n_source -= joints.source && aligner->n_source > 0;
  for (guint i = 0; scores != NULL && i < target->len; i++) {
    for (guint j = 0; j < n_columns; j++) {
      Entry entry = { aligner->n_target + rows[i], aligner->n_source + columns[j],
        scores[(gsize) i * memory_rows + j] };

      g_array_append_val (aligner->entries, entry);
    }
  }
  aligner->n_target += ssmt_text_count_words (translation);
  aligner->n_source += ssmt_text_count_words (piece);
}

/* Rows sum to 1, the largest of a row is its word. */
static void
alignment_finish_row (SsmtAlignment *alignment, guint row)
{
  float *scores = alignment->scores + (gsize) row * alignment->n_source;
  float sum = 0.0f;
  gint best = -1;

  for (guint j = 0; j < alignment->n_source; j++) {
    sum += scores[j];
    if (scores[j] > (best < 0 ? 0.0f : scores[best]))
      best = j;
  }
  for (guint j = 0; sum > 0.0f && j < alignment->n_source; j++)
    scores[j] /= sum;
  alignment->source_word[row] = best;
}

static SsmtRange *
find_words (const char *text, guint *n)
{
  GArray *words = g_array_new (FALSE, FALSE, sizeof (SsmtRange));

  for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (text, &word);)
    g_array_append_val (words, word);
  *n = words->len;
  return (SsmtRange *) g_array_free (words, FALSE);
}

SsmtAlignment *
ssmt_aligner_finish (SsmtAligner *aligner, const char *text, const char *translation)
{
  SsmtAlignment *alignment = g_new0 (SsmtAlignment, 1);

  alignment->target = find_words (translation, &alignment->n_target);
  alignment->source = find_words (text, &alignment->n_source);
  alignment->source_word = g_new (gint, alignment->n_target + 1);
  alignment->scores = g_new0 (gfloat, (gsize) alignment->n_target * alignment->n_source + 1);
  for (guint i = 0; i < aligner->entries->len; i++) {
    const Entry *entry = &g_array_index (aligner->entries, Entry, i);

    /* normalisation can make or join words */
    if (entry->row < alignment->n_target && entry->column < alignment->n_source)
      alignment->scores[(gsize) entry->row * alignment->n_source + entry->column] += entry->score;
  }
  for (guint i = 0; i < alignment->n_target; i++)
    alignment_finish_row (alignment, i);
  return alignment;
}
