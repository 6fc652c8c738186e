/* ssmtranslate: which language a text is in, and which of the engine's streams it is for
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is in the language that is written passes; what the element's model reads is for its stream; for any
 * other language a model is looked for when it is first heard, which has a stream, and a document, of its
 * own. One thread at a time.
 */
#ifndef CUE_LANGUAGES_H
#define CUE_LANGUAGES_H

#include "cuestream.h"

G_BEGIN_DECLS

typedef struct _CueLanguages CueLanguages;

/* (transfer full): a model from `language` to the one that is written. NULL without an error: there is
 * none. Takes as long as loading it does. */
typedef SsmtModel *(*CueFindModel) (const char *language, gpointer data, GError **error);

typedef struct {
  const char *language; /* BCP-47 code, until the next text; NULL: not known */
  gdouble confidence;   /* of the text alone, 0: its language is that of those before */
  CueStream *stream;    /* NULL: it passes as it is */
} CueChoice;

/* `reads`: of the element's model, NULL: whatever it is given; `writes`. */
CueLanguages *cue_languages_new (
    const char *reads, const char *writes, CueFindModel find, gpointer data);
void cue_languages_free (CueLanguages *languages);

/* Whether text that no model reads is for the element's, or passes. */
void cue_languages_translate_others (CueLanguages *languages, gboolean translate);

/* Another stream of text: nothing is known. */
void cue_languages_begin_stream (CueLanguages *languages);
/* A new document of the same; it is likely to be in the same language. */
void cue_languages_begin_document (CueLanguages *languages);
/* What a tag says, until a text is identified. */
void cue_languages_expect (CueLanguages *languages, const char *language);
/* Of the texts so far; NULL: not known. */
const char *cue_languages_get_current (CueLanguages *languages);

/* The language of a text: the next one, or one that may still change. No stream is chosen yet. */
CueChoice cue_languages_hear (CueLanguages *languages, const char *text, gboolean may_change);
/* Chooses a stream: `own`, that of the element's model, or another one, which is opened with `params`. FALSE: a
 * model could not be loaded, which is said once; the choice holds all the same. */
gboolean cue_languages_choose (CueLanguages *languages, CueStream *own,
    const SsmtStreamParams *params, CueChoice *choice, GError **error);
/* Whether the choice is another one than the last that was noted; not before a text was identified. */
gboolean cue_languages_note (CueLanguages *languages, const CueChoice *choice);
/* Whether both texts are surely of different languages. */
gboolean cue_languages_differ (CueLanguages *languages, const char *one, const char *other);

G_END_DECLS

#endif /* CUE_LANGUAGES_H */
