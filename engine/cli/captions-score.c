/* ssmt captions: what is measured of growing lines
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Normalised erasure: Arivazhagan et al. 2020, arXiv 2004.03643, section 3.
 * LAAL, length-adaptive average lagging: Papi et al. 2022, arXiv 2206.05807,
 * equation 4. The delay of a word is counted in source words, not in seconds.
 */
#include "engine/cli/captions-score.h"

#include <stdio.h>
#include <string.h>

#include "engine/stream/model-private.h"
#include "engine/tokens/tokenizer.h"

struct _CaptionsScore {
  /* of the line */
  GString *line;
  char **shown;
  GArray *delays; /* of guint: source words read, a target word */

  /* of the text */
  guint64 n_lines, n_erased, n_words, n_tokens, n_computed;
  double lag;
  GArray *times; /* of gint64, microseconds */
};

CaptionsScore *
captions_score_new (void)
{
  CaptionsScore *score = g_new0 (CaptionsScore, 1);

  score->line = g_string_new (NULL);
  score->delays = g_array_new (FALSE, FALSE, sizeof (guint));
  score->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  return score;
}

void
captions_score_free (CaptionsScore *score)
{
  g_string_free (score->line, TRUE);
  g_strfreev (score->shown);
  g_array_unref (score->delays);
  g_array_unref (score->times);
  g_free (score);
}

char **
captions_split (const char *text)
{
  GPtrArray *words = g_ptr_array_new ();

  for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (text, &word);)
    g_ptr_array_add (words, g_strndup (text + word.start, word.end - word.start));
  g_ptr_array_add (words, NULL);
  return (char **) g_ptr_array_free (words, FALSE);
}

void
captions_score_begin_line (CaptionsScore *score)
{
  g_string_truncate (score->line, 0);
  g_clear_pointer (&score->shown, g_strfreev);
  g_array_set_size (score->delays, 0);
}

const char *
captions_score_get_line (CaptionsScore *score)
{
  return score->line->str;
}

static guint
count_common (char **a, char **b)
{
  guint n = 0;

  while (a && a[n] && b[n] && strcmp (a[n], b[n]) == 0)
    n++;
  return n;
}

void
captions_score_revision (CaptionsScore *score, guint n_read, const char *committed,
    const char *tail, gint64 microseconds)
{
  g_auto (GStrv) words = captions_split (committed);
  g_autofree char *text = NULL;
  char **shown;

  for (guint i = 0; words[i]; i++) {
    g_string_append_printf (score->line, "%s%s", score->line->len ? " " : "", words[i]);
    g_array_append_val (score->delays, n_read);
  }
  text = g_strconcat (score->line->str, " ", tail, NULL);
  shown = captions_split (text);
  if (score->shown)
    score->n_erased += g_strv_length (score->shown) - count_common (score->shown, shown);
  g_strfreev (score->shown);
  score->shown = shown;
  g_array_append_val (score->times, microseconds);
}

void
captions_score_end_line (CaptionsScore *score, guint n_source, const char *reference)
{
  guint length = score->delays->len, n = 0;
  double target = length, lag = 0;

  if (reference) {
    g_auto (GStrv) words = captions_split (reference);

    target = MAX (target, g_strv_length (words));
  }
  score->n_words += length;
  if (length == 0 || n_source == 0)
    return;
  /* Up to the first word that was said with the whole source read. */
  do {
    lag += g_array_index (score->delays, guint, n) - n * (n_source / target);
  } while (g_array_index (score->delays, guint, n++) < n_source && n < length);
  score->lag += lag / n;
  score->n_lines++;
}

gboolean
captions_score_count (
    CaptionsScore *score, SsmtModel *model, guint64 n_computed, const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));

  for (guint i = 0; lines[i]; i++)
    if (!ssmt_tokenizer_encode (model->tokenizers.target, lines[i], -1, ids, NULL, error))
      return FALSE;
  score->n_tokens = ids->len;
  score->n_computed = n_computed;
  return TRUE;
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

static double
find_percentile (GArray *times, double part)
{
  if (times->len == 0)
    return 0;
  g_array_sort (times, compare_times);
  return g_array_index (times, gint64, (guint) (part * (times->len - 1))) / 1e3;
}

static double
divide (double a, double b)
{
  return b > 0 ? a / b : 0;
}

void
captions_score_print_head (gboolean with_reference)
{
  printf ("%-16s %6s %10s %6s %6s %9s %8s %8s\n", "policy", "lines", "revisions", "NE",
      with_reference ? "LAAL" : "AL", "computed", "ms", "ms p95");
}

void
captions_score_print (CaptionsScore *score, const char *name)
{
  printf ("%-16s %6" G_GUINT64_FORMAT " %10u %6.2f %6.2f %9.2f %8.1f %8.1f\n", name, score->n_lines,
      score->times->len, divide (score->n_erased, score->n_words),
      divide (score->lag, score->n_lines), divide (score->n_computed, score->n_tokens),
      find_percentile (score->times, 0.5), find_percentile (score->times, 0.95));
}
