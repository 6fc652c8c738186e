/* ssm-subtitle: Advanced SubStation Alpha
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMAT_ASS_H
#define FORMAT_ASS_H

#include "document.h"

G_BEGIN_DECLS

/* Adds the pieces of one event's text, codes and all, as the next cue. */
void sub_ass_read_text (
    SubDocument *self, const char *text, gsize length, GstClockTime start, GstClockTime end);

G_END_DECLS

#endif /* FORMAT_ASS_H */
