/* ssm-subtitle: the text of a cue between its format and the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every format has marks of its own for italics, colours, voices. The element carries Pango's spans
 * to the words that translate theirs; so each mark travels as a span with a number, and is
 * written again as the format had it.
 */
#ifndef SUB_TEXT_H
#define SUB_TEXT_H

#include <glib.h>

G_BEGIN_DECLS

/* Spans in one text at most: the element knows 32 tags, those beyond are left out. */
#define SUB_MAX_SPANS 32

typedef struct _SubText SubText;

SubText *sub_text_new (void);
void sub_text_free (SubText *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SubText, sub_text_free)

/* White space at the beginning and the end is left out. */
void sub_text_add_char (SubText *self, gunichar c);
void sub_text_add (SubText *self, const char *text, gsize length);
/* A number for a mark that is written `open` ... `close`; the same for equal ones. -1: there are too many. */
gint sub_text_add_span (SubText *self, const char *open, const char *close);
/* From here on, until it is closed; -1 is no span. */
void sub_text_open (SubText *self, gint span);
/* Those opened later stay open. One that is not open, or -1, is nothing. */
void sub_text_close (SubText *self, gint span);
/* The innermost open span whose `close` is that; -1: none. */
gint sub_text_find_open (const SubText *self, const char *close);

/* The text has a '<' that was written as an entity: it is no tag's. */
void sub_text_set_escaped (SubText *self);
gboolean sub_text_is_escaped (const SubText *self);

/* Whether there is anything but white space. */
gboolean sub_text_has_text (const SubText *self);
/* Well-formed Pango markup; all spans are closed. */
const char *sub_text_get_markup (SubText *self);

/* What a span was written as. */
const char *sub_text_get_open (const SubText *self, gint span);

/* What stands in some markup, in its order. */
typedef struct {
  gint span;      /* the innermost one, -1: none */
  gboolean opens; /* what follows is in the span */
  gboolean closes;
  gunichar c; /* neither: a character */
} SubToken;

/* (element-type SubToken): of sub_text_get_markup(), or of what the element made of it. */
GArray *sub_text_tokens (const char *markup);

/* How a format writes a character; '\n' is a new line. */
typedef void (*SubWriteChar) (GString *out, gunichar c);

/* The markup with the marks that the spans of `self` are. */
char *sub_text_write (const SubText *self, const char *markup, SubWriteChar write_char);

G_END_DECLS

#endif /* SUB_TEXT_H */
