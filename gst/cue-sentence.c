/* ssmtranslate: cues as parts of sentences
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where lines may be broken is ICU's knowledge. Without its data for a language the root's rules
 * hold; without any, a text is not divided.
 */
#include "cue-sentence.h"

#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uloc.h>
#include <unicode/utext.h>

/* What makes a break behind punctuation as good as one so many times nearer. */
#define PUNCTUATION_BONUS 3

struct _CueGroup {
  GString *text;
  GArray *cues; /* of SsmtRange, in it */
  gboolean is_french;
  SsmtSentences *sentences;
  UBreakIterator *lines; /* NULL: there is no data at all */
};

/* --- life ------------------------------------------------------------------ */

static UBreakIterator *
open_line_breaks (const char *language)
{
  char locale[ULOC_FULLNAME_CAPACITY] = "";
  UErrorCode status = U_ZERO_ERROR;
  UBreakIterator *breaks;

  uloc_forLanguageTag (language ? language : "", locale, sizeof locale, NULL, &status);
  if (U_FAILURE (status))
    locale[0] = '\0';
  status = U_ZERO_ERROR;
  breaks = ubrk_open (UBRK_LINE, locale, NULL, 0, &status);
  if (U_SUCCESS (status))
    return breaks;
  status = U_ZERO_ERROR;
  breaks = ubrk_open (UBRK_LINE, "", NULL, 0, &status);
  return U_SUCCESS (status) ? breaks : NULL;
}

CueGroup *
cue_group_new (const char *source, const char *target)
{
  CueGroup *group = g_new0 (CueGroup, 1);

  group->text = g_string_new (NULL);
  group->cues = g_array_new (FALSE, FALSE, sizeof (SsmtRange));
  group->is_french = source && g_str_has_prefix (source, "fr");
  group->sentences = ssmt_sentences_new (source);
  group->lines = open_line_breaks (target);
  return group;
}

void
cue_group_free (CueGroup *group)
{
  g_string_free (group->text, TRUE);
  g_array_unref (group->cues);
  ssmt_sentences_free (group->sentences);
  ubrk_close (group->lines);
  g_free (group);
}

void
cue_group_clear (CueGroup *group)
{
  g_string_truncate (group->text, 0);
  g_array_set_size (group->cues, 0);
}

/* --- breaks ---------------------------------------------------------------- */

/* The places at which `breaks` breaks the text, its end the last: an array of gsize. */
static GArray *
find_breaks (UBreakIterator *breaks, const char *text, gsize length)
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
char_before (const char *text, gsize place)
{
  const char *p = g_utf8_find_prev_char (text, text + place);

  return p ? g_utf8_get_char (p) : 0;
}

/* --- joining --------------------------------------------------------------- */

static gboolean
needs_space (const CueGroup *group, const char *text)
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
cue_group_add (CueGroup *group, const char *text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  SsmtRange range;

  if (needs_space (group, stripped))
    g_string_append_c (group->text, ' ');
  range.start = group->text->len;
  g_string_append (group->text, stripped);
  range.end = group->text->len;
  g_array_append_val (group->cues, range);
}

guint
cue_group_get_n_cues (const CueGroup *group)
{
  return group->cues->len;
}

gsize
cue_group_get_length (const CueGroup *group)
{
  return group->text->len;
}

gboolean
cue_group_is_complete (const CueGroup *group)
{
  const SsmtRange *last;

  if (!ssmt_text_has_letter (group->text->str))
    return TRUE;
  last = &g_array_index (group->cues, SsmtRange, group->cues->len - 1);
  return ssmt_sentences_ends (group->sentences, group->text->str + last->start);
}

/* --- dividing -------------------------------------------------------------- */

/* What of the range is no white space at its ends. */
static SsmtRange
strip (const char *text, SsmtRange range)
{
  while (range.start < range.end && g_ascii_isspace (text[range.start]))
    range.start++;
  while (range.end > range.start && g_ascii_isspace (text[range.end - 1]))
    range.end--;
  return range;
}

static char *
dup_range (const char *text, SsmtRange range)
{
  return g_strndup (text + range.start, range.end - range.start);
}

char **
cue_group_dup_sentences (const CueGroup *group)
{
  const char *text = group->text->str;
  guint n;
  g_autofree SsmtRange *ranges = ssmt_sentences_find (group->sentences, text, &n);
  char **sentences = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++)
    sentences[i] = dup_range (text, strip (text, ranges[i]));
  return sentences;
}

/* Bytes that two ranges share. */
static gsize
overlap (const SsmtRange *a, const SsmtRange *b)
{
  gsize start = MAX (a->start, b->start), end = MIN (a->end, b->end);

  return end > start ? end - start : 0;
}

gdouble *
cue_group_get_parts (const CueGroup *group, guint sentence)
{
  guint n;
  g_autofree SsmtRange *sentences = ssmt_sentences_find (group->sentences, group->text->str, &n);
  gdouble *parts = g_new0 (gdouble, group->cues->len);

  for (guint i = 0; sentence < n && i < group->cues->len; i++) {
    const SsmtRange *cue = &g_array_index (group->cues, SsmtRange, i);

    if (cue->end > cue->start)
      parts[i] = (gdouble) overlap (&sentences[sentence], cue) / (cue->end - cue->start);
  }
  return parts;
}

/* The places at which `text` may be divided between cues, its end the last. */
static GArray *
find_places (const CueGroup *group, const char *text)
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
is_behind_punctuation (const char *text, gsize place)
{
  while (place > 0 && g_ascii_isspace (text[place - 1]))
    place--;
  return g_unichar_ispunct (char_before (text, place));
}

/* The best of places[first ... last] for a break at `ideal`. */
static guint
choose_place (const char *text, const GArray *places, guint first, guint last, gdouble ideal)
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

/* --- shares ------------------------------------------------------------------ */

/* What is divided: a translation, and the part of the joined text that it translates. */
typedef struct {
  SsmtRange source;
  const char *text;
  const GArray *links; /* of CueLink; NULL: nothing is known */
} Whole;

static void
share_clear (gpointer data)
{
  CueShare *share = data;

  g_free (share->text);
  g_array_unref (share->links);
}

/* Carries the links of `piece` of a translation on to where it stands now, behind `at` bytes of a
 * share of `cue`. */
static void
append_links (GArray *links, const CueGroup *group, const Whole *whole, SsmtRange piece, gsize at,
    const SsmtRange *cue)
{
  /* what was translated had no white space at its ends */
  gsize source = strip (group->text->str, whole->source).start;

  for (guint i = 0; whole->links && i < whole->links->len; i++) {
    CueLink link = g_array_index (whole->links, CueLink, i);

    if (link.target.end <= piece.start || link.target.start >= piece.end)
      continue;
    link.source.start += source;
    link.source.end += source;
    /* a word of another cue is no word of this one */
    if (link.source.start < cue->start || link.source.end > cue->end)
      continue;
    link.source.start -= cue->start;
    link.source.end -= cue->start;
    link.target.start = MAX (link.target.start, piece.start) - piece.start + at;
    link.target.end = MIN (link.target.end, piece.end) - piece.start + at;
    g_array_append_val (links, link);
  }
}

static void
append_piece (CueShare *share, const CueGroup *group, const Whole *whole, SsmtRange piece,
    const SsmtRange *cue)
{
  g_autofree char *text = NULL;
  char *joined;

  piece = strip (whole->text, piece);
  if (piece.start == piece.end)
    return;
  text = dup_range (whole->text, piece);
  joined = g_strconcat (share->text,
      *share->text
              && !(g_unichar_iswide (g_utf8_get_char (text))
                  && g_unichar_iswide (char_before (share->text, strlen (share->text))))
          ? " "
          : "",
      text, NULL);
  append_links (share->links, group, whole, piece, strlen (joined) - strlen (text), cue);
  g_free (share->text);
  share->text = joined;
}

/* Divides one sentence's translation over the cues that it was in. */
static void
divide (const CueGroup *group, const Whole *whole, GArray *shares)
{
  g_autoptr (GArray) places = find_places (group, whole->text);
  gsize length = strlen (whole->text), done = 0, total = 0, start = 0;
  guint n_left = 0, next = 0;

  for (guint i = 0; i < group->cues->len; i++) {
    gsize bytes = overlap (&whole->source, &g_array_index (group->cues, SsmtRange, i));

    total += bytes;
    n_left += bytes > 0;
  }
  for (guint i = 0; i < group->cues->len && next < places->len; i++) {
    const SsmtRange *cue = &g_array_index (group->cues, SsmtRange, i);
    gsize bytes = overlap (&whole->source, cue);
    guint last = places->len - 1, chosen = last;
    SsmtRange piece;

    if (bytes == 0)
      continue;
    done += bytes;
    n_left--;
    if (n_left > 0) {
      /* leaves one place for each cue that is still to come, as far as they go */
      guint limit = last > n_left ? last - n_left : next;

      chosen = choose_place (
          whole->text, places, next, MAX (limit, next), (gdouble) length * done / total);
    }
    piece = (SsmtRange){ start, g_array_index (places, gsize, chosen) };
    append_piece (&g_array_index (shares, CueShare, i), group, whole, piece, cue);
    start = piece.end;
    next = chosen + 1;
  }
}

static GArray *
new_shares (const CueGroup *group)
{
  GArray *shares = g_array_new (FALSE, FALSE, sizeof (CueShare));

  g_array_set_clear_func (shares, share_clear);
  for (guint i = 0; i < group->cues->len; i++) {
    CueShare share = { g_strdup (""), g_array_new (FALSE, FALSE, sizeof (CueLink)) };

    g_array_append_val (shares, share);
  }
  return shares;
}

GArray *
cue_group_split (const CueGroup *group, char *const *translations, const GPtrArray *links)
{
  GArray *shares = new_shares (group);
  guint n;
  g_autofree SsmtRange *sentences = ssmt_sentences_find (group->sentences, group->text->str, &n);

  for (guint i = 0; i < n; i++) {
    Whole whole = { sentences[i], translations[i],
      links && i < links->len ? links->pdata[i] : NULL };

    divide (group, &whole, shares);
  }
  return shares;
}

char **
cue_group_divide (const CueGroup *group, const char *translation)
{
  Whole whole = { { 0, group->text->len }, translation, NULL };
  g_autoptr (GArray) shares = new_shares (group);
  char **texts = g_new0 (char *, shares->len + 1);

  divide (group, &whole, shares);
  for (guint i = 0; i < shares->len; i++)
    texts[i] = g_strdup (g_array_index (shares, CueShare, i).text);
  return texts;
}
