/* ssmtranslate: the text of a cue, written with its markup
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cue-markup.h"

#include <string.h>

/* --- writing ------------------------------------------------------------ */

/* Columns on a screen. */
static guint
display_width (const char * text)
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
get_least_fill (const char * word)
{
  gchar last = word[0] ? word[strlen (word) - 1] : '\0';

  if (strchr (".!?", last) || g_str_has_suffix (word, "\342\200\246"))
    return 70;
  return strchr (",;:", last) ? 85 : 100;
}

/* Divides words into n_lines lines of about equal width: each line takes words
 * up to its share of what is left. */
static char *
break_lines (const char * text, guint n_lines)
{
  g_auto (GStrv) words = g_strsplit_set (text, " \n\r\t", -1);
  GString *out = g_string_new (NULL);
  guint left = 0, n_words = 0, used = 0, least_fill = 100;

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
      gboolean full = 2 * used + width > 2 * share
          || (least_fill < 100 && 100 * used >= least_fill * share);

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
  return g_string_free (out, FALSE);
}

/* Only what must be: a reader that takes markup for text shows the escapes. */
static void
append_text (GString * out, const char * text, CueFormat format)
{
  for (const char *p = text; *p; p++) {
    if ((guchar) * p < 0x20 && *p != '\n')
      continue;
    if (format == CUE_FORMAT_PANGO && *p == '&')
      g_string_append (out, "&amp;");
    else if (format == CUE_FORMAT_PANGO && *p == '<')
      g_string_append (out, "&lt;");
    else
      g_string_append_c (out, *p);
  }
}

static void
append_tags (GString * out, const CueText * cue, guint32 tags, gboolean open)
{
  for (guint i = 0; i < cue->tags->len; i++) {
    guint t = open ? i : cue->tags->len - 1 - i;
    const char *tag = cue->tags->pdata[t];

    if (!(tags & (1u << t)))
      continue;
    if (open)
      g_string_append (out, tag);
    else
      g_string_append_printf (out, "</%.*s>", (int) strcspn (tag + 1, " >"),
          tag + 1);
  }
}

static guint32
common_tags (const CueText * cue)
{
  guint32 tags = G_MAXUINT32;

  for (guint i = 0; i < cue->parts->len; i++)
    tags &= ((const CuePart *) cue->parts->pdata[i])->tags;
  return cue->parts->len > 0 ? tags : 0;
}

/* --- spans ---------------------------------------------------------------- */

gboolean
cue_part_has_spans (const CuePart * part)
{
  for (guint i = 0; i < part->n_words; i++) {
    if ((part->word_tags[i] & ~part->tags) != 0)
      return TRUE;
  }
  return FALSE;
}

/* What has no source word takes what the words around it agree on. */
static void
close_holes (guint32 * tags, const gboolean * known, guint n)
{
  for (guint i = 0; i < n; i++) {
    guint next = i;

    if (known[i])
      continue;
    while (next < n && !known[next])
      next++;
    tags[i] = i > 0 && next < n ? tags[i - 1] & tags[next] : 0;
  }
}

/* The tags of each of n words beside those of the whole part. */
static guint32 *
find_tags (const CuePart * part, const CueTranslation * translation, guint n)
{
  guint32 *tags = g_new0 (guint32, n + 1);
  g_autofree gboolean *known = g_new0 (gboolean, n + 1);

  if (!translation->source_word)
    return tags;
  for (guint i = 0; i < n && i < translation->n_words; i++) {
    gint word = translation->source_word[i];

    known[i] = word >= 0 && (guint) word < part->n_words;
    if (known[i])
      tags[i] = part->word_tags[word] & ~part->tags;
  }
  close_holes (tags, known, n);
  return tags;
}

typedef struct {
  const CueText *cue;
  GString *out;
  guint open[32];
  guint depth;
} SpanWriter;

/* Closes what does not hold any more, and what is open inside of it. */
static void
close_spans (SpanWriter * writer, guint32 tags)
{
  guint keep = 0;

  while (keep < writer->depth && (tags & (1u << writer->open[keep])))
    keep++;
  while (writer->depth > keep)
    append_tags (writer->out, writer->cue,
        1u << writer->open[--writer->depth], FALSE);
}

static void
open_spans (SpanWriter * writer, guint32 tags)
{
  for (guint i = 0; i < writer->depth; i++)
    tags &= ~(1u << writer->open[i]);
  append_tags (writer->out, writer->cue, tags, TRUE);
  for (guint t = 0; t < writer->cue->tags->len; t++) {
    if (tags & (1u << t))
      writer->open[writer->depth++] = t;
  }
}

/* `text` with `tags`, one set a word. */
static void
append_words (GString * out, const CueText * cue, const char * text,
    const guint32 * tags, CueFormat format)
{
  SpanWriter writer = {.cue = cue,.out = out };
  guint n = 0;

  while (*text) {
    gsize space = strspn (text, " \n"), length;
    g_autofree char *gap = g_strndup (text, space), *word = NULL;

    text += space;
    length = strcspn (text, " \n");
    word = g_strndup (text, length);
    text += length;
    close_spans (&writer, length > 0 ? tags[n] : 0);
    append_text (out, gap, format);
    if (length > 0)
      open_spans (&writer, tags[n++]);
    append_text (out, word, format);
  }
  close_spans (&writer, 0);
}

static guint
count_words (const char * text)
{
  guint n = 0;

  for (gsize i = 0; text[i]; i++)
    n += !strchr (" \n", text[i]) && (text[i + 1] == '\0'
        || strchr (" \n", text[i + 1]));
  return n;
}

/* "[DOOR SLAMS]" stays a sound in the same brackets, whatever the translator makes of them. */
static char *
dup_in_brackets (const char * source, const char * translation)
{
  static const char *const pairs[] = { "[]", "()", "**" };
  gsize length = strlen (source);

  for (guint i = 0; length > 2 && i < G_N_ELEMENTS (pairs); i++) {
    g_autofree char *inner = NULL;

    if (source[0] != pairs[i][0]
        || strchr (source + 1, pairs[i][1]) != source + length - 1)
      continue;
    translation += strspn (translation, "[(* ");
    inner = g_strdup (translation);
    while (*inner && strchr ("])* ", inner[strlen (inner) - 1]))
      inner[strlen (inner) - 1] = '\0';
    return *inner ? g_strdup_printf ("%c%s%c", pairs[i][0], inner,
        pairs[i][1]) : g_strdup (source);
  }
  return g_strdup (translation);
}

static void
append_part (GString * out, const CueText * cue, const CuePart * part,
    const CueTranslation * translation, CueFormat format)
{
  g_autofree char *lines = NULL, *kept = NULL;
  g_autofree guint32 *tags = NULL;
  const char *text = part->text;

  if (translation->text) {
    kept = dup_in_brackets (part->text, translation->text);
    lines = break_lines (kept, part->n_lines);
    text = lines;
  }
  if (format != CUE_FORMAT_PANGO) {
    append_text (out, text, format);
    return;
  }
  if (translation->text) {
    tags = find_tags (part, translation, count_words (text));
  } else {
    tags = g_new0 (guint32, part->n_words + 1);
    for (guint i = 0; i < part->n_words; i++)
      tags[i] = part->word_tags[i] & ~part->tags;
  }
  append_words (out, cue, text, tags, format);
}

/* --- cues ----------------------------------------------------------------- */

char *
cue_text_write_aligned (const CueText * cue,
    const CueTranslation * translations, CueFormat format)
{
  GString *out = g_string_new (NULL);
  gboolean markup = format == CUE_FORMAT_PANGO;
  guint32 common = common_tags (cue);

  append_text (out, cue->codes, format);
  if (markup)
    append_tags (out, cue, common, TRUE);
  for (guint i = 0; i < cue->parts->len; i++) {
    const CuePart *part = cue->parts->pdata[i];

    if (i > 0)
      g_string_append_c (out, '\n');
    if (markup)
      append_tags (out, cue, part->tags & ~common, TRUE);
    append_text (out, part->prefix, format);
    append_part (out, cue, part, &translations[i], format);
    append_text (out, part->suffix, format);
    if (markup)
      append_tags (out, cue, part->tags & ~common, FALSE);
  }
  if (markup)
    append_tags (out, cue, common, FALSE);
  if (cue->ends_line)
    g_string_append_c (out, '\n');
  return g_string_free (out, FALSE);
}

char *
cue_text_write (const CueText * cue, char *const *translations,
    CueFormat format)
{
  g_autofree CueTranslation *plain =
      g_new0 (CueTranslation, cue->parts->len + 1);

  for (guint i = 0; translations && i < cue->parts->len; i++)
    plain[i].text = translations[i];
  return cue_text_write_aligned (cue, plain, format);
}
