/* ssmtranslate: terms of a glossary in a text and in its translation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/terms.h"

#include <string.h>

#include "engine/guard/inflections.h"
#include "engine/guard/term-units.h"

static const SsmtTermUnit *
get_unit (const GArray *units, guint i)
{
  return &g_array_index (units, SsmtTermUnit, i);
}

/* --- in the text -------------------------------------------------------------- */

/* A text that is searched. */
typedef struct {
  const SsmtGlossary *glossary;
  const char *text, *language;
  GArray *units;
  gboolean any_case;
} Search;

static gboolean
is_all_capitals (const char *text, SsmtRange range)
{
  for (const char *p = text + range.start; p < text + range.end; p = g_utf8_next_char (p)) {
    if (g_unichar_islower (g_utf8_get_char (p)))
      return FALSE;
  }
  return TRUE;
}

/* A term with capitals stands there as it is written, inflected or not, or all in capitals. */
static gboolean
has_case (const Search *search, const SsmtTerm *term, guint first)
{
  SsmtRange whole = { get_unit (search->units, first)->range.start,
    get_unit (search->units, first + term->units->len - 1)->range.end };

  if (!term->has_capitals || search->any_case || is_all_capitals (search->text, whole))
    return TRUE;
  for (guint i = 0; i < term->units->len; i++) {
    const char *there = search->text + get_unit (search->units, first + i)->range.start;
    const SsmtTermUnit *unit = get_unit (term->units, i);
    const char *wanted = term->source + unit->range.start;

    /* as far as letters are the same; the rest is an ending */
    for (const char *end = term->source + unit->range.end; wanted < end;) {
      gunichar a = g_utf8_get_char (wanted), b = g_utf8_get_char (there);

      if (a != b && g_unichar_tolower (a) == g_unichar_tolower (b))
        return FALSE;
      if (a != b)
        break;
      wanted = g_utf8_next_char (wanted);
      there = g_utf8_next_char (there);
    }
  }
  return TRUE;
}

static gboolean
stands_at (const Search *search, const SsmtTerm *term, guint first, gboolean *is_base)
{
  if (first + term->units->len > search->units->len)
    return FALSE;
  *is_base = TRUE;
  for (guint i = 0; i < term->units->len; i++) {
    const SsmtTermUnit *wanted = get_unit (term->units, i);
    const SsmtTermUnit *there = get_unit (search->units, first + i);

    if (i > 0 && wanted->joins != there->joins)
      return FALSE;
    if (strcmp (there->folded, wanted->folded) == 0)
      continue;
    *is_base = FALSE;
    if (!wanted->is_word
        || !ssmt_inflections_has_form (there->folded, wanted->folded, search->language))
      return FALSE;
  }
  return has_case (search, term, first);
}

/* The longest of the terms that begin with `word` and stand at unit `first`; NULL: none. */
static const SsmtTerm *
find_longest (const Search *search, const char *word, guint first, gboolean *is_base)
{
  const GPtrArray *terms = ssmt_glossary_look_up (search->glossary, word);

  for (guint i = 0; terms != NULL && i < terms->len; i++) {
    if (stands_at (search, terms->pdata[i], first, is_base))
      return terms->pdata[i];
  }
  return NULL;
}

static const SsmtTerm *
find_at (const Search *search, guint first, gboolean *is_base)
{
  const SsmtTermUnit *unit = get_unit (search->units, first);
  const SsmtTerm *best = find_longest (search, unit->folded, first, is_base);
  g_autoptr (GPtrArray) bases = NULL;

  if (!unit->is_word)
    return best;
  bases = g_ptr_array_new_with_free_func (g_free);
  ssmt_inflections_add_bases (unit->folded, search->language, bases);
  for (guint i = 0; i < bases->len; i++) {
    gboolean other_base;
    const SsmtTerm *term = find_longest (search, bases->pdata[i], first, &other_base);

    if (term != NULL && (best == NULL || term->units->len > best->units->len)) {
      best = term;
      *is_base = other_base;
    }
  }
  return best;
}

GArray *
ssmt_terms_find (
    const SsmtGlossary *self, const char *text, const char *language, gboolean any_case)
{
  GArray *matches = g_array_new (FALSE, FALSE, sizeof (SsmtTermMatch));
  g_autoptr (GArray) units = self != NULL ? ssmt_term_units_find (text) : NULL;
  Search search = { self, text, language, units, any_case };

  for (guint i = 0; self != NULL && i < units->len;) {
    SsmtTermMatch match = { .is_base = FALSE };

    match.term = find_at (&search, i, &match.is_base);
    if (match.term == NULL) {
      i++;
      continue;
    }
    match.range.start = get_unit (units, i)->range.start;
    i += match.term->units->len;
    match.range.end = get_unit (units, i - 1)->range.end;
    g_array_append_val (matches, match);
  }
  return matches;
}

/* --- in the translation ---------------------------------------------------------- */

/* Whether a unit of a translation is that of a target: capitals that the target has stay. */
static gboolean
is_target (const char *text, const SsmtTermUnit *there, const SsmtTerm *term,
    const SsmtTermUnit *wanted, const char *language)
{
  gunichar first = g_utf8_get_char (term->target + wanted->range.start);

  if (g_unichar_isupper (first)
      && g_unichar_islower (g_utf8_get_char (text + there->range.start)))
    return FALSE;
  return strcmp (there->folded, wanted->folded) == 0
      || (wanted->is_word && there->is_word
          && ssmt_inflections_is_akin (there->folded, wanted->folded, language));
}

/* Where in the units the target is that no other term has taken; -1: nowhere. */
static gint
find_target (const char *text, const GArray *units, const guint8 *taken, const SsmtTerm *term,
    const char *language)
{
  const GArray *wanted = term->target_units;

  for (guint first = 0; first + wanted->len <= units->len; first++) {
    guint n = 0;

    while (n < wanted->len && !taken[first + n]
        && (n == 0 || get_unit (units, first + n)->joins == get_unit (wanted, n)->joins)
        && is_target (text, get_unit (units, first + n), term, get_unit (wanted, n), language))
      n++;
    if (n == wanted->len)
      return (gint) first;
  }
  return -1;
}

GArray *
ssmt_terms_find_lacking (const GArray *matches, const char *translation, const char *language)
{
  GArray *lacking = g_array_new (FALSE, FALSE, sizeof (SsmtTermMatch));
  g_autoptr (GArray) units = NULL;
  g_autofree guint8 *taken = NULL;

  if (matches->len == 0)
    return lacking;
  units = ssmt_term_units_find (translation);
  taken = g_new0 (guint8, units->len + 1);
  for (guint i = 0; i < matches->len; i++) {
    const SsmtTermMatch *match = &g_array_index (matches, SsmtTermMatch, i);
    gint at;

    if (match->term->target == NULL)
      continue;
    at = find_target (translation, units, taken, match->term, language);
    if (at >= 0)
      memset (taken + at, 1, match->term->target_units->len);
    else
      g_array_append_val (lacking, *match);
  }
  return lacking;
}

/* --- what to ask for ---------------------------------------------------------------- */

/* The word at the end of units in place of the last one. */
static char *
replace_word (const SsmtTerm *term, guint which, const char *word)
{
  const SsmtTermUnit *unit = get_unit (term->target_units, which);

  return g_strdup_printf ("%.*s%s%s", (int) unit->range.start, term->target, word,
      term->target + unit->range.end);
}

static void
add_inflected (const SsmtTerm *term, guint which, const char *language, GPtrArray *all)
{
  const SsmtTermUnit *unit = get_unit (term->target_units, which);
  g_autofree char *word = g_strndup (
      term->target + unit->range.start, unit->range.end - unit->range.start);
  g_autoptr (GPtrArray) forms = g_ptr_array_new_with_free_func (g_free);

  if (unit->is_word)
    ssmt_inflections_add_forms (word, language, forms);
  for (guint i = 0; i < forms->len; i++)
    g_ptr_array_add (all, replace_word (term, which, forms->pdata[i]));
}

GPtrArray *
ssmt_terms_get_forms (const SsmtTermMatch *match, const char *language)
{
  const SsmtTerm *term = match->term;
  GPtrArray *all = g_ptr_array_new_with_free_func (g_free);
  gunichar first = g_utf8_get_char (term->target);
  guint n;

  g_ptr_array_add (all, g_strdup (term->target));
  if (term->target_units->len == 1)
    add_inflected (term, 0, language, all);
  n = all->len;
  for (guint i = 0; g_unichar_islower (first) && i < n; i++) {
    const char *form = all->pdata[i];
    char capital[7] = { 0 };

    g_unichar_to_utf8 (g_unichar_toupper (first), capital);
    g_ptr_array_add (all, g_strconcat (capital, g_utf8_next_char (form), NULL));
  }
  g_ptr_array_add (all, NULL);
  return all;
}
