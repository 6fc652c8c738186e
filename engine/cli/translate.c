/* ssmt translate: standard input to standard output, line by line
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/cli/stop.h"
#include "engine/cli/translate-lines.h"

typedef struct {
  CliModel model;
  char *context, *from, *to, *others, *prime, *glossary, *load_state, *save_state, *quotes;
  gboolean no_guard, documents;
  int beam, max_context, jobs;
  CliLineStyle style;
} Options;

static void
options_clear (Options *options)
{
  cli_model_clear (&options->model);
  g_free (options->context);
  g_free (options->from);
  g_free (options->to);
  g_free (options->others);
  g_free (options->prime);
  g_free (options->glossary);
  g_free (options->quotes);
  g_free (options->load_state);
  g_free (options->save_state);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* Says what is wrong with them. */
static gboolean
check_options (Options *options)
{
  if (options->beam < 1 || options->beam > SSMT_STREAM_MAX_BEAM) {
    cli_message ("--beam must be from 1 to %d", SSMT_STREAM_MAX_BEAM);
    return FALSE;
  }
  if (options->style.nbest < 0 || options->style.nbest > SSMT_STREAM_MAX_BEAM) {
    cli_message ("--nbest must be from 1 to %d", SSMT_STREAM_MAX_BEAM);
    return FALSE;
  }
  options->beam = MAX (options->beam, options->style.nbest);
  if (options->max_context < 0) {
    cli_message ("--max-context must not be negative");
    return FALSE;
  }
  if (options->context && strcmp (options->context, "none") != 0
      && strcmp (options->context, "document") != 0) {
    cli_message ("--context must be none or document");
    return FALSE;
  }
  if (options->others && strcmp (options->others, "pass") != 0
      && strcmp (options->others, "translate") != 0) {
    cli_message ("--other-languages must be pass or translate");
    return FALSE;
  }
  if (options->quotes && strcmp (options->quotes, "source") != 0
      && strcmp (options->quotes, "target") != 0) {
    cli_message ("--quotes must be source or target");
    return FALSE;
  }
  if (options->jobs < 1 || options->jobs > CLI_MAX_JOBS) {
    cli_message ("--jobs must be from 1 to %d", CLI_MAX_JOBS);
    return FALSE;
  }
  if (options->jobs > 1
      && (g_strcmp0 (options->context, "none") != 0 || options->load_state
          || options->save_state)) {
    cli_message ("--jobs is for lines that know nothing of each other: it wants --context none");
    return FALSE;
  }
  return TRUE;
}

static gboolean
parse_options (Options *options, int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "context", 'c', 0, G_OPTION_ARG_STRING, &options->context,
        "What a line knows of those before it: none or document (default)", "CONTEXT" },
    { "from", 0, 0, G_OPTION_ARG_STRING, &options->from,
        "The language to read, an error where the model does not; auto: found out line by "
        "line, what is in the language to write is passed through",
        "LANGUAGE" },
    { "other-languages", 0, 0, G_OPTION_ARG_STRING, &options->others,
        "With --from auto: what becomes of languages that the model does not read, pass "
        "(default) or translate",
        "WHAT" },
    { "to", 0, 0, G_OPTION_ARG_STRING, &options->to,
        "The language to write, where the model can write several", "LANGUAGE" },
    { "beam", 'b', 0, G_OPTION_ARG_INT, &options->beam,
        "Hypotheses kept; 1 is greedy search (default: 1)", "N" },
    { "nbest", 0, 0, G_OPTION_ARG_INT, &options->style.nbest,
        "Print the N best translations of each line: the line's number from 0, "
        "translation and score, with \" ||| \" between; the beam is at least N",
        "N" },
    { "documents", 0, 0, G_OPTION_ARG_NONE, &options->documents, "An empty line ends a document",
        NULL },
    { "max-context", 0, 0, G_OPTION_ARG_INT, &options->max_context,
        "Tokens of a document kept by attention that has no window (default: "
        "the model's limit); then a new document begins",
        "N" },
    { "scores", 's', 0, G_OPTION_ARG_NONE, &options->style.scores,
        "Put a column before each translation: the natural logarithm of its "
        "probability, a token of it (0 for what is passed through), and a tab",
        NULL },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &options->jobs,
        "Lines translated at the same time, which --context none allows (default: 1)", "N" },
    { "quotes", 0, 0, G_OPTION_ARG_STRING, &options->quotes,
        "Whose quotation marks a translation has: those of the source (default) or of the "
        "target language",
        "LANGUAGE" },
    { "no-guard", 0, 0, G_OPTION_ARG_NONE, &options->no_guard,
        "Give lines to the model as they are: nothing is kept from it, and nobody looks after "
        "numbers",
        NULL },
    { "prime", 'p', 0, G_OPTION_ARG_FILENAME, &options->prime,
        "Begin with examples, a line each: source, tab, target; or with a "
        "saved state",
        "FILE" },
    { "glossary", 'g', 0, G_OPTION_ARG_FILENAME, &options->glossary,
        "Terms, a line each: source, tab, target (*: not translated), and maybe a tab and a note",
        "FILE" },
    { "load-state", 0, 0, G_OPTION_ARG_FILENAME, &options->load_state,
        "Go on from a state saved before", "FILE" },
    { "save-state", 0, 0, G_OPTION_ARG_FILENAME, &options->save_state,
        "Save the state after the last line, or that at which a signal ends it", "FILE" },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, "< TEXT",
          "Translates standard input to standard output: one line in, one line "
          "out.\nThe model's state is carried from line to line, so that a line "
          "knows those\nbefore it. A line that cannot be translated is passed "
          "through and reported;\nthe exit status is 1 then.",
          entries, &options->model, 0))
    return FALSE;
  return check_options (options);
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

static gboolean
set_glossary (SsmtStream *stream, const char *path, GError **error)
{
  g_autoptr (SsmtGlossary) glossary = ssmt_glossary_new_from_file (path, error);

  if (glossary)
    ssmt_stream_set_glossary (stream, glossary);
  return glossary != NULL;
}

static SsmtStream *
open_stream (SsmtModel *model, gpointer data, GError **error)
{
  const Options *options = data;
  g_autoptr (SsmtStream) stream = NULL;
  SsmtStreamParams params;

  ssmt_stream_params_init (&params);
  params.beam_size = options->beam;
  params.max_context = options->max_context;
  params.guard = !options->no_guard;
  if (g_strcmp0 (options->quotes, "target") == 0)
    params.quotes = SSMT_QUOTES_TARGET;
  if (g_strcmp0 (options->context, "none") == 0)
    params.context = SSMT_CONTEXT_NONE;
  stream = ssmt_stream_new (model, &params, error);
  if (stream && options->to && !ssmt_stream_set_target_language (stream, options->to, error))
    return NULL;
  if (stream && options->prime && !prime (stream, options->prime, error))
    return NULL;
  if (stream && options->glossary && !set_glossary (stream, options->glossary, error))
    return NULL;
  if (stream && options->load_state && !load_state (stream, options->load_state, error))
    return NULL;
  return g_steal_pointer (&stream);
}

static int
translate_all (SsmtStream *stream, const Options *options, CliLanguages *languages)
{
  CliLine line = { NULL };
  int status = 0;

  while (cli_line_read (&line) && !cli_stop_has_come ()) {
    cli_line_look (&line, languages);
    if (options->documents && line.length == 0)
      ssmt_stream_reset (stream);
    cli_line_translate (&line, &options->style, stream);
    if (!cli_line_print (&line, &options->style))
      status = CLI_FAILED;
    /* Whoever reads waits for this line, and a full disk shows here. */
    if (!cli_flush_output ()) {
      cli_line_clear (&line);
      return CLI_FAILED;
    }
  }
  cli_line_clear (&line);
  return cli_stop_has_come () || cli_line_check_input () ? status : CLI_FAILED;
}

/* What was trained on text of any kind goes on with it, and says nothing. */
static void
warn_without_languages (SsmtModel *model)
{
  if (!ssmt_model_get_source_language (model) && !ssmt_model_get_target_language (model)
      && !ssmt_model_get_target_languages (model))
    cli_message ("%s names no languages: where it was not trained to translate, what follows is no "
                 "translation (its ssmt.json can name them: \"languages\")",
        ssmt_model_get_path (model));
}

int
cli_translate (int argc, char **argv)
{
  g_auto (Options) options = { .beam = 1, .jobs = 1 };
  g_autoptr (SsmtModel) model = NULL;
  g_autoptr (SsmtStream) stream = NULL;
  g_autoptr (CliLanguages) languages = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  if (!parse_options (&options, argc, argv))
    return CLI_USAGE;
  model = cli_model_load (&options.model, &error);
  if (model
      && !cli_languages_new (model, options.from, options.to, options.others, &languages, &error))
    g_clear_object (&model);
  if (model)
    warn_without_languages (model);
  if (model && options.jobs > 1)
    return cli_translate_jobs (
        model, options.jobs, &options.style, languages, open_stream, &options);
  stream = model ? open_stream (model, &options, &error) : NULL;
  if (!stream) {
    if (error)
      cli_message ("%s", error->message);
    return CLI_FAILED;
  }
  if (options.save_state)
    cli_stop_begin ();
  status = translate_all (stream, &options, languages);
  if (options.save_state && !save_state (stream, options.save_state, &error)) {
    cli_message ("%s", error->message);
    status = CLI_FAILED;
  }
  cli_stop_end ();
  return status;
}
