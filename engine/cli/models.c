/* ssmt models: what is installed, and what can be fetched
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli-table.h"
#include "engine/cli/cli.h"
#include "engine/cli/fetch-job.h"

typedef struct {
  gboolean available, json;
  char *from;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->from);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static char *
get_pair (const SsmtModelInfo *info)
{
  const char *source = ssmt_model_info_get_source_language (info);
  const char *target = ssmt_model_info_get_target_language (info);

  return source && target ? g_strdup_printf ("%s-%s", source, target) : NULL;
}

/* --- JSON ------------------------------------------------------------------- */

static void
add_string (JsonBuilder *json, const char *key, const char *value)
{
  json_builder_set_member_name (json, key);
  if (value)
    json_builder_add_string_value (json, value);
  else
    json_builder_add_null_value (json);
}

static void
add_bytes (JsonBuilder *json, guint64 bytes)
{
  json_builder_set_member_name (json, "bytes");
  json_builder_add_int_value (json, (gint64) bytes);
}

static void
add_boolean (JsonBuilder *json, const char *key, gboolean value)
{
  json_builder_set_member_name (json, key);
  json_builder_add_boolean_value (json, value);
}

/* --- installed ---------------------------------------------------------------- */

static void
print_installed_json (GPtrArray *models)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();

  json_builder_begin_array (json);
  for (guint i = 0; i < models->len; i++) {
    const SsmtModelInfo *info = models->pdata[i];
    g_autofree char *path = g_filename_display_name (ssmt_model_info_get_path (info));
    g_autofree char *name = g_filename_display_name (ssmt_model_info_get_name (info));

    json_builder_begin_object (json);
    add_string (json, "name", name);
    add_string (json, "path", path);
    add_string (json, "source", ssmt_model_info_get_source_language (info));
    add_string (json, "target", ssmt_model_info_get_target_language (info));
    add_string (json, "kind", ssmt_model_info_get_kind (info));
    add_bytes (json, ssmt_model_info_get_bytes (info));
    add_string (json, "license", ssmt_model_info_get_license (info));
    add_boolean (json, "carries_state", ssmt_model_info_get_carries_state (info));
    add_string (json, "quality", ssmt_model_info_get_quality (info));
    add_string (json, "problem", ssmt_model_info_get_problem (info));
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
  cli_print_json (json);
}

static void
print_installed_table (GPtrArray *models)
{
  static const char *const heads[] = { "NAME", "PAIR", "KIND", "SIZE", "LICENCE", "STATE",
    "QUALITY", "FOLDER" };
  g_auto (CliTable) table;

  cli_table_init (&table, G_N_ELEMENTS (heads));
  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    cli_table_add (&table, heads[i]);
  for (guint i = 0; i < models->len; i++) {
    const SsmtModelInfo *info = models->pdata[i];
    g_autofree char *pair = get_pair (info);

    cli_table_add (&table, ssmt_model_info_get_name (info));
    cli_table_add (&table, pair);
    cli_table_add (
        &table, ssmt_model_info_get_problem (info) ? "damaged" : ssmt_model_info_get_kind (info));
    cli_table_add_bytes (&table, ssmt_model_info_get_bytes (info));
    cli_table_add (&table, ssmt_model_info_get_license (info));
    cli_table_add (&table, ssmt_model_info_get_carries_state (info) ? "carried" : NULL);
    cli_table_add (&table, ssmt_model_info_get_quality (info));
    cli_table_add (&table, ssmt_model_info_get_path (info));
  }
  cli_table_print (&table);
}

static void
print_installed (gboolean json)
{
  g_autoptr (GPtrArray) models = ssmt_catalog_list ();

  if (json) {
    print_installed_json (models);
    return;
  }
  if (models->len == 0)
    cli_message ("no model is installed; \"ssmt fetch en-fr\" gets one, "
                 "\"ssmt models --available\" lists the pairs");
  else
    print_installed_table (models);
  for (guint i = 0; i < models->len; i++)
    if (ssmt_model_info_get_problem (models->pdata[i]))
      cli_message ("%s", ssmt_model_info_get_problem (models->pdata[i]));
}

/* --- available ------------------------------------------------------------------ */

/* Pairs as keys. */
static GHashTable *
get_installed_pairs (void)
{
  GHashTable *pairs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) models = ssmt_catalog_list ();

  for (guint i = 0; i < models->len; i++) {
    char *pair = get_pair (models->pdata[i]);

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
  add_string (json, "pair", entry->pair);
  add_string (json, "architecture", *entry->architecture ? entry->architecture : NULL);
  add_string (json, "status", *entry->status ? entry->status : NULL);
  add_boolean (json, "released", entry->released);
  add_bytes (json, entry->bytes);
  add_boolean (json, "installed", installed);
  add_string (json, "quality", entry->quality.text);
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
print_available (const Options *options, GError **error)
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

/* --- the command ------------------------------------------------------------------ */

int
cli_models (int argc, char **argv)
{
  g_auto (Options) options = { FALSE };
  const GOptionEntry entries[] = {
    { "available", 'a', 0, G_OPTION_ARG_NONE, &options.available,
        "List what \"ssmt fetch\" can get instead; the first of a pair is what it takes", NULL },
    { "from", 0, 0, G_OPTION_ARG_STRING, &options.from,
        "Address of the registry (default: SSMT_REGISTRY, else Mozilla's)", "URL" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &options.json, "As JSON, sizes in bytes", NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  gboolean good = TRUE;

  if (!cli_parse (&argc, &argv, NULL,
          "Lists the models that are installed: in ssmtranslate/models of the user's and the\n"
          "system's data folders (XDG_DATA_HOME, XDG_DATA_DIRS) and of the prefix, and the one\n"
          "that SSMT_MODEL_PATH names. --model takes their names, or a pair as en-fr.",
          entries, NULL, 0))
    return CLI_USAGE;
  if (options.available) {
    fetch_http_init ();
    good = print_available (&options, &error);
  } else {
    print_installed (options.json);
  }
  if (error)
    cli_message ("%s", error->message);
  return cli_flush_output () && good ? 0 : CLI_FAILED;
}
