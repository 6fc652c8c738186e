/* ssmtranslate: "model" of a tokenizer.json: reading its pieces and merges
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/bpe-model.h"

#include <string.h>

#include "engine/formats/config.h"

/* --- reading ------------------------------------------------------------ */

static gboolean
get_model (const SsmtJson *top, SsmtJson *model, GError **error)
{
  return ssmt_json_get_object (top, "model", &model->object, error);
}

static gboolean
check_type (const SsmtJson *json, GError **error)
{
  const char *type = "BPE";

  if (ssmt_json_has (json, "type") && !ssmt_json_get_string (json, "type", &type, error))
    return FALSE;
  return strcmp (type, "BPE") == 0
      || ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, json->where,
          "\"type\" is \"%s\", only \"BPE\" is supported (of Unigram models use "
          "the SentencePiece file)",
          type);
}

/* What would change the pieces and is not done here. */
static gboolean
check_rest (const SsmtJson *json, GError **error)
{
  static const char *const affixes[] = { "continuing_subword_prefix", "end_of_word_suffix" };
  JsonNode *dropout = json_object_get_member (json->object, "dropout");
  double number;

  if (dropout && !JSON_NODE_HOLDS_NULL (dropout)
      && (!ssmt_json_number_of_node (dropout, &number) || number != 0))
    return ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, json->where,
        "\"dropout\" must be null or 0: it makes the pieces random");
  for (gsize i = 0; i < G_N_ELEMENTS (affixes); i++) {
    JsonNode *node = json_object_get_member (json->object, affixes[i]);
    const char *affix;

    if (!node || JSON_NODE_HOLDS_NULL (node))
      continue;
    if (!ssmt_json_get_string (json, affixes[i], &affix, error))
      return FALSE;
    if (*affix)
      return ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, json->where,
          "\"%s\" is \"%s\", only null is supported", affixes[i], affix);
  }
  return TRUE;
}

static gboolean
add_piece (const SsmtJson *json, const char *piece, JsonNode *node, GPtrArray *pieces,
    GHashTable *ids, GError **error)
{
  gint64 id;

  if (!g_utf8_validate (piece, -1, NULL) || strlen (piece) > SSMT_BPE_MAX_PIECE)
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
        "a piece of \"vocab\" is no text of at most %d bytes", SSMT_BPE_MAX_PIECE);
  if (!ssmt_json_whole_of_node (node, 0, SSMT_MAX_VOCAB - 1, &id))
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
        "\"vocab\": the id of \"%s\" must be a whole number from 0 to %d", piece,
        SSMT_MAX_VOCAB - 1);
  if ((guint) id >= pieces->len)
    g_ptr_array_set_size (pieces, (gint) id + 1);
  if (pieces->pdata[id])
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
        "\"vocab\": \"%s\" and \"%s\" both have id %d", piece, (char *) pieces->pdata[id],
        (int) id);
  pieces->pdata[id] = g_strdup (piece);
  g_hash_table_insert (ids, pieces->pdata[id], GINT_TO_POINTER ((int) id + 1));
  return TRUE;
}

static gboolean
read_vocab (const SsmtJson *json, GPtrArray *pieces, GHashTable *ids, GError **error)
{
  JsonObject *vocab;
  JsonObjectIter iter;
  const char *piece;
  JsonNode *node;

  if (!ssmt_json_get_object (json, "vocab", &vocab, error))
    return FALSE;
  json_object_iter_init_ordered (&iter, vocab);
  while (json_object_iter_next_ordered (&iter, &piece, &node))
    if (!add_piece (json, piece, node, pieces, ids, error))
      return FALSE;
  return pieces->len > 0
      || ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where, "\"vocab\" has no pieces");
}

static gboolean
read_unknown (SsmtBpeModel *self, const SsmtJson *json, GError **error)
{
  JsonNode *node = json_object_get_member (json->object, "unk_token");
  const char *piece;

  self->unknown = -1;
  if (!node || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!ssmt_json_get_string (json, "unk_token", &piece, error))
    return FALSE;
  self->unknown = ssmt_bpe_model_id (self, piece);
  return self->unknown >= 0
      || ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
          "\"unk_token\" is \"%s\", which is not in \"vocab\"", piece);
}

SsmtBpeModel *
ssmt_bpe_model_parse (const SsmtJson *top, GPtrArray *pieces, GHashTable *ids, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: model", top->where);
  SsmtBpeModel *self = g_new0 (SsmtBpeModel, 1);
  SsmtJson json = { NULL, where };

  self->ids = ids;
  self->special = g_hash_table_new (NULL, NULL);
  if (get_model (top, &json, error) && check_type (&json, error) && check_rest (&json, error)
      && ssmt_bpe_get_flag (&json, "byte_fallback", FALSE, &self->byte_fallback, error)
      && ssmt_bpe_get_flag (&json, "fuse_unk", FALSE, &self->fuse_unknown, error)
      && ssmt_bpe_get_flag (&json, "ignore_merges", FALSE, &self->whole_words, error)
      && read_vocab (&json, pieces, ids, error) && read_unknown (self, &json, error))
    return self;
  ssmt_bpe_model_free (self);
  return NULL;
}

void
ssmt_bpe_model_free (SsmtBpeModel *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->special);
  g_free (self->chars.entries);
  g_free (self->pairs.entries);
  g_free (self);
}

gboolean
ssmt_bpe_model_has_bytes (const SsmtBpeModel *self)
{
  return self->byte_fallback;
}

/* --- reading merges ----------------------------------------------------- */

static const char *
text_of_node (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
      ? json_node_get_string (node)
      : NULL;
}

/* "a b" or ["a", "b"]. */
static gboolean
halves (JsonNode *node, char **left, char **right)
{
  const char *text, *space;
  JsonArray *pair;

  if (JSON_NODE_HOLDS_ARRAY (node)) {
    pair = json_node_get_array (node);
    if (json_array_get_length (pair) != 2)
      return FALSE;
    *left = g_strdup (text_of_node (json_array_get_element (pair, 0)));
    *right = g_strdup (text_of_node (json_array_get_element (pair, 1)));
    return *left && *right;
  }
  text = text_of_node (node);
  space = text ? strchr (text, ' ') : NULL;
  if (!space || strchr (space + 1, ' '))
    return FALSE;
  *left = g_strndup (text, (gsize) (space - text));
  *right = g_strdup (space + 1);
  return TRUE;
}

static gboolean
is_version (JsonNode *node)
{
  const char *text = text_of_node (node);

  return text && g_str_has_prefix (text, "#version");
}

static gboolean
read_merge (SsmtBpeModel *self, const SsmtJson *json, JsonNode *node, guint index, guint32 rank,
    GError **error)
{
  g_autofree char *left = NULL, *right = NULL, *both = NULL;
  gint32 l, r, id;

  if (!halves (node, &left, &right))
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
        "\"merges\"[%u] must be \"a b\" or [\"a\", \"b\"]", index);
  both = g_strconcat (left, right, NULL);
  l = ssmt_bpe_model_id (self, left);
  r = ssmt_bpe_model_id (self, right);
  id = ssmt_bpe_model_id (self, both);
  if (l < 0 || r < 0 || id < 0)
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
        "\"merges\"[%u]: \"%s\" is not in \"vocab\"", index,
        l < 0       ? left
            : r < 0 ? right
                    : both);
  if (!ssmt_bpe_model_is_special (self, id))
    ssmt_bpe_map_set (&self->pairs, ssmt_bpe_pair_key (l, r), rank, id);
  return TRUE;
}

/* Characters and bytes that are pieces. */
static void
find_short_pieces (SsmtBpeModel *self, const GPtrArray *pieces)
{
  ssmt_bpe_map_init (&self->chars, pieces->len);
  for (guint id = 0; id < pieces->len; id++) {
    const char *piece = pieces->pdata[id];

    if (piece && *piece && !*g_utf8_next_char (piece)
        && ssmt_bpe_model_id (self, piece) == (gint32) id
        && !ssmt_bpe_model_is_special (self, (gint32) id))
      ssmt_bpe_map_set (&self->chars, 1 + (guint64) g_utf8_get_char (piece), 0, (gint32) id);
  }
  for (guint byte = 0; byte < 256; byte++) {
    char name[8];

    g_snprintf (name, sizeof name, "<0x%02X>", byte);
    self->bytes[byte] = ssmt_bpe_model_id (self, name);
  }
}

gboolean
ssmt_bpe_model_read_merges (SsmtBpeModel *self, const SsmtJson *top, const GPtrArray *pieces,
    const SsmtBpeAdded *added, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: model", top->where);
  SsmtJson json = { NULL, where };
  JsonArray *merges;
  guint32 rank = 0;

  for (guint id = 0; id < pieces->len; id++)
    if (ssmt_bpe_added_is_special (added, (gint32) id))
      g_hash_table_add (self->special, GINT_TO_POINTER (id));
  find_short_pieces (self, pieces);
  if (!get_model (top, &json, error) || !ssmt_json_get_array (&json, "merges", &merges, error))
    return FALSE;
  ssmt_bpe_map_init (&self->pairs, json_array_get_length (merges));
  for (guint i = 0; i < json_array_get_length (merges); i++) {
    JsonNode *node = json_array_get_element (merges, i);

    if (is_version (node))
      continue;
    if (!read_merge (self, &json, node, i, rank++, error))
      return FALSE;
  }
  return TRUE;
}
