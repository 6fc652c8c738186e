/* ssmtranslate: simple inflections of words
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/inflections.h"

#include <string.h>

#define LEAST_STEM 2   /* letters, before an ending */
#define LEAST_SAME 4   /* letters that akin words begin with, */
#define SAME_SHARE 0.6 /* and the part of each that these are */
#define MOST_OTHER 4   /* letters behind them */

/* An ending and what the word has without it. */
typedef struct {
  const char *language, *form, *base;
  gboolean is_doubled; /* the letter before it may be: "stopped" */
} Ending;

static const Ending endings[] = {
  { "en", "s", "" }, { "en", "es", "" }, { "en", "ies", "y" }, { "en", "ves", "f" },
  { "en", "ves", "fe" }, { "en", "ed", "", TRUE }, { "en", "d", "" }, { "en", "ied", "y" },
  { "en", "ing", "", TRUE }, { "en", "ing", "e" },

  { "pt", "s", "" }, { "pt", "es", "" }, { "pt", "ões", "ão" }, { "pt", "ães", "ão" },
  { "pt", "ns", "m" }, { "pt", "ais", "al" }, { "pt", "éis", "el" }, { "pt", "óis", "ol" },
  { "pt", "eis", "il" }, { "pt", "is", "il" }, { "pt", "a", "o" }, { "pt", "as", "o" },
  { "pt", "a", "" }, { "pt", "as", "" }, { "pt", "ã", "ão" },

  { "es", "s", "" }, { "es", "es", "" }, { "es", "ces", "z" }, { "es", "ones", "ón" },
  { "es", "a", "o" }, { "es", "as", "o" }, { "es", "a", "" }, { "es", "as", "" },

  { "fr", "s", "" }, { "fr", "x", "" }, { "fr", "aux", "al" }, { "fr", "e", "" },
  { "fr", "es", "" },

  { "de", "e", "" }, { "de", "en", "" }, { "de", "n", "" }, { "de", "er", "" },
  { "de", "ern", "" }, { "de", "em", "" }, { "de", "es", "" }, { "de", "s", "" },

  { "it", "i", "o" }, { "it", "i", "e" }, { "it", "e", "a" }, { "it", "a", "o" },
  { "it", "e", "o" }, { "it", "hi", "o" }, { "it", "he", "a" },

  { "nl", "en", "" }, { "nl", "s", "" }, { "nl", "'s", "" }, { "nl", "e", "" },
};

static gboolean
has_language (const char *tag, const char *code)
{
  gsize n = strlen (code);

  return g_ascii_strncasecmp (tag, code, n) == 0 && !g_ascii_isalpha (tag[n]);
}

/* Three letters are what catalogs and tags have ("por"). */
static gboolean
is_of (const Ending *ending, const char *language)
{
  static const char *const longs[][2] = { { "en", "eng" }, { "pt", "por" }, { "es", "spa" },
    { "fr", "fra" }, { "de", "deu" }, { "it", "ita" }, { "nl", "nld" } };

  if (has_language (language, ending->language))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (longs); i++) {
    if (strcmp (longs[i][0], ending->language) == 0)
      return has_language (language, longs[i][1]);
  }
  return FALSE;
}

/* `word` with another ending; NULL: it does not end so, or nearly all of it does. */
static char *
exchange (const char *word, const char *from, const char *to)
{
  gsize length = strlen (word), n = strlen (from);

  if (!g_str_has_suffix (word, from) || g_utf8_strlen (word, length - n) < LEAST_STEM)
    return NULL;
  return g_strdup_printf ("%.*s%s", (int) (length - n), word, to);
}

static void
add (GPtrArray *words, const char *word, char *made)
{
  gboolean is_new = made != NULL && strcmp (made, word) != 0;

  for (guint i = 0; is_new && i < words->len; i++)
    is_new = strcmp (words->pdata[i], made) != 0;
  if (is_new)
    g_ptr_array_add (words, made);
  else
    g_free (made);
}

/* "stop" of "stopp"; NULL: its last letter is not double. */
static char *
dup_undoubled (const char *word)
{
  gsize length = word != NULL ? strlen (word) : 0;

  return length > 3 && g_ascii_isalpha (word[length - 1]) && word[length - 1] == word[length - 2]
      ? g_strndup (word, length - 1)
      : NULL;
}

void
ssmt_inflections_add_bases (const char *word, const char *language, GPtrArray *bases)
{
  for (guint i = 0; language != NULL && i < G_N_ELEMENTS (endings); i++) {
    const Ending *ending = &endings[i];
    char *base;

    if (!g_str_has_suffix (word, ending->form) || !is_of (ending, language))
      continue;
    base = exchange (word, ending->form, ending->base);
    if (ending->is_doubled)
      add (bases, word, dup_undoubled (base));
    add (bases, word, base);
  }
}

void
ssmt_inflections_add_forms (const char *base, const char *language, GPtrArray *forms)
{
  for (guint i = 0; language != NULL && i < G_N_ELEMENTS (endings); i++) {
    if (is_of (&endings[i], language))
      add (forms, base, exchange (base, endings[i].base, endings[i].form));
  }
}

gboolean
ssmt_inflections_has_form (const char *word, const char *base, const char *language)
{
  g_autoptr (GPtrArray) bases = NULL;

  if (strcmp (word, base) == 0)
    return TRUE;
  bases = g_ptr_array_new_with_free_func (g_free);
  ssmt_inflections_add_bases (word, language, bases);
  return g_ptr_array_find_with_equal_func (bases, base, g_str_equal, NULL);
}

gboolean
ssmt_inflections_is_akin (const char *word, const char *base, const char *language)
{
  glong same = 0, n_word = g_utf8_strlen (word, -1), n_base = g_utf8_strlen (base, -1);
  const char *a = word, *b = base;

  for (; *a != '\0' && g_utf8_get_char (a) == g_utf8_get_char (b); same++) {
    a = g_utf8_next_char (a);
    b = g_utf8_next_char (b);
  }
  if (same >= LEAST_SAME && same >= SAME_SHARE * MAX (n_word, n_base)
      && MAX (n_word, n_base) - same <= MOST_OTHER)
    return TRUE;
  return ssmt_inflections_has_form (word, base, language);
}
