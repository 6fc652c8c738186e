/* ssmtranslate: what is read around the text of a segment
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/template.h"

#include <string.h>

#define MAX_PARTS 64
#define MAX_TEXT 4096 /* bytes */
#define SOURCE "{source}"
/* Text beside the source can change how that is cut: by a token or two at each end. */
#define JOIN_TOKENS 8

struct _SsmtTemplate {
  const SsmtTokenizer *tokenizer; /* of the source */
  GPtrArray *parts;               /* of SsmtPart: ids, texts with their languages, the source */
  GArray *target;                 /* of gint32 */
  guint32 source_overhead, max_source;
};

static void
part_free (gpointer data)
{
  SsmtPart *part = data;

  g_free (part->text);
  g_free (part);
}

static SsmtPart *
part_new (SsmtPartKind kind, gint32 id, char *text)
{
  SsmtPart *part = g_new (SsmtPart, 1);

  *part = (SsmtPart){ kind, id, text };
  return part;
}

void
ssmt_text_config_clear (SsmtTextConfig *config)
{
  g_clear_pointer (&config->source_parts, g_ptr_array_unref);
  g_clear_pointer (&config->target_parts, g_ptr_array_unref);
  g_free (config->source_tokenizer);
  g_free (config->target_tokenizer);
  g_free (config->source_vocabulary);
  g_free (config->target_vocabulary);
  g_free (config->source_language);
  g_free (config->target_language);
  g_clear_pointer (&config->marks, g_hash_table_unref);
}

/* --- from JSON ----------------------------------------------------------- */

static SsmtPart *
parse_object (JsonObject *object)
{
  static const struct {
    const char *key;
    SsmtPartKind kind;
  } kinds[] = { { "text", SSMT_PART_TEXT }, { "piece", SSMT_PART_PIECE } };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    JsonNode *node = json_object_get_member (object, kinds[i].key);
    const char *text;

    if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING
        || json_object_get_size (object) != 1)
      continue;
    text = json_node_get_string (node);
    if (*text != '\0' && strlen (text) <= MAX_TEXT)
      return part_new (kinds[i].kind, -1, g_strdup (text));
  }
  return NULL;
}

/* NULL: it is nothing that a part can be. */
static SsmtPart *
parse_part (JsonNode *node, guint32 vocab_size)
{
  gint64 id;

  if (JSON_NODE_HOLDS_OBJECT (node))
    return parse_object (json_node_get_object (node));
  if (ssmt_json_whole_of_node (node, 0, (gint64) vocab_size - 1, &id))
    return part_new (SSMT_PART_ID, (gint32) id, NULL);
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
      && strcmp (json_node_get_string (node), SOURCE) == 0)
    return part_new (SSMT_PART_SOURCE, -1, NULL);
  return NULL;
}

gboolean
ssmt_template_parse_parts (const SsmtJson *segment, const char *key, guint32 vocab_size,
    gboolean with_source, GPtrArray **parts, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (part_free);
  guint n, n_sources = 0;
  JsonArray *array;

  if (!ssmt_json_has (segment, key))
    return TRUE;
  if (!ssmt_json_get_array (segment, key, &array, error))
    return FALSE;
  n = json_array_get_length (array);
  if (n > MAX_PARTS)
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, segment->where,
        "\"%s\" must have at most %d parts", key, MAX_PARTS);
  for (guint i = 0; i < n; i++) {
    SsmtPart *part = parse_part (json_array_get_element (array, i), vocab_size);

    if (part == NULL)
      return ssmt_json_fail (error, SSMT_ERROR_INVALID, segment->where,
          "\"%s\"[%u] must be a token id from 0 to %u, {\"piece\": \"...\"}, "
          "{\"text\": \"...\"}%s",
          key, i, vocab_size - 1, with_source ? " or \"" SOURCE "\"" : "");
    n_sources += part->kind == SSMT_PART_SOURCE;
    g_ptr_array_add (found, part);
  }
  if (n_sources != (with_source ? 1 : 0))
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, segment->where,
        "\"%s\" must hold \"" SOURCE "\" %s", key, with_source ? "once" : "nowhere");
  *parts = g_steal_pointer (&found);
  return TRUE;
}

/* --- for a model ----------------------------------------------------------- */

/* The text with the languages' codes in it; NULL: a language is not known. */
static char *
fill_in_languages (const SsmtTextConfig *config, const char *text)
{
  g_autoptr (GString) filled = g_string_new (text);
  const char *names[] = { "{source_language}", "{target_language}" };
  const char *codes[] = { config->source_language, config->target_language };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (strstr (text, names[i]) == NULL)
      continue;
    if (codes[i] == NULL)
      return NULL;
    g_string_replace (filled, names[i], codes[i], 0);
  }
  return g_string_free (g_steal_pointer (&filled), FALSE);
}

/* A part for use: pieces have become ids. */
static SsmtPart *
resolve_part (const SsmtTextConfig *config, const SsmtPart *part, const SsmtTokenizer *tokenizer,
    GError **error)
{
  g_autofree char *text = NULL;
  gint32 id;

  if (part->text == NULL)
    return part_new (part->kind, part->id, NULL);
  text = fill_in_languages (config, part->text);
  if (text == NULL) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID, "%s: segment: \"%s\" needs \"languages\"",
        config->path, part->text);
    return NULL;
  }
  if (part->kind == SSMT_PART_TEXT)
    return part_new (SSMT_PART_TEXT, -1, g_steal_pointer (&text));
  id = ssmt_tokenizer_find_piece (tokenizer, text);
  if (id < 0) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: segment: the vocabulary has no piece \"%s\"", config->path, text);
    return NULL;
  }
  return part_new (SSMT_PART_ID, id, NULL);
}

static gboolean
template_add_source (SsmtTemplate *self, const SsmtTextConfig *config, GError **error)
{
  for (guint i = 0; config->source_parts && i < config->source_parts->len; i++) {
    SsmtPart *part = resolve_part (config, config->source_parts->pdata[i], self->tokenizer, error);

    if (part == NULL)
      return FALSE;
    g_ptr_array_add (self->parts, part);
  }
  if (config->source_parts != NULL)
    return TRUE;
  g_ptr_array_add (self->parts, part_new (SSMT_PART_SOURCE, -1, NULL));
  if (config->source_end >= 0)
    g_ptr_array_add (self->parts, part_new (SSMT_PART_ID, config->source_end, NULL));
  return TRUE;
}

static gboolean
template_add_target (SsmtTemplate *self, const SsmtTextConfig *config,
    const SsmtTokenizer *tokenizer, SsmtBudget *budget, GError **error)
{
  for (guint i = 0; config->target_parts && i < config->target_parts->len; i++) {
    SsmtPart *part = resolve_part (config, config->target_parts->pdata[i], tokenizer, error);
    gboolean fits = part != NULL;

    if (fits && part->kind == SSMT_PART_ID)
      g_array_append_val (self->target, part->id);
    else if (fits)
      fits = ssmt_tokenizer_encode (tokenizer, part->text, -1, self->target, budget, error);
    if (part != NULL)
      part_free (part);
    if (!fits)
      return FALSE;
  }
  if (config->target_parts == NULL && config->target_start != -1)
    g_array_append_val (self->target, config->target_start);
  return TRUE;
}

static gboolean
template_count (SsmtTemplate *self, SsmtBudget *budget, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  guint texts = 0;

  for (guint i = 0; i < self->parts->len; i++) {
    const SsmtPart *part = self->parts->pdata[i];

    self->source_overhead += part->kind == SSMT_PART_ID;
    if (part->kind != SSMT_PART_TEXT)
      continue;
    texts++;
    if (!ssmt_tokenizer_encode (self->tokenizer, part->text, -1, ids, budget, error))
      return FALSE;
  }
  self->source_overhead += ids->len + texts * JOIN_TOKENS;
  return TRUE;
}

SsmtTemplate *
ssmt_template_new (const SsmtTextConfig *config, const SsmtTokenizer *source,
    const SsmtTokenizer *target, GError **error)
{
  g_autoptr (SsmtTemplate) self = g_new0 (SsmtTemplate, 1);
  g_auto (SsmtBudget) budget = { NULL };

  ssmt_budget_init (&budget, 0, NULL); /* for all parts */
  self->tokenizer = source;
  self->max_source = config->max_source;
  self->parts = g_ptr_array_new_with_free_func (part_free);
  self->target = g_array_new (FALSE, FALSE, sizeof (gint32));
  if (!template_add_source (self, config, error)
      || !template_add_target (self, config, target, &budget, error)
      || !template_count (self, &budget, error))
    return NULL;
  if (config->has_encoder && self->target->len == 0) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: \"segment\": a model with an encoder needs \"target_start\" or "
        "\"target\"",
        config->path);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
ssmt_template_free (SsmtTemplate *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->parts);
  g_array_unref (self->target);
  g_free (self);
}

guint32
ssmt_template_get_overhead (const SsmtTemplate *self)
{
  return self->source_overhead + self->target->len;
}

const GArray *
ssmt_template_get_target (const SsmtTemplate *self)
{
  return self->target;
}

/* --- for a segment ----------------------------------------------------------- */

void
ssmt_prompt_clear (SsmtPrompt *prompt)
{
  g_clear_pointer (&prompt->ids, g_array_unref);
  g_clear_pointer (&prompt->source, g_array_unref);
}

/* Cuts a run of texts into tokens; `has_source`: the segment's is among them. */
static gboolean
append_run (const SsmtTemplate *self, GString *run, gboolean has_source, SsmtPrompt *prompt,
    SsmtBudget *budget, GError **error)
{
  guint first = prompt->ids->len;

  if (run->len == 0)
    return TRUE;
  if (!ssmt_tokenizer_encode (self->tokenizer, run->str, run->len, prompt->ids, budget, error))
    return FALSE;
  g_string_truncate (run, 0);
  if (!has_source)
    return TRUE;
  prompt->first = first;
  /* a tokenizer may have no token for a text */
  if (prompt->ids->len > first)
    g_array_append_vals (
        prompt->source, &g_array_index (prompt->ids, gint32, first), prompt->ids->len - first);
  return TRUE;
}

static gboolean
compose (const SsmtTemplate *self, const char *text, SsmtPrompt *prompt, SsmtBudget *budget,
    GError **error)
{
  g_autoptr (GString) run = g_string_new (NULL);
  gboolean has_source = FALSE, has_text = FALSE;

  for (guint i = 0; i < self->parts->len; i++) {
    const SsmtPart *part = self->parts->pdata[i];

    if (part->kind == SSMT_PART_ID) {
      if (!append_run (self, run, has_source, prompt, budget, error))
        return FALSE;
      g_array_append_val (prompt->ids, part->id);
      prompt->joined |= has_source && has_text;
      has_source = has_text = FALSE;
      continue;
    }
    has_source |= part->kind == SSMT_PART_SOURCE;
    has_text |= part->kind == SSMT_PART_TEXT;
    g_string_append (run, part->text != NULL ? part->text : text);
  }
  prompt->joined |= has_source && has_text;
  return append_run (self, run, has_source, prompt, budget, error);
}

gboolean
ssmt_template_compose (const SsmtTemplate *self, const char *text, SsmtPrompt *prompt,
    SsmtBudget *budget, GError **error)
{
  *prompt = (SsmtPrompt){ .ids = g_array_new (FALSE, FALSE, sizeof (gint32)),
    .source = g_array_new (FALSE, FALSE, sizeof (gint32)) };
  if (!compose (self, text, prompt, budget, error))
    return FALSE;
  if (prompt->ids->len <= (gsize) self->max_source + self->source_overhead)
    return TRUE;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT,
      "the text has %u tokens with its template, the model reads %u", prompt->ids->len,
      self->max_source + self->source_overhead);
  return FALSE;
}
