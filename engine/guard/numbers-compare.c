/* ssmtranslate: whether a translation has the numbers of its text
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/files/hash.h"
#include "engine/guard/number-words.h"
#include "engine/guard/numbers.h"

static void
change_count (GHashTable *runs, const char *run, gint by)
{
  gint count = GPOINTER_TO_INT (g_hash_table_lookup (runs, run)) + by;

  if (count > 0)
    g_hash_table_insert (runs, g_strdup (run), GINT_TO_POINTER (count));
  else
    g_hash_table_remove (runs, run);
}

/* All runs of digits, and how often each is there. */
static GHashTable *
find_runs (const char *text)
{
  GHashTable *runs = g_hash_table_new_full (ssmt_str_hash, g_str_equal, g_free, NULL);
  char run[SSMT_NUMBER_MAX_DIGITS + 1];

  for (const char *p = text; *p != '\0';) {
    gsize length = ssmt_number_read_run (p, run);

    if (length > 0)
      change_count (runs, run, 1);
    p = length > 0 ? p + length : g_utf8_next_char (p);
  }
  return runs;
}

static gboolean
take_run (GHashTable *runs, const char *run)
{
  if (!g_hash_table_contains (runs, run))
    return FALSE;
  change_count (runs, run, -1);
  return TRUE;
}

/* All runs of a reading, or none. */
static gboolean
take_reading (GHashTable *runs, const char *reading)
{
  g_auto (GStrv) wanted = g_strsplit (reading, " ", -1);
  guint n = 0;

  while (wanted[n] != NULL && take_run (runs, wanted[n]))
    n++;
  if (wanted[n] == NULL)
    return TRUE;
  while (n > 0)
    change_count (runs, wanted[--n], 1);
  return FALSE;
}

/* The number in Roman signs, as centuries and kings have it, or, of an ordinal, in words. */
static gboolean
is_written_out (const SsmtNumber *number, SsmtNumberText *translation)
{
  static const char *const rules[] = { "%spellout-ordinal-masculine", "%spellout-ordinal-feminine",
    "%spellout-ordinal" };
  const char *digits = number->readings[0];
  g_autofree char *roman = NULL;
  guint64 value;

  if (strlen (digits) > 6 || strchr (digits, ' ') != NULL)
    return FALSE;
  value = g_ascii_strtoull (digits, NULL, 10);
  roman = ssmt_number_dup_roman (value);
  if (roman != NULL && strstr (ssmt_number_text_fold (translation), roman) != NULL)
    return TRUE;
  for (guint i = 0; number->is_ordinal && i < G_N_ELEMENTS (rules); i++) {
    if (ssmt_number_text_spells (translation, value, rules[i]))
      return TRUE;
  }
  return FALSE;
}

/* Whether the runs of a reading are one number of the translation: "1.200", not "1. 200". */
static gboolean
stand_together (GArray *found, const char *reading)
{
  for (guint i = 0; i < found->len; i++) {
    if (strcmp (g_array_index (found, SsmtNumber, i).readings[0], reading) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
take_number (GHashTable *runs, const SsmtNumber *number, GArray *found, SsmtNumberText *translation)
{
  for (guint i = 0; number->readings[i] != NULL; i++) {
    const char *reading = number->readings[i];

    if (number->is_grouped && strchr (reading, ' ') != NULL && !stand_together (found, reading))
      continue;
    if (take_reading (runs, reading))
      return TRUE;
  }
  return is_written_out (number, translation);
}

/* "3-2", "24/7": two numbers with nothing but such a sign between them. */
static gboolean
are_joined (const char *text, const SsmtNumber *first, const SsmtNumber *second)
{
  static const gunichar signs[] = { '-', '/', 0x2010, 0x2011, 0x2012, 0x2013, 0x2212 };
  const char *between = text + first->range.end;

  if (g_utf8_next_char (between) != text + second->range.start)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (signs); i++) {
    if (g_utf8_get_char (between) == signs[i])
      return TRUE;
  }
  return FALSE;
}

/* How often the two stand in the text, whose numbers these are, with nothing but blanks between them, or as one number. */
static guint
count_parted (const char *text, GArray *numbers, const SsmtNumber *first, const SsmtNumber *second)
{
  g_autofree char *as_one = g_strdup_printf ("%s %s", first->readings[0], second->readings[0]);
  guint n = 0;

  for (guint i = 0; i < numbers->len; i++) {
    const SsmtNumber *number = &g_array_index (numbers, SsmtNumber, i);
    const char *p = text + number->range.end;

    if (strcmp (number->readings[0], as_one) == 0
        && memchr (text + number->range.start, ':', number->range.end - number->range.start)
            == NULL)
      n++;
    if (i + 1 == numbers->len || strcmp (number[0].readings[0], first->readings[0]) != 0
        || strcmp (number[1].readings[0], second->readings[0]) != 0)
      continue;
    while (g_unichar_isspace (g_utf8_get_char (p)))
      p = g_utf8_next_char (p);
    n += p == text + number[1].range.start;
  }
  return n;
}

/* Scores and ranges whose sign the translation lost: a number each, "3 2". */
static gboolean
find_parted (
    const char *text, GArray *numbers, const char *translation, GArray *found, GArray *lost)
{
  gboolean any = FALSE;

  for (guint i = 0; i + 1 < numbers->len; i++) {
    const SsmtNumber *pair = &g_array_index (numbers, SsmtNumber, i);
    SsmtRange both = { pair[0].range.start, pair[1].range.end };

    if (!are_joined (text, &pair[0], &pair[1])
        || count_parted (translation, found, &pair[0], &pair[1])
            <= count_parted (text, numbers, &pair[0], &pair[1]))
      continue;
    any = TRUE;
    if (lost != NULL)
      g_array_append_val (lost, both);
  }
  return any;
}

static gboolean
is_explained (const char *run, SsmtNumberText *text)
{
  static const char *const rules[] = { NULL, "%spellout-ordinal", "%spellout-cardinal-verbose" };

  /* minutes and cents that nobody spoke of: 7 p.m., 19:00 */
  if (run[strspn (run, "0")] == '\0')
    return TRUE;
  for (guint i = 0; strlen (run) <= 9 && i < G_N_ELEMENTS (rules); i++) {
    if (ssmt_number_text_spells (text, g_ascii_strtoull (run, NULL, 10), rules[i]))
      return TRUE;
  }
  return FALSE;
}

static gboolean
has_digit (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    if (g_unichar_isdigit (g_utf8_get_char (p)))
      return TRUE;
  }
  return FALSE;
}

SsmtNumbersResult
ssmt_numbers_compare (
    const char *text, const char *reads, const char *translation, const char *writes, GArray *lost)
{
  g_autoptr (GArray) numbers = NULL, found = NULL;
  g_autoptr (GHashTable) runs = NULL;
  SsmtNumberText source = { text, reads, NULL }, target = { translation, writes, NULL };
  SsmtNumbersResult result = SSMT_NUMBERS_SAME;
  GHashTableIter rest;
  gpointer run;

  if (!has_digit (text) && !has_digit (translation))
    return result;
  numbers = ssmt_numbers_find (text);
  found = ssmt_numbers_find (translation);
  runs = find_runs (translation);
  for (guint i = 0; i < numbers->len; i++) {
    const SsmtNumber *number = &g_array_index (numbers, SsmtNumber, i);

    if (take_number (runs, number, found, &target))
      continue;
    result = SSMT_NUMBERS_LOST;
    if (lost != NULL)
      g_array_append_val (lost, number->range);
  }
  if (find_parted (text, numbers, translation, found, lost))
    result = SSMT_NUMBERS_LOST;
  g_hash_table_iter_init (&rest, runs);
  while (result == SSMT_NUMBERS_SAME && g_hash_table_iter_next (&rest, &run, NULL)) {
    if (!is_explained (run, &source))
      result = SSMT_NUMBERS_INVENTED;
  }
  g_free (source.folded);
  g_free (target.folded);
  return result;
}
