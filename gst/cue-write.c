/* ssmtranslate: the text of a cue, written with its markup
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cue-markup.h"

#include <string.h>

/* --- writing ------------------------------------------------------------ */

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

/* Divides words into n_lines lines of about equal width: each line takes words
 * up to its share of what is left. */
static char *
break_lines (const char *text, guint n_lines)
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
  return g_string_free (out, FALSE);
}

/* Only what must be: a reader that takes markup for text shows the escapes. */
static void
append_text (GString *out, const char *text, CueFormat format)
{
  for (const char *p = text; *p; p++) {
    if ((guchar) *p < 0x20 && *p != '\n')
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
append_tags (GString *out, const CueText *cue, guint32 tags, gboolean open)
{
  for (guint i = 0; i < cue->tags->len; i++) {
    guint t = open ? i : cue->tags->len - 1 - i;
    const char *tag = cue->tags->pdata[t];

    if (!(tags & (1u << t)))
      continue;
    if (open)
      g_string_append (out, tag);
    else
      g_string_append_printf (out, "</%.*s>", (int) strcspn (tag + 1, " >"), tag + 1);
  }
}

static guint32
common_tags (const CueText *cue)
{
  guint32 tags = G_MAXUINT32;

  for (guint i = 0; i < cue->parts->len; i++)
    tags &= ((const CuePart *) cue->parts->pdata[i])->tags;
  return cue->parts->len > 0 ? tags : 0;
}

/* --- spans ---------------------------------------------------------------- */

gboolean
cue_part_has_spans (const CuePart *part)
{
  for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (part->text, &word);) {
    if ((cue_part_get_tags (part, word) & ~part->tags) != 0)
      return TRUE;
  }
  return FALSE;
}

/* What has no source word takes what the words around it agree on. */
static void
close_holes (guint32 *tags, const gboolean *known, guint n)
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

/* The link of a word, the next one from links[*at] on; NULL: there is none. */
static const CueLink *
find_link (const CueTranslation *translation, SsmtRange word, guint *at)
{
  const CueLink *link;

  while (*at < translation->n_links && translation->links[*at].target.end <= word.start)
    (*at)++;
  if (*at == translation->n_links)
    return NULL;
  link = &translation->links[*at];
  return link->target.start < word.end ? link : NULL;
}

/* The tags of each word of a translation beside those of the whole part: of guint32. */
static GArray *
find_tags (const CuePart *part, const CueTranslation *translation)
{
  GArray *tags = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GArray) known = g_array_new (FALSE, FALSE, sizeof (gboolean));
  gsize length = strlen (part->text);
  guint at = 0;

  for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (translation->text, &word);) {
    const CueLink *link = find_link (translation, word, &at);
    gboolean is_known = link && link->source.start < link->source.end && link->source.end <= length;
    guint32 word_tags = is_known ? cue_part_get_tags (part, link->source) & ~part->tags : 0;

    g_array_append_val (known, is_known);
    g_array_append_val (tags, word_tags);
  }
  close_holes ((guint32 *) tags->data, (gboolean *) known->data, tags->len);
  return tags;
}

/* The tags of each word of the part itself. */
static GArray *
find_own_tags (const CuePart *part)
{
  GArray *tags = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (part->text, &word);) {
    guint32 word_tags = cue_part_get_tags (part, word) & ~part->tags;

    g_array_append_val (tags, word_tags);
  }
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
close_spans (SpanWriter *writer, guint32 tags)
{
  guint keep = 0;

  while (keep < writer->depth && (tags & (1u << writer->open[keep])))
    keep++;
  while (writer->depth > keep)
    append_tags (writer->out, writer->cue, 1u << writer->open[--writer->depth], FALSE);
}

static void
open_spans (SpanWriter *writer, guint32 tags)
{
  for (guint i = 0; i < writer->depth; i++)
    tags &= ~(1u << writer->open[i]);
  append_tags (writer->out, writer->cue, tags, TRUE);
  for (guint t = 0; t < writer->cue->tags->len; t++) {
    if (tags & (1u << t))
      writer->open[writer->depth++] = t;
  }
}

static void
append_range (GString *out, const char *text, gsize start, gsize end, CueFormat format)
{
  g_autofree char *part = g_strndup (text + start, end - start);

  append_text (out, part, format);
}

/* `text` with `tags`, one set a word from the n-th on. */
static void
append_words (GString *out, const CueText *cue, const char *text, const GArray *tags, guint n,
    CueFormat format)
{
  SpanWriter writer = { .cue = cue, .out = out };
  SsmtRange word = { 0, 0 };
  gsize done = 0;

  for (; ssmt_text_next_word (text, &word); n++) {
    guint32 word_tags = n < tags->len ? g_array_index (tags, guint32, n) : 0;

    close_spans (&writer, word_tags);
    append_range (out, text, done, word.start, format);
    open_spans (&writer, word_tags);
    append_range (out, text, word.start, word.end, format);
    done = word.end;
  }
  close_spans (&writer, 0);
  append_text (out, text + done, format);
}

/* "[DOOR SLAMS]" stays a sound in the same brackets, whatever the translator makes of them.
 * *n_lost: words at the beginning that were nothing but brackets. */
static char *
dup_in_brackets (const char *source, const char *translation, guint *n_lost)
{
  static const char *const pairs[] = { "[]", "()", "**" };
  gsize length = strlen (source);

  for (guint i = 0; length > 2 && i < G_N_ELEMENTS (pairs); i++) {
    g_autofree char *inner = NULL;
    SsmtRange word = { 0, 0 };
    gsize skipped;

    if (source[0] != pairs[i][0] || strchr (source + 1, pairs[i][1]) != source + length - 1)
      continue;
    skipped = strspn (translation, "[(* ");
    while (ssmt_text_next_word (translation, &word) && word.end <= skipped)
      (*n_lost)++;
    inner = g_strdup (translation + skipped);
    while (*inner && strchr ("])* ", inner[strlen (inner) - 1]))
      inner[strlen (inner) - 1] = '\0';
    return *inner ? g_strdup_printf ("%c%s%c", pairs[i][0], inner, pairs[i][1]) : g_strdup (source);
  }
  return g_strdup (translation);
}

static void
append_part (GString *out, const CueText *cue, const CuePart *part,
    const CueTranslation *translation, CueFormat format)
{
  g_autofree char *lines = NULL, *kept = NULL;
  g_autoptr (GArray) tags = NULL;
  const char *text = part->text;
  guint n_lost = 0;

  if (translation->text) {
    kept = dup_in_brackets (part->text, translation->text, &n_lost);
    lines = break_lines (kept, part->n_lines);
    text = lines;
  }
  if (format != CUE_FORMAT_PANGO) {
    append_text (out, text, format);
    return;
  }
  tags = translation->text ? find_tags (part, translation) : find_own_tags (part);
  append_words (out, cue, text, tags, n_lost, format);
}

/* --- cues ----------------------------------------------------------------- */

char *
cue_text_write_aligned (const CueText *cue, const CueTranslation *translations, CueFormat format)
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
cue_text_write (const CueText *cue, char *const *translations, CueFormat format)
{
  g_autofree CueTranslation *plain = g_new0 (CueTranslation, cue->parts->len + 1);

  for (guint i = 0; translations && i < cue->parts->len; i++)
    plain[i].text = translations[i];
  return cue_text_write_aligned (cue, plain, format);
}
