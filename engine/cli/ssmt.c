/* ssmt: the command line program of ssmtranslate
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"
#include "ssmt/ssmt-model.h"

static const struct
{
  const char *name, *summary;
  int (*run) (int argc, char **argv);
} commands[] = {
  {"translate", "translate standard input line by line", cli_translate},
  {"inspect", "print what a model is made of", cli_inspect},
  {"bench", "measure a model's speed beside the machine's limits", cli_bench},
  {"captions", "play lines word by word and measure the policies",
      cli_captions},
  {"align", "show which words translate which", cli_align},
  {"score", "tell how probable translations are, choose the best", cli_score},
  {"convert", "write a model's weights in another dtype and say what it costs",
      cli_convert},
};

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
cli_parse (int *argc, char ***argv, const char *arguments,
    const char *summary, const GOptionEntry *entries, int max_arguments)
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
    cli_message ("\"%s\" is one argument too many; see \"%s --help\"",
        (*argv)[max_arguments + 1], program);
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
  cli_message ("cannot write the output: %s",
      g_strerror (failed ? errno : EIO));
  return FALSE;
}

static void
print_help (FILE *file)
{
  fputs ("Usage: ssmt COMMAND [OPTION...]\n\n"
      "Translation by state-space models that carry their state.\n\n"
      "Commands:\n", file);
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (file, "  %-11s %s\n", commands[i].name, commands[i].summary);
  fputs ("\n\"ssmt COMMAND --help\" describes a command, "
      "\"ssmt --version\" prints the version.\n", file);
}

int
main (int argc, char **argv)
{
  const char *name = argc > 1 ? argv[1] : "";

  /* Messages in the user's language, numbers always with a point. */
  setlocale (LC_CTYPE, "");
  setlocale (LC_MESSAGES, "");

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (name, commands[i].name) == 0)
      return commands[i].run (argc - 1, argv + 1);

  if (strcmp (name, "--help") == 0 || strcmp (name, "-h") == 0
      || strcmp (name, "help") == 0) {
    print_help (stdout);
    return cli_flush_output () ? 0 : CLI_FAILED;
  }
  if (strcmp (name, "--version") == 0) {
    printf ("ssmt %s\n", SSMT_VERSION);
    return cli_flush_output () ? 0 : CLI_FAILED;
  }
  if (*name)
    cli_message ("\"%s\" is not a command; see \"ssmt --help\"", name);
  else
    print_help (stderr);
  return CLI_USAGE;
}
