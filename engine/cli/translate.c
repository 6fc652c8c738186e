/* ssmt translate: standard input to standard output, line by line
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/cli.h"
#include "ssmt/ssmt.h"

typedef struct {
  CliModel model;
  char *context, *prime, *load_state, *save_state;
  int beam, max_context, nbest;
  gboolean scores;
} Options;

static void
options_clear (Options *options)
{
  cli_model_clear (&options->model);
  g_free (options->context);
  g_free (options->prime);
  g_free (options->load_state);
  g_free (options->save_state);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse_options (Options *options, int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "context", 'c', 0, G_OPTION_ARG_STRING, &options->context,
        "What a line knows of those before it: none or document (default)", "CONTEXT" },
    { "beam", 'b', 0, G_OPTION_ARG_INT, &options->beam,
        "Hypotheses kept; 1 is greedy search (default: 1)", "N" },
    { "nbest", 0, 0, G_OPTION_ARG_INT, &options->nbest,
        "Print the N best translations of each line: the line's number from 0, "
        "translation and score, with \" ||| \" between; the beam is at least N",
        "N" },
    { "max-context", 0, 0, G_OPTION_ARG_INT, &options->max_context,
        "Tokens of a document kept by attention that has no window (default: "
        "the model's limit); then a new document begins",
        "N" },
    { "scores", 's', 0, G_OPTION_ARG_NONE, &options->scores,
        "Put a column before each translation: the natural logarithm of its "
        "probability, a token of it (0 for what is passed through), and a tab",
        NULL },
    { "prime", 'p', 0, G_OPTION_ARG_FILENAME, &options->prime,
        "Begin with examples, a line each: source, tab, target; or with a "
        "saved state",
        "FILE" },
    { "load-state", 0, 0, G_OPTION_ARG_FILENAME, &options->load_state,
        "Go on from a state saved before", "FILE" },
    { "save-state", 0, 0, G_OPTION_ARG_FILENAME, &options->save_state,
        "Save the state after the last line", "FILE" },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, "< TEXT",
          "Translates standard input to standard output: one line in, one line "
          "out.\nThe model's state is carried from line to line, so that a line "
          "knows those\nbefore it. A line that cannot be translated is passed "
          "through and reported;\nthe exit status is 1 then.",
          entries, &options->model, 0))
    return FALSE;
  if (options->beam < 1 || options->beam > SSMT_STREAM_MAX_BEAM) {
    cli_message ("--beam must be from 1 to %d", SSMT_STREAM_MAX_BEAM);
    return FALSE;
  }
  if (options->nbest < 0 || options->nbest > SSMT_STREAM_MAX_BEAM) {
    cli_message ("--nbest must be from 1 to %d", SSMT_STREAM_MAX_BEAM);
    return FALSE;
  }
  options->beam = MAX (options->beam, options->nbest);
  if (options->max_context < 0) {
    cli_message ("--max-context must not be negative");
    return FALSE;
  }
  if (options->context && strcmp (options->context, "none") != 0
      && strcmp (options->context, "document") != 0) {
    cli_message ("--context must be none or document");
    return FALSE;
  }
  return TRUE;
}

static gboolean
load_state (SsmtStream *stream, const char *path, GError **error)
{
  g_autoptr (SsmtState) state = NULL;
  g_autoptr (GBytes) saved = NULL;
  char *content;
  gsize length;

  if (!g_file_get_contents (path, &content, &length, error))
    return FALSE;
  saved = g_bytes_new_take (content, length);
  state = ssmt_state_new_from_bytes (ssmt_stream_get_model (stream), saved, error);
  if (state && ssmt_stream_set_state (stream, state, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

static gboolean
save_state (SsmtStream *stream, const char *path, GError **error)
{
  g_autoptr (SsmtState) state = ssmt_stream_get_state (stream, error);
  g_autoptr (GBytes) saved = state ? ssmt_state_to_bytes (state, error) : NULL;

  return saved
      && g_file_set_contents (
          path, g_bytes_get_data (saved, NULL), g_bytes_get_size (saved), error);
}

static gboolean
prime (SsmtStream *stream, const char *path, GError **error)
{
  g_autoptr (SsmtState) start =
      ssmt_model_prime (ssmt_stream_get_model (stream), path, NULL, error);

  return start && ssmt_stream_set_start (stream, start, error);
}

static SsmtStream *
open_stream (const Options *options, GError **error)
{
  g_autoptr (SsmtModel) model = cli_model_load (&options->model, error);
  g_autoptr (SsmtStream) stream = NULL;
  SsmtStreamParams params;

  if (!model)
    return NULL;
  ssmt_stream_params_init (&params);
  params.beam_size = options->beam;
  params.max_context = options->max_context;
  if (g_strcmp0 (options->context, "none") == 0)
    params.context = SSMT_CONTEXT_NONE;
  stream = ssmt_stream_new (model, &params, error);
  if (stream && options->prime && !prime (stream, options->prime, error))
    return NULL;
  if (stream && options->load_state && !load_state (stream, options->load_state, error))
    return NULL;
  return g_steal_pointer (&stream);
}

/* Where the document has become too long, a new one begins with the line. */
static SsmtTranslation *
translate_text (SsmtStream *stream, const Options *options, const char *text, GError **error)
{
  SsmtTranslateFlags flags = options->nbest ? SSMT_TRANSLATE_ALTERNATIVES : SSMT_TRANSLATE_NONE;
  GError *why = NULL;
  SsmtTranslation *out = ssmt_stream_translate (stream, text, flags, NULL, &why);

  if (g_error_matches (why, SSMT_ERROR, SSMT_ERROR_CONTEXT)) {
    cli_message ("%s; a new document begins", why->message);
    g_clear_error (&why);
    ssmt_stream_reset (stream);
    out = ssmt_stream_translate (stream, text, flags, NULL, &why);
  }
  if (why)
    g_propagate_error (error, why);
  return out;
}

/* The translation of a line without its end, or NULL with @error. */
static SsmtTranslation *
translate_line (
    SsmtStream *stream, const Options *options, const char *line, gsize length, GError **error)
{
  const char *bad;

  if (!g_utf8_validate_len (line, length, &bad)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT, "byte %" G_GSIZE_FORMAT " is not UTF-8",
        (gsize) (bad - line) + 1);
    return NULL;
  }
  return translate_text (stream, options, line, error);
}

/* NULL: nothing has been scored. */
static void
print_score (SsmtTranslation *translation)
{
  guint n = translation ? ssmt_translation_get_n_scored_tokens (translation) : 0;

  printf ("%.4f\t", n > 0 ? ssmt_translation_get_score (translation) / n : 0.0);
}

/* As Marian prints them. What has no alternatives is the only one. */
static void
print_best (
    SsmtTranslation *translation, guint most, const char *line, const char *end, guint64 number)
{
  guint n = translation ? ssmt_translation_get_n_alternatives (translation) : 0;

  for (guint i = 0; i < MIN (n, most); i++) {
    double score;
    const char *text = ssmt_translation_get_alternative (translation, i, &score, NULL);

    printf ("%" G_GUINT64_FORMAT " ||| %s ||| %.4f%s", number - 1, text, score, end);
  }
  if (n == 0)
    printf ("%" G_GUINT64_FORMAT " ||| %s ||| %.4f%s", number - 1,
        translation ? ssmt_translation_get_text (translation) : line,
        translation ? ssmt_translation_get_score (translation) : 0.0, end);
}

/* A translation, or what is passed through. */
static void
print_line (SsmtTranslation *translation, const Options *options, const char *line, gsize length)
{
  if (options->scores)
    print_score (translation);
  if (translation)
    fputs (ssmt_translation_get_text (translation), stdout);
  else
    fwrite (line, 1, length, stdout);
}

/* One line in, one line out; line ends stay as they are. FALSE: the line was
 * passed through. */
static gboolean
answer_line (SsmtStream *stream, const Options *options, char *line, gsize length, guint64 number)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtTranslation) translation = NULL;
  g_autofree char *end = NULL;
  gsize bare = length;

  if (bare && line[bare - 1] == '\n')
    bare--;
  if (bare && line[bare - 1] == '\r')
    bare--;
  end = g_strndup (line + bare, length - bare);
  line[bare] = '\0';
  if (bare)
    translation = translate_line (stream, options, line, bare, &error);
  if (options->nbest) {
    print_best (translation, (guint) options->nbest, line, end, number);
  } else {
    print_line (translation, options, line, bare);
    fputs (end, stdout);
  }
  if (error)
    cli_message ("line %" G_GUINT64_FORMAT ": %s; passed through", number, error->message);
  return error == NULL;
}

static int
translate_all (SsmtStream *stream, const Options *options)
{
  char *line = NULL;
  size_t allocated = 0;
  ssize_t length;
  guint64 number = 0;
  int status = 0;

  while ((length = getline (&line, &allocated, stdin)) > 0) {
    if (!answer_line (stream, options, line, length, ++number))
      status = CLI_FAILED;
    /* Whoever reads waits for this line, and a full disk shows here. */
    if (!cli_flush_output ()) {
      free (line);
      return CLI_FAILED;
    }
  }
  free (line);
  if (ferror (stdin)) {
    cli_message ("cannot read the input: %s", g_strerror (errno));
    status = CLI_FAILED;
  }
  return status;
}

int
cli_translate (int argc, char **argv)
{
  g_auto (Options) options = { .beam = 1 };
  g_autoptr (SsmtStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  if (!parse_options (&options, argc, argv))
    return CLI_USAGE;
  stream = open_stream (&options, &error);
  if (!stream) {
    if (error)
      cli_message ("%s", error->message);
    return CLI_FAILED;
  }
  status = translate_all (stream, &options);
  if (options.save_state && !save_state (stream, options.save_state, &error)) {
    cli_message ("%s", error->message);
    status = CLI_FAILED;
  }
  return status;
}
