/* ssmt models: what both lists share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/models-common.h"

#include "engine/cli/cli.h"

/* --- options ------------------------------------------------------------------ */

void
models_options_clear (ModelsOptions *options)
{
  g_free (options->from);
}

gboolean
models_options_parse (ModelsOptions *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "available", 'a', 0, G_OPTION_ARG_NONE, &options->available,
        "List what \"ssmt fetch\" can get instead; the first of a pair is what it takes", NULL },
    { "from", 0, 0, G_OPTION_ARG_STRING, &options->from,
        "Address of the registry (default: SSMT_REGISTRY, else Mozilla's)", "URL" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &options->json, "As JSON, sizes in bytes", NULL },
    { NULL },
  };

  return cli_parse (argc, argv, NULL,
      "Lists the models that are installed: in ssmtranslate/models of the user's and the\n"
      "system's data folders (XDG_DATA_HOME, XDG_DATA_DIRS) and of the prefix, and the one\n"
      "that SSMT_MODEL_PATH names. --model takes their names, or a pair as en-fr.",
      entries, NULL, 0);
}

/* --- what is printed ------------------------------------------------------------ */

char *
models_dup_pair (const SsmtModelInfo *info)
{
  const char *source = ssmt_model_info_get_source_language (info);
  const char *target = ssmt_model_info_get_target_language (info);

  return source && target ? g_strdup_printf ("%s-%s", source, target) : NULL;
}

void
models_add_string (JsonBuilder *json, const char *key, const char *value)
{
  json_builder_set_member_name (json, key);
  if (value)
    json_builder_add_string_value (json, value);
  else
    json_builder_add_null_value (json);
}

void
models_add_bytes (JsonBuilder *json, guint64 bytes)
{
  json_builder_set_member_name (json, "bytes");
  json_builder_add_int_value (json, (gint64) bytes);
}

void
models_add_boolean (JsonBuilder *json, const char *key, gboolean value)
{
  json_builder_set_member_name (json, key);
  json_builder_add_boolean_value (json, value);
}
