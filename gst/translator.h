/* ssmtranslate: the engine's stream of an element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The only one that calls the engine's stream functions. It posts nothing: what is worth saying beside
 * a result waits to be taken as a CueWarning. One thread at a time; a call takes as long as the
 * engine does, or until its cancellable is cancelled.
 */
#ifndef CUE_TRANSLATOR_H
#define CUE_TRANSLATOR_H

#include <ssmt/ssmt.h>

#include "cue.h"
#include "fit.h"
#include "gstssmtstats.h"
#include "languages.h"

G_BEGIN_DECLS

typedef struct _CueTranslator CueTranslator;

typedef enum {
  CUE_WARNING_UNTRANSLATED, /* a text stays as it is */
  CUE_WARNING_NEW_DOCUMENT, /* the one before was too long */
  CUE_WARNING_SETTINGS,     /* they have no effect */
  CUE_WARNING_GLOSSARY,     /* its file cannot be read, the terms of before stay */
  CUE_WARNING_MODEL,        /* of a language that was heard: it cannot be loaded */
} CueWarningKind;

typedef struct {
  CueWarningKind kind;
  char *detail;
} CueWarning;

void cue_warning_clear (CueWarning *warning);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CueWarning, cue_warning_clear)

/* Text is in another language than before, or something else is done with it. */
typedef struct {
  char *language;
  gdouble confidence;
  SsmtModel *model; /* that translates it; NULL: it passes */
} CueLanguageChange;

void cue_language_change_clear (CueLanguageChange *change);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CueLanguageChange, cue_language_change_clear)

/* A text that the guard has copied, or a part of it. */
typedef struct {
  SsmtGuardFaults faults; /* of all translations that were found */
  char *text;
} CueCopy;

void cue_copy_clear (CueCopy *copy);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CueCopy, cue_copy_clear)

/* Tokens are counted in `stats`, which outlives it. */
CueTranslator *cue_translator_new (GstSsmtStats *stats);
void cue_translator_free (CueTranslator *translator);

/* --- without a task ---------------------------------------------------------- */

/* Translates with `model`; the stream stays where it is the same model. FALSE: no memory. */
gboolean cue_translator_open (CueTranslator *translator, SsmtModel *model, GError **error);
void cue_translator_close (CueTranslator *translator);
/* (transfer none); NULL: closed */
SsmtModel *cue_translator_get_model (CueTranslator *translator);
/* Documents begin with the examples in the file `prime`; NULL: with nothing. */
gboolean cue_translator_set_prime (CueTranslator *translator, const char *prime, GError **error);
/* Terms are those of the file `path` as it is now; NULL: there are none. FALSE: it cannot be read, they are those of
 * before. */
gboolean cue_translator_set_glossary (CueTranslator *translator, const char *path, GError **error);
/* What is written where the model can write several languages. */
gboolean cue_translator_set_target_language (
    CueTranslator *translator, const char *language, GError **error);
/* ISO 639 codes of what is read and written, NULL: not known. */
void cue_translator_set_languages (
    CueTranslator *translator, const char *reads, const char *writes);
/* What is read, or what the latest texts were in where that is found out. */
const char *cue_translator_get_reads (CueTranslator *translator);
const char *cue_translator_get_writes (CueTranslator *translator);

/* From now on the language of each text is found out, with the languages set before and `find` for models
 * of others; NULL: texts are in the language that is read. */
void cue_translator_identify (CueTranslator *translator, CueFindModel find, gpointer data);

/* --- the task ---------------------------------------------------------------- */

/* For the calls below; NULL: none. */
void cue_translator_set_cancellable (CueTranslator *translator, GCancellable *cancellable);
/* For the next cue_translator_set_params(). */
void cue_translator_set_guard (CueTranslator *translator, gboolean guard, SsmtQuotes quotes);
/* From the next text on. Where that fails the old ones stay, and the next call tries again. */
void cue_translator_set_params (
    CueTranslator *translator, SsmtContext context, guint beam_size, SsmtPolicy policy);
/* As cue_translator_set_glossary(); where the file has not changed that costs nothing, a bad one is a warning once. */
void cue_translator_update_glossary (CueTranslator *translator, const char *path);
/* Whether text that no model reads is translated all the same, or passes. */
void cue_translator_translate_others (CueTranslator *translator, gboolean translate);
/* Where the document of the element's own model stands, as ssmt_state_to_bytes() has it, with the last line of captions
 * that roll up behind it; NULL: no memory. (transfer full) */
GBytes *cue_translator_dup_state (CueTranslator *translator, GError **error);
/* Goes on from there. */
gboolean cue_translator_set_state (CueTranslator *translator, GBytes *bytes, GError **error);
/* How many texts the document has so far. */
guint64 cue_translator_count_texts (CueTranslator *translator);
/* A new document begins. */
void cue_translator_reset (CueTranslator *translator);
/* Another stream of text begins, which may be in another language. */
void cue_translator_begin_stream (CueTranslator *translator);
/* What a tag says of it. FALSE: languages are not found out. */
gboolean cue_translator_expect (CueTranslator *translator, const char *language);

/* One text, while nothing grows; `is_speech`: as recognisers write it. `*translation` is NULL where the engine cannot read it or
 * finds no words, and of a text that passes: the caller keeps what it has. `*links` (of CueLink) is empty where nothing is known; `links`
 * may be NULL, without it is faster. FALSE: an error, which is no matter of this text. Where the best translation is
 * too long for `room` (NULL: any will do) another one that is nearly as probable may be taken. */
gboolean cue_translator_translate_text (CueTranslator *translator, const char *text,
    gboolean is_speech, const CueRoom *room, char **translation, GArray **links, GError **error);
/* The cue's text with its parts translated, in `format`; NULL: an error. */
char *cue_translator_translate (CueTranslator *translator, const Cue *cue, const CueRoom *room,
    CueFormat format, GError **error);
/* The only part of a cue that grows. `*committed` goes on from what was committed before, `*tail` may
 * change. */
gboolean cue_translator_revise (CueTranslator *translator, const Cue *cue, gboolean is_final,
    char **committed, char **tail, GError **error);
/* Nothing grows any more. */
void cue_translator_drop_growing (CueTranslator *translator);

/* Whether a cue may not be joined with what is held before it: it is in another language. */
gboolean cue_translator_divides (CueTranslator *translator, const char *held, const Cue *cue);

/* Takes the first warning of the calls before. FALSE: there is none. */
gboolean cue_translator_take_warning (CueTranslator *translator, CueWarning *warning);
/* Takes the first change of language of the calls before. FALSE: there is none. */
gboolean cue_translator_take_change (CueTranslator *translator, CueLanguageChange *change);
/* Takes the first text of the calls before that was copied. FALSE: there is none. */
gboolean cue_translator_take_copy (CueTranslator *translator, CueCopy *copy);
/* Whether all texts since the last call passed for their language. */
gboolean cue_translator_take_passed (CueTranslator *translator);

/* What GStreamer calls an error of the engine's. */
void cue_translator_map_error (const GError *error, GQuark *domain, gint *code);

G_END_DECLS

#endif /* CUE_TRANSLATOR_H */
