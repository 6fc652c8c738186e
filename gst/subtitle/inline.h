/* ssm-subtitle: what the formats' texts have in common
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUB_INLINE_H
#define SUB_INLINE_H

#include "document.h"

G_BEGIN_DECLS

/* A tag "<NAME ...>", "</NAME>" of SubRip or WebVTT. */
typedef struct {
  char name[16];     /* lower case, up to the first '.', ' ' or '>' */
  const char *start; /* the '<' */
  gsize length;
  gboolean closes;
} SubTag;

/* FALSE: no tag stands at `p`. */
gboolean sub_tag_read (const char *p, const char *end, SubTag *tag);
/* Opens or closes a span that is written as the tag is. */
void sub_tag_apply (const SubTag *tag, SubText *text);

/* Bytes of the entity at `p` and its character; 0: none. */
gsize sub_entity_read (const char *p, const char *end, gunichar *c);

/* What SubRip and WebVTT make of a text that is being read: units, and what is between them. */
typedef struct {
  SubDocument *document;
  gint cue;
  GstClockTime start, end;
  GString *prefix;      /* goes out before the unit, as it is */
  const char *verbatim; /* where the unit begins in the source */
  SubText *text;
} SubReader;

/* Reads one cue's text as the document's next: `read` goes through it, from the first unit to the end of the last. */
typedef void (*SubReadText) (SubReader *reader, const char *text, gsize length);
void sub_reader_read_cue (SubDocument *document, const char *text, gsize length, GstClockTime start,
    GstClockTime end, SubReadText read);
/* Ends the unit before `p`: white space at its end stays outside; without text all of it stays as it was. */
void sub_reader_end_unit (SubReader *self, const char *p);

/* Splits at '\n'; the strings are borrowed ranges. */
typedef struct {
  const char *start;
  gsize length; /* without the line end */
} SubLine;
GArray *sub_lines_new (const char *text);
gboolean sub_line_is_blank (const SubLine *line);

void sub_write_plain (GString *out, gunichar c);
void sub_write_escaped (GString *out, gunichar c);

G_END_DECLS

#endif /* SUB_INLINE_H */
