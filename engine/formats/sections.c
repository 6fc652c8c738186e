/* ssmtranslate: the sections of config.json that are about text
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/sections.h"

#include <string.h>

#include "engine/files/file.h"
#include "engine/files/hash.h"

/* --- tokenizer ---------------------------------------------------------- */

static void
read_file_name (SsmtReader *section, const char *key, char **name)
{
  const char *value = ssmt_reader_string (section, key, TRUE);

  if (value && !ssmt_file_name_is_plain (value))
    ssmt_reader_wanted (section, key, SSMT_FILE_NAME_WANTED);
  g_free (*name);
  *name = g_strdup (value);
}

static void
read_tokenizer (SsmtTextConfig *text, SsmtReader *top)
{
  SsmtReader section;
  const char *type;
  gboolean one, two, numbers;

  ssmt_reader_open (top, "tokenizer", TRUE, &section);
  type = ssmt_reader_string (&section, "type", TRUE);
  if (g_strcmp0 (type, "huggingface") == 0)
    text->tokenizer_type = SSMT_TOKENIZER_HUGGINGFACE;
  else if (type && strcmp (type, "sentencepiece") != 0)
    ssmt_reader_fail (&section, SSMT_ERROR_UNSUPPORTED,
        "\"type\" is \"%s\", this version reads only \"sentencepiece\" and "
        "\"huggingface\" (a tokenizer.json)",
        type);

  one = ssmt_reader_has (&section, "file");
  two = ssmt_reader_has (&section, "source_file");
  two |= ssmt_reader_has (&section, "target_file");
  if (one && two)
    ssmt_reader_fail (&section, SSMT_ERROR_INVALID,
        "must have \"file\", or \"source_file\" and \"target_file\", "
        "not all of them");
  read_file_name (&section, two ? "source_file" : "file", &text->source_tokenizer);
  read_file_name (&section, two ? "target_file" : "file", &text->target_tokenizer);
  numbers = ssmt_reader_has (&section, "source_vocabulary");
  numbers |= ssmt_reader_has (&section, "target_vocabulary");
  if (numbers) {
    read_file_name (&section, "source_vocabulary", &text->source_vocabulary);
    read_file_name (&section, "target_vocabulary", &text->target_vocabulary);
  }
  ssmt_reader_close (&section, top);
}

/* --- segment ------------------------------------------------------------ */

static gint32
read_id (const SsmtConfig *config, SsmtReader *section, const char *key)
{
  return (gint32) ssmt_reader_whole (
      section, key, SSMT_REQUIRED, 0, (gint64) config->vocab_size - 1);
}

static void
read_forbidden (SsmtConfig *config, SsmtReader *segment)
{
  JsonArray *array = ssmt_reader_array (segment, "forbidden", FALSE);
  guint n = array ? json_array_get_length (array) : 0;

  for (guint i = 0; i < n; i++) {
    gint64 whole;
    gint32 id;

    if (!ssmt_json_whole_of_node (
            json_array_get_element (array, i), 0, (gint64) config->vocab_size - 1, &whole)) {
      ssmt_reader_fail (segment, SSMT_ERROR_INVALID,
          "\"forbidden\"[%u] must be a whole number from 0 to %u", i, config->vocab_size - 1);
      return;
    }
    id = (gint32) whole;
    if (id == config->target_end)
      ssmt_reader_fail (segment, SSMT_ERROR_INVALID,
          "\"forbidden\" must not hold \"target_end\" (%d): no target "
          "would ever end",
          id);
    g_array_append_val (config->forbidden, id);
  }
}

/* An id, or "zero". */
static gint32
read_target_start (SsmtConfig *config, SsmtReader *segment)
{
  const char *word =
      ssmt_json_string_of_node (json_object_get_member (segment->object, "target_start"));

  if (!ssmt_reader_has (segment, "target_start"))
    return -1;
  if (!word)
    return read_id (config, segment, "target_start");
  if (strcmp (word, "zero") != 0)
    ssmt_reader_wanted (segment, "target_start", "an id or \"zero\"");
  return SSMT_TOKEN_ZERO;
}

/* What stands around the texts: parts, or one id each. */
static void
read_template (SsmtConfig *config, SsmtReader *segment)
{
  static const char *const pairs[][2] = { { "source", "source_end" },
    { "target", "target_start" } };
  SsmtTextConfig *text = &config->text;

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++) {
    gboolean parts = ssmt_reader_has (segment, pairs[i][0]);

    if (ssmt_reader_has (segment, pairs[i][1]) && parts)
      ssmt_reader_fail (segment, SSMT_ERROR_INVALID, "must have \"%s\" or \"%s\", not both",
          pairs[i][0], pairs[i][1]);
  }
  if (!segment->error)
    ssmt_template_parse_parts (&(SsmtJson){ segment->object, segment->where }, "source",
        config->vocab_size, TRUE, &text->source_parts, &segment->error);
  if (!segment->error)
    ssmt_template_parse_parts (&(SsmtJson){ segment->object, segment->where }, "target",
        config->vocab_size, FALSE, &text->target_parts, &segment->error);
  if (!text->source_parts)
    text->source_end = read_id (config, segment, "source_end");
  text->target_start = read_target_start (config, segment);
}

static void
read_segment (SsmtConfig *config, SsmtReader *top)
{
  SsmtReader segment;

  ssmt_reader_open (top, "segment", TRUE, &segment);
  config->text.source_end = -1;
  read_template (config, &segment);
  config->target_end = read_id (config, &segment, "target_end");
  config->carry = ssmt_reader_boolean (&segment, "carry", TRUE);
  config->carry_end = ssmt_reader_boolean (&segment, "carry_end", SSMT_REQUIRED);
  read_forbidden (config, &segment);
  config->max_source = ssmt_reader_size (&segment, "max_source", SSMT_REQUIRED, SSMT_MAX_SEGMENT);
  config->max_target = ssmt_reader_size (&segment, "max_target", SSMT_REQUIRED, SSMT_MAX_SEGMENT);
  ssmt_reader_close (&segment, top);
}

/* --- the rest ----------------------------------------------------------- */

static void
read_card (SsmtConfig *config, SsmtReader *top)
{
  SsmtTextConfig *text = &config->text;
  SsmtReader languages;

  config->license = g_strdup (ssmt_reader_string (top, "license", FALSE));
  ssmt_reader_open (top, "languages", FALSE, &languages);
  text->source_language = g_strdup (ssmt_reader_string (&languages, "source", FALSE));
  text->target_language = g_strdup (ssmt_reader_string (&languages, "target", FALSE));
  ssmt_reader_close (&languages, top);
}

#define MAX_MARKS 256
#define MAX_MARK_BYTES 16

/* {"CHARACTER": "WHAT THE MODEL READS", ...} */
static void
read_marks (SsmtTextConfig *text, SsmtReader *top)
{
  SsmtReader marks;
  g_autoptr (GList) keys = NULL;

  if (!ssmt_reader_has (top, "marks"))
    return;
  ssmt_reader_open (top, "marks", FALSE, &marks);
  keys = json_object_get_members (marks.object);
  text->marks = g_hash_table_new_full (ssmt_str_hash, g_str_equal, g_free, g_free);
  if (g_list_length (keys) > MAX_MARKS)
    ssmt_reader_fail (&marks, SSMT_ERROR_INVALID, "has more than %d marks", MAX_MARKS);
  for (GList *key = keys; key != NULL && marks.error == NULL; key = key->next) {
    const char *with = ssmt_reader_string (&marks, key->data, TRUE);

    if (with == NULL)
      break;
    if (g_utf8_strlen (key->data, -1) != 1 || strlen (with) > MAX_MARK_BYTES)
      ssmt_reader_fail (&marks, SSMT_ERROR_INVALID,
          "must have one character on the left and at most %d bytes on the right", MAX_MARK_BYTES);
    else
      g_hash_table_insert (text->marks, g_strdup (key->data), g_strdup (with));
  }
  ssmt_reader_close (&marks, top);
}

static void
read_context (SsmtConfig *config, SsmtReader *top)
{
  guint32 least = ssmt_config_get_segment_tokens (config);

  config->max_context =
      ssmt_reader_size (top, "max_context", MAX (SSMT_DEFAULT_CONTEXT, least), SSMT_MAX_CONTEXT);
  if (config->max_context < least)
    ssmt_reader_fail (top, SSMT_ERROR_INVALID,
        "\"max_context\" is %u, but one segment (max_source, max_target and "
        "3 more) takes up to %u tokens",
        config->max_context, least);
}

void
ssmt_sections_read (SsmtConfig *config, SsmtReader *top, gboolean required)
{
  if (ssmt_reader_has (top, "tokenizer") || required)
    read_tokenizer (&config->text, top);
  if (ssmt_reader_has (top, "segment") || required)
    read_segment (config, top);
  if (ssmt_reader_has (top, "shortlist"))
    read_file_name (top, "shortlist", &config->shortlist);
  read_context (config, top);
  read_card (config, top);
  read_marks (&config->text, top);
}
