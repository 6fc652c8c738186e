/* ssmtranslate: the translation of a text, and what is known of it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_TRANSLATION_H
#define SSMT_TRANSLATION_H

#include <glib-object.h>

#include "ssmt/ssmt-version.h"

G_BEGIN_DECLS

/* ssmt-alignment.h, which comes after the stream. */
typedef struct _SsmtAlignment SsmtAlignment;

/**
 * SsmtTranslateFlags:
 * @SSMT_TRANSLATE_NONE: the text is final and its translation is all that is wanted
 * @SSMT_TRANSLATE_ALIGN: also which words translate which; that costs one more pass of the
 *   decoder over the translation, all of it at once
 * @SSMT_TRANSLATE_GROWING: the text may still change, as while a recogniser hears it
 * @SSMT_TRANSLATE_ALTERNATIVES: the other translations that a beam search has come to are wanted,
 *   too (ssmt_translation_get_alternative()). It goes on until as many have ended as the beam is wide
 *
 * How ssmt_stream_translate() is to translate.
 *
 * Since: 0.1
 */
typedef enum {
  SSMT_TRANSLATE_NONE = 0,
  SSMT_TRANSLATE_ALIGN = 1 << 0,
  SSMT_TRANSLATE_GROWING = 1 << 1,
  SSMT_TRANSLATE_ALTERNATIVES = 1 << 2,
} SsmtTranslateFlags;

SSMT_API GType ssmt_translate_flags_get_type (void);
#define SSMT_TYPE_TRANSLATE_FLAGS (ssmt_translate_flags_get_type ())

/**
 * SsmtGuardFaults:
 * @SSMT_GUARD_FAULT_NONE: nothing was wrong
 * @SSMT_GUARD_FAULT_COPY: an address, a placeholder or the like was lost, or came twice
 * @SSMT_GUARD_FAULT_NUMBER: a number was lost, or invented
 * @SSMT_GUARD_FAULT_SCRIPT: letters of a script that neither language has, or broken characters
 * @SSMT_GUARD_FAULT_LOOP: the same word again and again, where the text does not have it so
 * @SSMT_GUARD_FAULT_LENGTH: several times as long as the text
 * @SSMT_GUARD_FAULT_TERM: a term is not translated as the glossary says
 *
 * What the guard around a model finds wrong with a translation.
 *
 * Since: 0.1
 */
typedef enum {
  SSMT_GUARD_FAULT_NONE = 0,
  SSMT_GUARD_FAULT_COPY = 1 << 0,
  SSMT_GUARD_FAULT_NUMBER = 1 << 1,
  SSMT_GUARD_FAULT_SCRIPT = 1 << 2,
  SSMT_GUARD_FAULT_LOOP = 1 << 3,
  SSMT_GUARD_FAULT_LENGTH = 1 << 4,
  SSMT_GUARD_FAULT_TERM = 1 << 5,
} SsmtGuardFaults;

SSMT_API GType ssmt_guard_faults_get_type (void);
#define SSMT_TYPE_GUARD_FAULTS (ssmt_guard_faults_get_type ())

/**
 * ssmt_guard_faults_to_string:
 * @faults: what ssmt_translation_get_mended() or ssmt_translation_get_copied() returned
 *
 * Names faults for a log or a message, by the nicks of their type.
 *
 * Returns: (transfer full): the nicks, "+" between: "copy+number"; "none"
 *
 * Since: 0.1
 */
SSMT_API char *ssmt_guard_faults_to_string (SsmtGuardFaults faults);

#define SSMT_TYPE_TRANSLATION (ssmt_translation_get_type ())
/**
 * SsmtTranslation:
 *
 * What ssmt_stream_translate() has made of a text. Immutable and counted; any thread may read it,
 * and it outlives the stream.
 *
 * Since: 0.1
 */
typedef struct _SsmtTranslation SsmtTranslation;

SSMT_API GType ssmt_translation_get_type (void);

/**
 * ssmt_translation_ref:
 *
 * Takes one more reference, on any thread.
 *
 * Returns: (transfer full): the same translation
 *
 * Since: 0.1
 */
SSMT_API SsmtTranslation *ssmt_translation_ref (SsmtTranslation *self);

/**
 * ssmt_translation_unref:
 * @self: (transfer full): the translation
 *
 * Gives a reference back, on any thread. The last one frees the texts and the alignment, too.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_translation_unref (SsmtTranslation *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtTranslation, ssmt_translation_unref)

/**
 * ssmt_translation_get_text:
 *
 * Gives the whole translation; of a text that grows, with what was committed of it before. All
 * texts of a translation are valid as long as it is.
 *
 * Returns: (transfer none): the translation, UTF-8
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_translation_get_text (SsmtTranslation *self);

/**
 * ssmt_translation_get_committed:
 *
 * Gives the words that this call has committed: what is new to say. They never change any more,
 * whatever the text becomes; the last of them may go on, with a comma, or where no spaces divide
 * words. All that are committed of a segment, with spaces between, are its translation. Where
 * nothing grew this is the whole text.
 *
 * Returns: (transfer none): the words, "" if none
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_translation_get_committed (SsmtTranslation *self);

/**
 * ssmt_translation_get_tail:
 *
 * Gives what stands behind all committed words of a text that grows; the next call may change it.
 *
 * Returns: (transfer none): the rest of the translation, "" when the text is final
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_translation_get_tail (SsmtTranslation *self);

/**
 * ssmt_translation_get_mended:
 *
 * Tells what was wrong with translations that were found first. The guard has searched on, and the
 * one that it took is free of that.
 *
 * Returns: those faults
 *
 * Since: 0.1
 */
SSMT_API SsmtGuardFaults ssmt_translation_get_mended (SsmtTranslation *self);

/**
 * ssmt_translation_get_copied:
 *
 * Tells what was wrong with all translations that were found: that part of the text was copied
 * instead. But a translation that only lacks a term (%SSMT_GUARD_FAULT_TERM) stands.
 *
 * Returns: the faults that nothing could mend
 *
 * Since: 0.1
 */
SSMT_API SsmtGuardFaults ssmt_translation_get_copied (SsmtTranslation *self);

/**
 * ssmt_translation_get_score:
 *
 * The natural logarithm of the probability of the translation's tokens and its end, given the text
 * and what the stream has read before it, as the search has added it up. It is that of the model:
 * what the search leaves out (symbols that are never put out, its guard against loops) takes no
 * share of the probability away and gives none to the others, so ssmt_stream_score() says the same
 * of these tokens, but for rounding. (A text may have more than one sequence of tokens, of
 * which that function scores the tokenizer's.)
 *
 * Where a model has a lexical shortlist probabilities are those among the tokens of the
 * shortlist, as in Marian, so they are a little higher than what ssmt_stream_score() says.
 *
 * Each piece of a text that is longer than the model's segment has an end, and the scores of all
 * pieces are added. A piece whose translation was cut off (at its longest, or where the search
 * allowed no other token) has no end, and none is scored. Of a text that grows the words that had
 * been committed before are given and are not scored. Text that was passed through has 0, of 0
 * tokens.
 *
 * Returns: the score, 0 or less; divided by ssmt_translation_get_n_scored_tokens() it is the mean
 *   of a token
 *
 * Since: 0.1
 */
SSMT_API double ssmt_translation_get_score (SsmtTranslation *self);

/**
 * ssmt_translation_get_n_scored_tokens:
 *
 * Counts the tokens whose log-probabilities make up ssmt_translation_get_score(), ends counted: the
 * divisor of their mean.
 *
 * Returns: the number of tokens, 0 where the text was passed through
 *
 * Since: 0.1
 */
SSMT_API guint ssmt_translation_get_n_scored_tokens (SsmtTranslation *self);

/**
 * ssmt_translation_get_alignment:
 *
 * Gives what %SSMT_TRANSLATE_ALIGN has asked for: which words of ssmt_translation_get_text()
 * translate which of the text that was given. Its words are there where the model cannot tell, too
 * (it has no cross-attention, or the text was passed through), with no source word each.
 *
 * Returns: (transfer none) (nullable): the translation's own alignment; %NULL without that flag,
 *   and of texts that are longer than anybody looks at word by word (some 2,000 words)
 *
 * Since: 0.1
 */
SSMT_API const SsmtAlignment *ssmt_translation_get_alignment (SsmtTranslation *self);

/**
 * ssmt_translation_get_n_alternatives:
 *
 * Counts what %SSMT_TRANSLATE_ALTERNATIVES has asked for, the translation itself among them: at
 * most a few more than the beam is wide.
 *
 * Returns: the number of translations; 0 without that flag, where the text grows, was passed
 *   through or copied, or is longer than the model's segment
 *
 * Since: 0.1
 */
SSMT_API guint ssmt_translation_get_n_alternatives (SsmtTranslation *self);

/**
 * ssmt_translation_get_alternative:
 * @index: from 0, the best first: ssmt_translation_get_text() itself
 * @score: (out) (optional): as ssmt_translation_get_score()
 * @n_scored_tokens: (out) (optional): as ssmt_translation_get_n_scored_tokens()
 *
 * They are in the order in which the search ranks them, by score and length. Two may have the same
 * text, from other tokens.
 *
 * Returns: (transfer none): a translation
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_translation_get_alternative (
    SsmtTranslation *self, guint index, double *score, guint *n_scored_tokens);

/**
 * ssmt_translation_get_n_source_tokens:
 *
 * Counts how long the text is for the model's tokenizer. ssmt_stream_get_n_tokens() adds it up when
 * the text is final.
 *
 * Returns: tokens of the text, 0 where it was passed through
 *
 * Since: 0.1
 */
SSMT_API guint ssmt_translation_get_n_source_tokens (SsmtTranslation *self);

/**
 * ssmt_translation_get_n_target_tokens:
 *
 * Counts how long the translation is for the model, ends not counted. ssmt_stream_get_n_tokens()
 * grows by it when the text is final.
 *
 * Returns: tokens of the translation, 0 where it was passed through
 *
 * Since: 0.1
 */
SSMT_API guint ssmt_translation_get_n_target_tokens (SsmtTranslation *self);

/**
 * ssmt_translation_get_duration:
 *
 * Measures the whole call that made the translation, its wait for other streams counted.
 *
 * Returns: microseconds by the clock
 *
 * Since: 0.1
 */
SSMT_API gint64 ssmt_translation_get_duration (SsmtTranslation *self);

G_END_DECLS

#endif /* SSMT_TRANSLATION_H */
