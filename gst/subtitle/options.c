/* ssm-subtitle: what the user asks for
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <ssmt/ssmt.h>

#include "engine/files/printable.h"

#define USAGE 2
#define MAX_JOBS 64
/* Unless more are asked for. */
#define MAX_OWN_JOBS 8

void
sub_message (const char *format, ...)
{
  g_autofree char *message = NULL, *printable = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  printable = ssmt_dup_printable (message);
  fprintf (stderr, "ssmt subtitle: %s\n", printable);
}

/* What GOption fills and the options do not keep. */
typedef struct {
  char *to;
  gint threads, beam_size, max_columns, max_lines, max_cps;
} Raw;

static gboolean
read_options (SubOptions *self, Raw *raw, int *argc, char ***argv, GError **error)
{
  const GOptionEntry languages[] = {
    { "to", 0, 0, G_OPTION_ARG_STRING, &raw->to,
        "Languages to translate to (default: what the default model writes)",
        "LANGUAGE[,LANGUAGE...]" },
    { "from", 0, 0, G_OPTION_ARG_STRING, &self->source,
        "Language to translate from (default: what the model reads)", "LANGUAGE" },
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &self->model,
        "Model: a folder, the name of an installed one, or a pair as en-fr (default: the best "
        "installed one for the languages)",
        "MODEL" },
    { "encoding", 0, 0, G_OPTION_ARG_STRING, &self->encoding,
        "What files that are no UTF-8 are in (default: WINDOWS-1252)", "NAME" },
    { NULL },
  };
  const GOptionEntry files[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &self->output,
        "Where translations go (default: beside their sources)", "FOLDER" },
    { "files-from", 0, 0, G_OPTION_ARG_FILENAME, &self->files_from,
        "Take names of files from there, a line each, as they come; - is standard input", "FILE" },
    { "recursive", 'r', 0, G_OPTION_ARG_NONE, &self->recursive, "Folders in folders, too", NULL },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &self->jobs,
        "Files at once (default: processors, at most 8)", "N" },
    { "force", 0, 0, G_OPTION_ARG_NONE, &self->force, "Write over what is there", NULL },
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &self->dry_run, "Only say what would be written",
        NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &self->quiet, "Only say what failed", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &self->json,
        "Print a line of JSON on standard output for each file, when it is done", NULL },
    { NULL },
  };
  const GOptionEntry films[] = {
    { "beside", 0, 0, G_OPTION_ARG_NONE, &self->beside,
        "Write subtitle files beside films (default: films with added tracks)", NULL },
    { "burn", 0, 0, G_OPTION_ARG_NONE, &self->burn, "Draw the translation into the picture", NULL },
    { "track", 0, 0, G_OPTION_ARG_INT, &self->track,
        "Text track to translate (default: the first in the language)", "N" },
    { NULL },
  };
  const GOptionEntry text[] = {
    { "glossary", 'g', 0, G_OPTION_ARG_FILENAME, &self->glossary,
        "Terms that hold, a line each: source, tab, target", "FILE" },
    { "sentences", 0, 0, G_OPTION_ARG_NONE, &self->sentences,
        "Translate sentences over several cues as one", NULL },
    { "context", 'c', 0, G_OPTION_ARG_STRING, &self->context,
        "What a cue knows of those before it: none or document (default)", "CONTEXT" },
    { "quotes", 0, 0, G_OPTION_ARG_STRING, &self->quotes,
        "Quotation marks as in the source (default) or the target", "LANGUAGE" },
    { "beam", 'b', 0, G_OPTION_ARG_INT, &raw->beam_size,
        "Translations weighed against each other (default: 1)", "N" },
    { "max-columns", 0, 0, G_OPTION_ARG_INT, &raw->max_columns, "Columns of a line at most", "N" },
    { "max-lines", 0, 0, G_OPTION_ARG_INT, &raw->max_lines, "Lines of a cue at most", "N" },
    { "max-cps", 0, 0, G_OPTION_ARG_INT, &raw->max_cps, "Characters a second at most", "N" },
    { "device", 'd', 0, G_OPTION_ARG_STRING, &self->device, "What computes: auto, cpu, cuda",
        "NAME" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &raw->threads,
        "Threads that compute (default: physical cores, at most 4)", "N" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->paths, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("FILE|FOLDER...");

  g_option_context_set_summary (context,
      "Translates subtitle files (.srt .vtt .ass .ssa .ttml .dfxp .xml) and the text tracks of "
      "films "
      "(.mkv .webm .mp4 .m4v .mov).\nTimes, positions, styles and italics stay. film.en.srt "
      "becomes film.pt.srt, film.mkv a film.pt.mkv\nwith one more track; what is there already "
      "stays, so the same command goes on after an interruption.");
  g_option_context_add_main_entries (context, languages, NULL);
  g_option_context_add_main_entries (context, files, NULL);
  g_option_context_add_main_entries (context, films, NULL);
  g_option_context_add_main_entries (context, text, NULL);
  return g_option_context_parse (context, argc, argv, error);
}

static gboolean
check_numbers (SubOptions *self, const Raw *raw)
{
  const struct {
    const char *name;
    gint value, maximum;
  } numbers[] = {
    { "jobs", self->jobs, MAX_JOBS },
    { "track", self->track, 1000 },
    { "threads", raw->threads, 1024 },
    { "beam", raw->beam_size, 16 },
    { "max-columns", raw->max_columns, 10000 },
    { "max-lines", raw->max_lines, 100 },
    { "max-cps", raw->max_cps, 1000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    if (numbers[i].value < 0 || numbers[i].value > numbers[i].maximum) {
      sub_message ("--%s must be from 0 to %d", numbers[i].name, numbers[i].maximum);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
check_word (const char *name, const char *value, const char *one, const char *other)
{
  if (!value || strcmp (value, one) == 0 || strcmp (value, other) == 0)
    return TRUE;
  sub_message ("--%s is %s or %s", name, one, other);
  return FALSE;
}

static gboolean
check (SubOptions *self, const Raw *raw)
{
  if (!check_numbers (self, raw) || !check_word ("context", self->context, "none", "document")
      || !check_word ("quotes", self->quotes, "source", "target"))
    return FALSE;
  if (self->files_from && self->paths)
    sub_message ("--files-from names all files, there are none beside it");
  else if (!self->files_from && !self->paths)
    sub_message ("no file is named; see \"ssmt subtitle --help\"");
  else if (self->beside && self->burn)
    sub_message ("--beside and --burn do not go together");
  else if (self->targets && self->targets[0] && self->targets[1] && self->model)
    sub_message ("--model is one model: with it --to is one language");
  else if (self->targets && self->targets[0] && self->targets[1] && self->glossary)
    sub_message ("--glossary is for one language: with it --to is one language");
  else
    return TRUE;
  return FALSE;
}

static void
keep_settings (SubOptions *self, const Raw *raw)
{
  self->settings = (SubSettings){
    .device = self->device,
    .glossary = self->glossary,
    .context = self->context,
    .segmentation = self->sentences ? "sentence" : NULL,
    .quotes = self->quotes,
    .threads = raw->threads,
    .beam_size = raw->beam_size,
    .max_columns = raw->max_columns,
    .max_lines = raw->max_lines,
    .max_cps = raw->max_cps,
  };
  if (self->jobs == 0)
    self->jobs = MIN (g_get_num_processors (), MAX_OWN_JOBS);
}

static gboolean
find_routes (SubOptions *self)
{
  guint n = self->targets ? g_strv_length (self->targets) : 1;

  self->routes = g_ptr_array_new_with_free_func ((GDestroyNotify) sub_route_free);
  for (guint i = 0; i < n; i++) {
    g_autoptr (GError) error = NULL;
    SubRoute *route =
        sub_route_find (self->model, self->source, self->targets ? self->targets[i] : NULL, &error);

    if (!route) {
      sub_message ("%s", error ? error->message : "no model is installed");
      return FALSE;
    }
    g_ptr_array_add (self->routes, route);
  }
  return TRUE;
}

gboolean
sub_options_parse (SubOptions *self, int argc, char **argv, int *status)
{
  g_autoptr (GError) error = NULL;
  Raw raw = { NULL };
  gboolean good;

  *self = (SubOptions){ NULL };
  *status = USAGE;
  g_set_prgname ("ssmt subtitle");
  good = read_options (self, &raw, &argc, &argv, &error);
  if (!good)
    sub_message ("%s; see \"ssmt subtitle --help\"", error->message);
  if (raw.to)
    self->targets = g_strsplit (raw.to, ",", -1);
  g_free (raw.to);
  for (guint i = 0; good && self->targets && self->targets[i]; i++) {
    if (g_strstrip (self->targets[i])[0] == '\0') {
      sub_message ("--to has an empty code");
      good = FALSE;
    }
  }
  if (!good || !check (self, &raw))
    return FALSE;
  keep_settings (self, &raw);
  *status = 1;
  return find_routes (self);
}

guint
sub_options_settle_jobs (SubOptions *self, guint n_files)
{
  guint jobs = CLAMP (n_files, 1, (guint) self->jobs);

  if (jobs > 1 && self->settings.threads == 0)
    self->settings.threads = 1;
  return jobs;
}

void
sub_options_clear (SubOptions *self)
{
  g_strfreev (self->paths);
  g_strfreev (self->targets);
  g_free (self->source);
  g_free (self->model);
  g_free (self->output);
  g_free (self->files_from);
  g_free (self->encoding);
  g_free (self->device);
  g_free (self->glossary);
  g_free (self->context);
  g_free (self->quotes);
  g_clear_pointer (&self->routes, g_ptr_array_unref);
}
