/* ssmt score: how probable given translations are
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/cli.h"
#include "ssmt/ssmt.h"

typedef struct {
  CliModel model;
  char *prime;
  double length_penalty;
  gboolean rerank;
} Options;

/* With the document's context, and without. */
enum { CARRIED, ALONE, N_WAYS };

typedef struct {
  const Options *options;
  SsmtStream *streams[N_WAYS];
  double logp[N_WAYS]; /* of the first translations, summed */
  guint64 n_lines, n_tokens;
  guint64 n_choices, n_first[N_WAYS]; /* lines with several, and where the first is the best */
} Scorer;

static void
options_clear (Options *options)
{
  cli_model_clear (&options->model);
  g_free (options->prime);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static void
scorer_clear (Scorer *scorer)
{
  for (guint way = 0; way < N_WAYS; way++)
    g_clear_object (&scorer->streams[way]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scorer, scorer_clear)

static gboolean
parse_options (Options *options, int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "rerank", 'r', 0, G_OPTION_ARG_NONE, &options->rerank,
        "Print the best translation of each line, and go on with it", NULL },
    { "length-penalty", 'l', 0, G_OPTION_ARG_DOUBLE, &options->length_penalty,
        "The best is that of the largest log-probability / tokens^N (default: "
        "0, or 1 with --rerank)",
        "N" },
    { "prime", 'p', 0, G_OPTION_ARG_FILENAME, &options->prime,
        "Begin with examples, a line each: source, tab, target; or with a "
        "saved state",
        "FILE" },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, "< LINES",
          "Each line holds a source and, behind tabs, one or more translations "
          "of it.\nPrints, for each of them, the natural logarithm of its "
          "probability with the\nlines before it in the carried state, and "
          "without them. The document goes on\nwith the first translation; an "
          "empty line ends it. Sums and, where there are\nseveral translations, "
          "how often the first is the best go to standard error.",
          entries, &options->model, 0))
    return FALSE;
  if (isnan (options->length_penalty))
    options->length_penalty = options->rerank ? 1 : 0;
  if (options->length_penalty < 0 || options->length_penalty > 10)
    cli_message ("--length-penalty must be from 0 to 10");
  else
    return TRUE;
  return FALSE;
}

static gboolean
scorer_open (Scorer *scorer, GError **error)
{
  const Options *options = scorer->options;
  g_autoptr (SsmtModel) model = cli_model_load (&options->model, error);
  g_autoptr (SsmtState) start = NULL;
  SsmtStreamParams params;

  if (!model)
    return FALSE;
  if (options->prime) {
    start = ssmt_model_prime (model, options->prime, NULL, error);
    if (!start)
      return FALSE;
  }
  for (guint way = 0; way < N_WAYS; way++) {
    ssmt_stream_params_init (&params);
    params.context = way == ALONE ? SSMT_CONTEXT_NONE : SSMT_CONTEXT_DOCUMENT;
    scorer->streams[way] = ssmt_stream_new (model, &params, error);
    if (!scorer->streams[way] || !ssmt_stream_set_start (scorer->streams[way], start, error))
      return FALSE;
  }
  return TRUE;
}

/* --- a line --------------------------------------------------------------- */

static double
rank (const Options *options, double logp, guint n_tokens)
{
  return logp / pow (n_tokens, options->length_penalty);
}

/* Scores the translations; best[way] is the number of the best. */
static gboolean
score_all (Scorer *scorer, char **fields, guint n, double (*logp)[N_WAYS], guint *n_tokens,
    guint *best, GError **error)
{
  for (guint way = 0; way < N_WAYS; way++) {
    double most = -INFINITY;

    best[way] = 0;
    for (guint i = 0; i < n; i++) {
      double value;

      if (!ssmt_stream_score (scorer->streams[way], fields[0], fields[1 + i], &logp[i][way],
              &n_tokens[i], NULL, error))
        return FALSE;
      value = rank (scorer->options, logp[i][way], n_tokens[i]);
      if (value > most) {
        most = value;
        best[way] = i;
      }
    }
  }
  return TRUE;
}

static gboolean
score_line (Scorer *scorer, char **fields, GError **error)
{
  guint n = g_strv_length (fields) - 1, best[N_WAYS];
  g_autofree double (*logp)[N_WAYS] = NULL;
  g_autofree guint *n_tokens = NULL;
  const char *next;

  if (n == 0) {
    g_set_error_literal (
        error, SSMT_ERROR, SSMT_ERROR_TEXT, "there is no tab, and no translation behind it");
    return FALSE;
  }
  logp = g_malloc0_n (n, sizeof *logp);
  n_tokens = g_new0 (guint, n);
  if (!score_all (scorer, fields, n, logp, n_tokens, best, error))
    return FALSE;
  next = fields[1 + (scorer->options->rerank ? best[CARRIED] : 0)];
  if (scorer->options->rerank)
    printf ("%s\n", next);
  for (guint i = 0; i < n && !scorer->options->rerank; i++)
    printf ("%.4f\t%.4f%c", logp[i][CARRIED], logp[i][ALONE], i + 1 < n ? '\t' : '\n');
  for (guint way = 0; way < N_WAYS; way++) {
    scorer->logp[way] += logp[0][way];
    scorer->n_first[way] += n > 1 && best[way] == 0;
  }
  scorer->n_lines++;
  scorer->n_tokens += n_tokens[0];
  scorer->n_choices += n > 1;
  return ssmt_stream_read_pair (scorer->streams[CARRIED], fields[0], next, NULL, error);
}

static void
print_sums (const Scorer *scorer)
{
  static const char *const names[] = { "carried", "alone" };

  if (scorer->n_lines == 0)
    return;
  cli_message ("%" G_GUINT64_FORMAT " lines, %" G_GUINT64_FORMAT
               " tokens of the first translations",
      scorer->n_lines, scorer->n_tokens);
  for (guint way = 0; way < N_WAYS; way++) {
    g_autofree char *first = NULL;

    if (scorer->n_choices > 0)
      first = g_strdup_printf (", the first is the best in %.1f %% of %" G_GUINT64_FORMAT,
          100.0 * scorer->n_first[way] / scorer->n_choices, scorer->n_choices);
    cli_message ("%-7s  %.4f a token, perplexity %.3f%s", names[way],
        scorer->logp[way] / scorer->n_tokens, exp (-scorer->logp[way] / scorer->n_tokens),
        first ? first : "");
  }
}

/* --- all lines ------------------------------------------------------------ */

static gboolean
take_line (Scorer *scorer, char *line, guint64 number)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) fields = NULL;

  g_strchomp (line);
  if (*line == '\0') {
    ssmt_stream_reset (scorer->streams[CARRIED]);
    putchar ('\n');
    return TRUE;
  }
  fields = g_strsplit (line, "\t", -1);
  if (score_line (scorer, fields, &error))
    return TRUE;
  cli_message ("line %" G_GUINT64_FORMAT ": %s", number, error->message);
  return FALSE;
}

static int
score_input (Scorer *scorer)
{
  char *line = NULL;
  size_t allocated = 0;
  guint64 number = 0;
  int status = 0;

  while (status == 0 && getline (&line, &allocated, stdin) > 0) {
    if (!take_line (scorer, line, ++number) || !cli_flush_output ())
      status = CLI_FAILED;
  }
  free (line);
  if (ferror (stdin)) {
    cli_message ("cannot read the input: %s", g_strerror (errno));
    status = CLI_FAILED;
  }
  return status;
}

int
cli_score (int argc, char **argv)
{
  g_auto (Options) options = { .length_penalty = NAN };
  g_auto (Scorer) scorer = { .options = &options };
  g_autoptr (GError) error = NULL;
  int status;

  if (!parse_options (&options, argc, argv))
    return CLI_USAGE;
  if (!scorer_open (&scorer, &error)) {
    if (error)
      cli_message ("%s", error->message);
    return CLI_FAILED;
  }
  status = score_input (&scorer);
  print_sums (&scorer);
  return status;
}
