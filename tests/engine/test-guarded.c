/* ssmtranslate: streams with the guard
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "stream-util.h"

/* Numbers that a tiny model loses: it is searched again, or copied. */
static const char *const texts[] = { "Anna sold 42.", "the old mill.", "42 Mark.", "nobody has 12.",
  "Mark 42 und 42.", "a river", "LEO: Anna sold it.", "down to 42" };

static SsmtStream *
new_guarded (SsmtModel *model, guint beam_size)
{
  SsmtStream *stream = stream_with (model, SSMT_CONTEXT_DOCUMENT, beam_size);
  SsmtStreamParams params;

  ssmt_stream_params_init (&params);
  params.beam_size = beam_size;
  g_assert_true (ssmt_stream_set_params (stream, &params, NULL));
  return stream;
}

static SsmtTranslation *
translate (SsmtStream *stream, const char *text, SsmtTranslateFlags flags)
{
  GError *error = NULL;
  SsmtTranslation *translation = ssmt_stream_translate (stream, text, flags, NULL, &error);

  g_assert_no_error (error);
  return translation;
}

/* What was mended leaves the state that reading it leaves: another stream that takes the same tokens comes to
 * the same place. */
static void
test_state (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = new_guarded ((SsmtModel *) data, 1);
  guint n_mended = 0, n_copied = 0;

  for (guint i = 0; i < 3 * G_N_ELEMENTS (texts); i++) {
    g_autoptr (SsmtStream) other = stream_fork (stream, 1);
    g_autoptr (SsmtTranslation) first =
        translate (stream, texts[i % G_N_ELEMENTS (texts)], SSMT_TRANSLATE_ALTERNATIVES);
    g_autoptr (SsmtTranslation) taken = NULL;
    g_autoptr (GBytes) saved = stream_save (stream);
    GError *error = NULL;

    n_copied += ssmt_translation_get_copied (first) != 0;
    if (ssmt_translation_get_mended (first) == 0
        || ssmt_translation_get_n_alternatives (first) == 0)
      continue;
    n_mended++;
    g_assert_cmpstr (ssmt_translation_get_alternative (first, 0, NULL, NULL), ==,
        ssmt_translation_get_text (first));
    taken = ssmt_stream_take_alternative (other, first, 0, SSMT_TRANSLATE_NONE, NULL, &error);
    g_assert_no_error (error);
    stream_assert_state (other, saved);
  }
  g_test_message ("%u mended, %u copied", n_mended, n_copied);
  g_assert_cmpuint (n_mended + n_copied, >, 0);
}

/* Where a number is in the text it is in what comes out, whatever the model says. */
static void
test_numbers (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = new_guarded ((SsmtModel *) data, 1);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *out = stream_translate (stream, texts[i]);

    g_assert_true ((strstr (texts[i], "42") != NULL) == (strstr (out, "42") != NULL));
    g_assert_true (g_str_has_prefix (out, "LEO: ") == g_str_has_prefix (texts[i], "LEO: "));
  }
}

/* Alternatives have the label, too. */
static void
test_alternatives (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = new_guarded ((SsmtModel *) data, 4);
  g_autoptr (SsmtTranslation) all =
      translate (stream, "LEO: the old mill.", SSMT_TRANSLATE_ALTERNATIVES);

  for (guint i = 0; i < ssmt_translation_get_n_alternatives (all); i++)
    g_assert_true (
        g_str_has_prefix (ssmt_translation_get_alternative (all, i, NULL, NULL), "LEO: "));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  stream_add_test ("guarded-state", test_state);
  stream_add_test ("guarded-numbers", test_numbers);
  stream_add_test ("guarded-alternatives", test_alternatives);
  return g_test_run ();
}
