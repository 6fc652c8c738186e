/* ssm-subtitle: WebVTT
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMAT_VTT_H
#define FORMAT_VTT_H

#include "document.h"

G_BEGIN_DECLS

/* Adds the pieces of one text, tags and all, as the next cue. */
void sub_vtt_read_text (
    SubDocument *self, const char *text, gsize length, GstClockTime start, GstClockTime end);

G_END_DECLS

#endif /* FORMAT_VTT_H */
