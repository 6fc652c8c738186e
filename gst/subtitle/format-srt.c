/* ssm-subtitle: SubRip
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * No standard says what SubRip is. Numbers may be missing or wrong, a text may have empty lines, and tags
 * are those of HTML with codes of ASS among them.
 */
#include "format-srt.h"

#include <string.h>

#include "inline.h"

static gboolean
is_number (const SubLine *line)
{
  gsize n = 0;

  while (n < line->length && g_ascii_isdigit (line->start[n]))
    n++;
  for (gsize i = n; i < line->length; i++) {
    if (!g_ascii_isspace (line->start[i]))
      return FALSE;
  }
  return n > 0;
}

static gboolean
is_time (const SubLine *line)
{
  GstClockTime start, end;

  return sub_time_read_line (line->start, &start, &end);
}

/* The first line behind the text that begins at `first`. */
static guint
find_text_end (const GArray *lines, guint first)
{
  guint i;

  for (i = first; i < lines->len; i++) {
    const SubLine *line = &g_array_index (lines, SubLine, i);

    if (is_time (line) || (i + 1 < lines->len && is_number (line) && is_time (line + 1)))
      break;
  }
  while (i > first && sub_line_is_blank (&g_array_index (lines, SubLine, i - 1)))
    i--;
  return i;
}

/* A code "{\...}" of ASS; its bytes, 0: none. Italics and the like become spans, those for the whole cue go before it. */
static gsize
read_code (SubReader *reader, const char *p, const char *end)
{
  const char *close = memchr (p, '}', MIN (end - p, 128));

  if (!close || p[1] != '\\' || memchr (p, '\n', close - p))
    return 0;
  if (close - p == 4 && strchr ("ibus", p[2]) && (p[3] == '0' || p[3] == '1')) {
    char open_code[] = "{\\i1}", close_code[] = "{\\i0}";

    open_code[2] = close_code[2] = p[2];
    if (p[3] == '1')
      sub_text_open (reader->text, sub_text_add_span (reader->text, open_code, close_code));
    else
      sub_text_close (reader->text, sub_text_find_open (reader->text, close_code));
  } else {
    g_string_append_len (reader->prefix, p, close + 1 - p);
  }
  return close + 1 - p;
}

static gsize
read_tag (SubReader *reader, const char *p, const char *end)
{
  static const char *const known[] = { "b", "c", "em", "font", "i", "s", "span", "strike", "strong",
    "u", "v", NULL };
  SubTag tag;

  if (!sub_tag_read (p, end, &tag))
    return 0;
  if (strcmp (tag.name, "br") == 0)
    sub_text_add_char (reader->text, '\n');
  else if (g_strv_contains (known, tag.name))
    sub_tag_apply (&tag, reader->text);
  else
    return 0;
  return tag.length;
}

/* An empty line in it divides what is translated. */
static void
read_text (SubReader *reader, const char *text, gsize length)
{
  const char *p = text, *end = text + length;

  while (p < end) {
    gsize n = 0;
    gunichar c = 0;

    if (*p == '<')
      n = read_tag (reader, p, end);
    else if (*p == '{')
      n = read_code (reader, p, end);
    else if (*p == '&' && (n = sub_entity_read (p, end, &c)) > 0) {
      sub_text_add_char (reader->text, c);
      if (c == '<')
        sub_text_set_escaped (reader->text);
    }
    if (n == 0) {
      sub_text_add_char (reader->text, g_utf8_get_char (p));
      n = g_utf8_next_char (p) - p;
    }
    if (*p == '\n' && p + 1 < end && p[1] == '\n') {
      while (p + n < end && g_ascii_isspace (p[n]))
        n++;
      sub_reader_end_unit (reader, p + n);
    }
    p += n;
  }
  sub_reader_end_unit (reader, end);
}

void
sub_srt_read_text (
    SubDocument *self, const char *text, gsize length, GstClockTime start, GstClockTime end)
{
  sub_reader_read_cue (self, text, length, start, end, read_text);
}

static gboolean
read_srt (SubDocument *self, const char *text, GError **error)
{
  g_autoptr (GArray) lines = sub_lines_new (text);
  const char *verbatim = text;

  for (guint i = 0; i < lines->len;) {
    const SubLine *line = &g_array_index (lines, SubLine, i++);
    GstClockTime start, stop;
    guint end;

    if (!sub_time_read_line (line->start, &start, &stop))
      continue;
    end = find_text_end (lines, i);
    if (end == i)
      continue;
    line = &g_array_index (lines, SubLine, i);
    sub_document_add_piece (self, g_strndup (verbatim, line->start - verbatim), -1);
    verbatim = line[end - 1 - i].start + line[end - 1 - i].length;
    sub_srt_read_text (self, line->start, verbatim - line->start, start, stop);
    i = end;
  }
  sub_document_add_piece (self, g_strdup (verbatim), -1);
  return TRUE;
}

/* What a tag that players know begins with. */
#define TAG_BEGINS "/bcefisuvBCEFISUV"

/* A '<' is an entity where it would begin a tag. */
static void
write_escaped (GString *out, gunichar c)
{
  if (c != '\0' && c < 0x80 && strchr (TAG_BEGINS, (int) c) && out->len > 0
      && out->str[out->len - 1] == '<') {
    g_string_truncate (out, out->len - 1);
    g_string_append (out, "&lt;");
  }
  g_string_append_unichar (out, c);
}

/* Players show entities of a text that has none of them as they stand. */
static char *
write_unit (const SubUnit *unit, const char *markup)
{
  return sub_text_write (
      unit->text, markup, sub_text_is_escaped (unit->text) ? write_escaped : sub_write_plain);
}

const SubFormat sub_format_srt = { "srt", ".srt ", read_srt, write_unit, NULL };
