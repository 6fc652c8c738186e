/* ssmtranslate: segments whose text still grows
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/stream-private.h"
#include "stream-util.h"

#include <string.h>

#define MODEL ((SsmtModel *) data)

static void
set_policy (SsmtStream *stream, SsmtPolicy policy)
{
  SsmtStreamParams params;

  ssmt_stream_params_init (&params);
  params.guard = FALSE;
  params.policy = policy;
  g_assert_true (ssmt_stream_set_params (stream, &params, NULL));
}

/* Whether it is the same but for spaces. */
static gboolean
has_same_letters (const char *a, const char *b)
{
  g_auto (GStrv) words_a = g_strsplit (a, " ", -1), words_b = g_strsplit (b, " ", -1);
  g_autofree char *all_a = g_strjoinv ("", words_a), *all_b = g_strjoinv ("", words_b);

  return strcmp (all_a, all_b) == 0;
}

/* Adds what is committed now to `all`; returns the tail. */
static char *
revise (SsmtStream *stream, const char *text, gboolean is_final, SsmtPolicy policy, GString *all)
{
  g_autoptr (SsmtTranslation) translation = NULL;
  const char *committed, *tail;
  GError *error = NULL;

  set_policy (stream, policy);
  translation = ssmt_stream_translate (
      stream, text, is_final ? SSMT_TRANSLATE_NONE : SSMT_TRANSLATE_GROWING, NULL, &error);
  g_assert_no_error (error);
  committed = ssmt_translation_get_committed (translation);
  tail = ssmt_translation_get_tail (translation);
  if (*committed && all->len > 0)
    g_string_append_c (all, ' ');
  g_string_append (all, committed);
  g_assert_true (
      g_str_has_suffix (ssmt_translation_get_text (translation), *tail ? tail : committed));
  if (is_final)
    g_assert_cmpstr (tail, ==, "");
  /* a word that was committed may go on, and nothing of it is lost */
  if (is_final && !has_same_letters (all->str, ssmt_translation_get_text (translation)))
    g_error ("\"%s\" was committed of \"%s\"", all->str, ssmt_translation_get_text (translation));
  return g_strdup (tail);
}

static char *
first_words (const char *line, guint n)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);

  if (n < g_strv_length (words)) {
    for (guint i = n; words[i]; i++)
      g_free (words[i]);
    words[n] = NULL;
  }
  return g_strjoinv (" ", words);
}

/* Policy "final" is a translation, whatever was revised before. */
static void
test_final (gconstpointer data)
{
  g_autoptr (SsmtStream) plain = stream_new (MODEL);
  g_autoptr (SsmtStream) growing = stream_new (MODEL);

  for (guint n = 0; n < 8; n++) {
    g_autofree char *line = stream_line (n);
    g_autofree char *expected = stream_translate (plain, line);
    g_autoptr (GString) all = g_string_new (NULL);
    g_autoptr (GBytes) before = stream_save (growing);

    for (guint w = 1; w < 5; w++) {
      g_autofree char *part = first_words (line, w);

      g_free (revise (growing, part, FALSE, SSMT_POLICY_FINAL, all));
      g_assert_cmpuint (all->len, ==, 0);
    }
    stream_assert_state (growing, before);
    g_free (revise (growing, line, TRUE, SSMT_POLICY_FINAL, all));
    g_assert_cmpstr (all->str, ==, expected);
    g_autoptr (GBytes) after = stream_save (plain);
    stream_assert_state (growing, after);
  }
}

/* Whatever a recogniser thinks of, what is committed stays, and the state is carried on once. */
static void
test_never_revised (gconstpointer data)
{
  for (SsmtPolicy policy = SSMT_POLICY_LOCAL_AGREEMENT; policy <= SSMT_POLICY_ALIGN_ATT; policy++) {
    g_autoptr (SsmtStream) stream = stream_new (MODEL);
    guint n_early = 0;

    for (guint n = 0; n < 15; n++) {
      g_autofree char *line = stream_line (n);
      g_autoptr (GString) all = g_string_new (NULL);
      guint n_updates = g_test_rand_int_range (0, 8);

      for (guint i = 0; i < n_updates; i++) {
        g_autofree char *other = stream_line (g_test_rand_int_range (0, 30));
        g_autofree char *part =
            first_words (g_test_rand_bit () ? line : other, g_test_rand_int_range (1, 9));
        g_autofree char *before = g_strdup (all->str);
        g_autofree char *tail = revise (stream, part, FALSE, policy, all);

        g_assert_true (g_str_has_prefix (all->str, before));
        g_assert_null (strstr (all->str, "  "));
        g_assert_false (g_str_has_prefix (tail, " "));
      }
      n_early += all->len > 0;
      g_free (revise (stream, line, TRUE, policy, all));
      g_assert_cmpuint (ssmt_stream_get_n_segments (stream), ==, n + 1);
    }
    g_test_message ("policy %d: %u of 15 began early", policy, n_early);
  }
}

/* The same text twice costs nothing; history is never read again. */
static void
test_cost (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autofree char *before = stream_translate_lines (stream, 0, 12);
  g_autofree char *line = stream_line (12);
  g_autoptr (GString) all = g_string_new (NULL);
  guint64 n_rows;

  g_free (revise (stream, line, FALSE, SSMT_POLICY_LOCAL_AGREEMENT, all));
  n_rows = stream->n_rows[0] + stream->n_rows[1];
  g_free (revise (stream, line, FALSE, SSMT_POLICY_LOCAL_AGREEMENT, all));
  g_assert_cmpuint (stream->n_rows[0] + stream->n_rows[1], ==, n_rows);
  g_autoptr (SsmtStream) fresh = stream_new (MODEL);
  g_string_truncate (all, 0);
  g_free (revise (fresh, line, TRUE, SSMT_POLICY_FINAL, all));
  g_assert_cmpuint (fresh->n_rows[SSMT_STACK_ENCODER], <, 200);
}

/* An alignment is of the whole text; to ask for one of the same text again commits nothing. */
static void
test_aligned (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autofree char *line = stream_line (5);
  g_autofree char *part = first_words (line, 5);
  g_autoptr (SsmtTranslation) first = NULL, again = NULL, last = NULL;
  const SsmtAlignment *alignment;
  const char *text;

  set_policy (stream, SSMT_POLICY_LOCAL_AGREEMENT);
  first = ssmt_stream_translate (stream, part, SSMT_TRANSLATE_GROWING, NULL, NULL);
  g_assert_null (ssmt_translation_get_alignment (first));
  again = ssmt_stream_translate (
      stream, part, SSMT_TRANSLATE_GROWING | SSMT_TRANSLATE_ALIGN, NULL, NULL);
  text = ssmt_translation_get_text (again);
  g_assert_cmpstr (text, ==, ssmt_translation_get_text (first));
  g_assert_cmpstr (ssmt_translation_get_committed (again), ==, "");
  alignment = ssmt_translation_get_alignment (again);
  g_assert_cmpuint (alignment->n_source, ==, ssmt_text_count_words (part));
  g_assert_cmpuint (alignment->n_target, ==, ssmt_text_count_words (text));

  last = ssmt_stream_translate (stream, line, SSMT_TRANSLATE_ALIGN, NULL, NULL);
  alignment = ssmt_translation_get_alignment (last);
  g_assert_cmpuint (alignment->n_source, ==, ssmt_text_count_words (line));
  g_assert_cmpuint (
      alignment->n_target, ==, ssmt_text_count_words (ssmt_translation_get_text (last)));
}

static void
test_drop (gconstpointer data)
{
  g_autoptr (SsmtStream) plain = stream_new (MODEL);
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (GString) all = g_string_new (NULL);
  g_autoptr (GString) again = g_string_new (NULL);
  g_autofree char *line = stream_line (3);
  g_autofree char *expected = stream_translate (plain, line);

  for (guint w = 1; w < 6; w++) {
    g_autofree char *part = first_words (line, w);

    g_free (revise (stream, part, FALSE, SSMT_POLICY_LOCAL_AGREEMENT, all));
  }
  ssmt_stream_drop_growing (stream);
  g_free (revise (stream, line, TRUE, SSMT_POLICY_FINAL, again));
  g_assert_cmpstr (again->str, ==, expected);
}

/* The text goes away, is nothing, or is cancelled. */
static void
test_odd (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = stream_new (MODEL);
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autoptr (GBytes) before = stream_save (stream);
  g_autoptr (GString) all = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *line = stream_line (2);

  g_free (revise (stream, "...", FALSE, SSMT_POLICY_ALIGN_ATT, all));
  g_free (revise (stream, "", TRUE, SSMT_POLICY_ALIGN_ATT, all));
  g_assert_cmpstr (all->str, ==, "");
  g_cancellable_cancel (cancelled);
  g_assert_null (ssmt_stream_translate (stream, line, SSMT_TRANSLATE_GROWING, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (ssmt_stream_translate (stream, "\377", SSMT_TRANSLATE_GROWING, NULL, &error));
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_TEXT);
  stream_assert_state (stream, before);

  /* said and taken back: nothing is added, the next segment is a new one */
  g_free (revise (stream, line, FALSE, SSMT_POLICY_LOCAL_AGREEMENT, all));
  g_free (revise (stream, line, FALSE, SSMT_POLICY_LOCAL_AGREEMENT, all));
  g_free (revise (stream, "", TRUE, SSMT_POLICY_LOCAL_AGREEMENT, all));
  g_string_truncate (all, 0);
  g_free (revise (stream, line, TRUE, SSMT_POLICY_LOCAL_AGREEMENT, all));
  g_assert_cmpuint (all->len, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  stream_add_test ("growing/final", test_final);
  stream_add_test ("growing/never-revised", test_never_revised);
  stream_add_test ("growing/cost", test_cost);
  stream_add_test ("growing/aligned", test_aligned);
  stream_add_test ("growing/drop", test_drop);
  stream_add_test ("growing/odd", test_odd);
  return g_test_run ();
}
