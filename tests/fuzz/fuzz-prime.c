/* ssmtranslate tests: files of examples from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first byte is the model, the rest the file. What is read is where documents begin.
 */
#include <string.h>

#include "data.h"
#include "fuzz.h"

/* More than a model remembers: the file is never one that it has seen at the same moment. */
#define N_NAMES 16

static const char *const names[] = { "tiny-encdec", "tiny-decoder", "checkpoints/jamba" };

static void
use (SsmtModel *model, SsmtState *state)
{
  g_autoptr (SsmtStream) stream = fuzz_data_stream (model, 1, NULL);
  char *first = NULL;

  g_assert_true (ssmt_stream_set_start (stream, state, NULL));
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (SsmtTranslation) translation =
        ssmt_stream_translate (stream, "Is he at home?", SSMT_TRANSLATE_NONE, NULL, &error);

    g_assert_true ((translation == NULL) == (error != NULL));
    if (translation != NULL && i == 0)
      first = g_strdup (ssmt_translation_get_text (translation));
    else if (translation != NULL)
      g_assert_cmpstr (ssmt_translation_get_text (translation), ==, first);
    ssmt_stream_reset (stream);
  }
  g_free (first);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static SsmtModel *models[G_N_ELEMENTS (names)];
  static guint n_runs;
  g_autofree char *name = g_strdup_printf ("prime-%u.tsv", n_runs++ % N_NAMES), *path = NULL;
  g_autoptr (SsmtState) state = NULL;
  g_autoptr (GError) error = NULL;
  guint n;

  if (size < 1)
    return 0;
  n = data[0] % G_N_ELEMENTS (names);
  if (models[n] == NULL)
    models[n] = fuzz_data_load (names[n]);
  path = fuzz_data_write (name, data + 1, size - 1);
  state = ssmt_model_prime (models[n], path, NULL, &error);
  g_assert_true ((state == NULL) == (error != NULL));
  g_assert_true (error == NULL || g_utf8_validate (error->message, -1, NULL));
  if (state != NULL)
    use (models[n], state);
  return 0;
}
