/* ssmtranslate: text in capitals
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Models have read few of them, and spell out what they do not know.
 */
#include "engine/guard/caps.h"

#include <string.h>

#include <unicode/ucasemap.h>

gboolean
ssmt_caps_is_all (const char *text)
{
  guint n = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (g_unichar_islower (c))
      return FALSE;
    n += g_unichar_isupper (c);
  }
  return n >= 2;
}

/* A run of letters, digits, marks and apostrophes within words. */
static gsize
word_length (const char *word)
{
  const char *p = word;

  for (; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (!g_unichar_isalnum (c) && !g_unichar_ismark (c) && c != '\'' && c != 0x2019)
      break;
  }
  return p - word;
}

static gboolean
is_pronoun_i (const char *word, const char *language)
{
  return language != NULL && g_ascii_strncasecmp (language, "en", 2) == 0
      && !g_ascii_isalpha (language[2]) && word[0] == 'I' && !g_ascii_isalpha (word[1]);
}

static char *
lower_word (const char *word, gboolean keep_first)
{
  const char *rest = keep_first ? g_utf8_next_char (word) : word;
  g_autofree char *lower = g_utf8_strdown (rest, -1);
  g_autofree char *first = g_strndup (word, rest - word);

  return g_strconcat (first, lower, NULL);
}

SsmtEdits *
ssmt_caps_to_sentence (const char *text, const char *language, GHashTable *kept)
{
  SsmtEdits *edits = ssmt_edits_new (text);
  gboolean begins = TRUE;

  for (gsize at = 0; text[at] != '\0';) {
    gsize length = word_length (text + at);
    g_autofree char *word = g_strndup (text + at, length);

    if (length == 0) {
      gunichar c = g_utf8_get_char (text + at);

      begins |= ssmt_text_is_sentence_end (c);
      at = g_utf8_next_char (text + at) - text;
      continue;
    }
    if (kept == NULL || !g_hash_table_contains (kept, word)) {
      g_autofree char *lower = lower_word (word, begins || is_pronoun_i (word, language));

      if (strcmp (lower, word) != 0)
        ssmt_edits_replace (edits, (SsmtRange){ at, at + length }, lower);
    }
    begins = FALSE;
    at += length;
  }
  ssmt_edits_finish (edits);
  return edits;
}

static char *
upper_word (const char *word, UCaseMap *map)
{
  gsize size = 3 * strlen (word) + 8;
  g_autofree char *out = g_malloc (size);
  UErrorCode status = U_ZERO_ERROR;
  int32_t n = map != NULL ? ucasemap_utf8ToUpper (map, out, size, word, -1, &status) : 0;

  if (map == NULL || U_FAILURE (status) || (gsize) n >= size)
    return g_utf8_strup (word, -1);
  return g_strndup (out, n);
}

SsmtEdits *
ssmt_caps_to_upper (const char *text, const char *language)
{
  SsmtEdits *edits = ssmt_edits_new (text);
  UErrorCode status = U_ZERO_ERROR;
  UCaseMap *map = ucasemap_open (language != NULL ? language : "", 0, &status);

  for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (text, &word);) {
    g_autofree char *old = g_strndup (text + word.start, word.end - word.start);
    g_autofree char *upper = upper_word (old, U_SUCCESS (status) ? map : NULL);

    if (strcmp (upper, old) != 0)
      ssmt_edits_replace (edits, word, upper);
  }
  ssmt_edits_finish (edits);
  if (U_SUCCESS (status))
    ucasemap_close (map);
  return edits;
}
