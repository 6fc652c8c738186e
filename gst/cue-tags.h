/* ssmtranslate: the tags that are known in a cue
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pango's, those of SubRip and those of WebVTT, and what becomes of them in
 * pango markup.
 */
#ifndef CUE_TAGS_H
#define CUE_TAGS_H

#include <glib.h>

G_BEGIN_DECLS

/* Longest name of a known tag, with its NUL. */
#define CUE_TAG_NAME_SIZE 8

/* The number of a tag by its name in small letters; -1: not known. */
gint cue_tags_find (const char *name);
/* FALSE: stands in text for what pango cannot show, such as a voice. */
gboolean cue_tags_is_pango (guint tag);
/* TRUE: without its attributes it says nothing. */
gboolean cue_tags_has_attributes (guint tag);

/* The opening tag for pango, with those of `attributes` that it knows and whose values it
 * takes; NULL: nothing is left to say. */
char *cue_tags_to_pango (guint tag, const char *attributes, gsize length);

G_END_DECLS

#endif /* CUE_TAGS_H */
