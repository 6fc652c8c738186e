/* ssmtranslate: "model" of a tokenizer.json: pieces and merges
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A word begins as its characters; then, again and again, the pair of
 * neighbours with the lowest rank becomes one [Sennrich et al. 2016].
 */
#include "engine/tokens/bpe-parts.h"

#include <string.h>

#include "engine/formats/config.h"

#define MAX_PIECE 4096 /* bytes */

/* --- from pairs of ids, and characters, to what they make --------------- */

typedef struct {
  guint64 key; /* 0: free */
  guint32 rank;
  gint32 id;
} Entry;

typedef struct {
  Entry *entries;
  guint64 mask;
  guint shift;
} Map;

static void
map_init (Map *map, gsize n)
{
  gsize size = 16;

  map->shift = 60;
  for (; size < 2 * n; size *= 2)
    map->shift--;
  map->entries = g_new0 (Entry, size);
  map->mask = size - 1;
}

static Entry *
map_slot (const Map *map, guint64 key)
{
  guint64 i = (key * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)) >> map->shift;

  for (;; i++) {
    Entry *entry = &map->entries[i & map->mask];

    if (entry->key == key || entry->key == 0)
      return entry;
  }
}

static const Entry *
map_find (const Map *map, guint64 key)
{
  const Entry *entry = map_slot (map, key);

  return entry->key ? entry : NULL;
}

static void
map_set (Map *map, guint64 key, guint32 rank, gint32 id)
{
  *map_slot (map, key) = (Entry){ key, rank, id };
}

static guint64
key_of_pair (gint32 left, gint32 right)
{
  return (guint64) (left + 1) << 32 | (guint32) right;
}

struct _SsmtBpeModel {
  GHashTable *ids; /* borrowed: piece -> id + 1 */
  Map chars, pairs;
  GHashTable *special; /* pieces that text must not become */
  gint32 unknown;      /* -1: dropped */
  gint32 bytes[256];   /* -1: none */
  gboolean byte_fallback, fuse_unknown, whole_words;
};

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

  if (!g_utf8_validate (piece, -1, NULL) || strlen (piece) > MAX_PIECE)
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
        "a piece of \"vocab\" is no text of at most %d bytes", MAX_PIECE);
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

static gint32
id_of (const SsmtBpeModel *self, const char *piece)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (self->ids, piece)) - 1;
}

static gboolean
is_special (const SsmtBpeModel *self, gint32 id)
{
  return g_hash_table_contains (self->special, GINT_TO_POINTER (id));
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
  self->unknown = id_of (self, piece);
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
  l = id_of (self, left);
  r = id_of (self, right);
  id = id_of (self, both);
  if (l < 0 || r < 0 || id < 0)
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
        "\"merges\"[%u]: \"%s\" is not in \"vocab\"", index,
        l < 0       ? left
            : r < 0 ? right
                    : both);
  if (!is_special (self, id))
    map_set (&self->pairs, key_of_pair (l, r), rank, id);
  return TRUE;
}

/* Characters and bytes that are pieces. */
static void
find_short_pieces (SsmtBpeModel *self, const GPtrArray *pieces)
{
  map_init (&self->chars, pieces->len);
  for (guint id = 0; id < pieces->len; id++) {
    const char *piece = pieces->pdata[id];

    if (piece && *piece && !*g_utf8_next_char (piece) && id_of (self, piece) == (gint32) id
        && !is_special (self, (gint32) id))
      map_set (&self->chars, 1 + (guint64) g_utf8_get_char (piece), 0, (gint32) id);
  }
  for (guint byte = 0; byte < 256; byte++) {
    char name[8];

    g_snprintf (name, sizeof name, "<0x%02X>", byte);
    self->bytes[byte] = id_of (self, name);
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
  map_init (&self->pairs, json_array_get_length (merges));
  for (guint i = 0; i < json_array_get_length (merges); i++) {
    JsonNode *node = json_array_get_element (merges, i);

    if (is_version (node))
      continue;
    if (!read_merge (self, &json, node, i, rank++, error))
      return FALSE;
  }
  return TRUE;
}

/* --- a word's merges ---------------------------------------------------- */

typedef struct {
  gint32 id, prev, next; /* -1: none; id -1: merged into another */
} Symbol;

typedef struct {
  guint32 rank;
  gint32 at, id;
} Candidate;

static gboolean
before (const Candidate *a, const Candidate *b)
{
  return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

void
ssmt_bpe_scratch_init (SsmtBpeScratch *scratch)
{
  scratch->symbols = g_array_new (FALSE, FALSE, sizeof (Symbol));
  scratch->queue = g_array_new (FALSE, FALSE, sizeof (Candidate));
}

void
ssmt_bpe_scratch_clear (SsmtBpeScratch *scratch)
{
  g_array_unref (scratch->symbols);
  g_array_unref (scratch->queue);
}

/* A binary heap with the first of all at its top. */
static void
push (GArray *queue, Candidate candidate)
{
  Candidate *heap;
  guint i = queue->len;

  g_array_append_val (queue, candidate);
  heap = (Candidate *) (gpointer) queue->data;
  for (; i > 0 && before (&candidate, &heap[(i - 1) / 2]); i = (i - 1) / 2)
    heap[i] = heap[(i - 1) / 2];
  heap[i] = candidate;
}

static Candidate
pop (GArray *queue)
{
  Candidate *heap = (Candidate *) (gpointer) queue->data;
  Candidate top = heap[0], last = heap[queue->len - 1];
  guint n = queue->len - 1, i = 0;

  g_array_set_size (queue, n);
  while (2 * i + 1 < n) {
    guint child = 2 * i + 1;

    if (child + 1 < n && before (&heap[child + 1], &heap[child]))
      child++;
    if (!before (&heap[child], &last))
      break;
    heap[i] = heap[child];
    i = child;
  }
  if (n > 0)
    heap[i] = last;
  return top;
}

static void
add_symbol (GArray *symbols, gint32 id)
{
  Symbol symbol = { id, (gint32) symbols->len - 1, -1 };

  if (symbols->len > 0)
    g_array_index (symbols, Symbol, symbols->len - 1).next = (gint32) symbols->len;
  g_array_append_val (symbols, symbol);
}

static gboolean
add_bytes (const SsmtBpeModel *self, const char *p, const char *end, GArray *symbols)
{
  if (!self->byte_fallback)
    return FALSE;
  for (const char *q = p; q < end; q++)
    if (self->bytes[(guint8) *q] < 0)
      return FALSE;
  for (; p < end; p++)
    add_symbol (symbols, self->bytes[(guint8) *p]);
  return TRUE;
}

/* Unknown characters wait for the next known one, as in the reference. */
static void
begin_word (const SsmtBpeModel *self, const char *word, gsize length, GArray *symbols)
{
  gboolean waiting = FALSE;

  g_array_set_size (symbols, 0);
  for (const char *p = word, *next; p < word + length; p = next) {
    const Entry *known = map_find (&self->chars, 1 + (guint64) g_utf8_get_char (p));

    next = g_utf8_next_char (p);
    if (known) {
      if (waiting)
        add_symbol (symbols, self->unknown);
      waiting = FALSE;
      add_symbol (symbols, known->id);
    } else if (!add_bytes (self, p, next, symbols) && self->unknown >= 0) {
      if (waiting && !self->fuse_unknown)
        add_symbol (symbols, self->unknown);
      waiting = TRUE;
    }
  }
  if (waiting)
    add_symbol (symbols, self->unknown);
}

static void
consider (const SsmtBpeModel *self, const Symbol *s, gint32 at, GArray *queue)
{
  const Entry *merge;

  if (at < 0 || s[at].next < 0)
    return;
  merge = map_find (&self->pairs, key_of_pair (s[at].id, s[s[at].next].id));
  if (merge)
    push (queue, (Candidate){ merge->rank, at, merge->id });
}

static void
merge_word (const SsmtBpeModel *self, Symbol *s, guint n, GArray *queue)
{
  g_array_set_size (queue, 0);
  for (guint i = 0; i < n; i++)
    consider (self, s, (gint32) i, queue);
  while (queue->len > 0) {
    Candidate top = pop (queue);
    gint32 next = s[top.at].next;
    const Entry *merge;

    /* it may be long gone, or another pair by now */
    if (s[top.at].id < 0 || next < 0)
      continue;
    merge = map_find (&self->pairs, key_of_pair (s[top.at].id, s[next].id));
    if (!merge || merge->id != top.id)
      continue;
    s[top.at].id = top.id;
    s[top.at].next = s[next].next;
    s[next].id = -1;
    if (s[top.at].next >= 0)
      s[s[top.at].next].prev = top.at;
    consider (self, s, s[top.at].prev, queue);
    consider (self, s, top.at, queue);
  }
}

void
ssmt_bpe_model_encode (
    const SsmtBpeModel *self, const char *word, gsize length, SsmtBpeScratch *scratch, GArray *ids)
{
  Symbol *s;

  if (self->whole_words && length <= MAX_PIECE) {
    char piece[MAX_PIECE + 1];
    gint32 id;

    memcpy (piece, word, length);
    piece[length] = '\0';
    id = id_of (self, piece);
    if (id >= 0 && !is_special (self, id)) {
      g_array_append_val (ids, id);
      return;
    }
  }
  begin_word (self, word, length, scratch->symbols);
  s = (Symbol *) (gpointer) scratch->symbols->data;
  merge_word (self, s, scratch->symbols->len, scratch->queue);
  for (guint i = 0; i < scratch->symbols->len; i++)
    if (s[i].id >= 0)
      g_array_append_val (ids, s[i].id);
}
