/* ssmtranslate: what was put away comes back
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/guard/caps.h"
#include "engine/guard/gaps.h"
#include "engine/guard/guard.h"

/* Something that comes back: into `range` of the translation. */
typedef struct {
  SsmtRange range;
  const char *text;
} Return;

/* --- the end of the sentence -------------------------------------------------------- */

static gboolean
is_pause (char c)
{
  return c == ',' || c == ';' || c == '-';
}

/* The mark that ends the piece ends the translation. */
static SsmtEdits *
end_sentence (const char *piece, const char *translation, const char *language)
{
  SsmtEdits *edits = ssmt_edits_new (translation);
  SsmtRange there, here;
  g_autofree char *wanted = g_strdup (ssmt_marks_get_final (piece, &there));
  const char *has = ssmt_marks_get_final (translation, &here);

  /* of several ("?!") one is enough */
  if (*wanted != '\0' && here.end > 0 && strcmp (wanted, has) != 0
      && !(strchr ("?!", *wanted) != NULL && there.start > 0 && *has != '\0'
          && strchr (has, piece[there.start - 1]) != NULL)) {
    if (*has == '\0' && here.start > 0 && is_pause (translation[here.start - 1]))
      here.start--;
    ssmt_edits_replace (edits, here, ssmt_marks_translate_final (wanted, language));
  }
  ssmt_edits_finish (edits);
  return edits;
}

/* --- places ------------------------------------------------------------------------- */

/* The first sign that stood at `place` or behind it. */
static guint
find_sign (const SsmtGuarded *self, gsize place)
{
  guint first = 0, end = self->signs->len;

  while (first < end) {
    guint middle = first + (end - first) / 2;

    if (g_array_index (self->signs, SsmtAway, middle).place < place)
      first = middle + 1;
    else
      end = middle;
  }
  return first;
}

gboolean
ssmt_guarded_has_inner_signs (const SsmtGuarded *self, SsmtRange piece)
{
  guint i = find_sign (self, piece.start + 1);

  return i < self->signs->len && g_array_index (self->signs, SsmtAway, i).place < piece.end;
}

/* Where in the translation the sign comes; what it replaces is a space between two words. */
static SsmtRange
find_place (const SsmtAway *sign, const SsmtGuardLinks *links, SsmtGaps *gaps, gsize place,
    gsize length, gsize translation_length)
{
  guint gap;
  gsize before, after;

  if (place == 0)
    return (SsmtRange){ 0, 0 };
  if (place >= length || links->n == 0)
    return (SsmtRange){ translation_length, translation_length };
  /* what stood behind a word comes with the space between them */
  gap = ssmt_gaps_find (gaps, sign->joins_right ? 0 : 1, place);
  before = gap > 0 ? links->target[gap - 1].end : 0;
  after = gap < links->n ? links->target[gap].start : translation_length;
  if (gap == 0)
    return (SsmtRange){ 0, 0 };
  if (sign->joins_left && sign->joins_right)
    return (SsmtRange){ before, after };
  if (sign->joins_right)
    return (SsmtRange){ after, after };
  return (SsmtRange){ before, before };
}

/* All words of the text, each from its share of the piece: where nothing better is known. */
static void
guess_links (const char *translation, gsize length, GArray *words, GArray *sources)
{
  gsize whole = MAX (strlen (translation), 1);

  for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (translation, &word);) {
    gssize source = word.start * length / whole;

    g_array_append_val (words, word);
    g_array_append_val (sources, source);
  }
}

/* --- all that comes back ---------------------------------------------------------------- */

static void
add_return (GArray *returns, SsmtRange range, const char *text)
{
  Return item = { range, text };

  g_array_append_val (returns, item);
}

/* A sign where a name begins comes before it. */
static int
compare_returns (gconstpointer a, gconstpointer b)
{
  const Return *x = a, *y = b;

  if (x->range.start == y->range.start)
    return x->range.end < y->range.end ? -1 : x->range.end > y->range.end;
  return x->range.start < y->range.start ? -1 : x->range.start > y->range.start;
}

static void
add_names (const SsmtGuarded *self, const char *text, GArray *returns)
{
  for (const char *p = text; *p != '\0'; p++) {
    char *end;
    guint64 n;

    if (*p != 'X' || !g_ascii_isdigit (p[1]))
      continue;
    n = g_ascii_strtoull (p + 1, &end, 10);
    if (n >= 1 && n <= self->names->len)
      add_return (returns, (SsmtRange){ p - text, end - text },
          g_array_index (self->names, SsmtAway, n - 1).copy);
    p = end - 1;
  }
}

/* Where the signs of a piece are: at its ends, and among the spaces before it, or behind the last one. */
static SsmtRange
get_reach (const char *text, SsmtRange piece)
{
  SsmtRange reach = piece;

  while (reach.start > 0 && text[reach.start - 1] == ' ')
    reach.start--;
  if (reach.start > 0 && reach.start < piece.start)
    reach.start++;
  if (text[piece.end + strspn (text + piece.end, " ")] == '\0')
    reach.end += strlen (text + piece.end);
  return reach;
}

static void
add_signs (const SsmtGuarded *self, SsmtRange piece, const char *text, const SsmtGuardLinks *links,
    gsize said, GArray *returns)
{
  g_autoptr (SsmtGaps) gaps = NULL;
  gsize length = piece.end - piece.start, whole = strlen (text), at = said;
  SsmtRange reach = get_reach (self->text, piece);

  if (self->signs->len == 0)
    return;
  gaps = ssmt_gaps_new (links, length);
  for (guint i = find_sign (self, reach.start); i < self->signs->len; i++) {
    const SsmtAway *sign = &g_array_index (self->signs, SsmtAway, i);
    SsmtRange place;

    if (sign->place > reach.end)
      break;
    place =
        find_place (sign, links, gaps, MAX (sign->place, piece.start) - piece.start, length, whole);
    /* in the order in which they came */
    place.start = MAX (place.start, at);
    place.end = MAX (place.end, place.start);
    at = place.end;
    add_return (returns, place, sign->copy);
  }
}

static SsmtEdits *
put_back (const char *text, GArray *returns)
{
  SsmtEdits *edits = ssmt_edits_new (text);

  g_array_sort (returns, compare_returns);
  for (guint i = 0; i < returns->len; i++) {
    const Return *item = &g_array_index (returns, Return, i);

    if (item->range.start >= edits->done)
      ssmt_edits_replace (edits, item->range, item->text);
    else
      ssmt_edits_replace (edits, (SsmtRange){ edits->done, edits->done }, item->text);
  }
  ssmt_edits_finish (edits);
  return edits;
}

/* The links after a step. */
static void
move_links (SsmtGuardLinks *links, const SsmtEdits *step)
{
  SsmtRange *target = (SsmtRange *) links->target;

  for (guint i = 0; i < links->n; i++) {
    target[i].start = ssmt_edits_to_now (step, target[i].start);
    target[i].end = ssmt_edits_to_now (step, target[i].end);
  }
}

void
ssmt_guarded_restore (const SsmtGuarded *self, SsmtRange piece, const char *translation,
    const SsmtGuardLinks *links, gsize said, SsmtRestored *restored)
{
  const SsmtGuardSettings *settings = self->settings;
  g_autofree char *source = g_strndup (self->text + piece.start, piece.end - piece.start);
  g_autoptr (GArray) returns = g_array_new (FALSE, FALSE, sizeof (Return));
  g_autoptr (GArray) words = g_array_new (FALSE, FALSE, sizeof (SsmtRange));
  g_autoptr (GArray) sources = g_array_new (FALSE, FALSE, sizeof (gssize));
  SsmtGuardLinks moved;
  guint n = 0;

  /* guessed before marks make words longer */
  if (links != NULL)
    g_array_append_vals (words, links->target, links->n);
  else if (self->signs->len > 0)
    guess_links (translation, piece.end - piece.start, words, sources);
  moved = (SsmtGuardLinks){ (const SsmtRange *) words->data,
    links != NULL ? links->source : (const gssize *) sources->data, words->len };
  restored->steps[n++] =
      end_sentence (said == G_MAXSIZE ? "" : source, translation, settings->writes);
  restored->text = restored->steps[n - 1]->text->str;
  if (self->lowered != NULL) {
    restored->steps[n++] = ssmt_caps_to_upper (restored->text, settings->writes);
    restored->text = restored->steps[n - 1]->text->str;
  }
  restored->steps[n++] = ssmt_marks_apply (restored->text, &self->style);
  restored->text = restored->steps[n - 1]->text->str;
  for (guint i = 0; i < n; i++) {
    move_links (&moved, restored->steps[i]);
    if (said != G_MAXSIZE)
      said = ssmt_edits_to_now (restored->steps[i], said);
  }
  add_names (self, restored->text, returns);
  if (said != G_MAXSIZE)
    add_signs (self, piece, restored->text, &moved, said, returns);
  restored->steps[n++] = put_back (restored->text, returns);
  restored->text = restored->steps[n - 1]->text->str;
  while (n < G_N_ELEMENTS (restored->steps))
    restored->steps[n++] = NULL;
}

void
ssmt_restored_clear (SsmtRestored *restored)
{
  for (guint i = 0; i < G_N_ELEMENTS (restored->steps); i++)
    g_clear_pointer (&restored->steps[i], ssmt_edits_free);
}

gsize
ssmt_restored_to_now (const SsmtRestored *restored, gsize place)
{
  for (guint i = 0; i < G_N_ELEMENTS (restored->steps); i++) {
    if (restored->steps[i] != NULL)
      place = ssmt_edits_to_now (restored->steps[i], place);
  }
  return place;
}
