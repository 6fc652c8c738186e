/* ssmtranslate: sentences that know the times of their words
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text accumulators join a recogniser's words and attach them, each with its time, in
 * the field "words" of a TextAccumulateSentenceMeta.
 */
#ifndef CUE_WORDS_H
#define CUE_WORDS_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* TRUE: the buffer is a sentence, as far as upstream can tell. */
gboolean cue_words_are_in (GstBuffer *buffer);
/* The buffer has `text` now, but still the words of its source: they become those of `text` and take
 * the times in proportion. `reads`, `writes`: BCP-47 codes of source and translation, NULL: any. */
void cue_words_replace (GstBuffer *buffer, const char *text, const char *reads, const char *writes);

G_END_DECLS

#endif /* CUE_WORDS_H */
