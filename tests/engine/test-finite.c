/* ssmtranslate tests: a model that computes what is no number
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "ssmt/ssmt.h"
#include "test-util.h"

/* Matrices of F16, which are not looked at when they are loaded, full of one value. */
static const struct {
  const char *name, *tensor;
  guint16 value;
} cases[] = {
  { "nan", "encoder.layers.0.mixer.out_proj.weight", 0x7e00 },
  { "infinite", "backbone.layers.2.mixer.down_proj.weight", 0x7c00 },
  { "nan-logits", "lm_head.weight", 0x7e00 },
};

static SsmtModel *
load_with (const char *tensor, guint16 value)
{
  static const char *const files[] = { "config.json", "tokenizer.spm" };
  g_autofree char *from = test_data ("tiny-encdec");
  g_autofree char *weights = g_build_filename (from, "model.safetensors", NULL);
  g_autoptr (GPtrArray) tensors = test_tensors_read (weights);
  TestTensor *found = test_tensors_find (tensors, tensor);
  g_autoptr (GBytes) changed = NULL;
  g_autoptr (GError) error = NULL;
  char *folder = test_folder_new ();
  SsmtModel *loaded;
  gsize length;
  guint16 *values = g_bytes_unref_to_data (found->data, &length);

  g_assert_cmpstr (found->dtype, ==, "F16");
  for (gsize i = 0; i < length / sizeof *values; i++)
    values[i] = value;
  found->data = g_bytes_new_take (values, length);
  changed = test_tensors_write (tensors, 0);
  g_free (test_file_write (
      folder, "model.safetensors", g_bytes_get_data (changed, NULL), g_bytes_get_size (changed)));
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (from, files[i], NULL);
    g_autoptr (GBytes) content = test_file_read (path);

    g_free (test_file_write (
        folder, files[i], g_bytes_get_data (content, NULL), g_bytes_get_size (content)));
  }
  loaded = ssmt_model_load (folder, "cpu", 1, &error);
  g_assert_no_error (error);
  test_folder_remove (folder);
  return loaded;
}

/* Nothing that was chosen by such values comes out, and the document is where it was. */
static void
test_case (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (SsmtModel) model = load_with (cases[i].tensor, cases[i].value);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtStream) stream = ssmt_stream_new (model, NULL, &error);
  double logp;

  g_assert_no_error (error);
  for (guint beam = 1; beam <= 2; beam++) {
    SsmtStreamParams params;

    ssmt_stream_params_init (&params);
    params.beam_size = beam;
    g_assert_true (ssmt_stream_set_params (stream, &params, &error));
    g_assert_null (ssmt_stream_translate (stream, "the river", SSMT_TRANSLATE_NONE, NULL, &error));
    test_expect_error (&error, SSMT_ERROR_NOT_FINITE, "infinite|no numbers");
    g_assert_cmpuint (ssmt_stream_get_n_segments (stream), ==, 0);
  }
  g_assert_false (ssmt_stream_score (stream, "the river", "der Fluss", &logp, NULL, NULL, &error));
  test_expect_error (&error, SSMT_ERROR_NOT_FINITE, "no numbers");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/finite/%s", cases[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_case);
  }
  return g_test_run ();
}
