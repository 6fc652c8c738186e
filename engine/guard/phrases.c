/* ssmtranslate: what a translation must have, as tokens
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/phrases.h"

#include <string.h>

#include "engine/guard/numbers.h"

static GArray *
encode (const SsmtTokenizer *tokenizer, const char *text)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint32));

  if (!ssmt_tokenizer_encode (tokenizer, text, -1, ids, NULL))
    g_array_set_size (ids, 0);
  return ids;
}

static gboolean
is_same (const GArray *a, const GArray *b)
{
  return a->len == b->len && memcmp (a->data, b->data, a->len * sizeof (gint32)) == 0;
}

/* Takes the tokens. */
static void
add_form (GPtrArray *forms, GArray *ids)
{
  gboolean is_new = ids->len > 0;

  for (guint i = 0; is_new && i < forms->len; i++)
    is_new = !is_same (forms->pdata[i], ids);
  if (is_new)
    g_ptr_array_add (forms, ids);
  else
    g_array_unref (ids);
}

/* The tokens of `text` where no space is before it. */
static GArray *
encode_joined (const SsmtTokenizer *tokenizer, const char *text)
{
  g_autofree char *behind = g_strconcat ("(", text, NULL);
  g_autoptr (GArray) bracket = encode (tokenizer, "(");
  GArray *ids = encode (tokenizer, behind);

  if (ids->len > bracket->len
      && memcmp (ids->data, bracket->data, bracket->len * sizeof (gint32)) == 0)
    g_array_remove_range (ids, 0, bracket->len);
  else
    g_array_set_size (ids, 0);
  return ids;
}

GPtrArray *
ssmt_phrase_forms (const SsmtTokenizer *tokenizer, const char *const *forms)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);

  for (guint i = 0; forms[i] != NULL; i++) {
    g_autofree char *spaced = g_strconcat (" ", forms[i], NULL);

    add_form (all, encode (tokenizer, spaced));
    add_form (all, encode (tokenizer, forms[i]));
    add_form (all, encode_joined (tokenizer, forms[i]));
  }
  return all;
}

static void
clear_phrase (gpointer data)
{
  g_ptr_array_unref (((SsmtPhrase *) data)->forms);
}

/* "▁" begins every word that is not known whole. */
static gboolean
begin_with_text (const SsmtTokenizer *tokenizer, const GPtrArray *forms)
{
  for (guint i = 0; i < forms->len; i++) {
    g_autofree char *first =
        ssmt_tokenizer_decode (tokenizer, (const gint32 *) ((GArray *) forms->pdata[i])->data, 1);

    if (*g_strstrip (first) == '\0')
      return FALSE;
  }
  return TRUE;
}

static void
add_phrase (GArray *phrases, const SsmtTokenizer *tokenizer, const char *const *forms)
{
  SsmtPhrase phrase = { ssmt_phrase_forms (tokenizer, forms), FALSE };

  if (phrase.forms->len == 0 || phrases->len == SSMT_FORCE_MAX_PHRASES) {
    g_ptr_array_unref (phrase.forms);
    return;
  }
  phrase.only_once = begin_with_text (tokenizer, phrase.forms);
  g_array_append_val (phrases, phrase);
}

static void
add_numbers (GArray *phrases, const SsmtGuarded *guarded, const char *piece,
    const SsmtTokenizer *tokenizer)
{
  const SsmtGuardSettings *settings = guarded->settings;
  g_autoptr (GArray) numbers = ssmt_numbers_find (piece);

  for (guint i = 0; i < numbers->len; i++) {
    SsmtRange range = g_array_index (numbers, SsmtNumber, i).range;
    g_autofree char *number = g_strndup (piece + range.start, range.end - range.start);
    g_autofree char *local = ssmt_numbers_localize (number, settings->reads, settings->writes);
    const char *forms[] = { local != NULL ? local : number, local != NULL ? number : NULL, NULL };

    /* that of a name: "X1" */
    if (range.start > 0 && piece[range.start - 1] == 'X')
      continue;
    add_phrase (phrases, tokenizer, forms);
  }
}

GArray *
ssmt_phrases_new (const SsmtGuarded *guarded, const char *piece, const SsmtTokenizer *tokenizer,
    SsmtFaults faults)
{
  GArray *phrases = g_array_new (FALSE, FALSE, sizeof (SsmtPhrase));

  g_array_set_clear_func (phrases, clear_phrase);
  if (faults == 0)
    return phrases;
  for (guint i = 0; i < guarded->names->len; i++) {
    const char *forms[] = { g_array_index (guarded->names, SsmtAway, i).text, NULL };
    const char *at = strstr (piece, forms[0]);

    if (at != NULL && !g_ascii_isdigit (at[strlen (forms[0])]))
      add_phrase (phrases, tokenizer, forms);
  }
  if (faults & SSMT_GUARD_FAULT_NUMBER)
    add_numbers (phrases, guarded, piece, tokenizer);
  return phrases;
}
