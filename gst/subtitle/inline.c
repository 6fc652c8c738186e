/* ssm-subtitle: what the formats' texts have in common
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "inline.h"

#include <string.h>

#define MAX_TAG_LENGTH 512

gboolean
sub_tag_read (const char *p, const char *end, SubTag *tag)
{
  const char *close = memchr (p, '>', MIN (end - p, MAX_TAG_LENGTH));
  const char *name;
  gsize n = 0;

  if (!close || close == p + 1)
    return FALSE;
  *tag = (SubTag){ .start = p, .length = close + 1 - p, .closes = p[1] == '/' };
  name = p + 1 + tag->closes;
  if (!g_ascii_isalpha (*name) || memchr (p + 1, '<', close - p - 1))
    return FALSE;
  while (g_ascii_isalnum (name[n]) && n < sizeof tag->name - 1) {
    tag->name[n] = g_ascii_tolower (name[n]);
    n++;
  }
  return name[n] == '>' || name[n] == '.' || name[n] == '/' || g_ascii_isspace (name[n]);
}

void
sub_tag_apply (const SubTag *tag, SubText *text)
{
  g_autofree char *close = g_strdup_printf ("</%s>", tag->name);

  if (tag->closes) {
    sub_text_close (text, sub_text_find_open (text, close));
  } else {
    g_autofree char *open = g_strndup (tag->start, tag->length);

    sub_text_open (text, sub_text_add_span (text, open, close));
  }
}

gsize
sub_entity_read (const char *p, const char *end, gunichar *c)
{
  static const struct {
    const char *name;
    gunichar c;
  } entities[] = {
    { "&amp;", '&' },
    { "&apos;", '\'' },
    { "&gt;", '>' },
    { "&lrm;", 0x200e },
    { "&lt;", '<' },
    { "&nbsp;", 0xa0 },
    { "&quot;", '"' },
    { "&rlm;", 0x200f },
  };
  const char *stop = memchr (p, ';', MIN (end - p, 10));

  if (!stop)
    return 0;
  if (p[1] == '#') {
    gboolean hex = p[2] == 'x' || p[2] == 'X';
    const char *digits = p + 2 + hex;
    char *last;
    guint64 value = g_ascii_strtoull (digits, &last, hex ? 16 : 10);

    if (!g_ascii_isxdigit (*digits) || last != stop || value < 0x20 || value > 0x10ffff
        || !g_unichar_validate (value))
      return 0;
    *c = value;
    return stop + 1 - p;
  }
  for (guint i = 0; i < G_N_ELEMENTS (entities); i++) {
    if (strncmp (p, entities[i].name, stop + 1 - p) == 0) {
      *c = entities[i].c;
      return stop + 1 - p;
    }
  }
  return 0;
}

/* --- units ---------------------------------------------------------------- */

void
sub_reader_end_unit (SubReader *self, const char *p)
{
  const char *start = self->verbatim, *end = p;

  while (end > start && g_ascii_isspace (end[-1]))
    end--;
  if (!sub_text_has_text (self->text)) {
    sub_document_add_piece (self->document, g_strndup (start, p - start), self->cue);
    sub_text_free (self->text);
  } else {
    SubUnit unit = { .start = self->start, .end = self->end, .text = self->text };

    if (self->prefix->len > 0)
      sub_document_add_piece (self->document, g_strdup (self->prefix->str), self->cue);
    sub_document_add_unit (self->document, unit, self->cue);
    if (end < p)
      sub_document_add_piece (self->document, g_strndup (end, p - end), self->cue);
  }
  self->text = sub_text_new ();
  self->verbatim = p;
  g_string_truncate (self->prefix, 0);
}

void
sub_reader_read_cue (SubDocument *document, const char *text, gsize length, GstClockTime start,
    GstClockTime end, SubReadText read)
{
  SubReader reader = { document, document->n_cues, start, end };

  reader.prefix = g_string_new (NULL);
  reader.text = sub_text_new ();
  reader.verbatim = text;
  read (&reader, text, length);
  g_string_free (reader.prefix, TRUE);
  sub_text_free (reader.text);
}

/* --- lines ---------------------------------------------------------------- */

GArray *
sub_lines_new (const char *text)
{
  GArray *lines = g_array_new (FALSE, FALSE, sizeof (SubLine));

  while (*text) {
    const char *end = strchrnul (text, '\n');
    SubLine line = { text, end - text };

    g_array_append_val (lines, line);
    text = *end ? end + 1 : end;
  }
  return lines;
}

gboolean
sub_line_is_blank (const SubLine *line)
{
  for (gsize i = 0; i < line->length; i++) {
    if (!g_ascii_isspace (line->start[i]))
      return FALSE;
  }
  return TRUE;
}

void
sub_write_plain (GString *out, gunichar c)
{
  g_string_append_unichar (out, c);
}

void
sub_write_escaped (GString *out, gunichar c)
{
  if (c == '&')
    g_string_append (out, "&amp;");
  else if (c == '<')
    g_string_append (out, "&lt;");
  else if (c == '>')
    g_string_append (out, "&gt;");
  else
    g_string_append_unichar (out, c);
}
