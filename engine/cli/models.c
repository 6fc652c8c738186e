/* ssmt models: what is installed
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/cli-table.h"
#include "engine/cli/cli.h"
#include "engine/cli/models-common.h"
#include "engine/cli/programs.h"

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
    models_add_string (json, "name", name);
    models_add_string (json, "path", path);
    models_add_string (json, "source", ssmt_model_info_get_source_language (info));
    models_add_string (json, "target", ssmt_model_info_get_target_language (info));
    models_add_string (json, "kind", ssmt_model_info_get_kind (info));
    models_add_bytes (json, ssmt_model_info_get_bytes (info));
    models_add_string (json, "license", ssmt_model_info_get_license (info));
    models_add_boolean (json, "carries_state", ssmt_model_info_get_carries_state (info));
    models_add_string (json, "quality", ssmt_model_info_get_quality (info));
    models_add_string (json, "problem", ssmt_model_info_get_problem (info));
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
    g_autofree char *pair = models_dup_pair (info);

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

int
cli_models (int argc, char **argv)
{
  g_auto (ModelsOptions) options = { FALSE };
  g_auto (GStrv) given = g_strdupv (argv);

  if (!models_options_parse (&options, &argc, &argv))
    return CLI_USAGE;
  if (options.available)
    return cli_start_program ("ssmt-fetch", given);
  print_installed (options.json);
  return cli_flush_output () ? 0 : CLI_FAILED;
}
