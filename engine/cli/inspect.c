/* ssmt inspect: what a model is made of
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli-network.h"
#include "engine/cli/cli-shapes.h"
#include "engine/cli/cli.h"
#include "engine/files/printable.h"
#include "ssmt/ssmt-model.h"

typedef struct {
  char *model, *shape, *config, *dtype;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->model);
  g_free (options->shape);
  g_free (options->config);
  g_free (options->dtype);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse_options (Options *options, int argc, char **argv)
{
  const GOptionEntry entries[] = { { "model", 'm', 0, G_OPTION_ARG_FILENAME, &options->model,
                                       CLI_MODEL_HELP, "MODEL" },
    { "shape", 's', 0, G_OPTION_ARG_STRING, &options->shape, "A named shape instead of a model",
        "NAME" },
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config,
        "A config.json alone instead of a model", "FILE" },
    { "dtype", 0, 0, G_OPTION_ARG_STRING, &options->dtype,
        "Dtype of the matrices with --shape and --config: f32 (default), f16, "
        "bf16, i8, q4",
        "DTYPE" },
    { NULL } };
  g_autofree char *shapes = cli_shapes_describe ();
  g_autofree char *summary =
      g_strdup_printf ("Prints a model's layers, "
                       "parameters, bytes of weights, bytes of state a\nstream, tokenizer and "
                       "licence. A shape or a config.json alone needs no\nweights.\n\n%s",
          shapes);

  if (!cli_parse (&argc, &argv, "[DIR]", summary, entries, NULL, 1))
    return FALSE;
  if (argc > 1 && !options->model)
    options->model = g_strdup (argv[1]);
  else if (argc > 1) {
    cli_message ("the model folder is given twice");
    return FALSE;
  }
  if (!!options->model + !!options->shape + !!options->config > 1) {
    cli_message ("a model, --shape and --config exclude each other");
    return FALSE;
  }
  return TRUE;
}

/* The same lines as ssmt_model_describe(). */
static void
print_network (const CliNetwork *self, const char *what)
{
  g_autofree char *layers = ssmt_network_describe (self->network);
  const char *stated = self->config->license;
  g_autofree char *license = stated ? ssmt_dup_printable (stated) : NULL;
  g_autofree char *state = ssmt_network_describe_state (self->network);

  printf ("model       %s\n", what);
  if (self->config->family)
    printf ("format      %s\n", self->config->family);
  printf ("licence     %s\n", license ? license : "none stated");
  printf ("tokenizer   none\n");
  printf ("d_model     %u, vocabulary %u, %s output\n", self->config->d_model,
      self->config->vocab_size, self->config->tie_embeddings ? "tied" : "untied");
  printf ("layers\n%s%s", layers, g_str_has_suffix (layers, "\n") ? "" : "\n");
  printf (
      "parameters  %" G_GUINT64_FORMAT "\n", ssmt_tensor_source_get_n_parameters (self->tensors));
  printf ("weights     %" G_GUINT64_FORMAT " bytes (%s)\n",
      ssmt_tensor_source_get_bytes (self->tensors), ssmt_tensor_source_get_dtypes (self->tensors));
  printf ("state       %s\n", state);
}

/* A shape or a config.json, with weights that are only counted. */
static gboolean
inspect_made_up (const Options *options, GError **error)
{
  g_autoptr (CliNetwork) network = NULL;
  SsmtConfig *config;
  CliMakeUp made_up = { SSMT_DTYPE_F32, FALSE };

  if (options->dtype && !cli_dtype_parse (options->dtype, &made_up.dtype)) {
    g_set_error (
        error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED, "\"%s\" is not a dtype", options->dtype);
    return FALSE;
  }
  config = options->shape ? cli_shape_config (options->shape, error)
                          : cli_config_load (options->config, error);
  if (config)
    network = cli_network_make_up (config, &made_up, "cpu", 1, error);
  if (!network)
    return FALSE;
  print_network (network, options->shape ? options->shape : options->config);
  return TRUE;
}

/* A folder that may be complete but for its tokenizer. */
static gboolean
inspect_without_tokenizer (const char *folder, GError **error)
{
  g_autoptr (CliNetwork) network = NULL;
  SsmtConfig *config = ssmt_config_load (folder, error);

  if (config)
    network = cli_network_open (config, folder, "cpu", 1, error);
  if (!network)
    return FALSE;
  print_network (network, folder);
  return TRUE;
}

static gboolean
lacks_tokenizer (const char *folder)
{
  g_autoptr (SsmtConfig) config = ssmt_config_load (folder, NULL);
  g_autofree char *tokenizer = NULL;

  if (!config || !config->text.source_tokenizer)
    return config != NULL;
  tokenizer = g_build_filename (folder, config->text.source_tokenizer, NULL);
  return !g_file_test (tokenizer, G_FILE_TEST_EXISTS);
}

static gboolean
inspect_folder (const char *folder, GError **error)
{
  g_autoptr (SsmtModel) model = NULL;
  g_autofree char *text = NULL;

  if (lacks_tokenizer (folder))
    return inspect_without_tokenizer (folder, error);
  model = ssmt_model_load (folder, NULL, 0, error);
  if (!model)
    return FALSE;
  text = ssmt_model_describe (model);
  printf ("%s%s", text, g_str_has_suffix (text, "\n") ? "" : "\n");
  return TRUE;
}

int
cli_inspect (int argc, char **argv)
{
  g_auto (Options) options = { NULL };
  g_autofree char *folder = NULL;
  g_autoptr (GError) error = NULL;
  gboolean good;

  if (!parse_options (&options, argc, argv))
    return CLI_USAGE;
  if (options.shape || options.config)
    good = inspect_made_up (&options, &error);
  else {
    folder = cli_model_folder (options.model);
    good = folder && inspect_folder (folder, &error);
  }
  if (error)
    cli_message ("%s", error->message);
  return cli_flush_output () && good ? 0 : CLI_FAILED;
}
