/* ssmt-live: text of buffers, and of lines of JSON
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LIVE_TEXT_H
#define LIVE_TEXT_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* As one reads it, valid UTF-8; is_markup: tags and entities are pango's. */
char *live_text_dup (GstBuffer *buffer, gboolean is_markup);

/* What a recogniser has written; without braces all of the line is final text. NULL: *error. The times that it says are
 * in a meta. */
GstBuffer *live_text_parse (const char *line, GError **error);
/* The times that live_text_parse() has found; FALSE: none. */
gboolean live_text_get_times (GstBuffer *buffer, double *start, double *end);

/* A buffer whose text is still revised. */
gboolean live_text_is_interim (GstBuffer *buffer);

G_END_DECLS

#endif /* LIVE_TEXT_H */
