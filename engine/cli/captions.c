/* ssmt captions: lines that grow word by word, as a recogniser gives them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "engine/cli/captions-score.h"
#include "engine/cli/cli.h"
#include "engine/stream/stream-private.h"
#include "ssmt/ssmt.h"

typedef struct {
  CliModel model;
  char *policy, *reference, *output;
  int step, history;
} Options;

/* One way to translate a growing line. */
typedef struct {
  const char *name;
  gboolean again; /* anew each time, the history read again */
  SsmtPolicy policy;
} Way;

static const Way ways[] = {
  { "again", TRUE, SSMT_POLICY_FINAL },
  { "final", FALSE, SSMT_POLICY_FINAL },
  { "local-agreement", FALSE, SSMT_POLICY_LOCAL_AGREEMENT },
  { "align-att", FALSE, SSMT_POLICY_ALIGN_ATT },
};

static void
options_clear (Options *options)
{
  cli_model_clear (&options->model);
  g_free (options->policy);
  g_free (options->reference);
  g_free (options->output);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
options_are_good (const Options *options)
{
  gboolean known = options->policy == NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    known = known || strcmp (options->policy, ways[i].name) == 0;
  if (!known)
    cli_message ("--policy must be final, local-agreement, align-att or again");
  else if (options->step < 1)
    cli_message ("--step must be 1 or more");
  else if (options->history < 0 || options->history > 100)
    cli_message ("--history must be from 0 to 100");
  else
    return TRUE;
  return FALSE;
}

static gboolean
parse_options (Options *options, int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "policy", 'p', 0, G_OPTION_ARG_STRING, &options->policy,
        "final, local-agreement, align-att, or again (default: all of them)", "NAME" },
    { "history", 0, 0, G_OPTION_ARG_INT, &options->history,
        "Lines before that \"again\" reads again each time (default: 5)", "N" },
    { "step", 's', 0, G_OPTION_ARG_INT, &options->step, "Words by which a line grows (default: 1)",
        "N" },
    { "reference", 'r', 0, G_OPTION_ARG_FILENAME, &options->reference,
        "Translations, for their lengths: LAAL needs them", "FILE" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
        "Write what was committed to PREFIX.POLICY", "PREFIX" },
    { NULL },
  };

  return cli_parse (&argc, &argv, "< TEXT",
             "Plays each line of standard input word by word, as a speech recogniser "
             "gives it,\ntranslates it each time, and tells what each policy costs and "
             "how it reads. An\nempty line ends a document.\n\n"
             "  NE         words shown and then taken back, per word in the end\n"
             "  LAAL       words of the source by which the committed text lags\n"
             "  computed   tokens that went through the model, per token in the end\n"
             "  ms         for one translation: the median, the 95th percentile\n\n"
             "\"again\" carries nothing: it translates the lines before and the whole "
             "line anew,\nas programs without a carried state do.",
             entries, &options->model, 0)
      && options_are_good (options);
}

/* --- playing ------------------------------------------------------------- */

typedef struct {
  const Options *options;
  const Way *way;
  SsmtStream *stream;
  CaptionsScore *score;
  GPtrArray *history; /* of char *; the lines "again" reads again */
} Player;

/* All that is known of the line, translated with nothing carried. */
static SsmtTranslation *
translate_again (Player *player, const char *text, GError **error)
{
  ssmt_stream_reset (player->stream);
  for (guint i = 0; i < player->history->len; i++) {
    g_autoptr (SsmtTranslation) before = ssmt_stream_translate (
        player->stream, g_ptr_array_index (player->history, i), SSMT_TRANSLATE_NONE, NULL, error);

    if (!before)
      return NULL;
  }
  return ssmt_stream_translate (player->stream, text, SSMT_TRANSLATE_NONE, NULL, error);
}

static gboolean
play_revision (Player *player, const char *text, guint n_words, gboolean is_final, GError **error)
{
  gboolean again = player->way->again, is_open = again && !is_final;
  gint64 start = g_get_monotonic_time ();
  g_autoptr (SsmtTranslation) translation = again
      ? translate_again (player, text, error)
      : ssmt_stream_translate (player->stream, text,
          is_final ? SSMT_TRANSLATE_NONE : SSMT_TRANSLATE_GROWING, NULL, error);

  if (!translation)
    return FALSE;
  captions_score_revision (player->score, n_words,
      is_open ? "" : ssmt_translation_get_committed (translation),
      is_open ? ssmt_translation_get_text (translation) : ssmt_translation_get_tail (translation),
      g_get_monotonic_time () - start);
  return TRUE;
}

static gboolean
play_line (Player *player, const char *line, const char *reference, GError **error)
{
  g_auto (GStrv) words = captions_split (line);
  guint length = g_strv_length (words);
  g_autoptr (GString) text = g_string_new (NULL);

  captions_score_begin_line (player->score);
  for (guint i = 0; i < length; i++) {
    if (i > 0)
      g_string_append_c (text, ' ');
    g_string_append (text, words[i]);
    if (i + 1 < length && (i + 1) % player->options->step != 0)
      continue;
    if (!play_revision (player, text->str, i + 1, i + 1 == length, error))
      return FALSE;
  }
  captions_score_end_line (player->score, length, reference);
  g_ptr_array_add (player->history, g_strdup (line));
  if (player->history->len > (guint) player->options->history)
    g_ptr_array_remove_index (player->history, 0);
  return TRUE;
}

static gboolean
play_all (Player *player, char **lines, char **references, GString *output, GError **error)
{
  for (guint i = 0; lines[i]; i++) {
    if (*lines[i] == '\0') {
      ssmt_stream_reset (player->stream);
      g_ptr_array_set_size (player->history, 0);
    } else if (!play_line (player, lines[i], references ? references[i] : NULL, error)) {
      g_prefix_error (error, "line %u: ", i + 1);
      return FALSE;
    }
    if (*lines[i] != '\0')
      g_string_append (output, captions_score_get_line (player->score));
    g_string_append_c (output, '\n');
  }
  return TRUE;
}

/* Plays the text in one way, and prints its line of the table. */
static gboolean
play_way (const Options *options, const Way *way, SsmtModel *model, char **lines, char **references,
    GError **error)
{
  g_autoptr (SsmtStreamParams) params = ssmt_stream_params_new ();
  g_autoptr (SsmtStream) stream = NULL;
  g_autoptr (GPtrArray) history = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (CaptionsScore) score = captions_score_new ();
  g_autoptr (GString) output = g_string_new (NULL);
  Player player = { options, way, NULL, score, history };

  params->policy = way->policy;
  player.stream = stream = ssmt_stream_new (model, params, error);
  if (!stream || !play_all (&player, lines, references, output, error))
    return FALSE;
  if (!captions_score_count (score, model,
          stream->n_rows[SSMT_STACK_ENCODER] + stream->n_rows[SSMT_STACK_DECODER], output->str,
          error))
    return FALSE;
  captions_score_print (score, way->name);
  if (options->output) {
    g_autofree char *path = g_strdup_printf ("%s.%s", options->output, way->name);

    return g_file_set_contents (path, output->str, output->len, error);
  }
  return TRUE;
}

/* --- the command --------------------------------------------------------- */

/* The lines of `file`, without an empty one behind the last line end. */
static char **
read_lines (FILE *file, const char *name, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char buffer[4096];
  gsize n;

  while ((n = fread (buffer, 1, sizeof buffer, file)) > 0)
    g_string_append_len (text, buffer, n);
  if (ferror (file) || !g_utf8_validate (text->str, text->len, NULL)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s cannot be read as UTF-8", name);
    return NULL;
  }
  if (text->len > 0 && text->str[text->len - 1] == '\n')
    g_string_truncate (text, text->len - 1);
  return g_strsplit (text->str, "\n", -1);
}

static char **
read_reference (const char *path, char **lines, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) references = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, error))
    return NULL;
  if (!g_utf8_validate (text, length, NULL)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s cannot be read as UTF-8", path);
    return NULL;
  }
  if (length > 0 && text[length - 1] == '\n')
    text[length - 1] = '\0';
  references = g_strsplit (text, "\n", -1);
  if (g_strv_length (references) != g_strv_length (lines)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s has %u lines, the text has %u",
        path, g_strv_length (references), g_strv_length (lines));
    return NULL;
  }
  return g_steal_pointer (&references);
}

static gboolean
run_captions (const Options *options, GError **error)
{
  g_autoptr (SsmtModel) model = cli_model_load (&options->model, error);
  g_auto (GStrv) lines = NULL, references = NULL;

  if (!model || !(lines = read_lines (stdin, "the text", error)))
    return FALSE;
  if (options->reference && !(references = read_reference (options->reference, lines, error)))
    return FALSE;
  captions_score_print_head (references != NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
    if (options->policy && strcmp (options->policy, ways[i].name) != 0)
      continue;
    if (!play_way (options, &ways[i], model, lines, references, error))
      return FALSE;
    fflush (stdout);
  }
  return TRUE;
}

int
cli_captions (int argc, char **argv)
{
  g_auto (Options) options = { .step = 1, .history = 5 };
  g_autoptr (GError) error = NULL;

  if (!parse_options (&options, argc, argv))
    return CLI_USAGE;
  if (!run_captions (&options, &error)) {
    if (error)
      cli_message ("%s", error->message);
    return CLI_FAILED;
  }
  return cli_flush_output () ? 0 : CLI_FAILED;
}
