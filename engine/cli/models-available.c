/* ssmt models --available: what can be fetched
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/cli-table.h"
#include "engine/cli/cli.h"
#include "engine/cli/fetch-job.h"
#include "engine/cli/models-common.h"

/* Pairs as keys. */
static GHashTable *
get_installed_pairs (void)
{
  GHashTable *pairs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) models = ssmt_catalog_list ();

  for (guint i = 0; i < models->len; i++) {
    char *pair = models_dup_pair (models->pdata[i]);

    if (pair)
      g_hash_table_add (pairs, pair);
  }
  return pairs;
}

static void
add_available (CliTable *table, JsonBuilder *json, const RegistryEntry *entry, gboolean installed)
{
  if (!json) {
    cli_table_add (table, entry->pair);
    cli_table_add (table, *entry->architecture ? entry->architecture : NULL);
    cli_table_add (table, *entry->status ? entry->status : "not released");
    cli_table_add_bytes (table, entry->bytes);
    cli_table_add (table, installed ? "yes" : NULL);
    cli_table_add (table, entry->quality.text);
    return;
  }
  json_builder_begin_object (json);
  models_add_string (json, "pair", entry->pair);
  models_add_string (json, "architecture", *entry->architecture ? entry->architecture : NULL);
  models_add_string (json, "status", *entry->status ? entry->status : NULL);
  models_add_boolean (json, "released", entry->released);
  models_add_bytes (json, entry->bytes);
  models_add_boolean (json, "installed", installed);
  models_add_string (json, "quality", entry->quality.text);
  json_builder_end_object (json);
}

/* What is wrong in the registry is told and the rest listed. FALSE: something is. */
static gboolean
list_available (Registry *registry, CliTable *table, JsonBuilder *json)
{
  g_autoptr (GHashTable) installed = get_installed_pairs ();
  GPtrArray *pairs = registry_get_pairs (registry);
  gboolean good = TRUE;

  for (guint i = 0; i < pairs->len; i++) {
    const char *pair = pairs->pdata[i];
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) entries = registry_get_entries (registry, pair, &error);

    if (error) {
      cli_message ("%s", error->message);
      good = FALSE;
    }
    for (guint j = 0; entries && j < entries->len; j++)
      add_available (table, json, entries->pdata[j], g_hash_table_contains (installed, pair));
  }
  return good;
}

static gboolean
print_available (const ModelsOptions *options, GError **error)
{
  static const char *const heads[] = { "PAIR", "ARCHITECTURE", "STATUS", "MODEL", "INSTALLED",
    "QUALITY" };
  const char *from = options->from ? options->from : fetch_job_get_default_registry ();
  g_autoptr (FetchHttp) http = fetch_http_new (error);
  g_autoptr (Registry) registry = http ? fetch_registry (http, from, NULL, error) : NULL;
  g_autoptr (JsonBuilder) json = options->json ? json_builder_new () : NULL;
  g_auto (CliTable) table = { 0 };
  gboolean good;

  if (!registry)
    return FALSE;
  if (json)
    json_builder_begin_array (json);
  cli_table_init (&table, G_N_ELEMENTS (heads));
  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    cli_table_add (&table, heads[i]);
  good = list_available (registry, &table, json);
  if (json) {
    json_builder_end_array (json);
    cli_print_json (json);
  } else {
    cli_table_print (&table);
  }
  return good;
}

int
cli_models (int argc, char **argv)
{
  g_auto (ModelsOptions) options = { FALSE };
  g_autoptr (GError) error = NULL;
  gboolean good;

  if (!models_options_parse (&options, &argc, &argv))
    return CLI_USAGE;
  fetch_http_init ();
  good = print_available (&options, &error);
  if (error)
    cli_message ("%s", error->message);
  return cli_flush_output () && good ? 0 : CLI_FAILED;
}
