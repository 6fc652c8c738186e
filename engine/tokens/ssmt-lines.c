/* ssmtranslate: a text in lines that fit
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lines of least cost, by dynamic programming over the places at which a line may end. A cost of 1/2
 * is a line a tenth narrower or wider than its share of the whole.
 */
#include "ssmt/ssmt-lines.h"

#include <math.h>
#include <string.h>
#include <unicode/uloc.h>

#include "engine/tokens/line-places.h"

/* Text with more places is filled line by line. */
#define MAX_PLACES 256
/* Each line may be so much wider than the one above: a pyramid stands well. */
#define PYRAMID 0.04

#define COST_EXCESS 10000 /* a column too many */
#define COST_NO_WORD 400  /* a line of signs alone */
#define COST_ONE_WORD 60  /* a short one */

G_DEFINE_BOXED_TYPE (SsmtLines, ssmt_lines, ssmt_lines_copy, ssmt_lines_free)

/* --- life ------------------------------------------------------------------ */

static UBreakIterator *
open_breaks (UBreakIteratorType type, const char *language)
{
  char locale[ULOC_FULLNAME_CAPACITY] = "";
  UErrorCode status = U_ZERO_ERROR;
  UBreakIterator *breaks;

  uloc_forLanguageTag (language != NULL ? language : "", locale, sizeof locale, NULL, &status);
  if (U_FAILURE (status))
    locale[0] = '\0';
  status = U_ZERO_ERROR;
  breaks = ubrk_open (type, locale, NULL, 0, &status);
  if (U_SUCCESS (status))
    return breaks;
  status = U_ZERO_ERROR;
  breaks = ubrk_open (type, "", NULL, 0, &status);
  return U_SUCCESS (status) ? breaks : NULL;
}

SsmtLines *
ssmt_lines_new (const char *language)
{
  SsmtLines *self = g_new0 (SsmtLines, 1);

  self->language = g_strdup (language);
  self->words = ssmt_line_words_find (language);
  self->lines = open_breaks (UBRK_LINE, language);
  self->within = open_breaks (UBRK_WORD, language);
  return self;
}

SsmtLines *
ssmt_lines_copy (const SsmtLines *self)
{
  return ssmt_lines_new (self->language);
}

void
ssmt_lines_free (SsmtLines *self)
{
  if (self == NULL)
    return;
  if (self->lines != NULL)
    ubrk_close (self->lines);
  if (self->within != NULL)
    ubrk_close (self->within);
  g_free (self->language);
  g_free (self);
}

/* --- choosing ------------------------------------------------------------------ */

#define PLACE(i) (&g_array_index (places, SsmtLinePlace, i))

static guint
width_of (const GArray *places, guint from, guint to)
{
  return PLACE (to)->end_column - PLACE (from)->at_column;
}

/* Fills line by line: the fewest there can be. Returns their ends, of guint. */
static GArray *
fill (const GArray *places, guint max_columns)
{
  GArray *ends = g_array_new (FALSE, FALSE, sizeof (guint));
  guint from = 0;

  for (guint to = 1; to < places->len; to++) {
    gboolean is_last = to + 1 == places->len;

    if (is_last || (max_columns > 0 && width_of (places, from, to + 1) > max_columns)) {
      g_array_append_val (ends, to);
      from = to;
    }
  }
  return ends;
}

typedef struct {
  const char *text;
  const GArray *places;
  guint max_columns, n_lines;
  gdouble share; /* columns of a line, on average */
} Choice;

static gboolean
has_word (const char *text, gsize start, gsize end)
{
  for (const char *p = text + start; p < text + end; p = g_utf8_next_char (p)) {
    if (g_unichar_isalnum (g_utf8_get_char (p)))
      return TRUE;
  }
  return FALSE;
}

/* Of a line that is the n-th and goes from one place to another. */
static gdouble
cost_of_line (const Choice *choice, guint n, guint from, guint to)
{
  const GArray *places = choice->places;
  const SsmtLinePlace *first = PLACE (from), *last = PLACE (to);
  guint width = width_of (places, from, to);
  gdouble share = choice->share * (1 + PYRAMID * (n - (choice->n_lines - 1) / 2.0));
  gdouble off = 10 * (width - share) / MAX (share, 1);
  gdouble cost = off * off / 2 + last->cost;

  if (choice->max_columns > 0 && width > choice->max_columns) {
    gdouble excess = width - choice->max_columns;

    /* shared among the lines */
    cost += COST_EXCESS * excess + excess * excess;
  }
  if (choice->n_lines == 1)
    return cost;
  if (2 * width <= choice->share && to == from + 1)
    cost += COST_ONE_WORD;
  return has_word (choice->text, first->next, last->end) ? cost : cost + COST_NO_WORD;
}

/* The ends of the `n_lines` lines that cost least, of guint. */
static GArray *
choose (const Choice *choice)
{
  guint m = choice->places->len, k = choice->n_lines;
  g_autofree gdouble *costs = g_new (gdouble, (gsize) (k + 1) * m); /* (lines, their end) */
  g_autofree guint *before = g_new0 (guint, (gsize) (k + 1) * m);
  GArray *ends = g_array_new (FALSE, FALSE, sizeof (guint));

  for (gsize i = 0; i < (gsize) (k + 1) * m; i++)
    costs[i] = INFINITY;
  costs[0] = 0;
  for (guint line = 1; line <= k; line++) {
    for (guint to = line; to + (k - line) < m; to++) {
      for (guint from = line - 1; from < to; from++) {
        gdouble cost = costs[(line - 1) * m + from];

        if (isinf (cost))
          continue;
        cost += cost_of_line (choice, line - 1, from, to);
        if (cost < costs[line * m + to]) {
          costs[line * m + to] = cost;
          before[line * m + to] = from;
        }
      }
    }
  }
  g_array_set_size (ends, k);
  for (guint line = k, to = m - 1; line > 0; to = before[line * m + to], line--)
    g_array_index (ends, guint, line - 1) = to;
  return ends;
}

/* The ends of the lines, of guint. */
static GArray *
find_ends (const char *text, const GArray *places, guint max_columns, guint max_lines)
{
  guint width = width_of (places, 0, places->len - 1);
  guint share = max_columns == 0 && max_lines > 0 ? width / max_lines + 1 : max_columns;
  GArray *filled = fill (places, share), *chosen;
  Choice choice = { text, places, max_columns, filled->len };

  if (max_lines > 0 && (max_columns == 0 || filled->len > max_lines))
    choice.n_lines = MIN (max_lines, places->len - 1);
  if (choice.n_lines <= 1 || places->len > MAX_PLACES) {
    /* one, or a text that is no caption */
    if (choice.n_lines > 0 && choice.n_lines < filled->len) {
      g_array_set_size (filled, choice.n_lines);
      g_array_index (filled, guint, choice.n_lines - 1) = places->len - 1;
    }
    return filled;
  }
  choice.share = (gdouble) width / choice.n_lines;
  chosen = choose (&choice);
  g_array_unref (filled);
  return chosen;
}

SsmtRange *
ssmt_lines_find (SsmtLines *self, const char *text, guint max_columns, guint max_lines, guint *n)
{
  g_autoptr (GArray) places = NULL, ends = NULL;
  SsmtRange *lines;
  guint from = 0;

  g_return_val_if_fail (self != NULL && text != NULL && n != NULL, NULL);

  places = ssmt_line_places_find (self, text);
  ends = find_ends (text, places, max_columns, max_lines);
  lines = g_new (SsmtRange, ends->len + 1);
  *n = ends->len;
  for (guint i = 0; i < ends->len; i++) {
    guint to = g_array_index (ends, guint, i);

    lines[i] = (SsmtRange){ PLACE (from)->next, PLACE (to)->end };
    from = to;
  }
  return lines;
}
