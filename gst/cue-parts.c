/* ssmtranslate: the parts of a cue, from its lines
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cue-parts.h"

#include <string.h>

static gboolean
is_dash (gunichar c)
{
  return c == '-' || c == 0x2010 || c == 0x2011 || (c >= 0x2013 && c <= 0x2015);
}

static gboolean
is_music (gunichar c)
{
  return c >= 0x2669 && c <= 0x266c;
}

/* Bytes of the dash that begins a speaker's line; "-5" and "-" are none. */
static gsize
dash_length (const char *text)
{
  const char *p = text;

  while (is_dash (g_utf8_get_char (p)))
    p = g_utf8_next_char (p);
  if (p == text || *p == '\0' || g_ascii_isdigit (*p))
    return 0;
  return p - text;
}

static gboolean
ends_sentence (const char *text)
{
  const char *last = g_utf8_find_prev_char (text, text + strlen (text));
  gunichar c = last ? g_utf8_get_char (last) : 0;

  return c != ',' && c != ';' && !is_dash (c) && (g_unichar_ispunct (c) || is_music (c));
}

void
cue_part_free (gpointer data)
{
  CuePart *part = data;

  g_free (part->prefix);
  g_free (part->text);
  g_free (part->suffix);
  g_free (part->byte_tags);
  g_free (part);
}

/* Takes from both ends what is not language: dashes, ">>", music signs. */
static void
part_set_text (CuePart *part, const char *text)
{
  const char *start = text, *end = text + strlen (text);

  for (;;) {
    gunichar c = g_utf8_get_char (start);

    if (c == 0)
      break;
    if (dash_length (start) > 0)
      start += dash_length (start);
    else if (g_str_has_prefix (start, ">>"))
      start += 2;
    else if (start > text && (c == '>' || g_unichar_isspace (c)))
      start = g_utf8_next_char (start);
    else if (is_music (c))
      start = g_utf8_next_char (start);
    else
      break;
  }
  while (end > start) {
    const char *last = g_utf8_find_prev_char (start, end);
    gunichar c = g_utf8_get_char (last);

    if (!is_music (c) && !g_unichar_isspace (c))
      break;
    end = last;
  }
  part->prefix = g_strndup (text, start - text);
  part->text = g_strndup (start, end - start);
  part->suffix = g_strdup (end);
  part->has_letters = ssmt_text_has_letter (part->text);
}

guint32
cue_part_get_tags (const CuePart *part, SsmtRange range)
{
  const char *text = part->text + range.start;
  const guint32 *tags = part->byte_tags + range.start;
  gsize length = range.end - range.start;
  guint counts[CUE_MAX_TAGS] = { 0 }, total = 0;
  gboolean has_letter = FALSE;
  guint32 word_tags = 0;

  /* bytes beyond ASCII are letters, as good as always */
  for (gsize i = 0; i < length; i++)
    has_letter |= g_ascii_isalnum (text[i]) || (guchar) text[i] >= 0x80;
  for (gsize i = 0; i < length; i++) {
    if (has_letter && !g_ascii_isalnum (text[i]) && (guchar) text[i] < 0x80)
      continue;
    total++;
    for (guint32 left = tags[i]; left != 0; left &= left - 1)
      counts[g_bit_nth_lsf (left, -1)]++;
  }
  for (guint t = 0; t < CUE_MAX_TAGS; t++) {
    if (2 * counts[t] > total)
      word_tags |= 1u << t;
  }
  return word_tags;
}

/* The word that looks at a source word most; -1: none does. */
static gint
find_nearest (const SsmtAlignment *alignment, guint source)
{
  gfloat most = 0.0f;
  gint nearest = -1;

  for (guint i = 0; i < alignment->n_target; i++) {
    gfloat score = alignment->scores[(gsize) i * alignment->n_source + source];

    if (score > most) {
      most = score;
      nearest = i;
    }
  }
  return nearest;
}

static int
compare_links (gconstpointer a, gconstpointer b)
{
  const CueLink *x = a, *y = b;

  if (x->target.start != y->target.start)
    return x->target.start < y->target.start ? -1 : 1;
  return x->is_weak - y->is_weak;
}

GArray *
cue_links_new (const SsmtAlignment *alignment)
{
  GArray *links = g_array_new (FALSE, FALSE, sizeof (CueLink));
  g_autofree gboolean *is_linked = g_new0 (gboolean, alignment->n_source + 1);

  for (guint i = 0; i < alignment->n_target; i++) {
    gint word = alignment->source_word[i];

    if (word >= 0 && (guint) word < alignment->n_source) {
      CueLink link = { alignment->target[i], alignment->source[word], FALSE };

      g_array_append_val (links, link);
      is_linked[word] = TRUE;
    }
  }
  /* the "did" of a question has no word of its own */
  for (guint i = 0; i < alignment->n_source; i++) {
    gint nearest = is_linked[i] ? -1 : find_nearest (alignment, i);

    if (nearest >= 0) {
      CueLink link = { alignment->target[nearest], alignment->source[i], TRUE };

      g_array_append_val (links, link);
    }
  }
  g_array_sort (links, compare_links);
  return links;
}

static gboolean
ends_with_music (const char *text)
{
  const char *last = g_utf8_find_prev_char (text, text + strlen (text));

  return last && is_music (g_utf8_get_char (last));
}

/* A line that begins a new speaker's part: "- Hi." after "- Hello." or after a
 * sentence that has ended; not the dash of "he went\n- at last - home". */
static gboolean
begins_part (GPtrArray *lines, guint i)
{
  const CueLine *line = lines->pdata[i], *first = lines->pdata[0];
  const CueLine *previous = i > 0 ? lines->pdata[i - 1] : NULL;

  if (!previous)
    return TRUE;
  /* lines of a song, each with its signs */
  if (is_music (g_utf8_get_char (line->text->str)) && ends_with_music (previous->text->str))
    return TRUE;
  if (dash_length (line->text->str) == 0)
    return FALSE;
  return dash_length (first->text->str) > 0 || ends_sentence (previous->text->str);
}

void
cue_parts_make (GPtrArray *parts, GPtrArray *lines)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GArray) tags = g_array_new (FALSE, TRUE, sizeof (guint32));

  for (guint i = 0; i < lines->len;) {
    CuePart *part = g_new0 (CuePart, 1);

    part->tags = G_MAXUINT32;
    g_string_truncate (text, 0);
    g_array_set_size (tags, 0);
    do {
      const CueLine *line = lines->pdata[i];

      if (part->n_lines++ > 0)
        g_string_append_c (text, '\n');
      g_array_set_size (tags, text->len);
      g_string_append (text, line->text->str);
      g_array_append_vals (tags, line->tags->data, line->text->len);
      part->tags &= line->has_word ? line->word_tags : line->all_tags;
      i++;
    } while (i < lines->len && !begins_part (lines, i));
    part_set_text (part, text->str);
    part->byte_tags = g_memdup2 (
        (guint32 *) tags->data + strlen (part->prefix), strlen (part->text) * sizeof (guint32));
    g_ptr_array_add (parts, part);
  }
}

char *
cue_part_dup_source (const CuePart *part)
{
  return g_strdelimit (g_strdup (part->text), "\n", ' ');
}
