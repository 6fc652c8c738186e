/* ssmtranslate: what of a text goes to the model, and in which pieces
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/pieces.h"

#include <string.h>

/* More than any language has in a token, on average over a piece. */
#define MAX_TOKEN_BYTES 32

char *
ssmt_text_normalize (const char *text)
{
  GString *out = g_string_sized_new (strlen (text));

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (!ssmt_text_is_space (c))
      g_string_append_len (out, p, g_utf8_next_char (p) - p);
    else if (out->len > 0 && out->str[out->len - 1] != ' ')
      g_string_append_c (out, ' ');
  }
  if (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate (out, out->len - 1);
  return g_string_free (out, FALSE);
}

/* How good a place for a cut is between `c` and `next`; 0: only if need be. */
static guint
cut_quality (gunichar c, gunichar next)
{
  static const gunichar pauses[] = { ',', ';', ':', 0x2014, 0x3001, 0xff0c };
  gboolean wide = c >= 0x3000; /* no space follows these */

  if (next == ' ' || wide) {
    if (ssmt_text_is_sentence_end (c))
      return 3;
    for (guint i = 0; i < G_N_ELEMENTS (pauses); i++) {
      if (c == pauses[i])
        return 2;
    }
  }
  return next == ' ' ? 1 : 0;
}

/* The best cut in the middle half of the text; among equals the one nearest to the middle. */
static gsize
find_cut (const char *text, gsize length)
{
  const char *middle = text + length / 2;
  const char *best = NULL;
  guint best_quality = 0;

  for (const char *p = text; p < text + length; p = g_utf8_next_char (p)) {
    const char *next = g_utf8_next_char (p);
    guint quality;

    if (next >= text + length)
      break;
    if (next < text + length / 4 || next > text + length * 3 / 4)
      continue;
    quality = cut_quality (g_utf8_get_char (p), g_utf8_get_char (next));
    if (best == NULL || quality > best_quality
        || (quality == best_quality && ABS (next - middle) < ABS (best - middle))) {
      best = next;
      best_quality = quality;
    }
  }
  /* Two or three long characters may have no boundary in the middle half. */
  return best != NULL ? (gsize) (best - text) : (gsize) (g_utf8_next_char (text) - text);
}

static gboolean
is_piece (const SsmtTokenizer *tokenizer, const char *text, gsize length, gsize max_tokens,
    GArray *ids, gboolean *is, SsmtBudget *budget, GError **error)
{
  *is = FALSE;
  /* Reading 64 kB into tokens takes longer than anybody waits for a cancel. */
  if (length > max_tokens * MAX_TOKEN_BYTES)
    return TRUE;
  g_array_set_size (ids, 0);
  if (!ssmt_tokenizer_encode (tokenizer, text, length, ids, budget, error))
    return FALSE;
  *is = ids->len <= max_tokens || g_utf8_next_char (text) >= text + length;
  return TRUE;
}

static gboolean
split_part (const SsmtTokenizer *tokenizer, const char *text, gsize length, gsize max_tokens,
    GArray *ids, GPtrArray *pieces, SsmtBudget *budget, GError **error)
{
  gboolean is;

  while (length > 0 && *text == ' ') {
    text++;
    length--;
  }
  if (length == 0)
    return TRUE;
  if (g_cancellable_set_error_if_cancelled (budget->cancellable, error)
      || !is_piece (tokenizer, text, length, max_tokens, ids, &is, budget, error))
    return FALSE;
  if (is) {
    g_ptr_array_add (pieces, g_strndup (text, length));
    return TRUE;
  }
  gsize cut = find_cut (text, length);
  return split_part (tokenizer, text, cut, max_tokens, ids, pieces, budget, error)
      && split_part (tokenizer, text + cut, length - cut, max_tokens, ids, pieces, budget, error);
}

gboolean
ssmt_text_split (const SsmtTokenizer *tokenizer, const char *text, gsize max_tokens,
    GPtrArray *pieces, SsmtBudget *budget, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));

  return split_part (tokenizer, text, strlen (text), max_tokens, ids, pieces, budget, error);
}

gboolean
ssmt_text_split_sentences (const SsmtTokenizer *tokenizer, SsmtSentences *sentences,
    const char *text, gsize max_tokens, GPtrArray *pieces, SsmtBudget *budget, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree SsmtRange *ranges = NULL;
  gsize length = strlen (text);
  gboolean is;
  guint n;

  if (!is_piece (tokenizer, text, length, max_tokens, ids, &is, budget, error))
    return FALSE;
  if (is)
    return split_part (tokenizer, text, length, max_tokens, ids, pieces, budget, error);
  ranges = ssmt_sentences_find (sentences, text, &n);
  for (guint i = 0; i < n; i++) {
    gsize end = ranges[i].end;

    while (end > ranges[i].start && text[end - 1] == ' ')
      end--;
    if (!split_part (tokenizer, text + ranges[i].start, end - ranges[i].start, max_tokens, ids,
            pieces, budget, error))
      return FALSE;
  }
  return TRUE;
}
