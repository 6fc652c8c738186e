/* ssmtranslate: which words translate which
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/aligner.h"
#include "engine/stream/model-private.h"
#include "stream-util.h"

#include <string.h>

#define MODEL ((SsmtModel *) data)

static guint
count_words (const char *text)
{
  g_auto (GStrv) words = g_strsplit_set (text, " \n\t", -1);
  guint n = 0;

  for (guint i = 0; words[i]; i++)
    n += words[i][0] != '\0';
  return n;
}

/* Each range is a word of ASCII's, and they come in order. */
static void
assert_words (const char *text, const SsmtRange *words, guint n)
{
  gsize done = 0;

  for (guint i = 0; i < n; i++) {
    g_assert_cmpuint (words[i].start, >=, done);
    g_assert_cmpuint (words[i].end, >, words[i].start);
    g_assert_true (words[i].start == 0 || text[words[i].start - 1] == ' ');
    g_assert_null (memchr (text + words[i].start, ' ', words[i].end - words[i].start));
    done = words[i].end;
    g_assert_true (text[done] == ' ' || text[done] == '\0');
  }
}

/* The same translation and state as without; rows that sum to 1, or to nothing. */
static void
test_same (gconstpointer data)
{
  g_autoptr (SsmtStream) plain = stream_new (MODEL);
  g_autoptr (SsmtStream) aligned = stream_new (MODEL);
  gboolean knows = FALSE;

  for (guint n = 0; n < 20; n++) {
    g_autofree char *line = stream_line (n);
    g_autofree char *expected = stream_translate (plain, line);
    g_autoptr (SsmtAlignment) copy = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (SsmtTranslation) translation =
        ssmt_stream_translate (aligned, line, SSMT_TRANSLATE_ALIGN, NULL, &error);
    const SsmtAlignment *a;
    const char *text;

    g_assert_no_error (error);
    a = ssmt_translation_get_alignment (translation);
    text = ssmt_translation_get_text (translation);
    g_assert_cmpstr (text, ==, expected);
    g_assert_nonnull (a);
    g_assert_cmpuint (a->n_target, ==, count_words (text));
    g_assert_cmpuint (a->n_source, ==, count_words (line));
    assert_words (text, a->target, a->n_target);
    assert_words (line, a->source, a->n_source);
    for (guint i = 0; i < a->n_target; i++) {
      const gfloat *row = a->scores + i * a->n_source;
      gdouble sum = 0;

      for (guint j = 0; j < a->n_source; j++)
        sum += row[j];
      g_assert_cmpint (a->source_word[i], <, (gint) a->n_source);
      if (a->source_word[i] < 0) {
        g_assert_cmpfloat (sum, ==, 0);
        continue;
      }
      knows = TRUE;
      g_assert_cmpfloat_with_epsilon (sum, 1.0, 1e-4);
      for (guint j = 0; j < a->n_source; j++)
        g_assert_cmpfloat (row[j], <=, row[a->source_word[i]]);
    }
    copy = ssmt_alignment_copy (a);
    g_assert_cmpmem (
        copy->scores, a->n_target * a->n_source * 4, a->scores, a->n_target * a->n_source * 4);
  }
  g_autoptr (GBytes) state = stream_save (plain);
  stream_assert_state (aligned, state);
  g_assert_cmpint (knows, ==, ssmt_network_has_encoder (MODEL->network));
}

/* More than one segment of the model. */
static void
test_long (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_with (MODEL, SSMT_CONTEXT_NONE, 3);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (SsmtTranslation) translation = NULL;
  const SsmtAlignment *a;

  for (guint n = 0; n < 40; n++) {
    g_autofree char *line = stream_line (n);

    g_string_append_printf (text, "%s ", line);
  }
  translation = ssmt_stream_translate (stream, text->str, SSMT_TRANSLATE_ALIGN, NULL, NULL);
  g_assert_nonnull (translation);
  a = ssmt_translation_get_alignment (translation);
  g_assert_cmpuint (a->n_source, ==, count_words (text->str));
  g_assert_cmpuint (a->n_target, ==, count_words (ssmt_translation_get_text (translation)));
}

static void
test_nothing (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtTranslation) translation =
      ssmt_stream_translate (stream, "12 - 3", SSMT_TRANSLATE_ALIGN, NULL, NULL);
  const SsmtAlignment *a = ssmt_translation_get_alignment (translation);

  g_assert_cmpstr (ssmt_translation_get_text (translation), ==, "12 - 3");
  g_assert_cmpuint (a->n_target, ==, 3);
  g_assert_cmpint (a->source_word[0], ==, -1);
  g_assert_null (ssmt_stream_translate (stream, "a\377b", SSMT_TRANSLATE_ALIGN, NULL, &error));
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_TEXT);
}

/* Words times words of a long text would take gigabytes: it is translated without. */
static void
test_too_long (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (SsmtTranslation) translation = NULL;

  for (guint n = 0; n < 2100; n++)
    g_string_append (text, "1 ");
  translation = ssmt_stream_translate (stream, text->str, SSMT_TRANSLATE_ALIGN, NULL, NULL);
  g_assert_cmpstr (ssmt_translation_get_text (translation), ==, text->str);
  g_assert_null (ssmt_translation_get_alignment (translation));
}

/* Nor are scores of tokens kept that nobody looks at. */
static void
test_many_scores (gconstpointer data)
{
  const SsmtTokenizers *tokenizers = &MODEL->tokenizers;
  g_autoptr (GArray) ids = g_array_new (FALSE, TRUE, sizeof (gint32));
  g_autofree float *scores = g_new0 (float, 1500 * 1500);
  g_auto (SsmtBudget) budget = { NULL };
  g_autoptr (SsmtAligner) aligner = NULL;

  ssmt_budget_init (&budget, 0, NULL);
  aligner = ssmt_aligner_new (tokenizers->source, tokenizers->target, &budget);
  g_array_set_size (ids, 1500);
  for (guint piece = 0; piece < 2; piece++)
    ssmt_aligner_add_whole (aligner, "a", "a", ids, ids, scores, 1500);
  g_assert_null (ssmt_aligner_finish (aligner, "a", "a", "a"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  stream_add_test ("alignment/same", test_same);
  stream_add_test ("alignment/long", test_long);
  stream_add_test ("alignment/nothing", test_nothing);
  stream_add_test ("alignment/too-long", test_too_long);
  stream_add_test ("alignment/many-scores", test_many_scores);
  return g_test_run ();
}
