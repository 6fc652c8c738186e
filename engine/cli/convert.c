/* ssmt convert: a model folder with its matrices in another dtype
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/convert.h"

#include <stdio.h>

#include "engine/cli/cli.h"
#include "engine/cli/stop.h"

typedef struct {
  char *model, *output, *dtype_name, *sample;
  int threads;
  SsmtDType dtype;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->model);
  g_free (options->output);
  g_free (options->dtype_name);
  g_free (options->sample);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse_options (Options *options, int argc, char **argv)
{
  const GOptionEntry entries[] = { { "model", 'm', 0, G_OPTION_ARG_FILENAME, &options->model,
                                       CLI_MODEL_HELP, "MODEL" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output, "Folder to be made, new or empty",
        "DIR" },
    { "dtype", 0, 0, G_OPTION_ARG_STRING, &options->dtype_name,
        "Dtype of the matrices: f32, f16, bf16, i8 or q4", "DTYPE" },
    { "sample", 's', 0, G_OPTION_ARG_FILENAME, &options->sample,
        "Text whose logits are compared, a line a segment (default: some English "
        "lines)",
        "FILE" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &options->threads,
        "Threads (default: physical cores, at most 4)", "N" },
    { NULL } };

  if (!cli_parse (&argc, &argv, "",
          "Writes a model folder anew with its matrices in another dtype; norms, "
          "convolutions,\nbiases and what the recurrence runs on (A_log, D, "
          "dt_bias) become F32, and the\nstate stays F32. Then both models read "
          "a sample text, each carrying its state, and\nthe change of their "
          "logits is printed. The target is what the first model\ntranslates, or "
          "what stands after a tab in a line of --sample.\nA folder of Marian becomes one of this "
          "project's own format, without its shortlist.",
          entries, NULL, 0))
    return FALSE;
  if (!options->output || !options->dtype_name) {
    cli_message (
        "--%s is missing; see \"ssmt convert --help\"", options->output ? "dtype" : "output");
    return FALSE;
  }
  if (!cli_dtype_parse (options->dtype_name, &options->dtype)) {
    cli_message ("--dtype: \"%s\" is not one of f32, f16, bf16, i8, q4", options->dtype_name);
    return FALSE;
  }
  if (options->threads < 0 || options->threads > 1024) {
    cli_message ("--threads must be from 0 to 1024");
    return FALSE;
  }
  return TRUE;
}

/* --- report --------------------------------------------------------------- */

static const SsmtDType dtypes[] = { SSMT_DTYPE_Q4, SSMT_DTYPE_I8, SSMT_DTYPE_BF16, SSMT_DTYPE_F16,
  SSMT_DTYPE_F32 };

static void
print_tensors (const char *title, SsmtTensorSource *tensors)
{
  printf ("%-12s%" G_GUINT64_FORMAT " bytes, %" G_GUINT64_FORMAT " parameters\n", title,
      ssmt_tensor_source_get_bytes (tensors), ssmt_tensor_source_get_n_parameters (tensors));
  for (gsize d = 0; d < G_N_ELEMENTS (dtypes); d++) {
    guint n = 0;
    guint64 values = 0;

    for (guint i = 0; i < ssmt_tensor_source_get_n_tensors (tensors); i++) {
      const SsmtTensor *tensor = ssmt_tensor_source_get_tensor (tensors, i);

      if (tensor->is_scale || tensor->dtype != dtypes[d])
        continue;
      n++;
      values += tensor->matrix ? (guint64) tensor->matrix->rows * tensor->matrix->cols
                               : tensor->n_elements;
    }
    if (n > 0)
      printf ("  %-10s%u tensor%s, %" G_GUINT64_FORMAT " values\n",
          ssmt_tensor_dtype_name (dtypes[d]), n, n == 1 ? "" : "s", values);
  }
}

static void
print_comparison (const Comparison *c)
{
  printf ("sample      %u lines, %" G_GUINT64_FORMAT " target tokens%s%s\n", c->n_lines,
      c->n_tokens, c->own_target ? ", the first model's own translation" : "",
      c->random_source ? " of random tokens (there is no tokenizer)" : "");
  printf ("logits      largest change %.4g (%.3g %% of the range), mean %.4g "
          "(%.3g %%)\n",
      c->largest, 100 * c->largest / c->range, c->mean, 100 * c->mean / c->range);
  printf ("best token  the same for %.2f %%\n", 100 * c->agreement);
  printf ("perplexity  %.4f -> %.4f (%+.2f %%)\n", c->perplexity[0], c->perplexity[1],
      100 * (c->perplexity[1] / c->perplexity[0] - 1));
}

/* --- converting ----------------------------------------------------------- */

static CliNetwork *
open_network (const char *folder, guint threads, GError **error)
{
  SsmtConfig *config = ssmt_config_load (folder, error);

  return config ? cli_network_open (config, folder, NULL, threads, error) : NULL;
}

/* Whether the folder has a configuration that can stay; that of a Marian model is in its weights. */
static gboolean
has_config (const char *input)
{
  g_autofree char *path = g_build_filename (input, "config.json", NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static char *
begin_folder (const Options *options, const char *input, const CliNetwork *before, const char *line,
    GError **error)
{
  g_autofree char *json = NULL, *folder = NULL;
  g_auto (GStrv) files = NULL;

  if (has_config (input) || !before->config->format)
    return convert_folder_begin (input, options->output, NULL, line, error);
  json = convert_config_to_json (before->config, error);
  files = convert_config_list_files (before->config);
  folder = json ? convert_folder_begin (input, options->output, files, line, error) : NULL;
  if (!folder)
    return NULL;
  if (convert_folder_add (folder, "config.json", json, error)) {
    ssmt_tensor_source_keep_names (before->tensors);
    return g_steal_pointer (&folder);
  }
  convert_folder_remove (folder);
  return NULL;
}

static gboolean
write_folder (const Options *options, const char *input, const CliNetwork *before, GError **error)
{
  g_autofree char *line =
      g_strdup_printf ("Converted with `ssmt convert` %s "
                       "from weights in %s: matrices in %s, everything else in F32.",
          SSMT_VERSION, ssmt_tensor_source_get_dtypes (before->tensors),
          ssmt_tensor_dtype_name (options->dtype));
  g_autofree char *folder = begin_folder (options, input, before, line, error);
  g_autofree char *path = NULL;

  if (!folder)
    return FALSE;
  path = g_build_filename (folder, "model.safetensors", NULL);
  if (convert_weights (before->tensors, options->dtype, path, error)
      && convert_folder_finish (folder, options->output, error))
    return TRUE;
  convert_folder_remove (folder);
  return FALSE;
}

static gboolean
convert (const Options *options, const char *input, GError **error)
{
  g_autoptr (CliNetwork) before = NULL;
  g_autoptr (CliNetwork) after = NULL;
  Comparison comparison;

  /* What is wrong with the output is told before anything is read. */
  if (!convert_folder_check (options->output, error))
    return FALSE;
  before = open_network (input, options->threads, error);
  if (!before)
    return FALSE;
  /* half a folder is not left behind */
  cli_stop_begin ();
  if (!write_folder (options, input, before, error))
    return FALSE;
  cli_stop_end ();
  after = open_network (options->output, options->threads, error);
  if (!after)
    return FALSE;
  print_tensors ("before", before->tensors);
  print_tensors ("after", after->tensors);
  if (!convert_compare (before, after, input, options->sample, &comparison, error))
    return FALSE;
  print_comparison (&comparison);
  return TRUE;
}

int
cli_convert (int argc, char **argv)
{
  g_auto (Options) options = { NULL };
  g_autofree char *folder = NULL;
  g_autoptr (GError) error = NULL;
  gboolean good;

  if (!parse_options (&options, argc, argv))
    return CLI_USAGE;
  folder = cli_model_folder (options.model);
  good = folder && convert (&options, folder, &error);
  if (error)
    cli_message ("%s", error->message);
  cli_stop_end ();
  return cli_flush_output () && good ? 0 : CLI_FAILED;
}
