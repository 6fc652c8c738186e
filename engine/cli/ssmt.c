/* ssmt: the command line program of ssmtranslate
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"

static const struct {
  const char *name, *summary;
  int (*run) (int argc, char **argv);
} commands[] = {
  { "translate", "translate standard input line by line", cli_translate },
  { "subtitle", "translate subtitle files, and films with text tracks", cli_subtitle },
  { "live", "show live captions and translations in the browser", cli_live },
  { "inspect", "print what a model is made of", cli_inspect },
  { "bench", "measure a model's speed beside the machine's limits", cli_bench },
  { "captions", "play lines word by word and measure the policies", cli_captions },
  { "align", "show which words translate which", cli_align },
  { "score", "tell how probable translations are, choose the best", cli_score },
  { "convert", "write a model's weights in another dtype and say what it costs", cli_convert },
  { "models", "list the models that are installed, or can be fetched", cli_models },
  { "fetch", "fetch a model for a pair of languages", cli_fetch },
};

static void
print_help (FILE *file)
{
  fputs ("Usage: ssmt COMMAND [OPTION...]\n\n"
         "Translation by state-space models that carry their state.\n\n"
         "Commands:\n",
      file);
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (file, "  %-11s %s\n", commands[i].name, commands[i].summary);
  fputs ("\n\"ssmt COMMAND --help\" describes a command, "
         "\"ssmt --version\" prints the version.\n",
      file);
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

  if (strcmp (name, "--help") == 0 || strcmp (name, "-h") == 0 || strcmp (name, "help") == 0) {
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
