/* ssmtranslate: the lines of a cue
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cue-lines.h"

#include <string.h>

/* --- as many as the source had ------------------------------------------------ */

/* Columns on a screen. */
static guint
display_width (const char *text)
{
  guint width = 0;

  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    width += g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
  }
  return width;
}

/* Of its share of the width, in percent, what a line that ends with this word must have: a
 * sentence or a clause had better end with the line. */
static guint
get_least_fill (const char *word)
{
  gchar last = word[0] ? word[strlen (word) - 1] : '\0';

  if (strchr (".!?", last) || g_str_has_suffix (word, "\342\200\246"))
    return 70;
  return strchr (",;:", last) ? 85 : 100;
}

/* Lines that were translated each by itself stay such, where there are as many as there were; TRUE: there
 * are. A model's own line breaks are none. */
static gboolean
take_lines (CueLines *part)
{
  g_auto (GStrv) lines = g_strsplit (part->text, CUE_LINE_BREAK, -1);
  guint n = g_strv_length (lines);
  gboolean taken = n > 1 && n == part->n_lines;

  if (n < 2)
    return FALSE;
  g_free (part->text);
  part->text = g_strjoinv (taken ? "\n" : " ", lines);
  return taken;
}

/* Divides words into as many lines as the source had, of about equal width: each line takes words
 * up to its share of what is left. */
static void
break_lines (CueLines *part)
{
  g_auto (GStrv) words = g_strsplit_set (part->text, " \n\r\t", -1);
  GString *out = g_string_new (NULL);
  guint left = 0, n_words = 0, used = 0, least_fill = 100, n_lines = part->n_lines;

  for (guint i = 0; words[i]; i++) {
    if (words[i][0] != '\0') {
      left += display_width (words[i]) + 1;
      n_words++;
    }
  }
  for (guint i = 0; words[i]; i++) {
    guint width;

    if (words[i][0] == '\0')
      continue;
    width = display_width (words[i]) + 1;
    if (used > 0) {
      /* breaks where the line comes nearer to its share without the word */
      guint share = (used + left) / n_lines;
      gboolean full =
          2 * used + width > 2 * share || (least_fill < 100 && 100 * used >= least_fill * share);

      if (n_lines > 1 && (full || n_words < n_lines)) {
        g_string_append_c (out, '\n');
        n_lines--;
        used = 0;
      } else {
        g_string_append_c (out, ' ');
      }
    }
    g_string_append (out, words[i]);
    used += width;
    left -= width;
    n_words--;
    least_fill = get_least_fill (words[i]);
  }
  g_free (part->text);
  part->text = g_string_free (out, FALSE);
}

/* --- lines that fit ----------------------------------------------------------- */

static char *
dup_whole (const CueLines *part)
{
  return g_strconcat (part->before, part->text, part->after, NULL);
}

/* Words with one space between any two. */
static void
collapse (CueLines *part)
{
  g_auto (GStrv) words = g_strsplit_set (part->text, " \n\r\t", -1);
  guint n = 0;

  for (guint i = 0; words[i]; i++) {
    if (words[i][0])
      words[n++] = words[i];
    else
      g_free (words[i]);
  }
  words[n] = NULL;
  g_free (part->text);
  part->text = g_strjoinv (" ", words);
}

/* Columns of the widest line. */
static guint
get_width (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint width = 0;

  for (guint i = 0; lines[i]; i++)
    width = MAX (width, ssmt_text_count_columns (lines[i]));
  return width;
}

/* A line ends at each place that is in the part's own text. */
static void
break_at (CueLines *part, const SsmtRange *lines, guint n)
{
  gsize start = strlen (part->before), length = strlen (part->text), done = 0;
  GString *out = g_string_new (NULL);

  part->n_lines = 1;
  for (guint i = 0; i + 1 < n; i++) {
    if (lines[i].end <= start || lines[i + 1].start >= start + length)
      continue;
    g_string_append_len (out, part->text + done, lines[i].end - start - done);
    g_string_append_c (out, '\n');
    done = lines[i + 1].start - start;
    part->n_lines++;
  }
  g_string_append (out, part->text + done);
  g_free (part->text);
  part->text = g_string_free (out, FALSE);
}

static void
break_to_fit (CueLines *part, const CueLayout *layout, guint n_lines)
{
  g_autofree char *whole = dup_whole (part);
  guint n;
  g_autofree SsmtRange *lines =
      ssmt_lines_find (layout->breaks, whole, layout->max_columns, n_lines, &n);

  break_at (part, lines, n);
}

/* The lines that the part needs, or has without a width. */
static guint
count_needed (const CueLines *part, const CueLayout *layout)
{
  g_autofree char *whole = NULL;
  g_autofree SsmtRange *lines = NULL;
  guint n;

  if (layout->max_columns == 0)
    return part->n_lines;
  whole = dup_whole (part);
  lines = ssmt_lines_find (layout->breaks, whole, layout->max_columns, 0, &n);
  return MAX (n, 1);
}

/* Gives each part a line, then one more to the widest, as long as there are some. */
static void
share_lines (CueLines *parts, guint n_parts, guint max_lines)
{
  for (guint i = 0; i < n_parts; i++)
    parts[i].n_lines = 1;
  for (guint left = max_lines > n_parts ? max_lines - n_parts : 0; left > 0; left--) {
    guint widest = 0, most = 0;

    for (guint i = 0; i < n_parts; i++) {
      g_autofree char *whole = dup_whole (&parts[i]);
      guint width = ssmt_text_count_columns (whole) / parts[i].n_lines;

      if (width > most) {
        most = width;
        widest = i;
      }
    }
    parts[widest].n_lines++;
  }
}

static void
divide_to_fit (CueLines *parts, guint n_parts, const CueLayout *layout)
{
  guint n_lines = 0;

  for (guint i = 0; i < n_parts; i++) {
    collapse (&parts[i]);
    parts[i].n_lines = count_needed (&parts[i], layout);
    n_lines += parts[i].n_lines;
  }
  if (layout->max_lines > 0 && n_lines > layout->max_lines)
    share_lines (parts, n_parts, layout->max_lines);
  for (guint i = 0; i < n_parts; i++)
    break_to_fit (&parts[i], layout, parts[i].n_lines);
}

/* What is not translated keeps its lines where they fit. */
static gboolean
is_kept (const CueLines *parts, guint n_parts, const CueLayout *layout)
{
  guint n_lines = 0;

  for (guint i = 0; i < n_parts; i++) {
    g_autofree char *whole = dup_whole (&parts[i]);

    if (parts[i].is_translated
        || (layout->max_columns > 0 && get_width (whole) > layout->max_columns))
      return FALSE;
    n_lines += parts[i].n_lines;
  }
  return layout->max_lines == 0 || n_lines <= layout->max_lines;
}

void
cue_lines_divide (CueLines *parts, guint n_parts, const CueLayout *layout)
{
  gboolean has_limits =
      layout && layout->breaks && (layout->max_columns > 0 || layout->max_lines > 0);

  for (guint i = 0; i < n_parts; i++) {
    gboolean taken = parts[i].is_translated && take_lines (&parts[i]);

    if (parts[i].is_translated && !taken && !has_limits)
      break_lines (&parts[i]);
  }
  if (has_limits) {
    if (!is_kept (parts, n_parts, layout))
      divide_to_fit (parts, n_parts, layout);
  }
}
