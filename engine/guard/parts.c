/* ssmtranslate: who speaks, what sounds, and what is said
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/parts.h"

#include <string.h>

#define MAX_DEPTH 8
#define MAX_LABEL 64 /* bytes */

typedef struct {
  const char *text;
  const SsmtTokenizer *tokenizer;
  GArray *parts;
} Division;

static void
add (Division *division, gsize start, gsize end, gboolean is_language)
{
  SsmtLinePart part = { { start, end }, is_language };

  if (end > start)
    g_array_append_val (division->parts, part);
}

static gunichar
char_at (const Division *division, gsize at, gsize end)
{
  return at < end ? g_utf8_get_char (division->text + at) : 0;
}

static gboolean
is_note (gunichar c)
{
  return c >= 0x2669 && c <= 0x266c;
}

static gboolean
is_dash (gunichar c)
{
  return c == '-' || (c >= 0x2010 && c <= 0x2015);
}

static gboolean
has_letter (const Division *division, gsize start, gsize end)
{
  g_autofree char *part = g_strndup (division->text + start, end - start);

  return ssmt_text_has_letter (part);
}

/* Behind what begins a line and is not said: dashes, arrows, notes, dots. */
static gsize
skip_lead (const Division *division, gsize start, gsize end)
{
  const char *text = division->text;
  gsize at = start;

  for (;;) {
    gunichar c = char_at (division, at, end);
    gsize dots = strspn (text + at, "."), next;

    if (c == ' ' || is_note (c) || c == 0x2026)
      next = g_utf8_next_char (text + at) - text;
    else if (c == '>' && text[at + 1] == '>')
      next = at + strspn (text + at, ">");
    else if (dots >= 2 && at + dots < end)
      next = at + dots;
    else if (is_dash (c) && at == start && !g_ascii_isdigit (*g_utf8_next_char (text + at)))
      next = g_utf8_next_char (text + at) - text;
    else
      return MIN (at, end);
    at = next;
  }
}

/* --- labels -------------------------------------------------------------------- */

static const GRegex *
get_label_regex (void)
{
  static GRegex *regex = NULL;

  if (g_once_init_enter (&regex)) {
    GRegex *made =
        g_regex_new ("^([\\p{Lu}\\d][\\p{Lu}\\d.'’&#-]*(?: [\\p{Lu}\\d.'’&#-]+){0,3})( ?[\\[(])?",
            G_REGEX_OPTIMIZE, G_REGEX_MATCH_ANCHORED, NULL);

    g_once_init_leave (&regex, made);
  }
  return regex;
}

/* At most `length` bytes of `text`, no character cut. */
static gsize
clip (const char *text, gsize length)
{
  while (length > 0 && ((guchar) text[length] & 0xc0) == 0x80)
    length--;
  return length;
}

/* Whether all words of a label stand in the vocabulary as words that begin small: MAN, not LEO. */
static gboolean
is_known (const SsmtTokenizer *tokenizer, const char *label)
{
  g_auto (GStrv) words = g_strsplit (label, " ", -1);

  if (tokenizer == NULL || strpbrk (label, ".'&") != NULL)
    return FALSE;
  for (guint i = 0; words[i] != NULL; i++) {
    g_autofree char *lower = g_utf8_strdown (words[i], -1);
    g_autofree char *piece = g_strconcat ("\xe2\x96\x81", lower, NULL);

    if (ssmt_text_has_letter (lower) && ssmt_tokenizer_find_piece (tokenizer, piece) < 0)
      return FALSE;
  }
  return TRUE;
}

static void divide (Division *division, gsize start, gsize end, guint depth);

/* "LEO: ", "LEO [OVER PHONE]: " at the beginning; behind it, or `start`: there is none. */
static gsize
take_label (Division *division, gsize start, gsize end, guint depth)
{
  const char *text = division->text + start, *after, *bracket;
  g_autofree char *name = NULL;
  GMatchInfo *match = NULL;
  gint name_end = 0, open = -1;

  if (g_regex_match_full (get_label_regex (), text, clip (text, MIN (end - start, MAX_LABEL + 16)),
          0, G_REGEX_MATCH_ANCHORED, &match, NULL)) {
    g_match_info_fetch_pos (match, 1, NULL, &name_end);
    g_match_info_fetch_pos (match, 2, NULL, &open);
  }
  g_match_info_free (match);
  if (name_end <= 0 || name_end > MAX_LABEL)
    return start;
  name = g_strndup (text, name_end);
  if (!ssmt_text_has_letter (name))
    return start;
  after = text + name_end;
  bracket = open > 0 ? strpbrk (text + open, "])") : NULL;
  if (bracket != NULL && bracket < text + MIN (end - start, MAX_LABEL * 2))
    after = bracket + 1;
  if (*after != ':' || (after[1] != ' ' && after + 1 != division->text + end))
    return start;
  add (division, start, start + name_end, is_known (division->tokenizer, name));
  if (after > text + name_end) {
    add (division, start + name_end, start + open, FALSE);
    divide (division, start + open, bracket - division->text, depth);
    add (division, bracket - division->text, bracket + 1 - division->text, FALSE);
  }
  add (division, after - division->text, after + 1 - division->text, FALSE);
  return after + 1 - division->text;
}

/* --- brackets ------------------------------------------------------------------- */

/* The partner of the bracket at `at`, before `end`; 0: there is none, or no letter within. */
static gsize
find_partner (const Division *division, gsize at, gsize end)
{
  char close = division->text[at] == '[' ? ']' : ')';
  const char *found = memchr (division->text + at, close, end - at);
  gsize partner = found != NULL ? found - division->text : 0;

  return partner > at && has_letter (division, at + 1, partner) ? partner : 0;
}

/* The bracket that opens the last one at the end; `end`: there is none that is a sound. */
static gsize
find_last_bracket (const Division *division, gsize start, gsize end)
{
  const char *text = division->text;
  char open = text[end - 1] == ']' ? '[' : text[end - 1] == ')' ? '(' : 0;
  gsize at = end, before;

  if (open == 0)
    return end;
  while (at > start && text[at - 1] != open)
    at--;
  if (at <= start + 1 || find_partner (division, at - 1, end) != end - 1)
    return end;
  before = at - 1;
  while (before > start && text[before - 1] == ' ')
    before--;
  if (open == '(' && !(before > start && strchr (".!?\"'", text[before - 1]) != NULL))
    return end;
  return at - 1;
}

static gboolean
take_brackets (Division *division, gsize start, gsize end, guint depth)
{
  const char *text = division->text;
  gsize partner = text[start] == '[' || text[start] == '(' ? find_partner (division, start, end) : 0;
  gsize last;

  if (partner > 0) {
    add (division, start, start + 1, FALSE);
    divide (division, start + 1, partner, depth);
    add (division, partner, partner + 1, FALSE);
    divide (division, partner + 1, end, depth);
    return TRUE;
  }
  last = find_last_bracket (division, start, end);
  if (last == end)
    return FALSE;
  divide (division, start, last, depth);
  add (division, last, last + 1, FALSE);
  divide (division, last + 1, end - 1, depth);
  add (division, end - 1, end, FALSE);
  return TRUE;
}

/* --- all of it ------------------------------------------------------------------- */

static gsize
find_note (const Division *division, gsize start, gsize end)
{
  const char *text = division->text;

  for (gsize at = start; at < end; at = g_utf8_next_char (text + at) - text) {
    if (is_note (g_utf8_get_char (text + at)))
      return at;
  }
  return end;
}

static void
divide (Division *division, gsize start, gsize end, guint depth)
{
  const char *text = division->text;
  gsize said = skip_lead (division, start, end), note = find_note (division, said, end), last = end;

  add (division, start, said, FALSE);
  if (said == end)
    return;
  if (note < end && depth < MAX_DEPTH * MAX_DEPTH) {
    divide (division, said, note, depth + 1);
    divide (division, note, end, depth + 1);
    return;
  }
  start = take_label (division, said, end, depth + 1);
  if (start > said && depth < MAX_DEPTH) {
    divide (division, start, end, depth + 1);
    return;
  }
  while (end > start && text[end - 1] == ' ')
    end--;
  if (end > start && depth < MAX_DEPTH && take_brackets (division, start, end, depth + 1)) {
    add (division, end, last, FALSE);
    return;
  }
  add (division, start, end, has_letter (division, start, end));
}

/* Nothing is lost, whatever was said to be a part: what lies between is copied. */
static GArray *
fill_gaps (GArray *found, gsize length)
{
  GArray *parts = g_array_new (FALSE, FALSE, sizeof (SsmtLinePart));
  gsize done = 0;

  for (guint i = 0; i < found->len; i++) {
    SsmtLinePart part = g_array_index (found, SsmtLinePart, i), gap = { { done, part.range.start }, FALSE };

    if (part.range.start < done || part.range.end > length)
      continue;
    if (gap.range.end > done)
      g_array_append_val (parts, gap);
    g_array_append_val (parts, part);
    done = part.range.end;
  }
  if (done < length) {
    SsmtLinePart gap = { { done, length }, FALSE };

    g_array_append_val (parts, gap);
  }
  return parts;
}

GArray *
ssmt_parts_divide (const char *text, const SsmtTokenizer *tokenizer)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (SsmtLinePart));
  Division division = { text, tokenizer, found };

  divide (&division, 0, strlen (text), 0);
  return fill_gaps (found, strlen (text));
}

/* --- again and again --------------------------------------------------------------- */

static gsize
letters_length (const char *text)
{
  const char *p = text;

  while (g_unichar_isalpha (g_utf8_get_char (p)) || g_unichar_ismark (g_utf8_get_char (p)))
    p = g_utf8_next_char (p);
  return p - text;
}

char *
ssmt_parts_get_repeated (const char *text, GPtrArray *between)
{
  gsize first = letters_length (text);
  g_autofree char *word = g_strndup (text, first), *folded = g_utf8_casefold (word, -1);
  const char *p = text + first;
  guint n = 1;

  while (first > 0 && *p != '\0') {
    const char *next = p;
    gsize length;

    while (*next != '\0' && strchr ("\"()[]<>{}0123456789", *next) == NULL
        && letters_length (next) == 0)
      next = g_utf8_next_char (next);
    length = letters_length (next);
    g_ptr_array_add (between, g_strndup (p, next - p));
    if (length == 0)
      return *next == '\0' && n >= 3 ? g_steal_pointer (&word) : NULL;
    {
      g_autofree char *other = g_utf8_casefold (next, length);

      if (strcmp (other, folded) != 0)
        return NULL;
    }
    n++;
    p = next + length;
  }
  if (n < 3)
    return NULL;
  g_ptr_array_add (between, g_strdup (""));
  return g_steal_pointer (&word);
}
