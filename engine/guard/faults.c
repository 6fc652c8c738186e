/* ssmtranslate: what can be wrong with a translation, seen from outside
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/faults.h"

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

/* Latin letters are everybody's. */
static gboolean
has_other_than_latin (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    if (g_utf8_get_char (p) >= 0x250)
      return TRUE;
  }
  return FALSE;
}

gboolean
ssmt_faults_has_foreign (
    const char *text, const char *translation, const char *reads, const char *writes)
{
  SsmtLetters letters;

  if (g_str_is_ascii (translation))
    return FALSE;
  if (count_broken (translation) > count_broken (text))
    return TRUE;
  if (!has_other_than_latin (translation))
    return FALSE;
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

/* Without what is around it. */
static SsmtRange
strip (const char *text, SsmtRange word)
{
  while (word.start < word.end && !g_unichar_isalnum (g_utf8_get_char (text + word.start)))
    word.start = g_utf8_next_char (text + word.start) - text;
  while (word.end > word.start) {
    const char *last = g_utf8_prev_char (text + word.end);

    if (g_unichar_isalnum (g_utf8_get_char (last)))
      break;
    word.end = last - text;
  }
  return word;
}

static gboolean
is_same_word (const char *text, SsmtRange a, SsmtRange b)
{
  const char *p = text + a.start, *q = text + b.start;

  if (a.end - a.start != b.end - b.start)
    return FALSE;
  for (; p < text + a.end; p = g_utf8_next_char (p), q = g_utf8_next_char (q)) {
    if (*p != *q
        && g_unichar_tolower (g_utf8_get_char (p)) != g_unichar_tolower (g_utf8_get_char (q)))
      return FALSE;
  }
  return TRUE;
}

/* The longest run of one word. */
static guint
find_word_run (const char *text)
{
  SsmtRange last = { 0, 0 };
  guint run = 0, most = 0;

  for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (text, &word);) {
    SsmtRange bare = strip (text, word);

    if (bare.end == bare.start)
      continue;
    run = run > 0 && is_same_word (text, bare, last) ? run + 1 : 1;
    most = MAX (most, run);
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
