/* ssm-subtitle: which files are translated, and what the translations are called
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "files.h"

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>
#include <gst/tag/tag.h>
#include <ssmt/ssmt.h>

#include "film.h"
#include "report.h"

#define MAX_DEPTH 32 /* folders in folders */
#define UNKNOWN_KIND                                                                               \
  "not a kind of file that is known: .srt .vtt .ass .ssa .ttml .dfxp .xml, .mkv .webm .mp4 .m4v "  \
  ".mov "                                                                                          \
  "are"

static SubInput *
input_new (const char *path, const char *folder, const GStatBuf *status)
{
  SubInput *input = g_new0 (SubInput, 1);

  input->path = g_strdup (path);
  input->folder = g_strdup (folder);
  input->is_film = sub_film_has_name (path);
  input->bytes = status->st_size;
  return input;
}

void
sub_input_free (SubInput *input)
{
  g_free (input->path);
  g_free (input->folder);
  g_free (input);
}

/* --- languages in names ---------------------------------------------------- */

static gboolean
is_language (const char *word)
{
  g_autofree char *code = g_strdup (word);
  gsize n = strcspn (code, "-_");

  if (n < 2 || n > 3 || !g_ascii_islower (code[0]) || !g_ascii_islower (code[1]))
    return FALSE;
  code[n] = '\0';
  return gst_tag_get_language_code_iso_639_1 (code) != NULL;
}

/* What stands behind the language in some names. */
static gboolean
is_kind (const char *word)
{
  static const char *const kinds[] = { "sdh", "cc", "forced", "default", "full", NULL };
  g_autofree char *lower = g_ascii_strdown (word, -1);

  return g_strv_contains (kinds, lower);
}

/* The words of a name without its extension, and which of them is a language; -1: none. */
static char **
split_name (const char *name, gint *language)
{
  const char *dot = strrchr (name, '.');
  g_autofree char *stem = g_strndup (name, dot && dot > name ? dot - name : (gssize) strlen (name));
  char **words = g_strsplit (stem, ".", -1);
  gint last = (gint) g_strv_length (words) - 1;

  if (last > 1 && is_kind (words[last]))
    last--;
  *language = last > 0 && is_language (words[last]) ? last : -1;
  return words;
}

char *
sub_files_dup_language (const char *name)
{
  gint language;
  g_auto (GStrv) words = split_name (name, &language);
  g_autofree char *code = language >= 0 ? g_strdup (words[language]) : NULL;

  if (!code)
    return NULL;
  code[strcspn (code, "-_")] = '\0';
  return g_strdup (gst_tag_get_language_code_iso_639_1 (code));
}

char *
sub_files_output (
    const SubInput *input, const char *source, const char *infix, const char *extension)
{
  g_autofree char *base = g_path_get_basename (input->path);
  g_autofree char *says = sub_files_dup_language (base);
  g_autofree char *stem = NULL, *name = NULL;
  gint language;
  g_auto (GStrv) words = split_name (base, &language);

  if (says && source && ssmt_language_is_same (says, source)) {
    g_free (words[language]);
    words[language] = g_strdup (infix);
    stem = g_strjoinv (".", words);
    name = g_strconcat (stem, extension, NULL);
  } else {
    stem = g_strjoinv (".", words);
    name = g_strdup_printf ("%s.%s%s", stem, infix, extension);
  }
  if (strcmp (input->folder, ".") == 0 && !g_str_has_prefix (input->path, "./"))
    return g_steal_pointer (&name);
  return g_build_filename (input->folder, name, NULL);
}

/* --- folders --------------------------------------------------------------- */

typedef struct {
  const SubOptions *options;
  GPtrArray *inputs;
  GHashTable *seen; /* of paths */
  guint n_bad;
} Search;

/* In a folder, what is in another language is not to be translated, and our own work least of all. */
static gboolean
is_wanted (const SubOptions *options, const char *name)
{
  const SubRoute *route = options->routes->pdata[0];
  g_autofree char *language = sub_files_dup_language (name);

  if (name[0] == '.' || (!sub_film_has_name (name) && !sub_format_find (name)))
    return FALSE;
  /* a page, a feed: who means a subtitle file names it */
  if (g_str_has_suffix (name, ".xml"))
    return FALSE;
  return !language || !route->source || ssmt_language_is_same (language, route->source);
}

static void
add_file (Search *search, const char *path, const char *folder, const GStatBuf *status)
{
  if (g_hash_table_add (search->seen, g_canonicalize_filename (path, NULL)))
    g_ptr_array_add (search->inputs, input_new (path, folder, status));
}

/* What cannot even be looked at. */
static void
add_bad (Search *search, const char *path, const char *reason)
{
  sub_message ("%s: %s", path, reason);
  if (search->options->json)
    sub_report_write (&(SubReport){ .file = path, .status = "failed", .reason = reason });
  search->n_bad++;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static void
add_folder (Search *search, const char *path, const char *output, guint depth)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (!dir) {
    add_bad (search, path, error->message);
    return;
  }
  while ((name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *child = g_build_filename (path, names->pdata[i], NULL);
    GStatBuf status;

    name = names->pdata[i];
    if (g_stat (child, &status) != 0)
      continue;
    if (S_ISREG (status.st_mode) && is_wanted (search->options, name)) {
      add_file (search, child, output ? output : path, &status);
    } else if (S_ISDIR (status.st_mode) && search->options->recursive && name[0] != '.'
        && depth < MAX_DEPTH && !g_file_test (child, G_FILE_TEST_IS_SYMLINK)) {
      g_autofree char *below = output ? g_build_filename (output, name, NULL) : NULL;

      add_folder (search, child, below, depth + 1);
    }
  }
}

static void
add_path (Search *search, const char *path)
{
  const SubOptions *options = search->options;
  GStatBuf status;

  if (g_stat (path, &status) != 0) {
    add_bad (search, path, g_strerror (errno));
  } else if (S_ISDIR (status.st_mode)) {
    add_folder (search, path, options->output, 0);
  } else if (!sub_film_has_name (path) && !sub_format_find (path)) {
    add_bad (search, path, UNKNOWN_KIND);
  } else {
    g_autofree char *folder = g_path_get_dirname (path);

    add_file (search, path, options->output ? options->output : folder, &status);
  }
}

GPtrArray *
sub_files_find (const SubOptions *options, guint *n_bad)
{
  Search search = { .options = options };

  search.inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) sub_input_free);
  search.seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; options->paths[i]; i++)
    add_path (&search, options->paths[i]);
  g_hash_table_unref (search.seen);
  *n_bad = search.n_bad;
  return search.inputs;
}

/* --- lists ------------------------------------------------------------------ */

/* Whether a name leads nowhere but below the folder that it begins in. */
static gboolean
is_below (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  return path[0] != '/' && !g_strv_contains ((const char *const *) parts, "..");
}

static char *
dup_folder (const SubOptions *options, const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  if (!options->output)
    return g_steal_pointer (&folder);
  return strcmp (folder, ".") == 0 ? g_strdup (options->output)
                                   : g_build_filename (options->output, folder, NULL);
}

SubInput *
sub_files_input (const SubOptions *options, const char *path, GError **error)
{
  g_autofree char *folder = NULL;
  GStatBuf status;

  if (!sub_film_has_name (path) && !sub_format_find (path)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, UNKNOWN_KIND);
  } else if (g_stat (path, &status) != 0) {
    int code = errno;

    g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (code), g_strerror (code));
  } else if (!S_ISREG (status.st_mode)) {
    g_set_error_literal (
        error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "not a file: a list names files alone");
  } else if (options->output && !is_below (path)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "with --output a list has names below the current folder, which they keep");
  } else {
    folder = dup_folder (options, path);
    return input_new (path, folder, &status);
  }
  return NULL;
}
