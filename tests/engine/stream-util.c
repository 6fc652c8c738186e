/* ssmtranslate: what the tests of streams share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "stream-util.h"

#include <string.h>

#include "test-util.h"

static const char *const stream_models[] = { "tiny-decoder", "tiny-encdec", "tiny-decoder-all",
  "tiny-encdec-all" };

/* No weight of an attention layer knows of its window. */
static SsmtModel *
load_without_window (const char *name)
{
  static const char *const files[] = { "model.safetensors", "tokenizer.spm" };
  g_autofree char *base = g_strndup (name, strlen (name) - strlen ("-all"));
  g_autofree char *from = test_data (base);
  g_autofree char *from_config = g_build_filename (from, "config.json", NULL);
  g_autoptr (GBytes) json = test_file_read (from_config);
  g_autofree char *text = g_strndup (g_bytes_get_data (json, NULL), g_bytes_get_size (json));
  const char *window = strstr (text, "\"window\": ");
  g_autofree char *value = g_strndup (window, strcspn (window, ","));
  g_autofree char *open = test_replace (text, value, "\"window\": 0");
  g_autofree char *changed = test_replace (
      open, "\"model_type\": \"ssmt\",", "\"model_type\": \"ssmt\", \"max_context\": 100000,");
  char *folder = test_folder_new ();
  GError *error = NULL;
  SsmtModel *model;

  g_free (test_file_write (folder, "config.json", changed, strlen (changed)));
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (from, files[i], NULL);
    g_autoptr (GBytes) content = test_file_read (path);

    g_free (test_file_write (
        folder, files[i], g_bytes_get_data (content, NULL), g_bytes_get_size (content)));
  }
  model = ssmt_model_load (folder, g_getenv ("SSMT_TEST_DEVICE"), 1, &error);
  g_assert_no_error (error);
  test_folder_remove (folder);
  return model;
}

SsmtModel *
stream_model_load (const char *name)
{
  if (g_str_has_suffix (name, "-all"))
    return load_without_window (name);

  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", name, NULL);
  GError *error = NULL;
  SsmtModel *model = ssmt_model_load (path, g_getenv ("SSMT_TEST_DEVICE"), 1, &error);

  g_assert_no_error (error);
  g_assert_nonnull (model);
  return model;
}

SsmtStream *
stream_with (SsmtModel *model, SsmtContext context, guint beam_size)
{
  GError *error = NULL;
  SsmtStreamParams params;
  SsmtStream *stream;

  ssmt_stream_params_init (&params);
  params.context = context;
  params.beam_size = beam_size;
  params.guard = FALSE;
  stream = ssmt_stream_new (model, &params, &error);
  g_assert_no_error (error);
  return stream;
}

SsmtStream *
stream_new (SsmtModel *model)
{
  return stream_with (model, SSMT_CONTEXT_DOCUMENT, 1);
}

char *
stream_line (guint n)
{
  static const char *const words[] = { "the", "river", "carries", "old", "wood", "down", "to", "a",
    "mill", "nobody", "has", "seen", "since", "Anna", "sold", "it", "für", "zwölf", "Mark", "42" };
  GString *text = g_string_new (NULL);
  guint count = 2 + n * 7 % 9;

  for (guint i = 0; i < count; i++)
    g_string_append_printf (
        text, "%s%s", i > 0 ? " " : "", words[(n * 13 + i * i + i * n) % G_N_ELEMENTS (words)]);
  g_string_append_c (text, n % 3 > 0 ? '.' : '?');
  return g_string_free (text, FALSE);
}

char *
stream_translate (SsmtStream *stream, const char *text)
{
  GError *error = NULL;
  g_autoptr (SsmtTranslation) translation =
      ssmt_stream_translate (stream, text, SSMT_TRANSLATE_NONE, NULL, &error);
  const char *out;

  g_assert_no_error (error);
  g_assert_nonnull (translation);
  out = ssmt_translation_get_text (translation);
  g_assert_true (g_utf8_validate (out, -1, NULL));
  return g_strdup (out);
}

char *
stream_translate_lines (SsmtStream *stream, guint from, guint to)
{
  GString *all = g_string_new (NULL);

  for (guint i = from; i < to; i++) {
    g_autofree char *text = stream_line (i), *out = stream_translate (stream, text);
    g_string_append_printf (all, "%s\n", out);
  }
  return g_string_free (all, FALSE);
}

GBytes *
stream_save (SsmtStream *stream)
{
  GError *error = NULL;
  g_autoptr (SsmtState) state = ssmt_stream_get_state (stream, &error);
  GBytes *saved;

  g_assert_no_error (error);
  saved = ssmt_state_to_bytes (state, &error);
  g_assert_no_error (error);
  return saved;
}

gboolean
stream_restore (SsmtStream *stream, GBytes *saved, GError **error)
{
  g_autoptr (SsmtState) state =
      ssmt_state_new_from_bytes (ssmt_stream_get_model (stream), saved, error);

  return state != NULL && ssmt_stream_set_state (stream, state, error);
}

SsmtStream *
stream_fork (SsmtStream *stream, guint beam_size)
{
  g_autoptr (SsmtState) state = ssmt_stream_get_state (stream, NULL);
  SsmtStream *fork = stream_with (ssmt_stream_get_model (stream), SSMT_CONTEXT_DOCUMENT, beam_size);
  GError *error = NULL;

  g_assert_true (ssmt_stream_set_state (fork, state, &error));
  g_assert_no_error (error);
  return fork;
}

void
stream_assert_state (SsmtStream *stream, GBytes *expected)
{
  g_autoptr (GBytes) now = stream_save (stream);

  g_assert_true (g_bytes_equal (now, expected));
}

void
stream_add_test (const char *name, GTestDataFunc func)
{
  for (guint i = 0; i < G_N_ELEMENTS (stream_models); i++) {
    g_autofree char *path = g_strdup_printf ("/stream/%s/%s", stream_models[i], name);
    g_test_add_data_func_full (path, stream_model_load (stream_models[i]), func, g_object_unref);
  }
}
