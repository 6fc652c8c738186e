/* ssmtranslate tests: folders whose weights are good and whose configuration is from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first byte is the folder, the rest its config.json, ssmt.json and generation_config.json, a NUL between; one that
 * is empty is as it was.
 */
#include <string.h>
#include <unistd.h>

#include "data.h"
#include "fuzz.h"

static const char *const names[] = { "tiny-decoder", "tiny-encdec", "checkpoints/mamba-ssm-2",
  "checkpoints/bamba", "checkpoints/jamba", "checkpoints/fla-hybrid",
  "checkpoints/fla-gated-deltanet", "checkpoints/mamba", "checkpoints/mamba2",
  "checkpoints/falcon-mamba", "checkpoints/fla-retnet", "marian/transformers" };

static const char *const files[] = { "config.json", "ssmt.json", "generation_config.json" };

static void
put_link (const char *from, const char *to)
{
  if (symlink (from, to) != 0 && errno != EEXIST)
    g_error ("%s: %s", to, g_strerror (errno));
}

/* A folder with links to all files of the one that is meant. */
static char *
make_folder (const char *source)
{
  char *path = g_build_filename (fuzz_data_folder (), "model-XXXXXX", NULL);
  g_autoptr (GDir) dir = g_dir_open (source, 0, NULL);
  const char *name;

  if (dir == NULL || g_mkdtemp (path) == NULL)
    g_error ("%s: no folder", source);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *from = g_build_filename (source, name, NULL);
    g_autofree char *to = g_build_filename (path, name, NULL);

    put_link (from, to);
  }
  return path;
}

static void
replace (const char *source, const char *folder, const char *name, const char *data, gsize length)
{
  g_autofree char *to = g_build_filename (folder, name, NULL);
  g_autofree char *from = g_build_filename (source, name, NULL);

  unlink (to);
  if (length > 0)
    g_file_set_contents_full (to, data, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
  else if (g_file_test (from, G_FILE_TEST_EXISTS))
    put_link (from, to);
}

static void
use (SsmtModel *model)
{
  g_autofree char *described = ssmt_model_describe (model);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtStream) stream = fuzz_data_stream (model, 2, &error);

  g_assert_true (g_utf8_validate (described, -1, NULL));
  g_assert_true ((stream == NULL) == (error != NULL));
  for (guint i = 0; stream != NULL && i < 2; i++) {
    g_autoptr (GError) why = NULL;
    g_autoptr (SsmtTranslation) translation =
        ssmt_stream_translate (stream, "Is he at home?", SSMT_TRANSLATE_ALIGN, NULL, &why);

    g_assert_true ((translation == NULL) == (why != NULL));
    g_assert_true (
        !translation || g_utf8_validate (ssmt_translation_get_text (translation), -1, NULL));
  }
}

/* What is said of a folder whose weights nobody looks at. */
static void
look (const char *folder)
{
  g_autoptr (SsmtModelInfo) info = ssmt_model_info_new (folder, NULL);
  const char *texts[] = { ssmt_model_info_get_source_language (info),
    ssmt_model_info_get_target_language (info), ssmt_model_info_get_kind (info),
    ssmt_model_info_get_license (info), ssmt_model_info_get_quality (info),
    ssmt_model_info_get_problem (info) };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_true (texts[i] == NULL || g_utf8_validate (texts[i], -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static char *sources[G_N_ELEMENTS (names)], *folders[G_N_ELEMENTS (names)];
  const char *at = (const char *) data + 1, *end = (const char *) data + size;
  g_autoptr (SsmtModel) model = NULL;
  g_autoptr (GError) error = NULL;
  guint n;

  if (size < 1)
    return 0;
  n = data[0] % G_N_ELEMENTS (names);
  if (folders[n] == NULL) {
    sources[n] = fuzz_data_path (names[n]);
    folders[n] = make_folder (sources[n]);
  }
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    gboolean is_last = i + 1 == G_N_ELEMENTS (files);
    const char *nul = at < end && !is_last ? memchr (at, '\0', (gsize) (end - at)) : NULL;
    const char *stop = nul != NULL ? nul : end;

    replace (sources[n], folders[n], files[i], at, (gsize) (stop - at));
    at = nul != NULL ? nul + 1 : end;
  }
  look (folders[n]);
  model = ssmt_model_load (folders[n], "cpu", 1, &error);
  g_assert_true ((model == NULL) == (error != NULL));
  g_assert_true (error == NULL || g_utf8_validate (error->message, -1, NULL));
  if (model != NULL)
    use (model);
  return 0;
}
