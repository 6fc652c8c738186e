/* ssm-subtitle: a subtitle file, of which only the texts change
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file is a list of pieces: what stays as it is to the byte (numbers, times, positions, styles,
 * notes), and units, the texts. Each format reads a file into that list; writing is the same for all.
 */
#ifndef SUB_DOCUMENT_H
#define SUB_DOCUMENT_H

#include <gst/gst.h>

#include "text.h"

G_BEGIN_DECLS

/* A text that is translated as one. */
typedef struct {
  GstClockTime start, end; /* GST_CLOCK_TIME_NONE: not known */
  SubText *text;
  gpointer style; /* of the format, freed with `free_style` */
  GDestroyNotify free_style;
} SubUnit;

typedef struct _SubFormat SubFormat;

typedef struct {
  char *text; /* NULL: the unit's */
  gint unit;  /* -1: none */
  gint cue;   /* whose text it is part of; -1: outside of cues */
} SubPiece;

typedef struct {
  const SubFormat *format;
  GArray *pieces; /* of SubPiece */
  GArray *units;  /* of SubUnit */
  guint n_cues;
  gboolean has_mark; /* U+FEFF at the start */
  gboolean has_crlf;
} SubDocument;

struct _SubFormat {
  const char *name;       /* "srt": also the extension that is written */
  const char *extensions; /* ".srt .vtt": each with a space behind */
  /* Fills the document with `text`, valid UTF-8 with '\n' as line end. */
  gboolean (*read) (SubDocument *self, const char *text, GError **error);
  /* The unit with `markup` in place of its text. */
  char *(*write) (const SubUnit *unit, const char *markup);
  /* NULL: nothing to do. What outside of units names the language, for `language`. */
  char *(*write_piece) (const char *piece, const char *language);
};

extern const SubFormat sub_format_srt, sub_format_vtt, sub_format_ass, sub_format_ttml;

/* By the name of a file; NULL: none. */
const SubFormat *sub_format_find (const char *path);

SubDocument *sub_document_new (const SubFormat *format);
void sub_document_free (SubDocument *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SubDocument, sub_document_free)

/* What a file holds. `encoding` is asked where it is neither UTF-8 nor begins with a mark; NULL: WINDOWS-1252. */
SubDocument *sub_document_parse (
    const SubFormat *format, const char *bytes, gsize length, const char *encoding, GError **error);

/* For formats: pieces in the order of the file. Takes `text`, and what the unit holds. */
void sub_document_add_piece (SubDocument *self, char *text, gint cue);
void sub_document_add_unit (SubDocument *self, SubUnit unit, gint cue);

/* The whole file, in UTF-8. `markups`: one a unit; a NULL leaves the text as it was. `language`: BCP-47 code of them. */
char *sub_document_write (
    const SubDocument *self, char *const *markups, const char *language, gsize *length);
/* What one cue holds, without times and what else is around it. `markups` may be NULL. */
char *sub_document_write_cue (const SubDocument *self, guint cue, char *const *markups);

/* "00:01:02,345", "1:02.3"; behind it in `end`. GST_CLOCK_TIME_NONE: no time stands there. */
GstClockTime sub_time_read (const char *text, const char **end);
/* A line "TIME --> TIME ...". */
gboolean sub_time_read_line (const char *line, GstClockTime *start, GstClockTime *end);

G_END_DECLS

#endif /* SUB_DOCUMENT_H */
