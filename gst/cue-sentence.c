/* ssmtranslate: cues as parts of sentences
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where sentences end and lines may be broken is ICU's knowledge, with the lists
 * of abbreviations of CLDR ("ss=standard"). Without its data for a language the root's
 * rules hold; without any, the text is one sentence and is broken at spaces.
 */
#include "cue-sentence.h"

#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uloc.h>
#include <unicode/utext.h>

/* What makes a break behind punctuation as good as one so many times nearer. */
#define PUNCTUATION_BONUS 3

typedef struct {
  gsize start, end;             /* bytes of the joined text */
} Range;

struct _CueGroup {
  GString *text;
  GArray *cues;                 /* of Range */
  gboolean is_french;
  UBreakIterator *sentences, *lines;    /* NULL: there is no data at all */
};

/* --- life ------------------------------------------------------------------ */

static UBreakIterator *
open_breaks (UBreakIteratorType type, const char * language,
    const char * keywords)
{
  char locale[ULOC_FULLNAME_CAPACITY] = "";
  g_autofree char *name = NULL;
  UErrorCode status = U_ZERO_ERROR;
  UBreakIterator *breaks;

  uloc_forLanguageTag (language ? language : "", locale, sizeof locale, NULL,
      &status);
  if (U_FAILURE (status))
    locale[0] = '\0';
  status = U_ZERO_ERROR;
  name = g_strconcat (locale, keywords, NULL);
  breaks = ubrk_open (type, name, NULL, 0, &status);
  if (U_SUCCESS (status))
    return breaks;
  status = U_ZERO_ERROR;
  breaks = ubrk_open (type, "", NULL, 0, &status);
  return U_SUCCESS (status) ? breaks : NULL;
}

CueGroup *
cue_group_new (const char * source, const char * target)
{
  CueGroup *group = g_new0 (CueGroup, 1);

  group->text = g_string_new (NULL);
  group->cues = g_array_new (FALSE, FALSE, sizeof (Range));
  group->is_french = source && g_str_has_prefix (source, "fr");
  group->sentences = open_breaks (UBRK_SENTENCE, source, "@ss=standard");
  group->lines = open_breaks (UBRK_LINE, target, "");
  return group;
}

void
cue_group_free (CueGroup * group)
{
  g_string_free (group->text, TRUE);
  g_array_unref (group->cues);
  ubrk_close (group->sentences);
  ubrk_close (group->lines);
  g_free (group);
}

void
cue_group_clear (CueGroup * group)
{
  g_string_truncate (group->text, 0);
  g_array_set_size (group->cues, 0);
}

/* --- breaks ---------------------------------------------------------------- */

/* The places at which `breaks` breaks the text, its end the last: an array of gsize. */
static GArray *
find_breaks (UBreakIterator * breaks, const char * text, gsize length)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (gsize));
  UErrorCode status = U_ZERO_ERROR;
  UText utext = UTEXT_INITIALIZER;
  gsize place = 0;

  if (breaks)
    utext_openUTF8 (&utext, text, length, &status);
  if (breaks && U_SUCCESS (status))
    ubrk_setUText (breaks, &utext, &status);
  if (breaks && U_SUCCESS (status)) {
    int32_t next = ubrk_first (breaks);

    while ((next = ubrk_next (breaks)) != UBRK_DONE) {
      place = next;
      if (place < length)
        g_array_append_val (places, place);
    }
  }
  if (breaks)
    utext_close (&utext);
  place = length;
  if (length > 0)
    g_array_append_val (places, place);
  return places;
}

static gunichar
char_before (const char * text, gsize place)
{
  const char *p = g_utf8_find_prev_char (text, text + place);

  return p ? g_utf8_get_char (p) : 0;
}

static gboolean
has_letter (const char * text)
{
  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    if (g_unichar_isalpha (g_utf8_get_char (p)))
      return TRUE;
  }
  return FALSE;
}

/* --- joining --------------------------------------------------------------- */

static gboolean
needs_space (const CueGroup * group, const char * text)
{
  gunichar before = char_before (group->text->str, group->text->len);
  gunichar after = g_utf8_get_char (text);

  if (before == 0 || after == 0)
    return FALSE;
  if (after < 0x80 && strchr (group->is_french ? ".," : "!.?,:;", after))
    return FALSE;
  /* Chinese and Japanese write no spaces */
  return !(g_unichar_iswide (before) && g_unichar_iswide (after)
      && g_unichar_get_script (before) != G_UNICODE_SCRIPT_HANGUL);
}

void
cue_group_add (CueGroup * group, const char * text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  Range range;

  if (needs_space (group, stripped))
    g_string_append_c (group->text, ' ');
  range.start = group->text->len;
  g_string_append (group->text, stripped);
  range.end = group->text->len;
  g_array_append_val (group->cues, range);
}

guint
cue_group_get_n_cues (const CueGroup * group)
{
  return group->cues->len;
}

gsize
cue_group_get_length (const CueGroup * group)
{
  return group->text->len;
}

gboolean
cue_group_is_complete (const CueGroup * group)
{
  const Range *last;
  g_autofree char *text = NULL;
  g_autoptr (GArray) places = NULL;
  gsize length;

  if (!has_letter (group->text->str))
    return TRUE;
  last = &g_array_index (group->cues, Range, group->cues->len - 1);
  /* does a sentence end where another one begins? */
  text = g_strconcat (group->text->str + last->start, " Aa", NULL);
  length = strlen (text);
  places = find_breaks (group->sentences, text, length);
  for (guint i = 0; i < places->len; i++) {
    if (g_array_index (places, gsize, i) == length - 2)
      return TRUE;
  }
  return FALSE;
}

/* --- dividing -------------------------------------------------------------- */

/* The sentences as ranges; what has no letter belongs to the one before. */
static GArray *
find_sentences (const CueGroup * group)
{
  GArray *ranges = g_array_new (FALSE, FALSE, sizeof (Range));
  g_autoptr (GArray) places = find_breaks (group->sentences, group->text->str,
      group->text->len);
  gsize start = 0;

  for (guint i = 0; i < places->len; i++) {
    Range range = { start, g_array_index (places, gsize, i) };
    g_autofree char *text = g_strndup (group->text->str + range.start,
        range.end - range.start);

    if (has_letter (text) || ranges->len == 0)
      g_array_append_val (ranges, range);
    else
      g_array_index (ranges, Range, ranges->len - 1).end = range.end;
    start = range.end;
  }
  return ranges;
}

char **
cue_group_dup_sentences (const CueGroup * group)
{
  g_autoptr (GArray) ranges = find_sentences (group);
  char **sentences = g_new0 (char *, ranges->len + 1);

  for (guint i = 0; i < ranges->len; i++) {
    const Range *range = &g_array_index (ranges, Range, i);

    sentences[i] = g_strstrip (g_strndup (group->text->str + range->start,
            range->end - range->start));
  }
  return sentences;
}

/* Bytes that two ranges share. */
static gsize
overlap (const Range * a, const Range * b)
{
  gsize start = MAX (a->start, b->start), end = MIN (a->end, b->end);

  return end > start ? end - start : 0;
}

/* The places at which `text` may be divided between cues, its end the last. */
static GArray *
find_places (const CueGroup * group, const char * text)
{
  GArray *places = find_breaks (group->lines, text, strlen (text));

  for (guint i = 0; i + 1 < places->len;) {
    gunichar c = char_before (text, g_array_index (places, gsize, i));

    /* a hyphen or a slash is a place in a line, not between two cues */
    if (!g_unichar_isspace (c) && !g_unichar_iswide (c)
        && g_unichar_break_type (c) != G_UNICODE_BREAK_COMPLEX_CONTEXT)
      g_array_remove_index (places, i);
    else
      i++;
  }
  return places;
}

static gboolean
is_behind_punctuation (const char * text, gsize place)
{
  while (place > 0 && g_ascii_isspace (text[place - 1]))
    place--;
  return g_unichar_ispunct (char_before (text, place));
}

/* The best of places[first ... last] for a break at `ideal`. */
static guint
choose_place (const char * text, const GArray * places, guint first,
    guint last, gdouble ideal)
{
  gdouble best_cost = G_MAXDOUBLE;
  guint best = first;

  for (guint i = first; i <= last; i++) {
    gsize place = g_array_index (places, gsize, i);
    gdouble cost = ABS (place - ideal);

    if (is_behind_punctuation (text, place))
      cost /= PUNCTUATION_BONUS;
    if (cost < best_cost) {
      best_cost = cost;
      best = i;
    }
    if (place > ideal + PUNCTUATION_BONUS * best_cost)
      break;
  }
  return best;
}

static void
append_share (GString * share, const char * text, gsize start, gsize end)
{
  g_autofree char *piece = g_strstrip (g_strndup (text + start, end - start));

  if (*piece == '\0')
    return;
  if (share->len > 0 && !(g_unichar_iswide (g_utf8_get_char (piece))
          && g_unichar_iswide (char_before (share->str, share->len))))
    g_string_append_c (share, ' ');
  g_string_append (share, piece);
}

/* Divides one sentence's translation over the cues that it was in. */
static void
divide (const CueGroup * group, const Range * sentence, const char * text,
    GString ** shares)
{
  g_autoptr (GArray) places = find_places (group, text);
  gsize length = strlen (text), done = 0, total = 0, start = 0;
  guint n_left = 0, next = 0;

  for (guint i = 0; i < group->cues->len; i++) {
    gsize bytes = overlap (sentence, &g_array_index (group->cues, Range, i));

    total += bytes;
    n_left += bytes > 0;
  }
  for (guint i = 0; i < group->cues->len && next < places->len; i++) {
    gsize bytes = overlap (sentence, &g_array_index (group->cues, Range, i));
    guint last = places->len - 1, chosen = last;

    if (bytes == 0)
      continue;
    done += bytes;
    n_left--;
    if (n_left > 0) {
      /* leaves one place for each cue that is still to come, as far as they go */
      guint limit = last > n_left ? last - n_left : next;

      chosen = choose_place (text, places, next, MAX (limit, next),
          (gdouble) length * done / total);
    }
    append_share (shares[i], text, start,
        g_array_index (places, gsize, chosen));
    start = g_array_index (places, gsize, chosen);
    next = chosen + 1;
  }
}

/* `translations`: one for each of the ranges. */
static char **
divide_all (const CueGroup * group, const GArray * ranges,
    char *const *translations)
{
  guint n = group->cues->len;
  g_autofree GString **shares = g_new0 (GString *, n);
  char **texts = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++)
    shares[i] = g_string_new (NULL);
  for (guint i = 0; i < ranges->len; i++)
    divide (group, &g_array_index (ranges, Range, i), translations[i],
        shares);
  for (guint i = 0; i < n; i++)
    texts[i] = g_string_free (shares[i], FALSE);
  return texts;
}

char **
cue_group_split (const CueGroup * group, char *const *translations)
{
  g_autoptr (GArray) sentences = find_sentences (group);

  return divide_all (group, sentences, translations);
}

char **
cue_group_divide (const CueGroup * group, const char * translation)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (Range));
  char *const translations[] = { (char *) translation };
  Range all = { 0, group->text->len };

  g_array_append_val (ranges, all);
  return divide_all (group, ranges, translations);
}
