/* ssmtranslate: what the sub-commands of `ssmt` share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ssmt/ssmt-model.h"

void
cli_message (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  fputs ("ssmt: ", stderr);
  vfprintf (stderr, format, args);
  fputc ('\n', stderr);
  va_end (args);
}

gboolean
cli_parse (int *argc, char ***argv, const char *arguments, const char *summary,
    const GOptionEntry *entries, int max_arguments)
{
  g_autoptr (GOptionContext) context = g_option_context_new (arguments);
  g_autofree char *program = g_strdup_printf ("ssmt %s", (*argv)[0]);
  g_autoptr (GError) error = NULL;

  /* The usage line is built from the program's name. */
  g_set_prgname (program);
  g_option_context_set_summary (context, summary);
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
  if (*argc - 1 > max_arguments) {
    cli_message (
        "\"%s\" is one argument too many; see \"%s --help\"", (*argv)[max_arguments + 1], program);
    return FALSE;
  }
  return TRUE;
}

char *
cli_model_folder (const char *given)
{
  char *folder = given ? g_strdup (given) : ssmt_model_find_default ();

  if (!folder)
    cli_message ("no default model is installed; name a model folder with "
                 "--model DIR");
  return folder;
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
