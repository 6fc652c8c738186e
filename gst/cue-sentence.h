/* ssmtranslate: cues as parts of sentences
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plain C, GLib and ICU, no GStreamer. Cues are joined until a sentence ends;
 * its translation is divided over the same cues again.
 */
#ifndef CUE_SENTENCE_H
#define CUE_SENTENCE_H

#include "cue-markup.h"

G_BEGIN_DECLS

/* Some cues that follow each other. */
typedef struct _CueGroup CueGroup;

/* `source`, `target`: BCP-47 codes of what is read and of its translation; NULL: any. */
CueGroup *cue_group_new (const char *source, const char *target);
void cue_group_free (CueGroup *group);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CueGroup, cue_group_free)
/* Forgets the cues. */
void cue_group_clear (CueGroup *group);

/* Adds a cue's text: valid UTF-8, one line, without white space at its beginning where links of its
 * words are wanted. Texts are joined by spaces where the
 * writing has them; punctuation that begins a text is glued to the word before. */
void cue_group_add (CueGroup *group, const char *text);
guint cue_group_get_n_cues (const CueGroup *group);
/* Bytes of the joined text. */
gsize cue_group_get_length (const CueGroup *group);
/* The last cue ends with its sentence, whatever came next [Unicode TR 29, with CLDR's
 * exceptions for abbreviations]; TRUE for a group without a letter. */
gboolean cue_group_is_complete (const CueGroup *group);

/* The sentences of the joined text, each to be translated on its own; NULL-terminated. */
char **cue_group_dup_sentences (const CueGroup *group);
/* Of each cue, the part that belongs to a sentence: 0 to 1. */
gdouble *cue_group_get_parts (const CueGroup *group, guint sentence);
/* What a cue gets of the translations. */
typedef struct {
  char *text;
  GArray *links; /* of CueLink: words of `text`, words of the cue's own text */
} CueShare;

/* `translations`: one a sentence; `links`: of GArray of CueLink, one a sentence, as far as they are
 * known; may be NULL. Returns one CueShare a cue. A sentence is divided in
 * proportion to its characters in each cue, at places where a line may be broken, never inside a
 * word, and behind a comma or the like where one is near. A cue gets at least one word as long as there are
 * as many; where not, the last cues get "". */
GArray *cue_group_split (const CueGroup *group, char *const *translations, const GPtrArray *links);
/* The texts alone, NULL-terminated, of a translation of everything at once. */
char **cue_group_divide (const CueGroup *group, const char *translation);

G_END_DECLS

#endif /* CUE_SENTENCE_H */
