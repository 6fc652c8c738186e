/* ssmtranslate: the text of a cue, written with its markup
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cue-lines.h"
#include "cue-markup.h"

#include <string.h>

/* --- writing ------------------------------------------------------------ */

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

  while (*at < translation->n_links
      && (translation->links[*at].is_weak || translation->links[*at].target.end <= word.start))
    (*at)++;
  if (*at == translation->n_links)
    return NULL;
  link = &translation->links[*at];
  return link->target.start < word.end ? link : NULL;
}

/* A tag that no word has got goes to the nearest ones: emphasis on a word without translation. */
static void
save_tags (const CuePart *part, const CueTranslation *translation, GArray *tags)
{
  gsize length = strlen (part->text);
  guint32 lost = 0, found = 0;
  guint at = 0, n = 0;

  for (gsize i = 0; i < length; i++)
    lost |= part->byte_tags[i];
  for (guint i = 0; i < tags->len; i++)
    found |= g_array_index (tags, guint32, i);
  lost &= ~part->tags & ~found;
  for (SsmtRange word = { 0, 0 }; lost != 0 && ssmt_text_next_word (translation->text, &word); n++) {
    while (at < translation->n_links && translation->links[at].target.end <= word.start)
      at++;
    for (guint i = at; i < translation->n_links && translation->links[i].target.start < word.end; i++) {
      if (translation->links[i].is_weak && translation->links[i].source.end <= length)
        g_array_index (tags, guint32, n) |=
            cue_part_get_tags (part, translation->links[i].source) & lost;
    }
  }
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
  save_tags (part, translation, tags);
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

/* `text` with `tags`, one set a word. */
static void
append_words (
    GString *out, const CueText *cue, const char *text, const GArray *tags, CueFormat format)
{
  SpanWriter writer = { .cue = cue, .out = out };
  SsmtRange word = { 0, 0 };
  gsize done = 0;

  for (guint n = 0; ssmt_text_next_word (text, &word); n++) {
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
    gsize skipped, end;

    if (source[0] != pairs[i][0] || strchr (source + 1, pairs[i][1]) != source + length - 1)
      continue;
    skipped = strspn (translation, "[(* ");
    while (ssmt_text_next_word (translation, &word) && word.end <= skipped)
      (*n_lost)++;
    inner = g_strdup (translation + skipped);
    for (end = strlen (inner); end > 0 && strchr ("])* ", inner[end - 1]); end--)
      inner[end - 1] = '\0';
    return *inner ? g_strdup_printf ("%c%s%c", pairs[i][0], inner, pairs[i][1]) : g_strdup (source);
  }
  return g_strdup (translation);
}

/* What is written for a part. */
typedef struct {
  const CuePart *part;
  const CueTranslation *translation;
  char *kept;   /* on one line, where it is translated */
  guint n_lost; /* words of the translation before it */
} Written;

/* The tags of `text`, which has more words than `kept` where a line ends within one. */
static GArray *
spread_tags (const GArray *tags, const char *kept, const char *text)
{
  GArray *spread = g_array_new (FALSE, FALSE, sizeof (guint32));
  SsmtRange whole = { 0, 0 };
  gsize left = 0;
  guint n = 0;

  for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (text, &word);) {
    guint32 word_tags;

    if (left == 0 && ssmt_text_next_word (kept, &whole)) {
      left = whole.end - whole.start;
      n++;
    }
    word_tags = n > 0 && n <= tags->len ? g_array_index (tags, guint32, n - 1) : 0;
    g_array_append_val (spread, word_tags);
    left -= MIN (left, word.end - word.start);
  }
  return spread;
}

static void
append_part (
    GString *out, const CueText *cue, const Written *written, const char *text, CueFormat format)
{
  g_autoptr (GArray) tags = NULL, spread = NULL;

  if (format != CUE_FORMAT_PANGO) {
    append_text (out, text, format);
    return;
  }
  tags = written->translation->text ? find_tags (written->part, written->translation)
                                    : find_own_tags (written->part);
  g_array_remove_range (tags, 0, MIN (written->n_lost, tags->len));
  spread = spread_tags (tags, written->kept, text);
  append_words (out, cue, text, spread, format);
}

/* --- cues ----------------------------------------------------------------- */

static void
prepare (const CuePart *part, const CueTranslation *translation, Written *written, CueLines *lines)
{
  *written = (Written){ part, translation };
  written->kept = translation->text
      ? dup_in_brackets (part->text, translation->text, &written->n_lost)
      : g_strdup (part->text);
  *lines = (CueLines){ part->prefix, part->suffix, g_strdup (written->kept), part->n_lines,
    translation->text != NULL };
}

static void
append_parts (GString *out, const CueText *cue, const Written *written, const CueLines *lines,
    CueFormat format)
{
  gboolean markup = format == CUE_FORMAT_PANGO;
  guint32 common = common_tags (cue);

  if (markup)
    append_tags (out, cue, common, TRUE);
  for (guint i = 0; i < cue->parts->len; i++) {
    const CuePart *part = written[i].part;

    if (i > 0)
      g_string_append_c (out, '\n');
    if (markup)
      append_tags (out, cue, part->tags & ~common, TRUE);
    append_text (out, part->prefix, format);
    append_part (out, cue, &written[i], lines[i].text, format);
    append_text (out, part->suffix, format);
    if (markup)
      append_tags (out, cue, part->tags & ~common, FALSE);
  }
  if (markup)
    append_tags (out, cue, common, FALSE);
}

char *
cue_text_write_aligned (const CueText *cue, const CueTranslation *translations, CueFormat format)
{
  guint n_parts = cue->parts->len;
  g_autofree Written *written = g_new0 (Written, n_parts + 1);
  g_autofree CueLines *lines = g_new0 (CueLines, n_parts + 1);
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < n_parts; i++)
    prepare (cue->parts->pdata[i], &translations[i], &written[i], &lines[i]);
  cue_lines_divide (lines, n_parts, cue->layout);
  append_text (out, cue->codes, format);
  append_parts (out, cue, written, lines, format);
  if (cue->ends_line)
    g_string_append_c (out, '\n');
  for (guint i = 0; i < n_parts; i++) {
    g_free (written[i].kept);
    g_free (lines[i].text);
  }
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
