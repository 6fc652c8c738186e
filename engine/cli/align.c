/* ssmt align: which words of a translation translate which of its source
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/align-svg.h"
#include "engine/cli/cli.h"
#include "ssmt/ssmt.h"

typedef struct {
  CliModel model;
  char *from, *svg;
} Options;

static void
options_clear (Options *options)
{
  cli_model_clear (&options->model);
  g_free (options->from);
  g_free (options->svg);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse_options (Options *options, int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "from", 'f', 0, G_OPTION_ARG_STRING, &options->from,
        "attention (default), or hidden: that of the scans of a model without "
        "an encoder",
        "NAME" },
    { "svg", 's', 0, G_OPTION_ARG_FILENAME, &options->svg,
        "Draw the matrix of line N into PREFIX-N.svg", "PREFIX" },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, "< LINES",
          "Each line holds a source, a tab and a translation of it; without a "
          "translation\nthe model makes one. Prints a line of pairs I-J for each: "
          "word I of the source,\nfrom 0, is what word J of the translation looks "
          "at most. Words are what white\nspace divides. The document goes on "
          "with each line; an empty one ends it.",
          entries, &options->model, 0))
    return FALSE;
  if (options->from && strcmp (options->from, "attention") != 0
      && strcmp (options->from, "hidden") != 0)
    cli_message ("--from must be attention or hidden");
  else
    return TRUE;
  return FALSE;
}

static SsmtStream *
open_stream (const Options *options, GError **error)
{
  g_autoptr (SsmtModel) model = cli_model_load (&options->model, error);

  return model ? ssmt_stream_new (model, NULL, error) : NULL;
}

static void
print_pairs (const SsmtAlignment *alignment)
{
  gboolean first = TRUE;

  for (guint i = 0; i < alignment->n_target; i++) {
    if (alignment->source_word[i] < 0)
      continue;
    printf ("%s%d-%u", first ? "" : " ", alignment->source_word[i], i);
    first = FALSE;
  }
  putchar ('\n');
}

static gboolean
draw (const Options *options, guint64 number, const char *source, const char *target,
    const SsmtAlignment *alignment, GError **error)
{
  g_autofree char *path = NULL, *svg = NULL;

  if (!options->svg)
    return TRUE;
  path = g_strdup_printf ("%s-%" G_GUINT64_FORMAT ".svg", options->svg, number);
  svg = align_svg (source, target, alignment);
  return g_file_set_contents (path, svg, -1, error);
}

/* A translation of the model's own. */
static SsmtTranslation *
translate (SsmtStream *stream, const char *source, GError **error)
{
  g_autoptr (SsmtState) state = ssmt_stream_get_state (stream, error);
  g_autoptr (SsmtTranslation) translation = NULL;

  if (!state)
    return NULL;
  translation = ssmt_stream_translate (stream, source, SSMT_TRANSLATE_NONE, NULL, error);
  if (!translation || !ssmt_stream_set_state (stream, state, error))
    return NULL;
  return g_steal_pointer (&translation);
}

static gboolean
align_line (SsmtStream *stream, const Options *options, char *line, guint64 number, GError **error)
{
  g_autoptr (SsmtAlignment) alignment = NULL;
  g_autoptr (SsmtTranslation) own = NULL;
  char *tab = strchr (line, '\t');
  const char *target;

  if (tab)
    *tab = '\0';
  else if (!(own = translate (stream, line, error)))
    return FALSE;
  target = tab ? tab + 1 : ssmt_translation_get_text (own);
  alignment = ssmt_stream_align (stream, line, target,
      g_strcmp0 (options->from, "hidden") == 0 ? SSMT_ALIGN_HIDDEN : SSMT_ALIGN_ATTENTION, NULL,
      error);
  if (!alignment)
    return FALSE;
  if (own)
    printf ("%s\t%s\t", line, target);
  print_pairs (alignment);
  return draw (options, number, line, target, alignment, error)
      && ssmt_stream_read_pair (stream, line, target, NULL, error);
}

static int
align_input (SsmtStream *stream, const Options *options)
{
  g_autoptr (GError) error = NULL;
  char *line = NULL;
  size_t allocated = 0;
  guint64 number = 0;

  while (!error && getline (&line, &allocated, stdin) > 0) {
    number++;
    g_strchomp (line);
    if (*line == '\0') {
      ssmt_stream_reset (stream);
      putchar ('\n');
    } else if (!align_line (stream, options, line, number, &error)) {
      cli_message ("line %" G_GUINT64_FORMAT ": %s", number, error->message);
    }
    if (!cli_flush_output ())
      break;
  }
  free (line);
  if (!ferror (stdin))
    return error || ferror (stdout) ? CLI_FAILED : 0;
  cli_message ("cannot read the input: %s", g_strerror (errno));
  return CLI_FAILED;
}

int
cli_align (int argc, char **argv)
{
  g_auto (Options) options = { NULL };
  g_autoptr (SsmtStream) stream = NULL;
  g_autoptr (GError) error = NULL;

  if (!parse_options (&options, argc, argv))
    return CLI_USAGE;
  stream = open_stream (&options, &error);
  if (!stream) {
    if (error)
      cli_message ("%s", error->message);
    return CLI_FAILED;
  }
  return align_input (stream, &options);
}
