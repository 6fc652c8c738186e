/* ssmtranslate: "added_tokens" of a tokenizer.json
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Special ones are symbols here: a text that holds their name has it as text,
 * as in the reference with encode_special_tokens.
 */
#include "engine/tokens/bpe-parts.h"

#include <string.h>

#include "engine/files/hash.h"
#include "engine/formats/config.h"
#include "engine/tokens/pattern.h"

#define MAX_ADDED 65536
#define MAX_LENGTH 4096 /* bytes that are looked for */

typedef struct _Token Token;

struct _Token {
  char *text; /* what is looked for */
  gsize length;
  const Token *shorter; /* the longest other one that it begins with, or NULL */
  gint32 id;
  gboolean single_word, lstrip, rstrip, normalized, special;
};

/* Tokens to look for, by their first byte, in the order of their bytes. */
typedef struct {
  GPtrArray *by_byte[256]; /* of Token; or NULL */
} Finder;

struct _SsmtBpeAdded {
  GPtrArray *tokens;   /* of Token */
  GHashTable *special; /* ids */
  GHashTable *own;     /* content -> id + 1, not in the vocabulary */
  Finder finders[2];   /* before, after normalizing */
};

static void
token_free (gpointer data)
{
  Token *token = data;

  g_free (token->text);
  g_free (token);
}

void
ssmt_bpe_added_free (SsmtBpeAdded *self)
{
  if (!self)
    return;
  for (guint i = 0; i < 512; i++)
    g_clear_pointer (&self->finders[i / 256].by_byte[i % 256], g_ptr_array_unref);
  g_hash_table_unref (self->special);
  g_hash_table_unref (self->own);
  g_ptr_array_unref (self->tokens);
  g_free (self);
}

gboolean
ssmt_bpe_added_is_special (const SsmtBpeAdded *self, gint32 id)
{
  return g_hash_table_contains (self->special, GINT_TO_POINTER (id));
}

gint32
ssmt_bpe_added_find_own (const SsmtBpeAdded *self, const char *content)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (self->own, content)) - 1;
}

guint
ssmt_bpe_added_count (const SsmtBpeAdded *self)
{
  return self->tokens->len;
}

/* --- reading ------------------------------------------------------------ */

/* A token that the vocabulary has goes by that id, another gets its own. */
static gboolean
place (SsmtBpeAdded *self, const SsmtJson *json, const char *content, Token *token,
    GPtrArray *pieces, GHashTable *ids, GError **error)
{
  gpointer known = g_hash_table_lookup (ids, content);
  gint64 id;

  if (!known)
    known = g_hash_table_lookup (self->own, content);
  if (!ssmt_json_get_whole (json, "id", 0, SSMT_MAX_VOCAB - 1, &id, error))
    return FALSE;
  token->id = (gint32) id;
  if (known && GPOINTER_TO_INT (known) - 1 != token->id)
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
        "\"id\" of \"%s\" is %d, but it is %d already", content, token->id,
        GPOINTER_TO_INT (known) - 1);
  if (known)
    return TRUE;
  if ((guint) id >= pieces->len)
    g_ptr_array_set_size (pieces, (gint) id + 1);
  if (pieces->pdata[id])
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
        "\"id\" of \"%s\" is %d, which is \"%s\" already", content, token->id,
        (char *) pieces->pdata[id]);
  pieces->pdata[id] = g_strdup (content);
  g_hash_table_insert (self->own, pieces->pdata[id], GINT_TO_POINTER ((int) id + 1));
  return TRUE;
}

/* What is looked for. */
static gboolean
set_text (Token *token, const SsmtJson *json, const char *content, const GPtrArray *normalizers,
    SsmtBudget *budget, GError **error)
{
  g_autoptr (GString) text = g_string_new (content);
  gboolean first = TRUE;

  ssmt_budget_set_length (budget, text->len);
  if (token->normalized && !ssmt_bpe_normalize (normalizers, text, &first, budget))
    return ssmt_json_fail (
        error, SSMT_ERROR_UNSUPPORTED, json->where, "\"content\": %s", budget->error->message);
  if (text->len > MAX_LENGTH)
    return ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, json->where,
        "\"content\" is longer than %d bytes%s", MAX_LENGTH,
        token->normalized ? " when it is normalized" : "");
  token->length = strlen (text->str);
  token->text = g_string_free (g_steal_pointer (&text), FALSE);
  return TRUE;
}

static gboolean
parse_token (SsmtBpeAdded *self, const SsmtJson *json, GPtrArray *pieces, GHashTable *ids,
    const GPtrArray *normalizers, SsmtBudget *budget, GError **error)
{
  Token *token = g_new0 (Token, 1);
  const char *content;

  g_ptr_array_add (self->tokens, token);
  if (!ssmt_json_get_string (json, "content", &content, error)
      || !ssmt_bpe_get_flag (json, "special", FALSE, &token->special, error)
      || !ssmt_bpe_get_flag (json, "normalized", !token->special, &token->normalized, error)
      || !ssmt_bpe_get_flag (json, "single_word", FALSE, &token->single_word, error)
      || !ssmt_bpe_get_flag (json, "lstrip", FALSE, &token->lstrip, error)
      || !ssmt_bpe_get_flag (json, "rstrip", FALSE, &token->rstrip, error))
    return FALSE;
  if (!*content || !g_utf8_validate (content, -1, NULL))
    return ssmt_json_wanted (json, "content", "a text that is not empty", error);
  if (!place (self, json, content, token, pieces, ids, error))
    return FALSE;
  if (token->special)
    g_hash_table_add (self->special, GINT_TO_POINTER (token->id));
  return set_text (token, json, content, normalizers, budget, error);
}

/* By bytes; of equal ones the first in the file stays first, the sort is stable. */
static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(Token *const *) a)->text, (*(Token *const *) b)->text);
}

/* In order, without what has been looked for already. */
static void
finish_list (GPtrArray *list)
{
  guint n = 0;

  g_ptr_array_sort (list, compare);
  for (guint i = 0; i < list->len; i++) {
    Token *token = list->pdata[i];
    const Token *last = n > 0 ? list->pdata[n - 1] : NULL;

    if (last != NULL && strcmp (last->text, token->text) == 0)
      continue;
    while (last != NULL && !g_str_has_prefix (token->text, last->text))
      last = last->shorter;
    token->shorter = last;
    list->pdata[n++] = token;
  }
  g_ptr_array_set_size (list, (gint) n);
}

static void
build_finders (SsmtBpeAdded *self)
{
  for (guint i = 0; i < self->tokens->len; i++) {
    Token *token = self->tokens->pdata[i];
    Finder *finder = &self->finders[token->normalized];
    GPtrArray **list = &finder->by_byte[(guint8) token->text[0]];

    if (token->length == 0) /* normalized away: never found */
      continue;
    if (!*list)
      *list = g_ptr_array_new ();
    g_ptr_array_add (*list, token);
  }
  for (guint i = 0; i < 512; i++)
    if (self->finders[i / 256].by_byte[i % 256])
      finish_list (self->finders[i / 256].by_byte[i % 256]);
}

SsmtBpeAdded *
ssmt_bpe_added_parse (const SsmtJson *top, GPtrArray *pieces, GHashTable *ids,
    const GPtrArray *normalizers, GError **error)
{
  SsmtBpeAdded *self = g_new0 (SsmtBpeAdded, 1);
  JsonNode *node = json_object_get_member (top->object, "added_tokens");
  g_auto (SsmtBudget) budget = { NULL };
  JsonArray *array;
  gboolean fine = TRUE;

  ssmt_budget_init (&budget, 0, NULL); /* for all of them */
  self->tokens = g_ptr_array_new_with_free_func (token_free);
  self->special = g_hash_table_new (NULL, NULL);
  self->own = g_hash_table_new (ssmt_str_hash, g_str_equal);
  if (!node || JSON_NODE_HOLDS_NULL (node))
    return self;
  fine = ssmt_json_get_array (top, "added_tokens", &array, error);
  if (fine && json_array_get_length (array) > MAX_ADDED)
    fine = ssmt_json_fail (
        error, SSMT_ERROR_UNSUPPORTED, top->where, "\"added_tokens\" has more than %d", MAX_ADDED);
  for (guint i = 0; fine && i < json_array_get_length (array); i++) {
    g_autofree char *where = g_strdup_printf ("%s: added_tokens[%u]", top->where, i);
    JsonNode *element = json_array_get_element (array, i);
    SsmtJson json = { NULL, where };

    fine = JSON_NODE_HOLDS_OBJECT (element);
    if (!fine) {
      ssmt_json_fail (error, SSMT_ERROR_INVALID, where, "must be an object");
      break;
    }
    json.object = json_node_get_object (element);
    fine = parse_token (self, &json, pieces, ids, normalizers, &budget, error);
  }
  if (!fine) {
    ssmt_bpe_added_free (self);
    return NULL;
  }
  build_finders (self);
  return self;
}

/* --- finding ------------------------------------------------------------ */

static gboolean
is_single_word (const char *text, const char *start, const char *stop, const char *end)
{
  return !(start > text && ssmt_pattern_is_word (g_utf8_get_char (g_utf8_prev_char (start))))
      && !(stop < end && ssmt_pattern_is_word (g_utf8_get_char (stop)));
}

/* The longest token that stands at `p`: the last one that does not come after the text, or what
 * that begins with. */
static const Token *
token_at (const Finder *finder, const char *p, const char *end, SsmtBudget *budget)
{
  const GPtrArray *list = finder->by_byte[(guint8) *p];
  guint low = 0, high = list != NULL ? list->len : 0;
  gsize n = (gsize) (end - p);
  const Token *token;

  while (low < high) {
    guint middle = (low + high) / 2;
    int order;

    token = list->pdata[middle];
    order = memcmp (token->text, p, MIN (token->length, n));
    if (order < 0 || (order == 0 && token->length <= n))
      low = middle + 1;
    else
      high = middle;
  }
  token = low > 0 ? list->pdata[low - 1] : NULL;
  for (; token != NULL; token = token->shorter) {
    if (!ssmt_budget_spend_bytes (budget, token->length))
      return NULL;
    if (token->length <= n && memcmp (token->text, p, token->length) == 0)
      break;
  }
  return token;
}

/* Takes the spaces around [*start, *stop) that belong to the token. */
static void
take_spaces (
    const Token *token, const char *done, const char *end, const char **start, const char **stop)
{
  while (token->lstrip && *start > done
      && ssmt_pattern_is_space (g_utf8_get_char (g_utf8_prev_char (*start))))
    *start = g_utf8_prev_char (*start);
  while (token->rstrip && *stop < end && ssmt_pattern_is_space (g_utf8_get_char (*stop)))
    *stop = g_utf8_next_char (*stop);
}

gboolean
ssmt_bpe_added_find (const SsmtBpeAdded *self, gboolean normalized, const char *text, gsize length,
    gboolean first, SsmtBpeText *out, SsmtBudget *budget)
{
  const Finder *finder = &self->finders[normalized ? 1 : 0];
  const char *end = text + length, *done = text;

  for (const char *p = text; p < end;) {
    const Token *token = token_at (finder, p, end, budget);
    const char *start = p, *stop;

    if (!token) {
      p++;
      continue;
    }
    p = stop = start + token->length;
    if (token->special || (token->single_word && !is_single_word (text, start, stop, end)))
      continue;
    take_spaces (token, done, end, &start, &stop);
    /* a token among spaces that the last one took counts as well, as in the
     * reference, which then goes on behind it */
    if (done < start)
      ssmt_bpe_text_add (out, done, (gsize) (start - done), -1, first && done == text);
    ssmt_bpe_text_add (out, start, (gsize) (stop - start), token->id, FALSE);
    done = stop;
    if (!ssmt_budget_spend_bytes (budget, (gsize) (stop - start))
        || !ssmt_budget_allows (budget, out->text->len))
      return FALSE;
  }
  ssmt_bpe_text_add (out, done, (gsize) (end - done), -1, first && done == text);
  return ssmt_budget_spend_bytes (budget, length);
}
