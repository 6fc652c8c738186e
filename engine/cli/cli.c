/* ssmtranslate: what the sub-commands of `ssmt` share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/files/printable.h"
#include "kernels/kernels.h"
#include "ssmt/ssmt-model.h"

void
cli_message (const char *format, ...)
{
  g_autofree char *message = NULL, *printable = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  printable = ssmt_dup_printable (message);
  fprintf (stderr, "ssmt: %s\n", printable);
}

static void
add_model_entries (GOptionContext *context, CliModel *model)
{
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &model->folder, CLI_MODEL_HELP, "MODEL" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &model->threads,
        "Threads (default: physical cores, at most 4)", "N" },
    { "device", 'd', 0, G_OPTION_ARG_STRING, &model->device, ssmt_device_names, "NAME" },
    { NULL },
  };

  g_option_context_add_main_entries (context, entries, NULL);
}

gboolean
cli_parse (int *argc, char ***argv, const char *arguments, const char *summary,
    const GOptionEntry *entries, CliModel *model, int max_arguments)
{
  g_autoptr (GOptionContext) context = g_option_context_new (arguments);
  g_autofree char *program = g_strdup_printf ("ssmt %s", (*argv)[0]);
  g_autoptr (GError) error = NULL;

  /* The usage line is built from the program's name. */
  g_set_prgname (program);
  g_option_context_set_summary (context, summary);
  if (model)
    add_model_entries (context, model);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error)) {
    cli_message ("%s; see \"%s --help\"", error->message, program);
    return FALSE;
  }
  if (*argc > 1 && strcmp ((*argv)[1], "--") == 0) {
    (*argv)[1] = (*argv)[0];
    (*argv)++;
    (*argc)--;
  }
  if (*argc - 1 > max_arguments && max_arguments == 0
      && g_file_test ((*argv)[1], G_FILE_TEST_EXISTS)) {
    cli_message ("\"%s\" is a file: \"%s < FILE\" reads text from one, \"ssmt subtitle FILE\" "
                 "translates subtitles and films; see \"%s --help\"",
        (*argv)[1], program, program);
    return FALSE;
  }
  if (*argc - 1 > max_arguments) {
    cli_message (
        "\"%s\" is one argument too many; see \"%s --help\"", (*argv)[max_arguments + 1], program);
    return FALSE;
  }
  if (model && (model->threads < 0 || model->threads > 1024)) {
    cli_message ("--threads must be from 0 to 1024");
    return FALSE;
  }
  return TRUE;
}

void
cli_model_clear (CliModel *model)
{
  g_clear_pointer (&model->folder, g_free);
  g_clear_pointer (&model->device, g_free);
}

SsmtModel *
cli_model_load (const CliModel *model, GError **error)
{
  g_autofree char *folder = cli_model_folder (model->folder);

  return folder ? ssmt_model_load (folder, model->device, model->threads, error) : NULL;
}

char *
cli_model_folder (const char *given)
{
  g_autoptr (GError) error = NULL;
  char *folder = given ? ssmt_catalog_find (given, &error) : ssmt_model_find_default ();

  if (!folder)
    cli_message ("%s",
        error ? error->message
              : "no default model is installed; \"ssmt models\" lists those that are, "
                "\"ssmt fetch en-fr\" gets one, --model takes a name or a folder");
  return folder;
}

void
cli_print_json (JsonBuilder *json)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (json);
  g_autofree char *text = NULL;

  json_generator_set_pretty (generator, TRUE);
  json_generator_set_root (generator, root);
  text = json_generator_to_data (generator, NULL);
  puts (text);
}

gboolean
cli_flush_output (void)
{
  int failed = fflush (stdout);

  if (!failed && !ferror (stdout))
    return TRUE;
  cli_message ("cannot write the output: %s", g_strerror (failed ? errno : EIO));
  return FALSE;
}
