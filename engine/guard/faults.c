/* ssmtranslate: what can be wrong with a translation, seen from outside
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/faults.h"

#include <string.h>

#include <unicode/uscript.h>

#include "engine/guard/letters.h"
#include "ssmt/ssmt-text.h"

#define BROKEN 0xfffd
#define MORE_REPEATS 2
#define MORE_SAME_LETTERS 4
#define MOST_RATIO 3
#define MOST_MORE 24     /* characters */
#define IDEOGRAPH_WIDTH 3 /* letters of an alphabet that say as much */

static guint
count_broken (const char *text)
{
  guint n = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    n += g_utf8_get_char (p) == BROKEN;
  return n;
}

gboolean
ssmt_faults_has_foreign (
    const char *text, const char *translation, const char *reads, const char *writes)
{
  SsmtLetters letters;

  if (count_broken (translation) > count_broken (text))
    return TRUE;
  ssmt_letters_init (&letters, reads, writes != NULL ? writes : "");
  ssmt_letters_add_text (&letters, "a");
  ssmt_letters_add_text (&letters, text);
  for (const char *p = translation; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (c >= 0x80 && g_unichar_isalpha (c) && !ssmt_letters_has_script (&letters, c))
      return TRUE;
  }
  return FALSE;
}

/* Without what is around it, in one case. */
static char *
dup_bare (const char *text, SsmtRange word)
{
  const char *start = text + word.start, *end = text + word.end;

  while (start < end && !g_unichar_isalnum (g_utf8_get_char (start)))
    start = g_utf8_next_char (start);
  while (end > start && !g_unichar_isalnum (g_utf8_get_char (g_utf8_prev_char (end))))
    end = g_utf8_prev_char (end);
  return g_utf8_casefold (start, end - start);
}

/* The longest run of one word. */
static guint
find_word_run (const char *text)
{
  g_autofree char *last = g_strdup ("");
  guint run = 0, most = 0;

  for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (text, &word);) {
    char *bare = dup_bare (text, word);

    if (*bare == '\0') {
      g_free (bare);
      continue;
    }
    run = strcmp (bare, last) == 0 ? run + 1 : 1;
    most = MAX (most, run);
    g_free (last);
    last = bare;
  }
  return most;
}

static guint
find_letter_run (const char *text)
{
  gunichar last = 0;
  guint run = 0, most = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_unichar_tolower (g_utf8_get_char (p));

    run = c == last && g_unichar_isalpha (c) ? run + 1 : 1;
    most = MAX (most, run);
    last = c;
  }
  return most;
}

gboolean
ssmt_faults_has_loop (const char *text, const char *translation)
{
  return find_word_run (translation) > find_word_run (text) + MORE_REPEATS
      || find_letter_run (translation) > find_letter_run (text) + MORE_SAME_LETTERS;
}

static gsize
get_width (const char *text)
{
  gsize width = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    width += g_unichar_iswide (g_utf8_get_char (p)) ? IDEOGRAPH_WIDTH : 1;
  return width;
}

gboolean
ssmt_faults_is_too_long (const char *text, const char *translation)
{
  return get_width (translation) > MOST_RATIO * get_width (text) + MOST_MORE;
}
