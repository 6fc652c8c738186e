/* ssmtranslate: byte-pair encoding from a tokenizer.json
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As the tokenizers library does it: added tokens, normalizers, added tokens
 * again, splitters, merges. "post_processor" would put special tokens around a
 * text, "truncation" and "padding" make it fit; here the segment's template and
 * max_source do that, so they are only looked at.
 */
#include "engine/tokens/bpe.h"

#include <string.h>

#include "engine/files/hash.h"
#include "engine/tokens/bpe-parts.h"

struct _SsmtBpe {
  GPtrArray *pieces; /* of char *, by id; NULL where there is none */
  GHashTable *ids;   /* piece -> id + 1; borrows their text */
  GPtrArray *normalizers, *splitters, *decoders;
  gboolean has_decoder;
  SsmtBpeAdded *added;
  SsmtBpeModel *model;
};

void
ssmt_bpe_free (SsmtBpe *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->model, ssmt_bpe_model_free);
  g_clear_pointer (&self->added, ssmt_bpe_added_free);
  g_clear_pointer (&self->normalizers, g_ptr_array_unref);
  g_clear_pointer (&self->splitters, g_ptr_array_unref);
  g_clear_pointer (&self->decoders, g_ptr_array_unref);
  g_clear_pointer (&self->ids, g_hash_table_unref);
  g_clear_pointer (&self->pieces, g_ptr_array_unref);
  g_free (self);
}

/* --- loading ------------------------------------------------------------ */

static gboolean
parse_processor (const SsmtJson *json, const char *type, GPtrArray *steps, GError **error)
{
  static const char *const known[] = { "ByteLevel", "TemplateProcessing", "RobertaProcessing",
    "BertProcessing", NULL };

  return g_strv_contains (known, type)
      || ssmt_bpe_unsupported (json, "post-processor", type,
          "ByteLevel, TemplateProcessing, "
          "RobertaProcessing, BertProcessing, Sequence",
          error);
}

/* json-glib would end a text at such a character without a word. */
static gboolean
has_nul (const char *json, gsize length)
{
  const char *end = json + length;

  for (const char *p = json; p < end; p++) {
    if (*p != '\\')
      continue;
    if (end - p >= 6 && memcmp (p, "\\u0000", 6) == 0)
      return TRUE;
    p++;
  }
  return FALSE;
}

static gboolean
load (SsmtBpe *self, const SsmtJson *top, GError **error)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  JsonNode *decoder = json_object_get_member (top->object, "decoder");
  const char *version;

  if (ssmt_json_has (top, "version")) {
    if (!ssmt_json_get_string (top, "version", &version, error))
      return FALSE;
    if (strcmp (version, "1.0") != 0)
      return ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, top->where,
          "\"version\" is \"%s\", only \"1.0\" is supported", version);
  }
  self->model = ssmt_bpe_model_parse (top, self->pieces, self->ids, error);
  if (!self->model)
    return FALSE;
  self->normalizers = ssmt_bpe_normalizers_parse (top, error);
  if (!self->normalizers)
    return FALSE;
  self->splitters = ssmt_bpe_splitters_parse (top, error);
  if (!self->splitters)
    return FALSE;
  self->decoders = ssmt_bpe_decoders_parse (top, error);
  if (!self->decoders
      || !ssmt_bpe_parse_steps (top, "post_processor", "processors", parse_processor, none, error))
    return FALSE;
  self->has_decoder = decoder && !JSON_NODE_HOLDS_NULL (decoder);
  self->added = ssmt_bpe_added_parse (top, self->pieces, self->ids, self->normalizers, error);
  return self->added
      && ssmt_bpe_model_read_merges (self->model, top, self->pieces, self->added, error);
}

SsmtBpe *
ssmt_bpe_load (const char *json, gsize length, const char *path, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (SsmtBpe) self = g_new0 (SsmtBpe, 1);
  SsmtJson top = { NULL, path };

  self->pieces = g_ptr_array_new_with_free_func (g_free);
  self->ids = g_hash_table_new (ssmt_str_hash, g_str_equal);
  if (has_nul (json, length)) {
    ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, path,
        "holds the character \\u0000, which no text here can have");
    return NULL;
  }
  top.object = ssmt_json_parse_large (parser, json, length, SSMT_JSON_VOCABULARY, path, error);
  return top.object && load (self, &top, error) ? g_steal_pointer (&self) : NULL;
}

guint32
ssmt_bpe_get_size (const SsmtBpe *self)
{
  return self->pieces->len;
}

gint32
ssmt_bpe_find_piece (const SsmtBpe *self, const char *name)
{
  gint32 id = GPOINTER_TO_INT (g_hash_table_lookup (self->ids, name)) - 1;

  return id >= 0 ? id : ssmt_bpe_added_find_own (self->added, name);
}

char *
ssmt_bpe_describe (const SsmtBpe *self)
{
  return g_strdup_printf ("tokenizer.json BPE, %u pieces, %u of them added%s", self->pieces->len,
      ssmt_bpe_added_count (self->added),
      ssmt_bpe_model_has_bytes (self->model) ? ", byte fallback" : "");
}

/* --- encoding ----------------------------------------------------------- */

static gboolean
normalize_part (const SsmtBpe *self, const char *part, gsize length, gboolean first,
    SsmtBpeText *out, SsmtBudget *budget)
{
  g_autoptr (GString) text = g_string_new_len (part, (gssize) length);

  return ssmt_bpe_normalize (self->normalizers, text, &first, budget)
      && ssmt_bpe_added_find (self->added, TRUE, text->str, text->len, first, out, budget)
      && ssmt_budget_allows (budget, out->text->len);
}

static gboolean
prepare (const SsmtBpe *self, const char *text, gsize length, SsmtBpeText *out, SsmtBudget *budget)
{
  SsmtBpeText raw;
  gboolean fine;

  ssmt_bpe_text_init (&raw);
  fine = ssmt_bpe_added_find (self->added, FALSE, text, length, TRUE, &raw, budget);
  for (guint i = 0; i < raw.parts->len && fine; i++) {
    const SsmtBpePart *part = &g_array_index (raw.parts, SsmtBpePart, i);
    const char *p = raw.text->str + part->start;

    if (part->id >= 0)
      ssmt_bpe_text_add (out, p, part->length, part->id, part->first);
    else
      fine = normalize_part (self, p, part->length, part->first, out, budget);
  }
  ssmt_bpe_text_clear (&raw);
  return fine && ssmt_bpe_split (self->splitters, out, budget);
}

static gboolean
encode_parts (const SsmtBpe *self, const SsmtBpeText *text, GArray *ids, SsmtBudget *budget)
{
  gboolean fine = TRUE;
  SsmtBpeScratch scratch;

  ssmt_bpe_scratch_init (&scratch);
  for (guint i = 0; i < text->parts->len && fine; i++) {
    const SsmtBpePart *part = &g_array_index (text->parts, SsmtBpePart, i);

    fine = ssmt_budget_spend_bytes (budget, part->length);
    if (fine && part->id >= 0)
      g_array_append_val (ids, part->id);
    else if (fine)
      ssmt_bpe_model_encode (
          self->model, text->text->str + part->start, part->length, &scratch, ids);
  }
  ssmt_bpe_scratch_clear (&scratch);
  return fine;
}

gboolean
ssmt_bpe_encode (
    const SsmtBpe *self, const char *text, gsize length, GArray *ids, SsmtBudget *budget)
{
  SsmtBpeText parts;
  gboolean fine;

  ssmt_budget_set_length (budget, length);
  ssmt_bpe_text_init (&parts);
  fine = prepare (self, text, length, &parts, budget) && encode_parts (self, &parts, ids, budget);
  ssmt_bpe_text_clear (&parts);
  return fine;
}

/* --- decoding ----------------------------------------------------------- */

static void
string_free (gpointer string)
{
  g_string_free (string, TRUE);
}

/* The pieces' texts, of GString. */
static GPtrArray *
find_texts (const SsmtBpe *self, const gint32 *ids, gsize n, SsmtBudget *budget)
{
  GPtrArray *tokens = g_ptr_array_new_with_free_func (string_free);
  gsize length = 0;

  ssmt_budget_set_length (budget, G_MAXSIZE);
  for (gsize i = 0; i < n && ssmt_budget_allows (budget, length); i++) {
    GString *token;

    if (ids[i] < 0 || (guint32) ids[i] >= self->pieces->len || !self->pieces->pdata[ids[i]]
        || ssmt_bpe_added_is_special (self->added, ids[i]))
      continue;
    token = g_string_new (self->pieces->pdata[ids[i]]);
    g_ptr_array_add (tokens, token);
    length += token->len;
  }
  ssmt_budget_set_length (budget, length);
  ssmt_budget_spend_bytes (budget, length);
  return tokens;
}

char *
ssmt_bpe_decode (const SsmtBpe *self, const gint32 *ids, gsize n, SsmtBudget *budget)
{
  g_autoptr (GPtrArray) tokens = find_texts (self, ids, n, budget);
  g_autoptr (GString) joined = g_string_new (NULL);
  GString *text;

  if (!ssmt_bpe_run_decoders (self->decoders, tokens, budget))
    return g_strdup ("");
  for (guint i = 0; i < tokens->len; i++) {
    const GString *token = tokens->pdata[i];

    if (i > 0 && !self->has_decoder)
      g_string_append_c (joined, ' ');
    g_string_append_len (joined, token->str, (gssize) token->len);
  }
  text = g_string_sized_new (joined->len);
  ssmt_utf8_append_lossy (text, joined->str, joined->len);
  return g_string_free (text, FALSE);
}
