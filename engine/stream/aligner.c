/* ssmtranslate: which words translate which
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Scores come by token and piece; they are summed over the tokens of a source word and
 * averaged over those of a target word. Where words begin is found by decoding
 * ever longer beginnings, which holds for every kind of tokenizer.
 */
#include "engine/stream/aligner.h"

#include <string.h>

/* Scores of tokens, or of words, that are kept: their number grows with the square of the text. */
#define MAX_SCORES (4 << 20)

typedef struct {
  gsize target, source; /* where the words begin, in bytes of the whole texts */
  float score;
} Entry;

struct _SsmtAligner {
  const SsmtTokenizer *source, *target;
  SsmtBudget *budget;
  GArray *entries; /* of Entry */
  gboolean is_too_long;
};

/* --- words --------------------------------------------------------------- */

guint *
ssmt_aligner_find_words (const SsmtTokenizer *tokenizer, const GArray *tokens, SsmtBudget *budget)
{
  guint *words = g_new (guint, tokens->len + 1);

  for (guint i = 0; i < tokens->len; i++) {
    g_autofree char *text =
        ssmt_tokenizer_decode (tokenizer, (const gint32 *) tokens->data, i + 1, budget);
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
ssmt_aligner_new (const SsmtTokenizer *source, const SsmtTokenizer *target, SsmtBudget *budget)
{
  SsmtAligner *aligner = g_new0 (SsmtAligner, 1);

  aligner->source = source;
  aligner->target = target;
  aligner->budget = budget;
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
ssmt_aligner_add (SsmtAligner *aligner, const SsmtAlignerPiece *piece, const GArray *source,
    const GArray *target, const float *scores, guint memory_rows)
{
  guint n_columns = MIN (source->len, memory_rows);
  g_autofree guint *rows = NULL, *columns = NULL;

  aligner->is_too_long |= (guint64) target->len * n_columns + aligner->entries->len > MAX_SCORES;
  if (scores == NULL || aligner->is_too_long)
    return;
  rows = ssmt_aligner_find_words (aligner->target, target, aligner->budget);
  columns = ssmt_aligner_find_words (aligner->source, source, aligner->budget);
  for (guint i = 0; i < target->len; i++) {
    for (guint j = 0; j < n_columns; j++) {
      Entry entry = { 0, 0, scores[(gsize) i * memory_rows + j] };

      /* normalisation can make or join words */
      if (rows[i] >= piece->n_target || columns[j] >= piece->n_source)
        continue;
      entry.target = piece->target_at[rows[i]];
      entry.source = piece->source_at[columns[j]];
      g_array_append_val (aligner->entries, entry);
    }
  }
}

gsize *
ssmt_aligner_find_starts (const char *text, gsize offset, guint *n)
{
  GArray *starts = g_array_new (FALSE, FALSE, sizeof (gsize));

  for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (text, &word);) {
    gsize start = offset + word.start;

    g_array_append_val (starts, start);
  }
  *n = starts->len;
  return (gsize *) g_array_free (starts, FALSE);
}

void
ssmt_aligner_add_whole (SsmtAligner *aligner, const char *piece, const char *translation,
    const GArray *source, const GArray *target, const float *scores, guint memory_rows)
{
  guint n_source, n_target;
  g_autofree gsize *source_at = ssmt_aligner_find_starts (piece, 0, &n_source);
  g_autofree gsize *target_at = ssmt_aligner_find_starts (translation, 0, &n_target);

  ssmt_aligner_add (aligner, &(SsmtAlignerPiece){ source_at, target_at, n_source, n_target },
      source, target, scores, memory_rows);
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

/* The last word that begins at or before `place`; -1: none does. */
static gint
find_word_at (const SsmtRange *words, guint n, gsize place)
{
  guint low = 0, high = n;

  while (low < high) {
    guint middle = (low + high) / 2;

    if (words[middle].start <= place)
      low = middle + 1;
    else
      high = middle;
  }
  return (gint) low - 1;
}

SsmtAlignment *
ssmt_aligner_finish (
    SsmtAligner *aligner, const char *plain, const char *text, const char *translation)
{
  g_autofree SsmtRange *places = NULL, *target = NULL, *source = NULL;
  SsmtAlignment *alignment;
  guint n_places, n_target, n_source;

  if (aligner->is_too_long || !ssmt_budget_check (aligner->budget, NULL))
    return NULL;
  /* the n-th word of the one is the n-th of the other */
  places = find_words (plain, &n_places);
  target = find_words (translation, &n_target);
  source = find_words (text, &n_source);
  if ((guint64) n_target * n_source > MAX_SCORES)
    return NULL;
  alignment = g_new0 (SsmtAlignment, 1);
  alignment->target = g_steal_pointer (&target);
  alignment->source = g_steal_pointer (&source);
  alignment->n_target = n_target;
  alignment->n_source = n_source;
  alignment->source_word = g_new (gint, alignment->n_target + 1);
  alignment->scores = g_new0 (gfloat, (gsize) alignment->n_target * alignment->n_source + 1);
  for (guint i = 0; i < aligner->entries->len; i++) {
    const Entry *entry = &g_array_index (aligner->entries, Entry, i);
    gint row = find_word_at (alignment->target, alignment->n_target, entry->target);
    gint column = find_word_at (places, n_places, entry->source);

    if (row >= 0 && column >= 0 && (guint) column < alignment->n_source)
      alignment->scores[(gsize) row * alignment->n_source + column] += entry->score;
  }
  for (guint i = 0; i < alignment->n_target; i++)
    alignment_finish_row (alignment, i);
  return alignment;
}
