/* ssmtranslate: what `ssmt fetch` does
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/fetch-job.h"

#include <string.h>

#include "engine/cli/fetch-file.h"
#include "engine/cli/fetch-folder.h"
#include "ssmt/ssmt-catalog.h"

/* Mozilla's models; the registry itself says nothing of a licence (docs/models.md). */
#define MOZILLA "https://storage.googleapis.com/moz-fx-translations-data"
#define MOZILLA_LICENSE "MPL-2.0"

void
fetch_job_clear (FetchJob *job)
{
  g_clear_pointer (&job->registry, registry_free);
  g_clear_pointer (&job->entries, g_ptr_array_unref);
  g_free (job->folder);
}

const char *
fetch_job_get_default_registry (void)
{
  const char *set = g_getenv ("SSMT_REGISTRY");

  return set && *set ? set : FETCH_REGISTRY;
}

Registry *
fetch_registry (FetchHttp *http, const char *url, GCancellable *cancellable, GError **error)
{
  g_autoptr (GBytes) text = fetch_http_get (http, url, REGISTRY_MAX_BYTES, cancellable, error);
  gsize length;
  const char *data;

  if (!text)
    return NULL;
  data = g_bytes_get_data (text, &length);
  return registry_parse (data ? data : "", length, url, error);
}

/* --- choosing --------------------------------------------------------------- */

static gboolean
choose (FetchJob *job, GError **error)
{
  g_autoptr (GString) others = g_string_new (NULL);

  for (guint i = 0; i < job->entries->len; i++) {
    RegistryEntry *entry = job->entries->pdata[i];

    if (!job->architecture || strcmp (entry->architecture, job->architecture) == 0) {
      job->entry = entry;
      return TRUE;
    }
    g_string_append_printf (others, "%s\"%s\"", i > 0 ? ", " : "", entry->architecture);
  }
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND,
      "%s: has no model for %s of the architecture \"%s\", only of %s", job->from, job->pair,
      job->architecture, others->str);
  return FALSE;
}

/* NAME of the user's models is the pair; of an architecture that was asked for, both. */
static char *
get_folder (const FetchJob *job)
{
  g_autofree char *models = ssmt_catalog_get_user_folder ();
  g_autofree char *name = job->architecture
      ? g_strdup_printf ("%s-%s", job->pair, job->architecture)
      : g_strdup (job->pair);

  g_autofree char *folder =
      job->to ? g_canonicalize_filename (job->to, NULL) : g_build_filename (models, name, NULL);
  g_autofree char *target = g_file_read_link (folder, NULL);
  g_autofree char *parent = g_path_get_dirname (folder);

  /* of a link what it leads to is replaced, not the link */
  return target ? g_canonicalize_filename (target, parent) : g_steal_pointer (&folder);
}

/* The entry as it is, and what its reader wants to know besides. */
static JsonObject *
make_card (const FetchJob *job)
{
  const RegistryEntry *entry = job->entry;
  JsonObject *card = json_object_new ();
  g_autoptr (GList) keys = json_object_get_members (entry->json);

  for (GList *key = keys; key; key = key->next)
    json_object_set_member (
        card, key->data, json_node_copy (json_object_get_member (entry->json, key->data)));
  json_object_set_string_member (card, "sourceLanguage", entry->source);
  json_object_set_string_member (card, "targetLanguage", entry->target);
  if (!json_object_has_member (card, "license")
      && g_str_has_prefix (registry_get_base (job->registry), MOZILLA))
    json_object_set_string_member (card, "license", MOZILLA_LICENSE);
  json_object_set_string_member (card, "registry", job->from);
  return card;
}

/* --- doing ------------------------------------------------------------------ */

static gboolean
fetch_files (
    FetchJob *job, FetchHttp *http, const char *folder, GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < job->entry->files->len; i++) {
    const RegistryFile *file = job->entry->files->pdata[i];
    g_autofree char *url = registry_get_url (job->registry, file);

    if (!fetch_file (http, url, file, folder, cancellable, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
fetch_model (FetchJob *job, FetchHttp *http, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonObject) card = make_card (job);
  g_autoptr (FetchFolder) folder = NULL;

  if (!fetch_folder_check (job->folder, card, job->entry->files, &job->current, error))
    return FALSE;
  if (job->current)
    return TRUE;
  folder = fetch_folder_open (job->folder, cancellable, error);
  /* once more: another process may have put it there meanwhile */
  if (!folder || !fetch_folder_check (job->folder, card, job->entry->files, &job->current, error))
    return FALSE;
  return job->current
      || (fetch_folder_begin (folder, card, error)
          && fetch_files (job, http, fetch_folder_get_part (folder), cancellable, error)
          && fetch_folder_finish (folder, error));
}

gboolean
fetch_job_run (FetchJob *job, GCancellable *cancellable, GError **error)
{
  g_autoptr (FetchHttp) http = NULL;

  job->folder = get_folder (job);
  http = fetch_http_new (error);
  if (!http)
    return FALSE;
  job->registry = fetch_registry (http, job->from, cancellable, error);
  if (!job->registry)
    return FALSE;
  job->entries = registry_get_entries (job->registry, job->pair, error);
  if (!job->entries || !choose (job, error))
    return FALSE;
  return job->list || fetch_model (job, http, cancellable, error);
}
