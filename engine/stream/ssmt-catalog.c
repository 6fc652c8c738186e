/* ssmtranslate: the models that are installed
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt/ssmt-catalog.h"

#include <string.h>

#include "engine/tokens/languages.h"
#include "engine/stream/model-info-private.h"

/* --- places --------------------------------------------------------------- */

char *
ssmt_catalog_get_user_folder (void)
{
  return g_build_filename (g_get_user_data_dir (), "ssmtranslate", "models", NULL);
}

static void
add_data_folder (GPtrArray *places, const char *folder)
{
  g_ptr_array_add (places, g_build_filename (folder, "ssmtranslate", "models", NULL));
  g_ptr_array_add (places, g_build_filename (folder, "ssmt-1.0", "models", NULL));
}

/* Folders that hold models, the first to be asked first. */
static GPtrArray *
get_places (void)
{
  GPtrArray *places = g_ptr_array_new_with_free_func (g_free);
  const char *const *folders = g_get_system_data_dirs ();

  add_data_folder (places, g_get_user_data_dir ());
  for (guint i = 0; folders[i]; i++)
    add_data_folder (places, folders[i]);
  add_data_folder (places, SSMT_DATA_DIR);
  return places;
}

/* The folder that SSMT_MODEL_PATH names, or NULL. */
static SsmtModelInfo *
get_named (void)
{
  const char *path = g_getenv ("SSMT_MODEL_PATH");

  return path && *path ? ssmt_model_info_new (path, NULL) : NULL;
}

/* --- listing -------------------------------------------------------------- */

/* Takes `info`, unless one of its name is there. */
static void
add_model (GPtrArray *models, SsmtModelInfo *info)
{
  for (guint i = 0; i < models->len; i++) {
    const SsmtModelInfo *other = models->pdata[i];

    if (strcmp (other->name, info->name) == 0) {
      ssmt_model_info_unref (info);
      return;
    }
  }
  g_ptr_array_add (models, info);
}

static void
add_models_in (GPtrArray *models, const char *place)
{
  g_autoptr (GDir) dir = g_dir_open (place, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (place, name, NULL);
    /* what `ssmt fetch` has not finished begins with a point */
    SsmtModelInfo *info = *name != '.' ? ssmt_model_info_new (path, NULL) : NULL;

    if (info)
      add_model (models, info);
  }
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(SsmtModelInfo *const *) a)->name, (*(SsmtModelInfo *const *) b)->name);
}

GPtrArray *
ssmt_catalog_list (void)
{
  GPtrArray *models = g_ptr_array_new_with_free_func ((GDestroyNotify) ssmt_model_info_unref);
  g_autoptr (GPtrArray) places = get_places ();
  SsmtModelInfo *named = get_named ();

  if (named)
    g_ptr_array_add (models, named);
  for (guint i = 0; i < places->len; i++)
    add_models_in (models, places->pdata[i]);
  g_ptr_array_sort (models, compare_names);
  return models;
}

/* --- choosing ------------------------------------------------------------- */

static gboolean
fits (const SsmtModelInfo *info, const char *source, const char *target)
{
  return !info->problem
      && (!source || (info->source && ssmt_language_matches (info->source, source)))
      && (!target || (info->target && ssmt_language_matches (info->target, target)));
}

static gboolean
is_better (const SsmtModelInfo *a, const SsmtModelInfo *b)
{
  int order = ssmt_quality_compare (&a->quality, &b->quality);

  if (order == 0)
    order = a->carries_state - b->carries_state;
  return order > 0;
}

/* The best of `models`, which are in the order of their names; NULL: none fits. */
static const SsmtModelInfo *
choose (GPtrArray *models, const char *source, const char *target)
{
  const SsmtModelInfo *best = NULL;

  for (guint i = 0; i < models->len; i++) {
    const SsmtModelInfo *info = models->pdata[i];

    if (fits (info, source, target) && (!best || is_better (info, best)))
      best = info;
  }
  return best;
}

static char *
find_pair_in (GPtrArray *models, const char *source, const char *target)
{
  SsmtModelInfo *named = get_named ();
  const SsmtModelInfo *best =
      named && fits (named, source, target) ? named : choose (models, source, target);
  char *path = best ? g_strdup (best->path) : NULL;

  g_clear_pointer (&named, ssmt_model_info_unref);
  return path;
}

/* --- errors --------------------------------------------------------------- */

static char *
list_names (GPtrArray *models)
{
  GString *text = g_string_new (models->len > 0 ? "installed: " : "none is installed");

  for (guint i = 0; i < models->len; i++) {
    const SsmtModelInfo *info = models->pdata[i];
    g_autofree char *name = g_filename_display_name (info->name);

    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", name);
    if (info->source && info->target)
      g_string_append_printf (text, " (%s-%s)", info->source, info->target);
  }
  return g_string_free (text, FALSE);
}

/* `pair`: what `ssmt fetch` could get; NULL: nothing. */
static void
fail (GPtrArray *models, const char *what, const char *pair, GError **error)
{
  g_autofree char *names = list_names (models);

  if (pair)
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND,
        "there is no model %s (%s); \"ssmt fetch %s\" gets one where there is one", what, names,
        pair);
  else
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND,
        "there is no model %s (%s); \"ssmt models --available\" lists what can be fetched", what,
        names);
}

/* --- finding -------------------------------------------------------------- */

char *
ssmt_catalog_find_pair (const char *source, const char *target, GError **error)
{
  g_autoptr (GPtrArray) models = NULL;
  g_autofree char *what = NULL, *pair = NULL;
  char *path;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  models = ssmt_catalog_list ();
  path = find_pair_in (models, source, target);
  if (path)
    return path;
  what = g_strdup_printf ("that reads %s%s%s and writes %s%s%s", source ? "\"" : "",
      source ? source : "anything", source ? "\"" : "", target ? "\"" : "",
      target ? target : "anything", target ? "\"" : "");
  if (source && target) {
    g_autofree char *from = ssmt_language_to_code (source), *to = ssmt_language_to_code (target);

    pair = g_strdup_printf ("%s-%s", from, to);
  }
  fail (models, what, pair, error);
  return NULL;
}

char *
ssmt_catalog_find (const char *name, GError **error)
{
  g_autoptr (GPtrArray) models = NULL;
  g_autofree char *source = NULL, *target = NULL, *shown = NULL, *what = NULL;
  char *path = NULL;
  gboolean is_pair;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (strchr (name, G_DIR_SEPARATOR) || strcmp (name, ".") == 0 || strcmp (name, "..") == 0)
    return g_strdup (name);
  models = ssmt_catalog_list ();
  for (guint i = 0; i < models->len; i++) {
    const SsmtModelInfo *info = models->pdata[i];

    if (strcmp (info->name, name) == 0)
      return g_strdup (info->path);
  }
  is_pair = ssmt_pair_split (name, &source, &target);
  if (is_pair)
    path = find_pair_in (models, source, target);
  if (path)
    return path;
  if (g_file_test (name, G_FILE_TEST_IS_DIR))
    return g_strdup (name);
  shown = g_filename_display_name (name);
  what = g_strdup_printf ("\"%s\"", shown);
  fail (models, what, is_pair ? name : NULL, error);
  return NULL;
}
