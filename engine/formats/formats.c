/* ssmtranslate: a folder in whatever format
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/files/file.h"
#include "engine/formats/format.h"
#include "engine/formats/sections.h"

#define FORMAT(name, file) extern const SsmtFormat ssmt_format_##name;
#include "engine/formats/formats.def"
#undef FORMAT

static const SsmtFormat *const formats[] = {
#define FORMAT(name, file) &ssmt_format_##name,
#include "engine/formats/formats.def"
#undef FORMAT
};

static void
fail_unknown (const SsmtFormatInput *input, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);
  g_auto (SsmtReader) top;
  const char *type;

  ssmt_reader_init (&top, input->json, TRUE, "%s", input->path);
  type = ssmt_reader_string (&top, "model_type", TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    for (const char *const *t = formats[i]->types; *t; t++)
      g_string_append_printf (known, "%s%s", known->len > 0 ? ", " : "", *t);
  if (type)
    ssmt_reader_fail (&top, SSMT_ERROR_UNSUPPORTED,
        "\"model_type\" is \"%.64s\"; this version reads %s, and folders of "
        "mamba_ssm",
        type, known->str);
  ssmt_reader_finish (&top, error);
}

/* What is read with the source has a row in the table that reads it. */
static gboolean
check_source (const SsmtConfig *config, GError **error)
{
  const GPtrArray *parts = config->text.source_parts;
  guint32 rows = config->encoder_embeddings ? config->source_vocab_size : config->vocab_size;
  gint32 most = config->text.source_parts ? -1 : config->text.source_end;

  if (config->encoder_embeddings && config->encoder.layers->len == 0) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: has embeddings of an encoder, and no layer of one", config->path);
    return FALSE;
  }
  for (guint i = 0; parts != NULL && i < parts->len; i++) {
    const SsmtPart *part = parts->pdata[i];

    if (part->kind == SSMT_PART_ID)
      most = MAX (most, part->id);
  }
  if (most < 0 || (guint32) most < rows)
    return TRUE;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
      "%s: token %d, which stands around the source, is none of its vocabulary of %u", config->path,
      most, rows);
  return FALSE;
}

/* NULL without an error where no format recognises it. */
static SsmtConfig *
read_input (const SsmtFormatInput *input, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autoptr (SsmtConfig) config = NULL;

    if (!formats[i]->recognise (input))
      continue;
    config = ssmt_config_new (input->path);
    config->format = formats[i];
    if (!formats[i]->read (config, input, error))
      return NULL;
    if (!config->source_vocab_size)
      config->source_vocab_size = config->vocab_size;
    config->text.vocab_size = config->vocab_size;
    config->text.source_vocab_size = config->source_vocab_size;
    config->text.max_source = config->max_source;
    config->text.has_encoder = config->encoder.layers->len > 0;
    if (!check_source (config, error))
      return NULL;
    return g_steal_pointer (&config);
  }
  if (input->json)
    fail_unknown (input, error);
  return NULL;
}

static SsmtConfig *
parse (const char *json, gsize length, const char *folder, const char *path, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  SsmtFormatInput input = { folder, NULL, path };

  input.json = ssmt_json_parse (parser, json, length, path, error);
  return input.json ? read_input (&input, error) : NULL;
}

SsmtConfig *
ssmt_config_parse (const char *json, gssize length, const char *path, GError **error)
{
  return parse (json, length < 0 ? strlen (json) : (gsize) length, NULL, path, error);
}

SsmtConfig *
ssmt_config_load (const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autofree char *shown = g_filename_display_name (path);
  const SsmtFormatInput without = { folder, NULL, shown };
  g_autoptr (GError) why = NULL;
  g_autoptr (GBytes) file = ssmt_file_load (path, SSMT_MAX_CONFIG_BYTES, &why);
  SsmtConfig *config = NULL;

  if (file) {
    gsize length;
    const char *text = ssmt_file_get_text (file, &length);

    return parse (text, length, folder, shown, error);
  }
  if (g_error_matches (why, SSMT_ERROR, SSMT_ERROR_NOT_FOUND)) {
    GError *wrong = NULL;

    config = read_input (&without, &wrong);
    if (wrong) {
      g_propagate_error (error, wrong);
      return NULL;
    }
  }
  if (!config)
    g_propagate_error (error, g_steal_pointer (&why));
  return config;
}

SsmtTensorSource *
ssmt_config_open_tensors (
    SsmtConfig *config, const char *folder, SsmtDevice *device, GError **error)
{
  SsmtTensorSource *source = config->format->open (config, folder, device, error);

  if (config->opened)
    config->close_opened (g_steal_pointer (&config->opened));
  return source;
}
