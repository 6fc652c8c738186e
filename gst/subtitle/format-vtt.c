/* ssm-subtitle: WebVTT (W3C, https://www.w3.org/TR/webvtt1/)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "format-vtt.h"

#include <string.h>

#include <gio/gio.h>

#include "inline.h"

/* Behind the "</rt>" or "</ruby>" that ends what is read aloud beside a word: it is no part of the sentence. */
static gsize
skip_ruby_text (const char *p, const char *end)
{
  for (const char *q = p; q < end; q++) {
    if (*q == '<' && q + 1 < end && q[1] == '/')
      return q - p;
  }
  return end - p;
}

static gsize
read_tag (SubReader *reader, const char *p, const char *end)
{
  static const char *const kept[] = { "b", "c", "i", "u", "v", NULL };
  SubTag tag;

  /* <00:00:01.000>: times of words that are no longer there */
  if (g_ascii_isdigit (p[1])) {
    const char *close = memchr (p, '>', MIN (end - p, 32));

    return close && p + 1 + strspn (p + 1, "0123456789:.") == close ? close + 1 - p : 0;
  }
  if (!sub_tag_read (p, end, &tag))
    return 0;
  /* what another voice says is another text */
  if (strcmp (tag.name, "v") == 0 && !tag.closes && sub_text_has_text (reader->text))
    sub_reader_end_unit (reader, p);
  if (g_strv_contains (kept, tag.name))
    sub_tag_apply (&tag, reader->text);
  else if (strcmp (tag.name, "rt") == 0 && !tag.closes)
    return tag.length + skip_ruby_text (p + tag.length, end);
  return tag.length;
}

static void
read_text (SubReader *reader, const char *text, gsize length)
{
  const char *p = text, *end = text + length;

  while (p < end) {
    gsize n = 0;
    gunichar c = 0;

    if (*p == '<')
      n = read_tag (reader, p, end);
    else if (*p == '&' && (n = sub_entity_read (p, end, &c)) > 0)
      sub_text_add_char (reader->text, c);
    if (n == 0) {
      sub_text_add_char (reader->text, g_utf8_get_char (p));
      n = g_utf8_next_char (p) - p;
    }
    p += n;
  }
  sub_reader_end_unit (reader, end);
}

void
sub_vtt_read_text (
    SubDocument *self, const char *text, gsize length, GstClockTime start, GstClockTime end)
{
  sub_reader_read_cue (self, text, length, start, end, read_text);
}

/* The line of times in the block that begins with line `first`, before `end`; -1: it is no cue. */
static gint
find_times (const GArray *lines, guint first, guint end, GstClockTime *start, GstClockTime *stop)
{
  for (guint i = first; i < MIN (first + 2, end); i++) {
    if (sub_time_read_line (g_array_index (lines, SubLine, i).start, start, stop))
      return i;
  }
  return -1;
}

static gboolean
read_vtt (SubDocument *self, const char *text, GError **error)
{
  g_autoptr (GArray) lines = sub_lines_new (text);
  const char *verbatim = text;

  if (!g_str_has_prefix (text, "WEBVTT")) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "does not begin with \"WEBVTT\", as WebVTT does");
    return FALSE;
  }
  for (guint i = 0; i < lines->len;) {
    GstClockTime start, stop;
    guint end = i;
    gint times;

    while (end < lines->len && !sub_line_is_blank (&g_array_index (lines, SubLine, end)))
      end++;
    times = find_times (lines, i, end, &start, &stop);
    if (times >= 0 && (guint) times + 1 < end) {
      const SubLine *first = &g_array_index (lines, SubLine, times + 1);
      const SubLine *last = &g_array_index (lines, SubLine, end - 1);

      sub_document_add_piece (self, g_strndup (verbatim, first->start - verbatim), -1);
      verbatim = last->start + last->length;
      sub_vtt_read_text (self, first->start, verbatim - first->start, start, stop);
    }
    i = end + 1;
  }
  sub_document_add_piece (self, g_strdup (verbatim), -1);
  return TRUE;
}

static char *
write_unit (const SubUnit *unit, const char *markup)
{
  return sub_text_write (unit->text, markup, sub_write_escaped);
}

/* "Language: en" in the header, as YouTube writes it. */
static char *
write_piece (const char *piece, const char *language)
{
  const char *found, *end;

  if (!g_str_has_prefix (piece, "WEBVTT"))
    return g_strdup (piece);
  found = strstr (piece, "\nLanguage:");
  end = strstr (piece, "\n\n");
  if (!found || (end && found > end))
    return g_strdup (piece);
  found += strlen ("\nLanguage:");
  return g_strdup_printf (
      "%.*s %s%s", (int) (found - piece), piece, language, strchrnul (found, '\n'));
}

const SubFormat sub_format_vtt = { "vtt", ".vtt .webvtt ", read_vtt, write_unit, write_piece };
