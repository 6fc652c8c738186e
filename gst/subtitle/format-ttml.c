/* ssm-subtitle: TTML (W3C, https://www.w3.org/TR/ttml1/) and its profiles
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file is read as XML and written again as it comes; only what stands in <p> are texts.
 */
#include "inline.h"

#include <string.h>

#include <gio/gio.h>

#include "xml.h"

typedef struct {
  SubDocument *document;
  GString *verbatim;    /* to go out before the next unit */
  guint depth;          /* open elements */
  gboolean tag_is_open; /* the '>' of the last start tag is not written yet */
  SubText *text;        /* of the unit that is read, NULL: outside of <p> */
  GstClockTime start, end;
  GArray *
      spans; /* of gint: the span of each element that is open in <p>; -2: as it is, -3: with times */
  gboolean space_before; /* white space has been seen, and counts as one */
  gboolean begins_line;  /* <br/> is what came last */
  gboolean keeps_space;  /* xml:space="preserve" */
  gboolean follows;      /* something of the same <p> has been before */
  char *line_break;      /* "<tt:br/>" */
} Reader;

static const char *
local_name (const char *name)
{
  const char *colon = strchr (name, ':');

  return colon ? colon + 1 : name;
}

static char *
start_tag (const char *name, const char **names, const char **values)
{
  GString *tag = g_string_new ("<");

  g_string_append (tag, name);
  for (guint i = 0; names[i]; i++) {
    g_autofree char *value = g_markup_escape_text (values[i], -1);

    g_string_append_printf (tag, " %s=\"%s\"", names[i], value);
  }
  return g_string_free (tag, FALSE);
}

static const char *
attribute (const char *name, const char **names, const char **values)
{
  for (guint i = 0; names[i]; i++) {
    if (strcmp (local_name (names[i]), name) == 0)
      return values[i];
  }
  return NULL;
}

/* "00:00:01.5", "00:00:01:12" (frames do not matter here), "12.5s", "900ms"; NONE: not known. */
static GstClockTime
read_time (const char *text)
{
  static const struct {
    const char *name;
    double seconds;
  } units[] = { { "h", 3600 }, { "m", 60 }, { "s", 1 }, { "ms", 0.001 } };
  GstClockTime time;
  double value;
  char *end;

  if (!text)
    return GST_CLOCK_TIME_NONE;
  time = sub_time_read (text, NULL);
  if (GST_CLOCK_TIME_IS_VALID (time))
    return time;
  value = g_ascii_strtod (text, &end);
  for (guint i = 0; i < G_N_ELEMENTS (units) && end > text; i++) {
    if (strcmp (end, units[i].name) == 0 && value >= 0 && value < 1e6)
      return value * units[i].seconds * GST_SECOND;
  }
  return GST_CLOCK_TIME_NONE;
}

static void
read_times (Reader *reader, const char **names, const char **values)
{
  GstClockTime duration = read_time (attribute ("dur", names, values));

  reader->start = read_time (attribute ("begin", names, values));
  reader->end = read_time (attribute ("end", names, values));
  if (GST_CLOCK_TIME_IS_VALID (duration) && GST_CLOCK_TIME_IS_VALID (reader->start))
    reader->end = reader->start + duration;
}

static void
end_tag_start (Reader *reader)
{
  if (reader->tag_is_open)
    g_string_append_c (reader->verbatim, '>');
  reader->tag_is_open = FALSE;
}

static void
flush_verbatim (Reader *reader)
{
  end_tag_start (reader);
  if (reader->verbatim->len > 0)
    sub_document_add_piece (reader->document, g_strdup (reader->verbatim->str), -1);
  g_string_truncate (reader->verbatim, 0);
}

/* --- units ---------------------------------------------------------------- */

static void
begin_unit (Reader *reader)
{
  reader->text = sub_text_new ();
  reader->space_before = reader->begins_line = FALSE;
}

static void
end_unit (Reader *reader)
{
  if (sub_text_has_text (reader->text)) {
    SubUnit unit = { reader->start, reader->end, reader->text, g_strdup (reader->line_break),
      g_free };

    flush_verbatim (reader);
    sub_document_add_unit (reader->document, unit, reader->document->n_cues);
  } else {
    sub_text_free (reader->text);
  }
  reader->text = NULL;
}

/* White space between two units. */
static void
divide (Reader *reader, gboolean space)
{
  if (!space || !reader->follows)
    return;
  end_tag_start (reader);
  g_string_append_c (reader->verbatim, ' ');
}

/* A space where white space has been, but not at the ends of lines. */
static void
add_space (Reader *reader)
{
  if (!sub_text_has_text (reader->text))
    divide (reader, reader->space_before && !reader->begins_line);
  else if (reader->space_before && !reader->begins_line)
    sub_text_add_char (reader->text, ' ');
  reader->space_before = reader->begins_line = FALSE;
}

static void
add_text (Reader *reader, const char *text, gsize length)
{
  for (const char *p = text; p < text + length; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (!reader->keeps_space && c < 0x80 && g_ascii_isspace (c)) {
      reader->space_before = TRUE;
      continue;
    }
    add_space (reader);
    sub_text_add_char (reader->text, c);
  }
}

/* --- XML ------------------------------------------------------------------ */

static void
start_in_text (Reader *reader, const char *name, const char **names, const char **values)
{
  g_autofree char *open = start_tag (name, names, values);
  gint span = -2,
       outer = reader->spans->len > 0 ? g_array_index (reader->spans, gint, reader->spans->len - 1)
                                      : -1;

  if (outer == -2) {
    /* what is not shown, and all within it */
    end_tag_start (reader);
    g_string_append (reader->verbatim, open);
    reader->tag_is_open = TRUE;
  } else if (strcmp (local_name (name), "br") == 0) {
    g_free (reader->line_break);
    reader->line_break = g_strconcat (open, "/>", NULL);
    reader->space_before = FALSE;
    reader->begins_line = TRUE;
    sub_text_add_char (reader->text, '\n');
    span = -1;
  } else if (strcmp (local_name (name), "span") == 0 && attribute ("begin", names, values)) {
    gboolean space = reader->space_before;

    /* has times of its own: another text */
    reader->follows |= sub_text_has_text (reader->text);
    end_unit (reader);
    divide (reader, space);
    end_tag_start (reader);
    g_string_append_printf (reader->verbatim, "%s>", open);
    read_times (reader, names, values);
    begin_unit (reader);
    span = -3;
  } else if (strcmp (local_name (name), "span") == 0) {
    g_autofree char *tag = g_strconcat (open, ">", NULL);
    g_autofree char *close = g_strdup_printf ("</%s>", name);

    add_space (reader);
    span = sub_text_add_span (reader->text, tag, close);
    sub_text_open (reader->text, span);
  } else {
    end_tag_start (reader);
    g_string_append (reader->verbatim, open);
    reader->tag_is_open = TRUE;
  }
  g_array_append_val (reader->spans, span);
}

static void
on_start (GMarkupParseContext *context, const char *name, const char **names, const char **values,
    gpointer data, GError **error)
{
  Reader *reader = data;
  const char *space = attribute ("space", names, values);
  g_autofree char *tag = NULL;

  reader->depth++;
  if (space)
    reader->keeps_space = strcmp (space, "preserve") == 0;
  if (reader->text) {
    start_in_text (reader, name, names, values);
    return;
  }
  tag = start_tag (name, names, values);
  end_tag_start (reader);
  if (strcmp (local_name (name), "tt") == 0)
    flush_verbatim (reader);
  g_string_append (reader->verbatim, tag);
  reader->tag_is_open = TRUE;
  if (strcmp (local_name (name), "tt") == 0)
    flush_verbatim (reader);
  if (strcmp (local_name (name), "p") == 0) {
    read_times (reader, names, values);
    begin_unit (reader);
    reader->follows = FALSE;
  }
}

static void
write_end (Reader *reader, const char *name)
{
  if (reader->tag_is_open)
    g_string_append (reader->verbatim, "/>");
  else
    g_string_append_printf (reader->verbatim, "</%s>", name);
  reader->tag_is_open = FALSE;
}

static void
on_end (GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
  Reader *reader = data;

  reader->depth--;
  if (reader->text && reader->spans->len > 0) {
    gint span = g_array_index (reader->spans, gint, reader->spans->len - 1);

    g_array_set_size (reader->spans, reader->spans->len - 1);
    if (span >= 0)
      sub_text_close (reader->text, span);
    if (span == -3)
      end_unit (reader);
    if (span <= -2)
      write_end (reader, name);
    if (span == -3) {
      begin_unit (reader);
      reader->follows = TRUE;
    }
    return;
  }
  if (reader->text) {
    gboolean has_text = sub_text_has_text (reader->text);

    end_unit (reader);
    write_end (reader, name);
    /* the end tag is no part of it, but of no other cue either */
    if (has_text || strcmp (local_name (name), "p") == 0)
      flush_verbatim (reader);
    return;
  }
  write_end (reader, name);
}

static void
on_text (
    GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
  Reader *reader = data;
  gint top =
      reader->spans->len > 0 ? g_array_index (reader->spans, gint, reader->spans->len - 1) : -1;

  if (reader->text && top != -2) {
    add_text (reader, text, length);
  } else if (length > 0) {
    g_autofree char *escaped = g_markup_escape_text (text, length);

    end_tag_start (reader);
    g_string_append (reader->verbatim, escaped);
  }
}

static void
on_passthrough (
    GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
  Reader *reader = data;
  g_autofree char *encoding = sub_xml_dup_encoding (text, length);
  const char *at =
      encoding && g_ascii_strcasecmp (encoding, "UTF-8") != 0 ? strstr (text, encoding) : NULL;

  end_tag_start (reader);
  /* UTF-8 goes out, whatever came in */
  if (at) {
    g_string_append_len (reader->verbatim, text, at - text);
    g_string_append (reader->verbatim, "UTF-8");
    length -= at + strlen (encoding) - text;
    text = at + strlen (encoding);
  }
  g_string_append_len (reader->verbatim, text, length);
  /* line ends outside of the root are not told */
  if (reader->depth == 0)
    g_string_append_c (reader->verbatim, '\n');
}

static gboolean
read_ttml (SubDocument *self, const char *text, GError **error)
{
  static const GMarkupParser parser = { on_start, on_end, on_text, on_passthrough, NULL };
  Reader reader = { .document = self };
  g_autoptr (GMarkupParseContext) context =
      g_markup_parse_context_new (&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &reader, NULL);
  gboolean good;

  reader.verbatim = g_string_new (NULL);
  reader.spans = g_array_new (FALSE, FALSE, sizeof (gint));
  reader.line_break = g_strdup ("<br/>");
  good = g_markup_parse_context_parse (context, text, -1, error)
      && g_markup_parse_context_end_parse (context, error);
  if (reader.text)
    sub_text_free (reader.text);
  reader.text = NULL;
  if (g_str_has_suffix (text, "\n"))
    g_string_append_c (reader.verbatim, '\n');
  flush_verbatim (&reader);
  g_string_free (reader.verbatim, TRUE);
  g_array_unref (reader.spans);
  g_free (reader.line_break);
  return good;
}

/* --- writing -------------------------------------------------------------- */

static char *
write_unit (const SubUnit *unit, const char *markup)
{
  g_autofree char *text = sub_text_write (unit->text, markup, sub_write_escaped);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  return g_strjoinv (unit->style, lines);
}

static char *
write_piece (const char *piece, const char *language)
{
  gsize n = strcspn (piece, " \n>");
  const char *value, *end;

  /* "<tt" or "<tt:tt", a piece of its own */
  if (piece[0] != '<' || n < 3 || strncmp (piece + n - 2, "tt", 2) != 0)
    return g_strdup (piece);
  value = strstr (piece, " xml:lang=\"");
  end = value ? strchr (value + strlen (" xml:lang=\""), '"') : NULL;
  if (!end)
    return g_strdup (piece);
  return g_strdup_printf ("%.*s xml:lang=\"%s%s", (int) (value - piece), piece, language, end);
}

const SubFormat sub_format_ttml = { "ttml", ".ttml .dfxp .xml ", read_ttml, write_unit,
  write_piece };
