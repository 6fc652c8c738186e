/* ssmtranslate: the models that the elements of a process share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table holds weak references: a model lives as long as an element uses
 * it. It is not locked while a model loads, so that one element's loading does
 * not hold up others; a second caller of the same model waits for the first.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtmodels.h"

typedef struct {
  GWeakRef model;
  gboolean loading;
} Entry;

static GMutex lock;
static GCond loaded;        /* an entry has stopped loading */
static GHashTable *entries; /* of Entry, by key; under `lock`, entries too */

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_weak_ref_clear (&entry->model);
  g_free (entry);
}

/* `held` gets what it looks at: the last reference may be this one, and a model takes its time to go. */
static gboolean
entry_is_dead (gpointer key, gpointer value, gpointer held)
{
  Entry *entry = value;
  SsmtModel *model = g_weak_ref_get (&entry->model);

  if (model)
    g_ptr_array_add (held, model);
  return model == NULL && !entry->loading;
}

/* Takes the lock: an entry whose model is wanted, marked as loading, or a model. */
static Entry *
begin (const char *key, SsmtModel **model)
{
  g_autoptr (GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);
  Entry *entry;

  g_mutex_lock (&lock);
  if (!entries)
    entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  while ((entry = g_hash_table_lookup (entries, key)) && entry->loading)
    g_cond_wait (&loaded, &lock);
  *model = entry ? g_weak_ref_get (&entry->model) : NULL;
  if (*model) {
    entry = NULL;
  } else {
    g_hash_table_foreach_remove (entries, entry_is_dead, held);
    entry = g_new0 (Entry, 1);
    g_weak_ref_init (&entry->model, NULL);
    entry->loading = TRUE;
    g_hash_table_insert (entries, g_strdup (key), entry);
  }
  g_mutex_unlock (&lock);
  return entry;
}

SsmtModel *
gst_ssmt_models_get (const char *path, const char *device, guint threads, GError **error)
{
  g_autofree char *full_path = g_canonicalize_filename (path, NULL);
  g_autofree char *key =
      g_strdup_printf ("%u\n%s\n%s", threads, device ? device : "auto", full_path);
  SsmtModel *model;
  Entry *entry = begin (key, &model);

  if (!entry)
    return model;

  model = ssmt_model_load (path, device, threads, error);

  g_mutex_lock (&lock);
  g_weak_ref_set (&entry->model, model);
  entry->loading = FALSE;
  g_cond_broadcast (&loaded);
  if (!model)
    g_hash_table_remove (entries, key);
  g_mutex_unlock (&lock);
  return model;
}
