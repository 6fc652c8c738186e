/* ssm-subtitle: a subtitle file, of which only the texts change
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "document.h"

#include <string.h>

#include <gio/gio.h>

#include "xml.h"

#define ESCAPE 0x1b

static void
piece_clear (gpointer data)
{
  g_free (((SubPiece *) data)->text);
}

static void
unit_clear (gpointer data)
{
  SubUnit *unit = data;

  sub_text_free (unit->text);
  if (unit->free_style)
    unit->free_style (unit->style);
}

SubDocument *
sub_document_new (const SubFormat *format)
{
  SubDocument *self = g_new0 (SubDocument, 1);

  self->format = format;
  self->pieces = g_array_new (FALSE, FALSE, sizeof (SubPiece));
  g_array_set_clear_func (self->pieces, piece_clear);
  self->units = g_array_new (FALSE, FALSE, sizeof (SubUnit));
  g_array_set_clear_func (self->units, unit_clear);
  return self;
}

void
sub_document_free (SubDocument *self)
{
  g_array_unref (self->pieces);
  g_array_unref (self->units);
  g_free (self);
}

void
sub_document_add_piece (SubDocument *self, char *text, gint cue)
{
  SubPiece piece = { text, -1, cue };

  self->n_cues = MAX (self->n_cues, (guint) (cue + 1));
  g_array_append_val (self->pieces, piece);
}

void
sub_document_add_unit (SubDocument *self, SubUnit unit, gint cue)
{
  SubPiece piece = { NULL, self->units->len, cue };

  self->n_cues = MAX (self->n_cues, (guint) (cue + 1));
  g_array_append_val (self->units, unit);
  g_array_append_val (self->pieces, piece);
}

/* --- bytes ---------------------------------------------------------------- */

/* The text as UTF-8; NULL with *error set. */
static char *
decode (const char *bytes, gsize length, const char *encoding, GError **error)
{
  static const struct {
    const char *mark, *encoding;
  } marks[] = { { "\xff\xfe", "UTF-16LE" }, { "\xfe\xff", "UTF-16BE" } };
  g_autofree char *declared = NULL;
  char *text;

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++) {
    if (length >= 2 && memcmp (bytes, marks[i].mark, 2) == 0)
      return g_convert (bytes, length, "UTF-8", marks[i].encoding, NULL, NULL, error);
  }
  /* codes of seven bits (ISO 2022) look like it */
  if (g_utf8_validate (bytes, length, NULL) && !(encoding && memchr (bytes, ESCAPE, length)))
    return g_strndup (bytes, length);
  if (!encoding && memchr (bytes, 0, length)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "holds bytes of value 0: it is no text, or UTF-16 without its mark (--encoding UTF-16LE)");
    return NULL;
  }
  if (!encoding)
    encoding = declared = sub_xml_dup_encoding (bytes, length);
  text =
      g_convert (bytes, length, "UTF-8", encoding ? encoding : "WINDOWS-1252", NULL, NULL, error);
  if (!text)
    g_prefix_error (error,
        "neither UTF-8 nor %s, --encoding says what it is: ", encoding ? encoding : "WINDOWS-1252");
  return text;
}

/* Takes '\r' away and tells whether there was one before the first '\n'. */
static gboolean
unify_line_ends (char *text)
{
  const char *first = strchr (text, '\n');
  gboolean has_crlf = first && first > text && first[-1] == '\r';
  char *to = text;

  for (const char *p = text; *p; p++) {
    if (*p != '\r')
      *to++ = *p;
    else if (p[1] != '\n')
      *to++ = '\n';
  }
  *to = '\0';
  return has_crlf;
}

/* "\r\n" in the place of "\n". */
static GString *
with_crlf (const GString *text)
{
  GString *out = g_string_sized_new (text->len + text->len / 16);

  for (gsize i = 0; i < text->len; i++) {
    if (text->str[i] == '\n')
      g_string_append_c (out, '\r');
    g_string_append_c (out, text->str[i]);
  }
  return out;
}

SubDocument *
sub_document_parse (
    const SubFormat *format, const char *bytes, gsize length, const char *encoding, GError **error)
{
  g_autoptr (SubDocument) self = sub_document_new (format);
  g_autofree char *text = NULL;
  const char *start;

  text = decode (bytes, length, encoding, error);
  if (!text)
    return NULL;
  self->has_mark = g_str_has_prefix (text, "\xef\xbb\xbf");
  self->has_crlf = unify_line_ends (text);
  start = self->has_mark ? text + 3 : text;
  if (!format->read (self, start, error))
    return NULL;
  if (self->units->len == 0 && self->n_cues == 0 && g_strstrip (text)[0] != '\0') {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "no cue was found in it: it is no file of the kind .%s", format->name);
    return NULL;
  }
  return g_steal_pointer (&self);
}

/* --- writing -------------------------------------------------------------- */

static char *
write_piece (
    const SubDocument *self, const SubPiece *piece, char *const *markups, const char *language)
{
  const SubUnit *unit;
  const char *markup;

  if (piece->unit < 0) {
    if (language && self->format->write_piece)
      return self->format->write_piece (piece->text, language);
    return g_strdup (piece->text);
  }
  unit = &g_array_index (self->units, SubUnit, piece->unit);
  markup = markups ? markups[piece->unit] : NULL;
  return self->format->write (unit, markup ? markup : sub_text_get_markup (unit->text));
}

char *
sub_document_write (
    const SubDocument *self, char *const *markups, const char *language, gsize *length)
{
  g_autoptr (GString) out = g_string_new (self->has_mark ? "\xef\xbb\xbf" : NULL);

  for (guint i = 0; i < self->pieces->len; i++) {
    g_autofree char *text =
        write_piece (self, &g_array_index (self->pieces, SubPiece, i), markups, language);

    g_string_append (out, text);
  }
  if (self->has_crlf) {
    GString *lf = g_steal_pointer (&out);

    out = with_crlf (lf);
    g_string_free (lf, TRUE);
  }
  *length = out->len;
  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
sub_document_write_cue (const SubDocument *self, guint cue, char *const *markups)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < self->pieces->len; i++) {
    const SubPiece *piece = &g_array_index (self->pieces, SubPiece, i);

    if (piece->cue == (gint) cue) {
      g_autofree char *text = write_piece (self, piece, markups, NULL);

      g_string_append (out, text);
    }
  }
  return g_string_free (out, FALSE);
}

/* --- times ---------------------------------------------------------------- */

GstClockTime
sub_time_read (const char *text, const char **end)
{
  guint64 seconds = 0, fraction = 0, unit = GST_SECOND;
  const char *p = text;
  guint n_parts = 0;

  do {
    guint64 part = 0;
    guint n = 0;

    for (; g_ascii_isdigit (*p) && n < 9; p++, n++)
      part = part * 10 + (*p - '0');
    if (n == 0)
      return GST_CLOCK_TIME_NONE;
    seconds = seconds * 60 + part;
    n_parts++;
  } while (*p == ':' && n_parts < 3 && p++);
  if (n_parts < 2)
    return GST_CLOCK_TIME_NONE;
  if (*p == ',' || *p == '.') {
    for (p++; g_ascii_isdigit (*p); p++) {
      unit /= 10;
      fraction += (*p - '0') * unit;
    }
  }
  if (end)
    *end = p;
  return seconds < G_MAXUINT64 / GST_SECOND - 1 ? seconds * GST_SECOND + fraction
                                                : GST_CLOCK_TIME_NONE;
}

gboolean
sub_time_read_line (const char *line, GstClockTime *start, GstClockTime *end)
{
  const char *p = line + strspn (line, " \t");

  *start = sub_time_read (p, &p);
  if (!GST_CLOCK_TIME_IS_VALID (*start))
    return FALSE;
  p += strspn (p, " \t");
  if (strncmp (p, "-->", 3) != 0)
    return FALSE;
  p += 3;
  *end = sub_time_read (p + strspn (p, " \t"), NULL);
  return GST_CLOCK_TIME_IS_VALID (*end);
}
