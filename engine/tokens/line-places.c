/* ssmtranslate: places at which a line may end
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a break at each of them costs; the measure is that of ssmt-lines.c.
 */
#include "engine/tokens/line-places.h"

#include <string.h>
#include <unicode/utext.h>

/* Longer words, in bytes, are none that matter. */
#define MAX_WORD 64

#define COST_LEANS 16     /* behind a word that goes with the next one */
#define COST_NAME 12      /* within one */
#define COST_NUMBER 16    /* between it and its unit */
#define COST_IN_WORD 40   /* at a hyphen, or between signs of a Chinese word */
#define COST_SENTENCE -20 /* behind a sentence */
#define COST_CLAUSE -14   /* behind a comma or the like */
#define COST_JOINS -6     /* before a conjunction */
#define COST_BEGINS -3    /* before a preposition or an article */

/* --- what stands around a place ---------------------------------------------- */

static gunichar
char_before (const char *text, gsize at)
{
  return at > 0 ? g_utf8_get_char (g_utf8_prev_char (text + at)) : 0;
}

static gboolean
is_in_word (gunichar c)
{
  return g_unichar_isalnum (c) || g_unichar_ismark (c) || c == '\'' || c == 0x2019;
}

/* The word that ends at `end` or in the punctuation before it. */
static SsmtRange
word_before (const char *text, gsize end)
{
  SsmtRange word = { end, end };

  while (word.end > 0 && end - word.end < MAX_WORD && !is_in_word (char_before (text, word.end))
      && !ssmt_text_is_space (char_before (text, word.end)))
    word.end = g_utf8_prev_char (text + word.end) - text;
  word.start = word.end;
  while (word.start > 0 && word.end - word.start < MAX_WORD
      && is_in_word (char_before (text, word.start)))
    word.start = g_utf8_prev_char (text + word.start) - text;
  return word;
}

/* The word that begins at `start` or behind the signs there. */
static SsmtRange
word_after (const char *text, gsize start)
{
  SsmtRange word = { start, start };

  while (text[word.start] != '\0' && word.start - start < MAX_WORD
      && !is_in_word (g_utf8_get_char (text + word.start))
      && !ssmt_text_is_space (g_utf8_get_char (text + word.start)))
    word.start = g_utf8_next_char (text + word.start) - text;
  word.end = word.start;
  while (word.end - word.start < MAX_WORD && is_in_word (g_utf8_get_char (text + word.end)))
    word.end = g_utf8_next_char (text + word.end) - text;
  return word;
}

static gboolean
begins_sentence (const char *text, gsize start)
{
  while (start > 0 && ssmt_text_is_space (char_before (text, start)))
    start = g_utf8_prev_char (text + start) - text;
  return start == 0 || ssmt_text_is_sentence_end (char_before (text, start));
}

/* What hangs on another word by a hyphen is no word of its own. */
static SsmtLineWord
look_up (const SsmtLines *self, const char *text, SsmtRange word)
{
  if (char_before (text, word.start) == '-')
    return SSMT_LINE_WORD_OTHER;
  return ssmt_line_words_look_up (self->words, text + word.start, word.end - word.start);
}

static gdouble
cost_of_sign (gunichar sign)
{
  static const gunichar clauses[] = { ',', ';', ':', ')', 0x2013, 0x2014, 0x3001, 0xff0c, 0xff1b,
    0xff1a };

  if (ssmt_text_is_sentence_end (sign))
    return COST_SENTENCE;
  for (guint i = 0; i < G_N_ELEMENTS (clauses); i++)
    if (sign == clauses[i])
      return COST_CLAUSE;
  return 0;
}

static gboolean
is_name (const char *text, SsmtRange before, SsmtRange after)
{
  return g_unichar_isupper (g_utf8_get_char (text + before.start))
      && g_unichar_isupper (g_utf8_get_char (text + after.start))
      && !begins_sentence (text, before.start);
}

/* Between the words before and behind a place. */
static gdouble
cost_of_words (const SsmtLines *self, const char *text, const SsmtLinePlace *place)
{
  SsmtRange before = word_before (text, place->end), after = word_after (text, place->next);
  SsmtLineWord next = look_up (self, text, after), previous = look_up (self, text, before);
  gunichar last = char_before (text, place->end);
  gdouble cost = cost_of_sign (last);

  if (previous == SSMT_LINE_WORD_TITLE && before.end + 1 >= place->end)
    return COST_NAME;
  if (next != SSMT_LINE_WORD_OTHER)
    cost += next == SSMT_LINE_WORD_JOINS ? COST_JOINS : COST_BEGINS;
  if (before.end < place->end || before.start == before.end)
    return cost;
  if (previous != SSMT_LINE_WORD_OTHER)
    return COST_LEANS;
  if (g_unichar_isdigit (last) && next == SSMT_LINE_WORD_OTHER)
    return cost + COST_NUMBER;
  return is_name (text, before, after) ? cost + COST_NAME : cost;
}

/* --- places ------------------------------------------------------------------- */

static gboolean
set_text (UBreakIterator *breaks, UText *utext, const char *text)
{
  UErrorCode status = U_ZERO_ERROR;

  if (breaks == NULL)
    return FALSE;
  utext_openUTF8 (utext, text, strlen (text), &status);
  if (U_SUCCESS (status))
    ubrk_setUText (breaks, utext, &status);
  return U_SUCCESS (status);
}

static guint
count_columns (const char *text, gsize start, gsize end)
{
  g_autofree char *part = g_strndup (text + start, end - start);

  return ssmt_text_count_columns (part);
}

/* Adds the place before byte `next`. */
static void
add_place (const SsmtLines *self, GArray *places, const char *text, gsize next)
{
  SsmtLinePlace *last = &g_array_index (places, SsmtLinePlace, places->len - 1);
  SsmtLinePlace place = { next, next };

  while (place.end > last->next && ssmt_text_is_space (char_before (text, place.end)))
    place.end = g_utf8_prev_char (text + place.end) - text;
  /* white space alone is no line */
  if (place.end == last->next) {
    last->next = next;
    return;
  }
  place.end_column = last->at_column + count_columns (text, last->next, place.end);
  place.at_column = place.end_column + (next - place.end);
  if (text[next] != '\0')
    place.cost = cost_of_words (self, text, &place);
  if (text[next] != '\0' && place.end == next)
    place.cost += cost_of_sign (char_before (text, next)) < 0 ? 0 : COST_IN_WORD;
  g_array_append_val (places, place);
}

/* ICU may divide any two syllables of Korean, which has spaces for that. */
static gboolean
divides_korean (const char *text, gsize at)
{
  return g_unichar_get_script (char_before (text, at)) == G_UNICODE_SCRIPT_HANGUL
      && g_unichar_get_script (g_utf8_get_char (text + at)) == G_UNICODE_SCRIPT_HANGUL;
}

/* In Chinese a line may end almost anywhere, but better where a word does. */
static void
forgive_words (const SsmtLines *self, GArray *places, const char *text)
{
  UText utext = UTEXT_INITIALIZER;

  if (set_text (self->within, &utext, text)) {
    for (guint i = 1; i + 1 < places->len; i++) {
      SsmtLinePlace *place = &g_array_index (places, SsmtLinePlace, i);

      if (place->end == place->next && place->cost >= COST_IN_WORD
          && g_unichar_break_type (char_before (text, place->end)) != G_UNICODE_BREAK_HYPHEN
          && ubrk_isBoundary (self->within, place->next))
        place->cost -= COST_IN_WORD;
    }
  }
  utext_close (&utext);
}

GArray *
ssmt_line_places_find (const SsmtLines *self, const char *text)
{
  GArray *places = g_array_new (FALSE, TRUE, sizeof (SsmtLinePlace));
  gsize length = strlen (text), start = 0;
  UText utext = UTEXT_INITIALIZER;

  while (ssmt_text_is_space (g_utf8_get_char (text + start)) && start < length)
    start = g_utf8_next_char (text + start) - text;
  g_array_append_val (places, ((SsmtLinePlace){ start, start }));
  if (set_text (self->lines, &utext, text)) {
    for (int32_t next = ubrk_first (self->lines); next != UBRK_DONE; next = ubrk_next (self->lines))
      if ((gsize) next > start && (gsize) next < length && !divides_korean (text, next))
        add_place (self, places, text, next);
  }
  utext_close (&utext);
  if (start < length)
    add_place (self, places, text, length);
  forgive_words (self, places, text);
  return places;
}
