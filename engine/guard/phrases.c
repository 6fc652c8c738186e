/* ssmtranslate: what a translation must have, as tokens
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/phrases.h"

#include <string.h>

#include "engine/guard/currencies.h"
#include "engine/guard/numbers.h"

static GArray *
encode (const SsmtTokenizer *tokenizer, const char *text, SsmtBudget *budget)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint32));

  if (!ssmt_tokenizer_encode (tokenizer, text, -1, ids, budget, NULL))
    g_array_set_size (ids, 0);
  return ids;
}

/* Takes the tokens. */
static void
add_form (GPtrArray *forms, GArray *ids)
{
  gboolean is_new = ids->len > 0;

  for (guint i = 0; is_new && i < forms->len; i++)
    is_new = !ssmt_tokens_equal (forms->pdata[i], ids);
  if (is_new)
    g_ptr_array_add (forms, ids);
  else
    g_array_unref (ids);
}

/* The tokens of `text` where no space is before it. */
static GArray *
encode_joined (const SsmtTokenizer *tokenizer, const char *text, SsmtBudget *budget)
{
  g_autofree char *behind = g_strconcat ("(", text, NULL);
  g_autoptr (GArray) bracket = encode (tokenizer, "(", budget);
  GArray *ids = encode (tokenizer, behind, budget);

  if (bracket->len > 0 && ids->len > bracket->len
      && memcmp (ids->data, bracket->data, bracket->len * sizeof (gint32)) == 0)
    g_array_remove_range (ids, 0, bracket->len);
  else
    g_array_set_size (ids, 0);
  return ids;
}

GPtrArray *
ssmt_phrase_forms (const SsmtTokenizer *tokenizer, const char *const *forms, SsmtBudget *budget)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);

  for (guint i = 0; forms[i] != NULL; i++) {
    g_autofree char *spaced = g_strconcat (" ", forms[i], NULL);

    add_form (all, encode (tokenizer, spaced, budget));
    add_form (all, encode (tokenizer, forms[i], budget));
    add_form (all, encode_joined (tokenizer, forms[i], budget));
  }
  return all;
}

static void
clear_phrase (gpointer data)
{
  g_ptr_array_unref (((SsmtPhrase *) data)->forms);
}

GArray *
ssmt_phrases_make_array (void)
{
  GArray *phrases = g_array_new (FALSE, FALSE, sizeof (SsmtPhrase));

  g_array_set_clear_func (phrases, clear_phrase);
  return phrases;
}

/* "▁" begins every word that is not known whole. */
static gboolean
begin_with_text (const SsmtTokenizer *tokenizer, const GPtrArray *forms, SsmtBudget *budget)
{
  for (guint i = 0; i < forms->len; i++) {
    const GArray *form = forms->pdata[i];
    g_autofree char *first =
        ssmt_tokenizer_decode (tokenizer, (const gint32 *) form->data, 1, budget);

    if (*g_strstrip (first) == '\0')
      return FALSE;
  }
  return TRUE;
}

static void
add_phrase (
    GArray *phrases, const SsmtTokenizer *tokenizer, const char *const *forms, SsmtBudget *budget)
{
  SsmtPhrase phrase = { ssmt_phrase_forms (tokenizer, forms, budget), FALSE };

  if (phrase.forms->len == 0 || phrases->len == SSMT_FORCE_MAX_PHRASES) {
    g_ptr_array_unref (phrase.forms);
    return;
  }
  phrase.only_once = begin_with_text (tokenizer, phrase.forms, budget);
  g_array_append_val (phrases, phrase);
}

/* The number with the sign of its currency; NULL: it has none. */
static char *
dup_amount (const char *piece, SsmtRange range, const char *number)
{
  gboolean is_before;
  gunichar sign = ssmt_currencies_find_beside (piece, range.start, range.end, &is_before);
  char name[7] = { 0 };

  if (sign == 0)
    return NULL;
  g_unichar_to_utf8 (sign, name);
  return is_before ? g_strconcat (name, number, NULL) : g_strconcat (number, " ", name, NULL);
}

/* Of SsmtRange: those that the translation lacks, or all. */
static GArray *
find_numbers (const SsmtGuarded *guarded, const char *piece, const char *translation)
{
  const SsmtGuardSettings *settings = guarded->settings;
  GArray *ranges = g_array_new (FALSE, FALSE, sizeof (SsmtRange));
  g_autoptr (GArray) numbers = NULL;

  if (translation != NULL) {
    ssmt_numbers_compare (piece, settings->reads, translation, settings->writes, ranges);
    if (ssmt_currencies_are_kept (piece, translation))
      return ranges;
    g_array_set_size (ranges, 0);
  }
  numbers = ssmt_numbers_find (piece);
  for (guint i = 0; i < numbers->len; i++)
    g_array_append_val (ranges, g_array_index (numbers, SsmtNumber, i).range);
  return ranges;
}

static void
add_numbers (GArray *phrases, const SsmtGuarded *guarded, const char *piece,
    const char *translation, const SsmtTokenizer *tokenizer, SsmtBudget *budget)
{
  const SsmtGuardSettings *settings = guarded->settings;
  g_autoptr (GArray) ranges = find_numbers (guarded, piece, translation);

  for (guint i = 0; i < ranges->len; i++) {
    SsmtRange range = g_array_index (ranges, SsmtRange, i);
    g_autofree char *number = g_strndup (piece + range.start, range.end - range.start);
    g_autofree char *local = ssmt_numbers_localize (number, settings->reads, settings->writes);
    g_autofree char *amount = dup_amount (piece, range, local != NULL ? local : number);
    const char *forms[] = { local != NULL ? local : number, local != NULL ? number : NULL, NULL };

    /* that of a name, "X1", or of a code */
    if (range.start > 0 && g_ascii_isalpha (piece[range.start - 1]))
      continue;
    if (amount != NULL)
      add_phrase (phrases, tokenizer, (const char *[]){ amount, NULL }, budget);
    else
      add_phrase (phrases, tokenizer, forms, budget);
  }
}

/* One word of the piece, where the translation has it not. */
static void
add_word (GArray *phrases, const char *word, const char *piece, const char *translation,
    const SsmtTokenizer *tokenizer, SsmtBudget *budget)
{
  const char *at = strstr (piece, word);

  if (at != NULL && !g_ascii_isdigit (at[strlen (word)])
      && (translation == NULL || strstr (translation, word) == NULL))
    add_phrase (phrases, tokenizer, (const char *[]){ word, NULL }, budget);
}

/* Not `only_once`: what a term begins with, other words do, too. */
static void
add_terms (GArray *phrases, const SsmtGuarded *guarded, const char *piece, const char *translation,
    const SsmtTokenizer *tokenizer, SsmtBudget *budget)
{
  g_autoptr (GArray) terms = ssmt_guarded_find_terms (guarded, piece, translation);

  for (guint i = 0; i < terms->len && phrases->len < SSMT_FORCE_MAX_PHRASES; i++) {
    const SsmtTermMatch *match = &g_array_index (terms, SsmtTermMatch, i);
    g_autoptr (GPtrArray) forms = NULL;
    SsmtPhrase phrase = { NULL };

    if (match->term->target == NULL)
      continue;
    forms = ssmt_terms_get_forms (match, guarded->settings->writes);
    phrase.forms = ssmt_phrase_forms (tokenizer, (const char *const *) forms->pdata, budget);
    if (phrase.forms->len > 0)
      g_array_append_val (phrases, phrase);
    else
      g_ptr_array_unref (phrase.forms);
  }
}

GArray *
ssmt_phrases_new (const SsmtGuarded *guarded, const char *piece, const char *translation,
    const SsmtTokenizer *tokenizer, SsmtBudget *budget)
{
  GArray *phrases = ssmt_phrases_make_array ();

  for (guint i = 0; i < guarded->names->len; i++)
    add_word (phrases, g_array_index (guarded->names, SsmtAway, i).text, piece, translation,
        tokenizer, budget);
  for (guint i = 0; i < guarded->codes->len; i++)
    add_word (phrases, guarded->codes->pdata[i], piece, translation, tokenizer, budget);
  add_numbers (phrases, guarded, piece, translation, tokenizer, budget);
  if (guarded->settings->glossary != NULL)
    add_terms (phrases, guarded, piece, translation, tokenizer, budget);
  return phrases;
}
